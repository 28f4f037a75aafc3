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
import json
import pathlib
import sys

from quantc.compare import CommandFailed, Road, change


def measure(road, recipe, name, *options):
    """Quantizes with `options`; returns cost and what eval says."""
    quantized, front = road.work / f"{name}.mlir", road.work / f"{name}.json"
    road.run("quantize", road.imported, "--statistics", road.statistics, "--recipe",
             recipe, *options, "--pareto", front, "-o", quantized)
    bundle = road.work / name
    road.compile(quantized, bundle)
    found = json.loads(road.run("eval", bundle, "--data", road.evaluation, "--json",
                                "--reference", road.float_bundle))
    document = json.loads(front.read_text())
    cost = document.get("cost_seconds")
    return (document["chosen"]["cost_seconds"] if cost is None else cost), found


def change(found):
    """Perplexity's ratio less one, or the difference of accuracies."""
    if "perplexity_ratio" in found:
        return found["perplexity_ratio"] - 1
    return found["accuracy_difference"]


def compare(road, recipe, candidates, samples):
    """Returns rows (candidate, cost, KL, change) in pairs: uniform, then auto."""
    road.prepare()
    sensitivity = road.work / "sensitivity.json"
    road.run("sensitivity", road.imported, "--statistics", road.statistics, "--recipe",
             recipe, "--data", road.model / "calibration.safetensors",
             "--max-samples", samples, "-o", sensitivity)
    rows = []
    for candidate in candidates:
        cost, found = measure(road, recipe, f"all-{candidate}", "--candidate", candidate)
        rows.append((f"{candidate} everywhere", cost, found["kl_divergence"], change(found)))
        # The limit is met where sums in another order differ in the last bits.
        cost, found = measure(road, recipe, f"auto-{candidate}", "--sensitivity",
                              sensitivity, "--max-cost", cost * (1 + 1e-9))
        rows.append(("auto at that cost", cost, found["kl_divergence"], change(found)))
    return rows


def table(model, rows):
    lines = [("model", "choice", "cost, us", "KL divergence", "change")]
    lines += [(model, name, f"{1e6 * cost:.3f}", f"{divergence:.2e}", f"{100 * delta:+.3f} %")
              for name, cost, divergence, delta in rows]
    widths = [max(map(len, column)) for column in zip(*lines)]
    return "\n".join("  ".join(
        cell.ljust(width) if index < 2 else cell.rjust(width)
        for index, (cell, width) in enumerate(zip(line, widths))).rstrip()
        for line in lines)


def read_candidates(recipe):
    """The names under `candidates`; the compiler has the real reader."""
    text = pathlib.Path(recipe).read_text()
    names = [line.split("name:", 1)[1].strip(" }") for line in text.splitlines()
             if line.lstrip().startswith("- name:")]
    if not names:
        raise ValueError(f"{recipe}: expected a recipe with 'auto' and candidates")
    return names


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
    parser.add_argument("--tolerance", type=float, default=0.02,
                        help="relative difference of KL that counts as equal "
                        "(default 0.02)")
    parser.add_argument("--quantc", default="quantc", help="the compiler to run")
    parser.add_argument("--work", type=pathlib.Path, required=True,
                        help="a folder for what is made on the way")
    arguments = parser.parse_args()
    texts, worse = [], False
    try:
        candidates = read_candidates(arguments.recipe)
        for model in arguments.models:
            model = model.resolve()
            road = Road(arguments.quantc, model, arguments.work.resolve() / model.name,
                        lambda line: print(line, flush=True))
            rows = compare(road, arguments.recipe, candidates, arguments.samples)
            texts.append(table(model.name, rows))
            worse |= any(auto[2] > uniform[2] * (1 + arguments.tolerance)
                         for uniform, auto in zip(rows[::2], rows[1::2]))
    except (CommandFailed, OSError, ValueError) as error:
        sys.exit(f"pareto: error: {error}")
    print("\n" + "\n\n".join(texts))
    if worse:
        sys.exit("pareto: the joint choice is worse than a uniform one at its cost")


if __name__ == "__main__":
    main()
