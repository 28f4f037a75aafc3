#===- test_outliers.py - channels with outliers in float -------------------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""Takes one linear layer through the whole road with recipes/llm-int8.yaml and
compares bits with NumPy: int8 vector by vector over the channels without outliers,
f32 over the others. The values of the latter are chosen so that their sums are exact
in any order."""


import numpy as np
import pytest

import quantc
from command_line import ROOT, run_quantc

RECIPE = ROOT / "recipes/llm-int8.yaml"
TOKENS, WIDTH, OUTPUTS = 8, 40, 24
OUTLIERS = [3, 4, 17, 39]


def make(folder, outliers, seed=0):
    """A layer y = x w + b in a folder; returns x and the parameters."""
    random = np.random.default_rng(seed)
    x = random.uniform(-5, 5, (TOKENS, WIDTH)).astype(np.float32)
    x[:, outliers] = random.integers(-64, 65, (TOKENS, len(outliers)))
    x[0, outliers] = 64
    params = {"layer": {"w": random.normal(size=(WIDTH, OUTPUTS)).astype(np.float32),
                        "b": random.normal(size=OUTPUTS).astype(np.float32)}}
    params["layer"]["w"][outliers] = random.integers(-32, 33, (len(outliers), OUTPUTS)) / 8
    quantc.export(lambda p, x: x @ p["layer"]["w"] + p["layer"]["b"], params, (x,),
                  folder / "model.mlir", input_names=["x"])
    quantc.save_safetensors({"x": x}, folder / "data.safetensors")
    run_quantc("calibrate", folder / "model.mlir", "--data", folder / "data.safetensors",
               "-o", folder / "statistics.json")
    return x, params["layer"]


def quantize(folder, recipe=RECIPE, name="quantized"):
    model = folder / f"{name}.mlir"
    run_quantc("quantize", folder / "model.mlir", "--statistics", folder / "statistics.json",
               "--recipe", recipe, "-o", model)
    return model


def evaluate(model, x):
    bundle = model.with_suffix(".bundle")
    run_quantc("compile", model, "-o", bundle)
    (result,) = quantc.Bundle(bundle).run({"x": x}).values()
    return result


def vectorwise(x, w):
    """Rows of x times columns of w, both to int8 by their largest magnitude."""
    def scale(values, axis):
        return (np.abs(values).max(axis, keepdims=True).astype(np.float64) / 127).astype(
            np.float32)

    row, column = scale(x, 1), scale(w, 0)
    q, r = (np.clip(np.rint(values / step), -127, 127).astype(np.int64)
            for values, step in ((x, row), (w, column)))
    return (q @ r).astype(np.float32) * column * row


@pytest.mark.parametrize("outliers", [OUTLIERS, OUTLIERS[:1], list(range(WIDTH - 1))],
                         ids=["some", "one", "all but one"])
def test_integer_part_and_float_part(outliers, tmp_path):
    x, p = make(tmp_path, outliers)
    rest = np.setdiff1d(np.arange(WIDTH), outliers)
    integer = vectorwise(x[:, rest], p["w"][rest])
    exact = x[:, outliers].astype(np.float64) @ p["w"][outliers].astype(np.float64)
    assert np.array_equal(exact, exact.astype(np.float32))
    expected = (integer + exact.astype(np.float32)) + p["b"]
    actual = evaluate(quantize(tmp_path), x)
    assert np.array_equal(actual, expected)
    # What the decomposition is good for.
    true = x.astype(np.float64) @ p["w"] + p["b"]
    whole = vectorwise(x, p["w"]) + p["b"]
    assert np.abs(actual - true).max() < np.abs(whole - true).max() / 4


def test_no_outliers_cost_nothing(tmp_path):
    make(tmp_path, [])
    without = tmp_path / "without.yaml"
    without.write_text(RECIPE.read_text().replace("outliers:\n  threshold: 6.0\n", ""))
    assert "outliers:" not in without.read_text().replace("# ", "")
    files = [quantize(tmp_path, recipe, name) for recipe, name in
             ((RECIPE, "a"), (without, "b"))]
    texts = [file.read_text().replace(f"{file.stem}.safetensors", "") for file in files]
    assert texts[0] == texts[1]
    assert len({file.with_suffix(".safetensors").read_bytes() for file in files}) == 1


def test_nothing_but_outliers_stays_in_float(tmp_path):
    x, _ = make(tmp_path, list(range(WIDTH)))
    assert np.array_equal(evaluate(quantize(tmp_path), x),
                          evaluate(tmp_path / "model.mlir", x))
    listed = run_quantc("explain", tmp_path / "model.mlir", "--statistics",
                        tmp_path / "statistics.json", "--recipe", RECIPE)
    assert "all of its 40 channels reach the outlier threshold 6" in listed.stdout
