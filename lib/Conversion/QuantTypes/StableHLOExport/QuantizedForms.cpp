//===- QuantizedForms.cpp - contractions of quantized tensors -------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A product of dequantized tensors is an accumulator: integers whose scale is
// the product of the operands' scales. Where the specification has an operation
// on quantized tensors for it, the operands' dequantization moves behind it.
//
//===----------------------------------------------------------------------===//

#include "../StorageOps.h"
#include "Export.h"
#include "quantc/Dialect/StableHLO/IR/StableHLO.h"

#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/Remarks.h"
#include <cmath>

using namespace mlir;
using namespace quantc;
using namespace quantc::stablehlo_export;

using PerTensor = quant::UniformQuantizedType;
using PerAxis = quant::UniformQuantizedPerAxisType;

static RankedTensorType getType(Value value) {
  return cast<RankedTensorType>(value.getType());
}

static quant::QuantizedType getElement(Value value) {
  return cast<quant::QuantizedType>(getType(value).getElementType());
}

/// The dimension that parameters lie along; nullopt per tensor.
static std::optional<int64_t> getAxis(Value value) {
  auto perAxis = dyn_cast<PerAxis>(getElement(value));
  return perAxis ? std::optional<int64_t>(perAxis.getQuantizedDimension())
                 : std::nullopt;
}

static SmallVector<double> getScales(quant::QuantizedType type) {
  if (auto perAxis = dyn_cast<PerAxis>(type))
    return llvm::to_vector(perAxis.getScales());
  return {cast<PerTensor>(type).getScale()};
}

static bool hasZeroPoints(quant::QuantizedType type) {
  if (auto perAxis = dyn_cast<PerAxis>(type))
    return llvm::any_of(perAxis.getZeroPoints(),
                        [](int64_t point) { return point != 0; });
  return cast<PerTensor>(type).getZeroPoint() != 0;
}

/// The same parameters along another dimension.
static Type withAxis(quant::QuantizedType type, int64_t axis) {
  auto perAxis = dyn_cast<PerAxis>(type);
  if (!perAxis)
    return type;
  return PerAxis::get(perAxis.getFlags(), perAxis.getStorageType(),
                      perAxis.getExpressedType(), perAxis.getScales(),
                      perAxis.getZeroPoints(), axis,
                      perAxis.getStorageTypeMin(), perAxis.getStorageTypeMax());
}

/// The quantized tensor whose dequantization is `value`. A dimension that has
/// parameters moves with what is moved; null where it does not, and for values
/// that are no dequantization.
static Value getQuantized(OpBuilder &builder, Value value) {
  Operation *op = value.getDefiningOp();
  if (auto dequantize = dyn_cast_or_null<stablehlo::UniformDequantizeOp>(op))
    return dequantize.getOperand();
  if (!isa_and_nonnull<stablehlo::ReshapeOp, stablehlo::TransposeOp>(op))
    return {};
  Value source = getQuantized(builder, op->getOperand(0));
  if (!source)
    return {};
  Type element = getElement(source);
  if (std::optional<int64_t> axis = getAxis(source)) {
    std::optional<int64_t> moved = getMovedAxis(op, *axis);
    if (!moved)
      return {};
    element = withAxis(getElement(source), *moved);
  }
  OperationState state(op->getLoc(), op->getName(), source,
                       getType(value).clone(element), op->getAttrs());
  return builder.create(state)->getResult(0);
}

//===----------------------------------------------------------------------===//
// Accumulators
//===----------------------------------------------------------------------===//

