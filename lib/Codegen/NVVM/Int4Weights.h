//===- Int4Weights.h - weights that stay in four bits -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CODEGEN_NVVM_INT4WEIGHTS_H
#define QUANTC_LIB_CODEGEN_NVVM_INT4WEIGHTS_H

#include "quantc/Codegen/Contraction/ContractionView.h"
#include "quantc/Dialect/GPU/IR/GPUDialect.h"
#include "quantc/Parameters/ConstantTensor.h"

namespace quantc::nvvm {

/// Constant weights f16(scale (q - z)) of a contraction of f16, where q has
/// four bits and scale and z are the same for blocks of k.
class Int4Weights {
public:
  /// Matches the elementwise op that computes the right operand. Not matched
  /// are batches, sums over several dimensions or over no multiple of a tile of
  /// 64, blocks that tiles cross, and scales that are no numbers of f16: for
  /// these the product in f16 is not what f32 rounds to.
  static std::optional<Int4Weights> match(const ContractionView &view,
                                          SpaceAttr space);

  /// `schedule` with the tile along k that the kernel needs.
  ScheduleAttr adapt(ScheduleAttr schedule) const;

  /// The operands of `qnn_gpu.contract`: rows of bytes, and the pairs of scale
  /// and offset, in the order in which the threads of `schedule` read them.
  std::pair<mlir::Value, mlir::Value>
  pack(mlir::OpBuilder &builder, mlir::Location loc, ScheduleAttr schedule);

private:
  /// A constant that varies with n and with blocks of k.
  struct Factor {
    /// Without it `scalar` is all.
    std::optional<ConstantTensor> tensor;
    double scalar = 0;
    /// The element for (n, k) is nStride n + sum of stride (k floordiv
    /// divisor).
    int64_t offset = 0, nStride = 0;
    llvm::SmallVector<std::pair<int64_t, int64_t>> strides;

    double get(int64_t n, int64_t k);
  };

  bool matchFactor(mlir::linalg::GenericOp op, mlir::Value value,
                   llvm::ArrayRef<mlir::AffineExpr> loops, Factor &factor);
  bool matchBody(mlir::linalg::GenericOp op,
                 llvm::ArrayRef<mlir::AffineExpr> loops);
  bool hasFourBits();
  bool hasHalfScales();

  int64_t n = 0, k = 0, nDim = 0, block = 0;
  std::string name;
  std::optional<ConstantTensor> storage;
  int64_t nStride = 0, kStride = 0;
  Factor scale, zeroPoint;
};

} // namespace quantc::nvvm

#endif // QUANTC_LIB_CODEGEN_NVVM_INT4WEIGHTS_H
