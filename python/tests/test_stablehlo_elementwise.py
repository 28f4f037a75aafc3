#===- test_stablehlo_elementwise.py - arithmetic against JAX ---------------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest
from jax import lax
from stablehlo_programs import Case, Family, check, parameters

BF16 = ml_dtypes.bfloat16
FLOATS = [np.float32, np.float16, BF16]
SIGNED = [np.int8, np.int16, np.int32]
UNSIGNED = [np.uint8, np.uint32]
INTEGERS = SIGNED + UNSIGNED

# Ties, both zeros, both infinities, NaN, and numbers around the limits of
# functions and of integer types.
SPECIAL = [np.nan, np.inf, -np.inf, 0.0, -0.0, 0.5, -0.5, 1.5, 2.5, -2.5, 1.0, -1.0, 0.1, -0.1,
           3.7, -3.7, 20.0, -20.0, 127.5, -128.5, 255.9, 1e-4, -1e-4, 300.0, 65000.0]
# What approximations have no accurate result for would make a test of nothing
# but the approximation.
MODERATE = [0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 0.1, -0.1, 3.7, -3.7, 9.5, -9.5, 1e-4, -1e-4]


def floats(dtype, values=SPECIAL):
    with np.errstate(over="ignore"):
        return np.array(values).astype(dtype)


def limits(dtype):
    """The numbers where integer arithmetic is special."""
    info = np.iinfo(dtype)
    values = [info.min, info.min + 1, info.max, info.max - 1, 0, 1, 2, 3, 7, 8, 31, 32, 33]
    if info.min < 0:
        values += [-1, -2, -3, -8]
    return np.array(values, dtype)


def pairs(values):
    """All pairs of the values, as two arrays."""
    return np.repeat(values, len(values)), np.tile(values, len(values))


def name(dtype):
    return np.dtype(dtype).name


def tolerance(dtype):
    return {np.dtype(np.float32): 4e-6, np.dtype(np.float16): 2e-3,
            np.dtype(BF16): 1.6e-2}[np.dtype(dtype)]


def binary(fn):
    """Takes two arrays through a function whose name the operation bears."""
    return lambda x, y: fn(x, y)


EXACT_UNARY = {
    "abs": lax.abs, "ceil": lax.ceil, "floor": lax.floor, "negate": lax.neg, "sign": lax.sign,
    "is_finite": lax.is_finite,
    "round_nearest_even": lambda x: lax.round(x, lax.RoundingMethod.TO_NEAREST_EVEN),
    "round_nearest_afz": lambda x: lax.round(x, lax.RoundingMethod.AWAY_FROM_ZERO),
}
UNARY = {
    "cosine": lax.cos, "sine": lax.sin, "erf": lax.erf, "erfc": lax.erfc, "exponential": lax.exp,
    "exponential_minus_one": lax.expm1, "logistic": lax.logistic, "tanh": lax.tanh,
    "square": lax.square, "cbrt": lax.cbrt,
}
POSITIVE_UNARY = {"log": lax.log, "log_plus_one": lax.log1p, "sqrt": lax.sqrt, "rsqrt": lax.rsqrt}

FLOAT_UNARY = Family("float", [
    Case(f"{op}-{name(d)}", fn, (floats(d),)) for op, fn in EXACT_UNARY.items() for d in FLOATS
] + [
    Case(f"{op}-{name(d)}", fn, (floats(d, MODERATE + [np.nan, np.inf, -np.inf]),),
         rtol=tolerance(d), atol=1e-6)
    for op, fn in UNARY.items() if op not in ("sine", "cosine") for d in FLOATS
] + [
    Case(f"{op}-{name(d)}", UNARY[op], (floats(d, MODERATE + [np.nan]),), rtol=tolerance(d),
         atol=1e-6)
    for op in ("sine", "cosine") for d in FLOATS
] + [
    Case(f"{op}-{name(d)}", fn, (floats(d),), rtol=tolerance(d), atol=1e-6)
    for op, fn in POSITIVE_UNARY.items() for d in FLOATS
] + [
    Case("erfc_tail", lax.erfc, (np.linspace(-5, 9, 57, dtype=np.float32),), rtol=2e-5),
    Case("gelu", lambda x: jax.nn.gelu(x, approximate=False), (floats(np.float32, MODERATE),),
         rtol=1e-5, atol=1e-6),
    Case("scalar", lax.exp, (np.float32(0.25),), rtol=1e-6),
    Case("empty", lax.exp, (np.zeros((0, 3), np.float32),)),
    Case("size_1", lax.exp, (np.zeros((1, 1), np.float32),)),
    Case("reduce_precision", lambda x: lax.reduce_precision(x, 5, 10),
         (floats(np.float32, SPECIAL + [65519, 65520, 1e10, -1e10, 6.2e-5, 1e-8, 1.0009765]),)),
    Case("bf16_precision", lambda x: lax.reduce_precision(x, 8, 7),
         (floats(np.float32, SPECIAL + [1.00390625, 1.01171875, 3.4e38]),)),
])

