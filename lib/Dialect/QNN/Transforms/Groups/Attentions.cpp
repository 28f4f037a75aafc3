//===- Attentions.cpp - products of queries, keys and values --------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Groups.h"
#include "quantc/Dialect/QNN/Transforms/ConstantView.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace quantc::qnn;

static bool isWeight(Value value) {
  return isConstantValue(value) || getRunTimeSlice(value);
}

static bool isActivationProduct(Operation *op) {
  return isSite(op) && !isWeight(op->getOperand(0)) &&
         !isWeight(op->getOperand(1));
}

namespace {

/// Follows one dimension of a value upwards, index by index, to the contraction
/// of activations that makes it.
class ProductSearch {
public:
  /// The contraction and the dimension of its result.
  std::optional<std::pair<linalg::LinalgOp, int64_t>> find(Value value,
                                                           int64_t dim) {
    Operation *op = value.getDefiningOp();
    if (!op || !visited.insert({value, dim}).second)
      return std::nullopt;
    if (isActivationProduct(op))
      return std::pair(cast<linalg::LinalgOp>(op), dim);
    if (isSite(op))
      return std::nullopt;
    if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op))
      return findThrough(linalgOp, cast<OpResult>(value), dim);
    if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op)) {
      ReassociationIndices group = collapse.getReassociationIndices()[dim];
      for (int64_t above : group)
        if (collapse.getSrcType().getDimSize(above) ==
            collapse.getType().getDimSize(dim))
          return find(collapse.getSrc(), above);
      return std::nullopt;
    }
    if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op)) {
      for (auto [above, group] :
           llvm::enumerate(expand.getReassociationIndices()))
        if (llvm::is_contained(group, dim) &&
            expand.getSrcType().getDimSize(above) ==
                expand.getType().getDimSize(dim))
          return find(expand.getSrc(), above);
      return std::nullopt;
    }
    if (isa<ObserveOp, tensor::CastOp>(op))
      return find(op->getOperand(0), dim);
    return std::nullopt;
  }

private:
  std::optional<std::pair<linalg::LinalgOp, int64_t>>
  findThrough(linalg::LinalgOp op, OpResult result, int64_t dim) {
    AffineExpr loop = op.getIndexingMapMatchingResult(result).getResult(dim);
    if (!isa<AffineDimExpr>(loop))
      return std::nullopt;
    for (OpOperand *operand : op.getDpsInputOperands())
      if (auto above =
              op.getMatchingIndexingMap(operand).getResultPosition(loop))
        if (auto found = find(operand->get(), *above))
          return found;
    return std::nullopt;
  }

  llvm::DenseSet<std::pair<Value, int64_t>> visited;
};

} // namespace

/// The sites with weights that `value` comes from without another site between.
static SmallVector<linalg::LinalgOp> findLayers(Value value) {
  SmallVector<linalg::LinalgOp> layers;
  llvm::SetVector<Value> worklist;
  worklist.insert(value);
  for (unsigned i = 0; i < worklist.size(); ++i) {
    Operation *op = worklist[i].getDefiningOp();
    if (!op || isConstantValue(worklist[i]))
      continue;
    if (!isSite(op))
      worklist.insert(op->operand_begin(), op->operand_end());
    else if (!isActivationProduct(op))
      layers.push_back(cast<linalg::LinalgOp>(op));
  }
  return layers;
}

/// The attention that ends in `mix`, with the probabilities as its operand
/// `number`.
static std::optional<Attention> matchAttention(linalg::LinalgOp mix,
                                               unsigned number) {
  SiteIndexing indexing(mix);
  for (int64_t dim = 0, e = indexing.getMap(number).getNumResults(); dim < e;
       ++dim) {
    std::optional<unsigned> loop = indexing.getLoop(number, dim);
    if (!loop || !indexing.isReduction(*loop))
      continue;
    auto product = ProductSearch().find(mix->getOperand(number), dim);
    if (!product)
      continue;
    linalg::LinalgOp scores = product->first;
    auto columnLoop = dyn_cast<AffineDimExpr>(
        scores.getIndexingMapMatchingResult(scores->getResult(0))
            .getResult(product->second));
    if (!columnLoop)
      continue;
    for (unsigned keys : {0, 1}) {
      SiteIndexing indexing(scores);
      unsigned position = columnLoop.getPosition();
      if (!indexing.getMap(keys).isFunctionOfDim(position) ||
          indexing.getMap(1 - keys).isFunctionOfDim(position))
        continue;
      Attention attention{scores, mix, keys, 1 - number, {}, {}, {}};
      attention.queryLayers = findLayers(attention.getQueries().get());
      attention.keyLayers = findLayers(attention.getKeys().get());
      attention.valueLayers = findLayers(attention.getValues().get());
      return attention;
    }
  }
  return std::nullopt;
}

SmallVector<Attention> quantc::qnn::findAttentions(ModuleOp module) {
  SmallVector<Attention> attentions;
  module.walk([&](linalg::LinalgOp op) {
    if (!isActivationProduct(op))
      return;
    for (unsigned number : {0, 1})
      if (std::optional<Attention> attention = matchAttention(op, number)) {
        attentions.push_back(std::move(*attention));
        return;
      }
  });
  return attentions;
}
