#===- cache_reference.py - what an element of a cache becomes ---------------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""Storage types of key-value caches in numpy, by the definitions of docs/arithmetic.md."""

import jax.numpy as jnp
import numpy as np


class Affine:
    """Integers with given f32 scales and zero points."""

    def __init__(self, scale, zero_point, storage=np.int8):
        self.scale, self.zero_point = np.float32(scale), np.int32(zero_point)
        self.storage = storage

    def quantize(self, x):
        limits = np.iinfo(self.storage)
        steps = np.rint(np.float32(x) / self.scale)
        return np.clip(steps + self.zero_point, limits.min, limits.max).astype(self.storage)

    def dequantize(self, q):
        return (q.astype(np.int32) - self.zero_point).astype(np.float32) * self.scale

    def distance_to_tie(self, x):
        steps = np.float64(x) / self.scale
        return np.abs(np.abs(steps - np.floor(steps)) - 0.5)


class Float8(Affine):
    def quantize(self, x):
        clipped = np.clip(np.float32(x) / self.scale, -448, 448)
        return clipped.astype(jnp.float8_e4m3fn)

    def dequantize(self, q):
        return q.astype(np.float32) * self.scale

    def distance_to_tie(self, x):
        steps = np.abs(np.float64(x) / self.scale)
        _, exponent = np.frexp(np.maximum(steps, 2.0 ** -6))
        unit = 2.0 ** (exponent - 4)
        return np.abs(steps / unit - np.floor(steps / unit) - 0.5)


def affine(low, high, storage=np.int8):
    limits = np.iinfo(storage)
    low, high = np.minimum(np.float64(low), 0), np.maximum(np.float64(high), 0)
    scale = ((high - low) / (limits.max - limits.min)).astype(np.float32)
    scale = np.where(scale == 0, np.float32(1), scale)
    zero_point = np.clip(np.rint(limits.min - low / np.float64(scale)),
                         limits.min, limits.max)
    return Affine(scale, zero_point, storage)
