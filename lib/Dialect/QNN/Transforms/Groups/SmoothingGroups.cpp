//===- SmoothingGroups.cpp - all readers of an activation -----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Groups.h"
#include "Site/ConstantEvaluation.h"
#include "quantc/Dialect/QNN/Transforms/SiteOperands.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;
using namespace quantc::qnn;

//===----------------------------------------------------------------------===//
// Views
//===----------------------------------------------------------------------===//

/// The dimension of a reshape's source (`up`) or result that is exactly the
/// dimension `dim` of the other.
static std::optional<int64_t> followReshape(Operation *op, int64_t dim,
                                            bool up) {
  bool isExpand = isa<tensor::ExpandShapeOp>(op);
  SmallVector<ReassociationIndices> groups =
      isExpand ? cast<tensor::ExpandShapeOp>(op).getReassociationIndices()
               : cast<tensor::CollapseShapeOp>(op).getReassociationIndices();
  auto source = cast<RankedTensorType>(op->getOperand(0).getType());
  auto result = cast<RankedTensorType>(op->getResult(0).getType());
  for (auto [collapsed, group] : llvm::enumerate(groups))
    for (int64_t expanded : group) {
      int64_t above = isExpand ? int64_t(collapsed) : expanded;
      int64_t below = isExpand ? expanded : int64_t(collapsed);
      if ((up ? below : above) == dim &&
          source.getDimSize(above) == result.getDimSize(below) &&
          !source.isDynamicDim(above))
        return up ? above : below;
    }
  return std::nullopt;
}

/// Where the channels `dim` of the one side of a view are on the other side;
/// nullopt where `op` is no view, or mixes channels with something else.
static std::optional<int64_t> followView(Operation *op, int64_t dim, bool up) {
  if (isa<ObserveOp>(op))
    return dim;
  if (isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(op))
    return followReshape(op, dim, up);
  if (auto transpose = dyn_cast<linalg::TransposeOp>(op)) {
    ArrayRef<int64_t> permutation = transpose.getPermutation();
    return up ? permutation[dim]
              : std::distance(permutation.begin(),
                              llvm::find(permutation, dim));
  }
  auto slice = dyn_cast<tensor::ExtractSliceOp>(op);
  // Some tokens have the channels that all of them have.
  if (slice && slice.getSourceType().getRank() == slice.getType().getRank() &&
      slice.getSourceType().getDimSize(dim) == slice.getType().getDimSize(dim))
    return dim;
  return std::nullopt;
}

namespace {
/// An activation along its channels.
struct Channels {
  Value value;
  int64_t dim;
};
} // namespace

static Channels findSource(Channels channels) {
  while (Operation *op = channels.value.getDefiningOp()) {
    std::optional<int64_t> dim = followView(op, channels.dim, /*up=*/true);
    if (!dim)
      break;
    channels = {op->getOperand(0), *dim};
  }
  return channels;
}

//===----------------------------------------------------------------------===//
// Readers
//===----------------------------------------------------------------------===//

/// The dimension of the weight along the channels of operand `number`, or why
/// the site takes no scales in.
static FailureOr<LinearConsumer> getConsumer(linalg::LinalgOp site,
                                             unsigned number, int64_t dim,
                                             std::string &reason) {
  SiteIndexing indexing(site);
  Value weight = site->getOperand(1 - number);
  std::optional<unsigned> loop = indexing.getLoop(number, dim);
  std::optional<unsigned> weightDim;
  if (loop)
    weightDim =
        indexing.getMap(1 - number)
            .getResultPosition(getAffineDimExpr(*loop, site->getContext()));
  std::string name =
      getSiteName(site).empty() ? "a site" : getSiteName(site).str();
  if (!isEvaluable(weight))
    reason = name + " has no constant weight";
  else if (!getElementTypeOrSelf(weight).isF32())
    reason = name + " is not in f32";
  else if (!getObserver(site->getOpOperand(number)))
    reason = name + " reads it without an observer";
  else if (!weightDim || !indexing.isReduction(*loop))
    reason = name + " does not sum over the channels";
  else
    return LinearConsumer{site, number, *weightDim};
  return failure();
}

static void collectReaders(SmoothingGroup &group, Channels channels) {
  for (OpOperand &use : channels.value.getUses()) {
    Operation *op = use.getOwner();
    if (std::optional<int64_t> dim =
            followView(op, channels.dim, /*up=*/false)) {
      if (auto observer = dyn_cast<ObserveOp>(op))
        group.observers.push_back({observer, *dim});
      collectReaders(group, {op->getResult(0), *dim});
      continue;
    }
    // What an observer is of is what reads it.
    Operation *reader = op;
    while (isa<ObserveOp>(reader) && !reader->use_empty())
      reader = *reader->user_begin();
    std::string reason = describeReader(reader) + " reads it too";
    if (isSite(op) && use.getOperandNumber() < 2) {
      FailureOr<LinearConsumer> consumer =
          getConsumer(cast<linalg::LinalgOp>(op), use.getOperandNumber(),
                      channels.dim, reason);
      if (succeeded(consumer)) {
        group.consumers.push_back(*consumer);
        continue;
      }
    }
    group.others.push_back({op, reason});
  }
}

/// Use lists have no order that means anything.
static void sortByModuleOrder(SmoothingGroup &group,
                              const DenseMap<Operation *, unsigned> &order) {
  auto before = [&](Operation *a, Operation *b) {
    return order.lookup(a) < order.lookup(b);
  };
  llvm::sort(group.observers,
             [&](const ObservedChannels &a, const ObservedChannels &b) {
               return before(a.observer, b.observer);
             });
  llvm::sort(group.consumers, [&](const LinearConsumer &a,
                                  const LinearConsumer &b) {
    return a.site == b.site ? a.operand < b.operand : before(a.site, b.site);
  });
  llvm::sort(group.others, [&](const OtherReader &a, const OtherReader &b) {
    return before(a.op, b.op);
  });
}

SmallVector<SmoothingGroup> quantc::qnn::findSmoothingGroups(ModuleOp module) {
  DenseMap<Operation *, unsigned> order;
  llvm::MapVector<std::pair<Value, int64_t>, SmoothingGroup> groups;
  module.walk<WalkOrder::PreOrder>([&](Operation *op) {
    order[op] = order.size();
    if (!isSite(op))
      return;
    for (unsigned number : {0, 1}) {
      ObserveOp observer = getObserver(op->getOpOperand(number));
      if (!observer || !observer.getAxis())
        continue;
      Channels source = findSource({observer, int64_t(*observer.getAxis())});
      SmoothingGroup &group = groups[{source.value, source.dim}];
      group.source = source.value;
      group.dim = source.dim;
    }
  });
  SmallVector<SmoothingGroup> result;
  for (auto &[key, group] : groups) {
    collectReaders(group, {group.source, group.dim});
    sortByModuleOrder(group, order);
    result.push_back(std::move(group));
  }
  return result;
}
