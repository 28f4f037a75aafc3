#===- test_export.py - export of JAX functions -----------------------------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#

import re

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest
import safetensors.numpy
from jax._src.interpreters import mlir as jax_mlir
from jaxlib.mlir import ir

import quantc

PARAMS = {"blocks": [{"q": {"w": np.ones((3, 4), np.float32),
                            "b": np.arange(4, dtype=np.float32)}}],
          "unused": np.zeros((2, 0), np.int8)}


def linear(params, x):
    q = params["blocks"][0]["q"]
    return x @ q["w"] + q["b"]


X = np.zeros((2, 3), np.float32)


def export(tmp_path, fn=linear, params=PARAMS, inputs=(X,), **options):
    path, parameters = quantc.export(fn, params, inputs, tmp_path / "model.mlir",
                                     **options)
    return path.read_text(), quantc.load_safetensors(parameters)


def main_of(text):
    """The attributes of the arguments and results of @main, and their types."""
    context = jax_mlir.make_ir_context()
    with context:
        module = ir.Module.parse(text)
        main = module.body.operations[0]
        read = lambda key: [
            {named.name: ir.StringAttr(named.attr).value for named in ir.DictAttr(d)
             if named.name.startswith("qnn.")}
            for d in ir.ArrayAttr(main.attributes[key])]
        return (read("arg_attrs"), read("res_attrs"),
                [str(t) for t in main.type.inputs])


def test_names(tmp_path):
    text, parameters = export(tmp_path, output_names=["logits"])
    arguments, results, types = main_of(text)
    assert arguments == [{"qnn.parameter": "blocks.0.q.b"},
                         {"qnn.parameter": "blocks.0.q.w"},
                         {"qnn.parameter": "unused"}, {"qnn.input": "x"}]
    assert results == [{"qnn.output": "logits"}]
    assert types == ["tensor<4xf32>", "tensor<3x4xf32>", "tensor<2x0xi8>",
                     "tensor<2x3xf32>"]
    assert list(parameters) == ["blocks.0.q.b", "blocks.0.q.w", "unused"]
    np.testing.assert_array_equal(parameters["blocks.0.q.w"], np.ones((3, 4)))


def test_default_names(tmp_path):
    def fn(params, x, *more):
        return {"sum": x + more[0]["a"], "nested": [params["w"] * x]}

    text, _ = export(tmp_path, fn, {"w": X}, (X, {"a": X}))
    arguments, results, _ = main_of(text)
    assert arguments[1:] == [{"qnn.input": "x"}, {"qnn.input": "arg1.a"}]
    assert results == [{"qnn.output": "nested.0"}, {"qnn.output": "sum"}]
    text, _ = export(tmp_path, lambda params, x: (x, params["w"]), {"w": X})
    assert main_of(text)[1] == [{"qnn.output": "out0"}, {"qnn.output": "out1"}]


def test_text_is_jax_text(tmp_path):
    text, _ = export(tmp_path)
    lowered = jax.jit(linear, keep_unused=True).lower(PARAMS, X)

    def plain(module):
        """Without attributes of arguments and results, and without locations."""
        with jax_mlir.make_ir_context():
            asm = ir.Module.parse(module).operation.get_asm()
        return re.sub(r" \{(jax|qnn)\.[^}]*\}", "", asm)

    assert plain(text) == plain(lowered.as_text())


def test_keeps_the_attributes_of_jax(tmp_path):
    text, _ = export(tmp_path)
    assert 'jax.result_info = "result", qnn.output = "out0"' in text


def test_locations_name_scopes_but_no_folders(tmp_path):
    def fn(params, x):
        with jax.named_scope("blocks.0"):
            return jnp.tanh(x)

    text, _ = export(tmp_path, fn)
    assert "blocks.0/tanh" in text
    assert '"test_export.py":' in text
    assert '"export.py":' not in text
    assert re.search(r'"[^"]*/[^"]*\.py"', text) is None


def test_export_is_deterministic(tmp_path):
    first, _ = export(tmp_path)
    data = (tmp_path / "model.safetensors").read_bytes()
    second, _ = export(tmp_path)
    assert first == second
    assert data == (tmp_path / "model.safetensors").read_bytes()


