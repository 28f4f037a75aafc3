//===- ApplyStatistics.cpp - attach what observers saw --------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Calibration/ApplyStatistics.h"
#include "quantc/Dialect/QNN/IR/QNNDialect.h"
#include "quantc/Dialect/QNN/Transforms/Passes.h"

#include "mlir/IR/BuiltinOps.h"

namespace quantc::qnn {
#define GEN_PASS_DEF_QNNAPPLYSTATISTICSPASS
#include "quantc/Dialect/QNN/Transforms/Passes.h.inc"
} // namespace quantc::qnn

using namespace mlir;

namespace {
class QNNApplyStatisticsPass
    : public quantc::qnn::impl::QNNApplyStatisticsPassBase<
          QNNApplyStatisticsPass> {
public:
  using Base::Base;

  void runOnOperation() override {
    llvm::Expected<quantc::StatisticsFile> statistics =
        quantc::StatisticsFile::read(file);
    if (!statistics) {
      emitError(UnknownLoc::get(&getContext()))
          << llvm::toString(statistics.takeError());
      return signalPassFailure();
    }
    if (failed(quantc::applyStatistics(getOperation(), *statistics, file)))
      signalPassFailure();
  }
};
} // namespace
