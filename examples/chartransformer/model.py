#===- model.py - decoder-only character transformer ------------------------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""A decoder-only character transformer in plain JAX.

Pre-norm blocks, learned positions, exact GELU. Layers are unrolled, so that
every matrix multiplication is one operation with its own name in the printed
module.
"""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np


@dataclasses.dataclass(frozen=True)
class Config:
    vocabulary: int = 96
    context: int = 128
    width: int = 128
    heads: int = 4
    layers: int = 4
    hidden: int = 512


def initialize(config, seed):
    """Returns the parameter tree; every leaf is float32."""
    random = np.random.default_rng(seed)
    width, hidden = config.width, config.hidden

    def normal(*shape, scale=0.02):
        return (scale * random.standard_normal(shape)).astype(np.float32)

    def linear(inputs, outputs, scale=0.02):
        return {"w": normal(inputs, outputs, scale=scale),
                "b": np.zeros(outputs, np.float32)}

    def norm():
        return {"gamma": np.ones(width, np.float32),
                "beta": np.zeros(width, np.float32)}

    # The last linear layer of each residual branch starts smaller, so that the
    # variance of the residual stream does not grow with depth.
    residual = 0.02 / (2 * config.layers) ** 0.5

    def block():
        return {
            "norm1": norm(),
            "attn": {"q": linear(width, width), "k": linear(width, width),
                     "v": linear(width, width),
                     "o": linear(width, width, residual)},
            "norm2": norm(),
            "mlp": {"up": linear(width, hidden),
                    "down": linear(hidden, width, residual)},
        }

    return {
        "embedding": {"token": normal(config.vocabulary, width),
                      "position": normal(config.context, width)},
        "blocks": [block() for _ in range(config.layers)],
        "norm": norm(),
        "head": linear(width, config.vocabulary),
    }


def layer_norm(p, x):
    mean = jnp.mean(x, axis=-1, keepdims=True)
    variance = jnp.var(x, axis=-1, keepdims=True)
    return (x - mean) * jax.lax.rsqrt(variance + 1e-5) * p["gamma"] + p["beta"]


def attention(p, x, heads, linear):
    batch, context, width = x.shape

    def split(y):
        y = y.reshape(batch, context, heads, width // heads)
        return y.transpose(0, 2, 1, 3)

    q, k, v = (split(linear(p[name], x)) for name in ("q", "k", "v"))
    scores = q @ k.swapaxes(-1, -2) * (width // heads) ** -0.5
    causal = jnp.tril(jnp.ones((context, context), bool))
    weights = jax.nn.softmax(jnp.where(causal, scores, -1e9), axis=-1)
    mixed = (weights @ v).transpose(0, 2, 1, 3).reshape(batch, context, width)
    return linear(p["o"], mixed)


def apply(params, tokens, *, config=Config(), matmul=jnp.matmul):
    """Maps tokens [B, T] (int32) to the logits of the next token [B, T, V]."""

    def linear(p, x):
        return matmul(x, p["w"]) + p["b"]

    embedding = params["embedding"]
    x = embedding["token"][tokens] + embedding["position"]
    for index, p in enumerate(params["blocks"]):
        with jax.named_scope(f"blocks.{index}"):
            with jax.named_scope("attn"):
                x = x + attention(p["attn"], layer_norm(p["norm1"], x),
                                  config.heads, linear)
            with jax.named_scope("mlp"):
                y = linear(p["mlp"]["up"], layer_norm(p["norm2"], x))
                y = jax.nn.gelu(y, approximate=False)
                x = x + linear(p["mlp"]["down"], y)
    with jax.named_scope("head"):
        return linear(params["head"], layer_norm(params["norm"], x))


def empty_cache(config=Config()):
    """The keys and values of no token, for `decode`; one of each a layer."""
    shape = (1, config.heads, config.context, config.width // config.heads)
    return [{"k": np.zeros(shape, np.float32), "v": np.zeros(shape, np.float32)}
            for _ in range(config.layers)]


def decode(params, token, position, cache, *, config=Config()):
    """One step of `apply`: the token [1, 1] at `position` [1] of the text.

    Keys and values of the tokens before are in the cache, where those of this
    one are added. Returns the logits [1, 1, V] and the cache, whose positions
    behind this one do not count.
    """
    split = (1, 1, config.heads, config.width // config.heads)
    position = position[0]

    def linear(p, x):
        return x @ p["w"] + p["b"]

    def attention(p, x, layer):
        q, k, v = (linear(p[name], x).reshape(split).transpose(0, 2, 1, 3)
                   for name in ("q", "k", "v"))
        start = (0, 0, position, 0)
        layer = {"k": jax.lax.dynamic_update_slice(layer["k"], k, start),
                 "v": jax.lax.dynamic_update_slice(layer["v"], v, start)}
        scores = q @ layer["k"].swapaxes(-1, -2) * split[-1] ** -0.5
        seen = jnp.arange(config.context) <= position
        weights = jax.nn.softmax(jnp.where(seen, scores, -1e9), axis=-1)
        mixed = (weights @ layer["v"]).transpose(0, 2, 1, 3)
        return linear(p["o"], mixed.reshape(1, 1, config.width)), layer

    embedding = params["embedding"]
    x = embedding["token"][token] + embedding["position"][position]
    layers = []
    for index, (p, layer) in enumerate(zip(params["blocks"], cache)):
        with jax.named_scope(f"blocks.{index}"):
            with jax.named_scope("attn"):
                y, layer = attention(p["attn"], layer_norm(p["norm1"], x), layer)
                x = x + y
                layers.append(layer)
            with jax.named_scope("mlp"):
                y = linear(p["mlp"]["up"], layer_norm(p["norm2"], x))
                y = jax.nn.gelu(y, approximate=False)
                x = x + linear(p["mlp"]["down"], y)
    with jax.named_scope("head"):
        logits = linear(params["head"], layer_norm(params["norm"], x))
    return {"logits": logits, "cache": layers}
