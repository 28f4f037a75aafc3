#===- pareto.py - auto against one candidate everywhere -------------------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===-----------------------------------------------------------------------===#
"""Compares the joint choice of a recipe with `auto` with giving every site the
same candidate, at the same cost.

For each candidate of the recipe the model is quantized with it everywhere, and
once more by the joint choice with that candidate's cost as the limit. Both are
evaluated against the float model: the KL divergence of the logits says which is
better, and counts as worse where the paired 95 % interval of the difference (a
bootstrap over samples) is above zero. Sensitivities are measured on the calibration
data first, so that the choice knows nothing of the evaluation data, and each part of
them with ranges that are calibrated on the others, which it knows as little. Exit
code 1 where the joint choice is worse.

A model is a folder as for quantc.compare.
"""

import argparse
import dataclasses
import json
import pathlib
import sys

import numpy as np

from quantc.compare import CommandFailed, Road, recipe_file
from quantc.tensors import load

RESAMPLES = 1000
FOLDS = 8
"""Parts of the calibration data, unless told otherwise."""


@dataclasses.dataclass
class Choice:
    """One way to quantize all sites, and what came of it."""
    name: str
    cost: float  # seconds on the recipe's target
    divergences: np.ndarray  # KL(float || this) of each sample
    change: float  # of perplexity (relative) or accuracy; None without labels


def log_softmax(logits):
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def get_change(expected, found, labels):
    """The difference of accuracies, or the ratio of perplexities less one."""
    if labels is None:
        return None
    if found.ndim == 2:
        return float(np.mean(found.argmax(-1) == labels)
                     - np.mean(expected.argmax(-1) == labels))
    losses = [-np.take_along_axis(rows, labels[..., None], -1).mean()
              for rows in (found, expected)]
    return float(np.exp(losses[0] - losses[1]) - 1)


class Evaluation:
    """The float model's logits, which all choices are compared with."""

    def __init__(self, road):
        self.road = road
        self.expected = self.read(road.float_bundle)
        self.labels = load(road.evaluation).get("labels")

    def read(self, bundle):
        """The bundle's logits, normalized to logarithms of probabilities."""
        output = self.road.work / "logits.safetensors"
        self.road.run("run", bundle, "--input", self.road.evaluation, "--output", output)
        outputs = load(output)
        if len(outputs) > 1 and "logits" not in outputs:
            raise ValueError(f"{bundle}: expected one output or 'logits', but got "
                             f"{', '.join(outputs)}")
        logits = outputs["logits"] if len(outputs) > 1 else next(iter(outputs.values()))
        return log_softmax(np.array(logits, np.float64))

    def compare(self, name, cost, bundle):
        found = self.read(bundle)
        rows = np.sum(np.exp(self.expected) * (self.expected - found), axis=-1)
        return Choice(name, cost, rows.reshape(len(rows), -1).mean(axis=1),
                      get_change(self.expected, found, self.labels))


def with_interval(values):
    """The mean over samples and its 95 % bootstrap interval."""
    drawn = np.random.default_rng(0).integers(len(values), size=(RESAMPLES, len(values)))
    return tuple(map(float, (values.mean(), *np.quantile(values[drawn].mean(axis=1),
                                                         [0.025, 0.975]))))


def measure(evaluation, recipe, name, shown, *options):
    """Quantizes with `options` and evaluates."""
    road = evaluation.road
    quantized, front = road.work / f"{name}.mlir", road.work / f"{name}.json"
    road.run("quantize", road.imported, "--statistics", road.statistics, "--recipe",
             recipe, *options, "--pareto", front, "-o", quantized)
    bundle = road.work / name
    road.compile(quantized, bundle)
    cost = json.loads(front.read_text())["chosen"]["cost_seconds"]
    return evaluation.compare(shown, cost, bundle)


def read_candidates(recipe, sensitivity):
    """The candidates that were measured, in the recipe's order."""
    sites = json.loads(sensitivity.read_text())["sites"]
    names = list(dict.fromkeys(site["candidate"] for site in sites))
    if not names or names == [""]:
        raise ValueError(f"{recipe}: expected a recipe with 'auto' and candidates that "
                         "apply to the model")
    return names


