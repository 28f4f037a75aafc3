#===- test_smoothing.py - smoothing leaves the function as it is ------------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""Runs every model of group_models.py before and after qnn-smooth, all in float."""

import os
import pathlib
import subprocess

import numpy as np
import pytest

import group_models
import quantc

ROOT = pathlib.Path(__file__).resolve().parents[2]
QUANTC = pathlib.Path(os.environ.get("QUANTC_BUILD_DIR", ROOT / "build")) / "bin/quantc"
# Smoothing, and then every site stays in float.
RECIPE = """version: 1
smooth: {alpha: %s}
sites: [{name: "*", float: true}]
"""


def run_quantc(*arguments):
    done = subprocess.run([QUANTC, *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def run_model(model, inputs):
    bundle = model.with_suffix(".bundle")
    run_quantc("compile", model, "-o", bundle)
    loaded = quantc.Bundle(bundle)
    batch = group_models.BATCH
    results = [loaded.run({"x": inputs[i:i + batch]}) for i in range(0, len(inputs), batch)]
    return {name: np.concatenate([result[name] for result in results])
            for name in results[0]}


@pytest.mark.parametrize("fn", group_models.MODELS, ids=lambda fn: fn.__name__)
def test_the_function_is_unchanged(fn, tmp_path):
    group_models.write(fn, tmp_path)
    model, recipe = tmp_path / "model.mlir", tmp_path / "recipe.yaml"
    recipe.write_text(RECIPE % 0.6)
    run_quantc("calibrate", model, "--data", tmp_path / "data.safetensors", "-o",
               tmp_path / "statistics.json")
    run_quantc("quantize", model, "--statistics", tmp_path / "statistics.json",
               "--recipe", recipe, "-o", tmp_path / "smoothed.mlir")
    before = quantc.load_safetensors(tmp_path / "model.safetensors")
    after = quantc.load_safetensors(tmp_path / "smoothed.safetensors")
    assert any(name not in before or value.shape != before[name].shape
               or np.abs(value - before[name]).max() > 1e-3
               for name, value in after.items()), "nothing was smoothed"

    inputs = group_models.inputs(8 * group_models.BATCH)
    expected = run_model(model, inputs)
    actual = run_model(tmp_path / "smoothed.mlir", inputs)
    for name, value in expected.items():
        assert np.abs(actual[name] - value).max() <= 1e-5 * np.abs(value).max()
