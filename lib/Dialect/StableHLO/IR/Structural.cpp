//===- Structural.cpp - verifiers of operations that move elements -===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ShapeChecks.h"
#include "quantc/Dialect/StableHLO/IR/StableHLO.h"

#include "llvm/Support/CheckedArithmetic.h"

using namespace mlir;
using namespace quantc::stablehlo;

//===----------------------------------------------------------------------===//
// Sources
//===----------------------------------------------------------------------===//

OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValue(); }

void ConstantOp::getAsmResultNames(OpAsmSetValueNameFn setName) {
  bool isInteger = !isa<FloatType>(getTensor(getOutput()).getElementType());
  setName(getOutput(), isInteger ? "c" : "cst");
}

/// `dense<...> : tensor<2xf32>`, or with the types apart, as they are for
/// quantized constants: `() {value = dense<...> : tensor<2xi8>} : () -> type`.
ParseResult ConstantOp::parse(OpAsmParser &parser, OperationState &result) {
  if (succeeded(parser.parseOptionalLParen())) {
    FunctionType type;
    bool isProperty = false;
    if (parser.parseRParen() ||
        (isProperty = succeeded(parser.parseOptionalLess()),
         parser.parseOptionalAttrDict(result.attributes)) ||
        (isProperty && parser.parseGreater()) || parser.parseColonType(type))
      return failure();
    result.addTypes(type.getResults());
    return success();
  }
  ElementsAttr value;
  if (parser.parseOptionalAttrDict(result.attributes) ||
      parser.parseAttribute(value, "value", result.attributes))
    return failure();
  result.addTypes(value.getType());
  return success();
}

void ConstantOp::print(OpAsmPrinter &printer) {
  if (getValue().getType() == getOutput().getType()) {
    printer.printOptionalAttrDict(
        llvm::to_vector((*this)->getDiscardableAttrs()));
    printer << ' ' << getValue();
    return;
  }
  printer << "()";
  printer.printOptionalAttrDict((*this)->getAttrs());
  printer << " : () -> " << getOutput().getType();
}

LogicalResult ConstantOp::verify() {
  auto type = cast<ShapedType>(getValue().getType());
  RankedTensorType output = getTensor(getOutput());
  auto quantized = dyn_cast<quant::QuantizedType>(output.getElementType());
  if (!quantized) {
    if (type == output)
      return success();
    return emitOpError() << "expected a value of type " << output
                         << ", but got " << type;
  }
  // Unsigned storage is written with or without its sign.
  Type element = type.getElementType();
  if (type.getShape() == output.getShape() && element.isInteger() &&
      element.getIntOrFloatBitWidth() ==
          quantized.getStorageTypeIntegralWidth())
    return success();
  return emitOpError() << "expected a value of shape [" << output.getShape()
                       << "] with elements of the storage type "
                       << quantized.getStorageType() << ", but got " << type;
}

LogicalResult IotaOp::verify() {
  return verifyInRange(*this, "iota_dimension",
                       static_cast<int64_t>(getIotaDimension()),
                       getTensor(getOutput()).getRank());
}

//===----------------------------------------------------------------------===//
// Shape
//===----------------------------------------------------------------------===//

LogicalResult BroadcastInDimOp::verify() {
  RankedTensorType operand = getTensor(getOperand());
  RankedTensorType result = getTensor(getResult());
  ArrayRef<int64_t> dimensions = getBroadcastDimensions();
  if (failed(verifyCount(*this, "broadcast_dimensions", dimensions.size(),
                         operand.getRank())) ||
      failed(verifyDimensions(*this, "broadcast_dimensions", dimensions,
                              result.getRank())))
    return failure();
  for (auto [index, size] : llvm::enumerate(operand.getShape())) {
    int64_t resultSize = result.getDimSize(dimensions[index]);
    if (size != 1 && !isCompatibleSize(size, resultSize))
      return emitOpError() << "expected operand dimension " << index
                           << " to have size 1 or " << resultSize
                           << ", as result dimension " << dimensions[index]
                           << ", but got " << size;
  }
  return success();
}

