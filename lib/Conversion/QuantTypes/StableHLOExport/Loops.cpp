//===- Loops.cpp - elementwise operations, reductions and windows ---------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Any linalg op whose maps list loops: its operands are broadcast to a tensor
// of all loops, its body is computed on those, and what is summed over is
// reduced.
//
//===----------------------------------------------------------------------===//

#include "Export.h"
#include "quantc/Dialect/StableHLO/IR/StableHLO.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::stablehlo_export;

//===----------------------------------------------------------------------===//
// Layout
//===----------------------------------------------------------------------===//

std::optional<SmallVector<unsigned>>
quantc::stablehlo_export::getLoops(AffineMap map) {
  SmallVector<unsigned> loops;
  for (AffineExpr expr : map.getResults()) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    if (!dim || llvm::is_contained(loops, dim.getPosition()))
      return std::nullopt;
    loops.push_back(dim.getPosition());
  }
  return loops;
}

Value quantc::stablehlo_export::createReshape(OpBuilder &builder, Location loc,
                                              Value value,
                                              ArrayRef<int64_t> shape) {
  if (auto reshape = value.getDefiningOp<stablehlo::ReshapeOp>())
    value = reshape.getOperand();
  auto type = cast<RankedTensorType>(value.getType());
  if (type.getShape() == shape)
    return value;
  return stablehlo::ReshapeOp::create(builder, loc, type.clone(shape), value);
}

Value quantc::stablehlo_export::createReordered(OpBuilder &builder,
                                                Location loc, Value value,
                                                ArrayRef<unsigned> dims,
                                                ArrayRef<unsigned> order) {
  if (dims == order)
    return value;
  auto type = cast<RankedTensorType>(value.getType());
  SmallVector<int64_t> permutation, shape;
  for (unsigned dim : order) {
    permutation.push_back(llvm::find(dims, dim) - dims.begin());
    shape.push_back(type.getDimSize(permutation.back()));
  }
  return stablehlo::TransposeOp::create(builder, loc, type.clone(shape), value,
                                        permutation);
}

/// An operand in a tensor of all loops. Null where its map says more than which
/// loop a dimension follows.
static Value createBroadcast(OpBuilder &builder, Location loc, Value value,
                             AffineMap map, ArrayRef<int64_t> shape) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type)
    return exportScalar(builder, loc, value, shape);
  // Dimensions of size 1 may stand at index 0.
  SmallVector<int64_t> kept;
  SmallVector<unsigned> dims;
  for (auto [expr, size] : llvm::zip_equal(map.getResults(), type.getShape())) {
    if (auto constant = dyn_cast<AffineConstantExpr>(expr)) {
      if (constant.getValue() != 0 || size != 1)
        return {};
      continue;
    }
    auto dim = dyn_cast<AffineDimExpr>(expr);
    if (!dim || llvm::is_contained(dims, dim.getPosition()))
      return {};
    kept.push_back(size);
    dims.push_back(dim.getPosition());
  }
  // Some readers take a broadcast in increasing order only.
  SmallVector<unsigned> order(dims);
  llvm::sort(order);
  value = createReordered(
      builder, loc, createReshape(builder, loc, value, kept), dims, order);
  if (order.size() == shape.size())
    return value;
  return stablehlo::BroadcastInDimOp::create(
      builder, loc, type.clone(shape), value,
      SmallVector<int64_t>(order.begin(), order.end()));
}

//===----------------------------------------------------------------------===//
// Combiners
//===----------------------------------------------------------------------===//

namespace {

/// A reduction's body: what each index contributes and how it is combined with
/// the accumulator.
struct Combiner {
  Operation *op = nullptr;
  Value element;
};

} // namespace

static std::optional<Combiner> getCombiner(linalg::LinalgOp op) {
  if (op->getNumResults() != 1)
    return std::nullopt;
  Block &body = *op.getBlock();
  Value accumulator = body.getArguments().back();
  Combiner combiner;
  combiner.op = body.getTerminator()->getOperand(0).getDefiningOp();
  if (!isa_and_nonnull<arith::AddFOp, arith::AddIOp, arith::MulFOp,
                       arith::MulIOp, arith::MaximumFOp, arith::MinimumFOp,
                       arith::MaxSIOp, arith::MinSIOp, arith::AndIOp,
                       arith::OrIOp>(combiner.op) ||
      !accumulator.hasOneUse() || *accumulator.user_begin() != combiner.op)
    return std::nullopt;
  combiner.element =
      combiner.op->getOperand(combiner.op->getOperand(0) == accumulator);
  return combiner;
}

