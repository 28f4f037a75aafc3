#===- test_stablehlo_export.py - quantized StableHLO out and in again ------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""quantc export, judged by JAX's own parser and by importing it again."""

import os
import pathlib
import re
import subprocess

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax
from jaxlib.mlir.dialects import stablehlo

import quantc
from quantc import tensors

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("QUANTC_BUILD_DIR", ROOT / "build")) / "bin"

RECIPE = """\
version: 1
activations: {storage: STORAGE, symmetric: SYMMETRIC}
weights: {storage: i8}
skip: {activation_products: PRODUCTS, depthwise: false}
"""


def run(*command):
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    assert result.returncode == 0, f"{command}\n{result.stderr[:4000]}"
    return result.stdout


def parse(text):
    """The StableHLO library itself parses, verifies and serializes the module."""
    artifact = stablehlo.serialize_portable_artifact_str(text, stablehlo.get_current_version())
    assert stablehlo.deserialize_portable_artifact_str(artifact)


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def mlp(x):
    h = jax.nn.gelu(x @ normal(8, 16) + normal(16), approximate=True)
    h = (h - h.mean(-1, keepdims=True)) * lax.rsqrt(h.var(-1, keepdims=True) + 1e-5)
    return jax.nn.log_softmax(h @ normal(16, 5, seed=1))


def attention(x):
    q, k, v = (jnp.einsum("btd,dhe->bhte", x, normal(8, 2, 4, seed=s)) for s in range(3))
    p = jax.nn.softmax(jnp.einsum("bhte,bhse->bhts", q, k) * 0.5, axis=-1)
    mask = jnp.tril(jnp.ones((5, 5), bool))
    return jnp.einsum("bhts,bhse->bthe", jnp.where(mask, p, 0), v)


