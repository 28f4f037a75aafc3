//===- OperandAccess.h - elements of an operand by row and k ----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CODEGEN_NVVM_OPERANDACCESS_H
#define QUANTC_LIB_CODEGEN_NVVM_OPERANDACCESS_H

#include "quantc/Codegen/Contraction/FlatAccess.h"
#include "quantc/Codegen/Contraction/IndexArithmetic.h"
#include "quantc/Dialect/GPU/IR/GPUDialect.h"

namespace quantc::nvvm {

/// Dimensions that are counted as one, and where they lead to in memory.
class LinearDims {
public:
  LinearDims() = default;
  /// Merges neighbours that can be walked as one and drops those of extent 1.
  LinearDims(llvm::ArrayRef<int64_t> bounds, llvm::ArrayRef<int64_t> strides);

  /// Offset of element `position` of the merged dimensions.
  mlir::Value getOffset(IndexArithmetic &index, mlir::Value position) const;
  /// The same of `first` + `inTile`, where `first` is a multiple of `tile` and
  /// `inTile` below it. What is taken apart by division is `first` alone if the
  /// innermost dimension is whole tiles: all threads have the same then.
  mlir::Value getOffset(IndexArithmetic &index, mlir::Value first,
                        mlir::Value inTile, int64_t tile) const;

  bool isSingle() const { return bounds.size() <= 1; }
  /// Stride and extent of the innermost; 0 and 1 where there is none.
  int64_t getInnerStride() const {
    return strides.empty() ? 0 : strides.back();
  }
  int64_t getInnerBound() const { return bounds.empty() ? 1 : bounds.back(); }
  llvm::ArrayRef<int64_t> getStrides() const { return strides; }
  /// Whether all elements lie at the same place.
  bool isConstant() const;

private:
  llvm::SmallVector<int64_t> bounds, strides;
};

/// An operand of a contraction as one row of elements.
struct OperandAccess {
  OperandAccess(mlir::OpBuilder &builder, mlir::Location loc,
                mlir::Value memref, mlir::AffineMap map, SpaceAttr space);

  mlir::Value base;
  mlir::Type element;
  LinearDims batch, m, k;
  int64_t nStride;

  /// The largest power of two, up to `limit`, that divides the offset of the
  /// first element and all strides but those of k and n, in elements.
  int64_t getAlignment(int64_t limit) const;
  /// That of the offset of the first element alone.
  int64_t getOffsetAlignment(int64_t limit) const;
};

/// What lies at the row of `rowOffset` and each of as many k, from `k` on, as
/// 16 bytes have elements: an element, or a vector of neighbours of four bytes,
/// aligned to these, by `type`. Those that do not exist are zero: all without
/// `isRow`, unless that is null, and those from `extent` on. The first element
/// of the operand is read instead.
llvm::SmallVector<mlir::Value>
gatherAlongK(mlir::OpBuilder &builder, IndexArithmetic &index,
             mlir::Location loc, const OperandAccess &access,
             mlir::Value rowOffset, mlir::Value k, mlir::Value isRow,
             std::optional<int64_t> extent, mlir::Type type);

/// The elements of gatherAlongK as one vector.
mlir::Value gatherChunk(mlir::OpBuilder &builder, IndexArithmetic &index,
                        mlir::Location loc, const OperandAccess &access,
                        mlir::Value rowOffset, mlir::Value k, mlir::Value isRow,
                        std::optional<int64_t> extent);

} // namespace quantc::nvvm

#endif // QUANTC_LIB_CODEGEN_NVVM_OPERANDACCESS_H
