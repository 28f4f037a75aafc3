#!/usr/bin/env python3
#===- export.py - write the character transformer's committed files --------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""Writes model.mlir, model.safetensors and the data files beside this script.

`--outliers` writes a variant whose float function is the same, but which is
hard to quantize: in every LayerNorm of the blocks two channels of gamma and
beta are multiplied by 100, and the rows of the weights that read them divided.

`--decode` writes the decode step instead, with its key-value cache, and the
committed data as steps: the tokens of all windows one after the other.
"""

import argparse
import copy
import pathlib
import sys

import jax
import numpy as np

import model
import text

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "python"))
import quantc  # noqa: E402

CONFIG = model.Config()
CALIBRATION_WINDOWS = 128
REFERENCE_WINDOWS = 4
OUTLIER_CHANNELS = [23, 87]


def read_parameters(archive):
    """The parameter tree from the dotted names that train.py wrote."""
    tree = model.initialize(CONFIG, seed=0)
    leaves, structure = jax.tree_util.tree_flatten_with_path(tree)
    names = [jax.tree_util.keystr(path, simple=True, separator=".")
             for path, _ in leaves]
    return jax.tree.unflatten(structure, [archive[name] for name in names])


def with_outliers(params, factor=100):
    """The same function in float, with two large channels in every norm."""
    params = copy.deepcopy(params)
    for block in params["blocks"]:
        for norm, consumers in ((block["norm1"], [block["attn"][n] for n in "qkv"]),
                                (block["norm2"], [block["mlp"]["up"]])):
            for leaf in norm.values():
                leaf[OUTLIER_CHANNELS] *= factor
            for consumer in consumers:
                consumer["w"][OUTLIER_CHANNELS] /= factor
    return params


def windows(tokens, count):
    """`count` contiguous windows, and for each position the token after it."""
    size = count * CONFIG.context
    shape = (count, CONFIG.context)
    return tokens[:size].reshape(shape), tokens[1:size + 1].reshape(shape)


def export(params, folder):
    example = np.zeros((1, CONFIG.context), np.int32)
    quantc.export(model.apply, params, (example,), folder / "model.mlir",
                  output_names=["logits"])


def export_decode(params, folder):
    """The decode step and its data; the cache is a state, carried by quantc."""
    example = (np.zeros((1, 1), np.int32), np.zeros(1, np.int32),
               model.empty_cache(CONFIG))
    quantc.export(model.decode, params, example, folder / "model.mlir")
    for name in ("calibration", "evaluation"):
        data = quantc.load_safetensors(HERE / f"{name}.safetensors")
        steps = as_steps(data["tokens"])
        if "labels" in data:
            steps["labels"] = data["labels"].reshape(-1, 1)
        quantc.save_safetensors(steps, folder / f"{name}.safetensors")


def as_steps(tokens):
    """Inputs of `decode` for windows of tokens, one after the other."""
    count, context = tokens.shape
    return {"token": tokens.reshape(-1, 1),
            "position": np.tile(np.arange(context, dtype=np.int32), count)}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parameters", type=pathlib.Path,
                        help="what train.py wrote, or model.safetensors")
    parser.add_argument("--output", type=pathlib.Path, default=HERE,
                        help="the folder to write to")
    parser.add_argument("--outliers", action="store_true",
                        help="write only the model, with outlier channels")
    parser.add_argument("--decode", action="store_true",
                        help="write the decode step and its data")
    arguments = parser.parse_args()

    read = np.load if arguments.parameters.suffix == ".npz" else quantc.load_safetensors
    params = read_parameters(read(arguments.parameters))
    if arguments.outliers:
        params = with_outliers(params)
    if arguments.decode:
        return export_decode(params, arguments.output)
    if arguments.outliers:
        return export(params, arguments.output)

    training, evaluation = text.load()
    export(params, arguments.output)
    tokens, labels = windows(evaluation, len(evaluation) // CONFIG.context)
    quantc.save_safetensors({"tokens": tokens, "labels": labels},
                            arguments.output / "evaluation.safetensors")
    # Windows of the training text, spread evenly over it.
    spread, _ = windows(training, len(training) // CONFIG.context - 1)
    calibration = spread[::len(spread) // CALIBRATION_WINDOWS][:CALIBRATION_WINDOWS]
    quantc.save_safetensors({"tokens": calibration},
                            arguments.output / "calibration.safetensors")
    apply = jax.jit(model.apply)
    logits = np.concatenate([apply(params, tokens[i:i + 1])
                             for i in range(REFERENCE_WINDOWS)])
    quantc.save_safetensors({"tokens": tokens[:REFERENCE_WINDOWS], "logits": logits},
                            arguments.output / "reference.safetensors")


if __name__ == "__main__":
    main()
