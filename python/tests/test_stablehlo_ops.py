#===- test_stablehlo_ops.py - structured operations against JAX ------------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#

import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest
from jax import lax
from stablehlo_programs import Case, Family, check, parameters

RNG = np.random.default_rng(0)


def normal(*shape, dtype=np.float32):
    return RNG.standard_normal(shape).astype(dtype)


def integers(*shape, dtype=np.int32, low=-9, high=9):
    return RNG.integers(low, high, shape).astype(dtype)


def count(*shape, dtype=np.float32):
    return np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)


SPECIAL = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.5, 3e38, 1e-40], np.float32)
DTYPES = [np.float32, np.float16, ml_dtypes.bfloat16, np.bool_, np.int8, np.int16,
          np.int32, np.uint8, np.uint32]


def broadcast(shape, dims):
    return lambda x: lax.broadcast_in_dim(x, shape, dims)


BROADCAST = Family("broadcast_in_dim", [
    Case("scalar", broadcast((2, 3), ()), (np.float32(-0.0),)),
    Case("rows", broadcast((2, 3), (1,)), (count(3),)),
    Case("columns", broadcast((2, 3), (0,)), (count(2),)),
    Case("size_1", broadcast((4, 3), (0, 1)), (count(4, 1),)),
    Case("size_1_both", broadcast((4, 3), (0, 1)), (count(1, 1),)),
    Case("size_1_kept", broadcast((2, 1, 3), (0, 1)), (count(2, 1),)),
    Case("new_1", broadcast((3, 1), (0,)), (count(3),)),
    Case("middle", broadcast((2, 5, 3), (0, 2)), (count(2, 3),)),
    Case("empty", broadcast((0, 3), (1,)), (count(3),)),
    Case("empty_source", broadcast((2, 0), (1,)), (count(0),)),
    Case("special", broadcast((2, 9), (1,)), (SPECIAL,)),
    Case("added", lambda x, b: x + b[None, :, None], (normal(2, 3, 4), normal(3))),
    *[Case(np.dtype(d).name, broadcast((2, 4), (1,)), (count(4).astype(d),)) for d in DTYPES],
])

RESHAPE = Family("reshape", [
    Case(f"{'x'.join(map(str, a)) or 's'}_{'x'.join(map(str, b)) or 's'}",
         lambda x, b=b: lax.reshape(x, b), (count(*a),))
    for a, b in [((2, 3), (6,)), ((6,), (2, 3)), ((2, 3), (3, 2)), ((1, 1), ()), ((), (1, 1)),
                 ((), ()), ((2, 3, 4), (6, 4)), ((4, 6), (2, 2, 6)), ((2, 3, 4), (4, 3, 2)),
                 ((1, 3, 1), (3,)), ((3,), (1, 3, 1)), ((3, 1), (1, 3)), ((0, 3), (0,)),
                 ((0, 3), (5, 0)), ((0,), (2, 0)), ((2, 1, 3), (2, 3, 1))]])

TRANSPOSE = Family("transpose", [
    Case("".join(map(str, p)) + "_" + "x".join(map(str, s)),
         lambda x, p=p: lax.transpose(x, p), (count(*s),))
    for s, p in [((2, 3), (1, 0)), ((2, 3), (0, 1)), ((2, 3, 4), (2, 0, 1)),
                 ((2, 3, 4), (1, 0, 2)), ((1, 3, 4), (1, 0, 2)), ((0, 3), (1, 0)),
                 ((1, 1), (1, 0)), ((2, 3, 4, 5), (0, 2, 1, 3))]] + [
    Case("twice", lambda x: lax.transpose(lax.transpose(x, (1, 2, 0)), (1, 0, 2)),
         (count(2, 3, 4),)),
    Case("added", lambda x, y: x.T + y, (normal(3, 4), normal(4, 3))),
])

