//===- LoopSplit.cpp - one loop of a linalg op as several -----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LoopSplit.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

/// The dimension of an operand with this map that `loop` indexes alone.
static std::optional<int64_t> getDim(AffineMap map, unsigned loop) {
  for (auto [dim, expr] : llvm::enumerate(map.getResults()))
    if (expr == getAffineDimExpr(loop, map.getContext()))
      return dim;
  return std::nullopt;
}

std::string quantc::qnn::findSplitObstacle(linalg::LinalgOp op, unsigned loop) {
  if (!op.hasPureTensorSemantics() || op->getNumResults() != 1 ||
      op.getIteratorTypesArray()[loop] != utils::IteratorType::parallel ||
      ShapedType::isDynamic(op.getStaticLoopRanges()[loop]))
    return "the dimension that was split has no static size";
  if (op.hasIndexSemantics() ||
      !getDim(op.getMatchingIndexingMap(op.getDpsInitOperand(0)), loop))
    return "what was split is not computed element by element";
  for (AffineMap map : op.getIndexingMapsArray())
    if (llvm::count_if(map.getResults(), [&](AffineExpr expr) {
          return expr.isFunctionOfDim(loop);
        }) != (getDim(map, loop) ? 1 : 0))
      return "what was split is computed from windows";
  return "";
}

/// `dim` as `numParts` dimensions, every other one as it is.
static SmallVector<ReassociationIndices> getGroups(int64_t rank, int64_t dim,
                                                   int64_t numParts) {
  SmallVector<ReassociationIndices> groups(rank);
  int64_t next = 0;
  for (int64_t i = 0; i < rank; ++i)
    for (int64_t part = 0; part < (i == dim ? numParts : 1); ++part)
      groups[i].push_back(next++);
  return groups;
}

/// `values` with the one at `index` replaced by several.
template <typename T>
static SmallVector<T> replaceOne(ArrayRef<T> values, int64_t index,
                                 ArrayRef<T> by) {
  SmallVector<T> result(values.take_front(index));
  result.append(by.begin(), by.end());
  result.append(values.begin() + index + 1, values.end());
  return result;
}

static Value expand(OpBuilder &builder, Location loc, Value value, int64_t dim,
                    ArrayRef<int64_t> sizes) {
  auto type = cast<RankedTensorType>(value.getType());
  RankedTensorType expanded =
      type.clone(replaceOne(type.getShape(), dim, sizes));
  if (auto collapse = value.getDefiningOp<tensor::CollapseShapeOp>();
      collapse && collapse.getSrcType() == expanded)
    return collapse.getSrc();
  SmallVector<OpFoldResult> parts;
  for (int64_t size : sizes)
    parts.push_back(builder.getIndexAttr(size));
  SmallVector<OpFoldResult> shape = replaceOne<OpFoldResult>(
      tensor::getMixedSizes(builder, loc, value), dim, parts);
  auto createEmpty = [&] {
    return tensor::EmptyOp::create(builder, loc, shape, type.getElementType());
  };
  if (value.getDefiningOp<tensor::EmptyOp>())
    return createEmpty();
  if (auto fill = value.getDefiningOp<linalg::FillOp>())
    return linalg::FillOp::create(builder, loc, fill.getInputs()[0],
                                  ValueRange(createEmpty()))
        .getResult(0);
  if (auto broadcast = value.getDefiningOp<linalg::BroadcastOp>()) {
    Value source = broadcast.getInput();
    int64_t sourceDim = 0;
    SmallVector<int64_t> added;
    for (int64_t old = 0, next = 0; old < type.getRank(); ++old) {
      bool isAdded = llvm::is_contained(broadcast.getDimensions(), old);
      for (size_t part = 0; part < (old == dim ? sizes.size() : 1); ++part) {
        if (isAdded)
          added.push_back(next);
        ++next;
      }
      if (!isAdded && old < dim)
        ++sourceDim;
    }
    if (!llvm::is_contained(broadcast.getDimensions(), dim))
      source = expand(builder, loc, source, sourceDim, sizes);
    return linalg::BroadcastOp::create(builder, loc, source, createEmpty(),
                                       added)
        ->getResult(0);
  }
  return tensor::ExpandShapeOp::create(
      builder, loc, expanded, value,
      getGroups(type.getRank(), dim, sizes.size()), shape);
}

linalg::GenericOp quantc::qnn::splitLoop(RewriterBase &rewriter,
                                         linalg::LinalgOp op, unsigned loop,
                                         ArrayRef<int64_t> sizes) {
  Location loc = op.getLoc();
  MLIRContext *context = op.getContext();
  unsigned numLoops = op.getNumLoops() + sizes.size() - 1;
  auto getLoop = [&](unsigned old, unsigned part) {
    return getAffineDimExpr(old < loop    ? old
                            : old == loop ? old + part
                                          : old + sizes.size() - 1,
                            context);
  };
  SmallVector<AffineExpr> loops;
  for (unsigned old = 0; old < op.getNumLoops(); ++old)
    loops.push_back(getLoop(old, 0));
  SmallVector<AffineExpr> parts;
  for (unsigned part = 0; part < sizes.size(); ++part)
    parts.push_back(getLoop(loop, part));

  rewriter.setInsertionPoint(op);
  SmallVector<AffineMap> maps;
  SmallVector<Value> inputs, outputs;
  std::optional<int64_t> resultDim;
  for (OpOperand &operand : op->getOpOperands()) {
    AffineMap map = op.getMatchingIndexingMap(&operand);
    std::optional<int64_t> dim = getDim(map, loop);
    Value value = operand.get();
    AffineMap renamed = map.replaceDimsAndSymbols(loops, {}, numLoops, 0);
    if (dim) {
      value = expand(rewriter, loc, value, *dim, sizes);
      renamed = AffineMap::get(
          numLoops, 0,
          replaceOne<AffineExpr>(renamed.getResults(), *dim, parts), context);
    }
    maps.push_back(renamed);
    if (op.isDpsInit(&operand))
      resultDim = dim;
    (op.isDpsInit(&operand) ? outputs : inputs).push_back(value);
  }
  SmallVector<utils::IteratorType> iterators = op.getIteratorTypesArray();
  iterators.insert(iterators.begin() + loop, sizes.size() - 1,
                   utils::IteratorType::parallel);
  auto split = linalg::GenericOp::create(rewriter, loc, outputs[0].getType(),
                                         inputs, outputs, maps, iterators);
  rewriter.cloneRegionBefore(op->getRegion(0), split.getRegion(),
                             split.getRegion().end());
  split->setDiscardableAttrs(llvm::to_vector(op->getDiscardableAttrs()));
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  rewriter.replaceOpWithNewOp<tensor::CollapseShapeOp>(
      op, type, split.getResult(0),
      getGroups(type.getRank(), *resultDim, sizes.size()));
  return split;
}
