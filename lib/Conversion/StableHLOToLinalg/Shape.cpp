//===- Shape.cpp - constant, iota, broadcast, reshape, transpose ----------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Builders.h"
#include "quantc/Conversion/StableHLOToLinalg/StableHLOToLinalg.h"
#include "quantc/Dialect/StableHLO/IR/StableHLO.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/BuiltinDialect.h"
#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;
using namespace quantc;

namespace {

struct ConstantPattern : OpConversionPattern<stablehlo::ConstantOp> {
  using Base::Base;

  LogicalResult
  matchAndRewrite(stablehlo::ConstantOp op, OpAdaptor,
                  ConversionPatternRewriter &rewriter) const override {
    auto type = getTypeConverter()->convertType<RankedTensorType>(
        op.getOutput().getType());
    TypedAttr value;
    if (op.getValue().getType() == type)
      value = op.getValue();
    else if (auto dense = dyn_cast<DenseElementsAttr>(op.getValue()))
      // The same bits under a signless type.
      value = DenseElementsAttr::getFromRawBuffer(type, dense.getRawData());
    else if (auto resource = dyn_cast<DenseResourceElementsAttr>(op.getValue()))
      value = DenseResourceElementsAttr::get(type, resource.getRawHandle());
    if (!value)
      return rewriter.notifyMatchFailure(op, "unsupported form of constant");
    rewriter.replaceOpWithNewOp<arith::ConstantOp>(op, value);
    return success();
  }
};

struct IotaPattern : OpConversionPattern<stablehlo::IotaOp> {
  using Base::Base;

  LogicalResult
  matchAndRewrite(stablehlo::IotaOp op, OpAdaptor,
                  ConversionPatternRewriter &rewriter) const override {
    auto type = getTypeConverter()->convertType<RankedTensorType>(
        op.getOutput().getType());
    Type element = type.getElementType();
    Value result = createElementwise(
        rewriter, op.getLoc(), type, {}, {},
        [&](OpBuilder &b, Location loc, ValueRange) -> Value {
          Value index = linalg::IndexOp::create(b, loc, op.getIotaDimension());
          if (element.isInteger())
            return arith::IndexCastOp::create(b, loc, element, index);
          Value integer =
              arith::IndexCastOp::create(b, loc, b.getI64Type(), index);
          return arith::SIToFPOp::create(b, loc, element, integer);
        });
    rewriter.replaceOp(op, result);
    return success();
  }
};

/// A broadcast is taken apart: dimensions into the order of the result's, those
/// of size 1 that grow away, and the rest is `linalg.broadcast`.
struct BroadcastInDimPattern
    : OpConversionPattern<stablehlo::BroadcastInDimOp> {
  using Base::Base;

  LogicalResult
  matchAndRewrite(stablehlo::BroadcastInDimOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    ArrayRef<int64_t> dims = op.getBroadcastDimensions();
    ArrayRef<int64_t> resultShape = getShape(op.getResult());

    auto order = llvm::to_vector(llvm::seq<int64_t>(dims.size()));
    llvm::sort(order, [&](int64_t a, int64_t b) { return dims[a] < dims[b]; });
    Value input = createTranspose(rewriter, loc, adaptor.getOperand(), order);

    SmallVector<int64_t> keptShape, added;
    llvm::SmallBitVector isKept(resultShape.size());
    for (auto [position, source] : llvm::enumerate(order)) {
      int64_t dim = dims[source];
      if (getShape(input)[position] != resultShape[dim])
        continue;
      isKept.set(dim);
      keptShape.push_back(resultShape[dim]);
    }
    bool isReshape = true;
    for (auto [dim, size] : llvm::enumerate(resultShape)) {
      if (isKept.test(dim))
        continue;
      added.push_back(dim);
      isReshape &= size == 1;
    }
    if (isReshape) {
      rewriter.replaceOp(op, createReshape(rewriter, loc, input, resultShape));
      return success();
    }
    input = createReshape(rewriter, loc, input, keptShape);
    Value empty =
        createEmpty(rewriter, loc, resultShape, getElementType(input));
    rewriter.replaceOp(
        op, linalg::BroadcastOp::create(rewriter, loc, input, empty, added)
                ->getResults());
    return success();
  }
};

struct ReshapePattern : OpConversionPattern<stablehlo::ReshapeOp> {
  using Base::Base;

  LogicalResult
  matchAndRewrite(stablehlo::ReshapeOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOp(op, createReshape(rewriter, op.getLoc(),
                                         adaptor.getOperand(),
                                         getShape(op.getResult())));
    return success();
  }
};

struct TransposePattern : OpConversionPattern<stablehlo::TransposeOp> {
  using Base::Base;

  LogicalResult
  matchAndRewrite(stablehlo::TransposeOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOp(op, createTranspose(rewriter, op.getLoc(),
                                           adaptor.getOperand(),
                                           op.getPermutation()));
    return success();
  }
};

struct ReversePattern : OpConversionPattern<stablehlo::ReverseOp> {
  using Base::Base;

  LogicalResult
  matchAndRewrite(stablehlo::ReverseOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOp(op,
                       createReverse(rewriter, op.getLoc(),
                                     adaptor.getOperand(), op.getDimensions()));
    return success();
  }
};

} // namespace

void quantc::populateStableHLOShapePatterns(const TypeConverter &converter,
                                            RewritePatternSet &patterns) {
  patterns.add<BroadcastInDimPattern, ConstantPattern, IotaPattern,
               ReshapePattern, ReversePattern, TransposePattern>(
      converter, patterns.getContext());
}
