#===- scanned_decode.py - a decode step whose layers are one loop -----------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""A decoder as JAX users write large ones: the weights of all layers are one parameter of
shape [layers, ...], and so are the keys and the values so far; lax.scan goes over both."""

import jax
import jax.numpy as jnp
import numpy as np

LAYERS, WIDTH, HIDDEN, CLASSES, HEADS, TOKENS = 3, 24, 40, 7, 3, 8
HEAD = WIDTH // HEADS


def parameters(seed=0):
    random = np.random.default_rng(seed)

    def weight(*shape):
        return (random.normal(size=shape) / shape[-2] ** 0.5).astype(np.float32)

    layers = {name: weight(LAYERS, *shape) for name, shape in {
        "q": (WIDTH, WIDTH), "k": (WIDTH, WIDTH), "v": (WIDTH, WIDTH),
        "o": (WIDTH, WIDTH), "up": (WIDTH, HIDDEN), "down": (HIDDEN, WIDTH)}.items()}
    # A scale that belongs to another layer or head shows.
    for name, largest in (("k", 2), ("v", 4)):
        layers[name] *= np.linspace(1, largest, LAYERS * WIDTH, dtype=np.float32).reshape(
            LAYERS, 1, WIDTH)
    return {"layers": layers, "head": weight(1, WIDTH, CLASSES)[0]}


def empty_cache():
    shape = (LAYERS, 1, HEADS, TOKENS, HEAD)
    return {"k": np.zeros(shape, np.float32), "v": np.zeros(shape, np.float32)}


def norm(x):
    return x * jax.lax.rsqrt(jnp.mean(x * x, -1, keepdims=True) + 1e-5)


def split(x):
    return x.reshape(1, -1, HEADS, HEAD).transpose(0, 2, 1, 3)


def layer(p, x, mask, hold):
    """A pre-norm block on x [1, T, WIDTH]; `hold` makes of the new keys and values all
    that there are."""
    y = norm(x)
    q, k, v = (split(y @ p[name]) for name in "qkv")
    k, v = hold("k", k), hold("v", v)
    scores = jnp.where(mask, q @ k.swapaxes(-1, -2) * HEAD ** -0.5, -1e9)
    mixed = jax.nn.softmax(scores) @ v
    x = x + mixed.transpose(0, 2, 1, 3).reshape(x.shape) @ p["o"]
    return x + jax.nn.relu(norm(x) @ p["up"]) @ p["down"]


def decode(params, x, position, cache):
    """One token x [1, WIDTH] at position [1]: its logits and the cache with it."""
    index = position[0]
    mask = jnp.arange(TOKENS) <= index

    def step(x, slices):
        p, held = slices
        updated = {}

        def hold(name, value):
            updated[name] = jax.lax.dynamic_update_slice(
                held[name], value, (0, 0, index, 0))
            return updated[name]

        return layer(p, x, mask, hold), updated

    x, cache = jax.lax.scan(step, x[:, None], (params["layers"], cache))
    return {"logits": x[:, 0] @ params["head"], "cache": cache}


def prefill(params, x, hold=lambda layer, name, value: value):
    """All tokens x [T, WIDTH] at once; `hold` may quantize what the cache would hold."""
    mask = np.tril(np.ones((len(x), len(x)), bool))
    x = x[None]
    for index in range(LAYERS):
        p = {name: value[index] for name, value in params["layers"].items()}
        x = layer(p, x, mask, lambda name, value, index=index: hold(index, name, value))
    return x[0] @ params["head"]


def inputs(windows, seed=1):
    shape = (windows, TOKENS, WIDTH)
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def as_steps(windows):
    """Inputs of `decode` for windows of tokens, one after the other."""
    count = len(windows)
    return {"x": windows.reshape(-1, WIDTH),
            "position": np.tile(np.arange(TOKENS, dtype=np.int32), count)}