/// What a reduction starts with: the op's own initial value where all elements
/// are one constant, else what changes nothing.
static TypedAttr getStart(linalg::LinalgOp op, const Combiner &combiner) {
  DenseElementsAttr elements;
  if (matchPattern(op.getDpsInits()[0], m_Constant(&elements)) &&
      elements.isSplat())
    return cast<TypedAttr>(elements.getSplatValue<Attribute>());
  return arith::getNeutralElement(combiner.op).value_or(TypedAttr());
}

/// Combines the initial values that getStart left out.
static Value createWithInit(OpBuilder &builder, linalg::LinalgOp op,
                            const Combiner &combiner, Value value) {
  Value init = op.getDpsInits()[0];
  DenseElementsAttr elements;
  if (matchPattern(init, m_Constant(&elements)) && elements.isSplat())
    return value;
  return exportOperation(builder, combiner.op, {init, value},
                         cast<RankedTensorType>(value.getType()).getShape());
}

static void createCombinerRegion(OpBuilder &builder, Operation *combiner,
                                 Region &region) {
  OpBuilder::InsertionGuard guard(builder);
  Location loc = combiner->getLoc();
  auto type = RankedTensorType::get({}, combiner->getResult(0).getType());
  Block *block = builder.createBlock(&region, {}, {type, type}, {loc, loc});
  Value result = exportOperation(builder, combiner, block->getArguments(), {});
  stablehlo::ReturnOp::create(builder, loc, result);
}

//===----------------------------------------------------------------------===//
// Patterns
//===----------------------------------------------------------------------===//

namespace {

struct ElementwisePattern : OpInterfaceRewritePattern<linalg::LinalgOp> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;

  LogicalResult matchAndRewrite(linalg::LinalgOp op,
                                PatternRewriter &rewriter) const override;
};

struct WindowPattern : OpInterfaceRewritePattern<linalg::LinalgOp> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;

  LogicalResult matchAndRewrite(linalg::LinalgOp op,
                                PatternRewriter &rewriter) const override;
};

/// One dimension of a window's operand: loop * stride + window * dilation.
struct WindowDim {
  std::optional<unsigned> loop, window;
  int64_t stride = 1, dilation = 1;
};

} // namespace

/// The tensors of all loops for the arguments of the body; those that are not
/// used stay null.
static FailureOr<SmallVector<Value>> createArguments(OpBuilder &builder,
                                                     linalg::LinalgOp op,
                                                     ArrayRef<int64_t> shape,
                                                     bool withInits) {
  SmallVector<Value> arguments;
  for (OpOperand &operand : op->getOpOperands()) {
    Value &tensor = arguments.emplace_back();
    if (op.getMatchingBlockArgument(&operand).use_empty() ||
        (op.isDpsInit(&operand) && !withInits))
      continue;
    tensor = createBroadcast(builder, op.getLoc(), operand.get(),
                             op.getMatchingIndexingMap(&operand), shape);
    if (!tensor)
      return failure();
  }
  return arguments;
}

LogicalResult
ElementwisePattern::matchAndRewrite(linalg::LinalgOp op,
                                    PatternRewriter &rewriter) const {
  SmallVector<int64_t> shape = op.getStaticLoopRanges();
  if (ShapedType::isDynamicShape(shape) || !op.hasPureTensorSemantics())
    return failure();
  Location loc = op.getLoc();
  bool isReduction = op.getNumReductionLoops() != 0;
  std::optional<Combiner> combiner;
  TypedAttr init;
  if (isReduction) {
    combiner = getCombiner(op);
    if (!combiner || !(init = getStart(op, *combiner)))
      return failure();
  }
  FailureOr<SmallVector<Value>> arguments =
      createArguments(rewriter, op, shape, /*withInits=*/!isReduction);
  if (failed(arguments))
    return failure();

  SmallVector<unsigned> loops, reduced;
  for (auto [loop, kind] : llvm::enumerate(op.getIteratorTypesArray()))
    (kind == utils::IteratorType::reduction ? reduced : loops).push_back(loop);
  Block &body = *op.getBlock();
  SmallVector<Value> results;
  for (OpOperand &yielded : body.getTerminator()->getOpOperands()) {
    AffineMap map = op.getMatchingIndexingMap(
        op.getDpsInitOperand(yielded.getOperandNumber()));
    std::optional<SmallVector<unsigned>> order = getLoops(map);
    if (!order || order->size() != loops.size())
      return failure();
    Value value = exportBodyValue(
        rewriter, isReduction ? combiner->element : yielded.get(), body,
        *arguments, shape);
    if (!value)
      return failure();
    if (isReduction) {
      SmallVector<int64_t> kept;
      for (unsigned loop : loops)
        kept.push_back(shape[loop]);
      auto type = cast<RankedTensorType>(value.getType()).clone(kept);
      auto reduce = stablehlo::ReduceOp::create(
          rewriter, loc, TypeRange(type), value,
          createSplat(rewriter, loc, init, {}),
          rewriter.getDenseI64ArrayAttr(
              SmallVector<int64_t>(reduced.begin(), reduced.end())));
      createCombinerRegion(rewriter, combiner->op, reduce.getBody());
      value = reduce.getResult(0);
    }
    value = createReordered(rewriter, loc, value, loops, *order);
    if (isReduction)
      value = createWithInit(rewriter, op, *combiner, value);
    results.push_back(value);
  }
  rewriter.replaceOp(op, results);
  return success();
}

