#===- make_model.py - a tiny model and data for the tests of quantc -------===#
#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""make_model.py DIR writes a two-layer network with its data into DIR.

model.mlir, model.safetensors    tokens [2, 3, 8] -> logits [2, 3, 4]
other.mlir, other.safetensors    the same with one layer
calibration.safetensors          12 samples; first.safetensors and
                                 second.safetensors have 4 and 8 of them
evaluation.safetensors           16 samples with labels
"""

import pathlib
import sys

import numpy
from safetensors.numpy import save_file

MODEL = """\
module @tiny {
  func.func public @main(
      %x: tensor<2x3x8xf32> {qnn.input = "x"},
      %w0: tensor<8x16xf32> {qnn.parameter = "hidden.w"},
      %b0: tensor<16xf32> {qnn.parameter = "hidden.b"},
      %w1: tensor<16x4xf32> {qnn.parameter = "head.w"})
      -> (tensor<2x3x4xf32> {qnn.output = "logits"}) {
    %0 = stablehlo.dot_general %x, %w0, contracting_dims = [2] x [0] : (tensor<2x3x8xf32>, tensor<8x16xf32>) -> tensor<2x3x16xf32>
    %1 = stablehlo.broadcast_in_dim %b0, dims = [2] : (tensor<16xf32>) -> tensor<2x3x16xf32>
    %2 = stablehlo.add %0, %1 : tensor<2x3x16xf32>
    %cst = stablehlo.constant dense<0.000000e+00> : tensor<2x3x16xf32>
    %3 = stablehlo.maximum %2, %cst : tensor<2x3x16xf32>
    %4 = stablehlo.dot_general %3, %w1, contracting_dims = [2] x [0] : (tensor<2x3x16xf32>, tensor<16x4xf32>) -> tensor<2x3x4xf32>
    return %4 : tensor<2x3x4xf32>
  }
}
"""

OTHER = """\
module @other {
  func.func public @main(
      %x: tensor<2x3x8xf32> {qnn.input = "x"},
      %w: tensor<8x4xf32> {qnn.parameter = "w"})
      -> (tensor<2x3x4xf32> {qnn.output = "logits"}) {
    %0 = stablehlo.dot_general %x, %w, contracting_dims = [2] x [0] : (tensor<2x3x8xf32>, tensor<8x4xf32>) -> tensor<2x3x4xf32>
    return %0 : tensor<2x3x4xf32>
  }
}
"""


def main(folder: pathlib.Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    random = numpy.random.default_rng(0)

    def normal(*shape: int) -> numpy.ndarray:
        return random.standard_normal(shape, dtype=numpy.float32)

    def save(name: str, **tensors: numpy.ndarray) -> None:
        save_file(tensors, folder / f"{name}.safetensors")

    hidden, bias, head = normal(8, 16), normal(16), normal(16, 4)
    (folder / "model.mlir").write_text(MODEL)
    save("model", **{"hidden.w": hidden, "hidden.b": bias, "head.w": head})
    (folder / "other.mlir").write_text(OTHER)
    save("other", w=normal(8, 4))

    data = normal(12, 3, 8)
    save("calibration", x=data)
    save("first", x=data[:4])
    save("second", x=data[4:])

    data = normal(16, 3, 8)
    logits = numpy.maximum(data @ hidden + bias, 0) @ head
    labels = logits.argmax(axis=-1).astype(numpy.int32)
    labels[0, 0] = -1  # ignored
    labels[:, 2] = (labels[:, 2] + 1) % 4  # wrong: the accuracy is 31/47
    save("evaluation", x=data, labels=labels)
    save("logits", logits=logits)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
