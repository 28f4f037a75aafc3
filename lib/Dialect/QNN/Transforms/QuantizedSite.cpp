//===- QuantizedSite.cpp - sites on dequantized operands ------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BlockedSite.h"
#include "LinalgBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/Remarks.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace quantc::qnn;

//===----------------------------------------------------------------------===//
// Matching
//===----------------------------------------------------------------------===//

static FailureOr<QuantizedOperand> matchOperand(linalg::LinalgOp op,
                                                const SiteIndexing &indexing,
                                                unsigned number,
                                                std::string &reason) {
  QuantizedOperand operand;
  Value value = op->getOperand(number);
  if (auto pad = value.getDefiningOp<tensor::PadOp>()) {
    Value padding = pad.getConstantPaddingValue();
    if (padding && matchPattern(padding, m_AnyZeroFloat())) {
      operand.pad = pad;
      value = pad.getSource();
    }
  }
  auto dequantize = value.getDefiningOp<DequantizeOp>();
  if (!dequantize)
    return failure();
  operand.storage = dequantize.getInput();
  operand.scale = dequantize.getScale();
  operand.zeroPoint = dequantize.getZeroPoint();
  llvm::append_range(operand.axes, dequantize.getAxes());

  operand.blocks.assign(operand.axes.size(), 1);
  if (!dequantize.getBlocks().empty())
    operand.blocks.assign(dequantize.getBlocks().begin(),
                          dequantize.getBlocks().end());
  for (auto [axis, block] : llvm::zip_equal(operand.axes, operand.blocks)) {
    std::optional<unsigned> loop = indexing.getLoop(number, axis);
    // A scale for each product does not factor out of any sum.
    bool varies = !operand.hasScalarScale() && loop &&
                  indexing.isReduction(*loop) && block == 1 &&
                  indexing.getLoopSizes()[*loop] > 1;
    if (!loop || varies) {
      reason = llvm::formatv("the parameters of operand {0} vary along "
                             "dimension {1}, which is summed over",
                             number, axis);
      return failure();
    }
    operand.loops.push_back(*loop);
  }
  if (!operand.pad)
    return operand;
  for (int64_t axis : operand.axes) {
    if (!isZeroInteger(operand.pad.getMixedLowPad()[axis]) ||
        !isZeroInteger(operand.pad.getMixedHighPad()[axis])) {
      reason = llvm::formatv("operand {0} is padded along dimension {1}, along "
                             "which its parameters vary",
                             number, axis);
      return failure();
    }
  }
  return operand;
}

FailureOr<QuantizedSite> quantc::qnn::matchQuantizedSite(linalg::LinalgOp op,
                                                         std::string &reason) {
  if (!isSite(op))
    return failure();
  QuantizedSite site{op, SiteIndexing(op), {}};
  unsigned numQuantized = 0;
  for (unsigned number : {0, 1}) {
    FailureOr<QuantizedOperand> operand =
        matchOperand(op, site.indexing, number, reason);
    if (succeeded(operand)) {
      site.operands[number] = *operand;
      ++numQuantized;
    }
  }
  if (!reason.empty() || numQuantized == 0)
    return failure();
  if (numQuantized == 1) {
    reason = "only one operand is quantized";
    return failure();
  }
  if (!getElementTypeOrSelf(op->getResult(0).getType()).isF32()) {
    reason = llvm::formatv("the result has element type {0}",
                           getElementTypeOrSelf(op->getResult(0).getType()));
    return failure();
  }
  Type lhs = site.operands[0].getStorageType();
  Type rhs = site.operands[1].getStorageType();
  for (Type storage : {lhs, rhs}) {
    if (!isa<IntegerType>(storage) || storage.getIntOrFloatBitWidth() > 16) {
      reason = llvm::formatv("no integer contraction of {0} and {1}", lhs, rhs);
      return failure();
    }
  }
  if (!site.indexing.getReductionSize()) {
    reason = "the number of products is not known at compile time";
    return failure();
  }
  AffineMap result = site.indexing.getMap(2);
  for (unsigned loop = 0; loop < site.indexing.getNumLoops(); ++loop)
    if (!site.indexing.isReduction(loop) && !result.isFunctionOfDim(loop))
      reason = llvm::formatv("the result does not follow loop {0}", loop);
  if (!reason.empty())
    return failure();
  if (!result.isProjectedPermutation()) {
    reason = "the result is not indexed by loops alone";
    return failure();
  }
  return site;
}