/// The number of elements of a static shape, nullopt when it overflows.
static std::optional<int64_t> countElements(ArrayRef<int64_t> shape) {
  int64_t count = 1;
  for (int64_t size : shape) {
    std::optional<int64_t> product = llvm::checkedMul(count, size);
    if (!product)
      return std::nullopt;
    count = *product;
  }
  return count;
}

LogicalResult ReshapeOp::verify() {
  RankedTensorType operand = getTensor(getOperand());
  RankedTensorType result = getTensor(getResult());
  if (!operand.hasStaticShape() || !result.hasStaticShape())
    return success();
  std::optional<int64_t> expected = countElements(operand.getShape());
  std::optional<int64_t> actual = countElements(result.getShape());
  if (!expected || !actual)
    return emitOpError("expected a number of elements below 2^63");
  if (*expected != *actual)
    return emitOpError() << "expected a result of " << *expected
                         << " elements, but got " << *actual;
  return success();
}

LogicalResult TransposeOp::verify() {
  RankedTensorType operand = getTensor(getOperand());
  ArrayRef<int64_t> permutation = getPermutation();
  if (failed(verifyCount(*this, "permutation", permutation.size(),
                         operand.getRank())) ||
      failed(verifyDimensions(*this, "permutation", permutation,
                              operand.getRank())))
    return failure();
  SmallVector<int64_t> expected;
  for (int64_t dimension : permutation)
    expected.push_back(operand.getDimSize(dimension));
  return verifyShape(*this, "a result", expected,
                     getTensor(getResult()).getShape());
}

LogicalResult ReverseOp::verify() {
  return verifyDimensions(*this, "dimensions", getDimensions(),
                          getTensor(getOperand()).getRank());
}

//===----------------------------------------------------------------------===//
// Parts
//===----------------------------------------------------------------------===//

LogicalResult ConcatenateOp::verify() {
  RankedTensorType first = getTensor(getInputs().front());
  int64_t dimension = getDimension();
  if (failed(verifyInRange(*this, "dimension", dimension, first.getRank())))
    return failure();
  SmallVector<int64_t> expected(first.getShape());
  int64_t total = 0;
  for (Value input : getInputs()) {
    RankedTensorType type = getTensor(input);
    SmallVector<int64_t> others(first.getShape());
    if (type.getRank() == first.getRank())
      others[dimension] = type.getDimSize(dimension);
    if (failed(verifyShape(*this, "an input", others, type.getShape())))
      return failure();
    int64_t size = type.getDimSize(dimension);
    if (ShapedType::isDynamic(size) || ShapedType::isDynamic(total)) {
      total = ShapedType::kDynamic;
      continue;
    }
    std::optional<int64_t> sum = llvm::checkedAdd(total, size);
    if (!sum)
      return emitOpError("expected a result size below 2^63");
    total = *sum;
  }
  expected[dimension] = total;
  return verifyShape(*this, "a result", expected,
                     getTensor(getResult()).getShape());
}

LogicalResult SliceOp::verify() {
  RankedTensorType operand = getTensor(getOperand());
  ArrayRef<int64_t> starts = getStartIndices();
  ArrayRef<int64_t> limits = getLimitIndices();
  ArrayRef<int64_t> strides = getStrides();
  int64_t rank = operand.getRank();
  if (failed(verifyCount(*this, "start_indices", starts.size(), rank)) ||
      failed(verifyCount(*this, "limit_indices", limits.size(), rank)) ||
      failed(verifyCount(*this, "strides", strides.size(), rank)) ||
      failed(verifyAtLeast(*this, "start_indices", starts, 0)) ||
      failed(verifyAtLeast(*this, "strides", strides, 1)))
    return failure();
  SmallVector<int64_t> expected;
  for (int64_t i = 0; i < rank; ++i) {
    if (starts[i] > limits[i])
      return emitOpError() << "expected limit_indices of at least the start "
                           << "index " << starts[i] << ", but got "
                           << limits[i];
    if (!operand.isDynamicDim(i) && limits[i] > operand.getDimSize(i))
      return emitOpError() << "expected limit_indices of at most "
                           << operand.getDimSize(i)
                           << ", the size of dimension " << i << ", but got "
                           << limits[i];
    int64_t extent = limits[i] - starts[i];
    expected.push_back(extent / strides[i] + (extent % strides[i] != 0));
  }
  return verifyShape(*this, "a result", expected,
                     getTensor(getResult()).getShape());
}

