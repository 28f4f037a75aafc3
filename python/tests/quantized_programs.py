#===- quantized_programs.py - quantized StableHLO programs and their meaning -===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""Writes, compiles and runs quantized StableHLO; quantization in exact numbers."""

import os
import pathlib
import subprocess

import numpy as np
from safetensors.numpy import load_file, save_file

BIN = pathlib.Path(os.environ.get(
    "QUANTC_BUILD_DIR", pathlib.Path(__file__).resolve().parents[2] / "build")) / "bin"

STORAGE = {
    "i8": (np.int8, -128, 127), "u8": (np.uint8, 0, 255), "i16": (np.int16, -2**15, 2**15 - 1),
    "i32": (np.int32, -2**31, 2**31 - 1),
}


class Quantized:
    """A quantized type: per tensor, or per axis with lists."""

    def __init__(self, storage, scale, zero_point=0, axis=None, narrow=False):
        self.storage, self.scale, self.zero_point, self.axis = storage, scale, zero_point, axis
        self.narrow = narrow
        self.dtype, self.min, self.max = STORAGE[storage]
        self.min += narrow

    def text(self, shape):
        limits = f"<{self.min}:{self.max}>" if self.narrow else ""
        if self.axis is None:
            parameters = f", {float(self.scale)!r}:{self.zero_point}"
        else:
            zero_points = np.broadcast_to(self.zero_point, np.shape(self.scale))
            pairs = ", ".join(f"{float(s)!r}:{z}" for s, z in zip(self.scale, zero_points))
            parameters = f":{self.axis}, {{{pairs}}}"
        dims = "".join(f"{d}x" for d in shape)
        return f"tensor<{dims}!quant.uniform<{self.storage}{limits}:f32{parameters}>>"

    def parameter(self, value, shape):
        value = np.asarray(value, np.float64)
        if value.ndim == 0:
            return value
        return value.reshape([-1 if i == self.axis else 1 for i in range(len(shape))])

    def dequantize(self, q):
        return ((q.astype(np.float64) - self.parameter(self.zero_point, q.shape))
                * self.parameter(self.scale, q.shape))

    def quantize(self, x):
        rounded = np.rint(x / self.parameter(self.scale, x.shape))
        q = np.clip(rounded + self.parameter(self.zero_point, x.shape), self.min, self.max)
        return q.astype(self.dtype)

    def random(self, rng, shape):
        edges = rng.choice([self.min, self.max, 0, 1], shape)
        low, high = max(self.min, -400), min(self.max, 400)
        return np.where(rng.random(shape) < 0.2, edges,
                        rng.integers(low, high, shape, endpoint=True)).astype(self.dtype)


def run(folder, body, inputs, results):
    """Compiles @main with the inputs {name: (type text, array)} and the result types
    in `results`, runs it and returns the outputs."""
    arguments = ", ".join(f'%{name}: {text} {{qnn.input = "{name}"}}'
                          for name, (text, _) in inputs.items())
    outputs = ", ".join(f'{text} {{qnn.output = "r{i}"}}' for i, text in enumerate(results))
    (folder / "model.mlir").write_text(
        f"func.func public @main({arguments}) -> ({outputs}) {{\n{body}\n}}\n")
    save_file({name: value for name, (_, value) in inputs.items()},
              folder / "in.safetensors")
    subprocess.run([BIN / "quantc", "compile", folder / "model.mlir", "-o", folder / "bundle"],
                   check=True)
    subprocess.run([BIN / "quantc", "run", folder / "bundle", "--input", folder / "in.safetensors",
                    "--output", folder / "out.safetensors"], check=True)
    outputs = load_file(folder / "out.safetensors")
    return [outputs[f"r{i}"] for i in range(len(results))]


def check(actual, expected):
    np.testing.assert_array_equal(actual, expected)
    assert actual.dtype == expected.dtype


def power(rng, low=-6, high=1):
    return float(2.0 ** rng.integers(low, high))


def constant(name, value, quantized):
    text = np.array2string(value, separator=", ", threshold=10**9)
    dtype = {"u8": "ui8"}.get(quantized.storage, quantized.storage)
    dims = "".join(f"{d}x" for d in value.shape)
    return (f"%{name} = stablehlo.constant() {{value = dense<{text}> : tensor<{dims}{dtype}>}}"
            f" : () -> {quantized.text(value.shape)}")
