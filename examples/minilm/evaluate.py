#!/usr/bin/env python3
#===- evaluate.py - sentence embeddings, float against quantized -----------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""Takes the encoder from StableHLO to bundles and compares the embeddings.

Rows 2i and 2i + 1 of the evaluation data are the short and the long description
of one package. Retrieval looks, for each short description, for the long one
with the largest cosine.
"""

import argparse
import dataclasses
import pathlib
import sys

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "python"))
import quantc  # noqa: E402
from quantc import compare  # noqa: E402
from quantc.pareto import with_interval  # noqa: E402

HEADER = ("recipe", "cosine [95 % interval]", "worst 1 %",
          "same neighbour [95 % interval]", "right neighbour", "parameters", "latency",
          "speed-up")


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def embeddings(road, bundle):
    output = road.work / "embeddings.safetensors"
    road.run("run", bundle, "--input", road.evaluation, "--output", output)
    return unit(np.array(quantc.load_safetensors(output)["embedding"], np.float64))


def neighbours(rows):
    """For each short description the index of the nearest long one."""
    return np.argmax(rows[0::2] @ rows[1::2].T, axis=1)


@dataclasses.dataclass
class Found:
    """What was measured of one bundle; of means, with the limits of an interval."""
    cosine: tuple
    worst: float  # the first percentile of cosines
    same: tuple  # the share of descriptions with the neighbour that float finds
    right: float  # and with that of the same package
    parameter_bytes: int
    seconds: list  # of a batch: this bundle's, and next to it the float bundle's

    def values(self):
        return {"cosine": self.cosine, "neighbour": self.same}

    def cells(self, name):
        ours = [f"{self.seconds[0] * 1e3:.1f} ms"]
        if len(self.seconds) == 1:
            compared = ("", "", "", f"{self.right:.2%}")
        else:
            cosine, same = self.cosine, [100 * share for share in self.same]
            compared = ("{:.4f} [{:.4f}, {:.4f}]".format(*cosine), f"{self.worst:.4f}",
                        "{:.1f} % [{:.1f}, {:.1f}]".format(*same), f"{self.right:.2%}")
            ours.append(f"{self.seconds[1] / self.seconds[0]:.2f}x")
        return (name, *compared, f"{self.parameter_bytes / 2**20:.1f} MiB", *ours,
                *[""] * (2 - len(ours)))


def measure(road, bundle, expected, runs):
    """Compares a bundle's embeddings with the float model's, `expected`."""
    rows = embeddings(road, bundle)
    cosine = np.sum(rows * expected, axis=1)
    found = neighbours(rows)
    return Found(with_interval(cosine.reshape(-1, 2).mean(axis=1)),
                 np.quantile(cosine, 0.01),
                 with_interval(found == neighbours(expected)),
                 np.mean(found == np.arange(len(found))),
                 road.parameter_bytes(bundle), road.bench(bundle, runs))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipe", action="append", required=True, dest="recipes",
                        type=compare.recipe_file, metavar="FILE",
                        help="a recipe (repeatable)")
    parser.add_argument("--quantc", default="quantc", help="the compiler to run")
    parser.add_argument("--work", type=pathlib.Path, required=True,
                        help="the folder that prepare.py wrote")
    parser.add_argument("--runs", type=int, default=50,
                        help="timed runs of each bundle (default 50)")
    arguments = parser.parse_args()
    try:
        road = compare.Road(arguments.quantc, arguments.work, arguments.work / "road",
                            lambda line: print(line, flush=True), mask="mask")
        road.prepare()
        expected = embeddings(road, road.float_bundle)
        bundles = {"float": road.float_bundle}
        bundles |= {pathlib.Path(recipe).stem: road.quantize(recipe)
                    for recipe in arguments.recipes}
        rows = [HEADER] + [
            measure(road, bundle, expected, arguments.runs).cells(name)
            for name, bundle in bundles.items()]
    except (compare.CommandFailed, OSError) as error:
        sys.exit(f"evaluate: error: {error}")
    widths = [max(map(len, column)) for column in zip(*rows)]
    print()
    for row in rows:
        print("  ".join(cell.ljust(width) if index == 0 else cell.rjust(width)
                        for index, (cell, width) in enumerate(zip(row, widths))))


if __name__ == "__main__":
    main()