/// The type of the product of one tensor with parameters per tensor and one
/// with any, whose dimension `axis` of the result becomes. Null where a type
/// cannot hold the scales.
static quant::QuantizedType getAccumulator(quant::QuantizedType lhs,
                                           quant::QuantizedType rhs,
                                           std::optional<int64_t> axis) {
  float factor = cast<PerTensor>(lhs).getScale();
  SmallVector<double> scales;
  for (double scale : getScales(rhs)) {
    // As whoever computes in the expressed type has it.
    float product = factor * float(scale);
    if (!std::isnormal(product))
      return {};
    scales.push_back(product);
  }
  Type i32 = IntegerType::get(lhs.getContext(), 32);
  int64_t min = std::numeric_limits<int32_t>::min();
  int64_t max = std::numeric_limits<int32_t>::max();
  if (!axis)
    return PerTensor::get(quant::QuantizationFlags::Signed, i32,
                          lhs.getExpressedType(), scales[0], 0, min, max);
  SmallVector<int64_t> zeroPoints(scales.size(), 0);
  return PerAxis::get(quant::QuantizationFlags::Signed, i32,
                      lhs.getExpressedType(), scales, zeroPoints, *axis, min,
                      max);
}

/// Why the specification has no product of these two, empty where it has one.
static StringRef getRefusal(Value lhs, Value rhs) {
  quant::QuantizedType left = getElement(lhs), right = getElement(rhs);
  if (left.getStorageType() != right.getStorageType() ||
      left.isSigned() != right.isSigned())
    return "operands of one storage type";
  if (!left.getExpressedType().isF32() || !right.getExpressedType().isF32())
    return "operands that stand for f32";
  if (getAxis(lhs))
    return "parameters of lhs per tensor";
  if (hasZeroPoints(right))
    return "no zero points of rhs";
  return "";
}

static void emitRefusal(Operation *op, StringRef expected) {
  remark::missed(
      op->getLoc(),
      remark::RemarkOpts::name("Dequantized").category("qnn-to-stablehlo"))
      << remark::reason("the specification expects {0}", expected.str());
}

/// Whether `value` is computed in float: no dequantization, moved or padded.
static bool isFloat(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (isa<stablehlo::UniformDequantizeOp>(op))
      return false;
    if (!isa<stablehlo::ReshapeOp, stablehlo::TransposeOp, stablehlo::PadOp>(
            op))
      break;
    value = op->getOperand(0);
  }
  return true;
}

/// The hybrid form: weights are quantized, activations are not.
static void quantizeWeights(RewriterBase &rewriter, Operation *op) {
  Value rhs = getQuantized(rewriter, op->getOperand(1));
  if (rhs && !hasZeroPoints(getElement(rhs)))
    op->setOperand(1, rhs);
}

static Value createDequantized(RewriterBase &rewriter, Operation *op,
                               Value result) {
  return stablehlo::UniformDequantizeOp::create(
      rewriter, op->getLoc(),
      getType(result).clone(getElement(result).getExpressedType()), result);
}

//===----------------------------------------------------------------------===//
// dot_general
//===----------------------------------------------------------------------===//

namespace {

/// The dimensions of one operand of a dot_general.
struct DotOperand {
  Value value;
  SmallVector<int64_t> batching, contracting;

  /// The rest, in order.
  SmallVector<int64_t> getFree() const {
    SmallVector<int64_t> free;
    for (int64_t i = 0; i < getType(value).getRank(); ++i)
      if (!llvm::is_contained(batching, i) &&
          !llvm::is_contained(contracting, i))
        free.push_back(i);
    return free;
  }
};

} // namespace

/// Takes the tensor before a reshape that made several dimensions, which the
/// product keeps as they are, of the one that has parameters. What the product
/// has of them is one dimension then.
static bool mergeParameters(OpBuilder &builder, DotOperand &operand) {
  auto reshape = operand.value.getDefiningOp<stablehlo::ReshapeOp>();
  Value source =
      reshape ? getQuantized(builder, reshape.getOperand()) : Value();
  std::optional<int64_t> axis = source ? getAxis(source) : std::nullopt;
  if (!axis)
    return false;
  ArrayRef<int64_t> from = getType(source).getShape();
  ArrayRef<int64_t> to = getType(reshape).getShape();
  int64_t added = int64_t(to.size()) - int64_t(from.size());
  if (added < 1 || from.take_front(*axis) != to.take_front(*axis) ||
      from.drop_front(*axis + 1) != to.drop_front(*axis + 1 + added))
    return false;
  auto isMerged = [&](int64_t dim) {
    return dim >= *axis && dim <= *axis + added;
  };
  for (SmallVector<int64_t> *dims : {&operand.batching, &operand.contracting}) {
    if (llvm::any_of(*dims, isMerged))
      return false;
    for (int64_t &dim : *dims)
      if (dim > *axis)
        dim -= added;
  }
  operand.value = source;
  return true;
}

