#===- test_smoothing.py - smoothing leaves the function as it is ------------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""Runs every model of group_models.py before and after qnn-smooth, all in float."""

import base64
import json
import re
import subprocess

import numpy as np
import pytest

import group_models
import quantc
from command_line import QUANTC, run_quantc

# Smoothing, and then every site stays in float.
RECIPE = """version: 1
smooth: {alpha: %s, groups: %s}
sites: [{name: "*", float: true}]
"""


def run_model(model, inputs):
    bundle = model.with_suffix(".bundle")
    run_quantc("compile", model, "-o", bundle)
    loaded = quantc.Bundle(bundle)
    batch = group_models.BATCH
    results = [loaded.run({"x": inputs[i:i + batch]}) for i in range(0, len(inputs), batch)]
    return {name: np.concatenate([result[name] for result in results])
            for name in results[0]}


def smooth(fn, folder, alpha, groups):
    """Writes a model and it smoothed; returns the parameters of both."""
    group_models.write(fn, folder)
    model, recipe = folder / "model.mlir", folder / "recipe.yaml"
    recipe.write_text(RECIPE % (alpha, groups))
    run_quantc("calibrate", model, "--data", folder / "data.safetensors", "-o",
               folder / "statistics.json")
    run_quantc("quantize", model, "--statistics", folder / "statistics.json",
               "--recipe", recipe, "-o", folder / "smoothed.mlir")
    return (quantc.load_safetensors(folder / "model.safetensors"),
            quantc.load_safetensors(folder / "smoothed.safetensors"))


def expect_the_same_function(folder):
    inputs = group_models.inputs(8 * group_models.BATCH)
    expected = run_model(folder / "model.mlir", inputs)
    actual = run_model(folder / "smoothed.mlir", inputs)
    for name, value in expected.items():
        assert np.abs(actual[name] - value).max() <= 1e-5 * np.abs(value).max()


@pytest.mark.parametrize("fn", group_models.MODELS, ids=lambda fn: fn.__name__)
def test_the_function_is_unchanged(fn, tmp_path):
    before, after = smooth(fn, tmp_path, 0.6, "[qkv, attention_output, other]")
    assert any(name not in before or value.shape != before[name].shape
               or np.abs(value - before[name]).max() > 1e-3
               for name, value in after.items()), "nothing was smoothed"
    expect_the_same_function(tmp_path)


# The head of values that each query head reads.
VALUE_HEADS = {group_models.grouped_query: [0, 0, 1, 1],
               group_models.repeated: [0, 0, 1, 1],
               group_models.tiled: [0, 1, 0, 1],
               group_models.multi_query: [0, 0, 0, 0]}


@pytest.mark.parametrize("fn", VALUE_HEADS, ids=lambda fn: fn.__name__)
def test_query_heads_share_the_factors_of_values(fn, tmp_path):
    """v's columns take in one factor for all query heads that read them: that of the
    largest statistics of these heads."""
    alpha, heads = 0.6, VALUE_HEADS[fn]
    before, after = smooth(fn, tmp_path, alpha, "[attention_output]")
    records = json.loads((tmp_path / "statistics.json").read_text())["observers"]
    record, = (record for record in records if record["name"] == "o/lhs")
    activation = np.maximum(np.abs(record["channel_min"]), np.abs(record["channel_max"]))
    weight = np.abs(before["o"]).max(axis=1)

    shared = np.zeros((2, max(heads) + 1, group_models.HEAD))
    for head, value_head in enumerate(heads):
        channels = slice(head * group_models.HEAD, (head + 1) * group_models.HEAD)
        for statistic, result in zip([activation, weight], shared):
            result[value_head] = np.maximum(result[value_head], statistic[channels])
    scales = shared[0] ** alpha / shared[1] ** (1 - alpha)
    assert np.abs(scales - 1).min() > 1e-3

    # The new constant's name. With its rows multiplied, the function is the same only
    # if the values are divided.
    np.testing.assert_allclose(after["o_1"],
                               before["o"] * scales[heads].reshape(-1)[:, None], rtol=1e-5)
    expect_the_same_function(tmp_path)


