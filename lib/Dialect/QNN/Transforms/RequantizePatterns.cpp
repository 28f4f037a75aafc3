//===- RequantizePatterns.cpp - accumulators to storage directly ----------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LinalgBuilder.h"
#include "QuantizeMotion.h"
#include "quantc/Dialect/QNN/IR/QNNOps.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace quantc::qnn;

static bool isZeroScalar(Value value, linalg::GenericOp op) {
  if (auto arg = dyn_cast<BlockArgument>(value);
      arg && arg.getOwner() == op.getBlock())
    return isZeroFilled(op->getOperand(arg.getArgNumber()));
  return matchPattern(value, m_AnyZeroFloat());
}

/// The argument of an elementwise max(x, 0).
static Value matchRelu(Value value) {
  auto op = value.getDefiningOp<linalg::GenericOp>();
  if (!op || op.getNumReductionLoops() != 0 || op->getNumResults() != 1)
    return {};
  auto yield = cast<linalg::YieldOp>(op.getBlock()->getTerminator());
  Operation *max = yield.getOperand(0).getDefiningOp();
  if (!isa_and_nonnull<arith::MaximumFOp, arith::MaxNumFOp>(max))
    return {};
  for (unsigned i : {0, 1}) {
    auto arg = dyn_cast<BlockArgument>(max->getOperand(i));
    if (!arg || arg.getOwner() != op.getBlock() ||
        !isZeroScalar(max->getOperand(1 - i), op))
      continue;
    OpOperand &operand = op->getOpOperand(arg.getArgNumber());
    if (op.isDpsInput(&operand) &&
        op.getMatchingIndexingMap(&operand).isIdentity())
      return operand.get();
  }
  return {};
}

/// max(q, z).
static Value createIntegerRelu(OpBuilder &builder, Location loc, Value q,
                               QuantizeOp quantize) {
  auto type = cast<RankedTensorType>(q.getType());
  int64_t rank = type.getRank();
  SmallVector<Value> inputs = {q};
  SmallVector<AffineMap> maps = {builder.getMultiDimIdentityMap(rank)};
  if (Value zeroPoint = quantize.getZeroPoint()) {
    bool perTensor = cast<RankedTensorType>(zeroPoint.getType()).getRank() == 0;
    inputs.push_back(zeroPoint);
    maps.push_back(
        getParameterMap(builder.getContext(), rank,
                        perTensor ? ArrayRef<int64_t>() : quantize.getAxes()));
  }
  return createElementwise(
             builder, loc, tensor::getMixedSizes(builder, loc, q),
             type.getElementType(), inputs, maps,
             [](OpBuilder &body, Location loc, ValueRange args) -> Value {
               Value zero =
                   args.size() == 2
                       ? args[1]
                       : arith::ConstantOp::create(
                             body, loc, body.getZeroAttr(args[0].getType()))
                             .getResult();
               return arith::MaxSIOp::create(body, loc, args[0], zero);
             })
      .getResult(0);
}

/// s / t in double, rounded to f32, along the dimensions of both.
static std::pair<Value, SmallVector<int64_t>>
createMultiplier(OpBuilder &builder, DequantizeOp from, QuantizeOp to) {
  SmallVector<int64_t> axes(from.getAxes());
  if (axes.empty())
    axes.assign(to.getAxes().begin(), to.getAxes().end());
  Location loc = to.getLoc();
  Value shape = from.getAxes().empty() ? to.getScale() : from.getScale();
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, shape);
  auto getMap = [&](ArrayRef<int64_t> parameterAxes) {
    return parameterAxes.empty()
               ? getParameterMap(builder.getContext(), axes.size(), {})
               : builder.getMultiDimIdentityMap(axes.size());
  };
  Value multiplier = createFoldedElementwise(
      builder, loc, sizes, builder.getF32Type(),
      {from.getScale(), to.getScale()},
      {getMap(from.getAxes()), getMap(to.getAxes())},
      [](OpBuilder &body, Location loc, ValueRange args) -> Value {
        Type f64 = body.getF64Type();
        Value s = arith::ExtFOp::create(body, loc, f64, args[0]);
        Value t = arith::ExtFOp::create(body, loc, f64, args[1]);
        Value quotient = arith::DivFOp::create(body, loc, s, t);
        return arith::TruncFOp::create(body, loc, body.getF32Type(), quotient);
      });
  return {multiplier, axes};
}

namespace {

struct FormRequantize : OpRewritePattern<QuantizeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(QuantizeOp op,
                                PatternRewriter &rewriter) const override {
    Value input = op.getInput();
    Value relu = matchRelu(input);
    auto storage =
        dyn_cast<IntegerType>(op.getResult().getType().getElementType());
    if (relu && (!storage || storage.isUnsigned()))
      return rewriter.notifyMatchFailure(op, "requires signed storage");
    auto dequantize = (relu ? relu : input).getDefiningOp<DequantizeOp>();
    if (!dequantize ||
        !dequantize.getResult().getType().getElementType().isF32())
      return rewriter.notifyMatchFailure(op, "requires a dequantized f32");
    Type from = dequantize.getInput().getType().getElementType();
    if (!from.isInteger(32) && !from.isInteger(64))
      return rewriter.notifyMatchFailure(op, "requires an accumulator");
    bool sameAxes = dequantize.getAxes() == op.getAxes() ||
                    dequantize.getAxes().empty() || op.getAxes().empty();
    if (!sameAxes || !op.getBlocks().empty() || !dequantize.getBlocks().empty())
      return rewriter.notifyMatchFailure(op, "requires parameters along the "
                                             "same dimensions");
    Value zeroPoint = op.getZeroPoint();
    auto [multiplier, axes] = createMultiplier(rewriter, dequantize, op);
    Value result = RequantizeOp::create(
        rewriter, op.getLoc(), op.getResult().getType(), dequantize.getInput(),
        /*input_zero_point=*/Value(), multiplier, /*shift=*/Value(), zeroPoint,
        axes, ArrayRef<int64_t>{}, op.getNarrowRange(), /*double_round=*/false);
    if (relu)
      result = createIntegerRelu(rewriter, op.getLoc(), result, op);
    rewriter.replaceOp(op, result);
    return success();
  }
};

} // namespace

void quantc::qnn::populateRequantizePatterns(RewritePatternSet &patterns) {
  patterns.add<FormRequantize>(patterns.getContext());
}
