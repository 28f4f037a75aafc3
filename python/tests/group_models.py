#===- group_models.py - one model for each form of groups -------------------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""Small JAX models in which sites and values belong together in different ways.
`write(name, folder)` exports one with random parameters and data."""

import pathlib
import sys

import jax
import jax.numpy as jnp
import numpy as np

BATCH, TOKENS, WIDTH, HEADS, HIDDEN = 2, 5, 16, 4, 24
HEAD = WIDTH // HEADS


def layer_norm(p, x):
    mean = jnp.mean(x, axis=-1, keepdims=True)
    variance = jnp.var(x, axis=-1, keepdims=True)
    return (x - mean) * jax.lax.rsqrt(variance + 1e-5) * p["gamma"] + p["beta"]


def rms_norm(gamma, x):
    return x * jax.lax.rsqrt(jnp.mean(x * x, axis=-1, keepdims=True) + 1e-5) * gamma


def split(x, heads=HEADS):
    return x.reshape(BATCH, TOKENS, heads, HEAD).transpose(0, 2, 1, 3)


def merge(x):
    return x.transpose(0, 2, 1, 3).reshape(BATCH, TOKENS, -1)


def attend(q, k, v):
    scores = q @ k.swapaxes(-1, -2) * HEAD ** -0.5
    return jax.nn.softmax(scores) @ v


def separate(p, x):
    """Q, K and V as three products, with biases, after a LayerNorm."""
    y = layer_norm(p["norm"], x)
    q, k, v = (split(y @ p[name] + p["b" + name]) for name in "qkv")
    return x + merge(attend(q, k, v)) @ p["o"]


def fused(p, x):
    """Q, K and V as one product, of which slices are taken."""
    y = layer_norm(p["norm"], x)
    q, k, v = jnp.split(y @ p["qkv"], 3, axis=-1)
    return x + merge(attend(split(q), split(k), split(v))) @ p["o"]


def rotary(p, x):
    """Queries and keys are rotated; the norm is an RMSNorm with 1 + gamma."""
    y = rms_norm(1 + p["norm"]["gamma"], x)
    angle = jnp.arange(TOKENS)[:, None] * 0.1 ** jnp.arange(HEAD // 2)

    def rotate(z):
        a, b = z[..., :HEAD // 2], z[..., HEAD // 2:]
        cos, sin = jnp.cos(angle), jnp.sin(angle)
        return jnp.concatenate([a * cos - b * sin, a * sin + b * cos], axis=-1)

    q, k, v = (split(y @ p[name]) for name in "qkv")
    return x + merge(attend(rotate(q), rotate(k), v)) @ p["o"]


def flattened(p, x):
    """Each product on a reshape of its own."""
    y = layer_norm(p["norm"], x)
    q, k, v = (split((y.reshape(BATCH * TOKENS, WIDTH) @ p[name])
                     .reshape(BATCH, TOKENS, WIDTH)) for name in "qkv")
    return x + merge(attend(q, k, v)) @ p["o"]


def grouped_query(p, x):
    """Two query heads share a head of keys and values."""
    y = rms_norm(p["norm"]["gamma"], x)
    q = split(y @ p["q"]).reshape(BATCH, HEADS // 2, 2, TOKENS, HEAD)
    k, v = (split(y @ p[name][:, :WIDTH // 2], HEADS // 2) for name in "kv")
    scores = jnp.einsum("bkgtd,bksd->bkgts", q, k) * HEAD ** -0.5
    mixed = jnp.einsum("bkgts,bksd->bkgtd", jax.nn.softmax(scores), v)
    return x + merge(mixed.reshape(BATCH, HEADS, TOKENS, HEAD)) @ p["o"]


def repeated(p, x):
    """The same with heads of keys and values that are repeated for each query head."""
    y = rms_norm(p["norm"]["gamma"], x)
    k, v = (split(y @ p[name] + p["b" + name], HEADS // 2) for name in ["k2", "v2"])
    k, v = (jnp.repeat(heads, 2, axis=1) for heads in (k, v))
    return x + merge(attend(split(y @ p["q"]), k, v)) @ p["o"]


def tiled(p, x):
    """Query heads 0 and 2, and 1 and 3, share a head of values."""
    y = rms_norm(p["norm"]["gamma"], x)
    k, v = (split(y @ p[name], HEADS // 2) for name in ["k2", "v2"])
    k, v = (jnp.tile(heads, (1, 2, 1, 1)) for heads in (k, v))
    return x + merge(attend(split(y @ p["q"]), k, v)) @ p["o"]


def multi_query(p, x):
    """All query heads share the one head of keys and values."""
    y = rms_norm(p["norm"]["gamma"], x)
    q = split(y @ p["q"])
    k, v = (y @ p[name] for name in ["k1", "v1"])
    scores = jnp.einsum("bhtd,bsd->bhts", q, k) * HEAD ** -0.5
    mixed = jnp.einsum("bhts,bsd->bhtd", jax.nn.softmax(scores), v)
    return x + merge(mixed) @ p["o"]


def shared_values(p, x):
    """What shares a head of values is not only query heads."""
    y = rms_norm(p["norm"]["gamma"], x)
    k, v = (split(y @ p[name], HEADS // 2) for name in ["k2", "v2"])
    mixed = attend(split(y @ p["q"]), jnp.repeat(k, 2, axis=1), jnp.repeat(v, 2, axis=1))
    return {"y": x + merge(mixed) @ p["o"], "v": jnp.tanh(v)}


def gated(p, x):
    """A gated MLP: down's input is a product, one factor of which is linear."""
    y = rms_norm(p["norm"]["gamma"], x)
    return x + (jax.nn.silu(y @ p["gate"]) * (y @ p["up"] + p["bup"])) @ p["down"]