//===----------------------------------------------------------------------===//
// The integer form
//===----------------------------------------------------------------------===//

/// Zero padding of a dequantized tensor, on its storage: pads with the zero
/// point, whose value is exactly zero.
static Value createStoragePad(OpBuilder &builder, tensor::PadOp pad,
                              Value storage, Value zeroPoint,
                              ArrayRef<int64_t> axes) {
  Location loc = pad.getLoc();
  Type elementType = getElementTypeOrSelf(storage.getType());
  auto padded = cast<RankedTensorType>(pad.getType()).clone(elementType);
  auto result =
      tensor::PadOp::create(builder, loc, padded, storage, pad.getMixedLowPad(),
                            pad.getMixedHighPad(), pad.getNofold());
  OpBuilder::InsertionGuard guard(builder);
  SmallVector<Type> types(padded.getRank(), builder.getIndexType());
  SmallVector<Location> locations(padded.getRank(), loc);
  Block *body = builder.createBlock(&result.getRegion(), {}, types, locations);
  Value value;
  DenseIntElementsAttr constant;
  if (!zeroPoint) {
    value = arith::ConstantOp::create(builder, loc,
                                      builder.getZeroAttr(elementType));
  } else if (matchPattern(zeroPoint, m_Constant(&constant)) &&
             constant.isSplat()) {
    value = arith::ConstantOp::create(
        builder, loc, cast<TypedAttr>(constant.getSplatValue<Attribute>()));
  } else {
    SmallVector<Value> indices;
    if (cast<RankedTensorType>(zeroPoint.getType()).getRank() != 0)
      for (int64_t axis : axes)
        indices.push_back(body->getArgument(axis));
    value = tensor::ExtractOp::create(builder, loc, zeroPoint, indices);
  }
  tensor::YieldOp::create(builder, loc, value);
  return result;
}

std::array<Value, 2>
quantc::qnn::createStorageOperands(OpBuilder &builder,
                                   const QuantizedSite &site) {
  std::array<Value, 2> storage;
  for (auto [value, operand] : llvm::zip_equal(storage, site.operands)) {
    value = toSignless(builder, operand.storage);
    if (!operand.pad)
      continue;
    Value zeroPoint = operand.zeroPoint;
    if (zeroPoint)
      zeroPoint = toSignless(builder, zeroPoint);
    value =
        createStoragePad(builder, operand.pad, value, zeroPoint, operand.axes);
  }
  return storage;
}

namespace {

/// A scale of the result: a factor for each index of the dimensions `axes`.
struct ResultScale {
  Value scale;
  SmallVector<int64_t> axes;
};

} // namespace

