#===- package.py - a folder to run on a machine with a GPU -----------------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""Puts bundles, the programs that run them and run.sh into a folder.

The folder needs the CUDA driver, a C library and bash; Python with PyTorch adds a
baseline. gemm/ has a bundle for each contraction of problems.py, models/ one for
each example model with inputs and what this machine's processor makes of them.
"""

import argparse
import pathlib
import shutil
import subprocess
import sys
import tempfile

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "python"))

import problems  # noqa: E402
from quantc.bundle import Bundle  # noqa: E402
from quantc.compare import CommandFailed, Road  # noqa: E402
from quantc import tensors  # noqa: E402

MODELS = ("digits", "chartransformer")
RECIPE = "w8a8-asymmetric"
PROGRAMS = ("gpu-conformance", "gpu-gemm", "gpu-models")


def run(*command):
    done = subprocess.run([str(each) for each in command], capture_output=True, text=True)
    if done.returncode:
        raise CommandFailed(f"{command[0]}: {done.stderr.strip()}")


def pack_problem(problem, shape, options, work):
    """Compiles a contraction; returns its line of problems.txt."""
    source, lowered = work / f"{problem.name}.mlir", work / f"{problem.name}.lowered.mlir"
    source.write_text(problem.text)
    tools = options.build / "bin"
    run(tools / "quant-opt", f"--pass-pipeline={problems.LOWERING}", source, "-o", lowered)
    chips = options.chips if problem.chip == "sm_80" else problem.chip
    run(tools / "quantc", "compile", lowered, f"--target={chips}", "-o",
        options.folder / "gemm" / problem.name)
    baseline = problem.baseline if shape else "-"
    m, n, k = shape or (0, 0, 0)
    return f"{problem.name} {problem.operations} {m} {n} {k} {baseline}\n"


def raw(arrays):
    return b"".join(array.tobytes() for array in arrays)


def pack_model(name, options, work):
    """Quantizes and compiles an example; its first sample is the input."""
    road = Road(options.build / "bin" / "quantc", ROOT / "examples" / name, work / name,
                echo=lambda text: None)
    road.run("import", road.model / "model.mlir", "-o", road.imported)
    road.run("calibrate", road.imported, "--data", road.model / "calibration.safetensors", "-o",
             road.statistics)
    quantized = road.work / "quantized.mlir"
    road.run("quantize", road.imported, "--statistics", road.statistics, "--recipe",
             ROOT / "recipes" / f"{RECIPE}.yaml", "-o", quantized)
    folder = options.folder / "models" / name
    folder.mkdir(parents=True)
    road.run("compile", quantized, f"--target={options.chips}", "-o", folder / "bundle")
    bundle = Bundle(folder / "bundle")
    data = tensors.load(road.evaluation)
    inputs = {}
    for tensor, spec in bundle.inputs.items():
        array = np.asarray(data[tensor])
        # Samples are stacked along the first dimension, or in a new one.
        stacked = array.shape[1:] == tuple(spec.shape[1:])
        inputs[tensor] = np.ascontiguousarray(array[:spec.shape[0]] if stacked else array[0])
    outputs = bundle.run(inputs)
    (folder / "inputs.bin").write_bytes(raw(inputs.values()))
    (folder / "expected.bin").write_bytes(raw(outputs.values()))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--chips", default="sm_80,sm_86,sm_89,sm_90", help="as quantc compile --target")
    parser.add_argument("--only", action="append", metavar="NAME", help="these problems and models alone")
    options = parser.parse_args()
    try:
        if options.folder.exists():
            raise CommandFailed(f"{options.folder}: expected a folder that is not there yet")
        selected = problems.select(options.only, MODELS)
        (options.folder / "gemm").mkdir(parents=True)
        (options.folder / "models").mkdir()
        for program in PROGRAMS:
            shutil.copy(options.build / "bin" / program, options.folder)
        for script in ("run.sh", "torch_baseline.py"):
            shutil.copy(pathlib.Path(__file__).parent / script, options.folder)
        with tempfile.TemporaryDirectory() as folder:
            work = pathlib.Path(folder)
            lines = [pack_problem(problem, problem.shape, options, work)
                     for problem in selected]
            (options.folder / "gemm" / "problems.txt").write_text("".join(lines))
            for model in MODELS:
                if not options.only or model in options.only:
                    pack_model(model, options, work)
    except (CommandFailed, problems.UnknownName, OSError) as error:
        print(f"package: error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
