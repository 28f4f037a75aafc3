#===- test_bundle.py - the loader of compiled bundles ----------------------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#

import pathlib
import shutil
import subprocess
import zlib

import numpy as np
import pytest

import quantc
from quantc import bundle, tensors

INCLUDE = pathlib.Path(__file__).resolve().parents[2] / "include"

# A hand-written model, so that the loader is checked against the header and
# not against what it expects the compiler to write: y = w * x, q = the input.
SOURCE = r"""
#include "quantc/Runtime/quantc_model.h"

static const int64_t matrix[] = {2, 3};
static const quantc_parameter_info parameters[] = {
    {{"w", matrix, 2, QUANTC_F32, 24, 0, 0}, OFFSET}};
static const quantc_tensor_info inputs[] = {
    {"x", matrix, 2, QUANTC_F32, 24, 0, 0}, {"q", 0, 0, QUANTC_I8, 1, 0.5, -3}};
static const quantc_tensor_info outputs[] = {
    {"y", matrix, 2, QUANTC_F32, 24, 0, 0}, {"p", 0, 0, QUANTC_I8, 1, 0, 0}};

int32_t product_run(const void *const *p, const void *const *in, void *const *out) {
  for (int i = 0; i < 6; ++i)
    ((float *)out[0])[i] = ((const float *)p[0])[i] * ((const float *)in[0])[i];
  *(int8_t *)out[1] = *(const int8_t *)in[1];
  return *(const int8_t *)in[1] == 99 ? QUANTC_OUT_OF_MEMORY : QUANTC_OK;
}

/* p = how many indices ran, each exactly once, 99 if one of them did not. */
static void count(void *argument, int64_t index) {
  __atomic_fetch_add(&((int32_t *)argument)[index], 1, __ATOMIC_RELAXED);
}

int32_t product_run_parallel(const void *const *p, const void *const *in, void *const *out,
                             void *workspace, const quantc_parallel *parallel) {
  int32_t calls[50] = {0};
  int32_t status = product_run(p, in, out);
  int8_t *number = (int8_t *)out[1];
  *number = 0;
  parallel->run(parallel->context, 50, count, calls);
  for (int i = 0; i < 50; ++i)
    *number = calls[i] == 1 ? *number + 1 : 99;
  return parallel->threads == 3 && !workspace ? status : QUANTC_OUT_OF_MEMORY;
}

static const quantc_model_info info = {
    VERSION, 1, 2, 2, parameters, inputs, outputs,
    "product", "f00d", "x86_64", "by hand", BYTES, OFFSET, HASH, 0, product_run, 0, PARALLEL};

const quantc_model_info *quantc_model(void) { return &info; }
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return build(tmp_path_factory.mktemp("bundle"))


def build(folder, version="QUANTC_ABI_VERSION", parallel="0"):
    file = folder / "parameters.safetensors"
    tensors.save({"w": np.arange(6, dtype=np.float32).reshape(2, 3)}, file)
    data = file.read_bytes()
    offset = len(data) - 24
    source = folder / "model.c"
    source.write_text(SOURCE)
    subprocess.run(
        ["cc", "-shared", "-fPIC", "-o", folder / "model.so", source, f"-I{INCLUDE}",
         f"-DVERSION={version}", f"-DPARALLEL={parallel}", f"-DOFFSET={offset}", f"-DBYTES={len(data)}",
         f"-DHASH={bundle._fnv1a(data[:offset])}ull"], check=True)
    seal(folder / "model.so")
    return folder


def seal(library):
    """What quantc compile does last; quantc/Runtime/LibrarySeal.h."""
    code = library.read_bytes()
    library.write_bytes(code + b"quantcso" + len(code).to_bytes(8, "little") +
                        zlib.crc32(code).to_bytes(8, "little"))


def test_tables(built):
    model = quantc.Bundle(built)
    assert (model.name, model.fingerprint) == ("product", "f00d")
    assert (model.target, model.compiler) == ("x86_64", "by hand")
    assert list(model.inputs) == ["x", "q"]
    assert list(model.outputs) == ["y", "p"]
    x, q = model.inputs.values()
    assert (x.dtype, x.shape, x.scale) == (np.float32, (2, 3), None)
    assert (q.dtype, q.shape, q.scale, q.zero_point) == (np.int8, (), 0.5, -3)


def test_run(built):
    model = quantc.Bundle(built)
    x = np.full((3, 2), 2, np.float32).T  # not contiguous
    result = model.run({"q": np.int8(7), "x": x})
    np.testing.assert_array_equal(result["y"], [[0, 2, 4], [6, 8, 10]])
    assert result["p"] == 7
    again = model.run({"q": np.int8(8), "x": x * 2})
    assert result["p"] == 7 and again["y"][1, 2] == 20


def test_threads(built, tmp_path):
    model = quantc.Bundle(build(tmp_path, parallel="product_run_parallel"), threads=3)
    x = np.ones((2, 3), np.float32)
    for _ in range(100):
        result = model.run({"x": x, "q": np.int8(7)})
        np.testing.assert_array_equal(result["y"], [[0, 1, 2], [3, 4, 5]])
        assert result["p"] == 50
    with pytest.raises(MemoryError, match="model 'product'"):
        model.run({"x": x, "q": np.int8(99)})
    with pytest.raises(ValueError, match="for 3 threads, but got one for a single"):
        quantc.Bundle(built, threads=3)
    with pytest.raises(ValueError, match="at least 1 thread, but got 0"):
        quantc.Bundle(built, threads=0)


def test_run_refuses(built):
    model = quantc.Bundle(built)
    x, q = np.zeros((2, 3), np.float32), np.int8(0)
    with pytest.raises(ValueError, match="expected the inputs 'x', 'q', but got 'x'"):
        model.run({"x": x})
    with pytest.raises(ValueError, match=r"'x' float32\[2, 3\], but got float64\[2, 3\]"):
        model.run({"x": x.astype(np.float64), "q": q})
    with pytest.raises(ValueError, match=r"but got float32\[3, 2\]"):
        model.run({"x": x.T, "q": q})
    with pytest.raises(MemoryError, match="model 'product'"):
        model.run({"x": x, "q": np.int8(99)})


def test_refuses_other_parameters(built, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(built, folder)
    file = folder / "parameters.safetensors"
    data = file.read_bytes()
    file.write_bytes(data.replace(b'"w"', b'"v"'))
    with pytest.raises(ValueError, match="expected the parameters that the model"):
        quantc.Bundle(folder)
    file.write_bytes(data[:-1])
    with pytest.raises(ValueError, match=f"expected {len(data)} bytes, but got"):
        quantc.Bundle(folder)
    file.unlink()
    with pytest.raises(FileNotFoundError, match="parameters.safetensors"):
        quantc.Bundle(folder)


def test_refuses_damaged_libraries(built, tmp_path):
    """Never by a signal, whatever is cut off or changed."""
    library = tmp_path / "model.so"
    data = (built / "model.so").read_bytes()
    for size in [*range(0, len(data), 1021), len(data) - 25, len(data) - 1]:
        library.write_bytes(data[:size])
        with pytest.raises(ValueError, match="model.so: expected a compiled model with"):
            quantc.Bundle(tmp_path)
    for position in range(0, len(data) - 4, 509):
        library.write_bytes(data[:position] + bytes([data[position] ^ 0x40]) +
                            data[position + 1:])
        with pytest.raises(ValueError, match="model.so: expected"):
            quantc.Bundle(tmp_path)
    library.write_bytes(data[:100] + data[200:])
    with pytest.raises(ValueError, match="expected [0-9]+ bytes before the seal, but got"):
        quantc.Bundle(tmp_path)
    code = bytearray(data[:-24])
    code[18] = 40  # the machine, of an otherwise whole library
    library.write_bytes(code)
    seal(library)
    with pytest.raises(ValueError, match="but got one for ELF machine 40"):
        quantc.Bundle(tmp_path)


def test_refuses_lesser_processors(built, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(built, folder)
    manifest = folder / "manifest.json"
    manifest.write_text('{"cpu_features": []}')
    quantc.Bundle(folder)
    manifest.write_text('{"cpu_features": ["warp-drive"]}')
    with pytest.raises(ValueError, match="manifest.json: expected a processor with the "
                       "features .*, but this one lacks 'warp-drive'"):
        quantc.Bundle(folder)


def test_refuses_other_libraries(tmp_path):
    with pytest.raises(FileNotFoundError, match="expected a bundle's library"):
        quantc.Bundle(tmp_path)
    library = tmp_path / "model.so"
    library.write_text("not a library, and longer than its seal would be")
    with pytest.raises(ValueError, match="expected a compiled model with quantc's seal"):
        quantc.Bundle(tmp_path)
    library.write_bytes(b"")
    with pytest.raises(ValueError, match="expected a compiled model with quantc's seal"):
        quantc.Bundle(tmp_path)
    subprocess.run(["cc", "-shared", "-o", library, "-xc", "/dev/null"], check=True)
    seal(library)
    with pytest.raises(ValueError, match="expected a compiled model: .*quantc_model"):
        quantc.Bundle(tmp_path)
    build(tmp_path, version="7")
    with pytest.raises(ValueError, match="expected ABI version 2, but got 7"):
        quantc.Bundle(tmp_path)
