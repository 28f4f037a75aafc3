#===- fold_sensitivity.py - folds by hand ---------------------------------===#
#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""Data files for each fold, and their sensitivities against `--folds`.

fold_sensitivity.py split DATA N PREFIX
    writes fold i of the batches of the model of make_model.py, which have two
    samples each, as PREFIXi.safetensors, and the others as PREFIXi.others.
fold_sensitivity.py shards DATA FOLDER
    writes the batches as files of one, two, .. batches.
fold_sensitivity.py compare FOLDS FILE...
    expects the sensitivities in FOLDS to be the means of those in the others.
"""

import json
import math
import pathlib
import sys

import numpy
from safetensors.numpy import load_file, save_file

BATCH = 2


def read_batches(path):
    x = load_file(path)["x"]
    return x.reshape(-1, BATCH, *x.shape[1:])


def write(batches, path):
    x = numpy.ascontiguousarray(batches.reshape(-1, *batches.shape[2:]))
    save_file({"x": x}, path)


def split(data, count, prefix):
    batches, count = read_batches(data), int(count)
    numbers = numpy.array([(i % count + (i // count * 0x9E3779B97F4A7C15 % 2**64 >> 32))
                           % count for i in range(len(batches))])
    for fold in range(count):
        write(batches[numbers == fold], f"{prefix}{fold}.safetensors")
        write(batches[numbers != fold], f"{prefix}{fold}.others")


def shards(data, folder):
    batches, size = read_batches(data), 1
    while len(batches) > 0:
        write(batches[:size], f"{folder}/{size}.safetensors")
        batches, size = batches[size:], size + 1


def read_errors(path):
    """By site and candidate, and of each candidate everywhere."""
    document = json.loads(pathlib.Path(path).read_text())
    errors = {(site["site"], site["candidate"]): site for site in document["sites"]}
    for choice in document["choices"]:
        candidates = set(choice["sites"].values())
        if len(candidates) == 1:
            errors["all", *candidates] = choice
    return errors, document["samples"]


def compare(whole, *parts):
    errors, samples = read_errors(whole)
    others = [read_errors(part) for part in parts]
    assert samples == sum(count for _, count in others), samples
    assert len(errors) >= 10 and ("all", "static") in errors, errors
    for key, error in errors.items():
        mean = sum(count * part[key]["kl_divergence"] for part, count in others) / samples
        assert math.isclose(error["kl_divergence"], mean, rel_tol=1e-9), (key, error, mean)
        # A ratio of sums over all samples, between those of the parts.
        ratios = [part[key]["noise_to_signal"] for part, _ in others]
        assert min(ratios) <= error["noise_to_signal"] <= max(ratios), (key, error, ratios)


if __name__ == "__main__":
    {"split": split, "shards": shards, "compare": compare}[sys.argv[1]](*sys.argv[2:])
