//===- Slice.cpp - slices, concatenation and padding ----------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Builders.h"
#include "Gather.h"
#include "quantc/Conversion/StableHLOToLinalg/StableHLOToLinalg.h"
#include "quantc/Dialect/StableHLO/IR/StableHLO.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace quantc;

/// The start indices of a slice, clamped so that it lies inside the operand.
static SmallVector<OpFoldResult> clampStarts(OpBuilder &builder, Location loc,
                                             ValueRange starts,
                                             ValueRange originals,
                                             ArrayRef<int64_t> shape,
                                             ArrayRef<int64_t> sizes) {
  SmallVector<OpFoldResult> offsets;
  for (auto [start, original, dim, size] :
       llvm::zip_equal(starts, originals, shape, sizes)) {
    if (dim == size) {
      offsets.push_back(builder.getIndexAttr(0));
      continue;
    }
    bool isUnsigned = getElementType(original).isUnsignedInteger();
    Value index = extractIndex(builder, loc, start, isUnsigned);
    offsets.push_back(clampIndex(builder, loc, index, dim - size, isUnsigned));
  }
  return offsets;
}

Value quantc::clampIndex(OpBuilder &builder, Location loc, Value index,
                         int64_t max, bool isUnsigned) {
  Value upper = arith::ConstantIndexOp::create(builder, loc, max);
  if (isUnsigned)
    return arith::MinUIOp::create(builder, loc, index, upper);
  Value zero = arith::ConstantIndexOp::create(builder, loc, 0);
  index = arith::MaxSIOp::create(builder, loc, index, zero);
  return arith::MinSIOp::create(builder, loc, index, upper);
}

namespace {

struct SlicePattern : OpConversionPattern<stablehlo::SliceOp> {
  using Base::Base;

  LogicalResult
  matchAndRewrite(stablehlo::SliceOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOp(op,
                       createSlice(rewriter, op.getLoc(), adaptor.getOperand(),
                                   op.getStartIndices(),
                                   getShape(op.getResult()), op.getStrides()));
    return success();
  }
};

struct ConcatenatePattern : OpConversionPattern<stablehlo::ConcatenateOp> {
  using Base::Base;

  LogicalResult
  matchAndRewrite(stablehlo::ConcatenateOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    SmallVector<Value> inputs(adaptor.getInputs());
    llvm::erase_if(inputs, isEmpty);
    Location loc = op.getLoc();
    Value result;
    if (inputs.empty())
      result = createEmpty(rewriter, loc, getShape(op.getResult()),
                           getElementType(adaptor.getInputs().front()));
    else if (inputs.size() == 1)
      result = inputs.front();
    else
      result =
          tensor::ConcatOp::create(rewriter, loc, op.getDimension(), inputs);
    rewriter.replaceOp(op, result);
    return success();
  }
};

struct PadPattern : OpConversionPattern<stablehlo::PadOp> {
  using Base::Base;

  LogicalResult
  matchAndRewrite(stablehlo::PadOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Value scalar =
        extractScalar(rewriter, op.getLoc(), adaptor.getPaddingValue());
    rewriter.replaceOp(
        op, createPad(rewriter, op.getLoc(), adaptor.getOperand(), scalar,
                      op.getEdgePaddingLow(), op.getEdgePaddingHigh(),
                      op.getInteriorPadding()));
    return success();
  }
};

struct DynamicSlicePattern : OpConversionPattern<stablehlo::DynamicSliceOp> {
  using Base::Base;

  LogicalResult
  matchAndRewrite(stablehlo::DynamicSliceOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    Value operand = adaptor.getOperand();
    if (isEmpty(op.getResult())) {
      rewriter.replaceOp(op, createEmpty(rewriter, loc, op.getSliceSizes(),
                                         getElementType(operand)));
      return success();
    }
    SmallVector<OpFoldResult> offsets = clampStarts(
        rewriter, loc, adaptor.getStartIndices(), op.getStartIndices(),
        getShape(operand), op.getSliceSizes());
    SmallVector<OpFoldResult> strides(offsets.size(), rewriter.getIndexAttr(1));
    rewriter.replaceOpWithNewOp<tensor::ExtractSliceOp>(
        op, operand, offsets,
        getAsIndexOpFoldResult(getContext(), op.getSliceSizes()), strides);
    return success();
  }
};

struct DynamicUpdateSlicePattern
    : OpConversionPattern<stablehlo::DynamicUpdateSliceOp> {
  using Base::Base;

  LogicalResult
  matchAndRewrite(stablehlo::DynamicUpdateSliceOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    Value operand = adaptor.getOperand();
    if (isEmpty(adaptor.getUpdate())) {
      rewriter.replaceOp(op, operand);
      return success();
    }
    ArrayRef<int64_t> sizes = getShape(adaptor.getUpdate());
    SmallVector<OpFoldResult> offsets =
        clampStarts(rewriter, loc, adaptor.getStartIndices(),
                    op.getStartIndices(), getShape(operand), sizes);
    SmallVector<OpFoldResult> strides(offsets.size(), rewriter.getIndexAttr(1));
    rewriter.replaceOpWithNewOp<tensor::InsertSliceOp>(
        op, adaptor.getUpdate(), operand, offsets,
        getAsIndexOpFoldResult(getContext(), sizes), strides);
    return success();
  }
};

} // namespace

void quantc::populateStableHLOSlicePatterns(const TypeConverter &converter,
                                            RewritePatternSet &patterns) {
  patterns.add<ConcatenatePattern, DynamicSlicePattern,
               DynamicUpdateSlicePattern, PadPattern, SlicePattern>(
      converter, patterns.getContext());
  populateGatherPattern(converter, patterns);
}
