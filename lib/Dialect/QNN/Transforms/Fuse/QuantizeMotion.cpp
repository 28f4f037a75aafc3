//===- QuantizeMotion.cpp - quantize before what commutes with it ---------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Quantization is an elementwise, monotone function that maps zero to the zero
// point. It therefore commutes with every op that only moves elements (as long
// as each keeps its parameters), with padding by zero, and, where no NaN can
// occur, with maxima.
//
//===----------------------------------------------------------------------===//

#include "QuantizeMotion.h"
#include "Rescaling.h"
#include "Site/LinalgBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace quantc::qnn;

Operation *quantc::qnn::getMovableProducer(QuantizeOp op) {
  Operation *producer = op.getInput().getDefiningOp();
  return producer && producer->hasOneUse() ? producer : nullptr;
}

QuantizeOp quantc::qnn::createQuantize(OpBuilder &builder, QuantizeOp op,
                                       Value input, ArrayRef<int64_t> axes) {
  auto type = cast<RankedTensorType>(input.getType());
  auto storage = op.getResult().getType().getElementType();
  return QuantizeOp::create(builder, op.getLoc(), type.clone(storage), input,
                            op.getScale(), op.getZeroPoint(), axes,
                            op.getBlocks(), op.getNarrowRange());
}

std::optional<SmallVector<int64_t>> quantc::qnn::mapAxes(
    QuantizeOp op, function_ref<std::optional<int64_t>(int64_t)> getDimension) {
  SmallVector<int64_t> axes;
  if (!op.getBlocks().empty())
    return std::nullopt;
  for (int64_t axis : op.getAxes()) {
    std::optional<int64_t> dimension = getDimension(axis);
    if (!dimension || (!axes.empty() && axes.back() >= *dimension))
      return std::nullopt;
    axes.push_back(*dimension);
  }
  return axes;
}

/// The dimension of the grouped tensor's group that alone is not of size 1.
static std::optional<int64_t>
getOnlyDimension(RankedTensorType type, ArrayRef<int64_t> group, int64_t size) {
  std::optional<int64_t> only;
  for (int64_t dim : group) {
    if (type.getDimSize(dim) == 1 && size != 1)
      continue;
    if (only || type.getDimSize(dim) != size)
      return std::nullopt;
    only = dim;
  }
  return only;
}

/// The operand's dimension that holds what `dim` of a view's result holds.
static std::optional<int64_t> getSourceDimension(Operation *view, int64_t dim) {
  if (auto transpose = dyn_cast<linalg::TransposeOp>(view))
    return transpose.getPermutation()[dim];
  auto source = cast<RankedTensorType>(view->getOperand(0).getType());
  auto result = cast<RankedTensorType>(view->getResult(0).getType());
  int64_t size = result.getDimSize(dim);
  if (ShapedType::isDynamic(size))
    return std::nullopt;
  if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(view))
    return getOnlyDimension(source, collapse.getReassociationIndices()[dim],
                            size);
  if (auto expand = dyn_cast<tensor::ExpandShapeOp>(view)) {
    for (auto [i, group] : llvm::enumerate(expand.getReassociationIndices()))
      if (llvm::is_contained(group, dim) && source.getDimSize(i) == size &&
          getOnlyDimension(result, group, size) == dim)
        return i;
    return std::nullopt;
  }
  auto slice = cast<tensor::ExtractSliceOp>(view);
  llvm::SmallBitVector dropped = slice.getDroppedDims();
  int64_t kept = 0;
  for (int64_t i = 0; i < source.getRank(); ++i)
    if (!dropped.test(i) && kept++ == dim)
      // Only a slice that takes all of it keeps its parameters in place.
      return source.getDimSize(i) == size ? std::optional(i) : std::nullopt;
  return std::nullopt;
}

