#===- test_quantized_stablehlo_ops.py - each quantized op of the specification ==#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""Every operation that the specification lets be quantized, against numpy.

What dequantize, compute in float and quantize gives is computed in float64 here.
Movement, sums and products of these parameters are exact in it and have one right
answer. Functions that are not are compared where the result is no tie, up to the
error that they may have in float.
"""

import re
import subprocess

import numpy as np
import pytest
from scipy import special

from quantized_programs import BIN, Quantized, check, constant, power, run

SEEDS = range(3)


def parameters(rng, storage="i8", low=-6, high=1):
    limits = {"i8": (-128, 127), "u8": (0, 255), "i16": (-300, 300)}[storage]
    return Quantized(storage, power(rng, low, high), int(rng.integers(*limits)))


class Program:
    """Operations on inputs, each with the exact result in real numbers."""

    def __init__(self):
        self.inputs, self.lines, self.results = {}, [], []

    def input(self, name, value, quantized=None):
        text = quantized.text(value.shape) if quantized else plain(value)
        self.inputs[name] = (text, value)
        return text

    def expect(self, value, text, expected, ties=None):
        """`ties`: where either neighbour is right."""
        self.results.append((value, text, expected, ties))

    def check(self, folder):
        names = ", ".join(f"%{value}" for value, *_ in self.results)
        types = [text for _, text, *_ in self.results]
        self.lines.append(f"return {names} : {', '.join(types)}")
        actual = run(folder, "\n".join(self.lines), self.inputs, types)
        for (name, _, expected, ties), result in zip(self.results, actual, strict=True):
            if ties is not None:
                distance = abs(result.astype(np.int64) - expected.astype(np.int64))
                assert (distance[ties] <= 1).all(), name
                result = np.where(ties, expected, result)
            np.testing.assert_array_equal(result, expected, err_msg=name)
            assert result.dtype == expected.dtype


def plain(value):
    names = {"float32": "f32", "int32": "i32", "bool": "i1", "int64": "i64"}
    return "tensor<" + "".join(f"{d}x" for d in value.shape) + names[value.dtype.name] + ">"


def near_tie(quantized, x):
    """Where an error of a few units of float in x changes the integer."""
    with np.errstate(invalid="ignore"):
        fraction = x / quantized.scale - np.floor(x / quantized.scale)
    return abs(fraction - 0.5) < 1e-3


@pytest.mark.parametrize("storage", ["i8", "u8"])
@pytest.mark.parametrize("seed", SEEDS)
def test_binary(tmp_path, seed, storage):
    """Each operand and the result have parameters of their own."""
    rng = np.random.default_rng(seed)
    program, shape = Program(), tuple(rng.integers(1, 9, 2))
    a, b, out = (parameters(rng, storage, *limits) for limits in [(-6, 1), (-6, 1), (-3, 3)])
    x, y = a.random(rng, shape), b.random(rng, shape)
    ta, tb, to = program.input("x", x, a), program.input("y", y, b), out.text(shape)
    u, v = a.dequantize(x), b.dequantize(y)
    exact = {"add": np.add, "subtract": np.subtract, "multiply": np.multiply,
             "maximum": np.maximum, "minimum": np.minimum}
    # Fractions, with no zero to divide by.
    v1 = np.where(v == 0, b.scale, v)
    inexact = {"divide": u / v1, "remainder": np.fmod(u, v1), "atan2": np.arctan2(u, v1)}
    for name, function in exact.items():
        program.lines.append(f"%{name} = stablehlo.{name} %x, %y : ({ta}, {tb}) -> {to}")
        program.expect(name, to, out.quantize(function(u, v)))
    program.lines += [f"%some = stablehlo.constant dense<{b.scale}> : {plain(v.astype(np.float32))}",
                      f"%zero = stablehlo.constant dense<0.0> : {plain(v.astype(np.float32))}",
                      f"%fy = stablehlo.uniform_dequantize %y : ({tb}) -> {plain(v.astype(np.float32))}",
                      f"%is = stablehlo.compare EQ, %fy, %zero : "
                      f"({plain(v.astype(np.float32))}, {plain(v.astype(np.float32))}) -> {plain(v != 0)}",
                      f"%fy1 = stablehlo.select %is, %some, %fy : {plain(v != 0)}, {plain(v.astype(np.float32))}",
                      f"%y1 = stablehlo.uniform_quantize %fy1 : ({plain(v.astype(np.float32))}) -> {tb}"]
    inside = b.dequantize(b.quantize(v1)) == v1
    for name, value in inexact.items():
        program.lines.append(f"%{name} = stablehlo.{name} %x, %y1 : ({ta}, {tb}) -> {to}")
        program.expect(name, to, out.quantize(value), near_tie(out, value) | ~inside)
    program.check(tmp_path)


UNARY = {
    "abs": np.abs, "negate": np.negative, "floor": np.floor, "ceil": np.ceil, "sign": np.sign,
    "round_nearest_even": np.rint,
    "round_nearest_afz": lambda x: np.copysign(np.floor(abs(x) + 0.5), x),
}
INEXACT = {
    "cbrt": np.cbrt, "cosine": np.cos, "sine": np.sin, "tan": np.tan, "tanh": np.tanh,
    "exponential": np.exp, "exponential_minus_one": np.expm1, "logistic": special.expit,
}
# Of what is greater than 0.
POSITIVE = {"log": np.log, "log_plus_one": np.log1p, "sqrt": np.sqrt,
            "rsqrt": lambda x: 1 / np.sqrt(x)}


@pytest.mark.parametrize("seed", SEEDS)
def test_unary(tmp_path, seed):
    rng = np.random.default_rng(seed)
    program, shape = Program(), (3, int(rng.integers(1, 40)))
    a, p, out = parameters(rng, low=-6, high=-3), Quantized("i8", power(rng), -128), \
        parameters(rng, low=-4, high=0)
    x, y = a.random(rng, shape), np.maximum(p.random(rng, shape), -127)
    ta, tp, to = program.input("x", x, a), program.input("y", y, p), out.text(shape)
    u, v = a.dequantize(x), p.dequantize(y)
    for name, function in UNARY.items():
        program.lines.append(f"%{name} = stablehlo.{name} %x : ({ta}) -> {to}")
        program.expect(name, to, out.quantize(function(u)))
    for name, function in INEXACT.items():
        program.lines.append(f"%{name} = stablehlo.{name} %x : ({ta}) -> {to}")
        # The tangent near its poles magnifies the error of its argument.
        program.expect(name, to, out.quantize(function(u)),
                       near_tie(out, function(u)) | (name == "tan") & (abs(np.cos(u)) < 1e-2))
    for name, function in POSITIVE.items():
        program.lines.append(f"%{name} = stablehlo.{name} %y : ({tp}) -> {to}")
        program.expect(name, to, out.quantize(function(v)), near_tie(out, function(v)))
    program.lines.append(f"%finite = stablehlo.is_finite %x : ({ta}) -> {plain(u == u)}")
    program.expect("finite", plain(u == u), u == u)
    program.check(tmp_path)


@pytest.mark.parametrize("seed", SEEDS)
def test_choice(tmp_path, seed):
    """clamp, select and compare: operands of one type, and of several."""
    rng = np.random.default_rng(seed)
    program, shape = Program(), tuple(rng.integers(1, 9, 2))
    a, b, out = parameters(rng), parameters(rng), parameters(rng, low=-3, high=3)
    x, y, mask = a.random(rng, shape), b.random(rng, shape), rng.random(shape) < 0.5
    low, high = np.sort(a.random(rng, (2,)))
    ta, tb, to = program.input("x", x, a), program.input("y", y, b), out.text(shape)
    tm, ts = program.input("m", mask), a.text(())
    program.lines += [constant("low", low, a), constant("high", high, a),
                      f"%clamp = stablehlo.clamp %low, %x, %high : ({ts}, {ta}, {ts}) -> {ta}",
                      f"%wide = stablehlo.clamp %low, %x, %high : ({ts}, {ta}, {ts}) -> {to}",
                      f"%same = stablehlo.select %m, %x, %clamp : ({tm}, {ta}, {ta}) -> {ta}",
                      f"%other = stablehlo.select %m, %x, %y : ({tm}, {ta}, {tb}) -> {to}"]
    u, v = a.dequantize(x), b.dequantize(y)
    clipped = np.clip(u, a.dequantize(low), a.dequantize(high))
    program.expect("clamp", ta, a.quantize(clipped))
    program.expect("wide", to, out.quantize(clipped))
    program.expect("same", ta, np.where(mask, x, a.quantize(clipped)))
    program.expect("other", to, out.quantize(np.where(mask, u, v)))
    for name, function in {"LT": np.less, "LE": np.less_equal, "GT": np.greater,
                           "GE": np.greater_equal, "EQ": np.equal, "NE": np.not_equal}.items():
        program.lines.append(f"%{name} = stablehlo.compare {name}, %x, %y : ({ta}, {tb}) -> {tm}")
        program.expect(name, tm, function(u, v))
    program.check(tmp_path)


@pytest.mark.parametrize("storage", ["i8", "u8", "i16"])
@pytest.mark.parametrize("seed", SEEDS)
def test_movement(tmp_path, seed, storage):
    """Elements that move keep their parameters, and so their integers."""
    rng = np.random.default_rng(seed)
    program = Program()
    a = parameters(rng, storage)
    x = a.random(rng, (4, 6))
    ta = program.input("x", x, a)
    low, high = a.random(rng, ()), a.random(rng, (2, 3))
    program.input("i", np.int32([[3], [0], [9]]))
    program.input("at", np.array(2, np.int32))
    tv, tu, at = a.text(()), a.text((2, 3)), "tensor<i32>"
    program.lines += [constant("v", low, a), constant("u", high, a)]
    padded = np.full((6, 12), low)
    padded[2:6, 0:11:2] = x
    updated = x.copy()
    updated[2:4, 2:5] = high
    gathered = x[[3, 0, 3]]
    cases = {
        "broadcast": ("stablehlo.broadcast_in_dim %x, dims = [2, 0]", f"({ta})",
                      np.broadcast_to(x.T[:, None, :], (6, 5, 4))),
        "concatenate": ("stablehlo.concatenate %x, %x, dim = 1", f"({ta}, {ta})",
                        np.concatenate([x, x], 1)),
        "dynamic_slice": ("stablehlo.dynamic_slice %x, %at, %at, sizes = [2, 3]",
                          f"({ta}, {at}, {at})", x[2:4, 2:5]),
        "dynamic_update_slice": ("stablehlo.dynamic_update_slice %x, %u, %at, %at",
                                 f"({ta}, {tu}, {at}, {at})", updated),
        "gather": ('"stablehlo.gather"(%x, %i) <{dimension_numbers = #stablehlo.gather<'
                   "offset_dims = [1], collapsed_slice_dims = [0], start_index_map = [0], "
                   "index_vector_dim = 1>, slice_sizes = array<i64: 1, 6>}>",
                   f"({ta}, tensor<3x1xi32>)", gathered),
        "pad": ("stablehlo.pad %x, %v, low = [2, 0], high = [0, 1], interior = [0, 1]",
                f"({ta}, {tv})", padded),
        "reshape": ("stablehlo.reshape %x", f"({ta})", x.reshape(2, 12)),
        "reverse": ("stablehlo.reverse %x, dims = [1]", None, x[:, ::-1]),
        "slice": ("stablehlo.slice %x [1:4:2, 0:5]", f"({ta})", x[1:4:2, 0:5]),
        "transpose": ("stablehlo.transpose %x, dims = [1, 0]", f"({ta})", x.T),
    }
    for name, (op, operands, expected) in cases.items():
        text = a.text(expected.shape)
        operands = f"{operands} -> " if operands else ""
        program.lines.append(f"%{name} = {op} : {operands}{text}")
        program.expect(name, text, np.ascontiguousarray(expected))
    program.check(tmp_path)


def reducer(name, scalar):
    return (f"({{\n^bb0(%p: {scalar}, %q: {scalar}):\n  %m = stablehlo.{name} %p, %q : {scalar}\n"
            f"  stablehlo.return %m : {scalar}\n}})")


@pytest.mark.parametrize("seed", SEEDS)
def test_reductions(tmp_path, seed):
    """Of rows and of windows, each one operation as a whole; one type for all."""
    rng = np.random.default_rng(seed)
    program = Program()
    a = parameters(rng)
    x = a.random(rng, (5, 8))
    zero = a.quantize(np.zeros(()))
    start = a.dequantize(zero)
    ta, ts = program.input("x", x, a), a.text(())
    u = a.dequantize(x)
    program.lines.append(constant("init", zero, a))
    tiles = np.lib.stride_tricks.sliding_window_view(u, (2, 3))[::1, ::2]
    for name, function in {"add": np.sum, "maximum": np.max, "minimum": np.min}.items():
        merge = {"add": np.add, "maximum": np.maximum, "minimum": np.minimum}[name]
        rows, windows = merge(function(u, 1), start), merge(function(tiles, (-2, -1)), start)
        tr, tw = a.text(rows.shape), a.text(windows.shape)
        program.lines += [
            f'%reduce_{name} = "stablehlo.reduce"(%x, %init) <{{dimensions = array<i64: 1>}}> '
            f"{reducer(name, ts)} : ({ta}, {ts}) -> {tr}",
            f'%window_{name} = "stablehlo.reduce_window"(%x, %init) <{{window_dimensions = '
            f"array<i64: 2, 3>, window_strides = array<i64: 1, 2>}}> {reducer(name, ts)} "
            f": ({ta}, {ts}) -> {tw}"]
        program.expect(f"reduce_{name}", tr, a.quantize(rows))
        program.expect(f"window_{name}", tw, a.quantize(windows))
    program.check(tmp_path)


@pytest.mark.parametrize("groups, depthwise", [(1, False), (2, False), (4, True)])
@pytest.mark.parametrize("seed", SEEDS)
def test_convolution_forms(tmp_path, seed, groups, depthwise):
    """Strided, dilated, grouped and depthwise, into an accumulator and out of it."""
    rng = np.random.default_rng(seed)
    program = Program()
    channels, features = 4, 8
    a, out = parameters(rng), parameters(rng, low=-1, high=5)
    scales = [power(rng) for _ in range(features)]
    w, acc = Quantized("i8", scales, axis=3), Quantized("i32", [a.scale * s for s in scales], axis=3)
    x = a.random(rng, (2, 7, 6, channels))
    k = w.random(rng, (3, 2, channels // groups, features))
    ta = program.input("x", x, a)
    padded = np.pad(a.dequantize(x), [(0, 0), (1, 0), (0, 1), (0, 0)])
    weights = w.dequantize(k)
    view = np.lib.stride_tricks.sliding_window_view(padded, (5, 2), (1, 2))[:, ::2, :, :, ::2, :]
    split = view.reshape(*view.shape[:3], groups, channels // groups, 3, 2)
    y = np.einsum("nhwgcij,ijcgo->nhwgo", split,
                  weights.reshape(3, 2, channels // groups, groups, features // groups))
    y = y.reshape(*y.shape[:3], features)
    tw, tacc, to = w.text(k.shape), acc.text(y.shape), out.text(y.shape)
    form = ("dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f], window = {stride = [2, 1], "
            "pad = [[1, 0], [0, 1]], rhs_dilate = [2, 1]} {batch_group_count = 1 : i64, "
            f"feature_group_count = {groups} : i64}} : ({ta}, {tw})")
    program.lines += [constant("w", k, w),
                      f"%acc = stablehlo.convolution(%x, %w) {form} -> {tacc}",
                      f"%q = stablehlo.convolution(%x, %w) {form} -> {to}",
                      f"%requantized = stablehlo.uniform_quantize %acc : ({tacc}) -> {to}"]
    program.expect("acc", tacc, acc.quantize(y))
    program.expect("q", to, out.quantize(y))
    program.expect("requantized", to, out.quantize(y))
    program.check(tmp_path)


# Quantized in the specification, but no part of what quantc reads at all.
REFUSED = {
    "sort": '%0 = "stablehlo.sort"(%x) ({^bb0(%p: S, %q: S): %c = stablehlo.compare LT, %p, %q : '
            "(S, S) -> tensor<i1> stablehlo.return %c : tensor<i1>}) : (T) -> T",
    "batch_norm_inference": '%0 = "stablehlo.batch_norm_inference"(%x) : (T) -> T',
    "bitwise": "%0 = stablehlo.and %x, %x : T",
    "convert": "%0 = stablehlo.convert %x : (T) -> T",
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_once(tmp_path, name):
    a = Quantized("i8", 0.5, 3)
    body = REFUSED[name].replace("S", a.text(())).replace("(T)", f"({a.text((4,))})")
    body = re.sub(r"\bT\b", a.text((4,)), body)
    (tmp_path / "model.mlir").write_text(
        f"func.func public @main(%x: {a.text((4,))}) -> {a.text((4,))} {{\n{body}\n"
        f"return %0 : {a.text((4,))}\n}}\n")
    result = subprocess.run([BIN / "quantc", "compile", tmp_path / "model.mlir", "-o",
                             tmp_path / "bundle"], capture_output=True, text=True)
    assert result.returncode == 1, result.stderr
    assert result.stderr.count("error:") == 1, result.stderr
