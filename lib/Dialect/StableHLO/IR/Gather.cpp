//===- Gather.cpp - verifier of gather -===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ShapeChecks.h"
#include "quantc/Dialect/StableHLO/IR/StableHLO.h"

using namespace mlir;
using namespace quantc::stablehlo;

/// Dimensions with a slice size of at most 1, which the result does not have.
static LogicalResult verifyDroppedDimensions(GatherOp op, StringRef name,
                                             ArrayRef<int64_t> dimensions) {
  if (failed(verifyDimensions(op, name, dimensions,
                              getTensor(op.getOperand()).getRank())) ||
      failed(verifySorted(op, name, dimensions)))
    return failure();
  for (int64_t dimension : dimensions)
    if (op.getSliceSizes()[dimension] > 1)
      return op.emitOpError()
             << "expected a slice size of at most 1 for dimension " << dimension
             << " of " << name << ", but got " << op.getSliceSizes()[dimension];
  return success();
}

/// Concatenates two lists that must not have a dimension in common.
static SmallVector<int64_t> join(ArrayRef<int64_t> lhs, ArrayRef<int64_t> rhs) {
  SmallVector<int64_t> joined(lhs);
  joined.append(rhs.begin(), rhs.end());
  return joined;
}

static LogicalResult verifySliceSizes(GatherOp op) {
  RankedTensorType operand = getTensor(op.getOperand());
  ArrayRef<int64_t> sizes = op.getSliceSizes();
  if (failed(verifyCount(op, "slice_sizes", sizes.size(), operand.getRank())))
    return failure();
  for (auto [index, size] : llvm::enumerate(sizes))
    if (size < 0 ||
        (!operand.isDynamicDim(index) && size > operand.getDimSize(index)))
      return op.emitOpError()
             << "expected slice_sizes in [0, " << operand.getDimSize(index)
             << "] for dimension " << index << ", but got " << size;
  return success();
}

/// The dimensions of start_indices: one holds the index vectors (or, when it is
/// the rank, every element is an index vector of size 1), some are batching.
static LogicalResult verifyStartIndices(GatherOp op) {
  GatherDimensionNumbersAttr numbers = op.getDimensionNumbers();
  RankedTensorType operand = getTensor(op.getOperand());
  RankedTensorType indices = getTensor(op.getStartIndices());
  int64_t vectorDim = numbers.getIndexVectorDim();
  ArrayRef<int64_t> batching = numbers.getStartIndicesBatchingDims();
  ArrayRef<int64_t> operandBatching = numbers.getOperandBatchingDims();
  if (failed(verifyInRange(op, "index_vector_dim", vectorDim,
                           indices.getRank() + 1)) ||
      failed(verifyDimensions(op, "start_indices_batching_dims", batching,
                              indices.getRank())) ||
      failed(verifyCount(op, "start_indices_batching_dims", batching.size(),
                         operandBatching.size())) ||
      failed(verifyDimensions(op, "start_index_map and operand_batching_dims",
                              join(numbers.getStartIndexMap(), operandBatching),
                              operand.getRank())))
    return failure();
  if (llvm::is_contained(batching, vectorDim))
    return op.emitOpError()
           << "expected start_indices_batching_dims without index_vector_dim, "
              "but got "
           << vectorDim << " in both";
  int64_t vectorSize =
      vectorDim < indices.getRank() ? indices.getDimSize(vectorDim) : 1;
  if (!ShapedType::isDynamic(vectorSize) &&
      failed(verifyCount(op, "start_index_map",
                         numbers.getStartIndexMap().size(), vectorSize)))
    return failure();
  for (auto [operandDim, indicesDim] : llvm::zip(operandBatching, batching)) {
    int64_t operandSize = operand.getDimSize(operandDim);
    int64_t indicesSize = indices.getDimSize(indicesDim);
    if (!isCompatibleSize(operandSize, indicesSize))
      return op.emitOpError()
             << "expected batching dimensions of equal size, but got "
             << operandSize << " and " << indicesSize;
  }
  return success();
}

LogicalResult GatherOp::verify() {
  GatherDimensionNumbersAttr numbers = getDimensionNumbers();
  RankedTensorType operand = getTensor(getOperand());
  RankedTensorType indices = getTensor(getStartIndices());
  RankedTensorType result = getTensor(getResult());
  ArrayRef<int64_t> offsetDims = numbers.getOffsetDims();
  SmallVector<int64_t> dropped =
      join(numbers.getCollapsedSliceDims(), numbers.getOperandBatchingDims());
  if (failed(verifySliceSizes(*this)) ||
      failed(verifyDroppedDimensions(*this, "collapsed_slice_dims",
                                     numbers.getCollapsedSliceDims())) ||
      failed(verifyDroppedDimensions(*this, "operand_batching_dims",
                                     numbers.getOperandBatchingDims())) ||
      failed(verifyDimensions(*this,
                              "collapsed_slice_dims and operand_batching_dims",
                              dropped, operand.getRank())) ||
      failed(verifyStartIndices(*this)) ||
      failed(verifyCount(*this, "offset_dims", offsetDims.size(),
                         operand.getRank() - dropped.size())))
    return failure();

  int64_t vectorDim = numbers.getIndexVectorDim();
  SmallVector<int64_t> batchSizes(indices.getShape());
  if (vectorDim < indices.getRank())
    batchSizes.erase(batchSizes.begin() + vectorDim);
  int64_t rank = batchSizes.size() + offsetDims.size();
  if (failed(verifyDimensions(*this, "offset_dims", offsetDims, rank)) ||
      failed(verifySorted(*this, "offset_dims", offsetDims)))
    return failure();

  SmallVector<int64_t> offsetSizes;
  for (auto [index, size] : llvm::enumerate(getSliceSizes()))
    if (!llvm::is_contained(dropped, static_cast<int64_t>(index)))
      offsetSizes.push_back(size);
  SmallVector<int64_t> expected(rank);
  auto *nextOffset = offsetSizes.begin();
  auto *nextBatch = batchSizes.begin();
  for (int64_t i = 0; i < rank; ++i)
    expected[i] =
        llvm::is_contained(offsetDims, i) ? *nextOffset++ : *nextBatch++;
  return verifyShape(*this, "a result", expected, result.getShape());
}
