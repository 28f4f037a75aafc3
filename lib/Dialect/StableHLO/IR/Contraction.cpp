//===- Contraction.cpp - verifiers of dot_general and convolution -===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ShapeChecks.h"
#include "quantc/Dialect/StableHLO/IR/StableHLO.h"

using namespace mlir;
using namespace quantc::stablehlo;

static LogicalResult verifyPrecision(Operation *op,
                                     std::optional<ArrayAttr> precision) {
  if (!precision || precision->empty())
    return success();
  return verifyCount(op, "precision_config", precision->size(), 2);
}

//===----------------------------------------------------------------------===//
// DotGeneralOp
//===----------------------------------------------------------------------===//

/// Checks the batching and contracting dimensions of one side, and appends the
/// sizes of the others to `freeSizes`.
static LogicalResult verifyDotOperand(Operation *op, StringRef name,
                                      RankedTensorType type,
                                      ArrayRef<int64_t> batching,
                                      ArrayRef<int64_t> contracting,
                                      SmallVectorImpl<int64_t> &freeSizes) {
  SmallVector<int64_t> used(batching);
  used.append(contracting.begin(), contracting.end());
  if (failed(verifyDimensions(op, name, used, type.getRank())))
    return failure();
  for (auto [index, size] : llvm::enumerate(type.getShape()))
    if (!llvm::is_contained(used, static_cast<int64_t>(index)))
      freeSizes.push_back(size);
  return success();
}

/// Checks that dimensions of both sides pair up.
static LogicalResult verifyDotPairs(Operation *op, StringRef name,
                                    RankedTensorType lhs, RankedTensorType rhs,
                                    ArrayRef<int64_t> lhsDims,
                                    ArrayRef<int64_t> rhsDims) {
  if (lhsDims.size() != rhsDims.size())
    return op->emitOpError()
           << "expected as many " << name << " dimensions of rhs as the "
           << lhsDims.size() << " of lhs, but got " << rhsDims.size();
  for (auto [lhsDim, rhsDim] : llvm::zip(lhsDims, rhsDims)) {
    int64_t lhsSize = lhs.getDimSize(lhsDim), rhsSize = rhs.getDimSize(rhsDim);
    if (!isCompatibleSize(lhsSize, rhsSize))
      return op->emitOpError() << "expected " << name << " dimensions "
                               << lhsDim << " of lhs and " << rhsDim
                               << " of rhs to have the same size, but got "
                               << lhsSize << " and " << rhsSize;
  }
  return success();
}

LogicalResult DotGeneralOp::verify() {
  RankedTensorType lhs = getTensor(getLhs()), rhs = getTensor(getRhs());
  DotDimensionNumbersAttr numbers = getDotDimensionNumbers();
  ArrayRef<int64_t> lhsBatching = numbers.getLhsBatchingDimensions();
  ArrayRef<int64_t> rhsBatching = numbers.getRhsBatchingDimensions();
  ArrayRef<int64_t> lhsContracting = numbers.getLhsContractingDimensions();
  ArrayRef<int64_t> rhsContracting = numbers.getRhsContractingDimensions();
  SmallVector<int64_t> freeSizes;
  if (failed(verifyDotOperand(*this, "dimensions of lhs", lhs, lhsBatching,
                              lhsContracting, freeSizes)) ||
      failed(verifyDotOperand(*this, "dimensions of rhs", rhs, rhsBatching,
                              rhsContracting, freeSizes)) ||
      failed(verifyDotPairs(*this, "batching", lhs, rhs, lhsBatching,
                            rhsBatching)) ||
      failed(verifyDotPairs(*this, "contracting", lhs, rhs, lhsContracting,
                            rhsContracting)) ||
      failed(verifyPrecision(*this, getPrecisionConfig())))
    return failure();
  SmallVector<int64_t> expected;
  for (int64_t dimension : lhsBatching)
    expected.push_back(lhs.getDimSize(dimension));
  expected.append(freeSizes);
  return verifyShape(*this, "a result", expected,
                     getTensor(getResult()).getShape());
}

//===----------------------------------------------------------------------===//
// ConvolutionOp
//===----------------------------------------------------------------------===//

/// An optional list with one value of at least 1 per spatial dimension.
static LogicalResult verifySpatialList(ConvolutionOp op, StringRef name,
                                       std::optional<ArrayRef<int64_t>> values,
                                       int64_t count) {
  if (!values)
    return success();
  return failure(failed(verifyCount(op, name, values->size(), count)) ||
                 failed(verifyAtLeast(op, name, *values, 1)));
}

