#===- test_integer_programs.py - TOSA and linalg.quantized_* as integers ------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""int8 programs in TOSA and in linalg's quantized operations, compiled through the
integer road, against numpy's 64-bit integers by the TOSA 1.0 specification."""

import os
import pathlib
import subprocess

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

BIN = pathlib.Path(os.environ.get(
    "QUANTC_BUILD_DIR", pathlib.Path(__file__).resolve().parents[2] / "build")) / "bin"
SEEDS = range(4)


def tensor(array_or_shape, element):
    shape = getattr(array_or_shape, "shape", array_or_shape)
    return "tensor<" + "".join(f"{d}x" for d in shape) + element + ">"


def run(folder, body, inputs, result, passes=()):
    arguments = ", ".join(f'%{name}: {tensor(value, "i8")} {{qnn.input = "{name}"}}'
                          for name, value in inputs.items())
    model = folder / "model.mlir"
    model.write_text(
        f'func.func public @main({arguments}) -> ({result} {{qnn.output = "y"}}) {{\n{body}\n}}\n')
    if passes:
        subprocess.run([BIN / "quant-opt", model, *passes, "-o", folder / "q.mlir"], check=True)
        model = folder / "q.mlir"
    save_file(inputs, folder / "in.safetensors")
    subprocess.run([BIN / "quantc", "compile", model, "-o", folder / "bundle"], check=True)
    subprocess.run([BIN / "quantc", "run", folder / "bundle", "--input", folder / "in.safetensors",
                    "--output", folder / "out.safetensors"], check=True)
    return load_file(folder / "out.safetensors")["y"]


def const(name, value, element):
    text = np.array2string(value, separator=", ", threshold=10**9)
    t = tensor(value, element)
    return f'%{name} = "tosa.const"() {{values = dense<{text}> : {t}}} : () -> {t}'


def zero_points(**values):
    return "\n".join(const(name, np.array([value]), "i8") for name, value in values.items())


def int8(rng, *shape):
    edges = rng.choice(np.array([-128, -127, 0, 127], np.int8), shape)
    return np.where(rng.random(shape) < 0.2, edges, rng.integers(-128, 128, shape)).astype(np.int8)


def apply_scale_32(value, multiplier, shift, double_round):
    """As the specification writes it."""
    value, multiplier, shift = (np.asarray(x, np.int64) for x in (value, multiplier, shift))
    rounding = np.left_shift(np.int64(1), shift - 1)
    if double_round:
        rounding = rounding + np.where(
            shift > 31, np.where(value >= 0, np.int64(1) << 30, -(np.int64(1) << 30)), 0)
    return (value * multiplier + rounding) >> shift


def windows(x, kernel, axes):
    return np.lib.stride_tricks.sliding_window_view(x, kernel, axis=axes)


@pytest.mark.parametrize("rounding", ["SINGLE_ROUND", "DOUBLE_ROUND"])
@pytest.mark.parametrize("seed", SEEDS)
def test_tosa_conv2d_rescale(tmp_path, seed, rounding):
    rng = np.random.default_rng(seed)
    h, w, c, o = rng.integers(3, 8, 4)
    xz, oz = (int(z) for z in rng.integers(-128, 127, 2))
    x, k = int8(rng, 1, h, w, c), np.maximum(int8(rng, o, 3, 3, c), -127)
    bias = rng.integers(-1000, 1000, o).astype(np.int32)
    multiplier = rng.integers(1 << 30, (1 << 31) - 1, o)
    shift = rng.integers(30, 40, o)
    padded = np.pad(x.astype(np.int64) - xz, [(0, 0), (1, 1), (1, 1), (0, 0)])
    acc = np.einsum("nhwcij,oijc->nhwo", windows(padded, (3, 3), (1, 2)), k.astype(np.int64)) + bias
    expected = np.clip(apply_scale_32(acc, multiplier, shift, rounding == "DOUBLE_ROUND") + oz,
                       -128, 127).astype(np.int8)
    ta, tr = tensor(acc, "i32"), tensor(acc, "i8")
    body = f"""
{const("k", k, "i8")}
{const("b", bias, "i32")}
{const("m", multiplier, "i32")}
{const("s", shift, "i8")}
{zero_points(xz=xz, wz=0, oz=oz)}
{const("iz", np.array([0]), "i32")}
%0 = tosa.conv2d %x, %k, %b, %xz, %wz {{acc_type = i32, dilation = array<i64: 1, 1>,
  pad = array<i64: 1, 1, 1, 1>, stride = array<i64: 1, 1>}}
  : ({tensor(x, "i8")}, {tensor(k, "i8")}, {tensor(bias, "i32")}, tensor<1xi8>, tensor<1xi8>) -> {ta}
%1 = tosa.rescale %0, %m, %s, %iz, %oz {{scale32 = true, rounding_mode = {rounding}, per_channel = true,
  input_unsigned = false, output_unsigned = false}}
  : ({ta}, {tensor(bias, "i32")}, {tensor(bias, "i8")}, tensor<1xi32>, tensor<1xi8>) -> {tr}
return %1 : {tr}"""
    np.testing.assert_array_equal(run(tmp_path, body, {"x": x}, tr), expected)


