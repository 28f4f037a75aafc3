#===- test_cast_cache.py - a cache of another float type --------------------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""A decode step in f32 whose keys and values are kept in bf16, token by token: what is
stored in 8 bits is the quantized form of what the float model stores, byte by byte, and
what is computed from it is what numpy computes from the dequantized cache."""

import json
import sys

import jax.numpy as jnp
import numpy as np
import pytest

import quantc
from cache_reference import Float8, affine
from command_line import ROOT, run_quantc

sys.path.insert(0, str(ROOT / "test" / "quantc" / "Inputs"))
import make_decode_step  # noqa: E402

HEADS, TOKENS, SIZE, WIDTH, TEXTS = 2, 6, 4, 8, 4
CACHE, NEW = f"tensor<{HEADS}x{TOKENS}x{SIZE}x", f"tensor<{HEADS}x1x{SIZE}x"


def cast_model():
    """The step of make_decode_step.py with caches of bf16."""
    lines = []
    for line in make_decode_step.MODEL.replace(f"{CACHE}f32> {{qnn", f"{CACHE}bf16> {{qnn") \
            .splitlines():
        if "dynamic_update_slice" in line:
            name = line.split()[0][1:2]
            lines.append(f"    %{name}b = stablehlo.convert %{name} : ({NEW}f32>) -> {NEW}bf16>")
            line = line.replace(f", %{name},", f", %{name}b,").replace("f32", "bf16")
            lines.append(line)
            line = (f"    %{name}w = stablehlo.convert %{name}1 : ({CACHE}bf16>) -> "
                    f"{CACHE}f32>")
        elif "dot_general" in line:
            line = line.replace("%k1", "%kw").replace("%v1", "%vw")
        elif line.lstrip().startswith("return"):
            line = line.replace(f"{CACHE}f32>", f"{CACHE}bf16>")
        lines.append(line)
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cast")
    make_decode_step.main(folder)
    (folder / "model.mlir").write_text(cast_model())
    run_quantc("calibrate", folder / "model.mlir", "--data", folder / "data.safetensors",
               "-o", folder / "statistics.json")
    run_quantc("compile", folder / "model.mlir", "-o", folder / "float")
    return folder


def decode(bundle, states):
    """The outputs of all steps, each with the states after it."""
    data, found = states.pop("data"), []
    start = dict(states)
    for step in range(TEXTS * TOKENS):
        if step % TOKENS == 0:
            states = dict(start)
        inputs = {name: data[name][step:step + 1] for name in ("x", "position")}
        found.append(bundle.run({**inputs, **states}))
        states = {name: found[-1][name] for name in start}
    return found


@pytest.mark.parametrize("recipe", ["{granularity: head}", "{granularity: token}",
                                    "{storage: f8E4M3FN, granularity: tensor, scale: 0.25}"])
def test_the_cache_holds_what_the_float_model_holds(folder, recipe):
    (folder / "recipe.yaml").write_text(
        "version: 1\nsites: [{name: '*', float: true}]\nkv_cache: %s\n" % recipe)
    run_quantc("quantize", folder / "model.mlir", "--statistics", folder / "statistics.json",
               "--recipe", folder / "recipe.yaml", "-o", folder / "quantized.mlir")
    run_quantc("compile", folder / "quantized.mlir", "-o", folder / "quantized")
    data = quantc.load_safetensors(folder / "data.safetensors")
    shape = (HEADS, TOKENS, SIZE)
    float_steps = decode(quantc.Bundle(folder / "float"),
                         {"data": data, "keys": np.zeros(shape, jnp.bfloat16),
                          "values": np.zeros(shape, jnp.bfloat16)})
    storage = jnp.float8_e4m3fn if "f8" in recipe else np.int8
    start = {"data": data}
    for name in ("keys", "values"):
        start[name] = np.zeros(shape, storage)
        if "token" in recipe:
            start[f"{name}.scale"] = np.ones(shape[:2], np.float32)
            start[f"{name}.zero_point"] = np.zeros(shape[:2], np.int8)
    steps = decode(quantc.Bundle(folder / "quantized"), start)

    observers = {entry["name"]: entry
                 for entry in json.loads((folder / "statistics.json").read_text())["observers"]}
    weights = quantc.load_safetensors(folder / "model.safetensors")
    for number, (expected, actual) in enumerate(zip(float_steps, steps)):
        seen = number % TOKENS + 1
        dequantized = {}
        for name in ("keys", "values"):
            kept = np.asarray(expected[name])[:, :seen].astype(np.float32)
            if "f8" in recipe:
                form = Float8(0.25, 0)
            elif "token" in recipe:
                form = affine(kept.min(-1)[..., None], kept.max(-1)[..., None])
            else:
                entry = observers[f"{name}/cache"]
                form = affine(np.array(entry["channel_min"])[:, None, None],
                              np.array(entry["channel_max"])[:, None, None])
            stored = form.quantize(kept)
            np.testing.assert_array_equal(
                np.asarray(actual[name])[:, :seen].view(np.int8), stored.view(np.int8))
            dequantized[name] = form.dequantize(stored).astype(np.float64)
        q = (data["x"][number].astype(np.float64) @ weights["wq"]).reshape(HEADS, SIZE)
        scores = np.einsum("hd,htd->ht", q, dequantized["keys"])
        shares = 1 / (1 + np.exp(-scores))
        mixed = np.einsum("ht,htd->hd", shares, dequantized["values"]).reshape(-1)
        # Positions without a token hold whatever zeros in storage stand for.
        if seen == TOKENS:
            np.testing.assert_allclose(actual["out"][0], mixed @ weights["wo"], rtol=1e-4,
                                       atol=1e-4)