/// The scale of one operand as a scale of the result, times `factor` where that
/// is not null (a scale per tensor).
static ResultScale createResultScale(OpBuilder &builder,
                                     const QuantizedSite &site,
                                     const QuantizedOperand &operand,
                                     Value factor) {
  ResultScale result;
  for (unsigned loop : operand.getScaleLoops())
    result.axes.push_back(site.indexing.getResultDim(loop));
  llvm::sort(result.axes);
  Value scale = operand.scale;
  Location loc = scale.getLoc();

  // Dimension i of the scale runs along the result dimension of its loop, and
  // thus becomes dimension position(axis) of the result's scale.
  SmallVector<OpFoldResult> operandSizes =
      tensor::getMixedSizes(builder, loc, scale);
  SmallVector<OpFoldResult> sizes(operandSizes.size());
  SmallVector<int64_t> positions;
  for (auto [i, loop] : llvm::enumerate(operand.getScaleLoops())) {
    int64_t position =
        llvm::find(result.axes, site.indexing.getResultDim(loop)) -
        result.axes.begin();
    positions.push_back(position);
    sizes[position] = operandSizes[i];
  }
  if (!factor && llvm::is_sorted(positions)) {
    result.scale = scale;
    return result;
  }
  MLIRContext *context = builder.getContext();
  SmallVector<Value> inputs = {scale};
  SmallVector<AffineMap> maps = {
      getParameterMap(context, sizes.size(), positions)};
  if (factor) {
    inputs.push_back(factor);
    maps.push_back(getParameterMap(context, sizes.size(), {}));
  }
  result.scale = createFoldedElementwise(
      builder, loc, sizes, builder.getF32Type(), inputs, maps,
      [](OpBuilder &body, Location loc, ValueRange args) -> Value {
        if (args.size() == 1)
          return args[0];
        return arith::MulFOp::create(body, loc, args[1], args[0]);
      });
  return result;
}

/// a + b, element by element.
static Value createSum(OpBuilder &builder, Location loc, Value a, Value b) {
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, a);
  AffineMap identity = builder.getMultiDimIdentityMap(sizes.size());
  return createElementwise(
             builder, loc, sizes, builder.getF32Type(), {a, b},
             {identity, identity},
             [](OpBuilder &body, Location loc, ValueRange args) -> Value {
               return arith::AddFOp::create(body, loc, args[0], args[1]);
             })
      .getResult(0);
}

/// y = acc * (sA * sB) where A's scale is per tensor, else (acc * sB) * sA.
static Value createDequantize(OpBuilder &builder, const QuantizedSite &site,
                              Value accumulator) {
  linalg::LinalgOp op = site.op;
  Location loc = op.getLoc();
  const auto &[lhs, rhs] = site.operands;
  ResultScale scale = createResultScale(
      builder, site, rhs, lhs.hasScalarScale() ? lhs.scale : Value());
  auto resultType = cast<RankedTensorType>(op->getResult(0).getType());
  Value result = DequantizeOp::create(builder, loc, resultType, accumulator,
                                      scale.scale, /*zero_point=*/Value(),
                                      scale.axes, ArrayRef<int64_t>{});
  if (lhs.hasScalarScale())
    return result;
  ResultScale rows = createResultScale(builder, site, lhs, Value());
  int64_t rank = resultType.getRank();
  return createElementwise(
             builder, loc, tensor::getMixedSizes(builder, loc, result),
             builder.getF32Type(), {result, rows.scale},
             {builder.getMultiDimIdentityMap(rank),
              getParameterMap(builder.getContext(), rank, rows.axes)},
             [](OpBuilder &body, Location loc, ValueRange args) -> Value {
               return arith::MulFOp::create(body, loc, args[0], args[1]);
             })
      .getResult(0);
}

linalg::LinalgOp quantc::qnn::lowerSite(RewriterBase &rewriter,
                                        const AccumulatedSite &accumulated,
                                        CorrectionBuilder correct) {
  const QuantizedSite &site = accumulated.site, &chunked = accumulated.chunked;
  linalg::LinalgOp op = site.op, chunkedOp = chunked.op;
  Location loc = op.getLoc();
  rewriter.setInsertionPoint(op);
  std::array<Value, 2> storage = createStorageOperands(rewriter, chunked);
  Value zeros = createZeros(
      rewriter, loc,
      tensor::getMixedSizes(rewriter, loc, chunkedOp.getDpsInits()[0]),
      accumulated.bound.type);
  linalg::LinalgOp integer = cloneSite(
      rewriter, chunkedOp, storage[0], storage[1], zeros,
      {chunked.operands[0].isUnsigned(), chunked.operands[1].isUnsigned()});
  Value accumulator = correct(rewriter, storage, integer->getResult(0));
  if (accumulated.chunkDims != 0)
    accumulator =
        createWideSum(rewriter, loc, accumulator, accumulated.chunkDims);
  Value result = createDequantize(rewriter, site, accumulator);
  Value floatInit = op.getDpsInits()[0];
  if (!isZeroFilled(floatInit))
    result = createSum(rewriter, loc, floatInit, result);
  rewriter.replaceOp(op, result);
  return integer;
}

