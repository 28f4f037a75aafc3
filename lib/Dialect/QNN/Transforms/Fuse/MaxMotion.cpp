//===- MaxMotion.cpp - quantize before maxima -----------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "NeverNaN.h"
#include "QuantizeMotion.h"
#include "Rescaling.h"
#include "Site/LinalgBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include <cmath>

using namespace mlir;
using namespace quantc::qnn;

/// Whether `op` is out = max(out, in) over its reduction loops; further inputs
/// only give a window its shape.
static bool isMaxReduction(linalg::LinalgOp op) {
  if (!op || !op.hasPureTensorSemantics() || op.getNumDpsInits() != 1 ||
      op.getNumDpsInputs() < 1 || op.getNumReductionLoops() == 0)
    return false;
  Block *body = op.getBlock();
  auto yield = dyn_cast<linalg::YieldOp>(body->getTerminator());
  Operation *max = yield ? yield.getOperand(0).getDefiningOp() : nullptr;
  if (!isa_and_nonnull<arith::MaximumFOp, arith::MaxNumFOp>(max))
    return false;
  Value in = body->getArgument(0), out = body->getArguments().back();
  return (max->getOperand(0) == in && max->getOperand(1) == out) ||
         (max->getOperand(0) == out && max->getOperand(1) == in);
}

/// What the reduction starts with, in storage. Nullopt unless the scale is
/// constant and, which does not matter for -infinity, all parameters are the
/// same for all channels.
static std::optional<int64_t> quantizeInit(float init, QuantizeOp op) {
  DenseFPElementsAttr scale;
  if (!matchPattern(op.getScale(), m_Constant(&scale)) || scale.empty())
    return std::nullopt;
  if (!std::isinf(init))
    return quantizeBound(init, op);
  if (init > 0)
    return std::nullopt;
  Type storage = op.getResult().getType().getElementType();
  return getStorageRange(storage, op.getNarrowRange()).min;
}

namespace {

/// Maxima over windows or dimensions.
struct MoveBeforeMax : OpRewritePattern<QuantizeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(QuantizeOp op,
                                PatternRewriter &rewriter) const override {
    auto max = dyn_cast_or_null<linalg::LinalgOp>(getMovableProducer(op));
    if (!isMaxReduction(max))
      return rewriter.notifyMatchFailure(op, "requires a maximum");
    auto storage =
        dyn_cast<IntegerType>(op.getResult().getType().getElementType());
    std::optional<float> init = getFillValue(max.getDpsInits()[0]);
    Value input = max.getDpsInputs()[0];
    if (!storage || storage.getWidth() < 8 || !init || !isNeverNaN(input))
      return rewriter.notifyMatchFailure(
          op, "requires integers and elements without NaN");
    std::optional<int64_t> start = quantizeInit(*init, op);
    if (!start)
      return rewriter.notifyMatchFailure(op, "requires constant parameters");
    SmallVector<AffineMap> maps = max.getIndexingMapsArray();
    auto axes = mapAxes(op, [&](int64_t dim) -> std::optional<int64_t> {
      AffineExpr loop = maps.back().getResult(dim);
      if (std::optional<unsigned> position =
              maps.front().getResultPosition(loop))
        return *position;
      return std::nullopt;
    });
    if (!axes)
      return rewriter.notifyMatchFailure(
          op, "requires that maxima are taken within channels");

    Location loc = max.getLoc();
    Type signless = rewriter.getIntegerType(storage.getWidth());
    SmallVector<Value> inputs = createIntegerInputs(
        rewriter, max,
        toSignless(rewriter, createQuantize(rewriter, op, input, *axes)));
    Value startValue = arith::ConstantOp::create(
        rewriter, loc,
        rewriter.getIntegerAttr(signless, APInt(storage.getWidth(), *start,
                                                /*isSigned=*/true,
                                                /*implicitTrunc=*/true)));
    Value empty = tensor::EmptyOp::create(
        rewriter, loc,
        tensor::getMixedSizes(rewriter, loc, max.getDpsInits()[0]), signless);
    Value filled =
        linalg::FillOp::create(rewriter, loc, startValue, empty).getResult(0);
    bool isUnsigned = storage.isUnsigned();
    auto integer = linalg::GenericOp::create(
        rewriter, loc, filled.getType(), inputs, filled, maps,
        max.getIteratorTypesArray(),
        [&](OpBuilder &body, Location loc, ValueRange args) {
          Value out = args.back(), in = args.front();
          Value larger =
              isUnsigned ? Value(arith::MaxUIOp::create(body, loc, out, in))
                         : Value(arith::MaxSIOp::create(body, loc, out, in));
          linalg::YieldOp::create(body, loc, larger);
        });
    rewriter.replaceOp(op, toStorage(rewriter, integer.getResult(0),
                                     op.getResult().getType()));
    return success();
  }
};

} // namespace

void quantc::qnn::populateMaxMotionPatterns(RewritePatternSet &patterns) {
  patterns.add<MoveBeforeMax>(patterns.getContext());
}
