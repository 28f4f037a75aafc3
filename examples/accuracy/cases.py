#===- cases.py - what is measured, and what it has to keep -----------------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""The models, their recipes, and the gates."""

import dataclasses
import re

ESTIMATORS = {
    "minmax": "minmax",
    "99.99": "percentile\n  percentile: 99.99",
    "99.999": "percentile\n  percentile: 99.999",
    "entropy": "entropy",
    "mse": "mse",
}
"""How a range is estimated: what follows `estimator:` in a recipe."""


def estimated(recipe, but=()):
    """Names of the variants of a recipe by estimator."""
    return [f"{recipe}@{name}" for name in ESTIMATORS if name not in but]


def with_estimator(text, name):
    """A recipe's text whose activations have another estimator."""
    changed, count = re.subn(
        r"(?m)(^activations:\n(?:  .*\n)*?  estimator: )\w+(\n  percentile: [\d.]+)?",
        lambda match: match[1] + ESTIMATORS[name], text)
    if count != 1:
        raise ValueError("expected a recipe with one estimator for activations")
    return changed


STATIC = ["lecture-static", "speechmatics-int8", "modelopt-int8-sq", "modelopt-fp8",
          "furiosa-bert"]
RECIPES = {
    "digits": [*STATIC, "lecture-dynamic", "auto"],
    "chartransformer": [*STATIC, "lecture-dynamic", "llm-int8", "furiosa-gptj", "amd-fp8",
                        "auto"],
    "chartransformer-outliers": [
        "w8a8-asymmetric", "w8a8-asymmetric-smooth", "w8a8-asymmetric-autosmooth",
        "w8a8-symmetric", "w8a8-symmetric-smooth", "w8a8-symmetric-autosmooth",
        "modelopt-int8-sq", "lecture-dynamic", "llm-int8"],
    "chartransformer-decode": ["kv8", "furiosa-gptj", "amd-fp8"],
    "minilm": [*estimated("furiosa-bert"), *estimated("lecture-static"),
               "speechmatics-int8", "modelopt-int8-sq", "lecture-dynamic", "llm-int8",
               "auto"],
}
"""The rows of each model, by recipe; `recipe@estimator` is a variant."""

PARETO = {"digits": 256, "chartransformer": 32, "minilm": 32}
"""Models on which `auto` is compared with each of its candidates everywhere, at equal
cost, and the calibration samples that sensitivities are measured on: `model:pareto`."""

PAIRS = {
    ("chartransformer-outliers", f"w8a8-{form}-autosmooth"): f"w8a8-{form}-smooth"
    for form in ("asymmetric", "symmetric")
}
"""Rows that are also compared with another recipe instead of the float model."""

BLOCKS = {"chartransformer-decode": 128}
"""How many samples are drawn together for intervals: the steps of one window."""


@dataclasses.dataclass(frozen=True)
class Gate:
    """What a row has to keep.

    Of several recipes it is that with the largest cosine. The relation `not above`
    asks that an interval does not lie above the bound as a whole.
    """
    model: str
    recipes: tuple
    value: str
    relation: str
    bound: float


def parts(model):
    """What can be measured of a model."""
    return [*RECIPES[model], *(["pareto"] if model in PARETO else [])]


def gates(model, recipes, *conditions):
    if isinstance(recipes, str):
        recipes = (recipes,)
    return [Gate(model, tuple(recipes), *condition) for condition in conditions]


INT8 = [("loss", "<=", 0.003), ("divergence", "<=", 5e-4), ("agreement", ">=", 0.975)]
FP8 = [("loss", "<=", 0.003)]
SMOOTHED = [("loss", "<", 0.002)]
GATES = [
    *gates("digits", "lecture-static", ("agreement", ">=", 0.999)),
    *gates("chartransformer", "modelopt-int8-sq", *INT8),
    *gates("chartransformer", "modelopt-fp8", *FP8),
    *gates("chartransformer", "amd-fp8", *FP8),
    *gates("chartransformer-outliers", "w8a8-asymmetric", ("loss", ">", 0.1)),
    *gates("chartransformer-outliers", "w8a8-symmetric", ("loss", ">", 0.1)),
    *gates("chartransformer-outliers", "w8a8-asymmetric-smooth", *SMOOTHED),
    *gates("chartransformer-outliers", "w8a8-symmetric-smooth", *SMOOTHED),
    *gates("chartransformer-outliers", "w8a8-asymmetric-autosmooth",
           ("excess", "not above", 0)),
    *gates("chartransformer-outliers", "w8a8-symmetric-autosmooth",
           ("excess", "not above", 0)),
    *gates("chartransformer-decode", "furiosa-gptj", *INT8),
    *gates("chartransformer-decode", "kv8", ("loss", "<=", 0.0005)),
    *gates("chartransformer-decode", "amd-fp8", *FP8),
    *gates("minilm",
           [*estimated("furiosa-bert"), "speechmatics-int8", "modelopt-int8-sq"],
           ("cosine", ">=", 0.99), ("neighbour", ">=", 0.97)),
    *gates("minilm", "lecture-dynamic", ("cosine", ">=", 0.997)),
    *gates("minilm", "auto", ("cosine", ">=", 0.997)),
]
