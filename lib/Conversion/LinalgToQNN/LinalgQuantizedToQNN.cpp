//===- LinalgQuantizedToQNN.cpp - linalg-quantized-to-qnn -----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Conversion/LinalgToQNN/Passes.h"
#include "quantc/Dialect/QNN/IR/QNNOps.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace quantc {
#define GEN_PASS_DEF_LINALGQUANTIZEDTOQNNPASS
#include "quantc/Conversion/LinalgToQNN/Passes.h.inc"
} // namespace quantc

using namespace mlir;
using namespace quantc;

/// The zero point as a value of the operand's type; nullopt where it is not a
/// constant or does not fit.
static std::optional<APInt> getZeroPoint(Value zeroPoint, Value operand) {
  APInt value;
  if (!matchPattern(zeroPoint, m_ConstantInt(&value)))
    return std::nullopt;
  unsigned width = getElementTypeOrSelf(operand).getIntOrFloatBitWidth();
  if (!value.isSignedIntN(width))
    return std::nullopt;
  return value.sextOrTrunc(width);
}

/// What the plain operation takes over: the window, and discardable attributes.
static SmallVector<NamedAttribute> getAttributes(Operation *op) {
  // linalg keeps the indexing maps of named operations among these.
  SmallVector<NamedAttribute> attributes;
  for (NamedAttribute attribute : op->getDiscardableAttrs())
    if (!isa_and_nonnull<linalg::LinalgDialect>(attribute.getNameDialect()))
      attributes.push_back(attribute);
  for (StringRef name : {"strides", "dilations"})
    if (Attribute value = op->getAttr(name))
      attributes.emplace_back(StringAttr::get(op->getContext(), name), value);
  return attributes;
}

static Value createOne(OpBuilder &builder, Location loc) {
  auto type = RankedTensorType::get({}, builder.getF32Type());
  return arith::ConstantOp::create(builder, loc,
                                   DenseElementsAttr::get(type, 1.0f));
}

/// q - z in float.
static Value createDifference(OpBuilder &builder, Location loc, Value operand,
                              APInt zeroPoint) {
  auto type = cast<RankedTensorType>(operand.getType());
  Value zero;
  if (!zeroPoint.isZero())
    zero = arith::ConstantOp::create(
        builder, loc,
        DenseElementsAttr::get(RankedTensorType::get({}, type.getElementType()),
                               zeroPoint));
  return qnn::DequantizeOp::create(
      builder, loc, type.clone(builder.getF32Type()), operand,
      createOne(builder, loc), zero, ArrayRef<int64_t>{}, ArrayRef<int64_t>{});
}

static Value createSum(OpBuilder &builder, Location loc, Value lhs, Value rhs) {
  auto type = cast<RankedTensorType>(lhs.getType());
  Value empty = tensor::EmptyOp::create(
      builder, loc, tensor::getMixedSizes(builder, loc, lhs),
      type.getElementType());
  AffineMap identity = builder.getMultiDimIdentityMap(type.getRank());
  SmallVector<utils::IteratorType> iterators(type.getRank(),
                                             utils::IteratorType::parallel);
  return linalg::GenericOp::create(
             builder, loc, type, ValueRange{lhs, rhs}, empty,
             {identity, identity, identity}, iterators,
             [](OpBuilder &body, Location loc, ValueRange args) {
               Value sum = arith::AddIOp::create(body, loc, args[0], args[1]);
               linalg::YieldOp::create(body, loc, sum);
             })
      .getResult(0);
}

namespace {

template <typename QuantizedOp, typename PlainOp>
struct TakeZeroPointsOut : OpRewritePattern<QuantizedOp> {
  using OpRewritePattern<QuantizedOp>::OpRewritePattern;

  LogicalResult matchAndRewrite(QuantizedOp op,
                                PatternRewriter &rewriter) const override {
    if (!op.hasPureTensorSemantics())
      return rewriter.notifyMatchFailure(op, "requires tensors");
    Value lhs = op.getInputs()[0], rhs = op.getInputs()[1];
    Value init = op.getOutputs()[0];
    for (Value operand : {lhs, rhs})
      if (getElementTypeOrSelf(operand).getIntOrFloatBitWidth() > 8)
        return rewriter.notifyMatchFailure(op, "requires 8-bit operands");
    auto type = cast<RankedTensorType>(init.getType());
    if (!type.getElementType().isInteger(32))
      return rewriter.notifyMatchFailure(op, "requires an i32 accumulator");
    std::optional<APInt> lhsZero = getZeroPoint(op.getInputs()[2], lhs);
    std::optional<APInt> rhsZero = getZeroPoint(op.getInputs()[3], rhs);
    if (!lhsZero || !rhsZero)
      return rewriter.notifyMatchFailure(
          op, "requires constant zero points of the operands' type");

    Location loc = op.getLoc();
    Type f32 = rewriter.getF32Type();
    Value x = createDifference(rewriter, loc, lhs, *lhsZero);
    Value y = createDifference(rewriter, loc, rhs, *rhsZero);
    Value empty = tensor::EmptyOp::create(
        rewriter, loc, tensor::getMixedSizes(rewriter, loc, init), f32);
    Value zero = arith::ConstantOp::create(rewriter, loc,
                                           rewriter.getF32FloatAttr(0.0f));
    Value zeros =
        linalg::FillOp::create(rewriter, loc, zero, empty).getResult(0);
    auto plain =
        PlainOp::create(rewriter, loc, TypeRange(zeros.getType()),
                        ValueRange{x, y}, ValueRange{zeros}, getAttributes(op));
    Value sums = qnn::QuantizeOp::create(
        rewriter, loc, type, plain->getResult(0), createOne(rewriter, loc),
        /*zero_point=*/Value(), ArrayRef<int64_t>{}, ArrayRef<int64_t>{},
        /*narrow_range=*/false);
    rewriter.replaceOp(op, createSum(rewriter, loc, sums, init));
    return success();
  }
};

struct LinalgQuantizedToQNNPass
    : quantc::impl::LinalgQuantizedToQNNPassBase<LinalgQuantizedToQNNPass> {
  using Base::Base;

  void runOnOperation() override {
    using namespace linalg;
    RewritePatternSet patterns(&getContext());
    patterns.add<
        TakeZeroPointsOut<QuantizedMatmulOp, MatmulOp>,
        TakeZeroPointsOut<QuantizedBatchMatmulOp, BatchMatmulOp>,
        TakeZeroPointsOut<Conv2DNhwcHwcfQOp, Conv2DNhwcHwcfOp>,
        TakeZeroPointsOut<Conv2DNhwcFhwcQOp, Conv2DNhwcFhwcOp>,
        TakeZeroPointsOut<Conv2DNchwFchwQOp, Conv2DNchwFchwOp>,
        TakeZeroPointsOut<Conv2DNgchwGfchwQOp, Conv2DNgchwGfchwOp>,
        TakeZeroPointsOut<Conv2DNhwgcGfhwcQOp, Conv2DNhwgcGfhwcOp>,
        TakeZeroPointsOut<Conv3DNdhwcDhwcfQOp, Conv3DNdhwcDhwcfOp>,
        TakeZeroPointsOut<DepthwiseConv2DNhwcHwcQOp, DepthwiseConv2DNhwcHwcOp>,
        TakeZeroPointsOut<DepthwiseConv2DNhwcHwcmQOp,
                          DepthwiseConv2DNhwcHwcmOp>>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
