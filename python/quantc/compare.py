#===- compare.py - compare recipes on models -------------------------------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""Takes models from StableHLO to compiled bundles, and compares recipes.

A model is a folder with model.mlir, model.safetensors, calibration.safetensors
and evaluation.safetensors (inputs and labels). Every command is printed as it
runs; one table at the end has a row for the float model and for each recipe.
Only the standard library is needed.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys


class CommandFailed(Exception):
    """A command of quantc failed; it has said why itself."""


@dataclasses.dataclass
class Row:
    """What was measured of one bundle; None where it is the float model."""
    model: str
    recipe: str
    metric: str  # "accuracy" or "perplexity"
    value: float
    # Of the accuracy's difference, or of the perplexity's ratio minus 1, with
    # the limits of its 95 % interval: all as shares, not per cent.
    change: tuple = None
    agreement: float = None
    sqnr: float = None
    divergence: float = None
    parameter_bytes: int = 0
    seconds: float = 0.0
    float_seconds: float = None
    agreement_interval: tuple = None
    divergence_interval: tuple = None


def change(found):
    """What `eval` found of the accuracy's difference or the perplexity's ratio less
    one: (value, lower limit, upper limit), as shares; None without labels."""
    for key, base in (("perplexity_ratio", 1), ("accuracy_difference", 0)):
        if key in found:
            return tuple(value - base for value in
                         (found[key], *found[f"{key}_interval"]))
    return None


class Road:
    """Runs quantc's commands for one model; the files go to `work`."""

    def __init__(self, quantc, model, work, echo=print, mask=None, block=1):
        """`mask` names the input that is zero at padding; intervals draw runs of
        `block` samples together."""
        self.quantc, self.echo, self.block = str(quantc), echo, block
        self.mask = ["--mask", mask] if mask else []
        self.model, self.work = pathlib.Path(model), pathlib.Path(work)
        if self.work.resolve() == self.model.resolve():
            raise ValueError(f"{self.work}: expected a work folder apart from the "
                             "model's")
        self.work.mkdir(parents=True, exist_ok=True)
        self.imported = self.work / "imported.mlir"
        self.statistics = self.work / "statistics.json"
        self.float_bundle = self.work / "float"
        self.evaluation = self.model / "evaluation.safetensors"

    def check(self):
        """Refuses what would fail only after minutes: a folder that is no model's, or no
        compiler."""
        for name in ("model.mlir", "calibration.safetensors", "evaluation.safetensors"):
            if not (self.model / name).is_file():
                raise ValueError(f"{self.model}: expected a folder with a model and its "
                                 f"data, but it has no {name}")
        if not shutil.which(self.quantc):
            raise ValueError(f"{self.quantc}: expected the program quantc, but got none")

    def run(self, *arguments):
        """Runs `quantc arguments...` and returns what it prints."""
        arguments = [str(argument) for argument in arguments]
        shown = [os.path.relpath(a) if os.path.isabs(a) else a for a in arguments]
        self.echo("$ quantc " + shlex.join(shown))
        result = subprocess.run([self.quantc, *arguments], text=True,
                                stdout=subprocess.PIPE)
        if result.returncode != 0:
            raise CommandFailed(f"quantc {arguments[0]} failed with exit code "
                                f"{result.returncode}")
        return result.stdout

    def prepare(self):
        """Imports, calibrates and compiles the float model."""
        self.run("import", self.model / "model.mlir", "-o", self.imported)
        self.run("calibrate", self.imported, "--data",
                 self.model / "calibration.safetensors", *self.mask,
                 "--sample-rows", 256, "-o",
                 self.statistics)
        self.compile(self.imported, self.float_bundle)

    def compile(self, model, bundle):
        self.run("compile", model, "-o", bundle)

    def quantize(self, recipe):
        """Quantizes and compiles with a recipe; returns the bundle."""
        name = pathlib.Path(recipe).stem
        quantized = self.work / f"{name}.mlir"
        self.run("quantize", self.imported, "--statistics", self.statistics,
                 "--recipe", recipe, "-o", quantized)
        bundle = self.work / name
        self.compile(quantized, bundle)
        return bundle

    def evaluate(self, bundle, reference=None):
        """What `eval` finds on the evaluation data, against another bundle."""
        return json.loads(self.run(
            "eval", bundle, "--data", self.evaluation, "--json",
            *(["--reference", reference] if reference else []),
            *(["--bootstrap-block", self.block] if self.block > 1 else [])))

    def bench(self, bundle, runs):
        """Median seconds of a batch: of the bundle and, next to it, in float."""
        against = [] if bundle == self.float_bundle else ["--against", self.float_bundle]
        times = json.loads(self.run("bench", bundle, "--data", self.evaluation, "--runs",
                                    runs, "--json", *against))["bundles"]
        return [time["median_seconds"] for time in times]

    def parameter_bytes(self, bundle):
        return json.loads((bundle / "manifest.json").read_text())["parameter_file_bytes"]

    def measure(self, bundle, runs):
        """Evaluates and times a bundle against the float bundle."""
        reference = self.float_bundle if bundle != self.float_bundle else None
        found, seconds = self.evaluate(bundle, reference), self.bench(bundle, runs)
        metric = "perplexity" if "perplexity" in found else "accuracy"
        row = Row(self.model.name, bundle.name if reference else "float", metric,
                  found[metric], parameter_bytes=self.parameter_bytes(bundle),
                  seconds=seconds[0])
        if reference:
            row.change, row.sqnr = change(found), found["sqnr_db"]
            row.agreement = found["agreement"]
            row.agreement_interval = tuple(found["agreement_interval"])
            row.divergence = found["kl_divergence"]
            row.divergence_interval = tuple(found["kl_divergence_interval"])
            row.float_seconds = seconds[1]
        return row


