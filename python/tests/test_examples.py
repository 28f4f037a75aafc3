#===- test_examples.py - the examples through the whole road ---------------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""Compiles both examples and holds what comes out against JAX and the gates."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import numpy as np
import pytest

import logit_metrics
import quantc
from quantc import compare

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("QUANTC_BUILD_DIR", ROOT / "build"))
EXAMPLES = ["digits", "chartransformer"]
RECIPES = ["w8a8-symmetric", "w8a8-asymmetric", "w8a8-symmetric-smooth",
           "w8a8-asymmetric-smooth", "furiosa-bert"]


@pytest.fixture(scope="module")
def roads(tmp_path_factory):
    """Makes one road an example, when the first test asks for it."""
    made = {}

    def get(name):
        if name not in made:
            road = compare.Road(BUILD / "bin" / "quantc", ROOT / "examples" / name,
                                tmp_path_factory.mktemp(name), echo=lambda _: None)
            road.prepare()
            made[name] = road
        return made[name]

    return get


@pytest.fixture(scope="module")
def measured(roads):
    """Measures every recipe on an example once; rows by recipe."""
    made = {}

    def get(name):
        if name not in made:
            road = roads(name)
            made[name] = {recipe: road.measure(
                road.quantize(ROOT / "recipes" / f"{recipe}.yaml"), runs=5)
                for recipe in RECIPES}
        return made[name]

    return get


@pytest.mark.parametrize("name", EXAMPLES)
def test_float_matches_jax(roads, name):
    road = roads(name)
    data = quantc.load_safetensors(road.model / "reference.safetensors")
    expected = data.pop("logits")
    bundle = quantc.Bundle(road.float_bundle)
    actual = np.concatenate(
        [bundle.run({key: values[i:i + 1] for key, values in data.items()})["logits"]
         for i in range(len(expected))])
    assert np.abs(actual - expected).max() <= 1e-5 * np.abs(expected).max()


@pytest.mark.parametrize("name", EXAMPLES)
def test_eval_matches_numpy(roads, name, tmp_path):
    road = roads(name)
    bundle = road.quantize(ROOT / "recipes" / "w8a8-asymmetric.yaml")
    data = quantc.load_safetensors(road.evaluation)
    part, labels = tmp_path / "part.safetensors", data["labels"][:100]
    quantc.save_safetensors({key: values[:100] for key, values in data.items()}, part)

    logits = []
    for model in (bundle, road.float_bundle):
        output = tmp_path / "out.safetensors"
        road.run("run", model, "--input", part, "--output", output)
        logits.append(np.array(quantc.load_safetensors(output)["logits"]))
    found = json.loads(road.run("eval", bundle, "--reference", road.float_bundle,
                                "--data", part, "--json"))

    assert found["agreement"] == pytest.approx(logit_metrics.agreement(*logits))
    assert found["sqnr_db"] == pytest.approx(logit_metrics.sqnr(*logits))
    assert found["kl_divergence"] == pytest.approx(
        logit_metrics.kl_divergence(*logits), rel=1e-6)
    if name == "digits":
        assert found["accuracy"] == pytest.approx(
            logit_metrics.accuracy(logits[0], labels))
        return
    ratio = (logit_metrics.perplexity(logits[0], labels) /
             logit_metrics.perplexity(logits[1], labels))
    low, high = logit_metrics.perplexity_ratio_interval(*logits, labels)
    assert found["perplexity_ratio"] == pytest.approx(ratio, rel=1e-9)
    # Two bootstraps with 1000 resamples: their limits agree to a few per cent
    # of the interval.
    assert found["perplexity_ratio_interval"] == pytest.approx(
        [low, high], abs=0.15 * (high - low))


@pytest.mark.parametrize("name", EXAMPLES)
def test_threads_give_the_same_bytes(roads, name, tmp_path):
    road = roads(name)
    int8 = road.quantize(ROOT / "recipes" / "w8a8-asymmetric.yaml")
    data = road.model / "calibration.safetensors"
    output = tmp_path / "out.safetensors"

    def run(bundle, *options):
        road.run("run", bundle, "--input", data, "--output", output, *options)
        return output.read_bytes()

    for serial, source in ((road.float_bundle, road.imported),
                           (int8, int8.with_suffix(".mlir"))):
        expected = run(serial)
        parallel = tmp_path / f"{serial.name}-parallel"
        road.run("compile", source, "--parallel", "-o", parallel)
        for threads in 1, 2, 3, 7:
            assert run(parallel, "--threads", threads) == expected
        inputs = quantc.load_safetensors(data)
        model, reference = quantc.Bundle(parallel, threads=3), quantc.Bundle(serial)
        first = {key: inputs[key][:tensor.shape[0]]
                 for key, tensor in model.inputs.items()}
        for key, value in reference.run(first).items():
            assert model.run(first)[key].tobytes() == value.tobytes()


def test_digits_gates(measured):
    rows = measured("digits")
    for recipe, row in rows.items():
        assert row.agreement >= 0.99, recipe
    best = rows["w8a8-asymmetric"]
    assert best.agreement >= 0.999
    assert best.sqnr >= 40


def test_chartransformer_gates(measured):
    rows = measured("chartransformer")
    for recipe, row in rows.items():
        assert row.change[0] <= 0.003, recipe
    best = min(rows.values(), key=lambda row: row.divergence)
    assert best.divergence <= 5e-4
    assert best.agreement >= 0.975
    # The interval, and not only the estimate, is below the gate.
    assert best.change[2] <= 0.003


def test_smoothquant_saves_a_model_with_outliers(tmp_path):
    """The same function in float, with two channels of each norm times 100."""
    source, model = ROOT / "examples" / "chartransformer", tmp_path / "outliers"
    model.mkdir()
    subprocess.run([sys.executable, source / "export.py", "--outliers", "--output",
                    model, source / "model.safetensors"], check=True)
    shutil.copy(source / "calibration.safetensors", model)
    data = quantc.load_safetensors(source / "evaluation.safetensors")
    quantc.save_safetensors({name: values[:200] for name, values in data.items()},
                            model / "evaluation.safetensors")
    road = compare.Road(BUILD / "bin" / "quantc", model, tmp_path / "work",
                        echo=lambda _: None)
    road.prepare()
    naive, smooth = (
        road.measure(road.quantize(ROOT / "recipes" / f"{name}.yaml"), runs=1)
        for name in ("w8a8-symmetric", "w8a8-symmetric-smooth"))
    assert naive.change[0] > 0.10
    assert smooth.change[0] < 0.002
