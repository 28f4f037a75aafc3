#===- model.py - convolutional classifier of handwritten digits ------------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""A small convolutional network in plain JAX, images in NHWC."""

import jax
import jax.numpy as jnp
import numpy as np

CHANNELS = (1, 32, 64)
CLASSES = 10


def initialize(seed):
    """Returns the parameter tree; every leaf is float32."""
    random = np.random.default_rng(seed)

    def layer(*shape):
        scale = (2 / np.prod(shape[:-1])) ** 0.5
        return {"w": (scale * random.standard_normal(shape)).astype(np.float32),
                "b": np.zeros(shape[-1], np.float32)}

    return {"conv1": layer(3, 3, CHANNELS[0], CHANNELS[1]),
            "conv2": layer(3, 3, CHANNELS[1], CHANNELS[2]),
            "linear": layer(2 * 2 * CHANNELS[2], CLASSES)}


def convolution(p, x):
    y = jax.lax.conv_general_dilated(
        x, p["w"], window_strides=(1, 1), padding="SAME",
        dimension_numbers=("NHWC", "HWIO", "NHWC"))
    return jax.nn.relu(y + p["b"])


def max_pool(x):
    return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 2, 2, 1),
                                 (1, 2, 2, 1), "VALID")


def apply(params, image):
    """Maps images [B, 8, 8, 1] in 0..1 to the logits of the digits [B, 10]."""
    x = max_pool(convolution(params["conv1"], image))
    x = max_pool(convolution(params["conv2"], x))
    x = x.reshape(x.shape[0], -1)
    return x @ params["linear"]["w"] + params["linear"]["b"]
