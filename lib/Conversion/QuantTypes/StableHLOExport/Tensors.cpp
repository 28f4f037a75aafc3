//===- Tensors.cpp - constants and what moves elements --------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Export.h"
#include "quantc/Dialect/StableHLO/IR/StableHLO.h"
#include "quantc/Parameters/ConstantTensor.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::stablehlo_export;

namespace {

/// Resources are files of this project's: others read elements.
struct ConstantPattern : OpRewritePattern<arith::ConstantOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(arith::ConstantOp op,
                                PatternRewriter &rewriter) const override {
    auto elements = dyn_cast<ElementsAttr>(op.getValue());
    auto type = dyn_cast<RankedTensorType>(op.getType());
    if (!elements || !type)
      return failure();
    if (isa<DenseResourceElementsAttr>(elements)) {
      std::optional<ConstantTensor> tensor = ConstantTensor::get(elements);
      if (!tensor || type.getElementType().isInteger(1))
        return failure();
      elements = DenseElementsAttr::getFromRawBuffer(type, tensor->getBytes());
    }
    rewriter.replaceOpWithNewOp<stablehlo::ConstantOp>(op, type, elements);
    return success();
  }
};

template <typename Op>
struct ReshapePattern : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;

  LogicalResult matchAndRewrite(Op op,
                                PatternRewriter &rewriter) const override {
    if (!op.getResultType().hasStaticShape())
      return failure();
    rewriter.replaceOp(op, createReshape(rewriter, op.getLoc(), op.getSrc(),
                                         op.getResultType().getShape()));
    return success();
  }
};

struct ExtractSlicePattern : OpRewritePattern<tensor::ExtractSliceOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(tensor::ExtractSliceOp op,
                                PatternRewriter &rewriter) const override {
    if (!op.getOffsets().empty() || !op.getSizes().empty() ||
        !op.getStrides().empty())
      return failure();
    SmallVector<int64_t> limits;
    for (auto [offset, size, stride] : llvm::zip_equal(
             op.getStaticOffsets(), op.getStaticSizes(), op.getStaticStrides()))
      limits.push_back(size == 0 ? offset : offset + (size - 1) * stride + 1);
    Value slice = stablehlo::SliceOp::create(
        rewriter, op.getLoc(), op.getSourceType().clone(op.getStaticSizes()),
        op.getSource(), op.getStaticOffsets(), limits, op.getStaticStrides());
    rewriter.replaceOp(op, createReshape(rewriter, op.getLoc(), slice,
                                         op.getType().getShape()));
    return success();
  }
};

struct InsertSlicePattern : OpRewritePattern<tensor::InsertSliceOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(tensor::InsertSliceOp op,
                                PatternRewriter &rewriter) const override {
    if (!op.getOffsets().empty() || !op.getSizes().empty() ||
        !op.getStrides().empty() || !op.hasUnitStride())
      return failure();
    Location loc = op.getLoc();
    SmallVector<Value> offsets;
    for (int64_t offset : op.getStaticOffsets())
      offsets.push_back(
          createSplat(rewriter, loc, rewriter.getI32IntegerAttr(offset), {}));
    Value update =
        createReshape(rewriter, loc, op.getSource(), op.getStaticSizes());
    rewriter.replaceOpWithNewOp<stablehlo::DynamicUpdateSliceOp>(
        op, op.getType(), op.getDest(), update, offsets);
    return success();
  }
};

struct PadPattern : OpRewritePattern<tensor::PadOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(tensor::PadOp op,
                                PatternRewriter &rewriter) const override {
    Value scalar = op.getConstantPaddingValue();
    if (!scalar || !op.getLow().empty() || !op.getHigh().empty())
      return failure();
    Value value = exportScalar(rewriter, op.getLoc(), scalar, {});
    if (!value)
      return failure();
    rewriter.replaceOpWithNewOp<stablehlo::PadOp>(
        op, op.getResultType(), op.getSource(), value, op.getStaticLow(),
        op.getStaticHigh(),
        SmallVector<int64_t>(op.getResultType().getRank(), 0));
    return success();
  }
};

struct ConcatPattern : OpRewritePattern<tensor::ConcatOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(tensor::ConcatOp op,
                                PatternRewriter &rewriter) const override {
    rewriter.replaceOpWithNewOp<stablehlo::ConcatenateOp>(
        op, op.getResultType(), op.getInputs(), op.getDim());
    return success();
  }
};

struct BitcastPattern : OpRewritePattern<tensor::BitcastOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(tensor::BitcastOp op,
                                PatternRewriter &rewriter) const override {
    rewriter.replaceOpWithNewOp<stablehlo::BitcastConvertOp>(op, op.getType(),
                                                             op.getSource());
    return success();
  }
};

} // namespace

void quantc::stablehlo_export::populateExportTensorPatterns(
    RewritePatternSet &patterns) {
  patterns.add<BitcastPattern, ConcatPattern, ConstantPattern,
               ExtractSlicePattern, InsertSlicePattern, PadPattern,
               ReshapePattern<tensor::CollapseShapeOp>,
               ReshapePattern<tensor::ExpandShapeOp>>(patterns.getContext());
}
