#===- test_device_encoder.py - an encoder of BERT's shape on the GPU -------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""Runs an encoder of BERT-base's shape, with random weights, whole on the emulator.

QUANTC_DEVICE_LAYERS says how many of its 12 layers there are; the default keeps the
test short.
"""

import importlib.util
import os

import numpy as np

import quantc
from command_line import ROOT, run_quantc

LAYERS = int(os.environ.get("QUANTC_DEVICE_LAYERS", 1))
WIDTH, INNER, TOKENS, WORDS = 768, 3072, 16, 512


def load_model():
    """The encoder of examples/minilm, which has BERT's structure at any width."""
    path = ROOT / "examples" / "minilm" / "model.py"
    spec = importlib.util.spec_from_file_location("encoder", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.LAYERS = LAYERS
    return module


def draw_parameters(model, rng):
    tensors = {}

    def add(name, *shape, scale):
        tensors[name] = rng.normal(0, scale, shape).astype(np.float32)

    def add_dense(name, outputs, inputs):
        add(f"{name}.weight", outputs, inputs, scale=0.04)
        add(f"{name}.bias", outputs, scale=0.1)

    def add_norm(name):
        tensors[f"{name}.weight"] = rng.uniform(0.5, 1.5, WIDTH).astype(np.float32)
        add(f"{name}.bias", WIDTH, scale=0.1)

    for name, rows in ("word", WORDS), ("position", TOKENS), ("token_type", 2):
        add(f"embeddings.{name}_embeddings.weight", rows, WIDTH, scale=0.05)
    add_norm("embeddings.LayerNorm")
    for index in range(LAYERS):
        layer = f"encoder.layer.{index}"
        for name in "query", "key", "value":
            add_dense(f"{layer}.attention.self.{name}", WIDTH, WIDTH)
        add_dense(f"{layer}.attention.output.dense", WIDTH, WIDTH)
        add_norm(f"{layer}.attention.output.LayerNorm")
        add_dense(f"{layer}.intermediate.dense", INNER, WIDTH)
        add_dense(f"{layer}.output.dense", WIDTH, INNER)
        add_norm(f"{layer}.output.LayerNorm")
    return model.tree(tensors)


def test_encoder_runs_whole(tmp_path):
    model, rng = load_model(), np.random.default_rng(0)
    tokens = rng.integers(0, WORDS, (4, TOKENS), dtype=np.int32)
    mask = (np.arange(TOKENS) < [[16], [9], [1], [12]]).astype(np.int32)
    quantc.export(model.apply, draw_parameters(model, rng), (tokens[:1], mask[:1]),
                  tmp_path / "model.mlir", input_names=["tokens", "mask"],
                  output_names=["embedding"])
    data = tmp_path / "data.safetensors"
    quantc.save_safetensors({"tokens": tokens, "mask": mask}, data)
    part = tmp_path / "part.safetensors"
    quantc.save_safetensors({"tokens": tokens[1:2], "mask": mask[1:2]}, part)
    run_quantc("calibrate", tmp_path / "model.mlir", "--data", data, "-o",
               tmp_path / "statistics.json")
    run_quantc("quantize", tmp_path / "model.mlir", "--statistics",
               tmp_path / "statistics.json", "--recipe",
               ROOT / "recipes" / "w8a8-asymmetric.yaml", "-o", tmp_path / "int8.mlir")
    bundle = tmp_path / "bundle"
    run_quantc("compile", tmp_path / "int8.mlir", "--target=sm_80", "-o", bundle)

    embeddings = []
    for device in "cpu", "emulator":
        output = tmp_path / f"{device}.safetensors"
        run_quantc("run", bundle, "--device", device, "--input", part, "--output", output)
        embeddings.append(np.array(quantc.load_safetensors(output)["embedding"]))
    assert np.isclose(np.linalg.norm(embeddings[0]), 1, atol=1e-4)
    # Sums of layer normalizations and softmax have one order.
    assert embeddings[0].tobytes() == embeddings[1].tobytes()
