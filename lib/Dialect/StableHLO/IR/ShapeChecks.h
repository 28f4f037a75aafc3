//===- ShapeChecks.h - what verifiers check of shapes -*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Attribute values come from files and may be anything: every check comes
// before the first use of a value as an index, and arithmetic on sizes is
// checked for overflow.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_STABLEHLO_IR_SHAPECHECKS_H
#define QUANTC_LIB_DIALECT_STABLEHLO_IR_SHAPECHECKS_H

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Operation.h"

namespace quantc::stablehlo {

/// A tensor type whose rank and sizes a verifier compares.
inline mlir::RankedTensorType getTensor(mlir::Value value) {
  return llvm::cast<mlir::RankedTensorType>(value.getType());
}

/// Whether two sizes may be equal; a dynamic size may be any.
inline bool isCompatibleSize(int64_t lhs, int64_t rhs) {
  return lhs == rhs || mlir::ShapedType::isDynamic(lhs) ||
         mlir::ShapedType::isDynamic(rhs);
}

/// Expects `actual` to be `expected`, the number of values of `name`.
mlir::LogicalResult verifyCount(mlir::Operation *op, llvm::StringRef name,
                                int64_t actual, int64_t expected);

/// Expects every value of `name` to be at least `minimum`.
mlir::LogicalResult verifyAtLeast(mlir::Operation *op, llvm::StringRef name,
                                  llvm::ArrayRef<int64_t> values,
                                  int64_t minimum);

/// Expects every value of `name` to be a dimension of a tensor of rank `rank`.
mlir::LogicalResult verifyInRange(mlir::Operation *op, llvm::StringRef name,
                                  llvm::ArrayRef<int64_t> dimensions,
                                  int64_t rank);

/// The same, and no dimension to occur twice.
mlir::LogicalResult verifyDimensions(mlir::Operation *op, llvm::StringRef name,
                                     llvm::ArrayRef<int64_t> dimensions,
                                     int64_t rank);

/// Expects the values of `name` to be in ascending order.
mlir::LogicalResult verifySorted(mlir::Operation *op, llvm::StringRef name,
                                 llvm::ArrayRef<int64_t> dimensions);

/// Expects the shape of `actual` to be `expected`. `what` names the tensor.
mlir::LogicalResult verifyShape(mlir::Operation *op, llvm::StringRef what,
                                llvm::ArrayRef<int64_t> expected,
                                llvm::ArrayRef<int64_t> actual);

/// What an element stands for: its own type unless it is quantized.
mlir::Type getExpressedType(mlir::Type element);

/// Expects the element type `actual` to be `expected`.
mlir::LogicalResult verifyElementType(mlir::Operation *op, llvm::StringRef what,
                                      mlir::Type expected, mlir::Type actual);

/// low + dilated(size) + high, where dilation puts `dilation - 1` elements
/// between two; nullopt when it overflows. A dynamic size stays dynamic.
std::optional<int64_t> getPaddedSize(int64_t size, int64_t low, int64_t high,
                                     int64_t dilation);

/// One spatial dimension of a convolution or of reduce_window.
struct Window {
  int64_t size;
  int64_t stride;
  int64_t low;
  int64_t high;
  int64_t baseDilation;
  int64_t windowDilation;
};

/// The number of positions of the window along a dimension of the given size;
/// nullopt when a size on the way overflows.
std::optional<int64_t> getNumPositions(int64_t size, const Window &window);

} // namespace quantc::stablehlo

#endif // QUANTC_LIB_DIALECT_STABLEHLO_IR_SHAPECHECKS_H
