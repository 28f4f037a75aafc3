//===- ToLinalg.cpp - qnn operations as linalg.generic --------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "IntegerRescale.h"
#include "ScalarArithmetic.h"
#include "Site/LinalgBuilder.h"
#include "quantc/Dialect/QNN/IR/QNNOps.h"
#include "quantc/Dialect/QNN/Transforms/Passes.h"
#include "quantc/Dialect/QNN/Transforms/Patterns.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace quantc::qnn {
#define GEN_PASS_DEF_QNNTOLINALGPASS
#include "quantc/Dialect/QNN/Transforms/Passes.h.inc"
} // namespace quantc::qnn

using namespace mlir;
using namespace quantc::qnn;

namespace {

/// Rewrites an op with parameters to an elementwise linalg.generic. `scalar`
/// builds the body from the input and the parameters, null where an op has
/// none.
template <typename OpTy>
LogicalResult rewriteToGeneric(
    PatternRewriter &rewriter, OpTy op, ArrayRef<Value> parameters,
    llvm::function_ref<Value(OpBuilder &, Location, Value, ArrayRef<Value>)>
        scalar) {
  Location loc = op.getLoc();
  auto resultType = cast<RankedTensorType>(op.getResult().getType());
  int64_t rank = resultType.getRank();
  Value input = toSignless(rewriter, op.getInput());
  SmallVector<Value> inputs = {input};
  SmallVector<AffineMap> maps = {rewriter.getMultiDimIdentityMap(rank)};
  for (Value parameter : parameters) {
    if (!parameter)
      continue;
    inputs.push_back(toSignless(rewriter, parameter));
    maps.push_back(getElementToParameterMap(op.getContext(), rank, op.getAxes(),
                                            op.getBlocks(), inputs.back()));
  }
  Type elementType = resultType.getElementType();
  if (elementType.isUnsignedInteger())
    elementType = rewriter.getIntegerType(elementType.getIntOrFloatBitWidth());
  linalg::GenericOp generic = createElementwise(
      rewriter, loc, tensor::getMixedSizes(rewriter, loc, input), elementType,
      inputs, maps, [&](OpBuilder &body, Location loc, ValueRange args) {
        SmallVector<Value> values;
        unsigned next = 1;
        for (Value parameter : parameters)
          values.push_back(parameter ? args[next++] : Value());
        return scalar(body, loc, args[0], values);
      });
  rewriter.replaceOp(op, toStorage(rewriter, generic.getResult(0), resultType));
  return success();
}

struct ConvertQuantize : OpRewritePattern<QuantizeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(QuantizeOp op,
                                PatternRewriter &rewriter) const override {
    ScalarStorage storage{op.getResult().getType().getElementType(),
                          op.getNarrowRange()};
    return rewriteToGeneric(rewriter, op, {op.getScale(), op.getZeroPoint()},
                            [&](OpBuilder &body, Location loc, Value x,
                                ArrayRef<Value> parameters) {
                              return buildQuantize(body, loc, x, parameters[0],
                                                   parameters[1], storage);
                            });
  }
};

struct ConvertDequantize : OpRewritePattern<DequantizeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(DequantizeOp op,
                                PatternRewriter &rewriter) const override {
    ScalarStorage storage{op.getInput().getType().getElementType()};
    Type resultType = op.getResult().getType().getElementType();
    return rewriteToGeneric(rewriter, op, {op.getScale(), op.getZeroPoint()},
                            [&](OpBuilder &body, Location loc, Value q,
                                ArrayRef<Value> parameters) {
                              return buildDequantize(
                                  body, loc, q, parameters[0], parameters[1],
                                  storage, resultType);
                            });
  }
};

struct ConvertRequantize : OpRewritePattern<RequantizeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(RequantizeOp op,
                                PatternRewriter &rewriter) const override {
    ScalarStorage from{op.getInput().getType().getElementType()};
    ScalarStorage to{op.getResult().getType().getElementType(),
                     op.getNarrowRange()};
    return rewriteToGeneric(
        rewriter, op,
        {op.getInputZeroPoint(), op.getMultiplier(), op.getShift(),
         op.getZeroPoint()},
        [&](OpBuilder &body, Location loc, Value input,
            ArrayRef<Value> parameters) {
          Value v =
              buildSubtractZeroPoint(body, loc, input, parameters[0], from);
          Value multiplier = parameters[1], shift = parameters[2],
                zeroPoint = parameters[3];
          if (op.getMode() != RequantizeMode::Float)
            return buildIntegerRequantize(body, loc, op, v, multiplier, shift,
                                          zeroPoint, to);
          // The verifier has seen that constants are finite.
          bool finite = matchPattern(op.getMultiplier(), m_Constant());
          return buildRequantize(body, loc, v, multiplier, zeroPoint, to,
                                 finite);
        });
  }
};

struct ConvertFakeQuantize : OpRewritePattern<FakeQuantizeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(FakeQuantizeOp op,
                                PatternRewriter &rewriter) const override {
    ScalarStorage storage{op.getStorage(), op.getNarrowRange()};
    Type resultType = op.getResult().getType().getElementType();
    return rewriteToGeneric(
        rewriter, op, {op.getScale(), op.getZeroPoint()},
        [&](OpBuilder &body, Location loc, Value x,
            ArrayRef<Value> parameters) {
          Value scale = parameters[0], zeroPoint = parameters[1];
          Value q = buildQuantize(body, loc, x, scale, zeroPoint, storage);
          return buildDequantize(body, loc, q, scale, zeroPoint, storage,
                                 resultType);
        });
  }
};

class QNNToLinalgPass
    : public quantc::qnn::impl::QNNToLinalgPassBase<QNNToLinalgPass> {
public:
  using Base::Base;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    populateQNNToLinalgPatterns(patterns);
    tensor::BitcastOp::getCanonicalizationPatterns(patterns, &getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace

void quantc::qnn::populateQNNToLinalgPatterns(RewritePatternSet &patterns) {
  patterns.add<ConvertQuantize, ConvertDequantize, ConvertRequantize,
               ConvertFakeQuantize>(patterns.getContext());
}
