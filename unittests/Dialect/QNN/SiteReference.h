//===- SiteReference.h - exact values of quantized sites --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The contractions and convolutions of docs/arithmetic.md on dequantized
// operands, element by element in 128-bit integers, straight from the indexing
// maps of the linalg op. Slow, and without a line of the lowering.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_UNITTESTS_DIALECT_QNN_SITEREFERENCE_H
#define QUANTC_UNITTESTS_DIALECT_QNN_SITEREFERENCE_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include <map>
#include <random>
#include <vector>

namespace quantc::test {

/// A dense tensor, row major. Every element of a supported type is a double.
struct Tensor {
  std::vector<int64_t> shape;
  mlir::Type elementType;
  std::vector<double> values;

  static Tensor zeros(mlir::RankedTensorType type);
  double at(llvm::ArrayRef<int64_t> index) const;
  /// The elements as compiled code reads them.
  std::vector<char> getBytes() const;
};

/// The tensors that a function's arguments hold.
using Arguments =
    std::map<mlir::Value, Tensor, bool (*)(mlir::Value, mlir::Value)>;
Arguments makeArguments();

/// Integers at the edges of their type or anywhere in it, positive scales.
Tensor drawTensor(mlir::RankedTensorType type, std::mt19937_64 &random);

/// The result of `site`, whose operands are dequantized (and possibly padded
/// with zeros) arguments or constants.
std::vector<float> evaluateSite(mlir::linalg::LinalgOp site,
                                const Arguments &arguments);

} // namespace quantc::test

#endif // QUANTC_UNITTESTS_DIALECT_QNN_SITEREFERENCE_H
