#===- test_tensors.py - safetensors files ----------------------------------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#

import os
import subprocess
import sys

import ml_dtypes
import numpy as np
import pytest

import quantc
from quantc import tensors


def test_round_trip(tmp_path):
    path = tmp_path / "data.safetensors"
    data = {"z": np.arange(6, dtype=np.int32).reshape(2, 3).T,
            "a": np.array(1.5, ml_dtypes.bfloat16),
            "empty": np.zeros((0, 7), np.float32)}
    quantc.save_safetensors(data, path)
    loaded = quantc.load_safetensors(path)
    assert list(loaded) == ["z", "a", "empty"]
    for name, array in data.items():
        assert loaded[name].dtype == array.dtype
        np.testing.assert_array_equal(loaded[name], array)


def test_data_is_aligned(tmp_path):
    path = tmp_path / "data.safetensors"
    for name in ("a", "ab", "abc" * 20):
        quantc.save_safetensors({name: np.zeros(2, np.float32)}, path)
        assert (8 + int.from_bytes(path.read_bytes()[:8], "little")) % 64 == 0


def test_refuses_malformed_files(tmp_path):
    path = tmp_path / "data.safetensors"

    def refuses(message, data):
        path.write_bytes(data)
        with pytest.raises(ValueError, match=message):
            quantc.load_safetensors(path)

    def framed(header):
        return len(header).to_bytes(8, "little") + header

    refuses("expected a safetensors file", b"1234567")
    refuses("expected a header of 255 bytes", b"\xff" + b"\0" * 20)
    refuses("malformed header", framed(b"{"))
    refuses("unsupported element type F12",
            framed(b'{"a":{"dtype":"F12","shape":[1],"data_offsets":[0,4]}}') + b"1234")
    lying = b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}'
    refuses("does not fit the offsets", framed(lying) + b"1234")
    refuses("does not fit the offsets", framed(lying.replace(b"[2]", b"[1]")) + b"1" * 8)


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "data.safetensors"
    path.write_bytes(b"old")

    def write(file):
        file.write(b"half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        tensors.write_atomically(path, write)
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["data.safetensors"]


def test_unsupported_element_type(tmp_path):
    with pytest.raises(TypeError, match="tensor 'a': expected an element type"):
        quantc.save_safetensors({"a": np.ones(2, np.complex64)}, tmp_path / "x")
    assert os.listdir(tmp_path) == []


def test_npz(tmp_path):
    source, target = tmp_path / "in.npz", tmp_path / "out.safetensors"
    np.savez(source, tokens=np.arange(6, dtype=np.int32).reshape(2, 3),
             labels=np.ones(2, np.uint8))
    assert quantc.npz_to_safetensors(source, target) is None
    loaded = quantc.load_safetensors(target)
    assert {name: array.dtype.name for name, array in loaded.items()} == {
        "tokens": "int32", "labels": "uint8"}
    np.testing.assert_array_equal(loaded["tokens"], [[0, 1, 2], [3, 4, 5]])


def test_npz_command(tmp_path):
    def run(source):
        return subprocess.run(
            [sys.executable, "-m", "quantc.npz2safetensors", source,
             tmp_path / "out.safetensors"], capture_output=True, text=True,
            cwd=os.path.dirname(os.path.dirname(quantc.__file__)))

    np.savez(tmp_path / "in.npz", a=np.ones(2, np.float32))
    assert run(tmp_path / "in.npz").returncode == 0
    (tmp_path / "text.npz").write_text("hello")
    result = run(tmp_path / "text.npz")
    assert result.returncode == 1
    assert result.stderr.endswith("text.npz: expected an .npz archive\n")
    (tmp_path / "out.safetensors").write_text("the input as well")
    result = run(tmp_path / "out.safetensors")
    assert result.returncode == 1
    assert result.stderr.endswith("expected an output apart from the input\n")
    assert (tmp_path / "out.safetensors").read_text() == "the input as well"
    result = run(tmp_path / "missing.npz")
    assert (result.returncode, result.stderr.count("\n")) == (1, 1)
