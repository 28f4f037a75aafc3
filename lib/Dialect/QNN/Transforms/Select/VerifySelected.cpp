//===- VerifySelected.cpp - check the contract of qnn-select-scheme -------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Calibration/QuantizationParameters.h"
#include "quantc/Dialect/QNN/Transforms/Passes.h"
#include "quantc/Dialect/QNN/Transforms/SiteOperands.h"

#include "mlir/IR/BuiltinOps.h"

namespace quantc::qnn {
#define GEN_PASS_DEF_VERIFYSELECTEDPASS
#include "quantc/Dialect/QNN/Transforms/Passes.h.inc"
} // namespace quantc::qnn

using namespace mlir;
using namespace quantc::qnn;

static LogicalResult verifySite(Operation *site) {
  if (isExplicitlyQuantized(site))
    return success();
  auto scheme = site->getAttrOfType<SchemeAttr>(kSchemeAttrName);
  bool isFloat = site->hasAttr(kFloatReasonAttrName);
  if (!scheme && !isFloat)
    return site->emitOpError()
           << "expected a '" << kSchemeAttrName << "' or '"
           << kFloatReasonAttrName << "' attribute; run qnn-select-scheme";
  if (scheme && isFloat)
    return site->emitOpError()
           << "expected either '" << kSchemeAttrName << "' or '"
           << kFloatReasonAttrName << "', but got both";
  if (isFloat)
    return success();
  for (auto [operand, quantization] :
       {std::pair(0, scheme.getLhs()), std::pair(1, scheme.getRhs())}) {
    auto type = cast<RankedTensorType>(site->getOperand(operand).getType());
    if (failed(quantc::getParameterShape(quantization, type.getShape(),
                                         [&] { return site->emitOpError(); })))
      return failure();
  }
  return success();
}

namespace {
class VerifySelectedPass
    : public quantc::qnn::impl::VerifySelectedPassBase<VerifySelectedPass> {
public:
  using Base::Base;

  void runOnOperation() override {
    WalkResult result = getOperation().walk([](Operation *op) {
      return isSite(op) ? WalkResult(verifySite(op)) : WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
    markAllAnalysesPreserved();
  }
};
} // namespace
