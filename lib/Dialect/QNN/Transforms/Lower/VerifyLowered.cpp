//===- VerifyLowered.cpp - check the contract of qnn-lower-* --------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Dialect/QNN/Transforms/Passes.h"
#include "quantc/Dialect/QNN/Transforms/Site.h"

namespace quantc::qnn {
#define GEN_PASS_DEF_VERIFYLOWEREDPASS
#include "quantc/Dialect/QNN/Transforms/Passes.h.inc"
} // namespace quantc::qnn

using namespace mlir;
using namespace quantc::qnn;

namespace {

class VerifyLoweredPass
    : public quantc::qnn::impl::VerifyLoweredPassBase<VerifyLoweredPass> {
public:
  using Base::Base;

  void runOnOperation() override {
    WalkResult result = getOperation().walk([](Operation *op) -> WalkResult {
      return isSite(op) ? verifySite(cast<linalg::LinalgOp>(op)) : success();
    });
    if (result.wasInterrupted())
      signalPassFailure();
    markAllAnalysesPreserved();
  }

private:
  static LogicalResult verifySite(linalg::LinalgOp op) {
    auto isInteger = [](Value value) {
      return isa<IntegerType>(getElementTypeOrSelf(value));
    };
    auto isF8 = [](Value value) {
      Type type = getElementTypeOrSelf(value);
      return isa<FloatType>(type) && isStorageType(type);
    };
    bool integerInputs = llvm::all_of(op.getDpsInputs(), isInteger);
    bool f8Inputs = llvm::all_of(op.getDpsInputs(), isF8);
    if (!integerInputs && !f8Inputs && !op->hasAttr(kFloatReasonAttrName))
      return op->emitOpError()
             << "expected two operands of integers or two of f8, or a '"
             << kFloatReasonAttrName
             << "'; run qnn-lower-symmetric and qnn-lower-asymmetric";
    Type accumulator = getElementTypeOrSelf(op->getResult(0));
    if (integerInputs && !accumulator.isInteger(32) &&
        !accumulator.isInteger(64))
      return op->emitOpError()
             << "expected an accumulator of i32 or i64, but got "
             << accumulator;
    if (f8Inputs && !accumulator.isF32())
      return op->emitOpError()
             << "expected an accumulator of f32, but got " << accumulator;
    return success();
  }
};

} // namespace
