//===- VerifyAnnotated.cpp - check the contract of qnn-annotate
//---------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Dialect/QNN/IR/QNNOps.h"
#include "quantc/Dialect/QNN/Transforms/Passes.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/StringMap.h"

namespace quantc::qnn {
#define GEN_PASS_DEF_VERIFYANNOTATEDPASS
#include "quantc/Dialect/QNN/Transforms/Passes.h.inc"
} // namespace quantc::qnn

using namespace mlir;

namespace {

class VerifyAnnotatedPass
    : public quantc::qnn::impl::VerifyAnnotatedPassBase<VerifyAnnotatedPass> {
public:
  using Base::Base;

  void runOnOperation() override {
    llvm::StringMap<Operation *> sites;
    WalkResult result = getOperation().walk([&](linalg::LinalgOp op) {
      if (!linalg::isaContractionOpInterface(op) &&
          !linalg::isaConvolutionOpInterface(op))
        return WalkResult::advance();
      return WalkResult(verifySite(op, sites));
    });
    if (result.wasInterrupted())
      signalPassFailure();
    markAllAnalysesPreserved();
  }

private:
  static LogicalResult verifySite(linalg::LinalgOp op,
                                  llvm::StringMap<Operation *> &sites) {
    auto name = op->getAttrOfType<StringAttr>(quantc::qnn::kSiteAttrName);
    if (!name)
      return op->emitOpError() << "expected a '" << quantc::qnn::kSiteAttrName
                               << "' attribute; run qnn-annotate";
    auto [it, inserted] = sites.try_emplace(name.getValue(), op);
    if (!inserted) {
      InFlightDiagnostic error =
          op->emitOpError() << "expected a unique site name, but got " << name;
      error.attachNote(it->second->getLoc()) << "which names this op too";
      return error;
    }
    for (OpOperand *operand : op.getDpsInputOperands()) {
      Value value = operand->get();
      if (!isa<FloatType>(getElementTypeOrSelf(value.getType())) ||
          matchPattern(value, m_Constant()))
        continue;
      if (!value.getDefiningOp<quantc::qnn::ObserveOp>())
        return op->emitOpError()
               << "expected operand " << operand->getOperandNumber()
               << " to pass through qnn.observe; run qnn-annotate";
    }
    return success();
  }
};

} // namespace
