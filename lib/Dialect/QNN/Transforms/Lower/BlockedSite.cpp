//===- BlockedSite.cpp - sums cut into blocks -----------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BlockedSite.h"
#include "BlockedTensor.h"
#include "Site/LinalgBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/Support/MathExtras.h"
#include <numeric>

using namespace mlir;
using namespace quantc;
using namespace quantc::qnn;

//===----------------------------------------------------------------------===//
// What to cut
//===----------------------------------------------------------------------===//

SmallVector<std::pair<unsigned, int64_t>>
quantc::qnn::getScaleBlocks(const QuantizedSite &site) {
  SmallVector<std::pair<unsigned, int64_t>> result;
  for (unsigned loop = 0; loop < site.indexing.getNumLoops(); ++loop) {
    if (!site.indexing.isReduction(loop))
      continue;
    int64_t size = 0, loopSize = site.indexing.getLoopSizes()[loop];
    bool hasAxis = false;
    for (const QuantizedOperand &operand : site.operands) {
      for (auto [i, scaleLoop] : llvm::enumerate(operand.getScaleLoops())) {
        if (scaleLoop != loop)
          continue;
        hasAxis = true;
        // One block for all does not vary.
        if (operand.blocks[i] < loopSize)
          size = std::gcd(size, operand.blocks[i]);
      }
    }
    if (hasAxis)
      result.push_back({loop, size == 0 ? loopSize : size});
  }
  return result;
}

bool quantc::qnn::canCut(const QuantizedSite &site, unsigned loop) {
  for (unsigned number : {0, 1}) {
    tensor::PadOp pad = site.operands[number].pad;
    AffineMap map = site.indexing.getMap(number);
    unsigned count = 0;
    for (auto [dim, expr] : llvm::enumerate(map.getResults())) {
      if (!expr.isFunctionOfDim(loop))
        continue;
      if (!isa<AffineDimExpr>(expr) || ++count > 1)
        return false;
      if (pad && (!isZeroInteger(pad.getMixedLowPad()[dim]) ||
                  !isZeroInteger(pad.getMixedHighPad()[dim])))
        return false;
    }
  }
  return true;
}

//===----------------------------------------------------------------------===//
// The cut site
//===----------------------------------------------------------------------===//

namespace {

/// Cuts one operand along the dimension that follows a loop.
class OperandCutter {
public:
  OperandCutter(OpBuilder &builder, const QuantizedOperand &operand,
                int64_t dim, int64_t loopSize, int64_t size)
      : builder(builder), loc(operand.storage.getLoc()), operand(operand),
        dim(dim), size(size), count(llvm::divideCeilSigned(loopSize, size)),
        padding(count * size - loopSize) {}

  /// The operand in float. `exact`: what is padded has the value zero, not just
  /// the storage.
  Value create(bool exact);

private:
  void coverPadding();
  void cutParameters();
  Value cutStorage(bool exact);
  Value dequantize(Value storage);

  OpBuilder &builder;
  Location loc;
  QuantizedOperand operand;
  int64_t dim, size, count, padding;
  SmallVector<int64_t> axes, blocks;
};

} // namespace

/// Position in `operand.axes` of the dimension, if parameters follow it.
static std::optional<unsigned> findAxis(const QuantizedOperand &operand,
                                        int64_t dim) {
  auto it = llvm::find(operand.axes, dim);
  if (it == operand.axes.end())
    return std::nullopt;
  return it - operand.axes.begin();
}

/// A single block reaches as far as the padding does.
void OperandCutter::coverPadding() {
  std::optional<unsigned> axis = findAxis(operand, dim);
  if (axis && operand.blocks[*axis] >= count * size - padding)
    operand.blocks[*axis] = count * size;
}

void OperandCutter::cutParameters() {
  std::optional<unsigned> axis = findAxis(operand, dim);
  // Zero points alone, one for each index: they are cut as the storage is.
  bool cutZeroPoint = axis && operand.hasScalarScale();
  if (cutZeroPoint)
    operand.zeroPoint =
        expandDim(builder, padDim(builder, operand.zeroPoint, *axis, padding),
                  *axis, {count, size});
  for (auto [i, old] : llvm::enumerate(operand.axes)) {
    bool isCut = axis == unsigned(i);
    axes.push_back(old > dim ? old + 1 : old);
    blocks.push_back(isCut && !cutZeroPoint ? operand.blocks[i] / size
                                            : operand.blocks[i]);
    if (isCut && cutZeroPoint) {
      axes.push_back(dim + 1);
      blocks.push_back(1);
    }
  }
}

