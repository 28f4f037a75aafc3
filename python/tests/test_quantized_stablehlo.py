#===- test_quantized_stablehlo.py - quantized StableHLO against its meaning -===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""Quantized StableHLO programs, compiled to integer code, against exact numbers.

Scales are powers of two and shapes small, so that every value in real numbers is
a float64: what the specification says (dequantize, compute, quantize) has one
right answer, and integer code has to give it bit for bit.
"""

import os
import pathlib
import subprocess

import numpy as np
import pytest
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


SEEDS = range(4)


@pytest.mark.parametrize("storage", ["i8", "u8", "i16"])
@pytest.mark.parametrize("seed", SEEDS)
def test_dot_general(tmp_path, seed, storage):
    """Asymmetric times per-channel weights: to storage at once, and through an
    accumulator with a bias."""
    rng = np.random.default_rng(seed)
    m, k, n = rng.integers(1, 20, 3)
    low, high = (0, 255) if storage == "u8" else (-128, 127)
    a = Quantized(storage, power(rng), int(rng.integers(low, high)))
    scales = [power(rng) for _ in range(n)]
    w = Quantized("i8", scales, axis=1, narrow=bool(rng.integers(2)))
    acc = Quantized("i32", [a.scale * s for s in scales], axis=1)
    bias = Quantized("i32", acc.scale, axis=0)
    out = Quantized("i8", power(rng, -1, 6), int(rng.integers(-128, 127)))
    x, weights = a.random(rng, (m, k)), w.random(rng, (k, n))
    b = rng.integers(-5000, 5000, n).astype(np.int32)
    product = a.dequantize(x) @ w.dequantize(weights)
    ta, tw, tacc, tout = (t.text(s) for t, s in
                          [(a, (m, k)), (w, (k, n)), (acc, (m, n)), (out, (m, n))])
    body = f"""
{constant("w", weights, w)}
{constant("b", b, bias)}
%0 = stablehlo.dot_general %x, %w, contracting_dims = [1] x [0] : ({ta}, {tw}) -> {tout}
%1 = stablehlo.dot_general %x, %w, contracting_dims = [1] x [0] : ({ta}, {tw}) -> {tacc}
%2 = stablehlo.broadcast_in_dim %b, dims = [1] : ({bias.text((n,))}) -> {tacc}
%3 = stablehlo.add %1, %2 : {tacc}
%4 = stablehlo.uniform_quantize %3 : ({tacc}) -> {tout}
return %0, %1, %4 : {tout}, {tacc}, {tout}"""
    results = run(tmp_path, body, {"x": (ta, x)}, [tout, tacc, tout])
    check(results[0], out.quantize(product))
    check(results[1], acc.quantize(product))
    check(results[2], out.quantize(product + bias.dequantize(b)))


@pytest.mark.parametrize("seed", SEEDS)
def test_batched_activations(tmp_path, seed):
    """Both sides activations with zero points, rhs transposed."""
    rng = np.random.default_rng(seed)
    b, m, k, n = rng.integers(1, 9, 4)
    lhs = Quantized("i8", power(rng), int(rng.integers(-128, 127)))
    rhs = Quantized("i8", power(rng), int(rng.integers(-128, 127)))
    out = Quantized("i8", power(rng, -1, 5), int(rng.integers(-128, 127)))
    x, y = lhs.random(rng, (b, m, k)), rhs.random(rng, (b, n, k))
    tl, tr, to = lhs.text((b, m, k)), rhs.text((b, n, k)), out.text((b, m, n))
    body = f"""
