//===- LowerSymmetric.cpp - integer form of symmetric sites ---------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "QuantizedSite.h"
#include "Terms.h"
#include "quantc/Dialect/QNN/Transforms/Passes.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace quantc::qnn {
#define GEN_PASS_DEF_QNNLOWERSYMMETRICPASS
#include "quantc/Dialect/QNN/Transforms/Passes.h.inc"
} // namespace quantc::qnn

using namespace mlir;
using namespace quantc::qnn;

namespace {

class QNNLowerSymmetricPass
    : public quantc::qnn::impl::QNNLowerSymmetricPassBase<
          QNNLowerSymmetricPass> {
public:
  using Base::Base;

  void runOnOperation() override {
    auto select = [](const QuantizedSite &site) { return site.isSymmetric(); };
    if (failed(
            lowerSites(getOperation(), getArgument(), overflow, select, lower)))
      signalPassFailure();
  }

private:
  static void lower(RewriterBase &rewriter, const AccumulatedSite &site) {
    auto noCorrection = [](OpBuilder &, std::array<Value, 2>,
                           Value accumulator) { return accumulator; };
    linalg::LinalgOp integer = lowerSite(rewriter, site, noCorrection);
    setTerm(integer, kRowSumTerm, "absent: rhs symmetric");
    setTerm(integer, kColumnSumTerm, "absent: lhs symmetric");
    setTerm(integer, kConstantTerm, "absent");
  }
};

} // namespace
