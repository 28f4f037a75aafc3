//===- ProductError.h - what quantizing does to a product -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The product Y = X W of sampled rows of an activation and a constant, and the
// product of both quantized:
//
//   signal = sum Y^2        noise = sum (Q(X) Q(W) - Y)^2
//
// It knows what the noise of the operands alone does not: which channels of X
// meet which rows of W.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_QNN_TRANSFORMS_PRODUCTERROR_H
#define QUANTC_LIB_DIALECT_QNN_TRANSFORMS_PRODUCTERROR_H

#include "Site/ObservedRows.h"
#include "quantc/Calibration/QuantizationError.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace quantc::qnn {

class ProductError {
public:
  /// Of the operand `activation` of a site and the other one, whose dimension
  /// `weightDim` meets the channels. nullopt where no rows were sampled, or the
  /// other operand is not a constant of f32, f16 or bf16 with as many channels.
  static std::optional<ProductError>
  create(mlir::linalg::LinalgOp site, unsigned activation, int64_t weightDim);
  /// The same for a site that is a product of matrices: sums along the channels
  /// alone, of a weight that all rows meet.
  static std::optional<ProductError> create(mlir::linalg::LinalgOp site,
                                            unsigned activation);

  /// Whether a scheme of the activation can be followed without knowing where
  /// in the tensor a row was.
  bool canFollow(QuantizationAttr scheme) const;

  /// With X / s and s W in the place of X and W; no scales for ones. At most
  /// `maxRows` rows are multiplied, evenly spaced. Fails after an error.
  mlir::FailureOr<NoiseEstimate>
  measure(QuantizationAttr rowScheme, QuantizationAttr weightScheme,
          llvm::ArrayRef<float> scales = {},
          int64_t maxRows = std::numeric_limits<int64_t>::max()) const;

private:
  /// The rows, quantized and dequantized, and the scales of their channels
  /// where they have some of their own.
  mlir::FailureOr<std::vector<float>>
  quantizeRows(QuantizationAttr scheme, llvm::ArrayRef<float> scales,
               llvm::SmallVectorImpl<float> &channelScales) const;
  /// The weight, quantized and dequantized, with the channels outermost.
  mlir::FailureOr<std::vector<float>>
  quantizeWeight(QuantizationAttr scheme, llvm::ArrayRef<float> scales,
                 llvm::ArrayRef<float> channelScales) const;
  /// The channel of an element of the weight.
  int64_t getChannel(int64_t element) const {
    return element / inner % channels;
  }
  /// The weight's elements with the channels outermost.
  std::vector<float> getMatrix(llvm::ArrayRef<float> elements) const;
  /// Row `row` of `rows` times `matrix`.
  void multiplyRow(llvm::ArrayRef<float> rows, llvm::ArrayRef<float> matrix,
                   int64_t row, llvm::MutableArrayRef<float> result) const;

  mlir::linalg::LinalgOp site;
  ObserveOp observer;
  /// [numRows, channels]
  std::vector<float> rows;
  mlir::RankedTensorType weightType;
  int64_t channels, columns, inner, numRows;
  std::vector<float> weight, matrix;
};

} // namespace quantc::qnn

#endif // QUANTC_LIB_DIALECT_QNN_TRANSFORMS_PRODUCTERROR_H
