//===- RequantizePatterns.cpp - integers to storage directly --------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RequantizePatterns.h"
#include "IntegerSum.h"
#include "QuantizedExpression.h"
#include "Rescaling.h"
#include "Site/LinalgBuilder.h"
#include "quantc/Dialect/QNN/IR/Arithmetic.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace quantc::qnn;

//===----------------------------------------------------------------------===//
// Bounds
//===----------------------------------------------------------------------===//

/// Whether `createBounds` can express the bounds for `op`.
static bool areExpressible(ArrayRef<QuantizedBound> bounds, QuantizeOp op) {
  return isa<IntegerType>(op.getResult().getType().getElementType())
             ? llvm::all_of(bounds,
                            [&](const QuantizedBound &bound) {
                              return bound.value == 0 ||
                                     quantizeBound(bound.value, op);
                            })
             : bounds.empty();
}

/// One bound of q: the quantized bound, which for 0 is the zero point, whatever
/// the scale is.
static Value createBound(OpBuilder &builder, Location loc, Value q,
                         QuantizedBound bound, QuantizeOp op) {
  auto type = cast<RankedTensorType>(q.getType());
  bool isUnsigned = type.getElementType().isUnsignedInteger();
  int64_t rank = type.getRank();
  Value signless = toSignless(builder, q);
  auto signlessType = cast<RankedTensorType>(signless.getType());
  SmallVector<Value> inputs = {signless};
  SmallVector<AffineMap> maps = {builder.getMultiDimIdentityMap(rank)};
  int64_t constant = 0;
  if (bound.value != 0) {
    constant = *quantizeBound(bound.value, op);
  } else if (Value zeroPoint = op.getZeroPoint()) {
    inputs.push_back(toSignless(builder, zeroPoint));
    maps.push_back(getElementToParameterMap(
        builder.getContext(), rank, op.getAxes(), op.getBlocks(), zeroPoint));
  }
  auto compute = [&](OpBuilder &body, Location loc, ValueRange args) -> Value {
    Value limit = args.size() == 2
                      ? args[1]
                      : Value(arith::ConstantOp::create(
                            body, loc,
                            body.getIntegerAttr(signlessType.getElementType(),
                                                constant)));
    if (isUnsigned)
      return bound.isLower
                 ? Value(arith::MaxUIOp::create(body, loc, args[0], limit))
                 : Value(arith::MinUIOp::create(body, loc, args[0], limit));
    return bound.isLower
               ? Value(arith::MaxSIOp::create(body, loc, args[0], limit))
               : Value(arith::MinSIOp::create(body, loc, args[0], limit));
  };
  Value result =
      createElementwise(builder, loc, tensor::getMixedSizes(builder, loc, q),
                        signlessType.getElementType(), inputs, maps, compute)
          .getResult(0);
  return toStorage(builder, result, type);
}

static Value createBounds(OpBuilder &builder, Value q,
                          ArrayRef<QuantizedBound> bounds, QuantizeOp op) {
  for (const QuantizedBound &bound : bounds)
    q = createBound(builder, op.getLoc(), q, bound, op);
  return q;
}

//===----------------------------------------------------------------------===//
// The float mode
//===----------------------------------------------------------------------===//

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

/// Whether one multiplication gives for every value of 8-bit storage what the
/// dequantization and the division give.
static bool isExactForStorage(DequantizeOp from, QuantizeOp to) {
  Type fromType = from.getInput().getType().getElementType();
  Type toType = to.getResult().getType().getElementType();
  auto rescaling = Rescaling::get(from, 1, to);
  auto s = getConstantFloats(from.getScale()),
       t = getConstantFloats(to.getScale());
  if (fromType.getIntOrFloatBitWidth() > 8 || !isa<IntegerType>(toType) ||
      !rescaling)
    return false;
  // The zero points only move the result: all differences are tried, and the
  // quotient is compared before it is clamped to storage.
  StorageRange all{-(int64_t(1) << 20), int64_t(1) << 20};
  for (size_t i = 0; i < rescaling->factors.size(); ++i)
    for (int64_t v = -255; v <= 255; ++v) {
      float x = dequantize(v, (*s)[i % s->size()], 0);
      if (quantize(x, (*t)[i % t->size()], 0, all) !=
          requantize(v, float(rescaling->factors[i]), 0, all))
        return false;
    }
  return true;
}

/// Why the integer modes cannot express `op` of an expression, if they cannot.
static std::optional<std::string>
getReasonForFloat(QuantizedExpression &expression, QuantizeOp op,
                  RequantizeMode mode) {
  auto storage =
      dyn_cast<IntegerType>(op.getResult().getType().getElementType());
  if (!storage)
    return "the result is stored as floats";
  for (QuantizedTerm &term : expression.terms) {
    auto rescaling = Rescaling::get(term.dequantize, std::abs(term.factor), op);
    if (!rescaling)
      return "scales are computed at run time or vary along different "
             "dimensions";
    if (mode == RequantizeMode::Shift && !rescaling->isPowersOfTwo())
      return "the quotient of the scales is no power of two";
  }
  bool isPlain = expression.terms.size() == 1 && expression.offsets.empty() &&
                 expression.terms[0].factor > 0;
  if (!isPlain && !op.getAxes().empty())
    return "the result's scale is not per tensor";
  if (!areExpressible(expression.bounds, op))
    return "a bound is not known in the result's units";
  return std::nullopt;
}

