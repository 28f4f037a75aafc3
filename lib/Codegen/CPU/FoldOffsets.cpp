//===- FoldOffsets.cpp - shifts of operands into their producers ----------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Codegen/CPU/Passes.h"
#include "quantc/Dialect/CPU/IR/CPUOps.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace quantc::cpu {
#define GEN_PASS_DEF_CODEGENCPUFOLDOFFSETSPASS
#include "quantc/Codegen/CPU/Passes.h.inc"
} // namespace quantc::cpu

using namespace mlir;
using namespace quantc::cpu;

/// Whether `op` flips the sign bit of every byte of a tensor.
static bool isShift(linalg::GenericOp op) {
  if (op.getNumDpsInputs() != 1 || op.getNumResults() != 1 ||
      !op.isAllParallelLoops() || !op.hasPureTensorSemantics() ||
      llvm::any_of(op.getIndexingMapsArray(),
                   [](AffineMap map) { return !map.isIdentity(); }))
    return false;
  auto flip = op.getBody()
                  ->getTerminator()
                  ->getOperand(0)
                  .getDefiningOp<arith::XOrIOp>();
  APInt constant;
  return flip && flip.getLhs() == op.getBody()->getArgument(0) &&
         matchPattern(flip.getRhs(), m_ConstantInt(&constant)) &&
         constant.getBitWidth() == 8 && constant.isSignMask();
}

/// The same shift of another tensor.
static Value cloneShift(RewriterBase &rewriter, linalg::GenericOp shift,
                        Value input) {
  auto type = cast<RankedTensorType>(input.getType());
  Value empty = tensor::EmptyOp::create(rewriter, shift.getLoc(),
                                        type.getShape(), type.getElementType());
  AffineMap identity = rewriter.getMultiDimIdentityMap(type.getRank());
  SmallVector<utils::IteratorType> iterators(type.getRank(),
                                             utils::IteratorType::parallel);
  return linalg::GenericOp::create(
             rewriter, shift.getLoc(), type, input, empty,
             ArrayRef<AffineMap>{identity, identity}, iterators,
             [](OpBuilder &b, Location loc, ValueRange args) {
               Value sign =
                   arith::ConstantOp::create(b, loc, b.getI8IntegerAttr(-128));
               Value flipped = arith::XOrIOp::create(b, loc, args[0], sign);
               linalg::YieldOp::create(b, loc, flipped);
             })
      .getResult(0);
}

namespace {

/// shift(contract { yield x }) -> contract { yield shift(x) }.
struct IntoEpilogue : OpRewritePattern<linalg::GenericOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const override {
    if (!isShift(op))
      return rewriter.notifyMatchFailure(op, "requires a shift by 128");
    auto contract = op.getInputs()[0].getDefiningOp<ContractOp>();
    if (!contract || !op.getInputs()[0].hasOneUse())
      return rewriter.notifyMatchFailure(
          op, "requires a kernel that has no other user");
    Operation *yield = contract.getEpilogue().front().getTerminator();
    OpBuilder::InsertionGuard guard(rewriter);
    rewriter.setInsertionPoint(yield);
    Value sign = arith::ConstantOp::create(rewriter, op.getLoc(),
                                           rewriter.getI8IntegerAttr(-128));
    Value shifted = arith::XOrIOp::create(rewriter, op.getLoc(),
                                          yield->getOperand(0), sign);
    rewriter.modifyOpInPlace(yield, [&] { yield->setOperand(0, shifted); });
    rewriter.replaceOp(op, contract->getResult(0));
    return success();
  }
};

/// shift(generic { yield x }) -> generic { yield shift(x) }, for an op that
/// writes every element of x once; what it adds up of x stays as it is.
struct IntoElementwise : OpRewritePattern<linalg::GenericOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const override {
    if (!isShift(op))
      return rewriter.notifyMatchFailure(op, "requires a shift by 128");
    auto result = dyn_cast<OpResult>(op.getInputs()[0]);
    auto producer =
        result ? dyn_cast<linalg::GenericOp>(result.getOwner()) : nullptr;
    if (!producer || !result.hasOneUse() ||
        !producer.hasPureTensorSemantics() ||
        !producer.getIndexingMapMatchingResult(result).isPermutation() ||
        producer.payloadUsesValueFromOperand(
            producer.getDpsInitOperand(result.getResultNumber())))
      return rewriter.notifyMatchFailure(
          op, "requires an elementwise op that has no other user");
    Operation *yield = producer.getBody()->getTerminator();
    OpBuilder::InsertionGuard guard(rewriter);
    rewriter.setInsertionPoint(yield);
    OpOperand &yielded = yield->getOpOperand(result.getResultNumber());
    Value sign = arith::ConstantOp::create(rewriter, op.getLoc(),
                                           rewriter.getI8IntegerAttr(-128));
    Value shifted =
        arith::XOrIOp::create(rewriter, op.getLoc(), yielded.get(), sign);
    rewriter.modifyOpInPlace(yield, [&] { yielded.set(shifted); });
    rewriter.replaceOp(op, result);
    return success();
  }
};

/// shift(reshape(x)) -> reshape(shift(x)).
template <typename ReshapeOp>
struct ThroughReshape : OpRewritePattern<linalg::GenericOp> {
  using OpRewritePattern<linalg::GenericOp>::OpRewritePattern;

  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const override {
    auto reshape = isShift(op) ? op.getInputs()[0].getDefiningOp<ReshapeOp>()
                               : ReshapeOp();
    if (!reshape || !reshape->hasOneUse())
      return rewriter.notifyMatchFailure(
          op, "requires a reshape that has no other user");
    rewriter.setInsertionPoint(reshape);
    Value shifted = cloneShift(rewriter, op, reshape.getSrc());
    rewriter.setInsertionPoint(op);
    IRMapping mapping;
    mapping.map(reshape.getSrc(), shifted);
    rewriter.replaceOp(op, rewriter.clone(*reshape, mapping)->getResults());
    return success();
  }
};

/// shift(pad(x, c)) -> pad(shift(x), shift(c)).
struct ThroughPad : OpRewritePattern<linalg::GenericOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const override {
    auto pad = isShift(op) ? op.getInputs()[0].getDefiningOp<tensor::PadOp>()
                           : tensor::PadOp();
    if (!pad || !pad->hasOneUse())
      return rewriter.notifyMatchFailure(
          op, "requires a padding that has no other user");
    Value value = pad.getConstantPaddingValue();
    if (!value)
      return rewriter.notifyMatchFailure(op, "requires a constant padding");
    rewriter.setInsertionPoint(op);
    Value source = cloneShift(rewriter, op, pad.getSource());
    Value sign = arith::ConstantOp::create(rewriter, op.getLoc(),
                                           rewriter.getI8IntegerAttr(-128));
    Value shifted = arith::XOrIOp::create(rewriter, op.getLoc(), value, sign);
    rewriter.replaceOpWithNewOp<tensor::PadOp>(
        op, pad.getResultType(), source, pad.getMixedLowPad(),
        pad.getMixedHighPad(), shifted, pad.getNofold());
    return success();
  }
};

class CodegenCPUFoldOffsetsPass
    : public quantc::cpu::impl::CodegenCPUFoldOffsetsPassBase<
          CodegenCPUFoldOffsetsPass> {
public:
  using Base::Base;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<IntoEpilogue, IntoElementwise, ThroughPad,
                 ThroughReshape<tensor::CollapseShapeOp>,
                 ThroughReshape<tensor::ExpandShapeOp>>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
