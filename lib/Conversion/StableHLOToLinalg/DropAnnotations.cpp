//===- DropAnnotations.cpp - operations without a meaning on one device -===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Conversion/StableHLOToLinalg/StableHLOToLinalg.h"
#include "quantc/Dialect/StableHLO/IR/Shardy.h"
#include "quantc/Dialect/StableHLO/IR/StableHLO.h"

#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;
using namespace quantc;

static bool isShardyName(StringAttr name) {
  return name.getValue().starts_with("sdy.");
}

/// Removes attributes of the sdy dialect from the op, and from the arguments
/// and results of a function.
static void dropShardyAttributes(Operation *op) {
  auto drop = [](auto attributes, auto remove) {
    for (NamedAttribute attribute : llvm::to_vector(attributes))
      if (isShardyName(attribute.getName()))
        remove(attribute.getName());
  };
  drop(op->getDiscardableAttrs(),
       [&](StringAttr name) { op->removeDiscardableAttr(name); });
  auto function = dyn_cast<FunctionOpInterface>(op);
  if (!function)
    return;
  for (unsigned i = 0, e = function.getNumArguments(); i < e; ++i)
    drop(function.getArgAttrs(i),
         [&](StringAttr name) { function.removeArgAttr(i, name); });
  for (unsigned i = 0, e = function.getNumResults(); i < e; ++i)
    drop(function.getResultAttrs(i),
         [&](StringAttr name) { function.removeResultAttr(i, name); });
}

void quantc::dropAnnotations(ModuleOp module) {
  module.walk([](Operation *op) {
    dropShardyAttributes(op);
    if (isa<sdy::MeshOp>(op))
      return op->erase();
    if (isa<sdy::ShardingConstraintOp, stablehlo::OptimizationBarrierOp>(op)) {
      op->replaceAllUsesWith(op->getOperands());
      op->erase();
    }
  });
}
