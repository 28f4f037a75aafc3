//===- ElementwiseFusion.cpp - one tail per contraction -------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ElementwiseFusion.h"
#include "quantc/Dialect/QNN/Transforms/Site.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"

using namespace mlir;
using namespace quantc::qnn;

void quantc::qnn::generalizeElementwise(RewriterBase &rewriter,
                                        Operation *root) {
  SmallVector<linalg::LinalgOp> ops;
  root->walk([&](linalg::LinalgOp op) {
    if (isa<linalg::GenericOp, linalg::FillOp, linalg::CopyOp,
            linalg::TransposeOp>(op) ||
        !op.hasPureTensorSemantics() ||
        op.getNumParallelLoops() != op.getNumLoops())
      return;
    bool initialisesSite = isa<linalg::BroadcastOp>(op) &&
                           llvm::any_of(op->getUses(), [](OpOperand &use) {
                             auto user =
                                 dyn_cast<linalg::LinalgOp>(use.getOwner());
                             return user && user.isDpsInit(&use);
                           });
    if (!initialisesSite)
      ops.push_back(op);
  });
  for (linalg::LinalgOp op : ops) {
    rewriter.setInsertionPoint(op);
    (void)linalg::generalizeNamedOp(rewriter, op);
  }
}

/// Whether the op only passes on one of its inputs or a constant.
static bool isBroadcast(linalg::GenericOp op) {
  return llvm::hasSingleElement(*op.getBlock());
}

/// Whether the op dequantizes storage: every reader can do that for itself,
/// reads less and saves the float tensor.
static bool isDequantization(linalg::GenericOp op) {
  auto isNarrow = [](OpOperand *operand) {
    Type type = getElementTypeOrSelf(operand->get().getType());
    return type.isInteger() && type.getIntOrFloatBitWidth() <= 16;
  };
  auto isFullSize = [&](OpOperand *operand) {
    return op.getMatchingIndexingMap(operand).isPermutation();
  };
  return llvm::all_of(op.getDpsInputOperands(),
                      [&](OpOperand *operand) {
                        return isNarrow(operand) || !isFullSize(operand);
                      }) &&
         llvm::all_of(
             *op.getBlock(),
             llvm::IsaPred<arith::ExtSIOp, arith::ExtUIOp, arith::SubIOp,
                           arith::SIToFPOp, arith::MulFOp, linalg::YieldOp>);
}

/// The contraction whose result `op` reads, if any.
static Operation *getContraction(linalg::GenericOp op) {
  for (Value input : op.getInputs())
    if (Operation *def = input.getDefiningOp(); def && isSite(def))
      return def;
  return nullptr;
}

static bool isFusable(OpOperand &operand) {
  auto producer = operand.get().getDefiningOp<linalg::GenericOp>();
  auto consumer = dyn_cast<linalg::GenericOp>(operand.getOwner());
  if (!producer || !consumer || producer->getBlock() != consumer->getBlock() ||
      !consumer.isDpsInput(&operand) ||
      consumer.getNumParallelLoops() != consumer.getNumLoops() ||
      producer.getNumParallelLoops() != producer.getNumLoops() ||
      producer->getNumResults() != 1 || producer.hasIndexSemantics() ||
      !linalg::areElementwiseOpsFusable(&operand))
    return false;
  if (isBroadcast(producer))
    return true;
  AffineMap read = consumer.getMatchingIndexingMap(&operand);
  AffineMap written = producer.getIndexingMapsArray().back();
  if (!read.isPermutation() || !written.isPermutation())
    return false;
  if (!producer->hasOneUse())
    return isDequantization(producer);
  Operation *contraction = getContraction(producer);
  if (!contraction)
    return true;
  // The tail stays elementwise on the accumulator, and is nobody else's.
  Operation *other = getContraction(consumer);
  return read.isIdentity() && written.isIdentity() &&
         (!other || other == contraction);
}

/// Fuses the producer of one operand; the latest producers first, because their
/// accumulators are the ones at hand when the consumer runs.
static Operation *fuseOne(RewriterBase &rewriter, linalg::GenericOp consumer) {
  SmallVector<OpOperand *> operands;
  for (OpOperand &operand : consumer->getOpOperands())
    if (isFusable(operand))
      operands.push_back(&operand);
  if (operands.empty())
    return nullptr;
  OpOperand *latest = *llvm::max_element(operands, [](auto *a, auto *b) {
    return a->get().getDefiningOp()->isBeforeInBlock(b->get().getDefiningOp());
  });
  Operation *producer = latest->get().getDefiningOp();
  rewriter.setInsertionPoint(consumer);
  FailureOr<linalg::ElementwiseOpFusionResult> fused =
      linalg::fuseElementwiseOps(rewriter, latest);
  if (failed(fused))
    return nullptr;
  fused->fusedOp->setDiscardableAttrs(
      llvm::to_vector(consumer->getDiscardableAttrs()));
  for (Value result : consumer->getResults())
    rewriter.replaceAllUsesWith(result, fused->replacements.lookup(result));
  rewriter.eraseOp(consumer);
  if (producer->use_empty())
    rewriter.eraseOp(producer);
  return fused->fusedOp;
}

bool quantc::qnn::fuseElementwise(RewriterBase &rewriter, Operation *root) {
  bool changed = false;
  SmallVector<linalg::GenericOp> consumers;
  root->walk([&](linalg::GenericOp op) { consumers.push_back(op); });
  // Producers come before consumers: by the time an op is a producer it has
  // taken in its own. It is erased only with its last consumer, which comes
  // later in the list.
  for (linalg::GenericOp consumer : consumers) {
    Operation *current = fuseOne(rewriter, consumer);
    changed |= current != nullptr;
    while (current)
      current = fuseOne(rewriter, cast<linalg::GenericOp>(current));
  }
  return changed;
}
