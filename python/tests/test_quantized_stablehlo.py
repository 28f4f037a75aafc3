#===- test_quantized_stablehlo.py - quantized StableHLO against its meaning -===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""Quantized StableHLO programs, compiled to integer code, against exact numbers.

Scales are powers of two and shapes small, so that every value in real numbers is
a float64: what the specification says (dequantize, compute, quantize) has one
right answer, and integer code has to give it bit for bit.
"""

import numpy as np
import pytest

from quantized_programs import Quantized, check, constant, power, run

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