@pytest.mark.parametrize("seed", SEEDS)
def test_tosa_matmul(tmp_path, seed):
    rng = np.random.default_rng(seed)
    n, h, c, w = rng.integers(1, 12, 4)
    az, bz = (int(z) for z in rng.integers(-128, 128, 2))
    a, b = int8(rng, n, h, c), int8(rng, n, c, w)
    expected = (a.astype(np.int64) - az) @ (b.astype(np.int64) - bz)
    result = tensor(expected, "i32")
    body = f"""
{zero_points(az=az, bz=bz)}
%0 = tosa.matmul %a, %b, %az, %bz
  : ({tensor(a, "i8")}, {tensor(b, "i8")}, tensor<1xi8>, tensor<1xi8>) -> {result}
return %0 : {result}"""
    np.testing.assert_array_equal(run(tmp_path, body, {"a": a, "b": b}, result), expected)


@pytest.mark.parametrize("seed", SEEDS)
def test_tosa_depthwise(tmp_path, seed):
    rng = np.random.default_rng(seed)
    h, w, c, m = (int(v) for v in rng.integers(3, 7, 4))
    xz = int(rng.integers(-128, 128))
    x, k = int8(rng, 1, h, w, c), np.maximum(int8(rng, 3, 3, c, m), -127)
    bias = rng.integers(-1000, 1000, c * m).astype(np.int32)
    acc = np.einsum("nhwcij,ijcm->nhwcm", windows(x.astype(np.int64) - xz, (3, 3), (1, 2)),
                    k.astype(np.int64))
    expected = acc.reshape(*acc.shape[:3], c * m) + bias
    result = tensor(expected, "i32")
    body = f"""
{const("k", k, "i8")}
{const("b", bias, "i32")}
{zero_points(xz=xz, wz=0)}
%0 = tosa.depthwise_conv2d %x, %k, %b, %xz, %wz {{acc_type = i32, dilation = array<i64: 1, 1>,
  pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>}}
  : ({tensor(x, "i8")}, {tensor(k, "i8")}, {tensor(bias, "i32")}, tensor<1xi8>, tensor<1xi8>) -> {result}
return %0 : {result}"""
    np.testing.assert_array_equal(run(tmp_path, body, {"x": x}, result), expected)


@pytest.mark.parametrize("seed", SEEDS)
def test_tosa_conv3d(tmp_path, seed):
    rng = np.random.default_rng(seed)
    d, h, w, c, o = (int(v) for v in rng.integers(2, 6, 5))
    xz = int(rng.integers(-128, 128))
    x, k = int8(rng, 1, d, h, w, c), np.maximum(int8(rng, o, 2, 2, 2, c), -127)
    bias = rng.integers(-1000, 1000, o).astype(np.int32)
    expected = np.einsum("ndhwcijl,oijlc->ndhwo",
                         windows(x.astype(np.int64) - xz, (2, 2, 2), (1, 2, 3)),
                         k.astype(np.int64)) + bias
    result = tensor(expected, "i32")
    body = f"""
{const("k", k, "i8")}
{const("b", bias, "i32")}
{zero_points(xz=xz, wz=0)}
%0 = tosa.conv3d %x, %k, %b, %xz, %wz {{acc_type = i32, dilation = array<i64: 1, 1, 1>,
  pad = array<i64: 0, 0, 0, 0, 0, 0>, stride = array<i64: 1, 1, 1>}}
  : ({tensor(x, "i8")}, {tensor(k, "i8")}, {tensor(bias, "i32")}, tensor<1xi8>, tensor<1xi8>) -> {result}
return %0 : {result}"""
    np.testing.assert_array_equal(run(tmp_path, body, {"x": x}, result), expected)


