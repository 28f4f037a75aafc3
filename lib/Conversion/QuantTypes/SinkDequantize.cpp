//===- SinkDequantize.cpp - qnn-sink-dequantize ---------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Conversion/QuantTypes/Passes.h"
#include "quantc/Dialect/QNN/IR/QNNOps.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace quantc {
#define GEN_PASS_DEF_QNNSINKDEQUANTIZEPASS
#include "quantc/Conversion/QuantTypes/Passes.h.inc"
} // namespace quantc

using namespace mlir;
using namespace quantc;
using qnn::DequantizeOp;

static RankedTensorType getType(Value value) {
  return cast<RankedTensorType>(value.getType());
}

namespace {

/// A dequantization's parameters behind an operation that moves elements.
struct Parameters {
  Value scale, zeroPoint;
  SmallVector<int64_t> axes;
};

} // namespace

/// The dequantization of `storage`, which is the input of `op` moved as `view`
/// moves its result.
static void replaceView(PatternRewriter &rewriter, Operation *view,
                        DequantizeOp op, Value storage,
                        const Parameters &parameters) {
  rewriter.replaceOpWithNewOp<DequantizeOp>(
      view, view->getResult(0).getType(), storage, parameters.scale,
      parameters.zeroPoint, parameters.axes, ArrayRef<int64_t>());
}

/// Parameters are constants or few, and folded where they can be.
template <typename View>
static Value reshapeParameters(OpBuilder &builder, Value value,
                               ArrayRef<int64_t> shape,
                               ArrayRef<ReassociationIndices> groups) {
  // Zero points and scales may differ in shape: either may be per tensor.
  if (!value || getType(value).getRank() == 0)
    return value;
  return builder.createOrFold<View>(value.getLoc(), getType(value).clone(shape),
                                    value, groups);
}

namespace {

template <typename View>
struct SinkIntoReshape : OpRewritePattern<View> {
  using OpRewritePattern<View>::OpRewritePattern;

  LogicalResult matchAndRewrite(View view,
                                PatternRewriter &rewriter) const override {
    auto op = view.getSrc().template getDefiningOp<DequantizeOp>();
    if (!op || !op.getBlocks().empty() ||
        !view.getResultType().hasStaticShape() ||
        !view.getSrcType().hasStaticShape())
      return failure();
    std::optional<Parameters> parameters = move(rewriter, view, op);
    if (!parameters)
      return rewriter.notifyMatchFailure(
          view, "requires parameters along whole groups of dimensions");
    Value storage = rewriter.createOrFold<View>(
        view.getLoc(),
        view.getResultType().clone(op.getInput().getType().getElementType()),
        op.getInput(), view.getReassociationIndices());
    replaceView(rewriter, view, op, storage, *parameters);
    return success();
  }

private:
  /// The dimensions of a group are parameters together with the one that they
  /// are made of or become.
  static std::optional<Parameters> move(OpBuilder &builder, View view,
                                        DequantizeOp op) {
    constexpr bool expands = std::is_same_v<View, tensor::ExpandShapeOp>;
    RankedTensorType type = view.getResultType();
    Parameters result;
    SmallVector<int64_t> shape;
    SmallVector<ReassociationIndices> groups;
    int64_t position = 0;
    for (auto [whole, parts] :
         llvm::enumerate(view.getReassociationIndices())) {
      auto isAxis = [&](int64_t dim) {
        return llvm::is_contained(op.getAxes(), dim);
      };
      auto add = [&](int64_t dim) {
        result.axes.push_back(dim);
        shape.push_back(type.getDimSize(dim));
      };
      if constexpr (expands) {
        if (!isAxis(whole))
          continue;
        llvm::for_each(parts, add);
      } else {
        if (llvm::none_of(parts, isAxis))
          continue;
        if (!llvm::all_of(parts, isAxis))
          return std::nullopt;
        add(whole);
      }
      ReassociationIndices &group = groups.emplace_back();
      for ([[maybe_unused]] int64_t part : parts)
        group.push_back(position++);
    }
    result.scale =
        reshapeParameters<View>(builder, op.getScale(), shape, groups);
    result.zeroPoint =
        reshapeParameters<View>(builder, op.getZeroPoint(), shape, groups);
    return result;
  }
};

struct SinkIntoTranspose : OpRewritePattern<linalg::TransposeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(linalg::TransposeOp view,
                                PatternRewriter &rewriter) const override {
    auto op = view.getInput().getDefiningOp<DequantizeOp>();
    if (!op || !op.getBlocks().empty() || !view.hasPureTensorSemantics() ||
        !getType(view.getInit()).hasStaticShape())
      return failure();
    Parameters parameters = {op.getScale(), op.getZeroPoint(), {}};
    for (int64_t axis : op.getAxes())
      parameters.axes.push_back(llvm::find(view.getPermutation(), axis) -
                                view.getPermutation().begin());
    if (!llvm::is_sorted(parameters.axes))
      return rewriter.notifyMatchFailure(view,
                                         "requires parameters in their order");
    Location loc = view.getLoc();
    Value empty = tensor::EmptyOp::create(
        rewriter, loc, getType(view.getInit()).getShape(),
        op.getInput().getType().getElementType());
    auto moved = linalg::TransposeOp::create(rewriter, loc, op.getInput(),
                                             empty, view.getPermutation());
    replaceView(rewriter, view, op, moved->getResult(0), parameters);
    return success();
  }
};

/// Zeros stand for the zero point. Only where the padding is moved on: it is
/// the site's to choose how to pad.
struct SinkIntoPad : OpRewritePattern<tensor::PadOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(tensor::PadOp pad,
                                PatternRewriter &rewriter) const override {
    auto op = pad.getSource().getDefiningOp<DequantizeOp>();
    Value padding = pad.getConstantPaddingValue();
    auto isView = [](Operation *user) {
      return isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp,
                 linalg::TransposeOp>(user);
    };
    if (!op || !op.getAxes().empty() || !padding ||
        !matchPattern(padding, m_AnyZeroFloat()) ||
        !pad.getResultType().hasStaticShape() || pad->use_empty() ||
        !llvm::all_of(pad->getUsers(), isView))
      return failure();
    Location loc = pad.getLoc();
    Type storage = op.getInput().getType().getElementType();
    Value zero;
    if (Value zeroPoint = op.getZeroPoint())
      zero = rewriter.createOrFold<tensor::ExtractOp>(loc, zeroPoint,
                                                      ValueRange());
    else
      zero = arith::ConstantOp::create(rewriter, loc,
                                       rewriter.getZeroAttr(storage));
    Value padded = tensor::PadOp::create(
        rewriter, loc, pad.getResultType().clone(storage), op.getInput(),
        pad.getMixedLowPad(), pad.getMixedHighPad(), zero);
    replaceView(rewriter, pad, op, padded,
                {op.getScale(), op.getZeroPoint(), {}});
    return success();
  }
};

struct QNNSinkDequantizePass
    : quantc::impl::QNNSinkDequantizePassBase<QNNSinkDequantizePass> {
  using Base::Base;

  LogicalResult initialize(MLIRContext *context) override {
    RewritePatternSet set(context);
    set.add<SinkIntoPad, SinkIntoReshape<tensor::CollapseShapeOp>,
            SinkIntoReshape<tensor::ExpandShapeOp>, SinkIntoTranspose>(context);
    patterns = std::move(set);
    return success();
  }

  void runOnOperation() override {
    if (failed(applyPatternsGreedily(getOperation(), patterns)))
      signalPassFailure();
  }

  FrozenRewritePatternSet patterns;
};

} // namespace