def rectified(p, x):
    """A rectifier is linear for positive factors, GELU is not."""
    y = jax.nn.relu(layer_norm(p["norm"], x) @ p["up"] + p["bup"]) @ p["down"]
    return x + jax.nn.gelu(y @ p["up"]) @ p["down"]


def parallel(p, x):
    """Attention and MLP read the same norm (GPT-J)."""
    y = layer_norm(p["norm"], x)
    q, k, v = (split(y @ p[name]) for name in "qkv")
    attention = merge(attend(q, k, v)) @ p["o"]
    return x + attention + jax.nn.gelu(y @ p["up"]) @ p["down"]


def post_norm(p, x):
    """BERT: the residual reads the norm's output too, which the MLP reads."""
    q, k, v = (split(x @ p[name]) for name in "qkv")
    y = layer_norm(p["norm"], x + merge(attend(q, k, v)) @ p["o"])
    return layer_norm(p["norm2"], y + jax.nn.gelu(y @ p["up"]) @ p["down"])


def dense_experts(p, x):
    """A router weighs experts that all run; it reads the norm's output as well."""
    y = rms_norm(p["norm"]["gamma"], x)
    weights = jax.nn.softmax(y @ p["router"])
    hidden = jax.nn.relu(jnp.einsum("btd,edf->btef", y, p["experts_up"]))
    out = jnp.einsum("btef,efd->bted", hidden, p["experts_down"])
    return x + jnp.einsum("bte,bted->btd", weights, out)


def chosen_expert(p, x):
    """The router's weights are constant, the expert's chosen at run time."""
    y = rms_norm(p["norm"]["gamma"], x)
    best = jnp.argmax(jnp.sum(y @ p["router"], axis=(0, 1)))
    up = jax.lax.dynamic_index_in_dim(p["experts_up"], best, keepdims=False)
    return jax.nn.relu(y @ up) @ p["down"]


def cross(p, x):
    """Keys and values read another activation than queries do."""
    memory = layer_norm(p["norm2"], x[:, ::-1])
    q = split(layer_norm(p["norm"], x) @ p["q"])
    k, v = (split(memory @ p[name]) for name in "kv")
    return x + merge(attend(q, k, v)) @ p["o"]


def last_token(p, x):
    """The head reads one token of what the MLP reads all of."""
    y = layer_norm(p["norm"], x)
    return {"y": jnp.tanh(y @ p["q"]), "logits": y[:, -1:] @ p["k"]}


MODELS = [separate, fused, rotary, flattened, grouped_query, repeated, tiled, multi_query,
          shared_values, gated, rectified, parallel, post_norm, dense_experts,
          chosen_expert, cross, last_token]


def parameters(seed=0):
    random = np.random.default_rng(seed)

    def weight(*shape):
        value = random.normal(size=shape) / shape[-2] ** 0.5
        return (value * np.exp(random.normal(size=shape[-1]))).astype(np.float32)

    def vector(size, mean=0.0):
        return (mean + 0.3 * random.normal(size=size)).astype(np.float32)

    def norm():
        gamma = vector(WIDTH, 1.0)
        # Two channels are outliers, which smoothing has to move.
        gamma[[3, 11]] *= 60
        return {"gamma": gamma, "beta": vector(WIDTH)}

    result = {**{name: weight(WIDTH, WIDTH) for name in "qkvo"},
              **{"b" + name: vector(WIDTH) for name in "qkv"},
              "qkv": weight(WIDTH, 3 * WIDTH), "gate": weight(WIDTH, HIDDEN),
              "up": weight(WIDTH, HIDDEN), "bup": vector(HIDDEN),
              "down": weight(HIDDEN, WIDTH), "router": weight(WIDTH, 3),
              "experts_up": weight(3, WIDTH, HIDDEN),
              "experts_down": weight(3, HIDDEN, WIDTH), "norm": norm(), "norm2": norm(),
              # Keys and values of one head, and of two.
              **{name + heads: weight(WIDTH, int(heads) * HEAD)
                 for name in "kv" for heads in "12"},
              **{name: vector(2 * HEAD) for name in ["bk2", "bv2"]}}
    # As in trained models, what reads the outliers has small weights for them:
    # scores of thousands would make a softmax blow up each rounding.
    for name in ["q", "k", "v", "k1", "v1", "k2", "v2", "qkv", "gate", "up", "router", "experts_up"]:
        result[name][..., [3, 11], :] /= 60
    return result


def inputs(samples, seed=1):
    shape = (samples, TOKENS, WIDTH)
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


class Reads(dict):
    """A dictionary that knows what was read of it."""

    def __init__(self, values):
        super().__init__(values)
        self.keys_read = []

    def __getitem__(self, key):
        self.keys_read.append(key)
        return super().__getitem__(key)


def used(fn, params):
    """The parameters that `fn` reads: another model's are not its."""
    reads = Reads(params)
    fn(reads, inputs(BATCH))
    return {key: params[key] for key in reads.keys_read}


def write(fn, folder):
    """Writes model.mlir, model.safetensors and data.safetensors."""
    import quantc

    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    quantc.export(fn, used(fn, parameters()), (inputs(BATCH),), folder / "model.mlir",
                  input_names=["x"])
    quantc.save_safetensors({"x": inputs(8 * BATCH)}, folder / "data.safetensors")


if __name__ == "__main__":
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
    write(globals()[sys.argv[1]], sys.argv[2])