namespace {

/// One value, at most bounded: one multiplier.
struct FormFloatRequantize : OpRewritePattern<QuantizeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(QuantizeOp op,
                                PatternRewriter &rewriter) const override {
    if (op.getResult().getType().getElementType().isInteger(32))
      return rewriter.notifyMatchFailure(op, "requires storage");
    auto expression = QuantizedExpression::match(op.getInput());
    if (!expression || expression->terms.size() != 1 ||
        !expression->offsets.empty())
      return rewriter.notifyMatchFailure(op, "requires a dequantized f32");
    if (!areExpressible(expression->bounds, op))
      return rewriter.notifyMatchFailure(op, "requires constant parameters");
    QuantizedTerm &term = expression->terms.front();
    DequantizeOp from = term.dequantize;
    if (term.sum)
      return rewriteSum(op, *expression, rewriter);
    bool sameAxes = from.getAxes() == op.getAxes() || from.getAxes().empty() ||
                    op.getAxes().empty();
    if (!sameAxes || !op.getBlocks().empty() || term.factor != 1)
      return rewriter.notifyMatchFailure(op, "requires parameters along the "
                                             "same dimensions");
    if (!term.isAccumulator() && !isExactForStorage(from, op))
      return rewriter.notifyMatchFailure(op, "requires the same bits");
    auto [multiplier, axes] = createMultiplier(rewriter, from, op);
    Value result = RequantizeOp::create(
        rewriter, op.getLoc(), op.getResult().getType(), from.getInput(),
        from.getZeroPoint(), multiplier, /*shift=*/Value(), op.getZeroPoint(),
        axes, ArrayRef<int64_t>{}, op.getNarrowRange(), /*double_round=*/false);
    rewriter.replaceOp(op,
                       createBounds(rewriter, result, expression->bounds, op));
    return success();
  }

private:
  /// An average: the sum in i32, and one multiplier.
  static LogicalResult rewriteSum(QuantizeOp op,
                                  QuantizedExpression &expression,
                                  PatternRewriter &rewriter) {
    QuantizedTerm &term = expression.terms.front();
    auto rescaling = Rescaling::get(term.dequantize, term.factor, op);
    if (!rescaling)
      return rewriter.notifyMatchFailure(op, "requires constant scales");
    Value sum = createIntegerSum(rewriter, term);
    RescalingOperands operands =
        createRescaling(rewriter, op.getLoc(), *rescaling,
                        RequantizeMode::Float, rewriter.getI32Type());
    Value result = RequantizeOp::create(
        rewriter, op.getLoc(), op.getResult().getType(), sum, Value(),
        operands.multiplier, operands.shift, op.getZeroPoint(), rescaling->axes,
        ArrayRef<int64_t>{}, op.getNarrowRange(),
        /*double_round=*/false);
    rewriter.replaceOp(op,
                       createBounds(rewriter, result, expression.bounds, op));
    return success();
  }
};

//===----------------------------------------------------------------------===//
// The integer modes
//===----------------------------------------------------------------------===//

/// Everything that is a sum of integers and constants.
struct FormIntegerRequantize : OpRewritePattern<QuantizeOp> {
  FormIntegerRequantize(MLIRContext *context, RequantizeMode mode)
      : OpRewritePattern(context), mode(mode) {}
  LogicalResult matchAndRewrite(QuantizeOp op,
                                PatternRewriter &rewriter) const override {
    auto expression = QuantizedExpression::match(op.getInput());
    if (!expression)
      return rewriter.notifyMatchFailure(
          op, "requires a sum of dequantized integers");
    if (std::optional<std::string> reason =
            getReasonForFloat(*expression, op, mode))
      return rewriter.notifyMatchFailure(op, *reason);
    Value result = createRequantizedSum(rewriter, *expression, op, mode);
    rewriter.replaceOp(op,
                       createBounds(rewriter, result, expression->bounds, op));
    return success();
  }
  RequantizeMode mode;
};

} // namespace

std::optional<std::string>
quantc::qnn::explainFloatRequantize(QuantizeOp op, RequantizeMode mode) {
  auto expression = QuantizedExpression::match(op.getInput());
  return expression ? getReasonForFloat(*expression, op, mode) : std::nullopt;
}

void quantc::qnn::populateRequantizePatterns(RewritePatternSet &patterns,
                                             RequantizeMode mode) {
  if (mode == RequantizeMode::Float)
    patterns.add<FormFloatRequantize>(patterns.getContext());
  else
    patterns.add<FormIntegerRequantize>(patterns.getContext(), mode);
}
