#===- test_f8.py - quantization to f8 beside ml_dtypes ---------------------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""Compiles qnn.quantize and qnn.dequantize for both f8 types.

ml_dtypes, which JAX computes with, is the other implementation: it knows nothing
of ours, and rounds half to even. It does not saturate; the test does.
"""

import ml_dtypes
import numpy as np
import pytest

import quantc
import stablehlo_programs

TYPES = {"f8E4M3FN": ml_dtypes.float8_e4m3fn, "f8E5M2": ml_dtypes.float8_e5m2}
PROGRAM = """
func.func @main(%x: tensor<{size}xf32> {{qnn.input = "x"}}) -> tensor<{size}xf32> {{
  %s = arith.constant dense<{scale}> : tensor<f32>
  %one = arith.constant dense<1.0> : tensor<f32>
  %q = qnn.quantize %x, scale %s : tensor<{size}xf32>, tensor<f32> -> tensor<{size}x{type}>
  %y = qnn.dequantize %q, scale %one : tensor<{size}x{type}>, tensor<f32> -> tensor<{size}xf32>
  return %y : tensor<{size}xf32>
}}
"""


def get_numbers(dtype):
    """All values of `dtype`, the middles of neighbours, what lies beside either,
    special values, and any floats."""
    values = np.arange(256, dtype=np.uint8).view(dtype).astype(np.float32)
    values = np.unique(values[np.isfinite(values)])
    middles = (values[1:] + values[:-1]) / 2
    exact = np.concatenate([values, middles])
    beside = [np.nextafter(exact, np.float32(limit)) for limit in (np.inf, -np.inf)]
    special = np.array([0.0, -0.0, np.nan, -np.nan, np.inf, -np.inf, 3.4e38, -3.4e38,
                        1e-45, -1e-45, 464.0, 61440.0], np.float32)
    random = np.random.default_rng(0).integers(0, 2**32, 100_000, np.uint32)
    return np.concatenate([exact, *beside, special, random.view(np.float32)])


@pytest.mark.parametrize("scale", [1.0, 0.375, 0.1])
@pytest.mark.parametrize("name", TYPES)
def test_quantize_matches_ml_dtypes(tmp_path, name, scale):
    dtype = TYPES[name]
    largest = np.float32(ml_dtypes.finfo(dtype).max)
    numbers = get_numbers(dtype)
    scale = np.float32(scale)
    with np.errstate(all="ignore"):
        quotients = numbers / scale
        expected = np.clip(quotients, -largest, largest).astype(dtype)
    (tmp_path / "f8.mlir").write_text(
        PROGRAM.format(size=numbers.size, scale=repr(float(scale)), type=name))
    stablehlo_programs.tool("quantc", "compile", tmp_path / "f8.mlir",
                            "-o", tmp_path / "bundle")
    bundle = quantc.Bundle(tmp_path / "bundle")
    (actual,) = bundle.run({"x": numbers}).values()
    stablehlo_programs.assert_same(actual, expected.astype(np.float32))
