//===- Convolution.cpp - convolution to linalg ----------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every convolution is reduced to one with channels last (or, without groups,
// channels first on both sides), stride and kernel dilation; padding, dilation
// of the input, reversal and other layouts become operations around it.
//
//===----------------------------------------------------------------------===//

#include "Builders.h"
#include "Contraction.h"
#include "quantc/Conversion/StableHLOToLinalg/StableHLOToLinalg.h"
#include "quantc/Dialect/StableHLO/IR/StableHLO.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"

using namespace mlir;
using namespace quantc;

namespace {

/// A convolution without padding in a layout that linalg has.
struct Problem {
  /// [batch, spatial..., channel]
  Value input;
  /// [spatial..., channel of a group, feature]
  Value kernel;
  SmallVector<int64_t> strides, dilations;
  int64_t groups;
  bool isInputUnsigned, isKernelUnsigned;
  /// If set: input [batch, channel, spatial...], kernel [feature, channel,
  /// spatial...], and the result like the input.
  bool isChannelFirst;
  SmallVector<int64_t> outputSpatial;
  Type accumulator;

  int64_t getSpatialRank() const { return strides.size(); }
  bool isUnsigned() const { return isInputUnsigned || isKernelUnsigned; }
};

} // namespace

template <typename Op>
static Value createNamed(OpBuilder &builder, Location loc,
                         const Problem &problem, Value input, Value kernel,
                         Value init) {
  return Op::create(builder, loc, TypeRange(init.getType()),
                    ValueRange{input, kernel}, ValueRange(init),
                    builder.getI64TensorAttr(problem.strides),
                    builder.getI64TensorAttr(problem.dilations))
      ->getResult(0);
}

/// Creates the op that is named for 1, 2 or 3 spatial dimensions.
template <typename Op1D, typename Op2D, typename Op3D>
static Value createNamed(OpBuilder &builder, Location loc,
                         const Problem &problem, Value input, Value kernel,
                         ArrayRef<int64_t> shape) {
  Value init = createFilled(builder, loc, shape,
                            createZero(builder, loc, problem.accumulator));
  switch (problem.getSpatialRank()) {
  case 1:
    return createNamed<Op1D>(builder, loc, problem, input, kernel, init);
  case 2:
    return createNamed<Op2D>(builder, loc, problem, input, kernel, init);
  default:
    return createNamed<Op3D>(builder, loc, problem, input, kernel, init);
  }
}

/// The shape of the result of channels-last ops, with these last dimensions.
static SmallVector<int64_t> getResultShape(const Problem &problem,
                                           ArrayRef<int64_t> features) {
  SmallVector<int64_t> shape = {getShape(problem.input)[0]};
  llvm::append_range(shape, problem.outputSpatial);
  llvm::append_range(shape, features);
  return shape;
}

static Value createChannelFirst(OpBuilder &builder, Location loc,
                                const Problem &problem) {
  SmallVector<int64_t> shape = {getShape(problem.input)[0],
                                getShape(problem.kernel)[0]};
  llvm::append_range(shape, problem.outputSpatial);
  return createNamed<linalg::Conv1DNcwFcwOp, linalg::Conv2DNchwFchwOp,
                     linalg::Conv3DNcdhwFcdhwOp>(
      builder, loc, problem, problem.input, problem.kernel, shape);
}

/// One channel in each group.
static Value createDepthwise(OpBuilder &builder, Location loc,
                             const Problem &problem) {
  ArrayRef<int64_t> kernelShape = getShape(problem.kernel);
  int64_t channels = problem.groups;
  int64_t multiplier = kernelShape.back() / channels;
  SmallVector<int64_t> newShape(kernelShape.drop_back(2));
  newShape.push_back(channels);
  if (multiplier == 1) {
    Value kernel = createReshape(builder, loc, problem.kernel, newShape);
    return createNamed<linalg::DepthwiseConv1DNwcWcOp,
                       linalg::DepthwiseConv2DNhwcHwcOp,
                       linalg::DepthwiseConv3DNdhwcDhwcOp>(
        builder, loc, problem, problem.input, kernel,
        getResultShape(problem, {channels}));
  }
  newShape.push_back(multiplier);
  Value kernel = createReshape(builder, loc, problem.kernel, newShape);
  Value result = createNamed<linalg::DepthwiseConv1DNwcWcmOp,
                             linalg::DepthwiseConv2DNhwcHwcmOp,
                             linalg::DepthwiseConv3DNdhwcDhwcmOp>(
      builder, loc, problem, problem.input, kernel,
      getResultShape(problem, {channels, multiplier}));
  return createReshape(builder, loc, result,
                       getResultShape(problem, {kernelShape.back()}));
}