Value OperandCutter::cutStorage(bool exact) {
  // Storage of zero has the value zero unless there is a zero point; zero
  // points along the dimension itself are padded with zero, too.
  std::optional<unsigned> axis = findAxis(operand, dim);
  bool hasOwnZeroPoints = axis && operand.hasScalarScale() && operand.zeroPoint;
  Value storage = operand.storage;
  if (padding != 0 && exact && operand.zeroPoint && !hasOwnZeroPoints)
    storage =
        padDimWithParameter(builder, storage, dim, padding, operand.zeroPoint,
                            operand.axes, operand.blocks);
  else
    storage = padDim(builder, storage, dim, padding);
  return expandDim(builder, storage, dim, {count, size});
}

Value OperandCutter::dequantize(Value storage) {
  auto type = cast<RankedTensorType>(storage.getType());
  Value value = DequantizeOp::create(
      builder, loc, type.clone(builder.getF32Type()), storage, operand.scale,
      operand.zeroPoint, axes, blocks);
  if (!operand.pad)
    return value;
  SmallVector<OpFoldResult> low = operand.pad.getMixedLowPad(),
                            high = operand.pad.getMixedHighPad();
  low.insert(low.begin() + dim, builder.getIndexAttr(0));
  high.insert(high.begin() + dim, builder.getIndexAttr(0));
  SmallVector<int64_t> shape(operand.pad.getResultType().getShape());
  shape[dim] = size;
  shape.insert(shape.begin() + dim, count);
  Value zero = arith::ConstantOp::create(
      builder, loc, builder.getZeroAttr(builder.getF32Type()));
  return tensor::PadOp::create(
      builder, loc, RankedTensorType::get(shape, builder.getF32Type()), value,
      low, high, zero, operand.pad.getNofold());
}

Value OperandCutter::create(bool exact) {
  coverPadding();
  Value storage = cutStorage(exact);
  cutParameters();
  return dequantize(storage);
}

/// The dimension of an operand that follows the loop.
static std::optional<int64_t> findDim(const QuantizedSite &site,
                                      unsigned number, unsigned loop) {
  AffineMap map = site.indexing.getMap(number);
  for (int64_t dim = 0, e = map.getNumResults(); dim < e; ++dim)
    if (site.indexing.getLoop(number, dim) == loop)
      return dim;
  return std::nullopt;
}

/// Loop i becomes loop i + 1, and `cut` the pair (0, cut + 1).
static AffineMap cutMap(AffineMap map, unsigned cut) {
  MLIRContext *context = map.getContext();
  SmallVector<AffineExpr> shifted, results;
  for (unsigned loop = 0; loop < map.getNumDims(); ++loop)
    shifted.push_back(getAffineDimExpr(loop + 1, context));
  for (AffineExpr expr : map.getResults()) {
    if (expr == getAffineDimExpr(cut, context))
      results.push_back(getAffineDimExpr(0, context));
    results.push_back(expr.replaceDims(shifted));
  }
  return AffineMap::get(map.getNumDims() + 1, 0, results, context);
}

linalg::LinalgOp quantc::qnn::createCutSite(RewriterBase &rewriter,
                                            const QuantizedSite &site,
                                            unsigned loop, int64_t size) {
  linalg::LinalgOp op = site.op;
  Location loc = op.getLoc();
  rewriter.setInsertionPoint(op);
  int64_t loopSize = site.indexing.getLoopSizes()[loop];

  // One factor of each padded product is exactly zero. A constant is padded
  // here and now if its storage is zero; the other one then takes its zero
  // points.
  std::array<std::optional<int64_t>, 2> dims = {findDim(site, 0, loop),
                                                findDim(site, 1, loop)};
  unsigned exact = dims[0] ? 0 : 1;
  if (dims[0] && dims[1] && isConstantTensor(site.operands[0].storage))
    exact = 1;
  SmallVector<Value> inputs;
  for (unsigned number : {0, 1}) {
    if (dims[number])
      inputs.push_back(OperandCutter(rewriter, site.operands[number],
                                     *dims[number], loopSize, size)
                           .create(number == exact));
    else
      inputs.push_back(op->getOperand(number));
  }

  SmallVector<AffineMap> maps;
  for (unsigned number : {0, 1})
    maps.push_back(cutMap(site.indexing.getMap(number), loop));
  AffineMap resultMap = cutMap(site.indexing.getMap(2), loop);
  maps.push_back(resultMap.insertResult(rewriter.getAffineDimExpr(0), 0));
  SmallVector<utils::IteratorType> iterators = {utils::IteratorType::parallel};
  llvm::append_range(iterators, op.getIteratorTypesArray());
  SmallVector<OpFoldResult> sizes = {
      rewriter.getIndexAttr(llvm::divideCeilSigned(loopSize, size))};
  llvm::append_range(sizes,
                     tensor::getMixedSizes(rewriter, loc, op.getDpsInits()[0]));
  Value init = createZeros(rewriter, loc, sizes, rewriter.getF32Type());
  return linalg::GenericOp::create(
      rewriter, loc, init.getType(), inputs, init, maps, iterators,
      [](OpBuilder &body, Location loc, ValueRange args) {
        Value product = arith::MulFOp::create(body, loc, args[0], args[1]);
        Value sum = arith::AddFOp::create(body, loc, args[2], product);
        linalg::YieldOp::create(body, loc, sum);
      },
      llvm::to_vector(op->getDiscardableAttrs()));
}

