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


def test_parts_are_independent(folder, tmp_path):
    """What fails is noted; everything else is run."""
    broken = tmp_path / "broken"
    shutil.copytree(folder, broken)
    expected = broken / "models" / "digits" / "expected.bin"
    expected.write_bytes(expected.read_bytes()[1:])
    code, _, results = run(broken, tmp_path / "out")
    assert code == 1
    parts = {each["part"]: each for each in results if "status" in each}
    assert parts["conformance"]["status"] == parts["gemm"]["status"] == 0
    assert parts["models"]["status"] == 1
    assert "expected" in parts["models"]["message"] and "bytes" in parts["models"]["message"]
