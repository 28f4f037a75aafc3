//===- Contractions.cpp - contractions and convolutions -------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Export.h"
#include "quantc/Dialect/QNN/Transforms/Site.h"
#include "quantc/Dialect/StableHLO/IR/StableHLO.h"

#include "mlir/Dialect/Linalg/IR/LinalgInterfaces.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::stablehlo_export;

/// Whether the op multiplies and adds elements of one float type.
static bool isFloatSite(linalg::LinalgOp op) {
  if (!qnn::isSite(op) || op->getNumOperands() != 3)
    return false;
  Type element = getElementTypeOrSelf(op->getResult(0));
  return isa<FloatType>(element) &&
         llvm::all_of(op->getOperandTypes(), [&](Type type) {
           auto tensor = dyn_cast<RankedTensorType>(type);
           return tensor && tensor.hasStaticShape() &&
                  tensor.getElementType() == element;
         });
}

/// Replaces `op` by `value`, whose dimensions follow `loops`, plus what the
/// sums start with.
static void replaceSite(PatternRewriter &rewriter, linalg::LinalgOp op,
                        Value value, ArrayRef<unsigned> loops,
                        ArrayRef<unsigned> order) {
  value = createReordered(rewriter, op.getLoc(), value, loops, order);
  Value init = op.getDpsInits()[0];
  if (!matchPattern(init, m_AnyZeroFloat()))
    value = stablehlo::AddOp::create(rewriter, op.getLoc(), value.getType(),
                                     init, value);
  rewriter.replaceOp(op, value);
}

static SmallVector<int64_t> getPositions(ArrayRef<unsigned> dims,
                                         ArrayRef<unsigned> loops) {
  return llvm::map_to_vector(dims, [&](unsigned dim) -> int64_t {
    return llvm::find(loops, dim) - loops.begin();
  });
}

namespace {

struct ContractionPattern : OpInterfaceRewritePattern<linalg::LinalgOp> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;

  LogicalResult matchAndRewrite(linalg::LinalgOp op,
                                PatternRewriter &rewriter) const override {
    if (!isFloatSite(op))
      return failure();
    FailureOr<linalg::ContractionDimensions> dims =
        linalg::inferContractionDims(op);
    SmallVector<AffineMap> maps = op.getIndexingMapsArray();
    auto lhs = getLoops(maps[0]), rhs = getLoops(maps[1]),
         out = getLoops(maps[2]);
    if (failed(dims) || !lhs || !rhs || !out ||
        dims->batch.size() + dims->m.size() + dims->n.size() !=
            op.getNumParallelLoops() ||
        dims->k.size() != op.getNumReductionLoops())
      return failure();
    // The result: batching dimensions, the rest of lhs, the rest of rhs.
    SmallVector<unsigned> loops(dims->batch.begin(), dims->batch.end());
    for (auto [operand, own] :
         {std::pair(&*lhs, &dims->m), std::pair(&*rhs, &dims->n)})
      for (unsigned loop : *operand)
        if (llvm::is_contained(*own, loop))
          loops.push_back(loop);
    SmallVector<int64_t> shape, sizes = op.getStaticLoopRanges();
    for (unsigned loop : loops)
      shape.push_back(sizes[loop]);
    auto numbers = stablehlo::DotDimensionNumbersAttr::get(
        op.getContext(), getPositions(dims->batch, *lhs),
        getPositions(dims->batch, *rhs), getPositions(dims->k, *lhs),
        getPositions(dims->k, *rhs));
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    Value dot = stablehlo::DotGeneralOp::create(
        rewriter, op.getLoc(), type.clone(shape), op->getOperand(0),
        op->getOperand(1), numbers, /*precision_config=*/nullptr,
        /*algorithm=*/nullptr);
    replaceSite(rewriter, op, dot, loops, *out);
    return success();
  }
};

struct ConvolutionPattern : OpInterfaceRewritePattern<linalg::LinalgOp> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;

  LogicalResult matchAndRewrite(linalg::LinalgOp op,
                                PatternRewriter &rewriter) const override;
};

/// The loops of a convolution, in the order of the window's dimensions.
struct Convolution {
  unsigned batch;
  std::optional<unsigned> group, channel, feature;
  SmallVector<unsigned> spatial, window;
  SmallVector<int64_t> strides, dilations;
  /// The loop of each operand's dimensions; that of the result where it moves
  /// with a window.
  SmallVector<unsigned> input, kernel, output;
};

} // namespace

/// The only element, or nothing where there is none; false where there are
/// more.
static bool readOnly(ArrayRef<unsigned> loops, std::optional<unsigned> &loop) {
  if (!loops.empty())
    loop = loops.front();
  return loops.size() <= 1;
}

static std::optional<Convolution> readConvolution(linalg::LinalgOp op) {
  FailureOr<linalg::ConvolutionDimensions> dims =
      linalg::inferConvolutionDims(op);
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  auto kernel = getLoops(maps[1]), output = getLoops(maps[2]);
  Convolution result;
  if (failed(dims) || dims->batch.size() != 1 || !kernel || !output ||
      !readOnly(dims->depth, result.group) ||
      !readOnly(dims->inputChannel, result.channel) ||
      !readOnly(dims->outputChannel, result.feature))
    return std::nullopt;
  result.batch = dims->batch[0];
  result.kernel = *kernel;
  result.output = *output;
  for (AffineExpr expr : maps[0].getResults()) {
    if (auto loop = dyn_cast<AffineDimExpr>(expr);
        loop && !llvm::is_contained(dims->outputImage, loop.getPosition())) {
      result.input.push_back(loop.getPosition());
      continue;
    }
    auto find = [&](ArrayRef<unsigned> loops) -> std::optional<size_t> {
      for (auto [i, loop] : llvm::enumerate(loops))
        if (expr.isFunctionOfDim(loop))
          return i;
      return std::nullopt;
    };
    std::optional<size_t> image = find(dims->outputImage);
    std::optional<size_t> window = find(dims->filterLoop);
    if (!image || !window)
      return std::nullopt;
    result.spatial.push_back(dims->outputImage[*image]);
    result.window.push_back(dims->filterLoop[*window]);
    result.strides.push_back(dims->strides[*image]);
    result.dilations.push_back(dims->dilations[*window]);
    result.input.push_back(result.spatial.back());
  }
  unsigned numLoops = 1 + 2 * result.spatial.size() + result.group.has_value() +
                      result.channel.has_value() + result.feature.has_value();
  if (numLoops != op.getNumLoops())
    return std::nullopt;
  return result;
}