//===----------------------------------------------------------------------===//
// The passes' common part
//===----------------------------------------------------------------------===//

/// Matches `op` again, which was made from a site that matched.
static QuantizedSite rematch(linalg::LinalgOp op) {
  std::string reason;
  FailureOr<QuantizedSite> site = matchQuantizedSite(op, reason);
  assert(succeeded(site) && "expected a cut site to be a site");
  return *site;
}

/// Cuts the loops along which a scale varies until none is left, and adds the
/// parts up. Returns the site that makes the parts.
static FailureOr<QuantizedSite> cutScaleBlocks(RewriterBase &rewriter,
                                               QuantizedSite site,
                                               std::string &reason) {
  SmallVector<std::pair<unsigned, int64_t>> blocks = getScaleBlocks(site);
  for (auto [loop, size] : blocks) {
    if (canCut(site, loop))
      continue;
    reason = llvm::formatv("parameters vary in blocks along loop {0}, which "
                           "slides over an operand or its padding",
                           loop);
    return failure();
  }
  linalg::LinalgOp original = site.op;
  Location loc = original.getLoc();
  Value floatInit = original.getDpsInits()[0];
  rewriter.setInsertionPoint(original);
  // The last loop first: the blocks of the first loop are outermost.
  for (size_t i = blocks.size(); i-- > 0;) {
    auto [loop, size] = getScaleBlocks(site).back();
    for (QuantizedOperand &operand : site.operands)
      if (operand.hasScalarScale())
        repeatParameters(rewriter, operand);
    linalg::LinalgOp cut = createCutSite(rewriter, site, loop, size);
    linalg::LinalgOp previous = site.op;
    if (previous != original)
      rewriter.eraseOp(previous);
    site = rematch(cut);
  }
  Value sum =
      createOrderedSum(rewriter, loc, site.op->getResult(0), blocks.size());
  if (!isZeroFilled(floatInit))
    sum = createSum(rewriter, loc, floatInit, sum);
  rewriter.replaceOp(original, sum);
  return site;
}

/// Cuts reduction loops, the largest first, until the sums of what is left of
/// them fit. Fails where no loop can be cut.
static FailureOr<AccumulatedSite> cutIntoChunks(RewriterBase &rewriter,
                                                const QuantizedSite &site) {
  AccumulatedSite result{site, site, 0, boundAccumulator(site)};
  while (!result.bound.type) {
    QuantizedSite &chunked = result.chunked;
    ArrayRef<int64_t> sizes = chunked.indexing.getLoopSizes();
    std::optional<unsigned> largest;
    for (unsigned loop = 0; loop < sizes.size(); ++loop)
      if (chunked.indexing.isReduction(loop) && sizes[loop] > 1 &&
          (!largest || sizes[loop] > sizes[*largest]) && canCut(chunked, loop))
        largest = loop;
    if (!largest)
      return failure();
    int64_t size = sizes[*largest];
    int64_t others = *chunked.indexing.getReductionSize() / size;
    int64_t limit = std::max<int64_t>(1, getSafeProductCount(chunked) / others);
    // Chunks of about the same size need the least padding.
    int64_t chunk = llvm::divideCeilSigned(
        size, llvm::divideCeilSigned(size, std::min(limit, size)));
    linalg::LinalgOp cut = createCutSite(rewriter, chunked, *largest, chunk);
    if (result.chunkDims++ != 0)
      rewriter.eraseOp(chunked.op);
    chunked = rematch(cut);
    for (QuantizedOperand &operand : chunked.operands)
      repeatParameters(rewriter, operand);
    result.bound = boundAccumulator(chunked);
  }
  return result;
}