def compare(road, recipe, samples, folds=FOLDS):
    """Returns (uniform, joint), two choices of the same cost, for each candidate.

    The road has to be prepared."""
    # Only a recipe with 'auto' has candidates: to be told after the sensitivities would
    # be late.
    road.run("explain", road.imported, "--statistics", road.statistics, "--recipe",
             recipe, "--candidate", "float")
    sensitivity = road.work / "sensitivity.json"
    road.run("sensitivity", road.imported, "--statistics", road.statistics, "--recipe",
             recipe, "--data", road.model / "calibration.safetensors",
             *(road.mask if folds > 1 else []), "--max-samples", samples, "--folds", folds,
             "-o", sensitivity)
    evaluation, pairs = Evaluation(road), []
    for candidate in read_candidates(recipe, sensitivity):
        uniform = measure(evaluation, recipe, f"all-{candidate}", f"{candidate} everywhere",
                          "--candidate", candidate)
        # The limit is met where sums in another order differ in the last bits.
        joint = measure(evaluation, recipe, f"auto-{candidate}", "auto at that cost",
                        "--sensitivity", sensitivity,
                        "--max-cost", uniform.cost * (1 + 1e-9))
        pairs.append((uniform, joint))
    return pairs


def difference(uniform, joint):
    """How much more the joint choice diverges, with its paired interval."""
    return with_interval(joint.divergences - uniform.divergences)


def is_worse(uniform, joint):
    return difference(uniform, joint)[1] > 0


HEADER = ("model", "choice", "cost, us", "KL divergence [95 % interval]", "change",
          "difference of KL [95 % interval]")


def cells(model, uniform, joint):
    """The two lines of a pair."""
    lines = []
    for choice in (uniform, joint):
        shown = "" if choice.change is None else f"{100 * choice.change:+.3f} %"
        lines.append([model, choice.name, f"{1e6 * choice.cost:.3f}",
                      "{:.2e} [{:.2e}, {:.2e}]".format(*with_interval(choice.divergences)),
                      shown, ""])
    lines[1][-1] = "{:+.2e} [{:+.2e}, {:+.2e}]".format(*difference(uniform, joint))
    return lines


def table(model, pairs):
    lines = [HEADER] + [line for pair in pairs for line in cells(model, *pair)]
    widths = [max(map(len, column)) for column in zip(*lines)]
    return "\n".join("  ".join(
        cell.ljust(width) if index < 2 else cell.rjust(width)
        for index, (cell, width) in enumerate(zip(line, widths))).rstrip()
        for line in lines)


def main():
    parser = argparse.ArgumentParser(
        prog="quantc.pareto", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", type=pathlib.Path, metavar="model",
                        help="a model's folder")
    parser.add_argument("--recipe", required=True, type=recipe_file, metavar="FILE",
                        help="a recipe with auto")
    parser.add_argument("--samples", type=int, default=32,
                        help="samples to measure sensitivities on (default 32)")
    parser.add_argument("--folds", type=int, default=FOLDS,
                        help="parts of the calibration data, each of which is measured "
                        "with ranges of the others; 1 for ranges of all data, "
                        "and for models with states "
                        f"(default {FOLDS})")
    parser.add_argument("--mask", help="the input that is zero at padding")
    parser.add_argument("--quantc", default="quantc", help="the compiler to run")
    parser.add_argument("--work", type=pathlib.Path, required=True,
                        help="a folder for what is made on the way")
    arguments = parser.parse_args()
    if arguments.samples < 1:
        parser.error(f"argument --samples: expected at least 1, but got {arguments.samples}")
    if arguments.folds < 1:
        parser.error(f"argument --folds: expected at least 1, but got {arguments.folds}")
    texts, worse = [], False
    try:
        for model in arguments.models:
            model = model.resolve()
            road = Road(arguments.quantc, model, arguments.work.resolve() / model.name,
                        lambda line: print(line, flush=True), arguments.mask)
            road.check()
            road.prepare()
            pairs = compare(road, arguments.recipe, arguments.samples, arguments.folds)
            texts.append(table(model.name, pairs))
            worse |= any(is_worse(*pair) for pair in pairs)
    except (CommandFailed, OSError, ValueError) as error:
        sys.exit(f"pareto: error: {error}")
    print("\n" + "\n\n".join(texts))
    if worse:
        sys.exit("pareto: the joint choice is worse than a uniform one at its cost")


if __name__ == "__main__":
    main()