/// Checks the start indices of a dynamic slice against the tensor it is cut
/// from, and the sizes of the slice.
static LogicalResult verifyDynamicSlice(Operation *op, StringRef name,
                                        RankedTensorType operand,
                                        ValueRange starts,
                                        ArrayRef<int64_t> sizes) {
  if (failed(
          verifyCount(op, "start_indices", starts.size(), operand.getRank())) ||
      failed(verifyCount(op, name, sizes.size(), operand.getRank())))
    return failure();
  if (!llvm::all_equal(starts.getTypes()))
    return op->emitOpError("expected start_indices of one type");
  for (auto [index, size] : llvm::enumerate(sizes)) {
    if (ShapedType::isDynamic(size))
      continue;
    if (size < 0 ||
        (!operand.isDynamicDim(index) && size > operand.getDimSize(index)))
      return op->emitOpError()
             << "expected " << name << " in [0, " << operand.getDimSize(index)
             << "] for dimension " << index << ", but got " << size;
  }
  return success();
}

LogicalResult DynamicSliceOp::verify() {
  if (failed(verifyAtLeast(*this, "slice_sizes", getSliceSizes(), 0)) ||
      failed(verifyDynamicSlice(*this, "slice_sizes", getTensor(getOperand()),
                                getStartIndices(), getSliceSizes())))
    return failure();
  return verifyShape(*this, "a result", getSliceSizes(),
                     getTensor(getResult()).getShape());
}

LogicalResult DynamicUpdateSliceOp::verify() {
  RankedTensorType operand = getTensor(getOperand());
  if (failed(verifyDynamicSlice(*this, "update sizes", operand,
                                getStartIndices(),
                                getTensor(getUpdate()).getShape())))
    return failure();
  return verifyShape(*this, "a result", operand.getShape(),
                     getTensor(getResult()).getShape());
}

LogicalResult PadOp::verify() {
  RankedTensorType operand = getTensor(getOperand());
  ArrayRef<int64_t> low = getEdgePaddingLow();
  ArrayRef<int64_t> high = getEdgePaddingHigh();
  ArrayRef<int64_t> interior = getInteriorPadding();
  int64_t rank = operand.getRank();
  if (failed(verifyCount(*this, "edge_padding_low", low.size(), rank)) ||
      failed(verifyCount(*this, "edge_padding_high", high.size(), rank)) ||
      failed(verifyCount(*this, "interior_padding", interior.size(), rank)) ||
      failed(verifyAtLeast(*this, "interior_padding", interior, 0)))
    return failure();
  SmallVector<int64_t> expected;
  for (int64_t i = 0; i < rank; ++i) {
    std::optional<int64_t> dilation = llvm::checkedAdd<int64_t>(interior[i], 1);
    std::optional<int64_t> size;
    if (dilation)
      size = getPaddedSize(operand.getDimSize(i), low[i], high[i], *dilation);
    if (!size || (*size < 0 && !operand.isDynamicDim(i)))
      return emitOpError() << "expected a padded size in [0, 2^63) for "
                           << "dimension " << i << ", but got another";
    expected.push_back(*size);
  }
  return verifyShape(*this, "a result", expected,
                     getTensor(getResult()).getShape());
}