def compare(road, recipes, runs=200):
    """Returns the rows of one model: float first, then a row a recipe."""
    road.prepare()
    rows = [road.measure(road.float_bundle, runs)]
    rows += [road.measure(road.quantize(recipe), runs) for recipe in recipes]
    return rows


HEADER = ("model", "recipe", "metric", "value", "change [95 % interval]",
          "agreement", "SQNR", "KL", "parameters", "latency", "speed-up")


def cells(row):
    """The row as people read it."""
    percent = row.metric == "accuracy"
    text = [row.model, row.recipe, row.metric,
            f"{row.value:.2%}" if percent else f"{row.value:.4f}"]
    if row.change is None:
        text += ["", "", "", ""]
    else:
        change, low, high = (f"{100 * value:+.3f}" for value in row.change)
        text += [f"{change} % [{low}, {high}]", f"{row.agreement:.2%}",
                 "exact" if row.sqnr is None else f"{row.sqnr:.1f} dB",
                 f"{row.divergence:.1e}"]
    text += [f"{row.parameter_bytes / 1024:.0f} KiB", f"{row.seconds * 1e6:.0f} us"]
    text.append(f"{row.float_seconds / row.seconds:.2f}x" if row.float_seconds else "")
    return text


def table(rows):
    """All rows as one text table."""
    lines = [HEADER] + [cells(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines)]
    text = []
    for line in lines:
        padded = [cell.ljust(width) if index < 3 else cell.rjust(width)
                  for index, (cell, width) in enumerate(zip(line, widths))]
        text.append("  ".join(padded).rstrip())
    return "\n".join(text)


def recipe_file(text):
    """A recipe on the command line; a wrong path is told before anything runs."""
    if not pathlib.Path(text).is_file():
        raise argparse.ArgumentTypeError(f"expected a recipe file, but got '{text}'")
    return text


def main():
    parser = argparse.ArgumentParser(
        prog="quantc.compare", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", type=pathlib.Path, metavar="model",
                        help="a model's folder")
    parser.add_argument("--recipe", action="append", required=True, dest="recipes",
                        type=recipe_file, metavar="FILE", help="a recipe (repeatable)")
    parser.add_argument("--quantc", default="quantc", help="the compiler to run")
    parser.add_argument("--work", type=pathlib.Path, required=True,
                        help="a folder for what is made on the way")
    parser.add_argument("--runs", type=int, default=200,
                        help="timed runs of each bundle (default 200)")
    arguments = parser.parse_args()
    rows = []
    try:
        for model in arguments.models:
            model = model.resolve()
            road = Road(arguments.quantc, model, arguments.work.resolve() / model.name,
                        lambda line: print(line, flush=True))
            road.check()
            rows += compare(road, arguments.recipes, arguments.runs)
    except (CommandFailed, OSError, ValueError) as error:
        sys.exit(f"compare: error: {error}")
    print()
    print(table(rows))


if __name__ == "__main__":
    main()
