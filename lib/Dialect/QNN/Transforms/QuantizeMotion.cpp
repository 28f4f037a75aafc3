//===- QuantizeMotion.cpp - quantize before what commutes with it ---------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Quantization per tensor is an elementwise, monotone function that maps zero
// to the zero point. It therefore commutes with every op that only moves
// elements, with padding by zero, and, where no NaN can occur, with maxima.
//
//===----------------------------------------------------------------------===//

#include "QuantizeMotion.h"
#include "LinalgBuilder.h"
#include "quantc/Dialect/QNN/IR/Arithmetic.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace quantc::qnn;

/// The op that makes what `op` quantizes, if it does that for nobody else and
/// the parameters are the same for all elements.
static Operation *getMovableProducer(QuantizeOp op) {
  Operation *producer = op.getInput().getDefiningOp();
  return producer && op.getAxes().empty() && producer->hasOneUse() ? producer
                                                                   : nullptr;
}

/// qnn.quantize of `input` with the parameters of `op`.
static QuantizeOp createQuantize(OpBuilder &builder, QuantizeOp op,
                                 Value input) {
  auto type = cast<RankedTensorType>(input.getType());
  auto storage = op.getResult().getType().getElementType();
  return QuantizeOp::create(builder, op.getLoc(), type.clone(storage), input,
                            op.getScale(), op.getZeroPoint(), op.getAxes(),
                            op.getBlocks(), op.getNarrowRange());
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
    Type storage = op.getResult().getType().getElementType();
    QuantizeOp quantize = createQuantize(rewriter, op, producer->getOperand(0));
    Location loc = producer->getLoc();
    if (auto transpose = dyn_cast<linalg::TransposeOp>(producer)) {
      Value empty = tensor::EmptyOp::create(
          rewriter, loc,
          tensor::getMixedSizes(rewriter, loc, transpose.getInit()), storage);
      rewriter.replaceOpWithNewOp<linalg::TransposeOp>(
          op, quantize, empty, transpose.getPermutation());
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
    if (!padding || !matchPattern(padding, m_AnyZeroFloat()) || !storage ||
        storage.isUnsigned())
      return rewriter.notifyMatchFailure(op, "requires padding with zero and "
                                             "signed storage");
    DenseIntElementsAttr zeroPoint;
    if (op.getZeroPoint() &&
        !matchPattern(op.getZeroPoint(), m_Constant(&zeroPoint)))
      return rewriter.notifyMatchFailure(op, "requires a constant zero point");
    TypedAttr value = rewriter.getZeroAttr(storage);
    if (zeroPoint)
      value = cast<TypedAttr>(zeroPoint.getSplatValue<Attribute>());
    QuantizeOp quantize = createQuantize(rewriter, op, pad.getSource());
    Value constant = arith::ConstantOp::create(rewriter, pad.getLoc(), value);
    rewriter.replaceOpWithNewOp<tensor::PadOp>(
        op, op.getResult().getType(), quantize, pad.getMixedLowPad(),
        pad.getMixedHighPad(), constant, pad.getNofold());
    return success();
  }
};

/// Maxima over windows or dimensions.
struct MoveBeforeMax : OpRewritePattern<QuantizeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(QuantizeOp op,
                                PatternRewriter &rewriter) const override;
};

} // namespace

/// The finite constant or -infinity that fills a tensor.
static std::optional<float> getFillValue(Value value) {
  auto fill = value.getDefiningOp<linalg::FillOp>();
  APFloat scalar(0.0f);
  if (!fill || !matchPattern(fill.getInputs()[0], m_ConstantFloat(&scalar)) ||
      &scalar.getSemantics() != &APFloat::IEEEsingle() || scalar.isNaN())
    return std::nullopt;
  return scalar.convertToFloat();
}

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

/// Whether no element of `value` can be NaN, whatever the inputs are. Sums
/// count only where one side is a finite constant: inf - inf is NaN.
static bool isNeverNaN(Value value, unsigned depth = 0);

/// Whether all elements of a constant tensor are finite (and, for factors, not
/// zero).
static bool isFiniteConstant(Value value, bool allowZero) {
  DenseFPElementsAttr elements;
  if (!matchPattern(value, m_Constant(&elements)))
    return false;
  return llvm::all_of(elements, [&](const APFloat &element) {
    return element.isFinite() && (allowZero || !element.isZero());
  });
}

namespace {

/// The NaN analysis inside the body of an elementwise op.
struct ScalarNaNAnalysis {
  linalg::GenericOp op;
  unsigned depth;

