#===- make_decode_step.py - a decode step with a key-value cache ----------===#
#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""make_decode_step.py DIR writes an attention step with its data into DIR.

model.mlir, model.safetensors    x [1, 8], position [1], keys and values
                                 [2, 6, 4] (two heads) -> out [1, 8], and the
                                 states with the token added
data.safetensors                 4 texts of 6 tokens, one after the other
"""

import pathlib
import sys

import numpy
from safetensors.numpy import save_file

MODEL = """\
module @decode {
  func.func public @main(
      %x: tensor<1x8xf32> {qnn.input = "x"},
      %position: tensor<1xi32> {qnn.input = "position"},
      %keys: tensor<2x6x4xf32> {qnn.input = "keys"},
      %values: tensor<2x6x4xf32> {qnn.input = "values"},
      %wq: tensor<8x8xf32> {qnn.parameter = "wq"},
      %wk: tensor<8x8xf32> {qnn.parameter = "wk"},
      %wv: tensor<8x8xf32> {qnn.parameter = "wv"},
      %wo: tensor<8x8xf32> {qnn.parameter = "wo"})
      -> (tensor<1x8xf32> {qnn.output = "out"},
          tensor<2x6x4xf32> {qnn.output = "keys"},
          tensor<2x6x4xf32> {qnn.output = "values"}) {
    %zero = stablehlo.constant dense<0> : tensor<i32>
    %at = stablehlo.reshape %position : (tensor<1xi32>) -> tensor<i32>
    %q0 = stablehlo.dot_general %x, %wq, contracting_dims = [1] x [0] : (tensor<1x8xf32>, tensor<8x8xf32>) -> tensor<1x8xf32>
    %k0 = stablehlo.dot_general %x, %wk, contracting_dims = [1] x [0] : (tensor<1x8xf32>, tensor<8x8xf32>) -> tensor<1x8xf32>
    %v0 = stablehlo.dot_general %x, %wv, contracting_dims = [1] x [0] : (tensor<1x8xf32>, tensor<8x8xf32>) -> tensor<1x8xf32>
    %q = stablehlo.reshape %q0 : (tensor<1x8xf32>) -> tensor<2x1x4xf32>
    %k = stablehlo.reshape %k0 : (tensor<1x8xf32>) -> tensor<2x1x4xf32>
    %v = stablehlo.reshape %v0 : (tensor<1x8xf32>) -> tensor<2x1x4xf32>
    %k1 = stablehlo.dynamic_update_slice %keys, %k, %zero, %at, %zero : (tensor<2x6x4xf32>, tensor<2x1x4xf32>, tensor<i32>, tensor<i32>, tensor<i32>) -> tensor<2x6x4xf32>
    %v1 = stablehlo.dynamic_update_slice %values, %v, %zero, %at, %zero : (tensor<2x6x4xf32>, tensor<2x1x4xf32>, tensor<i32>, tensor<i32>, tensor<i32>) -> tensor<2x6x4xf32>
    %s = stablehlo.dot_general %q, %k1, batching_dims = [0] x [0], contracting_dims = [2] x [2] : (tensor<2x1x4xf32>, tensor<2x6x4xf32>) -> tensor<2x1x6xf32>
    %p = stablehlo.logistic %s : tensor<2x1x6xf32>
    %m = stablehlo.dot_general %p, %v1, batching_dims = [0] x [0], contracting_dims = [2] x [1] : (tensor<2x1x6xf32>, tensor<2x6x4xf32>) -> tensor<2x1x4xf32>
    %f = stablehlo.reshape %m : (tensor<2x1x4xf32>) -> tensor<1x8xf32>
    %out = stablehlo.dot_general %f, %wo, contracting_dims = [1] x [0] : (tensor<1x8xf32>, tensor<8x8xf32>) -> tensor<1x8xf32>
    return %out, %k1, %v1 : tensor<1x8xf32>, tensor<2x6x4xf32>, tensor<2x6x4xf32>
  }
}
"""


def main(folder: pathlib.Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    random = numpy.random.default_rng(0)

    def normal(*shape: int) -> numpy.ndarray:
        return random.standard_normal(shape, dtype=numpy.float32)

    (folder / "model.mlir").write_text(MODEL)
    save_file({name: normal(8, 8) for name in ("wq", "wk", "wv", "wo")},
              folder / "model.safetensors")
    save_file({"x": normal(24, 8),
               "position": numpy.tile(numpy.arange(6, dtype=numpy.int32), 4)},
              folder / "data.safetensors")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
