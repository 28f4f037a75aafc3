//===- LinearAccess.cpp - elements of a shaped value by stride ------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Codegen/Contraction/LinearAccess.h"

#include "mlir/IR/AffineExpr.h"

using namespace mlir;

SmallVector<int64_t> quantc::getRowMajorStrides(ArrayRef<int64_t> shape) {
  SmallVector<int64_t> strides(shape.size(), 1);
  for (int64_t i = int64_t(shape.size()) - 2; i >= 0; --i)
    strides[i] = strides[i + 1] * shape[i + 1];
  return strides;
}

FailureOr<SmallVector<int64_t>> quantc::getElementStrides(ShapedType type) {
  auto memref = dyn_cast<MemRefType>(type);
  if (!memref)
    return getRowMajorStrides(type.getShape());
  SmallVector<int64_t> strides;
  int64_t offset;
  if (failed(memref.getStridesAndOffset(strides, offset)) ||
      llvm::any_of(strides, ShapedType::isDynamic))
    return failure();
  return strides;
}

FailureOr<SmallVector<int64_t>> quantc::getCoefficients(AffineExpr expr,
                                                        unsigned numDims) {
  SmallVector<int64_t> coefficients(numDims, 0);
  if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
    coefficients[dim.getPosition()] = 1;
    return coefficients;
  }
  if (auto constant = dyn_cast<AffineConstantExpr>(expr)) {
    if (constant.getValue() != 0)
      return failure();
    return coefficients;
  }
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return failure();
  auto left = getCoefficients(binary.getLHS(), numDims);
  if (failed(left))
    return failure();
  if (binary.getKind() == AffineExprKind::Mul) {
    auto factor = dyn_cast<AffineConstantExpr>(binary.getRHS());
    if (!factor)
      return failure();
    for (int64_t &coefficient : *left)
      coefficient *= factor.getValue();
    return *left;
  }
  if (binary.getKind() != AffineExprKind::Add)
    return failure();
  auto right = getCoefficients(binary.getRHS(), numDims);
  if (failed(right))
    return failure();
  for (auto [sum, term] : llvm::zip_equal(*left, *right))
    sum += term;
  return *left;
}

FailureOr<SmallVector<int64_t>>
quantc::getAccessStrides(AffineMap map, ArrayRef<int64_t> elementStrides) {
  SmallVector<int64_t> strides(map.getNumDims(), 0);
  for (auto [expr, stride] :
       llvm::zip_equal(map.getResults(), elementStrides)) {
    auto coefficients = getCoefficients(expr, map.getNumDims());
    if (failed(coefficients))
      return failure();
    for (auto [sum, coefficient] : llvm::zip_equal(strides, *coefficients))
      sum += coefficient * stride;
  }
  return strides;
}

int64_t quantc::countMergeable(ArrayRef<int64_t> bounds,
                               ArrayRef<int64_t> strides) {
  if (bounds.empty())
    return 0;
  int64_t count = 1;
  for (int64_t i = int64_t(bounds.size()) - 2; i >= 0; --i, ++count)
    if (strides[i] != bounds[i + 1] * strides[i + 1])
      break;
  return count;
}

SmallVector<int64_t> quantc::getOffsets(ArrayRef<int64_t> bounds,
                                        ArrayRef<int64_t> strides) {
  SmallVector<int64_t> offsets = {0};
  for (auto [bound, stride] : llvm::zip_equal(bounds, strides)) {
    SmallVector<int64_t> inner;
    for (int64_t offset : offsets)
      for (int64_t i = 0; i < bound; ++i)
        inner.push_back(offset + i * stride);
    offsets = std::move(inner);
  }
  return offsets;
}
