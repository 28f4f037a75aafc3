//===- SelectScheme.cpp - a scheme for every site -------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SchemeSelection.h"
#include "quantc/Dialect/QNN/Transforms/Passes.h"
#include "quantc/Dialect/QNN/Transforms/SiteOperands.h"

#include "mlir/IR/BuiltinOps.h"

namespace quantc::qnn {
#define GEN_PASS_DEF_QNNSELECTSCHEMEPASS
#include "quantc/Dialect/QNN/Transforms/Passes.h.inc"
} // namespace quantc::qnn

using namespace mlir;
using namespace quantc;
using namespace quantc::qnn;

namespace {
class QNNSelectSchemePass
    : public quantc::qnn::impl::QNNSelectSchemePassBase<QNNSelectSchemePass> {
public:
  using Base::Base;

  void runOnOperation() override {
    llvm::Expected<Recipe> parsed = Recipe::read(recipe);
    if (!parsed) {
      emitError(UnknownLoc::get(&getContext()))
          << llvm::toString(parsed.takeError());
      return signalPassFailure();
    }
    SmallVector<linalg::LinalgOp> sites;
    getOperation().walk([&](linalg::LinalgOp op) {
      if (isSite(op) && !isExplicitlyQuantized(op))
        sites.push_back(op);
    });
    SchemeBudget budget;
    if (maxError > 0)
      budget.maxError = maxError;
    if (maxCost > 0)
      budget.maxCost = maxCost;
    budget.frontFile = pareto;
    budget.sensitivityFile = sensitivity;
    budget.candidate = candidate;
    if (failed(selectSchemes(getOperation(), sites, *parsed, budget)))
      signalPassFailure();
  }
};
} // namespace
