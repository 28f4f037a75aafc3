//===- FuseElementwise.cpp - elementwise chains to one op -----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Codegen/CPU/Passes.h"
#include "quantc/Dialect/QNN/Transforms/Site.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace quantc::cpu {
#define GEN_PASS_DEF_CODEGENCPUFUSEELEMENTWISEPASS
#include "quantc/Codegen/CPU/Passes.h.inc"
} // namespace quantc::cpu

using namespace mlir;

namespace {

/// Sites, and poolings, whose windows read elements several times, too.
bool isWindowedOrSite(linalg::LinalgOp op) {
  return quantc::qnn::isSite(op) || linalg::isaConvolutionOpInterface(op);
}

bool isPointwise(linalg::LinalgOp op) {
  return op.getNumLoops() == op.getNumParallelLoops() && !isWindowedOrSite(op);
}

/// Whether computing an element again costs no more than loading it: a value
/// that is only moved to more places, or computed from indices.
bool isCheap(linalg::GenericOp producer) {
  Block *body = producer.getBlock();
  if (llvm::hasSingleElement(*body)) {
    // Reading every element of the input several times is what a broadcast is
    // for; a transposition would be paid again by each reader.
    return llvm::all_of(producer.getDpsInputOperands(), [&](OpOperand *input) {
      return producer.getMatchingIndexingMap(input).getNumResults() <
             producer.getNumLoops();
    });
  }
  // A condition's byte costs nothing: its reader takes the condition.
  constexpr int64_t maxOperations = 6;
  return producer.getNumDpsInputs() == 0 &&
         llvm::count_if(*body,
                        [](Operation &op) {
                          auto extend = dyn_cast<arith::ExtUIOp>(op);
                          return !extend ||
                                 !extend.getIn().getType().isInteger(1);
                        }) <= maxOperations &&
         llvm::none_of(*body, [](Operation &op) {
           return isa<tensor::ExtractOp, math::ExpOp>(op) ||
                  op.getNumRegions() != 0;
         });
}

/// Whether the consumer reads each element of the producer once, or in inner
/// loops that code generation moves the producer out of.
bool isReadOnce(AffineMap map) {
  if (!map.isProjectedPermutation())
    return false;
  bool missing = false;
  for (unsigned dim = 0; dim < map.getNumDims(); ++dim) {
    if (!map.isFunctionOfDim(dim))
      missing = true;
    else if (missing)
      return false;
  }
  return true;
}

bool shouldFuse(OpOperand *operand) {
  auto producer = operand->get().getDefiningOp<linalg::GenericOp>();
  auto consumer = dyn_cast<linalg::GenericOp>(operand->getOwner());
  if (!producer || !consumer || isWindowedOrSite(consumer) ||
      !isPointwise(producer))
    return false;
  if (isCheap(producer))
    return true;
  return producer->hasOneUse() &&
         isReadOnce(consumer.getMatchingIndexingMap(operand));
}

/// Named ops in the form that fusion knows: all but contractions, convolutions,
/// pooling, and fills, which kernels look for as destinations.
struct GeneralizeNamed : public OpInterfaceRewritePattern<linalg::LinalgOp> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;

  LogicalResult matchAndRewrite(linalg::LinalgOp op,
                                PatternRewriter &rewriter) const override {
    if (isa<linalg::GenericOp, linalg::FillOp>(op) || isWindowedOrSite(op) ||
        !op.hasPureTensorSemantics())
      return rewriter.notifyMatchFailure(op, "requires another named op");
    return linalg::generalizeNamedOp(rewriter, op);
  }
};

/// The map from an index of the result to the index of the operand, where `op`
/// does nothing but move elements.
std::optional<AffineMap> matchTransposition(linalg::GenericOp op) {
  if (!op || op.getNumDpsInputs() != 1 || op->getNumResults() != 1 ||
      !llvm::hasSingleElement(*op.getBlock()) ||
      op.getBlock()->getTerminator()->getOperand(0) !=
          op.getBlock()->getArgument(0))
    return std::nullopt;
  AffineMap from = op.getIndexingMapsArray().front();
  AffineMap to = op.getIndexingMapsArray().back();
  if (!from.isPermutation() || !to.isPermutation())
    return std::nullopt;
  return from.compose(inversePermutation(to));
}

