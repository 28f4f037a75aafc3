#===- pareto.py - auto against one candidate everywhere -------------------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===-----------------------------------------------------------------------===#
"""Compares the joint choice of a recipe with `auto` with giving every site the
same candidate, at the same cost.

For each candidate of the recipe the model is quantized with it everywhere, and
once more by the joint choice with that candidate's cost as the limit. Both are
evaluated against the float model: the KL divergence of the logits says which is
better. Sensitivities are measured on the calibration data first, so that the
choice knows nothing of the evaluation data. Exit code 1 where the joint choice
is worse.

A model is a folder as for quantc.compare.
"""

import argparse
import dataclasses
import json
import pathlib
import sys

from quantc.compare import CommandFailed, Road, change

TOLERANCE = 0.02
"""The relative difference of divergences that counts as equal."""


@dataclasses.dataclass
class Choice:
    """One way to quantize all sites, and what came of it."""
    name: str
    cost: float  # seconds on the recipe's target
    divergence: tuple  # mean KL divergence with the limits of its interval
    change: tuple  # of perplexity or accuracy, likewise; None without labels


def measure(road, recipe, name, shown, *options):
    """Quantizes with `options` and evaluates."""
    quantized, front = road.work / f"{name}.mlir", road.work / f"{name}.json"
    road.run("quantize", road.imported, "--statistics", road.statistics, "--recipe",
             recipe, *options, "--pareto", front, "-o", quantized)
    bundle = road.work / name
    road.compile(quantized, bundle)
    found = road.evaluate(bundle, road.float_bundle)
    document = json.loads(front.read_text())
    cost = document.get("cost_seconds")
    return Choice(shown, document["chosen"]["cost_seconds"] if cost is None else cost,
                  (found["kl_divergence"], *found["kl_divergence_interval"]),
                  change(found))


def read_candidates(recipe, sensitivity):
    """The candidates that were measured, in the recipe's order."""
    sites = json.loads(sensitivity.read_text())["sites"]
    names = list(dict.fromkeys(site["candidate"] for site in sites))
    if not names or names == [""]:
        raise ValueError(f"{recipe}: expected a recipe with 'auto' and candidates that "
                         "apply to the model")
    return names


def compare(road, recipe, samples):
    """Returns (uniform, joint), two choices of the same cost, for each candidate.

    The road has to be prepared."""
    sensitivity = road.work / "sensitivity.json"
    road.run("sensitivity", road.imported, "--statistics", road.statistics, "--recipe",
             recipe, "--data", road.model / "calibration.safetensors",
             "--max-samples", samples, "-o", sensitivity)
    pairs = []
    for candidate in read_candidates(recipe, sensitivity):
        uniform = measure(road, recipe, f"all-{candidate}", f"{candidate} everywhere",
                          "--candidate", candidate)
        # The limit is met where sums in another order differ in the last bits.
        joint = measure(road, recipe, f"auto-{candidate}", "auto at that cost",
                        "--sensitivity", sensitivity,
                        "--max-cost", uniform.cost * (1 + 1e-9))
        pairs.append((uniform, joint))
    return pairs


def is_worse(uniform, joint, tolerance=TOLERANCE):
    return joint.divergence[0] > uniform.divergence[0] * (1 + tolerance)


HEADER = ("model", "choice", "cost, us", "KL divergence [95 % interval]", "change")


def cells(model, choice):
    shown = f"{100 * choice.change[0]:+.3f} %" if choice.change else ""
    return (model, choice.name, f"{1e6 * choice.cost:.3f}",
            "{:.2e} [{:.2e}, {:.2e}]".format(*choice.divergence), shown)


def table(model, pairs):
    lines = [HEADER] + [cells(model, choice) for pair in pairs for choice in pair]
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
    parser.add_argument("--recipe", required=True, metavar="FILE",
                        help="a recipe with auto")
    parser.add_argument("--samples", type=int, default=32,
                        help="samples to measure sensitivities on (default 32)")
    parser.add_argument("--tolerance", type=float, default=TOLERANCE,
                        help="relative difference of KL that counts as equal "
                        f"(default {TOLERANCE})")
    parser.add_argument("--mask", help="the input that is zero at padding")
    parser.add_argument("--quantc", default="quantc", help="the compiler to run")
    parser.add_argument("--work", type=pathlib.Path, required=True,
                        help="a folder for what is made on the way")
    arguments = parser.parse_args()
    texts, worse = [], False
    try:
        for model in arguments.models:
            model = model.resolve()
            road = Road(arguments.quantc, model, arguments.work.resolve() / model.name,
                        lambda line: print(line, flush=True), arguments.mask)
            road.prepare()
            pairs = compare(road, arguments.recipe, arguments.samples)
            texts.append(table(model.name, pairs))
            worse |= any(is_worse(*pair, arguments.tolerance) for pair in pairs)
    except (CommandFailed, OSError, ValueError) as error:
        sys.exit(f"pareto: error: {error}")
    print("\n" + "\n\n".join(texts))
    if worse:
        sys.exit("pareto: the joint choice is worse than a uniform one at its cost")


if __name__ == "__main__":
    main()
