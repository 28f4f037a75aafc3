//===- Gather.cpp - gather to linalg --------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// https://openxla.org/stablehlo/spec#gather, in the specification's names. Each
// element of the result has a batch index (which index vector) and an offset
// index (where in the slice); the operand's index is their sum.
//
//===----------------------------------------------------------------------===//

#include "Gather.h"
#include "Builders.h"
#include "quantc/Conversion/StableHLOToLinalg/StableHLOToLinalg.h"
#include "quantc/Dialect/StableHLO/IR/StableHLO.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace quantc;

namespace {

struct GatherPattern : OpConversionPattern<stablehlo::GatherOp> {
  using Base::Base;

  LogicalResult
  matchAndRewrite(stablehlo::GatherOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    auto type = getTypeConverter()->convertType<RankedTensorType>(
        op.getResult().getType());
    Value result = createElementwise(
        rewriter, op.getLoc(), type, {}, {},
        [&](OpBuilder &b, Location loc, ValueRange) -> Value {
          return emitElement(b, loc, op, adaptor.getOperand(),
                             adaptor.getStartIndices(), type.getRank());
        });
    rewriter.replaceOp(op, result);
    return success();
  }

private:
  static Value emitElement(OpBuilder &b, Location loc, stablehlo::GatherOp op,
                           Value operand, Value startIndices,
                           int64_t resultRank);
};

} // namespace

Value GatherPattern::emitElement(OpBuilder &b, Location loc,
                                 stablehlo::GatherOp op, Value operand,
                                 Value startIndices, int64_t resultRank) {
  auto numbers = op.getDimensionNumbers();
  auto contains = [](ArrayRef<int64_t> dims, int64_t dim) {
    return llvm::is_contained(dims, dim);
  };
  auto find = [](ArrayRef<int64_t> dims, int64_t dim) -> int64_t {
    return llvm::find(dims, dim) - dims.begin();
  };

  // The result's dimensions are batch dimensions and offset dimensions.
  SmallVector<Value> batchIndices, offsetIndices;
  for (int64_t dim = 0; dim < resultRank; ++dim) {
    Value index = linalg::IndexOp::create(b, loc, dim);
    bool isOffset = contains(numbers.getOffsetDims(), dim);
    (isOffset ? offsetIndices : batchIndices).push_back(index);
  }

  // Element i of the index vector that the batch index names.
  int64_t vectorDim = numbers.getIndexVectorDim();
  int64_t indicesRank = getShape(startIndices).size();
  bool isUnsigned = getElementType(op.getStartIndices()).isUnsignedInteger();
  auto emitStart = [&](int64_t component) {
    SmallVector<Value> indices(batchIndices);
    if (vectorDim < indicesRank)
      indices.insert(indices.begin() + vectorDim,
                     arith::ConstantIndexOp::create(b, loc, component));
    Value start = tensor::ExtractOp::create(b, loc, startIndices, indices);
    return castToIndex(b, loc, start, isUnsigned);
  };
  // Where a dimension of startIndices stands among the batch indices.
  auto getBatchIndex = [&](int64_t dim) {
    return batchIndices[dim < vectorDim ? dim : dim - 1];
  };

  SmallVector<Value> indices;
  unsigned nextOffset = 0;
  for (auto [dim, size] : llvm::enumerate(getShape(operand))) {
    if (contains(numbers.getOperandBatchingDims(), dim)) {
      int64_t which = find(numbers.getOperandBatchingDims(), dim);
      indices.push_back(
          getBatchIndex(numbers.getStartIndicesBatchingDims()[which]));
      continue;
    }
    Value index;
    int64_t sliceSize = op.getSliceSizes()[dim];
    if (contains(numbers.getStartIndexMap(), dim) && sliceSize < size)
      index =
          clampIndex(b, loc, emitStart(find(numbers.getStartIndexMap(), dim)),
                     size - sliceSize, isUnsigned);
    if (!contains(numbers.getCollapsedSliceDims(), dim)) {
      Value offset = offsetIndices[nextOffset++];
      index = index ? arith::AddIOp::create(b, loc, index, offset) : offset;
    }
    indices.push_back(index ? index
                            : arith::ConstantIndexOp::create(b, loc, 0));
  }
  return tensor::ExtractOp::create(b, loc, operand, indices);
}

void quantc::populateGatherPattern(const TypeConverter &converter,
                                   RewritePatternSet &patterns) {
  patterns.add<GatherPattern>(converter, patterns.getContext());
}
