#===- test_boundary_types.py - narrow types where code meets its caller ----===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""ui8, i4 and f8 as arguments and results, through every way to pass them."""

import json
import os
import pathlib
import subprocess

import ml_dtypes
import numpy as np
import pytest

import quantc
from quantc import tensors

BIN = pathlib.Path(os.environ.get(
    "QUANTC_BUILD_DIR", pathlib.Path(__file__).resolve().parents[2] / "build")) / "bin"

TYPES = {
    # mlir: manifest, numpy, lowest, highest, zero point
    "ui8": ("u8", np.uint8, 0, 255, 131),
    "i4": ("i4", ml_dtypes.int4, -8, 7, -3),
    "f8E4M3FN": ("f8_e4m3", ml_dtypes.float8_e4m3fn, -448, 448, None),
    "f8E5M2": ("f8_e5m2", ml_dtypes.float8_e5m2, -57344, 57344, None),
}
SCALE = np.float32(0.37)


def compile_model(folder, text):
    (folder / "model.mlir").write_text(text)
    subprocess.run([BIN / "quantc", "compile", folder / "model.mlir", "-o", folder / "bundle"],
                   check=True)
    return folder / "bundle"


def model(storage, shape):
    """Results: the value of q, x quantized, q itself, q transposed."""
    _, _, _, _, zero = TYPES[storage]

    def tensor(element, shape=shape):
        return f"tensor<{''.join(f'{size}x' for size in shape)}{element}>"

    q, x, t = tensor(storage), tensor("f32"), tensor(storage, shape[::-1])
    point = "" if zero is None else " zero_point %z"
    point_type = "" if zero is None else f", tensor<{storage}>"
    zero_constant = "" if zero is None else (
        f"%z = arith.constant dense<{zero}> : tensor<{storage}>")
    order = list(range(len(shape)))[::-1]
    # MLIR 22 crashes on a transposition of nothing.
    transpose = f"""
  %e = tensor.empty() : {t}
  %2 = linalg.transpose ins(%q : {q}) outs(%e : {t}) permutation = {order}""" if shape else ""
    return f"""
func.func public @main(%q: {q} {{qnn.input = "q"}}, %x: {x} {{qnn.input = "x"}})
    -> ({x} {{qnn.output = "value"}}, {q} {{qnn.output = "quantized"}},
        {q} {{qnn.output = "same"}}, {t} {{qnn.output = "transposed"}}) {{
  %s = arith.constant dense<0.37> : tensor<f32>
  {zero_constant}
  %0 = qnn.dequantize %q, scale %s{point} : {q}, tensor<f32>{point_type} -> {x}
  %1 = qnn.quantize %x, scale %s{point} : {x}, tensor<f32>{point_type} -> {q}
  {transpose}
  return %0, %1, %q, {"%2" if shape else "%q"} : {x}, {q}, {q}, {t}
}}"""


def inputs(storage, shape, seed=0):
    _, dtype, low, high, _ = TYPES[storage]
    rng = np.random.default_rng(seed)
    size = int(np.prod(shape))
    if storage.startswith("f8"):
        q = rng.integers(0, 256, size, np.uint8).view(dtype)
        q[np.isnan(q.astype(np.float32))] = 1
    else:
        q = np.resize(np.append(rng.integers(low, high + 1, size), [low, high]), size).astype(dtype)
    x = (rng.standard_normal(size) * SCALE * (high - low)).astype(np.float32)
    return {"q": q.reshape(shape), "x": x.reshape(shape)}


def expected(storage, q, x):
    _, dtype, low, high, zero = TYPES[storage]
    value = q.astype(np.float32)
    y = ((value if zero is None else value - zero) * SCALE).astype(np.float32)
    steps = (x / SCALE).astype(np.float32)
    if zero is None:
        quantized = np.clip(steps, low, high).astype(dtype)
    else:
        quantized = np.clip(np.rint(steps) + zero, low, high).astype(np.int32).astype(dtype)
    return {"value": y, "quantized": quantized, "same": q, "transposed": q.T}