SLICE = Family("slice", [
    Case("plain", lambda x: x[1:3, 2:4], (count(4, 5),)),
    Case("strided", lambda x: lax.slice(x, (0, 1), (4, 5), (3, 2)), (count(4, 5),)),
    Case("strided_whole", lambda x: lax.slice(x, (1,), (4,), (2,)), (count(4),)),
    Case("empty", lambda x: x[2:2], (count(4, 5),)),
    Case("all", lambda x: x[0:4], (count(4, 5),)),
    Case("one", lambda x: lax.slice(x, (3,), (4,), (5,)), (count(4),)),
    Case("of_empty", lambda x: x[0:0, 1:2], (count(0, 5),)),
    *[Case(np.dtype(d).name, lambda x: x[1:3], (count(4).astype(d),)) for d in DTYPES],
])

CONCATENATE = Family("concatenate", [
    Case("rows", lambda *x: jnp.concatenate(x, 0), (count(2, 3), count(1, 3), count(4, 3))),
    Case("columns", lambda *x: jnp.concatenate(x, 1), (count(2, 3), count(2, 1))),
    Case("empty", lambda *x: jnp.concatenate(x, 0), (count(0, 3), count(2, 3))),
    Case("all_empty", lambda *x: jnp.concatenate(x, 0), (count(0, 3), count(0, 3))),
    Case("one", lambda x: jnp.concatenate([x], 0), (SPECIAL,)),
    Case("same", lambda x: jnp.concatenate([x, x], 0), (SPECIAL,)),
    Case("stack", lambda *x: jnp.stack(x, 1), (count(3), count(3))),
])

PAD = Family("pad", [
    Case(f"{'x'.join(map(str, s))}_{i}", lambda x, c=c: lax.pad(x, np.float32(-7), c), (count(*s),))
    for i, (s, c) in enumerate([
        ((3,), [(1, 2, 0)]), ((3,), [(0, 0, 2)]), ((3,), [(1, 1, 1)]), ((4,), [(-1, -2, 0)]),
        ((4,), [(-1, 2, 0)]), ((2,), [(-3, 5, 0)]), ((3,), [(-2, 3, 1)]), ((3,), [(2, -4, 2)]),
        ((2, 3), [(1, 0, 0), (0, 2, 1)]), ((2, 3), [(0, 0, 0), (0, 0, 0)]), ((0,), [(1, 2, 3)]),
        ((0, 2), [(0, 0, 1), (1, 1, 0)]), ((1,), [(0, 0, 4)]), ((4,), [(-4, 0, 0)]),
        ((3,), [(-1, -1, 1)])])] + [
    Case("value", lambda x, v: lax.pad(x, v, [(1, 1, 0)]), (SPECIAL, np.float32(np.nan))),
    Case("int8", lambda x: lax.pad(x, np.int8(3), [(1, 1, 1)]), (count(3, dtype=np.int8),)),
])

REVERSE = Family("reverse", [
    Case("both", lambda x: lax.rev(x, (0, 1)), (count(2, 3),)),
    Case("one", lambda x: lax.rev(x, (1,)), (count(2, 3, 2),)),
    Case("empty", lambda x: lax.rev(x, (0,)), (count(0, 3),)),
    Case("single", lambda x: lax.rev(x, (0,)), (count(1),)),
    Case("special", lambda x: lax.rev(x, (0,)), (SPECIAL,)),
])

IOTA = Family("iota", [
    Case(np.dtype(d).name, lambda d=d: lax.broadcasted_iota(d, (2, 3), 1), ())
    for d in DTYPES if d is not np.bool_] + [
    Case("rows", lambda: lax.broadcasted_iota(np.int32, (3, 2), 0), ()),
    Case("empty", lambda: lax.iota(np.int32, 0), ()),
])