def cnn(x):
    def conv(x, kernel, groups=1, stride=1, dilation=1):
        return lax.conv_general_dilated(
            x, kernel, (stride, stride), "SAME", rhs_dilation=(dilation, dilation),
            dimension_numbers=("NHWC", "HWIO", "NHWC"), feature_group_count=groups)

    x = jnp.maximum(conv(x, normal(3, 3, 3, 8), stride=2), 0)
    x = conv(x, normal(3, 3, 1, 8, seed=1), groups=8)          # depthwise
    x = conv(x, normal(3, 3, 4, 6, seed=2), groups=2, dilation=2)
    x = lax.reduce_window(x, -np.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
    return x.reshape(x.shape[0], -1) @ normal(24, 3, seed=3)


def channel_first(x):
    return lax.conv_general_dilated(
        x, normal(4, 3, 3, 3), (1, 1), [(1, 0), (0, 2)],
        dimension_numbers=("NCHW", "OIHW", "NCHW"))


def embedding(x):
    table = jnp.asarray(normal(11, 8))
    i = (jnp.abs(x[..., 0]) * 3).astype(np.int32) % 11
    h = jnp.concatenate([table[i], x[..., :3]], -1)
    return jnp.tanh(h[:, ::2]) @ normal(11, 4)


def exact_gelu(x):
    return jax.nn.gelu(x @ normal(8, 16), approximate=False) @ normal(16, 5, seed=1)


MODELS = {
    "exact_gelu": (exact_gelu, (4, 8)),
    "mlp": (mlp, (4, 8)),
    "attention": (attention, (2, 5, 8)),
    "cnn": (cnn, (2, 8, 8, 3)),
    "channel_first": (channel_first, (2, 3, 6, 7)),
    "embedding": (embedding, (4, 6, 8)),
}


def quantize(folder, function, shape, storage="i8", symmetric="false", products="false"):
    """model.mlir, its recipe and its statistics."""
    (folder / "model.mlir").write_text(
        jax.jit(function).lower(np.zeros(shape, np.float32)).as_text())
    data = np.concatenate([normal(*shape, seed=s) for s in range(10, 14)])
    tensors.save({"arg0": data}, folder / "data.safetensors")
    (folder / "recipe.yaml").write_text(
        RECIPE.replace("STORAGE", storage).replace("SYMMETRIC", symmetric).replace(
            "PRODUCTS", products))
    run(BIN / "quantc", "calibrate", folder / "model.mlir", "--data",
        folder / "data.safetensors", "-o", folder / "statistics.json")
    options = [folder / "model.mlir", "--statistics", folder / "statistics.json", "--recipe",
               folder / "recipe.yaml"]
    run(BIN / "quantc", "quantize", *options, "-o", folder / "quantized.mlir")
    run(BIN / "quantc", "export", *options, "-o", folder / "exported.mlir")
    return (folder / "exported.mlir").read_text()


def outputs(folder, name, x):
    run(BIN / "quantc", "compile", folder / f"{name}.mlir", "-o", folder / name)
    bundle = quantc.Bundle(folder / name)
    return list(bundle.run(dict(zip(bundle.inputs, [x]))).values())


@pytest.mark.parametrize("storage, symmetric", [("i8", "false"), ("i8", "true"), ("ui8", "false")])
@pytest.mark.parametrize("name", MODELS)
def test_round_trip(tmp_path, name, storage, symmetric):
    function, shape = MODELS[name]
    text = quantize(tmp_path, function, shape, storage, symmetric)
    assert "!quant.uniform" in text and "qnn." not in text and "linalg." not in text
    if "chlo." not in text:  # no part of StableHLO's portable form
        parse(text)
    x = normal(*shape, seed=99)
    for a, b in zip(outputs(tmp_path, "quantized", x), outputs(tmp_path, "exported", x),
                    strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("symmetric", ["false", "true"])
def test_partly_quantized(tmp_path, symmetric):
    """Attention products in float between quantized layers, whose weights have
    parameters along heads and channels: the bits are those of quantc quantize."""
    text = quantize(tmp_path, attention, (2, 5, 8), symmetric=symmetric, products="true")
    parse(text)
    assert operands(text) == {"dot_general": [2, 2, 2, 0, 0]}
    x = normal(2, 5, 8, seed=99)
    for a, b in zip(outputs(tmp_path, "quantized", x), outputs(tmp_path, "exported", x),
                    strict=True):
        np.testing.assert_array_equal(a, b)


def operands(text):
    """How many operands of each product are quantized tensors."""
    found = {}
    for op, types in re.findall(
            r"stablehlo\.(dot_general|convolution)\b.* : (\(tensor.*\)) -> tensor", text):
        found.setdefault(op, []).append(types.count("!quant.uniform"))
    return {op: sorted(counts, reverse=True) for op, counts in found.items()}


@pytest.mark.parametrize("storage, symmetric, name, expected", [
    ("i8", "false", "cnn", {"convolution": [2, 2, 2], "dot_general": [2]}),
    ("i8", "true", "cnn", {"convolution": [2, 2, 2], "dot_general": [2]}),
    ("i8", "false", "channel_first", {"convolution": [2]}),
    ("i8", "true", "attention", {"dot_general": [2, 2, 2, 2, 2]}),
    # Products of activations with zero points have no quantized form, nor do
    # factors of two storage types.
    ("i8", "false", "attention", {"dot_general": [2, 2, 2, 0, 0]}),
    ("ui8", "false", "mlp", {"dot_general": [0, 0]}),
])
def test_quantized_products(tmp_path, storage, symmetric, name, expected):
    function, shape = MODELS[name]
    text = quantize(tmp_path, function, shape, storage, symmetric)
    assert operands(text) == expected


def test_names_are_kept(tmp_path):
    (tmp_path / "model.mlir").write_text("""
func.func public @main(%a: tensor<2x3xf32> {jax.arg_info = "inputs['left']"},
                       %b: tensor<2x3xf32> {qnn.input = "right"})
    -> (tensor<2x3xf32> {jax.result_info = "result['sum']"}, tensor<2x3xf32>) {
  %0 = stablehlo.add %a, %b : tensor<2x3xf32>
  %1 = stablehlo.multiply %a, %b : tensor<2x3xf32>
  return %0, %1 : tensor<2x3xf32>, tensor<2x3xf32>
}""")
    tensors.save({"left": normal(2, 3), "right": normal(2, 3)}, tmp_path / "data.safetensors")
    (tmp_path / "recipe.yaml").write_text("version: 1\n")
    run(BIN / "quantc", "calibrate", tmp_path / "model.mlir", "--data",
        tmp_path / "data.safetensors", "-o", tmp_path / "statistics.json")
    run(BIN / "quantc", "export", tmp_path / "model.mlir", "--statistics",
        tmp_path / "statistics.json", "--recipe", tmp_path / "recipe.yaml", "-o",
        tmp_path / "exported.mlir")
    parse((tmp_path / "exported.mlir").read_text())
    run(BIN / "quantc", "compile", tmp_path / "exported.mlir", "-o", tmp_path / "bundle")
    bundle = quantc.Bundle(tmp_path / "bundle")
    assert list(bundle.inputs) == ["left", "right"]
    assert list(bundle.outputs) == ["sum", "out1"]


def refused(folder, recipe):
    (folder / "recipe.yaml").write_text(recipe)
    result = subprocess.run(
        [BIN / "quantc", "export", folder / "model.mlir", "--statistics",
         folder / "statistics.json", "--recipe", folder / "recipe.yaml", "-o",
         folder / "refused.mlir"], capture_output=True, text=True)
    assert result.returncode == 1 and not (folder / "refused.mlir").exists()
    assert result.stderr.count("error:") == 1, result.stderr
    return result.stderr


def test_refusals(tmp_path):
    quantize(tmp_path, mlp, (4, 8))
    assert ("expected constant scales and zero points, the only ones that a type can hold" in
            refused(tmp_path, "version: 1\nactivations: {dynamic: true}\n"))
    assert ("expected integer storage, the only one that a quantized type has" in
            refused(tmp_path, "version: 1\nactivations: {storage: f8E4M3FN}\n"
                              "weights: {storage: f8E4M3FN, granularity: tensor}\n"))


def test_loops_are_refused(tmp_path):
    def loop(x):
        return lax.fori_loop(0, x.shape[0], lambda i, c: c + x[i], np.zeros(8, np.float32)) \
            @ normal(8, 3)

    (tmp_path / "model.mlir").write_text(
        jax.jit(loop).lower(np.zeros((4, 8), np.float32)).as_text())
    tensors.save({"arg0": normal(4, 8)}, tmp_path / "data.safetensors")
    run(BIN / "quantc", "calibrate", tmp_path / "model.mlir", "--data",
        tmp_path / "data.safetensors", "-o", tmp_path / "statistics.json")
    assert ("expected operations that StableHLO has a form for, but got 'scf." in
            refused(tmp_path, "version: 1\n"))
