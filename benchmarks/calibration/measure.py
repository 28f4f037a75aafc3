#!/usr/bin/env python3
#===- measure.py - what observers cost -------------------------------------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""Runs `quantc calibrate` and the same model without observers over the sentences of
examples/minilm, in turn, each over a few and over many samples: the difference of
processor times is that of the samples alone, without import and compilation. Writes
NAME.json and NAME.md; fails where memory grows with the data or observers cost more
than they may."""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "python"))
import quantc  # noqa: E402

GROWTH, COST = 1.05, 1.15
# What a user may add to the default.
VARIANTS = {"calibrate": [], "calibrate --mask": ["--mask", "mask"]}


def run(command):
    """Processor seconds and the largest resident set, in MiB."""
    process = subprocess.Popen([str(part) for part in command],
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"measure: error: {command[1]}: {errors.decode()}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return "unknown"


def spread(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def measure(arguments):
    work, few, many = arguments.work, arguments.few, arguments.many
    data = quantc.load_safetensors(work / "evaluation.safetensors")
    files = {}
    for count in (few, many):
        files[count] = work / f"samples-{count}.safetensors"
        quantc.save_safetensors({key: value[:count] for key, value in data.items()},
                                files[count])
    model, bundle = work / "model.mlir", work / "float.bundle"
    if not bundle.exists():
        run([arguments.quantc, "compile", model, "-o", bundle])

    def command(variant, count):
        if variant == "inference":
            return [arguments.quantc, "run", bundle, "--input", files[count],
                    "--output", work / "outputs.safetensors"]
        return [arguments.quantc, "calibrate", model, "--data", files[count], "-o",
                work / "measured.json", *VARIANTS[variant]]

    seconds = {name: [] for name in ("inference", *VARIANTS)}
    memory = {name: {few: [], many: []} for name in VARIANTS}
    for pair in range(arguments.pairs):
        for name in seconds:
            taken = {}
            for count in (few, many):
                taken[count], resident = run(command(name, count))
                if name in memory:
                    memory[name][count].append(resident)
            seconds[name].append((taken[many] - taken[few]) / (many - few))
            print(f"measure: pair {pair + 1}: {name}: {seconds[name][-1] * 1e3:.2f} ms "
                  "a sample", flush=True)
    return {
        "processor": processor(), "model": "all-MiniLM-L6-v2, 64 tokens a sample",
        "samples": [few, many], "pairs": arguments.pairs,
        "inference_seconds": spread(seconds["inference"]),
        "variants": {name: {
            "seconds": spread(seconds[name]),
            "ratio": spread([a / b for a, b in zip(seconds[name], seconds["inference"])]),
            "resident_mib": {str(count): spread(memory[name][count])
                             for count in (few, many)},
            "growth": statistics.median(memory[name][many])
            / statistics.median(memory[name][few]),
        } for name in VARIANTS}}


def table(result):
    few, many = result["samples"]
    base = result["inference_seconds"]
    lines = [
        f"One thread of {result['processor']}; {result['model']}; medians of "
        f"{result['pairs']} pairs, smallest and largest in brackets. Times are those of "
        "the processor for each sample, without import and compilation.", "",
        f"| | ms a sample | of inference | MiB at {few} samples | MiB at {many} | growth |",
        "|---|---|---|---|---|---|",
        f"| inference | {base['median'] * 1e3:.2f} | | | | |"]
    for name, row in result["variants"].items():
        ratio, memory = row["ratio"], row["resident_mib"]
        lines.append(
            f"| {name} | {row['seconds']['median'] * 1e3:.2f} | {ratio['median']:.3f} "
            f"({ratio['min']:.3f}..{ratio['max']:.3f}) | "
            f"{memory[str(few)]['median']:.0f} | {memory[str(many)]['median']:.0f} | "
            f"{row['growth']:.3f} |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / "build/minilm",
                        help="what examples/minilm/prepare.py --work has written")
    parser.add_argument("--quantc", type=pathlib.Path, default=ROOT / "build/bin/quantc")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--few", type=int, default=64)
    parser.add_argument("--many", type=int, default=1024)
    parser.add_argument("-o", dest="output", type=pathlib.Path, required=True,
                        help="NAME of NAME.json and NAME.md")
    arguments = parser.parse_args()
    if not (arguments.work / "model.mlir").exists():
        sys.exit("measure: error: expected a prepared model in "
                 f"{arguments.work}; run examples/minilm/prepare.py --work "
                 f"{arguments.work}")
    result = measure(arguments)
    pathlib.Path(f"{arguments.output}.json").write_text(json.dumps(result, indent=1) + "\n")
    pathlib.Path(f"{arguments.output}.md").write_text(table(result))
    print(table(result), end="")
    for name, row in result["variants"].items():
        if row["growth"] > GROWTH:
            sys.exit(f"measure: error: {name}: expected memory within {GROWTH} of itself, "
                     f"but it grows by {row['growth']:.3f}")
        if row["ratio"]["median"] > COST:
            sys.exit(f"measure: error: {name}: expected at most {COST} of the inference, "
                     f"but it takes {row['ratio']['median']:.3f}")


if __name__ == "__main__":
    main()