INDICES = [np.int32(i) for i in (0, 2, 3, 99, -1, -99)]
DYNAMIC = Family("dynamic_slice", [
    Case(f"slice_{i}", lambda x, i: lax.dynamic_slice(x, (i, i), (2, 3)), (count(4, 5), i))
    for i in INDICES] + [
    Case(f"update_{i}", lambda x, u, i: lax.dynamic_update_slice(x, u, (i, np.int32(1))),
         (count(4, 5), -count(2, 2), i)) for i in INDICES] + [
    Case("index", lambda x, i: lax.dynamic_index_in_dim(x, i, 1), (count(4, 5), np.int32(4))),
    Case("whole", lambda x, i: lax.dynamic_slice(x, (i,), (4,)), (count(4), np.int32(2))),
    Case("unsigned", lambda x, i: lax.dynamic_slice(x, (i,), (2,)), (count(300), np.uint8(200))),
    Case("unsigned_large", lambda x, i: lax.dynamic_slice(x, (i,), (2,)),
         (count(5), np.uint32(2**32 - 1))),
    Case("empty", lambda x, i: lax.dynamic_slice(x, (i,), (0,)), (count(5), np.int32(2))),
    Case("empty_update", lambda x, u, i: lax.dynamic_update_slice(x, u, (i,)),
         (count(5), count(0), np.int32(9))),
    Case("int8_index", lambda x, i: lax.dynamic_slice(x, (i,), (2,)), (count(5), np.int8(-1))),
    Case("kept", lambda x, i: (x, lax.dynamic_update_slice(x, jnp.ones(2), (i,))),
         (count(5), np.int32(1))),
])


def gather(numbers, sizes, mode=None):
    return lambda x, i: lax.gather(x, i, lax.GatherDimensionNumbers(**numbers), sizes, mode=mode)


ROWS = dict(offset_dims=(1,), collapsed_slice_dims=(0,), start_index_map=(0,))
GATHER = Family("gather", [
    Case("rows", gather(ROWS, (1, 3)), (count(5, 3), np.int32([[4], [0], [2]]))),
    Case("clamped", gather(ROWS, (1, 3), "clip"), (count(5, 3), np.int32([[7], [-3]]))),
    Case("windows", gather(dict(offset_dims=(0, 1), collapsed_slice_dims=(),
                                start_index_map=(1, 0)), (2, 2), "clip"),
         (count(4, 5), np.int32([[4, 1], [2, 9], [-1, 0]]))),
    Case("points", gather(dict(offset_dims=(), collapsed_slice_dims=(0, 1),
                               start_index_map=(0, 1)), (1, 1), "clip"),
         (count(4, 5), np.int32([[[3, 4], [0, 1]], [[9, 9], [1, -2]]]))),
    Case("batching", gather(dict(offset_dims=(1,), collapsed_slice_dims=(1,),
                                 operand_batching_dims=(0,), start_indices_batching_dims=(0,),
                                 start_index_map=(1,)), (1, 1, 2), "clip"),
         (count(3, 4, 5), np.int32([[1], [3], [9]]))),
    Case("take", lambda x, i: x[i], (count(5, 3), np.int32([0, 4, -1]))),
    Case("take_nd", lambda x, i, j: x[i, :, j], (count(5, 3, 4), np.int32([0, 4]), np.int32([3, 1]))),
    Case("fill", lambda x, i: jnp.take(x, i, axis=0), (count(5, 3), np.int32([0, 9, -1]))),
    Case("along", lambda x, i: jnp.take_along_axis(x, i, axis=1),
         (count(2, 5), np.int32([[0, 4], [2, 1]]))),
    Case("no_indices", gather(ROWS, (1, 3)), (count(5, 3), np.zeros((0, 1), np.int32))),
    Case("embedding", lambda t, i: t[i], (normal(17, 4), integers(2, 6, low=0, high=17))),
    Case("uint8_index", lambda t, i: t[i], (normal(200, 2), np.uint8([199, 0, 130]))),
])


def dot(numbers, out=None):
    return lambda x, y: lax.dot_general(x, y, numbers, preferred_element_type=out)