  /// The operand behind a block argument.
  Value getOperand(BlockArgument arg) {
    return op->getOperand(arg.getArgNumber());
  }
  bool isFinite(Value value, bool allowZero) {
    APFloat constant(0.0f);
    if (matchPattern(value, m_ConstantFloat(&constant)))
      return constant.isFinite() && (allowZero || !constant.isZero());
    auto arg = dyn_cast<BlockArgument>(value);
    return arg && arg.getOwner() == op.getBlock() &&
           isFiniteConstant(getOperand(arg), allowZero);
  }
  bool isNeverNaN(Value value) {
    APFloat constant(0.0f);
    if (matchPattern(value, m_ConstantFloat(&constant)))
      return !constant.isNaN();
    if (auto arg = dyn_cast<BlockArgument>(value))
      return arg.getOwner() == op.getBlock() &&
             ::isNeverNaN(getOperand(arg), depth + 1);
    Operation *def = value.getDefiningOp();
    if (isa<arith::SIToFPOp, arith::UIToFPOp>(def))
      return true;
    if (def->getNumOperands() != 2)
      return false;
    Value a = def->getOperand(0), b = def->getOperand(1);
    if (isa<arith::MaximumFOp, arith::MinimumFOp, arith::MaxNumFOp,
            arith::MinNumFOp>(def))
      return isNeverNaN(a) && isNeverNaN(b);
    if (isa<arith::AddFOp, arith::SubFOp>(def))
      return (isNeverNaN(a) && isFinite(b, /*allowZero=*/true)) ||
             (isNeverNaN(b) && isFinite(a, /*allowZero=*/true));
    if (isa<arith::MulFOp>(def))
      return (isNeverNaN(a) && isFinite(b, /*allowZero=*/false)) ||
             (isNeverNaN(b) && isFinite(a, /*allowZero=*/false));
    return false;
  }
};

} // namespace

static bool isNeverNaN(Value value, unsigned depth) {
  constexpr unsigned maxDepth = 8;
  Operation *op = value.getDefiningOp();
  if (!op || depth > maxDepth)
    return false;
  if (auto dequantize = dyn_cast<DequantizeOp>(op)) {
    Type type = dequantize.getInput().getType().getElementType();
    return isa<IntegerType>(type) &&
           isFiniteConstant(dequantize.getScale(), /*allowZero=*/false);
  }
  if (auto fill = getFillValue(value))
    return true;
  if (isFiniteConstant(value, /*allowZero=*/true))
    return true;
  if (isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp,
          tensor::ExtractSliceOp, linalg::TransposeOp, linalg::BroadcastOp>(op))
    return isNeverNaN(op->getOperand(0), depth + 1);
  auto generic = dyn_cast<linalg::GenericOp>(op);
  if (!generic || generic.getNumReductionLoops() != 0 ||
      generic.getNumDpsInits() != 1)
    return false;
  auto yield = cast<linalg::YieldOp>(generic.getBlock()->getTerminator());
  return ScalarNaNAnalysis{generic, depth}.isNeverNaN(yield.getOperand(0));
}

LogicalResult MoveBeforeMax::matchAndRewrite(QuantizeOp op,
                                             PatternRewriter &rewriter) const {
  auto max = dyn_cast_or_null<linalg::LinalgOp>(getMovableProducer(op));
  if (!isMaxReduction(max))
    return rewriter.notifyMatchFailure(op, "requires a maximum");
  auto storage =
      dyn_cast<IntegerType>(op.getResult().getType().getElementType());
  DenseFPElementsAttr scale;
  DenseIntElementsAttr zeroPoint;
  if (!storage || storage.isUnsigned() || storage.getWidth() != 8 ||
      !matchPattern(op.getScale(), m_Constant(&scale)) ||
      (op.getZeroPoint() &&
       !matchPattern(op.getZeroPoint(), m_Constant(&zeroPoint))))
    return rewriter.notifyMatchFailure(
        op, "requires i8 storage and constant parameters");
  std::optional<float> init = getFillValue(max.getDpsInits()[0]);
  Value input = max.getDpsInputs()[0];
  if (!init || !isNeverNaN(input))
    return rewriter.notifyMatchFailure(op, "requires elements without NaN");

  Location loc = max.getLoc();
  int64_t zero =
      zeroPoint ? zeroPoint.getSplatValue<APInt>().getSExtValue() : 0;
  int64_t start = quantize(*init, scale.getSplatValue<float>(), zero,
                           getStorageRange(storage, op.getNarrowRange()));
  SmallVector<Value> inputs = llvm::to_vector(max.getDpsInputs());
  inputs[0] = createQuantize(rewriter, op, input);
  Value startValue = arith::ConstantOp::create(
      rewriter, loc, rewriter.getIntegerAttr(storage, start));
  Value empty = tensor::EmptyOp::create(
      rewriter, loc, tensor::getMixedSizes(rewriter, loc, max.getDpsInits()[0]),
      storage);
  Value filled =
      linalg::FillOp::create(rewriter, loc, startValue, empty).getResult(0);
  auto integer = linalg::GenericOp::create(
      rewriter, loc, filled.getType(), inputs, filled,
      max.getIndexingMapsArray(), max.getIteratorTypesArray(),
      [](OpBuilder &body, Location loc, ValueRange args) {
        Value larger =
            arith::MaxSIOp::create(body, loc, args.back(), args.front());
        linalg::YieldOp::create(body, loc, larger);
      });
  rewriter.replaceOp(op, integer);
  return success();
}

void quantc::qnn::populateQuantizeMotionPatterns(RewritePatternSet &patterns) {
  patterns.add<MoveBeforeView, MoveBeforePad, MoveBeforeMax>(
      patterns.getContext());
}