namespace {

/// Reshapes, transposes and slices of one tensor.
struct MoveBeforeView : OpRewritePattern<QuantizeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(QuantizeOp op,
                                PatternRewriter &rewriter) const override {
    Operation *producer = getMovableProducer(op);
    if (!isa_and_nonnull<tensor::ExpandShapeOp, tensor::CollapseShapeOp,
                         tensor::ExtractSliceOp, linalg::TransposeOp>(producer))
      return rewriter.notifyMatchFailure(op, "requires a view of one tensor");
    auto axes = mapAxes(
        op, [&](int64_t dim) { return getSourceDimension(producer, dim); });
    if (!axes)
      return rewriter.notifyMatchFailure(
          op, "requires that channels stay together");
    Type storage = op.getResult().getType().getElementType();
    QuantizeOp quantize =
        createQuantize(rewriter, op, producer->getOperand(0), *axes);
    Location loc = producer->getLoc();
    if (auto transpose = dyn_cast<linalg::TransposeOp>(producer)) {
      // linalg knows no unsigned types.
      Value signless = toSignless(rewriter, quantize);
      Type element = getElementTypeOrSelf(signless.getType());
      Value empty = tensor::EmptyOp::create(
          rewriter, loc,
          tensor::getMixedSizes(rewriter, loc, transpose.getInit()), element);
      Value result = linalg::TransposeOp::create(rewriter, loc, signless, empty,
                                                 transpose.getPermutation())
                         ->getResult(0);
      rewriter.replaceOp(op,
                         toStorage(rewriter, result, op.getResult().getType()));
      return success();
    }
    IRMapping mapping;
    mapping.map(producer->getOperand(0), quantize);
    Operation *view = rewriter.clone(*producer, mapping);
    auto type = cast<RankedTensorType>(view->getResult(0).getType());
    view->getResult(0).setType(type.clone(storage));
    rewriter.replaceOp(op, view);
    return success();
  }
};

/// Padding with zero becomes padding with the zero point.
struct MoveBeforePad : OpRewritePattern<QuantizeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(QuantizeOp op,
                                PatternRewriter &rewriter) const override {
    auto pad = dyn_cast_or_null<tensor::PadOp>(getMovableProducer(op));
    if (!pad)
      return rewriter.notifyMatchFailure(op, "requires a padded tensor");
    Value padding = pad.getConstantPaddingValue();
    auto storage =
        dyn_cast<IntegerType>(op.getResult().getType().getElementType());
    if (!padding || !matchPattern(padding, m_AnyZeroFloat()) || !storage)
      return rewriter.notifyMatchFailure(op, "requires padding with zero and "
                                             "integer storage");
    auto axes = mapAxes(op, [&](int64_t dim) -> std::optional<int64_t> {
      if (pad.getStaticLow()[dim] == 0 && pad.getStaticHigh()[dim] == 0)
        return dim;
      return std::nullopt;
    });
    if (!axes)
      return rewriter.notifyMatchFailure(op, "requires unpadded channels");
    std::optional<int64_t> zeroPoint = getConstantZeroPoint(op.getZeroPoint());
    if (!zeroPoint)
      return rewriter.notifyMatchFailure(op,
                                         "requires one constant zero point");
    unsigned width = storage.getWidth();
    Type signless = rewriter.getIntegerType(width);
    auto value = rewriter.getIntegerAttr(
        signless,
        APInt(width, *zeroPoint, /*isSigned=*/true, /*implicitTrunc=*/true));
    Value quantized = toSignless(
        rewriter, createQuantize(rewriter, op, pad.getSource(), *axes));
    Value constant = arith::ConstantOp::create(rewriter, pad.getLoc(), value);
    RankedTensorType type = op.getResult().getType();
    Value padded = tensor::PadOp::create(
        rewriter, pad.getLoc(), type.clone(signless), quantized,
        pad.getMixedLowPad(), pad.getMixedHighPad(), constant, pad.getNofold());
    rewriter.replaceOp(op, toStorage(rewriter, padded, type));
    return success();
  }
};

/// Every part takes the common parameters.
struct MoveBeforeConcat : OpRewritePattern<QuantizeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(QuantizeOp op,
                                PatternRewriter &rewriter) const override {
    auto concat = dyn_cast_or_null<tensor::ConcatOp>(getMovableProducer(op));
    if (!concat)
      return rewriter.notifyMatchFailure(op, "requires a concatenation");
    auto axes = mapAxes(op, [&](int64_t dim) {
      return dim == int64_t(concat.getDim()) ? std::nullopt
                                             : std::optional(dim);
    });
    if (!axes)
      return rewriter.notifyMatchFailure(op,
                                         "requires all channels in every part");
    SmallVector<Value> parts;
    for (Value part : concat.getInputs())
      parts.push_back(createQuantize(rewriter, op, part, *axes));
    rewriter.replaceOpWithNewOp<tensor::ConcatOp>(op, op.getResult().getType(),
                                                  concat.getDim(), parts);
    return success();
  }
};

} // namespace

void quantc::qnn::populateQuantizeMotionPatterns(RewritePatternSet &patterns) {
  patterns.add<MoveBeforeView, MoveBeforePad, MoveBeforeConcat>(
      patterns.getContext());
  populateMaxMotionPatterns(patterns);
}
