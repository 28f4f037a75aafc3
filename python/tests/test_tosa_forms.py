#===- test_tosa_forms.py - TOSA int8 in all its forms ------------------------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""Strides, dilations, padding on each side, borders and signedness: what
test_integer_programs.py leaves out, against the same integers."""

import numpy as np
import pytest

from test_integer_programs import apply_scale_32, const, int8, run, tensor, windows, zero_points

SEEDS = range(3)


def padded(x, pad):
    top, bottom, left, right = pad
    return np.pad(x, [(0, 0), (top, bottom), (left, right), (0, 0)])


def attributes(pad, stride, **others):
    fields = {"pad": pad, "stride": stride, **others}
    return ", ".join(f"{name} = array<i64: {', '.join(str(int(v)) for v in values)}>"
                     for name, values in sorted(fields.items()))


def sizes(rng, height, width, pad, kernel, stride, dilation):
    """The image grown so that the window fits exactly, as the specification asks."""
    result = []
    for size, before, after, k, s, d in zip((height, width), pad[::2], pad[1::2], kernel, stride,
                                            dilation):
        extent = d * (k - 1) + 1
        rest = max(size + before + after - extent, 0)
        result.append(int(extent - before - after + -(-rest // s) * s))
    return result


@pytest.mark.parametrize("depthwise", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_convolutions(tmp_path, seed, depthwise):
    rng = np.random.default_rng(seed)
    pad, stride, dilation = rng.integers(0, 3, 4), rng.integers(1, 3, 2), rng.integers(1, 3, 2)
    kernel = rng.integers(2, 4, 2)
    h, w = sizes(rng, 7, 8, pad, kernel, stride, dilation)
    c, m = (int(v) for v in rng.integers(1, 6, 2))
    xz = int(rng.integers(-128, 128))
    x = int8(rng, 2, h, w, c)
    extent = dilation * (kernel - 1) + 1
    view = windows(padded(x.astype(np.int64) - xz, pad), tuple(extent), (1, 2))
    view = view[:, ::stride[0], ::stride[1], :, ::dilation[0], ::dilation[1]]
    if depthwise:
        k = np.maximum(int8(rng, *kernel, c, m), -127)
        expected = np.einsum("nhwcij,ijcm->nhwcm", view, k.astype(np.int64))
        expected = expected.reshape(*expected.shape[:3], c * m)
    else:
        k = np.maximum(int8(rng, m, *kernel, c), -127)
        expected = np.einsum("nhwcij,oijc->nhwo", view, k.astype(np.int64))
    bias = rng.integers(-1000, 1000, expected.shape[-1]).astype(np.int32)
    expected = expected + bias
    name, result = "depthwise_conv2d" if depthwise else "conv2d", tensor(expected, "i32")
    body = f"""
{const("k", k, "i8")}
{const("b", bias, "i32")}
{zero_points(xz=xz, wz=0)}
%0 = tosa.{name} %x, %k, %b, %xz, %wz {{acc_type = i32, {attributes(pad, stride, dilation=dilation)}}}
  : ({tensor(x, "i8")}, {tensor(k, "i8")}, {tensor(bias, "i32")}, tensor<1xi8>, tensor<1xi8>) -> {result}
return %0 : {result}"""
    np.testing.assert_array_equal(run(tmp_path, body, {"x": x}, result), expected)


def reciprocal_scale(count):
    bits = (count - 1).astype(int)
    bits = np.vectorize(lambda n: int(n).bit_length())(bits)
    return ((1 << 30) + 1) * (np.int64(1) << bits) // count, 30 + bits


@pytest.mark.parametrize("seed", SEEDS)
def test_pooling_at_borders(tmp_path, seed):
    """What lies outside is not counted, and no maximum."""
    rng = np.random.default_rng(seed)
    kernel, stride = rng.integers(2, 4, 2), rng.integers(1, 3, 2)
    pad = np.array([rng.integers(0, k) for k in kernel for _ in range(2)])
    h, w = sizes(rng, 6, 7, pad, kernel, stride, (1, 1))
    x = int8(rng, 1, h, w, 3)
    iz, oz = (int(z) for z in rng.integers(-128, 128, 2))

    def windowed(values):
        view = windows(padded(values, pad), tuple(kernel), (1, 2))
        return view[:, ::stride[0], ::stride[1]]

    inside = windowed(np.ones(x.shape, np.int64))
    count = inside.sum((-2, -1))
    total = windowed(x.astype(np.int64) - iz).sum((-2, -1))
    averages = np.clip(apply_scale_32(total, *reciprocal_scale(count), False) + oz, -128, 127)
    maxima = np.where(inside, windowed(x.astype(np.int64)), -128).max((-2, -1))
    result = tensor(averages, "i8")
    common = attributes(pad, stride, kernel=kernel)
    for op, expected in [
            (f"tosa.avg_pool2d %x, %iz, %oz {{acc_type = i32, {common}}} : "
             f"({tensor(x, 'i8')}, tensor<1xi8>, tensor<1xi8>) -> {result}", averages),
            (f"tosa.max_pool2d %x {{{common}}} : ({tensor(x, 'i8')}) -> {result}", maxima)]:
        body = f"{zero_points(iz=iz, oz=oz)}\n%0 = {op}\nreturn %0 : {result}"
        np.testing.assert_array_equal(run(tmp_path, body, {"x": x}, result),
                                      expected.astype(np.int8))


@pytest.mark.parametrize("unsigned", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_rescale_between_bytes(tmp_path, seed, unsigned):
    """From i8 to another scale, per tensor; to ui8 where `unsigned`."""
    rng = np.random.default_rng(seed)
    x = np.arange(-128, 128).astype(np.int8)
    iz, oz = int(rng.integers(-128, 128)), int(rng.integers(0, 100))
    multiplier, shift = rng.integers(1 << 30, (1 << 31) - 1, 1), rng.integers(29, 33, 1)
    scaled = apply_scale_32(x.astype(np.int64) - iz, multiplier, shift, False) + oz
    expected = np.clip(scaled, *((0, 255) if unsigned else (-128, 127)))
    body = f"""
{const("m", multiplier, "i32")}
{const("s", shift, "i8")}
{zero_points(iz=iz, oz=oz)}
%0 = tosa.rescale %x, %m, %s, %iz, %oz {{scale32 = true, rounding_mode = SINGLE_ROUND,
  per_channel = false, input_unsigned = false, output_unsigned = {str(unsigned).lower()}}}
  : (tensor<256xi8>, tensor<1xi32>, tensor<1xi8>, tensor<1xi8>, tensor<1xi8>) -> tensor<256xi8>
return %0 : tensor<256xi8>"""
    actual = run(tmp_path, body, {"x": x}, "tensor<256xi8>")
    np.testing.assert_array_equal(actual.view(np.uint8), expected.astype(np.uint8))


def test_matmul_of_extremes(tmp_path):
    """The largest products that there are, and a dimension of size 1."""
    a, b = np.full((1, 1, 300), -128, np.int8), np.full((1, 300, 1), -128, np.int8)
    expected = (a.astype(np.int64) - 127) @ (b.astype(np.int64) - 127)
    body = f"""
{zero_points(az=127, bz=127)}
%0 = tosa.matmul %a, %b, %az, %bz
  : ({tensor(a, "i8")}, {tensor(b, "i8")}, tensor<1xi8>, tensor<1xi8>) -> tensor<1x1x1xi32>
return %0 : tensor<1x1x1xi32>"""
    np.testing.assert_array_equal(run(tmp_path, body, {"a": a, "b": b}, "tensor<1x1x1xi32>"),
                                  expected)
