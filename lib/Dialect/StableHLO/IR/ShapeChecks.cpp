//===- ShapeChecks.cpp - what verifiers check of shapes -===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ShapeChecks.h"

#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/Support/CheckedArithmetic.h"

using namespace mlir;
using namespace quantc::stablehlo;

LogicalResult quantc::stablehlo::verifyCount(Operation *op, StringRef name,
                                             int64_t actual, int64_t expected) {
  if (actual == expected)
    return success();
  return op->emitOpError() << "expected " << expected << " values of " << name
                           << ", but got " << actual;
}

LogicalResult quantc::stablehlo::verifyAtLeast(Operation *op, StringRef name,
                                               ArrayRef<int64_t> values,
                                               int64_t minimum) {
  for (int64_t value : values)
    if (value < minimum)
      return op->emitOpError() << "expected " << name << " of at least "
                               << minimum << ", but got " << value;
  return success();
}

LogicalResult quantc::stablehlo::verifyInRange(Operation *op, StringRef name,
                                               ArrayRef<int64_t> dimensions,
                                               int64_t rank) {
  for (int64_t dimension : dimensions)
    if (dimension < 0 || dimension >= rank)
      return op->emitOpError() << "expected " << name << " in [0, " << rank
                               << "), but got " << dimension;
  return success();
}

LogicalResult quantc::stablehlo::verifyDimensions(Operation *op, StringRef name,
                                                  ArrayRef<int64_t> dimensions,
                                                  int64_t rank) {
  if (failed(verifyInRange(op, name, dimensions, rank)))
    return failure();
  SmallVector<bool> seen(rank, false);
  for (int64_t dimension : dimensions) {
    if (seen[dimension])
      return op->emitOpError() << "expected unique " << name << ", but got "
                               << dimension << " twice";
    seen[dimension] = true;
  }
  return success();
}

LogicalResult quantc::stablehlo::verifySorted(Operation *op, StringRef name,
                                              ArrayRef<int64_t> dimensions) {
  if (llvm::is_sorted(dimensions))
    return success();
  return op->emitOpError() << "expected sorted " << name << ", but got ["
                           << dimensions << "]";
}

/// Writes a shape as [2, ?, 3].
static void printShape(Diagnostic &diagnostic, ArrayRef<int64_t> shape) {
  diagnostic << '[';
  llvm::interleave(
      shape,
      [&](int64_t size) {
        if (ShapedType::isDynamic(size))
          diagnostic << '?';
        else
          diagnostic << size;
      },
      [&] { diagnostic << ", "; });
  diagnostic << ']';
}

LogicalResult quantc::stablehlo::verifyShape(Operation *op, StringRef what,
                                             ArrayRef<int64_t> expected,
                                             ArrayRef<int64_t> actual) {
  if (succeeded(verifyCompatibleShape(expected, actual)))
    return success();
  InFlightDiagnostic error = op->emitOpError();
  error << "expected " << what << " of shape ";
  printShape(*error.getUnderlyingDiagnostic(), expected);
  error << ", but got ";
  printShape(*error.getUnderlyingDiagnostic(), actual);
  return error;
}

Type quantc::stablehlo::getExpressedType(Type element) {
  auto quantized = dyn_cast<quant::QuantizedType>(element);
  return quantized ? quantized.getExpressedType() : element;
}

LogicalResult quantc::stablehlo::verifyElementType(Operation *op,
                                                   StringRef what,
                                                   Type expected, Type actual) {
  if (expected == actual)
    return success();
  return op->emitOpError() << "expected " << what << " of element type "
                           << expected << ", but got " << actual;
}

/// The size after `dilation - 1` elements were put between any two.
static std::optional<int64_t> getDilatedSize(int64_t size, int64_t dilation) {
  if (size == 0)
    return 0;
  return llvm::checkedMulAdd<int64_t>(size - 1, dilation, 1);
}

std::optional<int64_t> quantc::stablehlo::getPaddedSize(int64_t size,
                                                        int64_t low,
                                                        int64_t high,
                                                        int64_t dilation) {
  if (ShapedType::isDynamic(size))
    return size;
  std::optional<int64_t> dilated = getDilatedSize(size, dilation);
  std::optional<int64_t> padding = llvm::checkedAdd(low, high);
  if (!dilated || !padding)
    return std::nullopt;
  return llvm::checkedAdd(*dilated, *padding);
}

std::optional<int64_t>
quantc::stablehlo::getNumPositions(int64_t size, const Window &window) {
  if (ShapedType::isDynamic(size) || ShapedType::isDynamic(window.size))
    return ShapedType::kDynamic;
  std::optional<int64_t> padded =
      getPaddedSize(size, window.low, window.high, window.baseDilation);
  std::optional<int64_t> dilated =
      getDilatedSize(window.size, window.windowDilation);
  if (!padded || !dilated)
    return std::nullopt;
  if (*padded <= 0 || *dilated > *padded)
    return 0;
  return (*padded - *dilated) / window.stride + 1;
}