/// The product of quantized tensors, with the result's dimensions in the order
/// batching, `lhs`, `rhs`.
static Value createQuantizedDot(RewriterBase &rewriter,
                                stablehlo::DotGeneralOp op,
                                const DotOperand &lhs, const DotOperand &rhs) {
  SmallVector<int64_t> shape;
  ArrayRef<int64_t> left = getType(lhs.value).getShape();
  ArrayRef<int64_t> right = getType(rhs.value).getShape();
  for (int64_t dim : lhs.batching)
    shape.push_back(left[dim]);
  for (int64_t dim : lhs.getFree())
    shape.push_back(left[dim]);
  std::optional<int64_t> axis = getAxis(rhs.value), resultAxis;
  if (axis) {
    if (llvm::is_contained(rhs.contracting, *axis))
      return {};
    if (llvm::is_contained(rhs.batching, *axis))
      resultAxis = llvm::find(rhs.batching, *axis) - rhs.batching.begin();
  }
  for (int64_t dim : rhs.getFree()) {
    if (dim == axis)
      resultAxis = shape.size();
    shape.push_back(right[dim]);
  }
  quant::QuantizedType element =
      getAccumulator(getElement(lhs.value), getElement(rhs.value), resultAxis);
  if (!element)
    return {};
  auto numbers = stablehlo::DotDimensionNumbersAttr::get(
      op.getContext(), lhs.batching, rhs.batching, lhs.contracting,
      rhs.contracting);
  return stablehlo::DotGeneralOp::create(
      rewriter, op.getLoc(), RankedTensorType::get(shape, element), lhs.value,
      rhs.value, numbers, op.getPrecisionConfigAttr(), op.getAlgorithmAttr());
}

static void quantizeDot(RewriterBase &rewriter, stablehlo::DotGeneralOp op) {
  rewriter.setInsertionPoint(op);
  if (isFloat(op.getLhs()))
    return quantizeWeights(rewriter, op);
  stablehlo::DotDimensionNumbersAttr numbers = op.getDotDimensionNumbers();
  DotOperand operands[] = {
      {op.getLhs(), llvm::to_vector(numbers.getLhsBatchingDimensions()),
       llvm::to_vector(numbers.getLhsContractingDimensions())},
      {op.getRhs(), llvm::to_vector(numbers.getRhsBatchingDimensions()),
       llvm::to_vector(numbers.getRhsContractingDimensions())}};
  for (DotOperand &operand : operands) {
    if (Value quantized = getQuantized(rewriter, operand.value))
      operand.value = quantized;
    else if (!mergeParameters(rewriter, operand))
      return;
  }
  auto &[lhs, rhs] = operands;
  StringRef refusal = getRefusal(lhs.value, rhs.value);
  bool isSwapped = !refusal.empty() && getRefusal(rhs.value, lhs.value).empty();
  if (isSwapped)
    std::swap(lhs, rhs);
  else if (!refusal.empty())
    return emitRefusal(op, refusal);
  Value result = createQuantizedDot(rewriter, op, lhs, rhs);
  if (!result)
    return emitRefusal(op, "scales of the product that a type can hold, along "
                           "a dimension of the result");
  result = createDequantized(rewriter, op, result);
  if (isSwapped) {
    // Back to the order of the operation, in dimensions that may be merged.
    unsigned batch = lhs.batching.size(), first = lhs.getFree().size();
    unsigned rank = getType(result).getRank();
    auto dims = llvm::to_vector(llvm::seq<unsigned>(rank));
    SmallVector<unsigned> order(dims.begin(), dims.begin() + batch);
    order.append(dims.begin() + batch + first, dims.end());
    order.append(dims.begin() + batch, dims.begin() + batch + first);
    result = createReordered(rewriter, op.getLoc(), result, dims, order);
  }
  rewriter.replaceOp(op, createReshape(rewriter, op.getLoc(), result,
                                       getType(op.getResult()).getShape()));
}

