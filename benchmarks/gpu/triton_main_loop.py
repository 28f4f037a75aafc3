#===- triton_main_loop.py - the same products by Triton, as a yardstick ----===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""Compiles plain products with Triton for a chip that need not be there, and
writes what ptxas makes of their main loops to FILE.triton.json.

Needs `pip install triton==3.9.0`, which nothing else does; its PTX goes through
our ptxas, and the best of a few tile shapes counts.
"""

import json
import os
import pathlib
import sys
import tempfile

os.environ.setdefault("TRITON_DEFAULT_FP_FUSION", "0")

import triton  # noqa: E402
import triton.language as tl  # noqa: E402
from triton.backends.compiler import GPUTarget  # noqa: E402
from triton.compiler import ASTSource  # noqa: E402

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "python"))

import main_loop  # noqa: E402
from quantc import sass  # noqa: E402

# Tile sizes, warps, stages.
SHAPES = [(128, 128, 64, 8, 3), (128, 64, 64, 4, 3), (64, 64, 64, 4, 3), (128, 128, 128, 8, 3),
          (128, 256, 64, 8, 3)]


@triton.jit
def product(x, w, y, M, N, K, INTEGER: tl.constexpr, BM: tl.constexpr, BN: tl.constexpr,
            BK: tl.constexpr):
    rows = tl.program_id(0) * BM + tl.arange(0, BM)
    columns = tl.program_id(1) * BN + tl.arange(0, BN)
    inner = tl.arange(0, BK)
    left = x + rows[:, None] * K + inner[None, :]
    right = w + columns[None, :] * K + inner[:, None]
    total = tl.zeros((BM, BN), dtype=tl.int32 if INTEGER else tl.float32)
    for _ in range(0, K // BK):
        total = tl.dot(tl.load(left), tl.load(right), total,
                       out_dtype=tl.int32 if INTEGER else tl.float32)
        left += BK
        right += BK
    tl.store(y + rows[:, None] * N + columns[None, :], total)


def compile_product(left, right, capability, shape):
    m, n, k, warps, stages = shape
    integer = left in ("i8", "u8")
    source = ASTSource(
        fn=product,
        signature={"x": f"*{left}", "w": f"*{right}", "y": "*i32" if integer else "*fp32",
                   "M": "i32", "N": "i32", "K": "i32", "INTEGER": "constexpr", "BM": "constexpr",
                   "BN": "constexpr", "BK": "constexpr"},
        constexprs={"INTEGER": integer, "BM": m, "BN": n, "BK": k},
        attrs={(each,): [["tt.divisibility", 16]] for each in range(6)})
    return triton.compile(source, target=GPUTarget("cuda", capability, 32),
                          options={"num_warps": warps, "num_stages": stages}).asm["ptx"]


def best(left, right, capability, matrix):
    rows = []
    for shape in SHAPES:
        with tempfile.NamedTemporaryFile("w", suffix=".ptx") as file:
            file.write(compile_product(left, right, capability, shape))
            file.flush()
            kernel = sass.assemble(file.name, f"sm_{capability}", strict=False)[0]
        if kernel.spills:
            continue
        row = main_loop.row_of(kernel, matrix)
        if row["matrix"]:
            rows.append({**row, "tile": shape[:3], "warps": shape[3], "stages": shape[4]})
    return min(rows, key=lambda row: row["each"], default=None)


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: triton_main_loop.py FILE")
    integer = best("i8", "i8", 80, "IMMA")
    result = {"product-s8s8": integer, "linear-symmetric": integer}
    pathlib.Path(sys.argv[1] + ".triton.json").write_text(
        json.dumps({name: row for name, row in result.items() if row}, indent=1) + "\n")


if __name__ == "__main__":
    main()
