#===- test_site_noise.py - what explain promises and what comes of it -------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""The signal-to-noise ratio that `explain` expects of a product, against that of the
compiled product on other data, where the magnitudes of channels and of the weight's rows
are opposed: neither operand's own noise tells anything of the result's."""

import json

import numpy as np
import pytest

import quantc
from command_line import ROOT, run_quantc

CHANNELS, COLUMNS, SAMPLES = 48, 32, 8192


def even(random, x, w):
    return x, w


def massive(random, x, w):
    """One channel is a thousand times the others, and its row a thousandth."""
    x[:, 7] = 1000 + 10 * x[:, 7]
    w[7] *= 1e-3
    return x, w


def opposed(random, x, w):
    scales = np.exp(1.5 * random.normal(size=CHANNELS)).astype(np.float32)
    return x * scales, w / scales[:, None]


def offset(random, x, w):
    """A large mean that the weight's columns cancel."""
    return x + np.float32(20), w - w.mean(axis=0)


DATA = {data.__name__: data for data in (even, massive, opposed, offset)}


@pytest.fixture(scope="module", params=DATA)
def folder(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    random = np.random.default_rng(3)
    x, w = DATA[request.param](
        random, random.normal(size=(2 * SAMPLES, CHANNELS)).astype(np.float32),
        random.normal(0, 0.2, (CHANNELS, COLUMNS)).astype(np.float32))
    quantc.export(lambda p, x: {"logits": x @ p["up"]}, {"up": w}, (x[:1],),
                  folder / "model.mlir", input_names=["x"])
    quantc.save_safetensors({"x": x[:SAMPLES]}, folder / "calibration.safetensors")
    quantc.save_safetensors({"x": x[SAMPLES:]}, folder / "evaluation.safetensors")
    run_quantc("calibrate", folder / "model.mlir", "--data",
               folder / "calibration.safetensors", "--sample-rows", 256, "-o",
               folder / "statistics.json")
    run_quantc("compile", folder / "model.mlir", "-o", folder / "float")
    return folder


def quantize(folder, tmp_path, recipe):
    """What explain expects, and what eval finds."""
    options = [folder / "model.mlir", "--statistics", folder / "statistics.json",
               "--recipe", recipe]
    [site] = json.loads(run_quantc("explain", *options, "--json").stdout)
    run_quantc("quantize", *options, "-o", tmp_path / "q.mlir")
    run_quantc("compile", tmp_path / "q.mlir", "-o", tmp_path / "q")
    found = json.loads(run_quantc(
        "eval", tmp_path / "q", "--data", folder / "evaluation.safetensors",
        "--reference", folder / "float", "--json").stdout)
    return site.get("sqnr_db"), found["sqnr_db"]


@pytest.mark.parametrize("name", ["w8a8-asymmetric", "speechmatics-int8", "furiosa-bert",
                                  "lecture-dynamic"])
def test_the_result_has_the_noise_that_explain_expects(folder, tmp_path, name):
    expected, found = quantize(folder, tmp_path, ROOT / "recipes" / f"{name}.yaml")
    # furiosa-bert's ranges of single channels know the calibration data best, and what it
    # cuts of the whole counts as if it met the average row of the weight.
    below, above = (2.5, 6) if name == "furiosa-bert" else (1.5, 1.5)
    assert expected - below < found < expected + above


def test_auto_sees_it(folder, tmp_path):
    """Within its limit of a ratio of 0.005, which the candidates by tensor miss by far."""
    _, found = quantize(folder, tmp_path, ROOT / "recipes" / "auto.yaml")
    assert found is None or found > 22
