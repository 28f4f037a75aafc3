//===- SelectScheme.cpp - a scheme for every site -------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SchemeSelection.h"
#include "quantc/Dialect/QNN/Transforms/Passes.h"
#include "quantc/Dialect/QNN/Transforms/SiteOperands.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>

namespace quantc::qnn {
#define GEN_PASS_DEF_QNNSELECTSCHEMEPASS
#include "quantc/Dialect/QNN/Transforms/Passes.h.inc"
} // namespace quantc::qnn

using namespace mlir;
using namespace quantc;
using namespace quantc::qnn;

/// Warns of rules that no site follows: their names are mostly misspelled.
static void warnOfIdleRules(ArrayRef<linalg::LinalgOp> sites,
                            const Recipe &recipe) {
  SmallVector<StringRef> names;
  for (linalg::LinalgOp site : sites)
    names.push_back(getSiteName(site));
  for (const SiteRule *rule : recipe.getIdleRules(names)) {
    SmallVector<StringRef> nearest(names);
    auto distance = [&](StringRef name) {
      return std::pair(name.edit_distance(rule->name), name);
    };
    llvm::sort(nearest, [&](StringRef a, StringRef b) {
      return distance(a) < distance(b);
    });
    nearest.truncate(std::min<size_t>(nearest.size(), 3));
    InFlightDiagnostic diagnostic =
        emitWarning(recipe.getLoc(rule->position, sites.front()->getContext()));
    diagnostic << "expected the name of a site, or a pattern of names, but no "
                  "site is called '"
               << rule->name << "'; the nearest are ";
    llvm::interleaveComma(nearest, diagnostic, [&](StringRef name) {
      diagnostic << "'" << name << "'";
    });
  }
}

/// Whether `limit` is one: nothing, or a positive number.
static bool isLimit(double limit) { return limit >= 0 && std::isfinite(limit); }

namespace {
class QNNSelectSchemePass
    : public quantc::qnn::impl::QNNSelectSchemePassBase<QNNSelectSchemePass> {
public:
  using Base::Base;

  void runOnOperation() override {
    FailureOr<Recipe> parsed = Recipe::read(recipe, &getContext());
    if (failed(parsed))
      return signalPassFailure();
    SmallVector<linalg::LinalgOp> sites;
    getOperation().walk([&](linalg::LinalgOp op) {
      if (isSite(op) && (!isExplicitlyQuantized(op) || isHalfQuantized(op)))
        sites.push_back(op);
    });
    if (!sites.empty())
      warnOfIdleRules(sites, *parsed);
    if (!isLimit(maxError) || !isLimit(maxCost) ||
        (maxError > 0 && maxCost > 0)) {
      emitError(UnknownLoc::get(&getContext()))
          << "expected a positive max-error or max-cost, but got "
          << llvm::formatv("{0} and {1}", double(maxError), double(maxCost))
                 .str();
      return signalPassFailure();
    }
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