F32 = dict(rtol=2e-6, atol=2e-6)
DOT = Family("dot_general", [
    Case("matmul", lambda x, y: x @ y, (normal(5, 7), normal(7, 6)), **F32),
    Case("rhs_transposed", lambda x, y: x @ y.T, (normal(5, 7), normal(6, 7)), **F32),
    Case("lhs_transposed", lambda x, y: x.T @ y, (normal(7, 5), normal(7, 6)), **F32),
    Case("both_transposed", lambda x, y: (y.T @ x.T), (normal(5, 7), normal(7, 6)), **F32),
    Case("result_transposed", lambda x, y: (x @ y).T, (normal(5, 7), normal(7, 6)), **F32),
    Case("used_twice", lambda x, y: ((x @ y).T, x @ y), (normal(5, 7), normal(7, 6)), **F32),
    Case("vectors", lambda x, y: x @ y, (normal(7), normal(7)), **F32),
    Case("matrix_vector", lambda x, y: x @ y, (normal(5, 7), normal(7)), **F32),
    Case("vector_matrix", lambda x, y: x @ y, (normal(7), normal(7, 5)), **F32),
    Case("batch", lambda x, y: x @ y, (normal(3, 5, 7), normal(3, 7, 6)), **F32),
    Case("batch_transposed", dot((((2,), (2,)), ((0,), (0,)))),
         (normal(3, 5, 7), normal(3, 6, 7)), **F32),
    Case("batch_inside", dot((((0,), (2,)), ((1,), (0,)))),
         (normal(7, 3, 5), normal(3, 6, 7)), **F32),
    Case("two_batches", dot((((3,), (1,)), ((0, 1), (3, 0)))),
         (normal(2, 3, 5, 7), normal(3, 7, 6, 2)), **F32),
    Case("linear", lambda x, y: x @ y, (normal(2, 5, 7), normal(7, 6)), **F32),
    Case("two_contractions", dot((((1, 2), (2, 0)), ((), ()))),
         (normal(5, 3, 4), normal(4, 6, 3)), **F32),
    Case("outer", dot((((), ()), ((), ()))), (normal(3), normal(4)), **F32),
    Case("attention_scores", lambda q, k: jnp.einsum("bqhd,bkhd->bhqk", q, k),
         (normal(2, 5, 3, 4), normal(2, 6, 3, 4)), **F32),
    Case("attention_values", lambda p, v: jnp.einsum("bhqk,bkhd->bqhd", p, v),
         (normal(2, 3, 5, 6), normal(2, 6, 3, 4)), **F32),
    Case("swapped", lambda x, w: jnp.einsum("df,btd->btf", w, x), (normal(2, 5, 7), normal(7, 6)),
         **F32),
    Case("empty_sum", lambda x, y: x @ y, (normal(5, 0), normal(0, 6)), **F32),
    Case("empty_result", lambda x, y: x @ y, (normal(0, 7), normal(7, 6)), **F32),
    Case("ones", lambda x, y: x @ y, (normal(1, 1), normal(1, 1)), **F32),
    Case("infinity", lambda x, y: x @ y, (np.float32([[np.inf, 1], [0, np.nan]]), normal(2, 2)),
         **F32),
    Case("int8", dot((((1,), (0,)), ((), ())), np.int32),
         (integers(5, 7, dtype=np.int8, low=-128, high=128),
          integers(7, 6, dtype=np.int8, low=-128, high=128))),
    Case("uint8", dot((((1,), (0,)), ((), ())), np.int32),
         (integers(5, 7, dtype=np.uint8, low=0, high=256),
          integers(7, 6, dtype=np.uint8, low=0, high=256))),
    Case("int8_wraps", lambda x, y: x @ y, (integers(5, 7, dtype=np.int8, low=-128, high=128),
                                            integers(7, 6, dtype=np.int8))),
    Case("int32", lambda x, y: x @ y, (integers(5, 7), integers(7, 6))),
    Case("bool", lambda x, y: x @ y, (integers(3, 4) > 3, integers(4, 5) > 3)),
    Case("bfloat16", lambda x, y: x @ y, (normal(5, 70, dtype=ml_dtypes.bfloat16),
                                          normal(70, 6, dtype=ml_dtypes.bfloat16)),
         rtol=8e-3, atol=8e-3),
    Case("bfloat16_to_float32", dot((((1,), (0,)), ((), ())), np.float32),
         (normal(5, 70, dtype=ml_dtypes.bfloat16), normal(70, 6, dtype=ml_dtypes.bfloat16)),
         rtol=1e-5, atol=1e-5),
    Case("float16", lambda x, y: x @ y, (normal(5, 7, dtype=np.float16),
                                         normal(7, 6, dtype=np.float16)), rtol=2e-3, atol=2e-3),
])