namespace {

/// Lowers one site after the other.
class SiteLowering {
public:
  SiteLowering(MLIRContext *context, StringRef passName,
               OverflowAction overflow)
      : rewriter(context), passName(passName), overflow(overflow) {}

  void keepFloat(linalg::LinalgOp op, StringRef reason);

  /// The site that stands for `site` in integers; fails after an error or with
  /// a reason to keep it in float.
  FailureOr<AccumulatedSite> prepare(const QuantizedSite &site,
                                     std::string &reason);

  IRRewriter rewriter;

private:
  StringRef passName;
  OverflowAction overflow;
};

} // namespace

void SiteLowering::keepFloat(linalg::LinalgOp op, StringRef reason) {
  op->setDiscardableAttr(kFloatReasonAttrName, rewriter.getStringAttr(reason));
  remark::missed(op.getLoc(),
                 remark::RemarkOpts::name("StaysFloat").category(passName))
      << remark::metric("site", getSiteName(op).str())
      << remark::reason("{0}", reason.str());
}

FailureOr<AccumulatedSite> SiteLowering::prepare(const QuantizedSite &matched,
                                                 std::string &reason) {
  QuantizedSite site = matched;
  if (!getScaleBlocks(site).empty()) {
    FailureOr<QuantizedSite> cut = cutScaleBlocks(rewriter, site, reason);
    if (failed(cut))
      return failure();
    site = *cut;
  }
  rewriter.setInsertionPoint(site.op);
  for (QuantizedOperand &operand : site.operands)
    repeatParameters(rewriter, operand);
  linalg::LinalgOp op = site.op;
  AccumulatorBound bound = boundAccumulator(site);
  FailureOr<AccumulatedSite> result = AccumulatedSite{site, site, 0, bound};
  if (!bound.type) {
    result = failure();
    if (overflow == OverflowAction::Split)
      result = cutIntoChunks(rewriter, site);
  }
  if (failed(result))
    return op.emitOpError()
           << "expected sums below 2^31 in magnitude, but K = "
           << *site.indexing.getReductionSize() << " products of "
           << site.operands[0].getStorageType() << " and "
           << site.operands[1].getStorageType() << " can reach " << bound.bound;
  remark::passed(op.getLoc(),
                 remark::RemarkOpts::name("Lowered").category(passName))
      << remark::metric("site", getSiteName(op).str())
      << remark::metric("accumulatorBound",
                        std::to_string(result->bound.bound));
  return result;
}

LogicalResult quantc::qnn::lowerSites(
    Operation *root, StringRef passName, OverflowAction overflow,
    llvm::function_ref<bool(const QuantizedSite &)> select,
    llvm::function_ref<void(RewriterBase &, const AccumulatedSite &)> lower) {
  SmallVector<linalg::LinalgOp> candidates;
  root->walk([&](linalg::LinalgOp op) { candidates.push_back(op); });
  SiteLowering lowering(root->getContext(), passName, overflow);
  bool hasError = false;
  for (linalg::LinalgOp op : candidates) {
    std::string reason;
    FailureOr<QuantizedSite> site = matchQuantizedSite(op, reason);
    if (succeeded(site) && !select(*site))
      continue;
    FailureOr<AccumulatedSite> accumulated = failure();
    if (succeeded(site)) {
      if (site->indexing.getReductionSize() == 0 &&
          !getScaleBlocks(*site).empty()) {
        // No blocks, no parts, no sum.
        lowering.rewriter.replaceOp(op, op.getDpsInits()[0]);
        continue;
      }
      accumulated = lowering.prepare(*site, reason);
      hasError |= failed(accumulated) && reason.empty();
    }
    if (!reason.empty())
      lowering.keepFloat(op, reason);
    if (succeeded(accumulated))
      lower(lowering.rewriter, *accumulated);
  }
  return failure(hasError);
}
