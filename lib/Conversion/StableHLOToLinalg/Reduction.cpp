//===- Reduction.cpp - reduce and reduce_window to linalg -----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Builders.h"
#include "Scalars.h"
#include "TopK.h"
#include "quantc/Conversion/StableHLOToLinalg/StableHLOToLinalg.h"
#include "quantc/Dialect/StableHLO/IR/StableHLO.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;
using namespace quantc;

/// Emits a reduction's body into that of a linalg op, whose arguments are the
/// inputs and then the accumulators, while stablehlo has the accumulators
/// first.
static void emitBody(OpBuilder &b, Location loc, Block &body,
                     ValueRange arguments, unsigned numInputs,
                     Operation *&unsupported) {
  SmallVector<Value> ordered(arguments.take_back(numInputs));
  llvm::append_range(ordered, arguments.take_front(numInputs));
  auto results = emitScalarBody(b, body, ordered, unsupported);
  // The rewrite is undone on failure; the block needs a terminator until then.
  linalg::YieldOp::create(b, loc,
                          succeeded(results) ? ValueRange(*results)
                                             : arguments.take_back(numInputs));
}

static LogicalResult notifyUnsupported(ConversionPatternRewriter &rewriter,
                                       Operation *op, Operation *unsupported) {
  return rewriter.notifyMatchFailure(op, [&](Diagnostic &diagnostic) {
    diagnostic << "no scalar form of '" << unsupported->getName()
               << "' in its body";
  });
}

namespace {

struct ReducePattern : OpConversionPattern<stablehlo::ReduceOp> {
  using Base::Base;

  LogicalResult
  matchAndRewrite(stablehlo::ReduceOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    SmallVector<Value> inits;
    for (auto [result, init] :
         llvm::zip_equal(op.getResults(), adaptor.getInitValues()))
      inits.push_back(createFilled(rewriter, loc, getShape(result),
                                   extractScalar(rewriter, loc, init)));
    SmallVector<int64_t> dimensions(op.getDimensions());
    llvm::sort(dimensions);
    Operation *unsupported = nullptr;
    auto reduction = linalg::ReduceOp::create(
        rewriter, loc, adaptor.getInputs(), inits, dimensions,
        [&](OpBuilder &b, Location loc, ValueRange arguments) {
          emitBody(b, loc, op.getBody().front(), arguments, inits.size(),
                   unsupported);
        });
    if (unsupported)
      return notifyUnsupported(rewriter, op, unsupported);
    rewriter.replaceOp(op, reduction->getResults());
    return success();
  }
};

struct ReduceWindowPattern : OpConversionPattern<stablehlo::ReduceWindowOp> {
  using Base::Base;

  LogicalResult
  matchAndRewrite(stablehlo::ReduceWindowOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override;
};

/// The window's geometry, one entry for each dimension of the operands.
struct Window {
  SmallVector<int64_t> sizes, strides, dilations;