/// A term loop or loop * constant of a sum.
static bool readTerm(AffineExpr expr, ArrayRef<utils::IteratorType> iterators,
                     WindowDim &dim) {
  int64_t factor = 1;
  if (auto product = dyn_cast<AffineBinaryOpExpr>(expr);
      product && product.getKind() == AffineExprKind::Mul) {
    auto constant = dyn_cast<AffineConstantExpr>(product.getRHS());
    if (!constant)
      return false;
    factor = constant.getValue();
    expr = product.getLHS();
  }
  auto loop = dyn_cast<AffineDimExpr>(expr);
  if (!loop || factor < 1)
    return false;
  bool isWindow =
      iterators[loop.getPosition()] == utils::IteratorType::reduction;
  (isWindow ? dim.window : dim.loop) = loop.getPosition();
  (isWindow ? dim.dilation : dim.stride) = factor;
  return true;
}

static std::optional<WindowDim>
readWindowDim(AffineExpr expr, ArrayRef<utils::IteratorType> iterators) {
  WindowDim dim;
  auto sum = dyn_cast<AffineBinaryOpExpr>(expr);
  bool isRead = sum && sum.getKind() == AffineExprKind::Add
                    ? readTerm(sum.getLHS(), iterators, dim) &&
                          readTerm(sum.getRHS(), iterators, dim) && dim.window
                    : readTerm(expr, iterators, dim);
  return isRead && dim.loop ? std::optional(dim) : std::nullopt;
}

LogicalResult WindowPattern::matchAndRewrite(linalg::LinalgOp op,
                                             PatternRewriter &rewriter) const {
  SmallVector<int64_t> shape = op.getStaticLoopRanges();
  std::optional<Combiner> combiner = getCombiner(op);
  if (ShapedType::isDynamicShape(shape) || !op.hasPureTensorSemantics() ||
      !combiner)
    return failure();
  auto element = dyn_cast<BlockArgument>(combiner->element);
  TypedAttr init = getStart(op, *combiner);
  if (!element || element.getOwner() != op.getBlock() || !init)
    return failure();
  OpOperand &input = op->getOpOperand(element.getArgNumber());
  SmallVector<utils::IteratorType> iterators = op.getIteratorTypesArray();
  SmallVector<unsigned> loops;
  SmallVector<int64_t> sizes, strides, dilations, kept;
  unsigned numWindows = 0;
  for (AffineExpr expr : op.getMatchingIndexingMap(&input).getResults()) {
    std::optional<WindowDim> dim = readWindowDim(expr, iterators);
    if (!dim)
      return failure();
    loops.push_back(*dim->loop);
    kept.push_back(shape[*dim->loop]);
    sizes.push_back(dim->window ? shape[*dim->window] : 1);
    strides.push_back(dim->stride);
    dilations.push_back(dim->dilation);
    numWindows += dim->window.has_value();
  }
  std::optional<SmallVector<unsigned>> order =
      getLoops(op.getMatchingIndexingMap(op.getDpsInitOperand(0)));
  if (numWindows != op.getNumReductionLoops() || !order ||
      order->size() != loops.size())
    return failure();
  Location loc = op.getLoc();
  auto type = cast<RankedTensorType>(op->getResult(0).getType()).clone(kept);
  auto window = stablehlo::ReduceWindowOp::create(
      rewriter, loc, TypeRange(type), ValueRange(input.get()),
      createSplat(rewriter, loc, init, {}),
      rewriter.getDenseI64ArrayAttr(sizes),
      rewriter.getDenseI64ArrayAttr(strides),
      /*base_dilations=*/nullptr, rewriter.getDenseI64ArrayAttr(dilations),
      /*padding=*/nullptr);
  createCombinerRegion(rewriter, combiner->op, window.getBody());
  Value value =
      createReordered(rewriter, loc, window.getResult(0), loops, *order);
  rewriter.replaceOp(op, createWithInit(rewriter, op, *combiner, value));
  return success();
}

void quantc::stablehlo_export::populateExportLoopPatterns(
    RewritePatternSet &patterns) {
  patterns.add<ElementwisePattern, WindowPattern>(patterns.getContext());
}