/// Brings an operand's dimensions into the given order and merges the last
/// ones, of which there may be none, into one.
static Value createMerged(OpBuilder &builder, Location loc, Value value,
                          ArrayRef<unsigned> loops, ArrayRef<unsigned> order,
                          size_t numKept, bool mergesNone) {
  value = createReordered(builder, loc, value, loops, order);
  ArrayRef<int64_t> shape = cast<RankedTensorType>(value.getType()).getShape();
  SmallVector<int64_t> merged(shape.take_front(numKept));
  if (mergesNone)
    merged.push_back(1);
  merged.push_back(ShapedType::getNumElements(shape.drop_front(numKept)));
  return createReshape(builder, loc, value, merged);
}

LogicalResult
ConvolutionPattern::matchAndRewrite(linalg::LinalgOp op,
                                    PatternRewriter &rewriter) const {
  if (!isFloatSite(op))
    return failure();
  std::optional<Convolution> read = readConvolution(op);
  if (!read)
    return failure();
  const Convolution &conv = *read;
  Location loc = op.getLoc();
  MLIRContext *context = op.getContext();
  Value input = op->getOperand(0), kernel = op->getOperand(1);
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  auto create = [&](Value input, Value kernel, ArrayRef<int64_t> shape,
                    stablehlo::ConvDimensionNumbersAttr numbers,
                    int64_t groups) -> Value {
    return stablehlo::ConvolutionOp::create(
        rewriter, loc, type.clone(shape), input, kernel,
        rewriter.getDenseI64ArrayAttr(conv.strides), /*padding=*/nullptr,
        /*lhs_dilation=*/nullptr, rewriter.getDenseI64ArrayAttr(conv.dilations),
        /*window_reversal=*/nullptr, numbers,
        rewriter.getI64IntegerAttr(groups), rewriter.getI64IntegerAttr(1),
        /*precision_config=*/nullptr);
  };

  if (!conv.group && conv.channel && conv.feature) {
    // Any order of dimensions has its numbers.
    auto at = [](ArrayRef<unsigned> loops, unsigned loop) {
      return getPositions(loop, loops).front();
    };
    auto numbers = stablehlo::ConvDimensionNumbersAttr::get(
        context, at(conv.input, conv.batch), at(conv.input, *conv.channel),
        getPositions(conv.spatial, conv.input), at(conv.kernel, *conv.channel),
        at(conv.kernel, *conv.feature), getPositions(conv.window, conv.kernel),
        at(conv.output, conv.batch), at(conv.output, *conv.feature),
        getPositions(conv.spatial, conv.output));
    Value result = create(input, kernel, type.getShape(), numbers, 1);
    replaceSite(rewriter, op, result, conv.output, conv.output);
    return success();
  }
  if (!conv.group)
    return failure();

  // Groups are no dimension there, but the outer part of the channels.
  auto join = [](ArrayRef<unsigned> first,
                 std::initializer_list<std::optional<unsigned>> rest) {
    SmallVector<unsigned> order(first);
    for (std::optional<unsigned> loop : rest)
      if (loop)
        order.push_back(*loop);
    return order;
  };
  int64_t rank = conv.spatial.size();
  SmallVector<unsigned> image = {conv.batch};
  llvm::append_range(image, conv.spatial);
  SmallVector<unsigned> output = join(image, {conv.group, conv.feature});
  input = createMerged(rewriter, loc, input, conv.input,
                       join(image, {conv.group, conv.channel}), rank + 1,
                       /*mergesNone=*/false);
  kernel =
      createMerged(rewriter, loc, kernel, conv.kernel,
                   join(conv.window, {conv.channel, conv.group, conv.feature}),
                   rank + conv.channel.has_value(), !conv.channel);
  SmallVector<int64_t> sizes = op.getStaticLoopRanges(), shape, merged;
  for (unsigned loop : output)
    shape.push_back(sizes[loop]);
  merged.assign(shape.begin(), shape.begin() + rank + 1);
  merged.push_back(
      ShapedType::getNumElements(ArrayRef(shape).drop_front(rank + 1)));
  auto spatial = llvm::to_vector(llvm::seq<int64_t>(1, rank + 1));
  auto window = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  auto numbers = stablehlo::ConvDimensionNumbersAttr::get(
      context, 0, rank + 1, spatial, rank, rank + 1, window, 0, rank + 1,
      spatial);
  Value result = create(input, kernel, merged, numbers, sizes[*conv.group]);
  replaceSite(rewriter, op, createReshape(rewriter, loc, result, shape), output,
              conv.output);
  return success();
}

void quantc::stablehlo_export::populateExportContractionPatterns(
    RewritePatternSet &patterns) {
  patterns.add<ContractionPattern, ConvolutionPattern>(patterns.getContext(),
                                                       /*benefit=*/2);
}
