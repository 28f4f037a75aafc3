//===- VerifyAnnotated.cpp - check the contract of qnn-annotate -----------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Dialect/QNN/Transforms/Passes.h"
#include "quantc/Dialect/QNN/Transforms/SiteOperands.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringMap.h"

namespace quantc::qnn {
#define GEN_PASS_DEF_VERIFYANNOTATEDPASS
#include "quantc/Dialect/QNN/Transforms/Passes.h.inc"
} // namespace quantc::qnn

using namespace mlir;
using namespace quantc::qnn;

/// Checks that `name` is the first of its kind.
static LogicalResult verifyUnique(Operation *op, StringRef kind, StringRef name,
                                  llvm::StringMap<Operation *> &seen) {
  auto [it, inserted] = seen.try_emplace(name, op);
  if (inserted)
    return success();
  InFlightDiagnostic error = op->emitOpError()
                             << "expected a unique " << kind
                             << " name, but got \"" << name << '"';
  error.attachNote(it->second->getLoc()) << "which names this op too";
  return error;
}

static LogicalResult verifyOperands(Operation *site) {
  if (isExplicitlyQuantized(site))
    return success();
  for (unsigned operand : {0, 1}) {
    Value value = site->getOperand(operand);
    if (isObservable(value) && !value.getDefiningOp<ObserveOp>())
      return site->emitOpError()
             << "expected operand " << operand
             << " to pass through qnn.observe; run qnn-annotate";
  }
  return success();
}

namespace {
class VerifyAnnotatedPass
    : public quantc::qnn::impl::VerifyAnnotatedPassBase<VerifyAnnotatedPass> {
public:
  using Base::Base;

  void runOnOperation() override {
    if (failed(verify()))
      signalPassFailure();
    markAllAnalysesPreserved();
  }

private:
  LogicalResult verify() {
    ModuleOp module = getOperation();
    if (!module->hasAttr(kFingerprintAttrName))
      return module->emitError()
             << "expected a '" << kFingerprintAttrName
             << "' attribute on the module; run qnn-annotate";
    llvm::StringMap<Operation *> sites, observers;
    WalkResult result = module.walk([&](Operation *op) -> WalkResult {
      if (auto observer = dyn_cast<ObserveOp>(op))
        return verifyUnique(op, "observer", observer.getName(), observers);
      if (!isSite(op))
        return WalkResult::advance();
      if (getSiteName(op).empty())
        return op->emitOpError() << "expected a '" << kSiteAttrName
                                 << "' attribute; run qnn-annotate";
      if (failed(verifyUnique(op, "site", getSiteName(op), sites)))
        return failure();
      return verifyOperands(op);
    });
    return failure(result.wasInterrupted());
  }
};
} // namespace