  /// Whether only the dimensions [begin, begin + count) have a window.
  bool isIn(size_t begin, size_t count) const {
    for (size_t dim = 0; dim < sizes.size(); ++dim)
      if ((dim < begin || dim >= begin + count) &&
          (sizes[dim] != 1 || strides[dim] != 1))
        return false;
    return true;
  }
};

} // namespace

//===----------------------------------------------------------------------===//
// Pooling
//===----------------------------------------------------------------------===//

template <typename Op>
static Value createPooling(OpBuilder &builder, Location loc, Value input,
                           Value init, const Window &window, size_t begin) {
  size_t count = window.sizes.size() - 2;
  auto slice = [&](ArrayRef<int64_t> values) {
    return values.slice(begin, count);
  };
  Value shape =
      createEmpty(builder, loc, slice(window.sizes), getElementType(input));
  return Op::create(builder, loc, TypeRange(init.getType()),
                    ValueRange{input, shape}, ValueRange(init),
                    builder.getI64TensorAttr(slice(window.strides)),
                    builder.getI64TensorAttr(slice(window.dilations)))
      ->getResult(0);
}

/// Creates the named pooling op for a body that is one operation, or returns
/// null.
static Value createNamedPooling(OpBuilder &builder, Location loc,
                                stablehlo::ReduceWindowOp op, Value input,
                                Value init, const Window &window) {
  Block &body = op.getBody().front();
  if (op.getInputs().size() != 1 || !llvm::hasNItems(body, 2))
    return {};
  Operation *combine = &body.front();
  Type element = getElementType(op.getInputs()[0]);
  if (body.getTerminator()->getOperand(0).getDefiningOp() != combine ||
      combine->getNumOperands() != 2 ||
      !llvm::is_contained(combine->getOperands(), body.getArgument(0)) ||
      !llvm::is_contained(combine->getOperands(), body.getArgument(1)) ||
      element.isInteger(1) || element.isUnsignedInteger())
    return {};

  bool isMax = isa<stablehlo::MaximumOp>(combine);
  bool isSum = isa<stablehlo::AddOp>(combine);
  bool isMin = isa<stablehlo::MinimumOp>(combine);
  size_t rank = window.sizes.size();
  if (rank == 3 && window.isIn(1, 1)) {
    if (isMax)
      return createPooling<linalg::PoolingNwcMaxOp>(builder, loc, input, init,
                                                    window, 1);
    if (isMin)
      return createPooling<linalg::PoolingNwcMinOp>(builder, loc, input, init,
                                                    window, 1);
    if (isSum)
      return createPooling<linalg::PoolingNwcSumOp>(builder, loc, input, init,
                                                    window, 1);
  }
  if (rank == 4 && window.isIn(1, 2)) {
    if (isMax)
      return createPooling<linalg::PoolingNhwcMaxOp>(builder, loc, input, init,
                                                     window, 1);
    if (isMin)
      return createPooling<linalg::PoolingNhwcMinOp>(builder, loc, input, init,
                                                     window, 1);
    if (isSum)
      return createPooling<linalg::PoolingNhwcSumOp>(builder, loc, input, init,
                                                     window, 1);
  }
  if (rank == 5 && window.isIn(1, 3)) {
    if (isMax)
      return createPooling<linalg::PoolingNdhwcMaxOp>(builder, loc, input, init,
                                                      window, 1);
    if (isMin)
      return createPooling<linalg::PoolingNdhwcMinOp>(builder, loc, input, init,
                                                      window, 1);
    if (isSum)
      return createPooling<linalg::PoolingNdhwcSumOp>(builder, loc, input, init,
                                                      window, 1);
  }
  if (rank == 4 && window.isIn(2, 2)) {
    if (isMax)
      return createPooling<linalg::PoolingNchwMaxOp>(builder, loc, input, init,
                                                     window, 2);
    if (isSum)
      return createPooling<linalg::PoolingNchwSumOp>(builder, loc, input, init,
                                                     window, 2);
  }
  return {};
}

//===----------------------------------------------------------------------===//
// The general window
//===----------------------------------------------------------------------===//

/// Loops over the result, then over the window's dimensions of more than one
/// element. These appear in no tensor alone: an empty one gives their extents.
static SmallVector<Value> createGenericWindow(OpBuilder &builder, Location loc,
                                              stablehlo::ReduceWindowOp op,
                                              ValueRange inputs,
                                              ValueRange inits,
                                              const Window &window,
                                              Operation *&unsupported) {
  MLIRContext *context = builder.getContext();
  unsigned rank = window.sizes.size();
  SmallVector<int64_t> extents;
  for (int64_t size : window.sizes)
    if (size != 1)
      extents.push_back(size);
  unsigned numLoops = rank + extents.size();

  SmallVector<AffineExpr> inputExprs, extentExprs;
  for (unsigned dim = 0; dim < rank; ++dim) {
    AffineExpr expr = getAffineDimExpr(dim, context) * window.strides[dim];
    if (window.sizes[dim] != 1) {
      AffineExpr inner = getAffineDimExpr(rank + extentExprs.size(), context);
      extentExprs.push_back(inner);
      expr = expr + inner * window.dilations[dim];
    }
    inputExprs.push_back(expr);
  }
  AffineMap inputMap = AffineMap::get(numLoops, 0, inputExprs, context);
  AffineMap resultMap = getLeadingMap(context, numLoops, rank);
  SmallVector<AffineMap> maps(inputs.size(), inputMap);
  SmallVector<Value> operands(inputs);
  if (!extents.empty()) {
    maps.push_back(AffineMap::get(numLoops, 0, extentExprs, context));
    operands.push_back(
        createEmpty(builder, loc, extents, getElementType(inputs[0])));
  }
  maps.append(inits.size(), resultMap);
  SmallVector<utils::IteratorType> iterators(numLoops,
                                             utils::IteratorType::reduction);
  std::fill_n(iterators.begin(), rank, utils::IteratorType::parallel);
  auto generic = linalg::GenericOp::create(
      builder, loc, inits.getTypes(), operands, inits, maps, iterators,
      [&](OpBuilder &b, Location loc, ValueRange arguments) {
        SmallVector<Value> used(arguments.take_front(inputs.size()));
        llvm::append_range(used, arguments.take_back(inits.size()));
        emitBody(b, loc, op.getBody().front(), used, inputs.size(),
                 unsupported);
      });
  return SmallVector<Value>(generic.getResults());
}

LogicalResult ReduceWindowPattern::matchAndRewrite(
    stablehlo::ReduceWindowOp op, OpAdaptor adaptor,
    ConversionPatternRewriter &rewriter) const {
  Location loc = op.getLoc();
  size_t rank = op.getWindowDimensions().size();
  SmallVector<int64_t> ones(rank, 1);
  Window window;
  window.sizes = llvm::to_vector(op.getWindowDimensions());
  window.strides = llvm::to_vector(op.getWindowStrides().value_or(ones));
  window.dilations = llvm::to_vector(op.getWindowDilations().value_or(ones));

  SmallVector<int64_t> low(rank), high(rank), interior(rank);
  if (auto padding = op.getPadding())
    for (auto [i, amount] : llvm::enumerate(padding->getValues<int64_t>()))
      (i % 2 ? high : low)[i / 2] = amount;
  if (auto dilations = op.getBaseDilations())
    for (auto [dim, factor] : llvm::enumerate(*dilations))
      interior[dim] = factor - 1;

  SmallVector<Value> inputs, inits;
  for (auto [input, init, result] : llvm::zip_equal(
           adaptor.getInputs(), adaptor.getInitValues(), op.getResults())) {
    Value scalar = extractScalar(rewriter, loc, init);
    inputs.push_back(
        createPad(rewriter, loc, input, scalar, low, high, interior));
    inits.push_back(createFilled(rewriter, loc, getShape(result), scalar));
  }
  if (llvm::is_contained(getShape(op.getResult(0)), 0)) {
    rewriter.replaceOp(op, inits);
    return success();
  }
  if (Value pooled =
          createNamedPooling(rewriter, loc, op, inputs[0], inits[0], window)) {
    rewriter.replaceOp(op, pooled);
    return success();
  }
  Operation *unsupported = nullptr;
  SmallVector<Value> results = createGenericWindow(rewriter, loc, op, inputs,
                                                   inits, window, unsupported);
  if (unsupported)
    return notifyUnsupported(rewriter, op, unsupported);
  rewriter.replaceOp(op, results);
  return success();
}

void quantc::populateStableHLOReductionPatterns(const TypeConverter &converter,
                                                RewritePatternSet &patterns) {
  patterns.add<ReducePattern, ReduceWindowPattern>(converter,
                                                   patterns.getContext());
  populateTopKPattern(converter, patterns);
}