@pytest.mark.parametrize("kernel", [2, 3])
@pytest.mark.parametrize("seed", SEEDS)
def test_tosa_pooling(tmp_path, seed, kernel):
    rng = np.random.default_rng(seed)
    x = int8(rng, 1, 6, 6, 3)
    iz, oz = (int(z) for z in rng.integers(-128, 128, 2))
    view = windows(x.astype(np.int64), (kernel, kernel), (1, 2))[:, ::kernel, ::kernel]
    count = kernel * kernel
    bits = 32 - (32 - int(count - 1).bit_length())
    multiplier, shift = ((1 << 30) + 1) * (1 << bits) // count, 30 + bits
    averages = apply_scale_32(view.sum((-2, -1)) - iz * count, multiplier, shift, False) + oz
    expected = np.maximum(np.clip(averages, -128, 127), view.max((-2, -1))).astype(np.int8)
    result = tensor(expected, "i8")
    attributes = (f"kernel = array<i64: {kernel}, {kernel}>, pad = array<i64: 0, 0, 0, 0>, "
                  f"stride = array<i64: {kernel}, {kernel}>")
    body = f"""
{zero_points(iz=iz, oz=oz)}
%0 = tosa.avg_pool2d %x, %iz, %oz {{acc_type = i32, {attributes}}}
  : ({tensor(x, "i8")}, tensor<1xi8>, tensor<1xi8>) -> {result}
%1 = tosa.max_pool2d %x {{{attributes}}} : ({tensor(x, "i8")}) -> {result}
%2 = tosa.maximum %0, %1 : ({result}, {result}) -> {result}
return %2 : {result}"""
    np.testing.assert_array_equal(run(tmp_path, body, {"x": x}, result), expected)


def test_tosa_table_and_clamp(tmp_path):
    rng = np.random.default_rng(0)
    x = np.arange(-128, 128).astype(np.int8)
    table = rng.permutation(x).astype(np.int8)
    body = f"""
{const("t", table, "i8")}
%0 = tosa.table %x, %t : (tensor<256xi8>, tensor<256xi8>) -> tensor<256xi8>
%1 = tosa.clamp %0 {{min_val = -7 : i8, max_val = 100 : i8}} : (tensor<256xi8>) -> tensor<256xi8>
return %1 : tensor<256xi8>"""
    np.testing.assert_array_equal(run(tmp_path, body, {"x": x}, "tensor<256xi8>"),
                                  np.clip(table, -7, 100))


@pytest.mark.parametrize("seed", SEEDS)
def test_linalg_quantized_matmul(tmp_path, seed):
    """The accumulator starts from what the program gives."""
    rng = np.random.default_rng(seed)
    m, k, n = rng.integers(1, 20, 3)
    az, bz = (int(z) for z in rng.integers(-128, 128, 2))
    a, b = int8(rng, m, k), int8(rng, k, n)
    init = rng.integers(-(1 << 20), 1 << 20, (m, n)).astype(np.int32)
    expected = (a.astype(np.int64) - az) @ (b.astype(np.int64) - bz) + init
    result = tensor(expected, "i32")
    text = np.array2string(init, separator=", ", threshold=10**9)
    body = f"""
%az = arith.constant {az} : i32
%bz = arith.constant {bz} : i32
%init = arith.constant dense<{text}> : {result}
%0 = linalg.quantized_matmul ins(%a, %b, %az, %bz : {tensor(a, "i8")}, {tensor(b, "i8")}, i32, i32)
  outs(%init : {result}) -> {result}
return %0 : {result}"""
    actual = run(tmp_path, body, {"a": a, "b": b}, result, ["--linalg-quantized-to-qnn"])
    np.testing.assert_array_equal(actual, expected)
