#===- test_dead_channels.py - inputs that were always zero ------------------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""A network some of whose inputs are zero in all calibration data, as the pixels in
the corners of images are: they must not cost the others their precision."""

import json

import jax.numpy as jnp
import numpy as np
import pytest

import quantc
from command_line import ROOT, run_quantc

INPUTS, HIDDEN, CLASSES, DEAD = 64, 48, 10, 5


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dead")
    random = np.random.default_rng(1)
    # What no gradient ever moved has the size that it was drawn with.
    params = {"up": random.normal(0, 0.125, (INPUTS, HIDDEN)).astype(np.float32),
              "down": random.normal(0, 0.15, (HIDDEN, CLASSES)).astype(np.float32)}
    x = random.uniform(0, 0.06, (2048, INPUTS)).astype(np.float32)
    x[:, :DEAD] = 0

    quantc.export(lambda p, x: {"logits": jnp.maximum(x @ p["up"], 0) @ p["down"]},
                  params, (x[:1],), folder / "model.mlir", input_names=["x"])
    quantc.save_safetensors({"x": x[:1024]}, folder / "calibration.safetensors")
    quantc.save_safetensors({"x": x[1024:]}, folder / "evaluation.safetensors")
    run_quantc("calibrate", folder / "model.mlir", "--data",
               folder / "calibration.safetensors", "-o", folder / "statistics.json")
    run_quantc("compile", folder / "model.mlir", "-o", folder / "float")
    return folder


@pytest.mark.parametrize("name", ["furiosa-bert", "modelopt-int8-sq",
                                  "w8a8-asymmetric-smooth"])
def test_dead_channels_cost_nothing(folder, tmp_path, name):
    """About as exact as without scales of channels and smoothing, which a channel of
    zeros used to make 30 dB worse."""
    def measure(recipe):
        model, bundle = tmp_path / f"{recipe}.mlir", tmp_path / recipe
        run_quantc("quantize", folder / "model.mlir", "--statistics",
                   folder / "statistics.json", "--recipe",
                   ROOT / "recipes" / f"{recipe}.yaml", "-o", model)
        run_quantc("compile", model, "-o", bundle)
        return json.loads(run_quantc(
            "eval", bundle, "--data", folder / "evaluation.safetensors", "--reference",
            folder / "float", "--json").stdout)["sqnr_db"]

    assert measure(name) > measure("w8a8-symmetric") - 3