def convolve(spec, **options):
    def fn(x, k):
        rank = x.ndim - 2
        return lax.conv_general_dilated(
            x, k, options.get("stride", (1,) * rank), options.get("padding", "VALID"),
            lhs_dilation=options.get("lhs_dilation"), rhs_dilation=options.get("rhs_dilation"),
            dimension_numbers=spec, feature_group_count=options.get("groups", 1),
            batch_group_count=options.get("batch_groups", 1),
            preferred_element_type=options.get("out"))
    return fn


NHWC = ("NHWC", "HWIO", "NHWC")
NCHW = ("NCHW", "OIHW", "NCHW")
IMAGE, KERNEL = (2, 9, 8, 3), (3, 2, 3, 4)
CONVOLUTION = Family("convolution", [
    Case("nhwc", convolve(NHWC), (normal(*IMAGE), normal(*KERNEL)), **F32),
    Case("nchw", convolve(NCHW), (normal(2, 3, 9, 8), normal(4, 3, 3, 2)), **F32),
    Case("nchw_hwio", convolve(("NCHW", "HWIO", "NCHW")), (normal(2, 3, 9, 8), normal(*KERNEL)),
         **F32),
    Case("mixed", convolve(("HWNC", "OHWI", "CWHN")), (normal(9, 8, 2, 3), normal(4, 3, 2, 3)),
         **F32),
    Case("same", convolve(NHWC, padding="SAME"), (normal(*IMAGE), normal(*KERNEL)), **F32),
    Case("strided", convolve(NHWC, stride=(2, 3), padding="SAME"),
         (normal(*IMAGE), normal(*KERNEL)), **F32),
    Case("padded", convolve(NHWC, padding=((1, 2), (0, 3))), (normal(*IMAGE), normal(*KERNEL)),
         **F32),
    Case("cropped", convolve(NHWC, padding=((-1, 2), (3, -2))), (normal(*IMAGE), normal(*KERNEL)),
         **F32),
    Case("kernel_dilated", convolve(NHWC, rhs_dilation=(2, 3)), (normal(*IMAGE), normal(*KERNEL)),
         **F32),
    Case("input_dilated", convolve(NHWC, lhs_dilation=(2, 3), padding=((1, 0), (0, 1))),
         (normal(*IMAGE), normal(*KERNEL)), **F32),
    Case("transposed", lambda x, k: lax.conv_transpose(x, k, (2, 2), "SAME"),
         (normal(*IMAGE), normal(3, 3, 3, 4)), **F32),
    Case("transposed_kernel", lambda x, k: lax.conv_transpose(
        x, k, (2, 2), "VALID", transpose_kernel=True), (normal(*IMAGE), normal(3, 3, 4, 3)), **F32),
    Case("depthwise", convolve(NHWC, groups=3), (normal(*IMAGE), normal(3, 2, 1, 3)), **F32),
    Case("depthwise_multiplied", convolve(NHWC, groups=3, stride=(2, 1)),
         (normal(*IMAGE), normal(3, 2, 1, 6)), **F32),
    Case("grouped", convolve(NHWC, groups=2, rhs_dilation=(1, 2)),
         (normal(2, 9, 8, 4), normal(3, 2, 2, 6)), **F32),
    Case("grouped_nchw", convolve(NCHW, groups=2), (normal(2, 4, 9, 8), normal(6, 2, 3, 2)), **F32),
    Case("batch_grouped", convolve(NHWC, batch_groups=2), (normal(4, 9, 8, 3), normal(3, 2, 3, 6)),
         **F32),
    Case("1d", convolve(("NWC", "WIO", "NWC"), stride=(2,)), (normal(2, 9, 3), normal(4, 3, 5)),
         **F32),
    Case("1d_ncw", convolve(("NCW", "OIW", "NCW")), (normal(2, 3, 9), normal(5, 3, 4)), **F32),
    Case("1d_depthwise", convolve(("NWC", "WIO", "NWC"), groups=3), (normal(2, 9, 3), normal(4, 1, 3)),
         **F32),
    Case("3d", convolve(("NDHWC", "DHWIO", "NDHWC")), (normal(2, 4, 5, 6, 3), normal(2, 3, 2, 3, 4)),
         **F32),
    Case("3d_depthwise", convolve(("NDHWC", "DHWIO", "NDHWC"), groups=3),
         (normal(1, 4, 5, 6, 3), normal(2, 3, 2, 1, 6)), **F32),
    Case("1x1", convolve(NHWC), (normal(1, 1, 1, 3), normal(1, 1, 3, 1)), **F32),
    Case("too_small", convolve(NHWC), (normal(1, 2, 2, 3), normal(3, 3, 3, 4)), **F32),
    Case("empty_batch", convolve(NHWC), (normal(0, 9, 8, 3), normal(*KERNEL)), **F32),
    Case("no_channels", convolve(NHWC), (normal(2, 9, 8, 0), normal(3, 2, 0, 4)), **F32),
    Case("int8", convolve(NHWC, out=np.int32, padding="SAME"),
         (integers(*IMAGE, dtype=np.int8, low=-128, high=128),
          integers(*KERNEL, dtype=np.int8, low=-128, high=128))),
    Case("uint8", convolve(NHWC, out=np.int32), (integers(*IMAGE, dtype=np.uint8, low=0, high=256),
                                                 integers(*KERNEL, dtype=np.uint8, low=0, high=256))),
    Case("bfloat16", convolve(NHWC), (normal(*IMAGE, dtype=ml_dtypes.bfloat16),
                                      normal(*KERNEL, dtype=ml_dtypes.bfloat16)),
         rtol=8e-3, atol=8e-3),
])

