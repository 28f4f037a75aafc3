//===- VerifyNoZeroPointTraffic.cpp - check qnn-fuse-zero-points ----------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ConstantEvaluation.h"
#include "OperandSum.h"
#include "quantc/Dialect/QNN/Transforms/Passes.h"
#include "quantc/Dialect/QNN/Transforms/Site.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Remarks.h"

namespace quantc::qnn {
#define GEN_PASS_DEF_VERIFYNOZEROPOINTTRAFFICPASS
#include "quantc/Dialect/QNN/Transforms/Passes.h.inc"
} // namespace quantc::qnn

using namespace mlir;
using namespace quantc::qnn;

namespace {

class VerifyNoZeroPointTrafficPass
    : public quantc::qnn::impl::VerifyNoZeroPointTrafficPassBase<
          VerifyNoZeroPointTrafficPass> {
public:
  using Base::Base;

  void runOnOperation() override {
    getOperation()->walk([&](Operation *op) {
      std::optional<OperandSum> sum = matchOperandSum(op);
      if (sum && llvm::any_of(sum->getInput().getUsers(), isSite))
        verifySum(*sum);
    });
    markAllAnalysesPreserved();
  }

private:
  void verifySum(OperandSum sum) {
    Value operand = sum.getInput();
    if (auto bitcast = operand.getDefiningOp<tensor::BitcastOp>())
      operand = bitcast.getSource();
    bool isAvoidable =
        isEvaluable(operand) || (operand.getDefiningOp<QuantizeOp>() &&
                                 sum.getInputMap().isPermutation());
    if (isAvoidable) {
      sum.op->emitOpError() << "expected no pass over a whole operand for its "
                               "sums; run qnn-fuse-zero-points";
      return signalPassFailure();
    }
    remark::missed(
        sum.op.getLoc(),
        remark::RemarkOpts::name("ZeroPointTraffic").category(getArgument()))
        << remark::reason("the summed operand is not made by a quantize "
                          "operation, or only in part");
  }
};

} // namespace
