//===- RootSplit.cpp - parts of a dimension as dimensions -----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RootSplit.h"
#include "LoopSplit.h"
#include "quantc/Dialect/QNN/Transforms/Site.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace quantc::qnn;

/// The narrowest part that a contraction computes as rows of its own. A kernel
/// is as wide as its innermost dimension, and one of a few columns wastes most
/// of every register and tile: the sums of a pass of their own cost less, which
/// reads one byte for each K products of the contraction.
static constexpr int64_t kMinPart = 32;

/// The dimensions of the expansion's source that are summed over in part.
static SmallVector<int64_t> getSplitDims(tensor::ExpandShapeOp expansion,
                                         const llvm::SmallBitVector &reduced) {
  SmallVector<int64_t> dims;
  for (auto [dim, group] :
       llvm::enumerate(expansion.getReassociationIndices())) {
    auto isReduced = [&](int64_t part) { return reduced.test(part); };
    if (llvm::any_of(group, isReduced) && !llvm::all_of(group, isReduced))
      dims.push_back(dim);
  }
  return dims;
}

/// The loop of `op` that dimension `dim` of its result follows.
static unsigned getResultLoop(linalg::LinalgOp op, int64_t dim) {
  AffineMap map = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  return cast<AffineDimExpr>(map.getResult(dim)).getPosition();
}

/// The contraction of which `op` is the tail, with the dimension of its result
/// that `loop` of `op` follows.
static std::pair<linalg::LinalgOp, int64_t> findTailOf(linalg::LinalgOp op,
                                                       unsigned loop) {
  for (OpOperand *input : op.getDpsInputOperands()) {
    auto site = input->get().getDefiningOp<linalg::LinalgOp>();
    if (!site || !isSite(site) || !site->hasOneUse())
      continue;
    AffineMap map = op.getMatchingIndexingMap(input);
    if (auto dim =
            map.getResultPosition(getAffineDimExpr(loop, op.getContext())))
      return {site, *dim};
  }
  return {};
}

std::string
quantc::qnn::findSplitObstacle(tensor::ExpandShapeOp expansion,
                               const llvm::SmallBitVector &reduced) {
  SmallVector<int64_t> dims = getSplitDims(expansion, reduced);
  if (dims.size() != 1)
    return "parts of several dimensions are summed";
  // Copied: they are no view of the op.
  ReassociationIndices parts = expansion.getReassociationIndices()[dims[0]];
  int64_t width = expansion.getResultType().getDimSize(parts.back());
  for (int64_t part : parts)
    if (expansion.getResultType().isDynamicDim(part))
      return "the dimension that was split has no static size";
  auto op = expansion.getSrc().getDefiningOp<linalg::LinalgOp>();
  if (!op)
    return ""; // A quantization, which becomes linalg first.
  unsigned loop = getResultLoop(op, dims[0]);
  if (std::string obstacle = findSplitObstacle(op, loop); !obstacle.empty())
    return obstacle;
  auto [site, dim] = findTailOf(op, loop);
  if (!site)
    return "";
  if (width < kMinPart)
    return llvm::formatv("the summed dimension is part of one that was split, "
                         "into parts of {0} columns, where kernels have at "
                         "least {1}",
                         width, kMinPart);
  return findSplitObstacle(site, getResultLoop(site, dim));
}

void quantc::qnn::splitRoot(RewriterBase &rewriter,
                            tensor::ExpandShapeOp expansion,
                            const llvm::SmallBitVector &reduced) {
  // Copied: they are no view of the op.
  SmallVector<ReassociationIndices> groups =
      expansion.getReassociationIndices();
  int64_t splitDim = getSplitDims(expansion, reduced).front();
  SmallVector<int64_t> sizes;
  for (int64_t part : groups[splitDim])
    sizes.push_back(expansion.getResultType().getDimSize(part));
  auto op = expansion.getSrc().getDefiningOp<linalg::LinalgOp>();
  unsigned loop = getResultLoop(op, splitDim);
  if (auto [site, dim] = findTailOf(op, loop); site)
    splitLoop(rewriter, site, getResultLoop(site, dim), sizes);
  linalg::GenericOp split = splitLoop(rewriter, op, loop, sizes);

  // What is left of the expansion: the parts are dimensions already.
  SmallVector<ReassociationIndices> rest;
  for (auto [dim, group] : llvm::enumerate(groups)) {
    if (int64_t(dim) != splitDim) {
      rest.push_back(group);
      continue;
    }
    for (int64_t part : group)
      rest.push_back({part});
  }
  Value result = split.getResult(0);
  rewriter.setInsertionPoint(expansion);
  if (result.getType() != expansion.getResultType())
    result = tensor::ExpandShapeOp::create(
        rewriter, expansion.getLoc(), expansion.getResultType(), result, rest,
        expansion.getMixedOutputShape());
  rewriter.replaceOp(expansion, result);
}
