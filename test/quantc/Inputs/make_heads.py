#===- make_heads.py - a product of heads of different sizes ---------------===#
#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""make_heads.py DIR writes a batched product with its data into DIR.

The second of two heads is 100 times as large as the first one; the result is
divided by that again, so that both count the same.

model.mlir, model.safetensors    q [1, 2, 5, 8], k [1, 7, 2, 8]
                                 -> scores [1, 2, 5, 7]
data.safetensors                 32 samples
"""

import pathlib
import sys

import numpy
from safetensors.numpy import save_file

MODEL = """\
module @heads {
  func.func public @main(
      %q: tensor<1x2x5x8xf32> {qnn.input = "q"},
      %k: tensor<1x7x2x8xf32> {qnn.input = "k"},
      %gain: tensor<2xf32> {qnn.parameter = "gain"})
      -> (tensor<1x2x5x7xf32> {qnn.output = "scores"}) {
    %g0 = stablehlo.broadcast_in_dim %gain, dims = [1] : (tensor<2xf32>) -> tensor<1x2x5x8xf32>
    %g1 = stablehlo.broadcast_in_dim %gain, dims = [2] : (tensor<2xf32>) -> tensor<1x7x2x8xf32>
    %g2 = stablehlo.broadcast_in_dim %gain, dims = [1] : (tensor<2xf32>) -> tensor<1x2x5x7xf32>
    %0 = stablehlo.multiply %q, %g0 : tensor<1x2x5x8xf32>
    %1 = stablehlo.multiply %k, %g1 : tensor<1x7x2x8xf32>
    %2 = stablehlo.dot_general %0, %1, batching_dims = [0, 1] x [0, 2], contracting_dims = [3] x [3] : (tensor<1x2x5x8xf32>, tensor<1x7x2x8xf32>) -> tensor<1x2x5x7xf32>
    %3 = stablehlo.divide %2, %g2 : tensor<1x2x5x7xf32>
    %4 = stablehlo.divide %3, %g2 : tensor<1x2x5x7xf32>
    return %4 : tensor<1x2x5x7xf32>
  }
}
"""


def main(folder: pathlib.Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    random = numpy.random.default_rng(0)

    def normal(*shape: int) -> numpy.ndarray:
        return random.standard_normal(shape, dtype=numpy.float32)

    (folder / "model.mlir").write_text(MODEL)
    save_file({"gain": numpy.array([1, 100], dtype=numpy.float32)},
              folder / "model.safetensors")
    save_file({"q": normal(32, 2, 5, 8), "k": normal(32, 7, 2, 8)},
              folder / "data.safetensors")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
