#===- test_kv_cache.py - decoding with a quantized cache -------------------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""The character model's decode step, token by token, against its prefill.

The reference of the quantized loop is a prefill in JAX whose keys and values are
quantized and dequantized in numpy by the definitions of docs/arithmetic.md, with
parameters from the calibrated ranges.
"""

import json
import os
import pathlib
import subprocess
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import quantc
from cache_reference import Affine, Float8, affine
from quantc import compare

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("QUANTC_BUILD_DIR", ROOT / "build"))
EXAMPLE = ROOT / "examples" / "chartransformer"
sys.path.insert(0, str(EXAMPLE))
import export  # noqa: E402
import model  # noqa: E402

WINDOWS = 2
CALIBRATION_WINDOWS = 8

KV_CACHE = {
    "i8-head": "{storage: i8, symmetric: false, granularity: head}",
    "i8-tensor-shared": "{storage: i8, symmetric: true, granularity: tensor, shared: true}",
    "i8-token": "{granularity: token}",
    "ui8-head": "{storage: ui8}",
    "f8-shared": "{storage: f8E4M3FN, granularity: tensor, shared: true}",
    "f8-pinned": "{storage: f8E4M3FN, granularity: tensor, scale: 1.0}",
}


@pytest.fixture(scope="module")
def params():
    return export.read_parameters(
        quantc.load_safetensors(EXAMPLE / "model.safetensors"))


@pytest.fixture(scope="module")
def road(params, tmp_path_factory):
    """The decode step, calibrated on a few windows and compiled in float."""
    folder = tmp_path_factory.mktemp("decode")
    export.export_decode(params, folder)
    tokens = quantc.load_safetensors(EXAMPLE / "calibration.safetensors")["tokens"]
    quantc.save_safetensors(export.as_steps(tokens[:CALIBRATION_WINDOWS]),
                            folder / "calibration.safetensors")
    road = compare.Road(BUILD / "bin" / "quantc", folder, folder / "work",
                        echo=lambda _: None)
    road.prepare()
    return road


@pytest.fixture(scope="module")
def windows():
    data = quantc.load_safetensors(EXAMPLE / "evaluation.safetensors")
    return data["tokens"][:WINDOWS]


def decode(road, bundle, windows):
    """The logits of all windows, and the states after the last step."""
    steps = road.work / "steps.safetensors"
    quantc.save_safetensors(export.as_steps(windows), steps)
    output = road.work / "output.safetensors"
    road.run("run", bundle, "--input", steps, "--output", output)
    found = dict(quantc.load_safetensors(output))
    logits = np.array(found.pop("logits")).reshape(*windows.shape, -1)
    return logits, found


def quantize(road, name, kv_cache):
    recipe = road.work / f"{name}.yaml"
    recipe.write_text("version: 1\nsites: [{name: '*', float: true}]\n"
                      f"kv_cache: {kv_cache}\n")
    return road.quantize(recipe)


def test_decode_is_the_prefill(road, params, windows):
    logits, states = decode(road, road.float_bundle, windows)
    expected = np.array(jax.jit(model.apply)(params, windows))
    assert np.max(np.abs(logits - expected)) <= 1e-5 * np.max(np.abs(expected))
    assert len(states) == 2 * export.CONFIG.layers


def test_calibration_goes_on_in_the_middle_of_a_loop(road, tmp_path):
    tokens = quantc.load_safetensors(EXAMPLE / "calibration.safetensors")["tokens"]
    shards = tmp_path / "shards"
    shards.mkdir()
    for number in range(2):
        part = tokens[2 * number:2 * number + 2]
        quantc.save_safetensors(export.as_steps(part), shards / f"{number}.safetensors")
    checkpoint = tmp_path / "checkpoint.json"

    def command(name, *options):
        return [str(part) for part in (
            road.quantc, "calibrate", road.imported, "--data", shards, "-o",
            tmp_path / name, *options)]

    continued = command("continued.json", "--checkpoint", checkpoint,
                        "--checkpoint-interval", "0")
    process = subprocess.Popen(continued)
    while process.poll() is None and not checkpoint.exists():
        time.sleep(0.001)
    process.kill()
    assert process.wait() != 0, "it ended before it was killed"
    left = json.loads(checkpoint.read_text())
    assert len(left["states"]) == 2 * export.CONFIG.layers
    # In two more parts, the first of which is killed as well.
    process = subprocess.Popen(continued)
    while (process.poll() is None
           and json.loads(checkpoint.read_text())["batches"] <= left["batches"]):
        time.sleep(0.001)
    process.kill()
    process.wait()
    subprocess.run(command("continued.json", "--checkpoint", checkpoint, "--threads", "2"),
                   check=True)
    subprocess.run(command("whole.json"), check=True)
    assert ((tmp_path / "continued.json").read_bytes()
            == (tmp_path / "whole.json").read_bytes())


def scheme(road, name, key, value):
    """How the tensor `value` [1, heads, T, features] of the cache is stored."""
    if name == "f8-pinned":
        return Float8(1, 0)
    if name == "i8-token":
        return affine(value.min(-1, keepdims=True), value.max(-1, keepdims=True))
    statistics = {entry["name"]: entry for entry in json.loads(
        road.statistics.read_text())["observers"]}
    entry = statistics[f"{key}/cache"]
    if name.endswith("-head"):
        return affine(np.float32(entry["channel_min"]).reshape(1, -1, 1, 1),
                      np.float32(entry["channel_max"]).reshape(1, -1, 1, 1),
                      np.uint8 if name.startswith("u") else np.int8)
    pair = [statistics[f"{key[:-1]}{kind}/cache"] for kind in "kv"]
    largest = max(max(abs(np.float64(np.float32(e["min"]))),
                      abs(np.float64(np.float32(e["max"])))) for e in pair)
    if name == "f8-shared":
        return Float8(largest / 448, 0)
    return Affine(largest / 127, 0)


def prefill(road, params, tokens, name, states):
    """Logits of one window whose attention reads `states`, and for each cache what
    the prefill would store and how near each element is to a tie.

    An element next to a tie may be stored a step further on, as both sides add in
    different orders. What is computed behind it must not tell: so everything reads
    what was stored."""
    stored = {}

    def attention(p, x, heads, linear, layer):
        batch, context, width = x.shape
        split = lambda y: np.array(y).reshape(
            batch, context, heads, width // heads).transpose(0, 2, 1, 3)
        q, k, v = (split(linear(p[n], x)) for n in "qkv")
        held = {}
        for kind, value in (("k", k), ("v", v)):
            key = f"cache.{layer}.{kind}"
            how = scheme(road, name, key, value)
            stored[key] = (how.quantize(value), how.distance_to_tie(value))
            held[kind] = how.dequantize(np.array(states[key]))
        scores = q @ held["k"].swapaxes(-1, -2) * (width // heads) ** -0.5
        causal = np.tril(np.ones((context, context), bool))
        weights = jax.nn.softmax(jnp.where(causal, scores, -1e9), axis=-1)
        mixed = (weights @ held["v"]).transpose(0, 2, 1, 3)
        return linear(p["o"], mixed.reshape(batch, context, width))

    linear = lambda p, x: x @ p["w"] + p["b"]
    x = (params["embedding"]["token"][tokens][None]
         + params["embedding"]["position"])
    for layer, p in enumerate(params["blocks"]):
        x = x + attention(p["attn"], model.layer_norm(p["norm1"], x),
                          export.CONFIG.heads, linear, layer)
        y = linear(p["mlp"]["up"], model.layer_norm(p["norm2"], x))
        x = x + linear(p["mlp"]["down"], jax.nn.gelu(y, approximate=False))
    logits = linear(params["head"], model.layer_norm(params["norm"], x))
    return np.array(logits)[0], stored


@pytest.mark.parametrize("name", KV_CACHE)
def test_quantized_cache_is_the_quantized_prefill(road, params, windows, name):
    bundle = quantize(road, name, KV_CACHE[name])
    logits, states = decode(road, bundle, windows)
    expected, stored = prefill(road, params, windows[-1], name, states)
    apart = 0
    for key, (reference, tie) in stored.items():
        found = np.array(states[key])
        assert found.dtype.itemsize == 1
        assert found.shape == reference.shape
        differs = found.view(np.uint8) != np.array(reference).view(np.uint8)
        # K and V are sums of f32 on both sides, in different orders: an element can
        # round differently only where it is next to a tie.
        assert np.all(tie[differs] <= 2e-3), (key, tie[differs].max())
        apart += np.count_nonzero(differs)
    elements = sum(reference.size for reference, _ in stored.values())
    assert apart <= 1e-4 * elements
    # Beside what quantization itself does.
    exact = np.array(jax.jit(model.apply)(params, windows[-1:]))[0]
    noise = np.sqrt(np.mean((expected - exact) ** 2))
    error = np.sqrt(np.mean((logits[-1] - expected) ** 2))
    assert error <= 2e-3 * noise


def test_parameters_of_the_boundary(road, windows):
    bundle = quantize(road, "f8-pinned", KV_CACHE["f8-pinned"])
    manifest = json.loads((bundle / "manifest.json").read_text())
    caches = [i for i in manifest["inputs"] if i["name"].startswith("cache.")]
    assert len(caches) == 2 * export.CONFIG.layers
    assert all(cache["scale"] == 1 for cache in caches)


def test_sensitivities_carry_states(road, tmp_path):
    """What is measured of all sites at once is what eval says of the quantized model
    with the same tokens; each variant has a cache of its own."""
    recipe, result = ROOT / "recipes" / "auto.yaml", tmp_path / "sensitivity.json"
    data = ["--data", road.model / "calibration.safetensors", "--max-samples", 200]
    road.run("sensitivity", road.imported, "--statistics", road.statistics, "--recipe",
             recipe, *data, "-o", result)
    [static] = [choice for choice in json.loads(result.read_text())["choices"]
                if "static" in choice["sites"].values()
                and set(choice["sites"].values()) <= {"static", "float"}]
    quantized, bundle = tmp_path / "q.mlir", tmp_path / "bundle"
    road.run("quantize", road.imported, "--statistics", road.statistics, "--recipe",
             recipe, "--candidate", "static", "-o", quantized)
    road.compile(quantized, bundle)
    found = json.loads(road.run("eval", bundle, "--reference", road.float_bundle, *data,
                                "--json"))
    assert static["kl_divergence"] == pytest.approx(found["kl_divergence"], rel=1e-9)
    assert static["noise_to_signal"] == pytest.approx(10 ** (-found["sqnr_db"] / 10),
                                                      rel=1e-9)