TIES = np.float32([[1, 3, 3, -2], [np.nan, 5, np.nan, 1], [-0.0, 0.0, -1, 0]])
REDUCE = Family("reduce", [
    Case("sum", lambda x: x.sum(1), (normal(3, 40),), **F32),
    Case("sum_first", lambda x: x.sum(0), (normal(3, 40),), **F32),
    Case("sum_all", lambda x: x.sum(), (normal(3, 4, 5),), **F32),
    Case("sum_outer", lambda x: x.sum((0, 2)), (normal(3, 4, 5),), **F32),
    Case("mean", lambda x: x.mean(-1, keepdims=True), (normal(3, 4, 5),), **F32),
    Case("max", lambda x: x.max(1), (TIES,), rtol=0.0),
    Case("min", lambda x: x.min(1), (TIES,), rtol=0.0),
    Case("prod", lambda x: x.prod(1), (normal(3, 4),), **F32),
    Case("argmax", lambda x: jnp.argmax(x, 1), (TIES,)),
    Case("argmin", lambda x: jnp.argmin(x, 0), (TIES,)),
    Case("argmax_int", lambda x: jnp.argmax(x, 1), (integers(4, 30),)),
    Case("any", lambda x: (x > 8).any(1), (integers(4, 7),)),
    Case("all", lambda x: (x > -9).all(1), (integers(4, 7),)),
    Case("sum_int8", lambda x: lax.reduce(x, np.int8(0), lax.add, (1,)),
         (integers(4, 30, dtype=np.int8, low=-128, high=128),)),
    Case("max_uint8", lambda x: x.max(1), (integers(4, 5, dtype=np.uint8, low=0, high=256),)),
    Case("sum_empty", lambda x: x.sum(1), (normal(3, 0),)),
    Case("max_empty", lambda x: lax.reduce(x, -np.float32(np.inf), lax.max, (1,)), (normal(3, 0),)),
    Case("none_left", lambda x: x.sum(1), (normal(0, 3),)),
    Case("ones", lambda x: x.sum((0, 1)), (normal(1, 1),)),
    Case("start", lambda x: lax.reduce(x, np.float32(10), lax.add, (0,)), (normal(7),), **F32),
    Case("bfloat16", lambda x: x.sum(1), (normal(3, 40, dtype=ml_dtypes.bfloat16),), rtol=8e-3,
         atol=8e-3),
    Case("two", lambda x, y: lax.reduce((x, y), (np.float32(0), np.int32(1)),
                                        lambda a, b: (a[0] + b[0], a[1] * b[1]), (0,)),
         (normal(5, 2), integers(5, 2)), **F32),
    Case("softmax", lambda x: jnp.exp(x - x.max(-1, keepdims=True)), (normal(3, 4),), rtol=1e-6),
])


