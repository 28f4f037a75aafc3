#===- test_gpu_folder.py - the folder for a machine with a GPU -------------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""Packs the smallest problem and the smallest model, and runs run.sh on the emulator."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("QUANTC_BUILD_DIR", ROOT / "build")).resolve()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("gpu") / "folder"
    done = subprocess.run([sys.executable, ROOT / "benchmarks" / "gpu" / "package.py", path,
                           "--build", BUILD, "--chips", "sm_80", "--only", "split-k",
                           "--only", "digits"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return path


@pytest.mark.parametrize("script, arguments", [("package.py", ["new"]), ("main_loop.py", [])])
def test_only_known_names(script, arguments, tmp_path):
    done = subprocess.run([sys.executable, ROOT / "benchmarks" / "gpu" / script, *arguments,
                           "--only", "nosuch"], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.startswith(
        f"{script[:-3]}: error: --only nosuch: expected one of product-s8s8, ")
    assert done.stderr.count("\n") == 1 and not any(tmp_path.iterdir())


def run(folder, out):
    """The exit code of run.sh, its output, and its results."""
    environment = {**os.environ, "QUANTC_DEVICE": "emulator", "QUANTC_ROUNDS": "1",
                   "QUANTC_DRIVER": str(BUILD / "lib" / "libquantc_emulator.so"),
                   "LD_LIBRARY_PATH": str(BUILD / "lib"), "QUANTC_CONFORMANCE": "Scalar.*"}
    done = subprocess.run(["bash", folder / "run.sh", out], capture_output=True, text=True,
                          env=environment)
    lines = (out / "results.jsonl").read_text().splitlines()
    return done.returncode, done.stdout, [json.loads(line) for line in lines]


def test_run_whole(folder, tmp_path):
    code, output, results = run(folder, tmp_path / "out")
    failed = [each for each in results if each.get("status")]
    assert code == 0 and not failed, failed
    assert output.endswith("results.jsonl\n")
    parts = {each["part"]: each for each in results if "status" in each}
    assert list(parts) == ["conformance", "models", "gemm"]
    report = next(each["report"] for each in results if "report" in each)
    assert report["tests"] > 0 and report["failures"] == 0
    text = json.dumps(results)
    assert "split-k" in text and "digits" in text


# As much of PyTorch as the baseline uses, which does nothing in a microsecond.
TORCH = """
int8 = float8_e4m3fn = float8_e5m2 = bfloat16 = None
class Tensor:
    def t(self): return self
    def to(self, kind): return self
def randint(*args, **more): return Tensor()
randn = ones = randint
def _int_mm(a, b): return a
class cuda:
    class Event:
        def __init__(self, enable_timing): pass
        def record(self): pass
        def synchronize(self): pass
        def elapsed_time(self, end): return 1e-3
"""


def run_torch_baseline(folder, path):
    done = subprocess.run([sys.executable, folder / "torch_baseline.py", "emulator",
                           folder / "gemm", "1"], capture_output=True, text=True,
                          env={**os.environ, "LD_LIBRARY_PATH": str(BUILD / "lib"),
                               "QUANTC_DRIVER": str(BUILD / "lib" / "libquantc_emulator.so"),
                               "PYTHONPATH": str(path)})
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_torch_has_turns_with_ours(folder, tmp_path):
    (tmp_path / "torch.py").write_text(TORCH)
    row, = run_torch_baseline(folder, tmp_path)
    assert (row["problem"], row["rounds"]) == ("split-k", 1)
    times = row["microseconds"]
    assert times["torch"]["median"] == 1 and times["ours"]["median"] > 0
    assert times["cublaslt"] is None


def test_torch_need_not_be_there(folder, tmp_path):
    (tmp_path / "torch.py").write_text("raise ImportError")
    assert run_torch_baseline(folder, tmp_path) == [
        {"part": "torch", "why": "PyTorch is not there"}]


def copy_with_expected(folder, copy, change):
    """The folder, with other expected results of the model."""
    shutil.copytree(folder, copy)
    expected = copy / "models" / "digits" / "expected.bin"
    expected.write_bytes(change(expected.read_bytes()))
    return copy


@pytest.mark.parametrize("change, agrees", [
    (lambda logits: logits * np.float32(1.001), True),
    (lambda logits: np.full_like(logits, 1e9), False),
    (lambda logits: np.zeros_like(logits), False),
    (lambda logits: logits[::-1], False),
    (lambda logits: np.where(logits == logits[0], np.float32("nan"), logits), False),
    (lambda logits: np.where(logits == logits[0], np.float32("inf"), logits), False),
])
def test_wrong_floats_fail(folder, tmp_path, change, agrees):
    broken = copy_with_expected(folder, tmp_path / "broken", lambda data: change(
        np.frombuffer(data, np.float32)).astype(np.float32).tobytes())
    done = subprocess.run([broken / "gpu-models", "emulator", broken / "models" / "digits"],
                          capture_output=True, text=True, check=False,
                          env={**os.environ, "LD_LIBRARY_PATH": str(BUILD / "lib")})
    assert json.loads(done.stdout)["different"] > 0
    assert done.returncode == (0 if agrees else 1), done.stdout
    assert agrees == (done.stderr == "") and ("expected other results" in done.stderr) != agrees


def test_parts_are_independent(folder, tmp_path):
    """What fails is noted; everything else is run."""
    broken = copy_with_expected(folder, tmp_path / "broken", lambda data: data[1:])
    code, _, results = run(broken, tmp_path / "out")
    assert code == 1
    parts = {each["part"]: each for each in results if "status" in each}
    assert parts["conformance"]["status"] == parts["gemm"]["status"] == 0
    assert parts["models"]["status"] == 1
    assert "expected" in parts["models"]["message"] and "bytes" in parts["models"]["message"]
