#===- model.py - a BERT encoder for sentences ------------------------------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""all-MiniLM-L6-v2 in JAX: a post-LayerNorm encoder, mean pooling, unit length.

Parameters have the names of the published checkpoint, as a tree; `dense`
weights are [out, in], as there.
"""

import math

import jax
import jax.numpy as jnp
import numpy as np

LAYERS, HEADS, EPSILON = 6, 12, 1e-12


def tree(tensors):
    """The checkpoint's tensors by their dotted names as nested dictionaries."""
    root = {}
    for name, value in tensors.items():
        # The pooler belongs to another task, and positions are 0, 1, 2 ...
        if name.startswith("pooler.") or name.endswith("position_ids"):
            continue
        *path, leaf = name.split(".")
        node = root
        for key in path:
            node = node.setdefault(key, {})
        node[leaf] = np.asarray(value)
    return root


def dense(p, x):
    return x @ p["weight"].T + p["bias"]


def layer_norm(p, x):
    mean = jnp.mean(x, axis=-1, keepdims=True)
    variance = jnp.var(x, axis=-1, keepdims=True)
    return (x - mean) * jax.lax.rsqrt(variance + EPSILON) * p["weight"] + p["bias"]


def attention(p, x, bias):
    """x [B, T, C]; bias [B, 1, 1, T] is added to the scores."""
    batch, length, width = x.shape

    def heads(y):
        return y.reshape(batch, length, HEADS, width // HEADS).transpose(0, 2, 1, 3)

    q, k, v = (heads(dense(p["self"][name], x)) for name in ("query", "key", "value"))
    scores = q @ k.transpose(0, 1, 3, 2) / math.sqrt(width // HEADS) + bias
    mixed = jax.nn.softmax(scores, axis=-1) @ v
    mixed = mixed.transpose(0, 2, 1, 3).reshape(batch, length, width)
    return layer_norm(p["output"]["LayerNorm"], dense(p["output"]["dense"], mixed) + x)


def layer(p, x, bias):
    x = attention(p["attention"], x, bias)
    hidden = jax.nn.gelu(dense(p["intermediate"]["dense"], x), approximate=False)
    return layer_norm(p["output"]["LayerNorm"], dense(p["output"]["dense"], hidden) + x)


def apply(params, tokens, mask):
    """Maps tokens [B, T] and mask [B, T] (1 for a token, 0 for padding), both
    i32, to embeddings [B, 384] of length 1."""
    table = params["embeddings"]
    x = (table["word_embeddings"]["weight"][tokens]
         + table["position_embeddings"]["weight"][:tokens.shape[1]]
         + table["token_type_embeddings"]["weight"][0])
    x = layer_norm(table["LayerNorm"], x)
    weight = mask.astype(jnp.float32)
    bias = ((1 - weight) * -1e9)[:, None, None, :]
    for index in range(LAYERS):
        x = layer(params["encoder"]["layer"][str(index)], x, bias)
    total = jnp.sum(x * weight[:, :, None], axis=1)
    return total * jax.lax.rsqrt(jnp.sum(total * total, axis=-1, keepdims=True))
