#===- test_storage_recipes.py - storage types on a real model --------------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""Takes the digits classifier through the whole road with each storage type:
recipe, parameter files (i4 packed), bundle, evaluation. The limits on the
logits' signal-to-noise ratio are what the bits of a type are worth, less a
margin: measured are 42, 44, 20, 75, 43, 29 and 42 dB."""

import os
import pathlib

import pytest

from quantc import compare

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("QUANTC_BUILD_DIR", ROOT / "build"))
RECIPES = {
    "ui8": ("activations: {storage: ui8}", 39),
    "ui8-ui8": ("activations: {storage: ui8}\n"
                "weights: {storage: ui8, symmetric: false, narrow_range: false}", 39),
    "i8-i4": ("weights: {storage: i4}", 17),
    "i16-i16": ("activations: {storage: i16, symmetric: true}\nweights: {storage: i16}", 70),
    "i16-i8": ("activations: {storage: i16}", 39),
    "f8": ("activations: {storage: f8E4M3FN}\nweights: {storage: f8E4M3FN}", 26),
    "ui8-dynamic": ("activations: {storage: ui8, dynamic: true, granularity: token}", 39),
}


@pytest.fixture(scope="module")
def road(tmp_path_factory):
    made = compare.Road(BUILD / "bin" / "quantc", ROOT / "examples" / "digits",
                        tmp_path_factory.mktemp("digits"), echo=lambda _: None)
    made.prepare()
    return made


@pytest.mark.parametrize("name", RECIPES)
def test_digits(road, tmp_path, name):
    keys, limit = RECIPES[name]
    recipe = tmp_path / f"{name}.yaml"
    recipe.write_text(f"version: 1\n{keys}\n")
    row = road.measure(road.quantize(recipe), runs=1)
    assert row.sqnr >= limit
    assert row.agreement >= 0.99