//===----------------------------------------------------------------------===//
// convolution
//===----------------------------------------------------------------------===//

/// Takes zeros around the image into the convolution's own padding.
static Value takePadding(stablehlo::ConvolutionOp op,
                         SmallVectorImpl<int64_t> &padding) {
  ArrayRef<int64_t> spatial =
      op.getDimensionNumbers().getInputSpatialDimensions();
  padding.assign(2 * spatial.size(), 0);
  if (DenseIntElementsAttr given = op.getPaddingAttr())
    llvm::copy(given.getValues<int64_t>(), padding.begin());
  auto pad = op.getLhs().getDefiningOp<stablehlo::PadOp>();
  if (!pad || !matchPattern(pad.getPaddingValue(), m_AnyZeroFloat()) ||
      llvm::any_of(pad.getInteriorPadding(), [](int64_t n) { return n != 0; }))
    return op.getLhs();
  SmallVector<int64_t> total(padding.begin(), padding.end());
  for (int64_t dim = 0, e = getType(pad).getRank(); dim < e; ++dim) {
    int64_t low = pad.getEdgePaddingLow()[dim];
    int64_t high = pad.getEdgePaddingHigh()[dim];
    const int64_t *found = llvm::find(spatial, dim);
    if (found == spatial.end()) {
      if (low != 0 || high != 0)
        return op.getLhs();
      continue;
    }
    int64_t position = found - spatial.begin();
    total[2 * position] += low;
    total[2 * position + 1] += high;
  }
  padding.assign(total.begin(), total.end());
  return pad.getOperand();
}

static void quantizeConvolution(RewriterBase &rewriter,
                                stablehlo::ConvolutionOp op) {
  rewriter.setInsertionPoint(op);
  if (isFloat(op.getLhs()))
    return quantizeWeights(rewriter, op);
  stablehlo::ConvDimensionNumbersAttr numbers = op.getDimensionNumbers();
  SmallVector<int64_t> padding;
  Value lhs = getQuantized(rewriter, takePadding(op, padding));
  Value rhs = getQuantized(rewriter, op.getRhs());
  if (!lhs || !rhs)
    return;
  if (StringRef refusal = getRefusal(lhs, rhs); !refusal.empty())
    return emitRefusal(op, refusal);
  std::optional<int64_t> axis = getAxis(rhs);
  if (axis && *axis != int64_t(numbers.getKernelOutputFeatureDimension()))
    return emitRefusal(op, "parameters of rhs along its output features");
  if (axis)
    axis = numbers.getOutputFeatureDimension();
  quant::QuantizedType element =
      getAccumulator(getElement(lhs), getElement(rhs), axis);
  if (!element)
    return emitRefusal(op, "scales of the product that a type can hold");
  int64_t rank = padding.size() / 2;
  auto paddingType = RankedTensorType::get({rank, 2}, rewriter.getI64Type());
  Value result = stablehlo::ConvolutionOp::create(
      rewriter, op.getLoc(), getType(op.getResult()).clone(element), lhs, rhs,
      op.getWindowStridesAttr(),
      DenseIntElementsAttr::get(paddingType, ArrayRef<int64_t>(padding)),
      op.getLhsDilationAttr(), op.getRhsDilationAttr(),
      op.getWindowReversalAttr(), numbers, op.getFeatureGroupCountAttr(),
      op.getBatchGroupCountAttr(), op.getPrecisionConfigAttr());
  rewriter.replaceOp(op, createDequantized(rewriter, op, result));
}

void quantc::stablehlo_export::writeQuantizedForms(RewriterBase &rewriter,
                                                   Operation *root) {
  SmallVector<Operation *> ops;
  root->walk([&](Operation *op) {
    if (isa<stablehlo::DotGeneralOp, stablehlo::ConvolutionOp>(op))
      ops.push_back(op);
  });
  for (Operation *op : ops) {
    if (auto dot = dyn_cast<stablehlo::DotGeneralOp>(op))
      quantizeDot(rewriter, dot);
    else
      quantizeConvolution(rewriter, cast<stablehlo::ConvolutionOp>(op));
  }
}