/// The general form: loops batch, spatial..., group, feature, then the window's
/// and the channel's.
static Value createGeneric(OpBuilder &builder, Location loc,
                           const Problem &problem) {
  MLIRContext *context = builder.getContext();
  int64_t rank = problem.getSpatialRank();
  ArrayRef<int64_t> inputShape = getShape(problem.input);
  ArrayRef<int64_t> kernelShape = getShape(problem.kernel);
  int64_t features = kernelShape.back();
  bool isGrouped = problem.groups > 1;
  unsigned numParallel = 1 + rank + isGrouped + 1;
  unsigned numLoops = numParallel + rank + 1;
  auto dim = [&](unsigned loop) { return getAffineDimExpr(loop, context); };

  SmallVector<AffineExpr> inputExprs = {dim(0)}, kernelExprs, resultExprs;
  for (int64_t i = 0; i < rank; ++i) {
    inputExprs.push_back(dim(1 + i) * problem.strides[i] +
                         dim(numParallel + i) * problem.dilations[i]);
    kernelExprs.push_back(dim(numParallel + i));
  }
  AffineExpr group = dim(1 + rank), feature = dim(numParallel - 1);
  AffineExpr channel = dim(numLoops - 1);
  Value input = problem.input, kernel = problem.kernel;
  SmallVector<int64_t> resultFeatures = {features};
  kernelExprs.push_back(channel);
  if (isGrouped) {
    SmallVector<int64_t> newInput(inputShape.drop_back());
    newInput.append({problem.groups, inputShape.back() / problem.groups});
    input = createReshape(builder, loc, input, newInput);
    inputExprs.push_back(group);
    resultFeatures = {problem.groups, features / problem.groups};
    SmallVector<int64_t> newKernel(kernelShape.drop_back());
    llvm::append_range(newKernel, resultFeatures);
    kernel = createReshape(builder, loc, kernel, newKernel);
    kernelExprs.push_back(group);
  }
  inputExprs.push_back(channel);
  kernelExprs.push_back(feature);
  for (unsigned loop = 0; loop < numParallel; ++loop)
    resultExprs.push_back(dim(loop));

  SmallVector<utils::IteratorType> iterators(numLoops,
                                             utils::IteratorType::reduction);
  std::fill_n(iterators.begin(), numParallel, utils::IteratorType::parallel);
  Value init =
      createFilled(builder, loc, getResultShape(problem, resultFeatures),
                   createZero(builder, loc, problem.accumulator));
  Value result =
      linalg::GenericOp::create(
          builder, loc, TypeRange(init.getType()), ValueRange{input, kernel},
          ValueRange(init),
          ArrayRef<AffineMap>{
              AffineMap::get(numLoops, 0, inputExprs, context),
              AffineMap::get(numLoops, 0, kernelExprs, context),
              AffineMap::get(numLoops, 0, resultExprs, context)},
          iterators,
          [&](OpBuilder &b, Location loc, ValueRange arguments) {
            Value sum = emitMultiplyAdd(b, loc, arguments[0],
                                        problem.isInputUnsigned, arguments[1],
                                        problem.isKernelUnsigned, arguments[2]);
            linalg::YieldOp::create(b, loc, sum);
          })
          .getResult(0);
  return createReshape(builder, loc, result,
                       getResultShape(problem, {features}));
}

static Value createConvolution(OpBuilder &builder, Location loc,
                               const Problem &problem) {
  int64_t rank = problem.getSpatialRank();
  bool isNamed = rank >= 1 && rank <= 3 && !problem.isUnsigned();
  if (problem.isChannelFirst)
    return createChannelFirst(builder, loc, problem);
  if (isNamed && problem.groups == 1)
    return createNamed<linalg::Conv1DNwcWcfOp, linalg::Conv2DNhwcHwcfOp,
                       linalg::Conv3DNdhwcDhwcfOp>(
        builder, loc, problem, problem.input, problem.kernel,
        getResultShape(problem, {getShape(problem.kernel).back()}));
  if (isNamed && getShape(problem.kernel)[rank] == 1)
    return createDepthwise(builder, loc, problem);
  return createGeneric(builder, loc, problem);
}

/// Batch groups are feature groups whose channels lie in the batch: brings
/// [groups * batch, spatial..., channel] to [batch, spatial..., groups *
/// channel].
static Value moveGroupsToChannels(OpBuilder &builder, Location loc, Value input,
                                  int64_t groups) {
  SmallVector<int64_t> split(getShape(input));
  int64_t batch = split.front() / groups, channels = split.back();
  split.front() = batch;
  SmallVector<int64_t> merged(split);
  merged.back() = groups * channels;
  split.insert(split.begin(), groups);
  input = createReshape(builder, loc, input, split);
  auto permutation = llvm::to_vector(llvm::seq<int64_t>(1, split.size() - 1));
  permutation.append({0, static_cast<int64_t>(split.size()) - 1});
  input = createTranspose(builder, loc, input, permutation);
  return createReshape(builder, loc, input, merged);
}

namespace {

struct ConvolutionPattern : OpConversionPattern<stablehlo::ConvolutionOp> {
  using Base::Base;