%0 = stablehlo.dot_general %x, %y, batching_dims = [0] x [0], contracting_dims = [2] x [2] : ({tl}, {tr}) -> {to}
return %0 : {to}"""
    results = run(tmp_path, body, {"x": (tl, x), "y": (tr, y)}, [to])
    product = lhs.dequantize(x) @ rhs.dequantize(y).transpose(0, 2, 1)
    check(results[0], out.quantize(product))


@pytest.mark.parametrize("seed", SEEDS)
def test_convolution(tmp_path, seed):
    """Padding, strides and zero points; a ReLU and max pooling behind."""
    rng = np.random.default_rng(seed)
    height, width, c, o = rng.integers(4, 9, 4)
    a = Quantized("i8", power(rng), int(rng.integers(-128, 127)))
    scales = [power(rng) for _ in range(o)]
    w = Quantized("i8", scales, axis=3)
    out = Quantized("i8", power(rng, -1, 4), int(rng.integers(-128, 127)))
    x, weights = a.random(rng, (1, height, width, c)), w.random(rng, (3, 3, c, o))
    ta, tw = a.text(x.shape), w.text(weights.shape)
    padded = np.pad(a.dequantize(x), [(0, 0), (1, 1), (1, 1), (0, 0)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
    y = np.einsum("nhwcij,ijco->nhwo", windows, w.dequantize(weights))
    to = out.text(y.shape)
    q = out.quantize(y)
    relu = out.quantize(np.maximum(out.dequantize(q), 0))
    pooled = np.lib.stride_tricks.sliding_window_view(relu, (2, 2), axis=(1, 2)).max((-2, -1))
    tp, scalar = out.text(pooled.shape), out.text(())
    body = f"""
{constant("w", weights, w)}
%0 = stablehlo.convolution(%x, %w) dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f],
  window = {{pad = [[1, 1], [1, 1]]}} {{batch_group_count = 1 : i64, feature_group_count = 1 : i64}}
  : ({ta}, {tw}) -> {to}
%z = stablehlo.constant() {{value = dense<{out.zero_point}> : tensor<i8>}} : () -> {scalar}
%low = stablehlo.constant() {{value = dense<-128> : tensor<i8>}} : () -> {scalar}
%zs = stablehlo.broadcast_in_dim %z, dims = [] : ({scalar}) -> {to}
%1 = stablehlo.maximum %0, %zs : {to}
%2 = "stablehlo.reduce_window"(%1, %low) <{{window_dimensions = array<i64: 1, 2, 2, 1>}}> ({{
^bb0(%p: {scalar}, %q: {scalar}):
  %m = stablehlo.maximum %p, %q : {scalar}
  stablehlo.return %m : {scalar}
}}) : ({to}, {scalar}) -> {tp}
return %0, %2 : {to}, {tp}"""
    results = run(tmp_path, body, {"x": (ta, x)}, [to, tp])
    check(results[0], q)
    check(results[1], pooled)


@pytest.mark.parametrize("seed", SEEDS)
def test_elementwise(tmp_path, seed):
    """Operands and results with parameters of their own."""
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(1, 9, 2))
    a = Quantized("i8", power(rng), int(rng.integers(-128, 127)))
    b = Quantized("i8", power(rng), int(rng.integers(-128, 127)))
    out = Quantized("i8", power(rng, -2, 3), int(rng.integers(-128, 127)))
    x, y = a.random(rng, shape), b.random(rng, shape)
    ta, tb, to, ti = a.text(shape), b.text(shape), out.text(shape), f"tensor<{shape[0]}x{shape[1]}xi1>"
    names = {"add": np.add, "subtract": np.subtract, "multiply": np.multiply,
             "maximum": np.maximum, "minimum": np.minimum}
    lines = [f"%{name} = stablehlo.{name} %x, %y : ({ta}, {tb}) -> {to}" for name in names]
    lines += [f"%negate = stablehlo.negate %x : ({ta}) -> {to}",
              f"%abs = stablehlo.abs %x : ({ta}) -> {to}",
              f"%p = stablehlo.compare LT, %x, %y : ({ta}, {tb}) -> {ti}",
              f"%select = stablehlo.select %p, %x, %y : ({ti}, {ta}, {tb}) -> {to}",
              f"%f = stablehlo.uniform_dequantize %x : ({ta}) -> tensor<{shape[0]}x{shape[1]}xf32>",
              f"%requantized = stablehlo.uniform_quantize %y : ({tb}) -> {to}"]
    u, v = a.dequantize(x), b.dequantize(y)
    expected = {name: fn(u, v) for name, fn in names.items()}
    expected |= {"negate": -u, "abs": abs(u), "select": np.where(u < v, u, v), "requantized": v}
    values = ", ".join(f"%{name}" for name in expected)
    types = [to] * len(expected)
    lines.append(f"return {values}, %f : {', '.join(types)}, tensor<{shape[0]}x{shape[1]}xf32>")
    results = run(tmp_path, "\n".join(lines), {"x": (ta, x), "y": (tb, y)},
                  types + [f"tensor<{shape[0]}x{shape[1]}xf32>"])
    for name, actual in zip(expected, results):
        check(actual, out.quantize(expected[name]))
    check(results[-1], u.astype(np.float32))


def test_movement_keeps_integers(tmp_path):
    """What only moves elements moves storage, also of unsigned and per-axis types."""
    rng = np.random.default_rng(0)
    a = Quantized("u8", 0.5, 200)
    rows = Quantized("i8", [0.5, 0.25, 2.0], [1, -2, 3], axis=0)
    columns = Quantized("i8", rows.scale, rows.zero_point, axis=1)
    x, y = a.random(rng, (2, 3)), rows.random(rng, (3, 4))
    ta, t1, tt, tc = a.text((2, 3)), a.text((6,)), a.text((3, 2)), a.text((4, 3))
    tr, tcol = rows.text((3, 4)), columns.text((4, 3))
    body = f"""
