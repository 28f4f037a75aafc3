#===- stacked_models.py - layers whose weights are one parameter -----------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""The usual JAX idiom: one parameter of shape [layers, ...] for all layers, which
an unrolled loop slices, or which lax.scan carries through a loop."""

import jax
import jax.numpy as jnp
import numpy as np

LAYERS, WIDTH, HIDDEN, CLASSES, HEADS, TOKENS = 3, 24, 40, 7, 3, 6


def parameters(seed=0):
    random = np.random.default_rng(seed)

    def weight(*shape):
        # Every layer and every channel has a magnitude of its own, so that a scale
        # that belongs to another one shows.
        scale = np.exp(random.normal(size=shape[:1] + (1,) * (len(shape) - 2) + shape[-1:]))
        return (random.normal(size=shape) * scale / shape[-2] ** 0.5).astype(np.float32)

    layers = {name: weight(LAYERS, *shape) for name, shape in {
        "q": (WIDTH, WIDTH), "k": (WIDTH, WIDTH), "v": (WIDTH, WIDTH),
        "o": (WIDTH, WIDTH), "up": (WIDTH, HIDDEN), "down": (HIDDEN, WIDTH)}.items()}
    layers["gamma"] = 1 + 0.1 * random.normal(size=(LAYERS, WIDTH)).astype(np.float32)
    layers["bias"] = 0.1 * random.normal(size=(LAYERS, HIDDEN)).astype(np.float32)
    return {"layers": layers, "head": weight(1, WIDTH, CLASSES)[0]}


def norm(x, gamma):
    return x * jax.lax.rsqrt(jnp.mean(x * x, -1, keepdims=True) + 1e-5) * gamma


def layer(p, x):
    """A pre-norm attention block and a MLP on x [B, T, WIDTH]."""
    y = norm(x, p["gamma"])

    def split(z):
        return z.reshape(*z.shape[:2], HEADS, -1).transpose(0, 2, 1, 3)

    q, k, v = (split(y @ p[name]) for name in "qkv")
    weights = jax.nn.softmax(q @ k.swapaxes(-1, -2) * HEADS ** 0.5 / WIDTH ** 0.5)
    x = x + (weights @ v).transpose(0, 2, 1, 3).reshape(x.shape) @ p["o"]
    return x + jax.nn.relu(norm(x, 1.0) @ p["up"] + p["bias"]) @ p["down"]


def unrolled(params, x):
    for index in range(LAYERS):
        x = layer(jax.tree.map(lambda leaf: leaf[index], params["layers"]), x)
    return x @ params["head"]


def scanned(params, x):
    x, _ = jax.lax.scan(lambda x, p: (layer(p, x), None), x, params["layers"])
    return x @ params["head"]


def inputs(samples, seed=1):
    shape = (samples, TOKENS, WIDTH)
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)
