#===- check_matmul.py - run matmul.mlir against exact integers ------------===#
#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""check_matmul.py BUNDLE runs the compiled matmul.mlir on the edges of i8 and on
random values. The scales are powers of two, so that the result is exact."""

import pathlib
import subprocess
import sys

import numpy
from safetensors.numpy import load_file, save_file


def main(bundle: pathlib.Path) -> None:
    random = numpy.random.default_rng(0)
    # Beside the bundle: nothing else is written into one.
    inputs, outputs = (bundle.with_suffix(f".{name}.safetensors") for name in ("in", "out"))
    edges = numpy.array([-128, -127, -3, 0, 7, 127], numpy.int8)
    for seed in range(8):
        if seed % 2 == 0:
            a, b = (random.choice(edges, shape) for shape in [(4, 8), (8, 16)])
        else:
            a, b = (random.integers(-128, 128, shape, numpy.int8) for shape in [(4, 8), (8, 16)])
        save_file({"a": a, "b": b}, inputs)
        subprocess.run(
            ["quantc", "run", bundle, "--input", inputs,
             "--output", outputs],
            check=True,
        )
        exact = (a.astype(numpy.int64) + 3) @ (b.astype(numpy.int64) - 7)
        actual = load_file(outputs)["c"]
        numpy.testing.assert_array_equal(actual, (exact * 0.125).astype(numpy.float32))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