%0 = stablehlo.reshape %x : ({ta}) -> {t1}
%1 = stablehlo.transpose %x, dims = [1, 0] : ({ta}) -> {tt}
%2 = stablehlo.concatenate %x, %x, dim = 0 : ({ta}, {ta}) -> {tc}
%3 = stablehlo.transpose %y, dims = [1, 0] : ({tr}) -> {tcol}
return %0, %1, %2, %3 : {t1}, {tt}, {tc}, {tcol}"""
    results = run(tmp_path, body, {"x": (ta, x), "y": (tr, y)}, [t1, tt, tc, tcol])
    for actual, expected in zip(results, [x.reshape(6), x.T, np.concatenate([x, x]), y.T]):
        check(actual, expected)


def test_control_flow_and_hybrid(tmp_path):
    """Quantized values through a loop; float times quantized weights."""
    rng = np.random.default_rng(0)
    a = Quantized("i8", 0.5, 7)
    w = Quantized("i8", 0.25)
    x, weights = a.random(rng, (3,)), w.random(rng, (4, 2))
    f = rng.integers(-9, 9, (3, 4)).astype(np.float32)
    ta, tw = a.text((3,)), w.text((4, 2))
    body = f"""
%zero = stablehlo.constant dense<0> : tensor<i32>
%one = stablehlo.constant dense<1> : tensor<i32>
%five = stablehlo.constant dense<5> : tensor<i32>
%0:2 = stablehlo.while(%i = %zero, %v = %x) : tensor<i32>, {ta}
cond {{
  %p = stablehlo.compare LT, %i, %five, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
  stablehlo.return %p : tensor<i1>
}} do {{
  %j = stablehlo.add %i, %one : tensor<i32>
  %d = stablehlo.add %v, %v : {ta}
  stablehlo.return %j, %d : tensor<i32>, {ta}
}}
{constant("w", weights, w)}
%1 = stablehlo.dot_general %f, %w, contracting_dims = [1] x [0] : (tensor<3x4xf32>, {tw}) -> tensor<3x2xf32>
return %0#1, %1 : {ta}, tensor<3x2xf32>"""
    results = run(tmp_path, body, {"x": (ta, x), "f": ("tensor<3x4xf32>", f)}, [ta, "tensor<3x2xf32>"])
    expected = x
    for _ in range(5):
        expected = a.quantize(2 * a.dequantize(expected))
    check(results[0], expected)
    check(results[1], (f @ w.dequantize(weights)).astype(np.float32))
