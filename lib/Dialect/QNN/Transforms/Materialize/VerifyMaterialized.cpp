//===- VerifyMaterialized.cpp - check the contract of qnn-materialize -----===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Dialect/QNN/Transforms/Passes.h"
#include "quantc/Dialect/QNN/Transforms/SiteOperands.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace quantc::qnn {
#define GEN_PASS_DEF_VERIFYMATERIALIZEDPASS
#include "quantc/Dialect/QNN/Transforms/Passes.h.inc"
} // namespace quantc::qnn

using namespace mlir;
using namespace quantc::qnn;

namespace {

class VerifyMaterializedPass
    : public quantc::qnn::impl::VerifyMaterializedPassBase<
          VerifyMaterializedPass> {
public:
  using Base::Base;

  void runOnOperation() override {
    WalkResult result = getOperation().walk([](Operation *op) -> WalkResult {
      if (isa<ObserveOp>(op))
        return op->emitOpError()
               << "expected no observer any more; run qnn-materialize";
      return isSite(op) ? verifySite(cast<linalg::LinalgOp>(op)) : success();
    });
    if (result.wasInterrupted())
      signalPassFailure();
    markAllAnalysesPreserved();
  }

private:
  static LogicalResult verifySite(linalg::LinalgOp op) {
    if (op->hasAttr(kFloatReasonAttrName) ||
        (!op->hasAttr(kSchemeAttrName) && isExplicitlyQuantized(op)))
      return success();
    for (OpOperand *operand : op.getDpsInputOperands()) {
      Value value = operand->get();
      if (auto pad = value.getDefiningOp<tensor::PadOp>())
        value = pad.getSource();
      if (!isa<IntegerType>(getElementTypeOrSelf(value)) &&
          !value.getDefiningOp<DequantizeOp>())
        return op->emitOpError()
               << "expected operand " << operand->getOperandNumber()
               << " to be dequantized, or a '" << kFloatReasonAttrName
               << "'; run qnn-materialize";
    }
    return success();
  }
};

} // namespace
