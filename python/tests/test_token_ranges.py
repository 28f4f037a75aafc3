#===- test_token_ranges.py - calibrated scales of each token ----------------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""A product whose activation has static scales for each position, bit by bit.

The model is calibrated, quantized and compiled by quantc; its result is compared with
docs/arithmetic.md in numpy, from the data alone.
"""

import json

import numpy as np
import pytest
from safetensors.numpy import save_file

import quantc
from command_line import run_quantc

BATCH, TOKENS, CHANNELS, OUTPUTS, SAMPLES = 2, 6, 8, 5, 40
MODEL = f"""\
module @tokens {{
  func.func public @main(
      %x: tensor<{BATCH}x{TOKENS}x{CHANNELS}xf32> {{qnn.input = "x"}},
      %mask: tensor<{BATCH}x{TOKENS}xi32> {{qnn.input = "mask"}},
      %w: tensor<{CHANNELS}x{OUTPUTS}xf32> {{qnn.parameter = "up.w"}})
      -> (tensor<{BATCH}x{TOKENS}x{OUTPUTS}xf32> {{qnn.output = "y"}}) {{
    %0 = stablehlo.dot_general %x, %w, contracting_dims = [2] x [0]
      : (tensor<{BATCH}x{TOKENS}x{CHANNELS}xf32>, tensor<{CHANNELS}x{OUTPUTS}xf32>)
      -> tensor<{BATCH}x{TOKENS}x{OUTPUTS}xf32>
    return %0 : tensor<{BATCH}x{TOKENS}x{OUTPUTS}xf32>
  }}
}}
"""


@pytest.fixture
def folder(tmp_path):
    """Tokens that differ by a power of ten from one to the next."""
    random = np.random.default_rng(5)
    x = random.standard_normal((SAMPLES, TOKENS, CHANNELS), dtype=np.float32)
    x *= np.float32(10) ** np.arange(-2, TOKENS - 2, dtype=np.float32)[:, None]
    x[:, 1] = np.abs(x[:, 1])
    x[7, 3, 2] = np.nan
    x[8, 3, 2] = np.inf
    # The last position of even rows is padding in all samples; others are in some.
    mask = (random.random((SAMPLES, TOKENS)) < 0.8).astype(np.int32)
    mask[::2, TOKENS - 1] = 0
    mask[:2, :3] = 1
    w = random.standard_normal((CHANNELS, OUTPUTS), dtype=np.float32)
    (tmp_path / "model.mlir").write_text(MODEL)
    save_file({"up.w": w}, tmp_path / "model.safetensors")
    save_file({"x": x, "mask": mask}, tmp_path / "data.safetensors")
    return tmp_path


def calibrate(folder, *options, output="statistics.json", data="data.safetensors"):
    run_quantc("calibrate", folder / "model.mlir", "--data", folder / data, *options,
               "-o", folder / output)
    return folder / output


def quantize(folder, recipe, error=None):
    (folder / "recipe.yaml").write_text("version: 1\nactivations: {granularity: token%s}\n"
                                        % recipe)
    return run_quantc("quantize", folder / "model.mlir", "--statistics",
                      folder / "statistics.json", "--recipe", folder / "recipe.yaml",
                      "-o", folder / "quantized.mlir", error=error)


def token_ranges(x, mask):
    """Minimum and maximum [BATCH, TOKENS] of what is finite and no padding."""
    seen = np.isfinite(x) & (mask[..., None] != 0)
    seen = seen.reshape(-1, BATCH, TOKENS, CHANNELS)
    values = x.reshape(-1, BATCH, TOKENS, CHANNELS)
    low = np.where(seen, values, np.inf).min(axis=(0, 3))
    high = np.where(seen, values, -np.inf).max(axis=(0, 3))
    # What was never seen has the range of the whole.
    never = ~seen.any(axis=(0, 3))
    return (np.where(never, low.min(), low).astype(np.float64),
            np.where(never, high.max(), high).astype(np.float64))


def reference(x, w, low, high, symmetric):
    """docs/arithmetic.md with scales [BATCH, TOKENS] and [OUTPUTS]."""
    low, high = np.minimum(low, 0), np.maximum(high, 0)
    zero = np.zeros_like(low)
    if symmetric:
        scale = (np.maximum(-low, high) / 127).astype(np.float32)
    else:
        scale = ((high - low) / 255).astype(np.float32)
        zero = np.clip(np.rint(-128 - low / scale.astype(np.float64)), -128, 127)
    zero = zero[..., None].astype(np.float32)
    quotient = np.nan_to_num(np.rint(x / scale[..., None]), nan=0, posinf=1e9, neginf=-1e9)
    q = np.clip(quotient, -128 - zero, 127 - zero).astype(np.int64)
    weight_scale = (np.abs(w).max(axis=0).astype(np.float64) / 127).astype(np.float32)
    qw = np.clip(np.rint(w / weight_scale), -127, 127).astype(np.int64)
    return (q @ qw).astype(np.float32) * weight_scale * scale[..., None]


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("symmetric", [False, True])
def test_every_position_has_its_scale(folder, symmetric, masked):
    calibrate(folder, "--token-ranges", *(["--mask", "mask"] if masked else []))
    quantize(folder, f", symmetric: {str(symmetric).lower()}")
    run_quantc("compile", folder / "quantized.mlir", "-o", folder / "bundle")
    data = quantc.load_safetensors(folder / "data.safetensors")
    mask = data["mask"] if masked else np.ones_like(data["mask"])
    low, high = token_ranges(data["x"], mask)
    w = quantc.load_safetensors(folder / "model.safetensors")["up.w"]
    bundle = quantc.Bundle(folder / "bundle")
    for begin in range(0, SAMPLES, BATCH):
        inputs = {name: value[begin:begin + BATCH] for name, value in data.items()}
        expected = reference(inputs["x"], w, low, high, symmetric)
        actual = bundle.run(inputs)["y"]
        np.testing.assert_array_equal(actual, expected)


def test_shards_threads_and_interruptions_change_no_byte(folder):
    whole = calibrate(folder, "--token-ranges", "--mask", "mask").read_bytes()
    assert json.loads(whole)["version"] == 3
    data = quantc.load_safetensors(folder / "data.safetensors")
    save_file({k: np.ascontiguousarray(v[:14]) for k, v in data.items()}, folder / "a.safetensors")
    save_file({k: np.ascontiguousarray(v[14:]) for k, v in data.items()}, folder / "b.safetensors")
    parts = [calibrate(folder, "--token-ranges", "--mask", "mask", data=f"{name}.safetensors",
                       output=f"{name}.json") for name in "ba"]
    run_quantc("merge-stats", *parts, "-o", folder / "merged.json")
    assert (folder / "merged.json").read_bytes() == whole
    threaded = calibrate(folder, "--token-ranges", "--mask", "mask", "--threads", 3,
                         output="threaded.json")
    assert threaded.read_bytes() == whole
    # Those who did not ask for it get what they always got.
    plain = json.loads(calibrate(folder).read_bytes())
    assert plain["version"] == 1 and "token_min" not in plain["observers"][0]
    run_quantc("merge-stats", parts[0], folder / "statistics.json", "-o", folder / "no.json",
               error="expected as many ranges of tokens of observer 'up/lhs' in both files")


def test_an_estimator_clips_the_tokens(folder):
    calibrate(folder, "--token-ranges")
    quantize(folder, ", estimator: percentile, percentile: 80.0")
    explained = run_quantc("explain", folder / "model.mlir", "--statistics",
                           folder / "statistics.json", "--recipe", folder / "recipe.yaml")
    assert "i8 asymmetric token" in explained.stdout


def test_without_ranges_of_tokens_there_is_one_error(folder):
    calibrate(folder)
    quantize(folder, "", error="expected ranges of tokens for a static granularity 'token', "
                               "but these statistics have none; calibrate with --token-ranges")


def test_what_was_smoothed_is_calibrated_again_with_tokens(folder):
    """--data knows from the recipe what observers have to keep."""
    calibrate(folder)
    (folder / "recipe.yaml").write_text(
        "version: 1\nsmooth: {alpha: 0.5}\nactivations: {granularity: token}\n")
    quantize = ["quantize", folder / "model.mlir", "--statistics", folder / "statistics.json",
                "--recipe", folder / "recipe.yaml", "-o", folder / "smoothed.mlir"]
    run_quantc(*quantize, error="expected ranges of tokens")
    run_quantc(*quantize, "--data", folder / "data.safetensors")
    explained = run_quantc("explain", folder / "smoothed.mlir").stdout
    assert "i8 asymmetric token scales" in explained, explained