/// A contraction reads through a transposition. The operand that is packed may
/// lie in any order; the other one keeps its innermost dimension.
struct FoldTranspositionIntoContraction
    : public OpInterfaceRewritePattern<linalg::LinalgOp> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;

  LogicalResult matchAndRewrite(linalg::LinalgOp op,
                                PatternRewriter &rewriter) const override {
    if (!linalg::isaContractionOpInterface(op) || !op.hasPureTensorSemantics())
      return rewriter.notifyMatchFailure(op, "requires a contraction");
    SmallVector<AffineMap> maps = op.getIndexingMapsArray();
    AffineMap result = maps.back();
    for (OpOperand *input : op.getDpsInputOperands()) {
      auto producer = input->get().getDefiningOp<linalg::GenericOp>();
      std::optional<AffineMap> transposition = matchTransposition(producer);
      if (!transposition || result.getNumResults() == 0)
        continue;
      AffineMap &map = maps[input->getOperandNumber()];
      AffineMap folded = transposition->compose(map);
      bool isPacked =
          llvm::is_contained(map.getResults(), result.getResults().back());
      if (!isPacked && folded.getResults().back() != map.getResults().back())
        continue;
      map = folded;
      SmallVector<Value> inputs = op.getDpsInputs();
      inputs[input->getOperandNumber()] = producer.getDpsInputs().front();
      auto generic = linalg::GenericOp::create(
          rewriter, op.getLoc(), op->getResultTypes(), inputs, op.getDpsInits(),
          maps, op.getIteratorTypesArray());
      rewriter.cloneRegionBefore(op->getRegion(0), generic.getRegion(),
                                 generic.getRegion().begin());
      for (NamedAttribute attribute : op->getDiscardableAttrs())
        generic->setAttr(attribute.getName(), attribute.getValue());
      rewriter.replaceOp(op, generic);
      return success();
    }
    return rewriter.notifyMatchFailure(op, "requires a transposed operand");
  }
};

/// A fill that is read becomes the value itself.
struct InlineFill : public OpRewritePattern<linalg::GenericOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const override {
    if (isWindowedOrSite(op))
      return rewriter.notifyMatchFailure(op, "keeps operands of contractions");
    for (OpOperand *input : op.getDpsInputOperands()) {
      auto fill = input->get().getDefiningOp<linalg::FillOp>();
      if (!fill)
        continue;
      BlockArgument argument = op.getMatchingBlockArgument(input);
      if (fill.value().getType() != argument.getType() || argument.use_empty())
        continue;
      rewriter.modifyOpInPlace(
          op, [&] { rewriter.replaceAllUsesWith(argument, fill.value()); });
      return success();
    }
    return rewriter.notifyMatchFailure(op, "requires a filled operand");
  }
};

class CodegenCPUFuseElementwisePass
    : public quantc::cpu::impl::CodegenCPUFuseElementwisePassBase<
          CodegenCPUFuseElementwisePass> {
public:
  using Base::Base;

  void runOnOperation() override {
    MLIRContext *context = &getContext();
    RewritePatternSet patterns(context);
    patterns.add<FoldTranspositionIntoContraction, GeneralizeNamed, InlineFill>(
        context);
    linalg::populateElementwiseOpsFusionPatterns(patterns, shouldFuse);
    linalg::GenericOp::getCanonicalizationPatterns(patterns, context);
    tensor::ExpandShapeOp::getCanonicalizationPatterns(patterns, context);
    tensor::CollapseShapeOp::getCanonicalizationPatterns(patterns, context);
    tensor::EmptyOp::getCanonicalizationPatterns(patterns, context);
    // Producers first: a chain becomes one op from its start.
    GreedyRewriteConfig config;
    config.setUseTopDownTraversal();
    if (failed(
            applyPatternsGreedily(getOperation(), std::move(patterns), config)))
      signalPassFailure();
  }
};

} // namespace
