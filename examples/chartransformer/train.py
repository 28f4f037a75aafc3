#!/usr/bin/env python3
#===- train.py - train the character transformer ---------------------------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""Trains the character transformer and writes its parameters as .npz.

About twenty minutes on one core; the committed model took `--steps 1000`. `export.py` turns the result into the committed
files.
"""

import argparse
import pathlib
import time

import jax
import jax.numpy as jnp
import numpy as np

import model
import text

CONFIG = model.Config()


@jax.custom_vjp
def matmul(x, w):
    return x @ w


def matmul_forward(x, w):
    return x @ w, (x, w)


def matmul_backward(saved, gradient):
    """The gradient of the weight as one two-dimensional product.

    XLA's CPU back end is four times slower on a product that contracts the
    batch and the position as two dimensions.
    """
    x, w = saved
    rows = gradient.reshape(-1, gradient.shape[-1])
    return gradient @ w.T, x.reshape(-1, x.shape[-1]).T @ rows


matmul.defvjp(matmul_forward, matmul_backward)


def loss(params, windows):
    logits = model.apply(params, windows[:, :-1], config=CONFIG, matmul=matmul)
    picked = jnp.take_along_axis(logits, windows[:, 1:, None], -1)[..., 0]
    return jnp.mean(jax.nn.logsumexp(logits, axis=-1) - picked)


def orthogonalize(m):
    """Replaces the singular values of m by about one (Newton-Schulz).

    The quintic of Muon (K. Jordan and others, 2024), five iterations.
    """
    if m.shape[0] > m.shape[1]:
        return orthogonalize(m.T).T
    m = m / (jnp.linalg.norm(m) + 1e-7)
    for _ in range(5):
        square = m @ m.T
        m = 3.4445 * m + (-4.7750 * square + 2.0315 * square @ square) @ m
    return m * max(1.0, m.shape[0] / m.shape[1]) ** 0.5


def initial_state(params):
    zeros = jax.tree.map(jnp.zeros_like, params)
    return params, zeros, zeros


@jax.jit
def update(state, windows, step, rate):
    """One step: Muon for the matrices of the blocks, Adam for the rest."""
    params, first, second = state
    value, gradient = jax.value_and_grad(loss)(params, windows)

    def move(path, p, m, v, g):
        if path[0].key == "blocks" and p.ndim == 2:
            m = 0.95 * m + g
            return p * (1 - 0.1 * rate) - 5 * rate * orthogonalize(g + 0.95 * m), m, v
        m = 0.9 * m + 0.1 * g
        v = 0.99 * v + 0.01 * g * g
        direction = m / (1 - 0.9 ** step) / (
            jnp.sqrt(v / (1 - 0.99 ** step)) + 1e-8)
        return p - rate * direction, m, v

    moved = jax.tree_util.tree_map_with_path(move, params, first, second, gradient)
    return jax.tree.transpose(jax.tree.structure(params),
                              jax.tree.structure((0, 0, 0)), moved), value


def schedule(step, steps, peak):
    """Linear warm-up over 200 steps, then a cosine down to zero."""
    if step < 200:
        return peak * (step + 1) / 200
    return peak * 0.5 * (1 + np.cos(np.pi * (step - 200) / (steps - 200)))


def evaluate(params, tokens):
    """Returns the mean negative log-likelihood over contiguous windows."""
    starts = np.arange(0, len(tokens) - CONFIG.context, CONFIG.context)
    windows = np.stack([tokens[s:s + CONFIG.context + 1] for s in starts])
    total = sum(float(jit_loss(params, windows[i:i + 50])) * len(windows[i:i + 50])
                for i in range(0, len(windows), 50))
    return total / len(windows)


jit_loss = jax.jit(loss)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--output", type=pathlib.Path, required=True)
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rate", type=float, default=3e-3)
    arguments = parser.parse_args()

    training, evaluation = text.load()
    random = np.random.default_rng(3)
    state = initial_state(
        jax.tree.map(jnp.asarray, model.initialize(CONFIG, seed=1)))
    begin = time.time()
    for step in range(arguments.steps):
        starts = random.integers(0, len(training) - CONFIG.context - 1,
                                 arguments.batch)
        windows = np.stack([training[s:s + CONFIG.context + 1] for s in starts])
        rate = schedule(step, arguments.steps, arguments.rate)
        state, value = update(state, windows, step + 1.0, rate)
        if step % 500 == 0 or step + 1 == arguments.steps:
            held_out = evaluate(state[0], evaluation[:200 * 128 + 1])
            print(f"step {step:6d}  training {float(value):.4f}  "
                  f"held out {held_out:.4f}  perplexity {np.exp(held_out):.4f}  "
                  f"{time.time() - begin:.0f} s", flush=True)

    leaves = jax.tree_util.tree_leaves_with_path(state[0])
    name = lambda path: jax.tree_util.keystr(path, simple=True, separator=".")
    np.savez(arguments.output, **{name(path): leaf for path, leaf in leaves})


if __name__ == "__main__":
    main()
