#===- test_scanned_cache.py - caches that lax.scan takes apart --------------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""A decode step whose layers are a loop, token by token, against its prefill: every layer
and head has the parameters of what was seen of it alone."""

import json
import re

import jax
import numpy as np
import pytest

import quantc
import scanned_decode as model
from cache_reference import Affine, Float8, affine
from command_line import run_quantc

WINDOWS = model.inputs(5)

KV_CACHE = {
    "head": "{granularity: head}",
    "unsigned": "{storage: ui8, granularity: head}",
    "tensor-shared": "{granularity: tensor, symmetric: true, shared: true}",
    "token": "{granularity: token}",
    "f8-pinned": "{storage: f8E4M3FN, granularity: tensor, scale: 0.5}",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scanned")
    example = (np.zeros((1, model.WIDTH), np.float32), np.zeros(1, np.int32),
               model.empty_cache())
    quantc.export(model.decode, model.parameters(), example, folder / "model.mlir")
    quantc.save_safetensors(model.as_steps(WINDOWS), folder / "data.safetensors")
    run_quantc("calibrate", folder / "model.mlir", "--data", folder / "data.safetensors",
               "-o", folder / "statistics.json")
    return folder


def decode(folder, compiled, window):
    """The logits of a window, and the states after its last token."""
    bundle = folder / f"{compiled.stem}.bundle"
    run_quantc("compile", compiled, "-o", bundle)
    steps, output = folder / "steps.safetensors", folder / "output.safetensors"
    quantc.save_safetensors(model.as_steps(window[None]), steps)
    run_quantc("run", bundle, "--input", steps, "--output", output)
    found = dict(quantc.load_safetensors(output))
    return np.array(found.pop("logits")), found


def scheme(statistics, name, layer, kind, value):
    """How `value` [1, heads, T, features] of a layer is stored."""
    if name == "f8-pinned":
        return Float8(0.5, 0)
    if name == "token":
        return affine(value.min(-1, keepdims=True), value.max(-1, keepdims=True))
    suffix = f"_{layer}" if layer else ""
    entry = statistics[f"cache.{kind}/cache{suffix}"]
    if name != "tensor-shared":
        low, high = (np.float32(entry[key]).reshape(1, -1, 1, 1)
                     for key in ("channel_min", "channel_max"))
        return affine(low, high, np.uint8 if name == "unsigned" else np.int8)
    pair = [statistics[f"cache.{each}/cache{suffix}"] for each in "kv"]
    largest = max(abs(np.float64(np.float32(e[key]))) for e in pair for key in ("min", "max"))
    return Affine(largest / 127, 0)


def test_decode_is_the_prefill(folder):
    logits, states = decode(folder, folder / "model.mlir", WINDOWS[0])
    expected = np.array(model.prefill(model.parameters(), WINDOWS[0]))
    assert np.abs(logits - expected).max() <= 1e-5 * np.abs(expected).max()
    assert set(states) == {"cache.k", "cache.v"}


@pytest.mark.parametrize("name", KV_CACHE)
def test_quantized_cache_is_the_quantized_prefill(folder, name):
    recipe = folder / f"{name}.yaml"
    recipe.write_text("version: 1\nsites: [{name: '*', float: true}]\n"
                      f"kv_cache: {KV_CACHE[name]}\n")
    done = run_quantc("quantize", folder / "model.mlir", "--statistics",
                      folder / "statistics.json", "--recipe", recipe, "-o",
                      folder / f"{name}.mlir")
    assert "warning" not in done.stderr
    table = run_quantc("explain", folder / f"{name}.mlir").stdout
    assert re.search(r"^cache\.k +state +3x1x3x8x8 +\w*8", table, re.MULTILINE)
    logits, states = decode(folder, folder / f"{name}.mlir", WINDOWS[0])

    statistics = {entry["name"]: entry for entry in json.loads(
        (folder / "statistics.json").read_text())["observers"]}
    stored, ties = {}, {}

    def hold(layer, kind, value):
        value = np.array(value)
        how = scheme(statistics, name, layer, kind, value)
        stored[layer, kind] = how.quantize(value)
        ties[layer, kind] = how.distance_to_tie(value)
        return how.dequantize(stored[layer, kind])

    with jax.disable_jit():
        expected = np.array(model.prefill(model.parameters(), WINDOWS[0], hold))
    exact = np.array(model.prefill(model.parameters(), WINDOWS[0]))
    apart, elements = 0, 0
    for (layer, kind), reference in stored.items():
        found = np.array(states[f"cache.{kind}"])[layer]
        assert found.dtype.itemsize == 1
        differs = found.view(np.uint8) != reference.view(np.uint8)
        # Sums of another order round differently next to a tie, and move by a step what
        # the layers behind see (test_kv_cache.py says more).
        if layer == 0:
            assert np.all(ties[layer, kind][differs] <= 5e-3)
        apart += np.count_nonzero(differs)
        elements += reference.size
    assert apart <= 2e-3 * elements
    noise = np.sqrt(np.mean((expected - exact) ** 2))
    assert noise > 0
    assert np.sqrt(np.mean((logits - expected) ** 2)) <= 0.1 * noise
