//===- QuantizedSite.cpp - sites on dequantized operands ------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BlockedSite.h"
#include "Site/ConstantEvaluation.h"
#include "Site/LinalgBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace quantc::qnn;

//===----------------------------------------------------------------------===//
// Matching
//===----------------------------------------------------------------------===//

/// Whether all zero points are known to be 0: data may make an asymmetric range
/// symmetric.
static bool isZeroConstant(Value zeroPoint) {
  std::optional<ConstantBytes> constant = evaluate(zeroPoint);
  return constant &&
         llvm::all_of(constant->bytes, [](char byte) { return byte == 0; });
}

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
  if (Value zeroPoint = dequantize.getZeroPoint();
      zeroPoint && !isZeroConstant(zeroPoint))
    operand.zeroPoint = zeroPoint;
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
  if (!isStorageType(lhs) || !isStorageType(rhs)) {
    reason = llvm::formatv("no contraction of {0} and {1}", lhs, rhs);
    return failure();
  }
  if (isa<FloatType>(lhs) != isa<FloatType>(rhs)) {
    reason = llvm::formatv("mixed accumulators: {0} adds up in {1}, {2} in {3}",
                           lhs, isa<FloatType>(lhs) ? "f32" : "integers", rhs,
                           isa<FloatType>(rhs) ? "f32" : "integers");
    return failure();
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
    if (operand.padsWithZero)
      zeroPoint = {};
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
  // A dequantization of its own also where all its scales are 1: a row does not
  // depend on how many rows there are, or on their scales.
  ResultScale rows = createResultScale(builder, site, lhs, Value());
  return DequantizeOp::create(builder, loc, resultType, result, rows.scale,
                              /*zero_point=*/Value(), rows.axes,
                              ArrayRef<int64_t>{});
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
    result = createFloatSum(rewriter, loc, floatInit, result);
  if (accumulated.chunkDims != 0)
    rewriter.eraseOp(chunkedOp);
  rewriter.replaceOp(op, result);
  return integer;
}
