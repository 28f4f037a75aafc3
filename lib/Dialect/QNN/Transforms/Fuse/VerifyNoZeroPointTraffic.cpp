//===- VerifyNoZeroPointTraffic.cpp - check qnn-fuse-zero-points ----------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Site/ConstantEvaluation.h"
#include "SumPath.h"
#include "quantc/Dialect/QNN/Transforms/Passes.h"

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
      if (sum && isSumOfOperand(*sum))
        verifySum(*sum);
    });
    markAllAnalysesPreserved();
  }

private:
  void verifySum(OperandSum sum) {
    if (isEvaluable(sum.getInput())) {
      sum.op->emitOpError() << "expected no pass over a constant for its sums; "
                               "run qnn-fuse-zero-points";
      return signalPassFailure();
    }
    SumPath path = findSumPath(sum);
    if (path.obstacle.empty()) {
      sum.op->emitOpError() << "expected no pass over a whole operand for its "
                               "sums; run qnn-fuse-sums";
      return signalPassFailure();
    }
    remark::missed(
        sum.op.getLoc(),
        remark::RemarkOpts::name("ZeroPointTraffic").category(getArgument()))
        << remark::reason("{0}", path.obstacle);
  }
};

} // namespace
