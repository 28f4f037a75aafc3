//===- ControlFlow.cpp - control flow to scf -===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Builders.h"
#include "quantc/Conversion/StableHLOToLinalg/StableHLOToLinalg.h"
#include "quantc/Dialect/StableHLO/IR/StableHLO.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace quantc;

/// Moves a region with its ops, which are converted after this.
static void moveRegion(ConversionPatternRewriter &rewriter, Region &from,
                       Region &to) {
  rewriter.inlineRegionBefore(from, to, to.end());
}

namespace {

struct WhilePattern : OpConversionPattern<stablehlo::WhileOp> {
  using Base::Base;

  LogicalResult
  matchAndRewrite(stablehlo::WhileOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    SmallVector<Type> types;
    if (failed(getTypeConverter()->convertTypes(op.getResultTypes(), types)))
      return rewriter.notifyMatchFailure(op, "unsupported type");
    auto loop = scf::WhileOp::create(rewriter, op.getLoc(), types,
                                     adaptor.getOperands());
    for (auto [from, to] : {std::make_pair(&op.getCond(), &loop.getBefore()),
                            std::make_pair(&op.getBody(), &loop.getAfter())}) {
      moveRegion(rewriter, *from, *to);
      if (failed(rewriter.convertRegionTypes(to, *getTypeConverter())))
        return failure();
    }
    rewriter.replaceOp(op, loop);
    return success();
  }
};

/// Two branches become an `scf.if`, others an `scf.index_switch` whose default
/// is the last branch: it runs for every index that is not another's.
struct CasePattern : OpConversionPattern<stablehlo::CaseOp> {
  using Base::Base;

  LogicalResult
  matchAndRewrite(stablehlo::CaseOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    SmallVector<Type> types;
    if (failed(getTypeConverter()->convertTypes(op.getResultTypes(), types)))
      return rewriter.notifyMatchFailure(op, "unsupported type");
    size_t numBranches = op.getBranches().size();
    if (numBranches == 2) {
      Value index = extractScalar(rewriter, loc, adaptor.getIndex());
      Value isFirst =
          arith::CmpIOp::create(rewriter, loc, arith::CmpIPredicate::eq, index,
                                createZero(rewriter, loc, index.getType()));
      auto branch = scf::IfOp::create(rewriter, loc, types, isFirst,
                                      /*addThenBlock=*/false,
                                      /*addElseBlock=*/false);
      moveRegion(rewriter, op.getBranches()[0], branch.getThenRegion());
      moveRegion(rewriter, op.getBranches()[1], branch.getElseRegion());
      rewriter.replaceOp(op, branch);
      return success();
    }
    Value index = extractIndex(rewriter, loc, adaptor.getIndex(),
                               /*isUnsigned=*/false);
    auto cases = llvm::to_vector(
        llvm::seq<int64_t>(0, static_cast<int64_t>(numBranches) - 1));
    auto branch = scf::IndexSwitchOp::create(rewriter, loc, types, index, cases,
                                             /*caseRegionsCount=*/cases.size());
    for (size_t i = 0; i < cases.size(); ++i)
      moveRegion(rewriter, op.getBranches()[i], branch.getCaseRegions()[i]);
    moveRegion(rewriter, op.getBranches().back(), branch.getDefaultRegion());
    rewriter.replaceOp(op, branch);
    return success();
  }
};

struct IfPattern : OpConversionPattern<stablehlo::IfOp> {
  using Base::Base;

  LogicalResult
  matchAndRewrite(stablehlo::IfOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    SmallVector<Type> types;
    if (failed(getTypeConverter()->convertTypes(op.getResultTypes(), types)))
      return rewriter.notifyMatchFailure(op, "unsupported type");
    Value pred = extractScalar(rewriter, op.getLoc(), adaptor.getPred());
    auto branch = scf::IfOp::create(rewriter, op.getLoc(), types, pred,
                                    /*addThenBlock=*/false,
                                    /*addElseBlock=*/false);
    moveRegion(rewriter, op.getTrueBranch(), branch.getThenRegion());
    moveRegion(rewriter, op.getFalseBranch(), branch.getElseRegion());
    rewriter.replaceOp(op, branch);
    return success();
  }
};

/// The end of a region that one of the patterns above has moved.
struct ReturnPattern : OpConversionPattern<stablehlo::ReturnOp> {
  using Base::Base;

  LogicalResult
  matchAndRewrite(stablehlo::ReturnOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Operation *parent = op->getParentOp();
    if (!isa<scf::WhileOp, scf::IfOp, scf::IndexSwitchOp>(parent))
      return rewriter.notifyMatchFailure(op, "expected control flow around it");
    auto loop = dyn_cast<scf::WhileOp>(parent);
    if (loop && op->getParentRegion() == &loop.getBefore()) {
      Value proceed =
          extractScalar(rewriter, op.getLoc(), adaptor.getResults().front());
      rewriter.replaceOpWithNewOp<scf::ConditionOp>(
          op, proceed, loop.getBefore().getArguments());
    } else {
      rewriter.replaceOpWithNewOp<scf::YieldOp>(op, adaptor.getResults());
    }
    return success();
  }
};

} // namespace

void quantc::populateStableHLOControlFlowPatterns(
    const TypeConverter &converter, RewritePatternSet &patterns) {
  patterns.add<CasePattern, IfPattern, ReturnPattern, WhilePattern>(
      converter, patterns.getContext());
}
