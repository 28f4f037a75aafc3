#===- triton_main_loop.py - the same products by Triton, as a yardstick ----===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""Compiles the problems of the main-loop table with Triton, for chips that need
not be there, and writes what ptxas makes of their main loops to FILE.triton.json.

Needs a virtual environment with `pip install triton==3.9.0 ml_dtypes`, which
nothing else does, and QUANTC_CUDA_BIN, the folder of the pinned ptxas and nvdisasm:

    QUANTC_CUDA_BIN=.venv/lib/python3.11/site-packages/nvidia/cu13/bin \\
        ENVIRONMENT/bin/python benchmarks/gpu/triton_main_loop.py benchmarks/results/gpu-main-loop

Names of problems behind that bring their rows alone up to date.

Of a few tile shapes the one with the fewest instructions for each matrix instruction
counts; kernels that spill do not. `main_loop.py --write` puts the figures into the table.
"""

import dataclasses
import json
import os
import pathlib
import sys
import tempfile

os.environ.setdefault("TRITON_DEFAULT_FP_FUSION", "0")
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "python"))

import main_loop  # noqa: E402
import problems  # noqa: E402
from quantc import sass  # noqa: E402

# Triton makes a cubin on its way, with this assembler.
os.environ.setdefault("TRITON_PTXAS_PATH", sass.tool("ptxas"))

import triton  # noqa: E402
import triton.language as tl  # noqa: E402
from triton.backends.compiler import GPUTarget  # noqa: E402
from triton.compiler import ASTSource  # noqa: E402

import triton_kernels as kernels  # noqa: E402

# Tile sizes, warps, stages.
SHAPES = [(128, 128, 64, 8, 3), (128, 64, 64, 4, 3), (64, 64, 64, 4, 3), (128, 128, 128, 8, 3),
          (128, 256, 64, 8, 3), (128, 128, 64, 4, 3), (64, 64, 128, 4, 3), (64, 128, 128, 4, 3),
          (128, 64, 128, 4, 3), (128, 64, 128, 8, 3)]

TYPES = {"i8": "i8", "f32": "fp32", "f16": "fp16", "bf16": "bf16", "f8E4M3FN": "fp8e4nv", "f8E5M2": "fp8e5"}


@dataclasses.dataclass
class Kernel:
    """A kernel of triton_kernels.py, and what it is compiled for."""
    function: object
    arguments: dict  # types of pointers and sizes; sizes are multiples of 16
    constants: dict = dataclasses.field(default_factory=dict)
    tiles: tuple = ("BM", "BN", "BK")  # None: as many rows as an instruction has, 16
    most: tuple = (128, 256)  # rows and columns of a tile
    note: str = None  # what is not as in our kernel


def plain(function, left="i8", right="i8", most=(128, 256)):
    total = "i32" if left == "i8" else "fp32"
    return Kernel(function, {"x": f"*{TYPES[left]}", "w": f"*{TYPES[right]}", "y": f"*{total}",
                             "M": "i32", "N": "i32", "K": "i32"},
                  {"TOTAL": tl.int32 if left == "i8" else tl.float32}, most=most)


def linear(result="i8"):
    return Kernel(kernels.layer,
                  {"x": "*i8", "w": "*i8", "bias": "*i32", "scale": "*fp32",
                   "y": f"*{TYPES[result]}", "M": "i32", "N": "i32", "K": "i32"},
                  {"RESULT": {"i8": tl.int8, "f32": tl.float32,
                              "f8E4M3FN": tl.float8e4nv}[result]}, most=(128, 128))


# Problems whose kernels Triton can express, by name.
KERNELS = {
    "product-s8s8": plain(kernels.product),
    "linear-symmetric": linear(),
    "linear-asymmetric": linear(),
    "linear-transposed": linear(),
    "linear-f32": linear("f32"),
    "linear-sm_89": linear(),
    "linear-f8": linear("f8E4M3FN"),
    "attention-context": plain(kernels.attention, most=(128, 64)),
    "convolution": Kernel(kernels.convolution,
                          {"x": "*i8", "w": "*i8", "y": "*i32", "M": "i32", "N": "i32"},
                          {"SIZE": 16, "WINDOW": 3, "CHANNELS": 256, "TOTAL": tl.int32},
                          most=(128, 64)),
    "product-f16": plain(kernels.product, "f16", "f16"),
    "product-bf16": plain(kernels.product, "bf16", "bf16"),
    "int4-weights": Kernel(kernels.int4,
                           {"x": "*fp16", "w": "*u8", "scale": "*fp16", "zero": "*fp16",
                            "y": "*fp32", "M": "i32", "N": "i32", "K": "i32"}, {"BLOCK": 128}),
    "product-e4m3": plain(kernels.product, "f8E4M3FN", "f8E4M3FN"),
    "product-e5m2e4m3": plain(kernels.product, "f8E5M2", "f8E4M3FN"),
    "split-k": Kernel(kernels.split, {"x": "*i8", "w": "*i8", "y": "*i32", "M": "i32", "N": "i32",
                                      "K": "i32", "depth": "i32"}, {"TOTAL": tl.int32},
                      most=(64, 64)),
    "few-rows": Kernel(kernels.few_rows, {"x": "*i8", "w": "*i8", "y": "*i32", "M": "i32",
                                          "N": "i32", "K": "i32"}, tiles=(None, "BN", "BK"),
                       note="there is no dp4a in Triton: IMMA, of whose 16 rows 4 are used"),
    "rows": Kernel(kernels.softmax, {"x": "*fp32", "y": "*fp32"}, {"N": 768, "WIDTH": 1024},
                   tiles=()),
}
# Why the others have none.
WITHOUT = {
    "product-u8s8": "Triton's dot takes operands of one type",
    "product-u8u8": "Triton's dot takes bytes with a sign alone",
}


def compile_kernel(kernel, capability, shape):
    """PTX of a kernel with tiles, warps and stages."""
    *tiles, warps, stages = shape
    constants = {**kernel.constants,
                 **{name: size for name, size in zip(kernel.tiles, tiles) if name}}
    source = ASTSource(
        fn=kernel.function,
        signature={**kernel.arguments, **{name: "constexpr" for name in constants}},
        constexprs=constants,
        attrs={(each,): [["tt.divisibility", 16]] for each in range(len(kernel.arguments))})
    return triton.compile(source, target=GPUTarget("cuda", capability, 32),
                          options={"num_warps": warps, "num_stages": stages}).asm["ptx"]


def best(kernel, chip, matrix):
    """The row of the best shape; None where none fits."""
    rows = []
    for shape in SHAPES:
        if shape[0] > kernel.most[0] or shape[1] > kernel.most[1]:
            continue
        with tempfile.NamedTemporaryFile("w", suffix=".ptx") as file:
            file.write(compile_kernel(kernel, int(chip.removeprefix("sm_")), shape))
            file.flush()
            code = sass.assemble(file.name, chip, strict=False)[0]
        row = main_loop.row_of(code, matrix)
        if not code.spills and bool(matrix) == bool(row["matrix"]):
            tile = [size if name else 16 for name, size in zip(kernel.tiles, shape)]
            tile = {"tile": tile} if tile else {}
            rows.append({**row, **tile, "warps": shape[3], "stages": shape[4]})
        if not matrix:
            break
    return min(rows, key=lambda row: row["each"] or 0, default=None)


def main():
    if len(sys.argv) < 2:
        sys.exit("usage: triton_main_loop.py FILE [PROBLEM...]")
    path = pathlib.Path(sys.argv[1] + ".triton.json")
    result = json.loads(path.read_text()) if len(sys.argv) > 2 else {}
    for problem in problems.select(sys.argv[2:]):
        kernel = KERNELS.get(problem.name)
        if not kernel:
            result[problem.name] = {"none": WITHOUT[problem.name]}
            continue
        matrix = "IMMA" if problem.matrix == "IDP" else problem.matrix
        row = best(kernel, problem.chip, matrix)
        if row and kernel.note:
            row["note"] = kernel.note
        result[problem.name] = row or {"none": "every shape spills"}
        print(problem.name, result[problem.name], flush=True)
    path.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