#===------------------------------------------------------------------------===#
# Searched alphas
#===------------------------------------------------------------------------===#

def quantize(values, scale):
    """Symmetric i8 and back, round half to even."""
    return np.clip(np.rint(values / scale), -127, 127) * scale


def output_error(rows, range_max, weights, alpha):
    """|Q(X / s) Q(s W) - X W|^2 in f64: activations per tensor, weights per column."""
    weight_max = np.abs(np.concatenate(weights, axis=1)).max(axis=1)
    scales = np.maximum(range_max ** alpha / weight_max ** (1 - alpha), 1e-5)
    step = (range_max / scales).max() / 127
    error = 0
    for weight in weights:
        scaled = weight * scales[:, None]
        steps = np.abs(scaled).max(axis=0) / 127
        product = quantize(rows / scales, step) @ quantize(scaled, steps)
        error += np.sum((product - rows @ weight) ** 2)
    return error


def test_the_searched_alpha_has_the_least_error(tmp_path):
    """Against all alphas tried in numpy, on the rows in the statistics file."""
    group_models.write(group_models.gated, tmp_path)
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("version: 1\nactivations: {symmetric: true, narrow_range: true}\n"
                      "smooth: {alpha: auto}\n")
    statistics = tmp_path / "statistics.json"
    run_quantc("import", tmp_path / "model.mlir", "-o", tmp_path / "imported.mlir")
    run_quantc("calibrate", tmp_path / "imported.mlir", "--data",
               tmp_path / "data.safetensors", "--sample-rows", 24, "-o", statistics)
    done = subprocess.run(
        [QUANTC.parent / "quant-opt", tmp_path / "imported.mlir", "-qnn-bind-parameters",
         "-qnn-unroll-layers", "-qnn-split-parameters", "-qnn-annotate",
         f"-qnn-apply-statistics=file={statistics}", f"-qnn-smooth=recipe={recipe}",
         "--remarks-filter=qnn-smooth", "-o", tmp_path / "smoothed.mlir"],
        capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    chosen = {observer: float(alpha) for alpha, observer in
              re.findall(r"alpha=([0-9.]+), observer=(\S+)", done.stderr)}

    parameters = quantc.load_safetensors(tmp_path / "model.safetensors")
    records = {record["name"]: record
               for record in json.loads(statistics.read_text())["observers"]}
    consumers = {"gate/lhs": ["gate", "up"], "down/lhs": ["down"]}
    assert set(chosen) == set(consumers)
    for observer, names in consumers.items():
        record = records[observer]
        rows = np.frombuffer(base64.b64decode(record["rows"]["values"]), np.float32)
        rows = rows.reshape(24, -1).astype(np.float64)
        range_max = np.maximum(np.abs(record["channel_min"]), np.abs(record["channel_max"]))
        weights = [parameters[name].astype(np.float64) for name in names]
        errors = [output_error(rows, range_max, weights, step / 20) for step in range(21)]
        # Alphas that are as good to the last bits of f32 may be either.
        assert errors[round(chosen[observer] * 20)] <= min(errors) * (1 + 1e-3)
        assert min(errors) < errors[0]


def test_a_searched_alpha_needs_rows(tmp_path):
    group_models.write(group_models.gated, tmp_path)
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("version: 1\nsmooth: {alpha: auto}\n")
    statistics, output = tmp_path / "statistics.json", tmp_path / "quantized.mlir"
    model, data = tmp_path / "model.mlir", tmp_path / "data.safetensors"
    run_quantc("calibrate", model, "--data", data, "-o", statistics)
    arguments = ["quantize", model, "--statistics", statistics, "--recipe", recipe, "-o",
                 output]
    done = subprocess.run([QUANTC, *arguments], capture_output=True, text=True)
    assert done.returncode == 1 and not output.exists()
    assert "expected sampled rows of observer 'gate/lhs'" in done.stderr
    run_quantc(*arguments, "--data", data)
    assert output.exists()