@pytest.mark.parametrize("dtype", [
    ml_dtypes.bfloat16, np.float16, np.float32, np.int8, np.uint8, np.int16,
    np.int32, np.uint32, np.bool_, ml_dtypes.float8_e4m3fn, ml_dtypes.float8_e5m2])
def test_element_types(tmp_path, dtype):
    value = np.array([[0, 1, 1], [1, 0, 1]]).astype(dtype)
    text, parameters = export(
        tmp_path, lambda p, x: p["w"].astype(np.float32) + x, {"w": value})
    assert parameters["w"].dtype == dtype
    assert parameters["w"].tobytes() == value.tobytes()
    names = {"bfloat16": "bf16", "float16": "f16", "float32": "f32", "bool": "i1",
             "uint8": "ui8", "uint32": "ui32", "float8_e4m3fn": "f8E4M3FN",
             "float8_e5m2": "f8E5M2"}
    name = np.dtype(dtype).name
    assert main_of(text)[2][0] == f"tensor<2x3x{names.get(name, name.replace('int', 'i'))}>"


def test_wide_parameters_take_the_type_that_jax_computes_with(tmp_path):
    text, parameters = export(tmp_path, lambda p, x: p["w"] + x,
                              {"w": np.ones((2, 3), np.float64)})
    assert parameters["w"].dtype == np.float32
    assert main_of(text)[2][0] == "tensor<2x3xf32>"


def test_jax_arrays_and_transposed_arrays(tmp_path):
    value = np.arange(6, dtype=np.float32).reshape(2, 3)
    _, parameters = export(tmp_path, lambda p, x: x @ p["a"] @ p["b"],
                           {"a": value.T, "b": jnp.asarray(value)})
    np.testing.assert_array_equal(parameters["a"], value.T)
    np.testing.assert_array_equal(parameters["b"], value)


def test_unused_input_stays(tmp_path):
    text, _ = export(tmp_path, lambda params, x, mask: x, inputs=(X, X))
    assert main_of(text)[0][-1] == {"qnn.input": "mask"}


def test_without_parameters(tmp_path):
    text, parameters = export(tmp_path, lambda params, x: x, params={})
    assert parameters == {}
    assert main_of(text)[0] == [{"qnn.input": "x"}]


def test_files_are_readable_by_the_safetensors_package(tmp_path):
    export(tmp_path)
    loaded = safetensors.numpy.load_file(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(loaded["blocks.0.q.b"], np.arange(4))


def refuses(error, message, *arguments, **options):
    with pytest.raises(error, match=message):
        export(*arguments, **options)


def test_refusals(tmp_path):
    refuses(TypeError, "expected a tree of named parameters", tmp_path, params=X)
    refuses(TypeError, "parameter 'w': expected an array, but got float", tmp_path,
            params={"w": 1.0})
    refuses(TypeError, "parameter 'key': expected numbers", tmp_path,
            params={"key": jax.random.key(0)})
    refuses(ValueError, "expected distinct parameter names, but got 'a.b' twice",
            tmp_path, params={"a": {"b": X}, "a.b": X})
    refuses(TypeError, "expected a tuple of example inputs", tmp_path, inputs=X)
    refuses(ValueError, "expected 1 input names, but got 2", tmp_path,
            input_names=["x", "y"])
    refuses(ValueError, "expected distinct input names", tmp_path,
            lambda params, x, y: x, inputs=(X, X), input_names=["x", "x"])
    refuses(ValueError, "expected 1 output names, but got 0", tmp_path,
            output_names=[])
    assert list(tmp_path.iterdir()) == []


def test_refuses_closed_over_weights(tmp_path):
    weights = np.random.default_rng(0).random((1024, 512), np.float32)
    refuses(ValueError, "expected large arrays to be parameters", tmp_path,
            lambda params, x: x @ weights, inputs=(np.zeros((2, 1024), np.float32),))
    assert list(tmp_path.iterdir()) == []


def test_refuses_other_suffix(tmp_path):
    with pytest.raises(ValueError, match="expected a path that ends in .mlir"):
        quantc.export(linear, PARAMS, (X,), tmp_path / "model")
