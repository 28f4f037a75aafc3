//===- ControlFlow.cpp - calls and regions to func and scf ----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Conversion/StableHLOToLinalg/StableHLOToLinalg.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Interfaces/CallInterfaces.h"

using namespace mlir;
using namespace quantc;

LogicalResult quantc::inlineCalls(ModuleOp module) {
  WalkResult result = module.walk([](CallOpInterface call) {
    call.emitError("unsupported operation '") << call->getName() << "'";
    return WalkResult::interrupt();
  });
  return failure(result.wasInterrupted());
}

void quantc::populateStableHLOControlFlowPatterns(const TypeConverter &,
                                                  RewritePatternSet &) {}
