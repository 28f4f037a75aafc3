//===- VerifyCalibrated.cpp - check the contract of calibration -----------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Dialect/QNN/IR/QNNOps.h"
#include "quantc/Dialect/QNN/Transforms/Passes.h"

#include "mlir/IR/BuiltinOps.h"

namespace quantc::qnn {
#define GEN_PASS_DEF_VERIFYCALIBRATEDPASS
#include "quantc/Dialect/QNN/Transforms/Passes.h.inc"
} // namespace quantc::qnn

using namespace mlir;
using namespace quantc::qnn;

namespace {
class VerifyCalibratedPass
    : public quantc::qnn::impl::VerifyCalibratedPassBase<VerifyCalibratedPass> {
public:
  using Base::Base;

  void runOnOperation() override {
    WalkResult result = getOperation().walk([](ObserveOp op) -> WalkResult {
      std::optional<StatisticsAttr> statistics = op.getStatistics();
      if (!statistics)
        return op.emitOpError()
               << "expected statistics of observer '" << op.getName()
               << "'; run quantc calibrate and qnn-apply-statistics";
      if (statistics->getCount() == 0)
        return op.emitOpError() << "expected observer '" << op.getName()
                                << "' to have seen finite values, but it saw "
                                << statistics->getNanCount() << " NaN and "
                                << statistics->getInfCount()
                                << " infinities; check the calibration data";
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
    markAllAnalysesPreserved();
  }
};
} // namespace