def window(init, op, sizes, strides=None, padding="VALID", base=None, dilation=None):
    return lambda x: lax.reduce_window(x, np.asarray(init, x.dtype), op, sizes, strides or (1,) * x.ndim,
                                       padding, base_dilation=base, window_dilation=dilation)


REDUCE_WINDOW = Family("reduce_window", [
    Case("max", window(-np.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1)), (normal(2, 6, 7, 3),)),
    Case("max_same", window(-np.inf, lax.max, (1, 3, 3, 1), (1, 2, 2, 1), "SAME"),
         (normal(2, 6, 7, 3),)),
    Case("max_nan", window(-np.inf, lax.max, (2,)), (SPECIAL,)),
    Case("min", window(np.inf, lax.min, (1, 2, 3, 1)), (normal(2, 6, 7, 3),)),
    Case("sum", window(0, lax.add, (1, 2, 2, 1), (1, 2, 2, 1)), (normal(2, 6, 7, 3),), **F32),
    Case("sum_same", window(0, lax.add, (1, 3, 3, 1), (1, 2, 2, 1), "SAME"), (normal(2, 6, 7, 3),),
         **F32),
    Case("nchw", window(-np.inf, lax.max, (1, 1, 2, 2), (1, 1, 2, 2)), (normal(2, 3, 6, 7),)),
    Case("nchw_min", window(np.inf, lax.min, (1, 1, 2, 2), (1, 1, 2, 2)), (normal(2, 3, 6, 7),)),
    Case("1d", window(-np.inf, lax.max, (1, 3, 1), (1, 2, 1)), (normal(2, 9, 3),)),
    Case("3d", window(0, lax.add, (1, 2, 2, 2, 1)), (normal(1, 4, 5, 3, 2),), **F32),
    Case("dilated", window(-np.inf, lax.max, (1, 2, 2, 1), dilation=(1, 2, 3, 1)),
         (normal(2, 6, 7, 3),)),
    Case("base_dilated", window(0, lax.add, (2, 2), base=(2, 3)), (normal(3, 4),), **F32),
    Case("all_dims", window(0, lax.add, (2, 2, 2, 2)), (normal(3, 3, 3, 3),), **F32),
    Case("strided_only", window(0, lax.add, (1, 1), (2, 3)), (normal(5, 7),), **F32),
    Case("product", window(1, lax.mul, (3,)), (normal(8),), **F32),
    Case("int8", window(-128, lax.max, (1, 2, 2, 1)), (integers(1, 4, 4, 2, dtype=np.int8),)),
    Case("uint8", window(0, lax.max, (1, 2, 2, 1)),
         (integers(1, 4, 4, 2, dtype=np.uint8, low=0, high=256),)),
    Case("cumsum", lambda x: jnp.cumsum(x, 1), (integers(3, 7),)),
    Case("cumlogsumexp_like", lambda x: lax.cummax(x, 1), (normal(3, 7),)),
    Case("too_small", window(0, lax.add, (4,)), (normal(3),)),
    Case("empty", window(0, lax.add, (1, 2)), (normal(0, 3),)),
])