def assert_same(actual, reference):
    assert actual.keys() == reference.keys()
    for name, array in reference.items():
        assert actual[name].dtype == array.dtype and actual[name].shape == array.shape
        np.testing.assert_array_equal(actual[name].astype(np.float32),
                                      array.astype(np.float32), err_msg=name)


@pytest.mark.parametrize("shape", [(3, 5), (2, 6), (), (1,), (0, 3), (2, 1, 7, 9)], ids=str)
@pytest.mark.parametrize("storage", TYPES)
def test_bundle(tmp_path, storage, shape):
    name, dtype, _, _, _ = TYPES[storage]
    bundle = quantc.Bundle(compile_model(tmp_path, model(storage, shape)))
    manifest = json.loads((tmp_path / "bundle/manifest.json").read_text())
    assert manifest["inputs"][0] == {"name": "q", "dtype": name, "shape": list(shape)}
    assert manifest["outputs"][3]["dtype"] == name
    assert f"q: {name}[" in (tmp_path / "bundle/model.h").read_text()
    assert bundle.inputs["q"].dtype == dtype and bundle.inputs["q"].shape == shape
    arrays = inputs(storage, shape)
    assert_same(bundle.run(arrays), expected(storage, **arrays))
    with pytest.raises(ValueError, match="expected the input 'q'"):
        bundle.run({**arrays, "q": arrays["q"].astype(np.int32)})


def pack(array):
    """int4 as data files hold them."""
    halves = array.astype(np.int8).view(np.uint8) & 15
    return halves[..., 0::2] | halves[..., 1::2] << 4


@pytest.mark.parametrize("storage", TYPES)
def test_quantc_run(tmp_path, storage):
    """Three batches of a data file."""
    shape = (2, 6)
    compile_model(tmp_path, model(storage, shape))
    batches = [inputs(storage, shape, seed) for seed in range(3)]
    data = {key: np.concatenate([batch[key] for batch in batches]) for key in ("q", "x")}
    references = [expected(storage, **batch) for batch in batches]
    reference = {key: np.concatenate([r[key] for r in references]) for key in references[0]}
    if storage == "i4":
        data["q"] = pack(data["q"])
        reference = {key: pack(array) if array.dtype == ml_dtypes.int4 else array
                     for key, array in reference.items()}
    tensors.save(data, tmp_path / "in.safetensors")
    subprocess.run([BIN / "quantc", "run", tmp_path / "bundle", "--input",
                    tmp_path / "in.safetensors", "--output", tmp_path / "out.safetensors"],
                   check=True)
    assert_same(tensors.load(tmp_path / "out.safetensors"), reference)


def test_data_files_need_whole_bytes(tmp_path):
    bundle = compile_model(tmp_path, model("i4", (3, 5)))
    tensors.save({"q": np.zeros(8, np.uint8)}, tmp_path / "in.safetensors")
    result = subprocess.run([BIN / "quantc", "run", bundle, "--input", tmp_path / "in.safetensors",
                             "--output", tmp_path / "out.safetensors"],
                            capture_output=True, text=True)
    assert result.returncode == 1
    assert ("expected an even last dimension of 'q', whose i4 elements data files hold two in a "
            "byte, but got 5") in result.stderr
    assert not (tmp_path / "out.safetensors").exists()


def test_unsigned_jax(tmp_path):
    """Unsigned integers of JAX stay unsigned for the caller."""
    import jax

    def function(a, b):
        return a + b, a.astype(np.uint32) * np.uint32(3000000000)

    a = np.array([250, 0, 255, 7], np.uint8)
    b = np.array([10, 255, 255, 1], np.uint8)
    text = jax.jit(function).lower(a, b).as_text()
    bundle = quantc.Bundle(compile_model(tmp_path, text))
    assert [t.dtype for t in bundle.inputs.values()] == [np.uint8] * 2
    total, product = bundle.run(dict(zip(bundle.inputs, (a, b)))).values()
    np.testing.assert_array_equal(total, a + b)
    np.testing.assert_array_equal(product, a.astype(np.uint32) * np.uint32(3000000000))
    assert total.dtype == np.uint8 and product.dtype == np.uint32
