#!/usr/bin/env python3
#===- train.py - train the digits classifier -------------------------------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""Trains the digits classifier and writes the example's committed files.

About one minute on one core.
"""

import argparse
import pathlib
import sys

import jax
import jax.numpy as jnp
import numpy as np
import sklearn.datasets

import model

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "python"))
import quantc  # noqa: E402

TRAINING_IMAGES = 697
CALIBRATION_IMAGES = 256
REFERENCE_IMAGES = 16


def load():
    """Returns (training images, labels), (held-out images, labels)."""
    digits = sklearn.datasets.load_digits()
    images = (digits.images[..., None] / 16).astype(np.float32)
    labels = digits.target.astype(np.int32)
    order = np.random.default_rng(0).permutation(len(images))
    first, rest = order[:TRAINING_IMAGES], order[TRAINING_IMAGES:]
    return (images[first], labels[first]), (images[rest], labels[rest])


def augment(images, random):
    """Turns, scales, shears and shifts every image a little (bilinear)."""
    count = len(images)
    angle = random.normal(0, 0.15, count)
    matrix = np.stack([np.cos(angle), -np.sin(angle), np.sin(angle), np.cos(angle)],
                      -1).reshape(count, 2, 2)
    matrix *= random.normal(1, 0.07, (count, 2, 1))
    matrix[:, 1, 0] += random.normal(0, 0.15, count)
    shift = random.normal(0, 0.4, (count, 2))
    grid = np.stack(np.meshgrid(np.arange(8), np.arange(8), indexing="ij"), -1) - 3.5
    # The image is surrounded by two empty pixels; further away is empty too.
    at = np.einsum("nij,yxj->nyxi", matrix, grid) + shift[:, None, None] + 5.5
    at = np.clip(at, 0, 10.999)
    padded = np.pad(images[..., 0], ((0, 0), (2, 2), (2, 2)))
    low = at.astype(int)
    y, x = np.moveaxis(at - low, -1, 0)
    image = np.arange(count)[:, None, None]

    def pixel(dy, dx):
        return padded[image, low[..., 0] + dy, low[..., 1] + dx]

    mixed = ((1 - y) * ((1 - x) * pixel(0, 0) + x * pixel(0, 1)) +
             y * ((1 - x) * pixel(1, 0) + x * pixel(1, 1)))
    return mixed[..., None].astype(np.float32)


def loss(params, images, labels):
    logits = model.apply(params, images)
    picked = jnp.take_along_axis(logits, labels[:, None], -1)[:, 0]
    return jnp.mean(jax.nn.logsumexp(logits, axis=-1) - picked)


@jax.jit
def update(params, first, second, images, labels, step, rate):
    """One step of AdamW."""
    gradient = jax.grad(loss)(params, images, labels)
    first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, gradient)
    second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, gradient)

    def move(p, m, v):
        direction = m / (1 - 0.9 ** step) / (jnp.sqrt(v / (1 - 0.999 ** step)) + 1e-8)
        return p - rate * (direction + 0.1 * p)

    return jax.tree.map(move, params, first, second), first, second


def train(images, labels, steps, seed, batch=64, peak=2e-3):
    random = np.random.default_rng([seed, 1])
    params = jax.tree.map(jnp.asarray, model.initialize(seed=seed))
    first = second = jax.tree.map(jnp.zeros_like, params)
    for step in range(steps):
        rate = peak * 0.5 * (1 + np.cos(np.pi * step / steps))
        picked = random.integers(0, len(images), batch)
        params, first, second = update(
            params, first, second, augment(images[picked], random), labels[picked],
            step + 1.0, rate)
    return jax.tree.map(np.asarray, params)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--output", type=pathlib.Path, default=HERE,
                        help="the folder to write to")
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()

    (images, labels), (held_out, held_out_labels) = load()
    params = train(images, labels, arguments.steps, arguments.seed)
    apply = jax.jit(model.apply)
    accuracy = np.mean(np.argmax(apply(params, held_out), -1) == held_out_labels)
    print(f"accuracy on {len(held_out)} held-out images: {accuracy:.4%}")

    folder = arguments.output
    quantc.export(model.apply, params, (held_out[:1],), folder / "model.mlir",
                  output_names=["logits"])
    quantc.save_safetensors({"image": images[:CALIBRATION_IMAGES]},
                            folder / "calibration.safetensors")
    quantc.save_safetensors({"image": held_out, "labels": held_out_labels},
                            folder / "evaluation.safetensors")
    reference = held_out[:REFERENCE_IMAGES]
    logits = np.concatenate([apply(params, image[None]) for image in reference])
    quantc.save_safetensors({"image": reference, "logits": logits},
                            folder / "reference.safetensors")


if __name__ == "__main__":
    main()