static LogicalResult verifyGroups(ConvolutionOp op) {
  RankedTensorType lhs = getTensor(op.getLhs()), rhs = getTensor(op.getRhs());
  ConvDimensionNumbersAttr numbers = op.getDimensionNumbers();
  int64_t featureGroups = op.getFeatureGroupCount();
  int64_t batchGroups = op.getBatchGroupCount();
  if (failed(verifyAtLeast(op, "feature_group_count", featureGroups, 1)) ||
      failed(verifyAtLeast(op, "batch_group_count", batchGroups, 1)))
    return failure();
  if (featureGroups > 1 && batchGroups > 1)
    return op.emitOpError()
           << "expected feature_group_count or batch_group_count to be 1, but "
              "got "
           << featureGroups << " and " << batchGroups;
  auto verifyMultiple = [&](StringRef what, int64_t size,
                            int64_t groups) -> LogicalResult {
    if (ShapedType::isDynamic(size) || size % groups == 0)
      return success();
    return op.emitOpError()
           << "expected the size of the " << what << " to be a multiple of "
           << groups << " groups, but got " << size;
  };
  int64_t features = lhs.getDimSize(numbers.getInputFeatureDimension());
  int64_t kernelInput =
      rhs.getDimSize(numbers.getKernelInputFeatureDimension());
  int64_t kernelOutput =
      rhs.getDimSize(numbers.getKernelOutputFeatureDimension());
  if (failed(verifyMultiple("input batch dimension",
                            lhs.getDimSize(numbers.getInputBatchDimension()),
                            batchGroups)) ||
      failed(
          verifyMultiple("input feature dimension", features, featureGroups)) ||
      failed(verifyMultiple("kernel output feature dimension", kernelOutput,
                            featureGroups * batchGroups)))
    return failure();
  if (!ShapedType::isDynamic(features) &&
      !isCompatibleSize(kernelInput, features / featureGroups))
    return op.emitOpError()
           << "expected a kernel with " << features / featureGroups
           << " input features, but got " << kernelInput;
  return success();
}

/// The sizes of the result along its spatial dimensions, in their order.
static FailureOr<SmallVector<int64_t>> inferSpatialSizes(ConvolutionOp op) {
  RankedTensorType lhs = getTensor(op.getLhs()), rhs = getTensor(op.getRhs());
  ConvDimensionNumbersAttr numbers = op.getDimensionNumbers();
  SmallVector<int64_t> padding(2 * numbers.getInputSpatialDimensions().size());
  if (DenseIntElementsAttr values = op.getPaddingAttr())
    padding = llvm::to_vector(values.getValues<int64_t>());
  auto getValue = [](std::optional<ArrayRef<int64_t>> values, size_t index) {
    return values ? (*values)[index] : 1;
  };
  SmallVector<int64_t> sizes;
  for (auto [index, dims] :
       llvm::enumerate(llvm::zip(numbers.getInputSpatialDimensions(),
                                 numbers.getKernelSpatialDimensions()))) {
    auto [inputDim, kernelDim] = dims;
    Window window{rhs.getDimSize(kernelDim),
                  getValue(op.getWindowStrides(), index),
                  padding[2 * index],
                  padding[2 * index + 1],
                  getValue(op.getLhsDilation(), index),
                  getValue(op.getRhsDilation(), index)};
    std::optional<int64_t> size =
        getNumPositions(lhs.getDimSize(inputDim), window);
    if (!size) {
      op.emitOpError() << "expected padded sizes below 2^63 for spatial "
                          "dimension "
                       << index << ", but got more";
      return failure();
    }
    sizes.push_back(*size);
  }
  return sizes;
}

LogicalResult ConvolutionOp::verify() {
  RankedTensorType lhs = getTensor(getLhs()), rhs = getTensor(getRhs());
  RankedTensorType result = getTensor(getResult());
  ConvDimensionNumbersAttr numbers = getDimensionNumbers();
  int64_t numSpatial = numbers.getInputSpatialDimensions().size();
  for (auto [name, type] :
       {std::make_pair("lhs", lhs), std::make_pair("rhs", rhs),
        std::make_pair("result", result)})
    if (type.getRank() != numSpatial + 2)
      return emitOpError() << "expected " << name << " of rank "
                           << numSpatial + 2 << ", but got " << type.getRank();
  if (failed(verifySpatialList(*this, "window_strides", getWindowStrides(),
                               numSpatial)) ||
      failed(verifySpatialList(*this, "lhs_dilation", getLhsDilation(),
                               numSpatial)) ||
      failed(verifySpatialList(*this, "rhs_dilation", getRhsDilation(),
                               numSpatial)))
    return failure();
  if (getPadding() && failed(verifyShape(*this, "padding", {numSpatial, 2},
                                         getPadding()->getType().getShape())))
    return failure();
  if (getWindowReversal() &&
      failed(verifyCount(*this, "window_reversal", getWindowReversal()->size(),
                         numSpatial)))
    return failure();
  // Either side may be quantized in its own way.
  if (failed(verifyElementType(*this, "rhs",
                               getExpressedType(lhs.getElementType()),
                               getExpressedType(rhs.getElementType()))) ||
      failed(verifyGroups(*this)) ||
      failed(verifyPrecision(*this, getPrecisionConfig())))
    return failure();

  FailureOr<SmallVector<int64_t>> spatialSizes = inferSpatialSizes(*this);
  if (failed(spatialSizes))
    return failure();
  SmallVector<int64_t> expected(result.getRank());
  int64_t batch = lhs.getDimSize(numbers.getInputBatchDimension());
  expected[numbers.getOutputBatchDimension()] =
      ShapedType::isDynamic(batch) ? batch
                                   : batch / int64_t(getBatchGroupCount());
  expected[numbers.getOutputFeatureDimension()] =
      rhs.getDimSize(numbers.getKernelOutputFeatureDimension());
  for (auto [dimension, size] :
       llvm::zip(numbers.getOutputSpatialDimensions(), *spatialSizes))
    expected[dimension] = size;
  return verifyShape(*this, "a result", expected, result.getShape());
}
