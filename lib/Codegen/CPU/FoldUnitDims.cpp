//===- FoldUnitDims.cpp - drop loops of one iteration ---------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Codegen/CPU/Passes.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace quantc::cpu {
#define GEN_PASS_DEF_CODEGENCPUFOLDUNITDIMSPASS
#include "quantc/Codegen/CPU/Passes.h.inc"
} // namespace quantc::cpu

using namespace mlir;

namespace {

/// The loops that may be dropped: those of which no operand is indexed by a
/// sum. In a window, i * stride + k with one position i, dropping i leaves k,
/// but the operand may be longer than the kernel.
SmallVector<unsigned> getFoldableLoops(Operation *op) {
  SmallVector<unsigned> loops;
  auto generic = dyn_cast<linalg::GenericOp>(op);
  if (!generic)
    return linalg::ControlDropUnitDims().controlFn(op);
  for (unsigned loop = 0; loop < generic.getNumLoops(); ++loop) {
    bool inSum =
        llvm::any_of(generic.getIndexingMapsArray(), [&](AffineMap map) {
          return llvm::any_of(map.getResults(), [&](AffineExpr expr) {
            return !isa<AffineDimExpr>(expr) && expr.isFunctionOfDim(loop);
          });
        });
    if (!inSum)
      loops.push_back(loop);
  }
  return loops;
}

/// A convolution of one image: its batch dimension would stand between it and
/// its epilogue, whose dimensions of size 1 are dropped. In general form it is
/// dropped here too.
struct GeneralizeConvolution
    : public OpInterfaceRewritePattern<linalg::LinalgOp> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;

  LogicalResult matchAndRewrite(linalg::LinalgOp op,
                                PatternRewriter &rewriter) const override {
    if (isa<linalg::GenericOp>(op) || op.getNumDpsInputs() != 2 ||
        !op.hasPureTensorSemantics() ||
        !linalg::isaConvolutionOpInterface(op) || !hasUnitParallelLoop(op))
      return rewriter.notifyMatchFailure(
          op, "requires a convolution with one position along a dimension");
    SmallVector<NamedAttribute> attributes =
        llvm::to_vector(op->getDiscardableAttrs());
    FailureOr<linalg::GenericOp> generic =
        linalg::generalizeNamedOp(rewriter, op);
    if (failed(generic))
      return failure();
    rewriter.modifyOpInPlace(
        *generic, [&] { (*generic)->setDiscardableAttrs(attributes); });
    return success();
  }

private:
  static bool hasUnitParallelLoop(linalg::LinalgOp op) {
    return llvm::any_of(
        llvm::zip_equal(op.getStaticLoopRanges(), op.getIteratorTypesArray()),
        [](auto loop) {
          return std::get<0>(loop) == 1 &&
                 std::get<1>(loop) == utils::IteratorType::parallel;
        });
  }
};

class CodegenCPUFoldUnitDimsPass
    : public quantc::cpu::impl::CodegenCPUFoldUnitDimsPassBase<
          CodegenCPUFoldUnitDimsPass> {
public:
  using Base::Base;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<GeneralizeConvolution>(&getContext());
    linalg::ControlDropUnitDims options;
    options.controlFn = getFoldableLoops;
    linalg::populateFoldUnitExtentDimsPatterns(patterns, options);
    linalg::populateMoveInitOperandsToInputPattern(patterns);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