  LogicalResult
  matchAndRewrite(stablehlo::ConvolutionOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override;
};

} // namespace

/// The dimensions of a tensor in the order batch (or input feature), spatial,
/// feature, or with the spatial ones last.
static SmallVector<int64_t> orderDims(int64_t first, int64_t second,
                                      ArrayRef<int64_t> spatial,
                                      bool isSpatialLast, bool isSpatialFirst) {
  SmallVector<int64_t> order(spatial);
  if (isSpatialLast)
    order.insert(order.begin(), {first, second});
  else if (isSpatialFirst)
    order.append({first, second});
  else {
    order.insert(order.begin(), first);
    order.push_back(second);
  }
  return order;
}

LogicalResult
ConvolutionPattern::matchAndRewrite(stablehlo::ConvolutionOp op,
                                    OpAdaptor adaptor,
                                    ConversionPatternRewriter &rewriter) const {
  Location loc = op.getLoc();
  auto type = getTypeConverter()->convertType<RankedTensorType>(
      op.getResult().getType());
  auto numbers = op.getDimensionNumbers();
  ArrayRef<int64_t> inputSpatial = numbers.getInputSpatialDimensions();
  ArrayRef<int64_t> kernelSpatial = numbers.getKernelSpatialDimensions();
  ArrayRef<int64_t> outputSpatial = numbers.getOutputSpatialDimensions();
  size_t rank = inputSpatial.size();
  SmallVector<int64_t> ones(rank, 1);

  Problem problem;
  problem.strides = llvm::to_vector(op.getWindowStrides().value_or(ones));
  problem.dilations = llvm::to_vector(op.getRhsDilation().value_or(ones));
  problem.isInputUnsigned = getElementType(op.getLhs()).isUnsignedInteger();
  problem.isKernelUnsigned = getElementType(op.getRhs()).isUnsignedInteger();
  problem.accumulator = getAccumulatorType(type.getElementType());
  for (int64_t dim : outputSpatial)
    problem.outputSpatial.push_back(type.getDimSize(dim));

  Value input = adaptor.getLhs(), kernel = adaptor.getRhs();
  if (type.getNumElements() == 0 ||
      cast<RankedTensorType>(kernel.getType()).getNumElements() == 0) {
    Value zero = createZero(rewriter, loc, type.getElementType());
    rewriter.replaceOp(op, createFilled(rewriter, loc, type.getShape(), zero));
    return success();
  }

  SmallVector<int64_t> reversed;
  if (auto reversal = op.getWindowReversal())
    for (auto [dim, isReversed] : llvm::zip_equal(kernelSpatial, *reversal))
      if (isReversed)
        reversed.push_back(dim);
  if (!reversed.empty())
    kernel = createReverse(rewriter, loc, kernel, reversed);

  SmallVector<int64_t> low(rank + 2), high(rank + 2), interior(rank + 2);
  if (auto padding = op.getPadding())
    for (auto [i, amount] : llvm::enumerate(padding->getValues<int64_t>()))
      (i % 2 ? high : low)[inputSpatial[i / 2]] = amount;
  if (auto dilation = op.getLhsDilation())
    for (auto [dim, factor] : llvm::zip_equal(inputSpatial, *dilation))
      interior[dim] = factor - 1;
  input = createPad(rewriter, loc, input,
                    createZero(rewriter, loc, getElementType(input)), low, high,
                    interior);

  auto isFirst = [](int64_t batch, int64_t feature, ArrayRef<int64_t> spatial) {
    return batch == 0 && feature == 1 && llvm::is_sorted(spatial);
  };
  problem.groups = op.getFeatureGroupCount() * op.getBatchGroupCount();
  problem.isChannelFirst =
      rank >= 1 && rank <= 3 && problem.groups == 1 && !problem.isUnsigned() &&
      isFirst(numbers.getInputBatchDimension(),
              numbers.getInputFeatureDimension(), inputSpatial) &&
      isFirst(numbers.getOutputBatchDimension(),
              numbers.getOutputFeatureDimension(), outputSpatial);
  bool isChannelFirst = problem.isChannelFirst;
  problem.input = createTranspose(rewriter, loc, input,
                                  orderDims(numbers.getInputBatchDimension(),
                                            numbers.getInputFeatureDimension(),
                                            inputSpatial, isChannelFirst,
                                            /*isSpatialFirst=*/false));
  int64_t in = numbers.getKernelInputFeatureDimension();
  int64_t out = numbers.getKernelOutputFeatureDimension();
  problem.kernel = createTranspose(
      rewriter, loc, kernel,
      isChannelFirst
          ? orderDims(out, in, kernelSpatial, /*isSpatialLast=*/true, false)
          : orderDims(in, out, kernelSpatial, false, /*isSpatialFirst=*/true));
  if (op.getBatchGroupCount() > 1)
    problem.input = moveGroupsToChannels(rewriter, loc, problem.input,
                                         op.getBatchGroupCount());

  Value result = createConvolution(rewriter, loc, problem);
  auto order = orderDims(numbers.getOutputBatchDimension(),
                         numbers.getOutputFeatureDimension(), outputSpatial,
                         isChannelFirst, /*isSpatialFirst=*/false);
  result =
      createTranspose(rewriter, loc, result, invertPermutationVector(order));
  rewriter.replaceOp(
      op, createTruncation(rewriter, loc, result, type.getElementType()));
  return success();
}

void quantc::populateStableHLOConvolutionPatterns(
    const TypeConverter &converter, RewritePatternSet &patterns) {
  patterns.add<ConvolutionPattern>(converter, patterns.getContext());
}