TOP_K = Family("top_k", [
    Case("rows", lambda x: lax.top_k(x, 3), (normal(4, 9),)),
    Case("ties", lambda x: lax.top_k(x, 4), (np.float32([[1, 3, 3, 2, 3], [0, 0, 0, 0, 0]]),)),
    Case("nan", lambda x: lax.top_k(x, 3), (np.float32([[1, np.nan, 3, -np.inf, np.inf]]),)),
    Case("all", lambda x: lax.top_k(x, 5), (normal(5),)),
    Case("one", lambda x: lax.top_k(x, 1), (normal(2, 3, 4),)),
    Case("int32", lambda x: lax.top_k(x, 3), (integers(4, 9),)),
    Case("uint8", lambda x: lax.top_k(x, 3), (integers(4, 9, dtype=np.uint8, low=0, high=256),)),
    Case("bfloat16", lambda x: lax.top_k(x, 3), (normal(4, 9, dtype=ml_dtypes.bfloat16),)),
    Case("none", lambda x: lax.top_k(x, 0), (normal(4, 9),)),
])

CONSTANT = Family("constant", [
    Case(f"{np.dtype(d).name}_{kind}", lambda v=v: jnp.asarray(v), ())
    for d in DTYPES for kind, v in [("list", count(2, 3).astype(d)), ("splat", np.ones((2, 2), d)),
                                    ("empty", np.zeros((0, 2), d)), ("scalar", np.ones((), d))]] + [
    Case("special", lambda: jnp.asarray(SPECIAL), ()),
    Case("large", lambda v=normal(30, 40): jnp.asarray(v), ()),
])



def masked(mask, q, k):
    return jnp.where(mask, q @ k, -1e9)


def computed(q, k):
    """A mask that costs more than its memory, so that it stands there."""
    i, j = (lax.broadcasted_iota(np.int32, (q.shape[-2], k.shape[-1]), d) for d in (0, 1))
    return jnp.where((i * 3 - j * 5 + i * j) % 7 > 2, q @ k, -1e9)


def booleans(*shape):
    return RNG.integers(0, 2, shape).astype(np.bool_)


# Products are exact, so that all bits are.
SCORES = [(integers(3, m, 5).astype(np.float32), integers(3, 5, n).astype(np.float32))
          for m, n in [(16, 16), (6, 7), (1, 40), (9, 1)]]

MASK = Family("mask", [case for q, k in SCORES for m, n in [(q.shape[1], k.shape[2])] for case in [
    Case(f"all_{m}_{n}", masked, (booleans(3, m, n), q, k)),
    Case(f"batch_{m}_{n}", masked, (booleans(m, n), q, k)),
    Case(f"rows_{m}_{n}", masked, (booleans(3, m, 1), q, k)),
    Case(f"columns_{m}_{n}", masked, (booleans(n), q, k)),
    Case(f"computed_{m}_{n}", computed, (q, k)),
    Case(f"int8_{m}_{n}", lambda mask, q, k: jnp.where(mask, lax.dot_general(
        q, k, (((2,), (1,)), ((0,), (0,))), preferred_element_type=np.int32), -7),
        (booleans(m, n), q.astype(np.int8), k.astype(np.int8))),
    Case(f"compare_{m}_{n}", lambda q, k: q @ k > 3, (q, k)),
    Case(f"compare_both_{m}_{n}", lambda mask, q, k: (mask & (q @ k > 3), ~mask),
         (booleans(m, n), q, k)),
    Case(f"any_{m}_{n}", lambda q, k: ((q @ k > 3).any(-1), (q @ k > 3).all(-2)), (q, k)),
]])

FAMILIES = [BROADCAST, RESHAPE, TRANSPOSE, SLICE, CONCATENATE, PAD, REVERSE, IOTA, DYNAMIC, GATHER,
            DOT, CONVOLUTION, REDUCE, REDUCE_WINDOW, TOP_K, CONSTANT,
            MASK]


@pytest.mark.parametrize("family, name", parameters(FAMILIES))
def test_like_jax(family, name):
    check(family, name)
