//===- FoldConversions.cpp - conversions of operands into their producers -===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OperandConversion.h"
#include "quantc/Codegen/CPU/Passes.h"
#include "quantc/Dialect/CPU/IR/CPUOps.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace quantc::cpu {
#define GEN_PASS_DEF_CODEGENCPUFOLDCONVERSIONSPASS
#include "quantc/Codegen/CPU/Passes.h.inc"
} // namespace quantc::cpu

using namespace mlir;
using namespace quantc::cpu;

/// Makes `producer` yield its result `number` converted, into a destination of
/// that element type.
static void yieldConverted(RewriterBase &rewriter,
                           DestinationStyleOpInterface producer,
                           unsigned number, Operation *yield,
                           OperandConversion conversion) {
  OpBuilder::InsertionGuard guard(rewriter);
  Location loc = producer.getLoc();
  OpOperand &yielded = yield->getOpOperand(number);
  rewriter.setInsertionPoint(yield);
  Value converted = convertElement(rewriter, loc, yielded.get(), conversion);
  rewriter.modifyOpInPlace(yield, [&] { yielded.set(converted); });

  OpResult result = producer->getResult(number);
  OpOperand *dest = producer.getDpsInitOperand(number);
  auto type = cast<RankedTensorType>(result.getType());
  if (type.getElementType() == converted.getType())
    return;
  rewriter.setInsertionPoint(producer);
  Value empty = tensor::EmptyOp::create(
      rewriter, loc, tensor::getMixedSizes(rewriter, loc, dest->get()),
      converted.getType());
  rewriter.modifyOpInPlace(producer, [&] {
    dest->set(empty);
    result.setType(cast<RankedTensorType>(empty.getType()));
    if (auto generic = dyn_cast<linalg::GenericOp>(producer.getOperation()))
      generic.getMatchingBlockArgument(dest).setType(converted.getType());
  });
}

namespace {

/// The base of patterns that move a conversion to what produces its input.
struct ConversionPattern : OpRewritePattern<linalg::GenericOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const final {
    std::optional<OperandConversion> conversion = matchConversion(op);
    if (!conversion)
      return rewriter.notifyMatchFailure(op, "requires a conversion");
    auto input = dyn_cast<OpResult>(op.getInputs()[0]);
    if (!input || !input.hasOneUse())
      return rewriter.notifyMatchFailure(
          op, "requires a producer that has no other user");
    return move(op, input, *conversion, rewriter);
  }

protected:
  virtual LogicalResult move(linalg::GenericOp op, OpResult input,
                             OperandConversion conversion,
                             PatternRewriter &rewriter) const = 0;
};

/// convert(contract { yield x }) -> contract { yield convert(x) }.
struct IntoEpilogue : ConversionPattern {
  using ConversionPattern::ConversionPattern;

  LogicalResult move(linalg::GenericOp op, OpResult input,
                     OperandConversion conversion,
                     PatternRewriter &rewriter) const override {
    auto contract = dyn_cast<ContractOp>(input.getOwner());
    if (!contract || input.getResultNumber() != 0)
      return rewriter.notifyMatchFailure(op, "requires a kernel");
    yieldConverted(
        rewriter, cast<DestinationStyleOpInterface>(contract.getOperation()), 0,
        contract.getEpilogue().front().getTerminator(), conversion);
    rewriter.replaceOp(op, input);
    return success();
  }
};

/// convert(generic { yield x }) -> generic { yield convert(x) }, for an op that
/// writes every element of x once; what it adds up of x stays as it is.
struct IntoElementwise : ConversionPattern {
  using ConversionPattern::ConversionPattern;

  LogicalResult move(linalg::GenericOp op, OpResult input,
                     OperandConversion conversion,
                     PatternRewriter &rewriter) const override {
    auto producer = dyn_cast<linalg::GenericOp>(input.getOwner());
    if (!producer || !producer.hasPureTensorSemantics() ||
        !producer.getIndexingMapMatchingResult(input).isPermutation() ||
        producer.payloadUsesValueFromOperand(
            producer.getDpsInitOperand(input.getResultNumber())))
      return rewriter.notifyMatchFailure(op, "requires an elementwise op");
    yieldConverted(rewriter,
                   cast<DestinationStyleOpInterface>(producer.getOperation()),
                   input.getResultNumber(), producer.getBody()->getTerminator(),
                   conversion);
    rewriter.replaceOp(op, input);
    return success();
  }
};

/// convert(reshape(x)) -> reshape(convert(x)).
template <typename ReshapeOp>
struct ThroughReshape : ConversionPattern {
  using ConversionPattern::ConversionPattern;

  LogicalResult move(linalg::GenericOp op, OpResult input,
                     OperandConversion conversion,
                     PatternRewriter &rewriter) const override {
    auto reshape = dyn_cast<ReshapeOp>(input.getOwner());
    if (!reshape || !reshape.getSrcType().hasStaticShape())
      return rewriter.notifyMatchFailure(op, "requires a reshape");
    rewriter.setInsertionPoint(reshape);
    Value converted =
        convertTensor(rewriter, op.getLoc(), reshape.getSrc(), conversion);
    rewriter.setInsertionPoint(op);
    rewriter.replaceOpWithNewOp<ReshapeOp>(op, op.getResult(0).getType(),
                                           converted,
                                           reshape.getReassociationIndices());
    return success();
  }
};

/// convert(pad(x, c)) -> pad(convert(x), convert(c)).
struct ThroughPad : ConversionPattern {
  using ConversionPattern::ConversionPattern;

  LogicalResult move(linalg::GenericOp op, OpResult input,
                     OperandConversion conversion,
                     PatternRewriter &rewriter) const override {
    auto pad = dyn_cast<tensor::PadOp>(input.getOwner());
    Value value = pad ? pad.getConstantPaddingValue() : Value();
    if (!value || !pad.getSourceType().hasStaticShape())
      return rewriter.notifyMatchFailure(op, "requires a constant padding");
    Value source =
        convertTensor(rewriter, op.getLoc(), pad.getSource(), conversion);
    Value converted = convertElement(rewriter, op.getLoc(), value, conversion);
    rewriter.replaceOpWithNewOp<tensor::PadOp>(
        op, op.getResult(0).getType(), source, pad.getMixedLowPad(),
        pad.getMixedHighPad(), converted, pad.getNofold());
    return success();
  }
};

class CodegenCPUFoldConversionsPass
    : public quantc::cpu::impl::CodegenCPUFoldConversionsPassBase<
          CodegenCPUFoldConversionsPass> {
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