FLOAT_BINARY = Family("float2", [
    Case(f"{op}-{name(d)}", binary(fn), pairs(floats(d)))
    for op, fn in {"add": lax.add, "subtract": lax.sub, "multiply": lax.mul}.items()
    for d in FLOATS
] + [
    Case(f"{op}-{name(d)}", binary(fn), pairs(floats(d)))
    for op, fn in {"maximum": lax.max, "minimum": lax.min}.items() for d in FLOATS
] + [
    Case(f"divide-{name(d)}", binary(lax.div), pairs(floats(d)), rtol=tolerance(d))
    for d in FLOATS
] + [
    Case(f"{op}-{name(d)}", binary(fn), pairs(floats(d, MODERATE + [np.nan, np.inf, -np.inf])),
         rtol=3 * tolerance(d), atol=1e-6)
    for op, fn in {"power": lax.pow, "atan2": lax.atan2, "remainder": lax.rem}.items()
    for d in FLOATS
])

INTEGER_UNARY = Family("integer", [
    Case(f"{op}-{name(d)}", fn, (limits(d),))
    for op, fn in {"negate": lax.neg, "not": lax.bitwise_not, "popcnt": lax.population_count,
                   "count_leading_zeros": lax.clz}.items() for d in INTEGERS
] + [
    Case(f"{op}-{name(d)}", fn, (limits(d),))
    for op, fn in {"abs": lax.abs, "sign": lax.sign}.items() for d in SIGNED
])

INTEGER_BINARY = Family("integer2", [
    Case(f"{op}-{name(d)}", binary(fn), pairs(limits(d)))
    for op, fn in {
        "add": lax.add, "subtract": lax.sub, "multiply": lax.mul, "divide": lax.div,
        "remainder": lax.rem, "maximum": lax.max, "minimum": lax.min, "and": lax.bitwise_and,
        "or": lax.bitwise_or, "xor": lax.bitwise_xor, "shift_left": lax.shift_left,
        "shift_right_arithmetic": lax.shift_right_arithmetic,
        "shift_right_logical": lax.shift_right_logical}.items() for d in INTEGERS
])

BOOLS = pairs(np.array([False, True]))
BOOL = Family("bool", [
    Case(op, binary(fn), BOOLS)
    for op, fn in {"and": lax.bitwise_and, "or": lax.bitwise_or, "xor": lax.bitwise_xor,
                   "maximum": lax.max, "minimum": lax.min, "lt": lax.lt, "ge": lax.ge,
                   "eq": lax.eq}.items()
] + [Case("not", lax.bitwise_not, BOOLS[:1])])

COMPARISONS = {"eq": lax.eq, "ne": lax.ne, "ge": lax.ge, "gt": lax.gt, "le": lax.le, "lt": lax.lt}
COMPARE = Family("compare", [
    Case(f"{op}-{name(d)}", binary(fn), pairs(values))
    for op, fn in COMPARISONS.items()
    for d, values in [(d, floats(d)) for d in FLOATS] + [(d, limits(d)) for d in INTEGERS]
] + [
    Case("total_order", lambda x, y: (lax.lt_to_p.bind(x, y), lax.le_to_p.bind(x, y)),
         pairs(floats(np.float32, [np.nan, -np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0]))),
])

WIDE = SPECIAL + [1e10, -1e10, 3e9, 2147483520.0, -2147483648.0, 32767.9, -32769.0, 254.5]
CONVERT = Family("convert", [
    Case(f"{name(a)}_{name(b)}", lambda x, b=b: lax.convert_element_type(x, b), (values,))
    for a, values in [(d, floats(d, WIDE)) for d in FLOATS] + [(d, limits(d)) for d in INTEGERS] +
    [(np.bool_, np.array([False, True]))]
    for b in FLOATS + INTEGERS + [np.bool_] if a is not b
] + [
    Case("bits", lambda x: lax.bitcast_convert_type(x, np.int32), (floats(np.float32),)),
    Case("bits_back", lambda x: lax.bitcast_convert_type(x, np.float32),
         (limits(np.uint32),)),
])

X = floats(np.float32)
SELECT = Family("select", [
    Case("select", lambda p, x, y: lax.select(p, x, y), (X > 0, X, -X)),
    Case("scalar_predicate", lambda p, x, y: lax.select(p, x, y), (np.bool_(True), X, -X)),
    Case("select_n", lambda i, *x: lax.select_n(i, *x),
         (np.arange(len(X), dtype=np.int32) % 3, X, -X, X + 1)),
    Case("clamp", lambda x: lax.clamp(np.float32(-1), x, np.float32(2)), (X,)),
    Case("clamp_tensors", lambda a, x, b: lax.clamp(a, x, b),
         tuple(np.float32(v) for v in ([0, 0, np.nan, 5], [np.nan, 3, 1, 7], [1, np.nan, 2, 2]))),
    Case("clamp_int", lambda x: lax.clamp(np.int8(-3), x, np.int8(5)), (limits(np.int8),)),
    Case("clamp_unsigned", lambda x: lax.clamp(np.uint8(3), x, np.uint8(200)),
         (limits(np.uint8),)),
    Case("softmax", lambda x: jax.nn.softmax(x),
         (np.random.default_rng(0).standard_normal((3, 7)).astype(np.float32),), rtol=1e-5),
    Case("variance", lambda x: jnp.var(x, axis=-1),
         (np.random.default_rng(0).standard_normal((3, 7)).astype(np.float32),), rtol=1e-5),
])

FAMILIES = [FLOAT_UNARY, FLOAT_BINARY, INTEGER_UNARY, INTEGER_BINARY, BOOL, COMPARE, CONVERT,
            SELECT]


@pytest.mark.parametrize("family, case", parameters(FAMILIES))
def test_elementwise(family, case):
    check(family, case)
