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
import json
import pathlib
import sys

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "python"))
import quantc  # noqa: E402
from quantc import compare  # noqa: E402

HEADER = ("recipe", "cosine", "worst 1 %", "same neighbour", "right neighbour",
          "parameters", "latency", "speed-up")


def embeddings(road, bundle):
    output = road.work / "embeddings.safetensors"
    road.run("run", bundle, "--input", road.evaluation, "--output", output)
    return np.array(quantc.load_safetensors(output)["embedding"], np.float64)


def neighbours(rows):
    """For each short description the index of the nearest long one."""
    return np.argmax(rows[0::2] @ rows[1::2].T, axis=1)


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def cells(name, road, bundle, expected, runs):
    rows = unit(embeddings(road, bundle))
    cosine = np.sum(rows * expected, axis=1)
    found = neighbours(rows)
    times = json.loads(road.run(
        "bench", bundle, "--against", road.float_bundle, "--data", road.evaluation,
        "--runs", runs, "--json"))["bundles"]
    size = json.loads((bundle / "manifest.json").read_text())["parameter_file_bytes"]
    seconds = [time["median_seconds"] for time in times]
    return (name, f"{cosine.mean():.4f}", f"{np.quantile(cosine, 0.01):.4f}",
            f"{np.mean(found == neighbours(expected)):.2%}",
            f"{np.mean(found == np.arange(len(found))):.2%}",
            f"{size / 2**20:.1f} MiB", f"{seconds[0] * 1e3:.1f} ms",
            f"{seconds[1] / seconds[0]:.2f}x")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipe", action="append", required=True, dest="recipes",
                        type=pathlib.Path, metavar="FILE", help="a recipe (repeatable)")
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
        expected = unit(embeddings(road, road.float_bundle))
        rows = [HEADER, cells("float", road, road.float_bundle, expected, arguments.runs)]
        rows += [cells(recipe.stem, road, road.quantize(recipe), expected, arguments.runs)
                 for recipe in arguments.recipes]
    except (compare.CommandFailed, OSError) as error:
        sys.exit(f"evaluate: error: {error}")
    widths = [max(map(len, column)) for column in zip(*rows)]
    print()
    for row in rows:
        print("  ".join(cell.ljust(width) if index == 0 else cell.rjust(width)
                        for index, (cell, width) in enumerate(zip(row, widths))))


if __name__ == "__main__":
    main()
