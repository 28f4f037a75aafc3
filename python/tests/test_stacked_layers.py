#===- test_stacked_layers.py - layers whose weights are one parameter ------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""Takes models with stacked weights through the whole road: every layer is
quantized by its own scales, whether the loop over layers is JAX's or Python's."""

import functools
import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import quantc
import stacked_models
from command_line import ROOT, run_quantc

RECIPES = ["w8a8-asymmetric", "w8a8-symmetric-smooth"]
LINEAR = ["q", "k", "v", "o", "up", "down"]


class Model:
    """A JAX function, exported and calibrated in a folder of its own."""

    def __init__(self, folder, fn, params, inputs):
        self.folder, self.fn, self.params, self.inputs = folder, fn, params, inputs
        folder.mkdir()
        quantc.export(fn, params, (inputs[:2],), folder / "model.mlir",
                      input_names=["x"], output_names=["y"])
        quantc.save_safetensors({"x": inputs}, folder / "data.safetensors")
        run_quantc("calibrate", folder / "model.mlir", "--data",
                   folder / "data.safetensors", "-o", folder / "statistics.json")

    def options(self, recipe):
        return (self.folder / "model.mlir", "--statistics",
                self.folder / "statistics.json", "--recipe",
                ROOT / "recipes" / f"{recipe}.yaml")

    def explain(self, recipe):
        sites = json.loads(run_quantc("explain", *self.options(recipe), "--json").stdout)
        return {site["site"]: site for site in sites}

    def quantize(self, recipe):
        path = self.folder / f"{recipe}.mlir"
        run_quantc("quantize", *self.options(recipe), "-o", path)
        return path

    @functools.cache
    def run(self, recipe):
        model = self.quantize(recipe)
        bundle = self.folder / f"{model.stem}.bundle"
        run_quantc("compile", model, "-o", bundle)
        loaded = quantc.Bundle(bundle)
        return np.concatenate([loaded.run({"x": self.inputs[i:i + 2]})["y"]
                               for i in range(0, len(self.inputs), 2)])

    def expected(self):
        return np.asarray(self.fn(self.params, self.inputs))


def signal_to_noise(actual, expected):
    return 10 * np.log10(np.sum(expected ** 2) / np.sum((actual - expected) ** 2))


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder, params = tmp_path_factory.mktemp("stacked"), stacked_models.parameters()
    return {fn.__name__: Model(folder / fn.__name__, fn, params, stacked_models.inputs(16))
            for fn in (stacked_models.unrolled, stacked_models.scanned)}


@pytest.mark.parametrize("name", ["unrolled", "scanned"])
def test_every_linear_layer_is_quantized(models, name):
    sites = models[name].explain("w8a8-asymmetric")
    for layer in range(stacked_models.LAYERS):
        for linear in LINEAR:
            assert sites[f"layers.{linear}.{layer}"]["rhs"] == "i8 symmetric channel"
    reasons = [site["float_reason"] for site in sites.values() if "float_reason" in site]
    assert reasons == ["both operands are activations"] * 2 * stacked_models.LAYERS


@pytest.mark.parametrize("name", ["unrolled", "scanned"])
def test_integers_and_scales_are_those_of_the_slice(models, name):
    path = models[name].quantize("w8a8-asymmetric")
    stored = quantc.load_safetensors(path.with_suffix(".safetensors"))
    for linear in LINEAR:
        for layer, weight in enumerate(models[name].params["layers"][linear]):
            scale = np.abs(weight).max(axis=0) / np.float32(127)
            integers = np.clip(np.rint(weight / scale), -127, 127).astype(np.int8)
            found = [value for key, value in stored.items()
                     if key.startswith(f"layers.{linear}.{layer}")
                     and value.dtype == np.int8 and value.shape == weight.shape]
            assert any(np.array_equal(value, integers) for value in found)


@pytest.mark.parametrize("name", ["unrolled", "scanned"])
@pytest.mark.parametrize("recipe", RECIPES)
def test_close_to_float(models, name, recipe):
    model = models[name]
    actual = model.run(recipe)
    assert signal_to_noise(actual, model.expected()) > 25


@pytest.mark.parametrize("recipe", RECIPES)
def test_scan_is_the_unrolled_loop(models, recipe):
    first, second = (model.run(recipe) for model in models.values())
    np.testing.assert_array_equal(first, second)


def test_weights_that_all_iterations_share(tmp_path):
    """A loop over time: not unrolled, its weights constants, its activations
    calibrated over all steps."""
    random = np.random.default_rng(2)
    params = {"in": random.normal(size=(12, 16)).astype(np.float32) / 4,
              "state": random.normal(size=(16, 16)).astype(np.float32) / 4}

    def recurrent(params, x):
        def step(state, part):
            state = jnp.tanh(part @ params["in"] + state @ params["state"])
            return state, None

        return jax.lax.scan(step, jnp.zeros((x.shape[0], 16)), x.swapaxes(0, 1))[0]

    model = Model(tmp_path / "recurrent", recurrent, params,
                  random.normal(size=(16, 9, 12)).astype(np.float32))
    sites = model.explain("w8a8-asymmetric")
    assert sites["in"]["rhs"] == sites["state"]["rhs"] == "i8 symmetric channel"
    records = json.loads((model.folder / "statistics.json").read_text())["observers"]
    # 16 samples, of each 9 steps.
    assert ({record["name"]: record["count"] for record in records}
            == {"in/lhs": 16 * 9 * 12, "state/lhs": 16 * 9 * 16})
    actual = model.run("w8a8-asymmetric")
    assert signal_to_noise(actual, model.expected()) > 30


def test_experts_that_a_router_chooses_stay_float_and_say_why(tmp_path):
    random = np.random.default_rng(3)
    params = {"router": random.normal(size=(8, 3)).astype(np.float32),
              "experts": random.normal(size=(3, 8, 8)).astype(np.float32)}

    def experts(params, x):
        best = jnp.argmax(jnp.sum(x @ params["router"], axis=0))
        return x @ jax.lax.dynamic_index_in_dim(params["experts"], best, keepdims=False)

    model = Model(tmp_path / "experts", experts, params,
                  random.normal(size=(4, 8)).astype(np.float32))
    reasons = [site.get("float_reason") for site in model.explain("w8a8-asymmetric").values()]
    assert reasons == [None, "its weight is a slice of 'experts' that is chosen at run time"]
