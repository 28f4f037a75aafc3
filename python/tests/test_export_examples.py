#===- test_export_examples.py - the examples out and in again --------------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""Whole models through quantc export: the same bytes as what it exported."""

import os
import pathlib

import numpy as np
import pytest

import quantc
from quantc import compare

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("QUANTC_BUILD_DIR", ROOT / "build"))
RECIPES = ["w8a8-symmetric", "w8a8-asymmetric", "w8a8-symmetric-smooth",
           "w8a8-asymmetric-smooth"]
# Runs of each model; a run of digits is one image, of the text 128 tokens.
SAMPLES = {"digits": 64, "chartransformer": 4}


@pytest.fixture(scope="module", params=SAMPLES)
def road(request, tmp_path_factory):
    road = compare.Road(BUILD / "bin" / "quantc", ROOT / "examples" / request.param,
                        tmp_path_factory.mktemp(request.param), echo=lambda _: None)
    road.run("import", road.model / "model.mlir", "-o", road.imported)
    road.run("calibrate", road.imported, "--data", road.model / "calibration.safetensors",
             "--sample-rows", 256, "-o", road.statistics)
    return road


@pytest.mark.parametrize("recipe", RECIPES)
def test_same_bytes(road, recipe):
    options = [road.imported, "--statistics", road.statistics, "--recipe",
               ROOT / "recipes" / f"{recipe}.yaml"]
    bundles = []
    for command in "quantize", "export":
        module = road.work / f"{recipe}-{command}.mlir"
        road.run(command, *options, "-o", module)
        road.run("compile", module, "-o", module.with_suffix(".bundle"))
        bundles.append(quantc.Bundle(module.with_suffix(".bundle")))
    samples = quantc.load_safetensors(road.evaluation)
    names = list(bundles[0].inputs)
    assert list(bundles[1].inputs) == names
    assert list(bundles[1].outputs) == list(bundles[0].outputs)
    for start in range(SAMPLES[road.model.name]):
        results = []
        for bundle in bundles:
            inputs = {name: np.ascontiguousarray(samples[name][start:start + 1])
                      for name in names}
            results.append(list(bundle.run(inputs).values()))
        for original, exported in zip(*results, strict=True):
            assert original.tobytes() == exported.tobytes()