void quantc::qnn::repeatParameters(OpBuilder &builder,
                                   QuantizedOperand &operand) {
  Location loc = operand.storage.getLoc();
  for (auto [i, axis] : llvm::enumerate(operand.axes)) {
    int64_t block = operand.blocks[i];
    if (block == 1)
      continue;
    OpFoldResult size =
        tensor::getMixedSize(builder, loc, operand.storage, axis);
    if (!operand.hasScalarScale())
      operand.scale = repeatDim(builder, operand.scale, i, block, size);
    if (operand.zeroPoint && !operand.hasScalarZeroPoint())
      operand.zeroPoint = repeatDim(builder, operand.zeroPoint, i, block, size);
    operand.blocks[i] = 1;
  }
}

//===----------------------------------------------------------------------===//
// Sums over blocks
//===----------------------------------------------------------------------===//

/// `parts` with its first `numDims` dimensions as one.
static Value collapseFront(OpBuilder &builder, Location loc, Value parts,
                           int64_t numDims) {
  if (numDims == 1)
    return parts;
  int64_t rank = cast<RankedTensorType>(parts.getType()).getRank();
  SmallVector<ReassociationIndices> groups(1);
  for (int64_t dim = 0; dim < rank; ++dim) {
    if (dim >= numDims)
      groups.emplace_back();
    groups.back().push_back(dim);
  }
  return tensor::CollapseShapeOp::create(builder, loc, parts, groups);
}

Value quantc::qnn::createOrderedSum(OpBuilder &builder, Location loc,
                                    Value parts, int64_t numDims) {
  parts = collapseFront(builder, loc, parts, numDims);
  auto type = cast<RankedTensorType>(parts.getType());
  int64_t count = type.getDimSize(0);
  auto partType = RankedTensorType::get(type.getShape().drop_front(),
                                        type.getElementType());
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, parts);
  sizes[0] = builder.getIndexAttr(1);
  SmallVector<OpFoldResult> strides(type.getRank(), builder.getIndexAttr(1));
  auto getPart = [&](OpBuilder &builder, OpFoldResult index) -> Value {
    SmallVector<OpFoldResult> offsets(type.getRank(), builder.getIndexAttr(0));
    offsets[0] = index;
    return tensor::ExtractSliceOp::create(builder, loc, partType, parts,
                                          offsets, sizes, strides);
  };
  Value first = getPart(builder, builder.getIndexAttr(0));
  if (count == 1)
    return first;
  Value lower = arith::ConstantIndexOp::create(builder, loc, 1);
  Value upper = arith::ConstantIndexOp::create(builder, loc, count);
  Value step = arith::ConstantIndexOp::create(builder, loc, 1);
  auto loop = scf::ForOp::create(
      builder, loc, lower, upper, step, first,
      [&](OpBuilder &body, Location loc, Value index, ValueRange sums) {
        Value sum = createFloatSum(body, loc, sums[0], getPart(body, index));
        scf::YieldOp::create(body, loc, sum);
      });
  return loop.getResult(0);
}

Value quantc::qnn::createWideSum(OpBuilder &builder, Location loc, Value parts,
                                 int64_t numDims) {
  auto type = cast<RankedTensorType>(parts.getType());
  Type i64 = builder.getI64Type();
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, parts);
  Value zeros = createZeros(
      builder, loc, ArrayRef<OpFoldResult>(sizes).drop_front(numDims), i64);
  SmallVector<utils::IteratorType> iterators(type.getRank(),
                                             utils::IteratorType::parallel);
  std::fill_n(iterators.begin(), numDims, utils::IteratorType::reduction);
  AffineMap identity = builder.getMultiDimIdentityMap(type.getRank());
  AffineMap result =
      identity.dropResults(llvm::to_vector(llvm::seq<int64_t>(numDims)));
  return linalg::GenericOp::create(
             builder, loc, zeros.getType(), parts, zeros,
             ArrayRef<AffineMap>{identity, result}, iterators,
             [&](OpBuilder &body, Location loc, ValueRange args) {
               Value wide =
                   extendInteger(body, loc, args[0], i64, /*isUnsigned=*/false);
               Value sum = arith::AddIOp::create(body, loc, args[1], wide);
               linalg::YieldOp::create(body, loc, sum);
             })
      .getResult(0);
}
