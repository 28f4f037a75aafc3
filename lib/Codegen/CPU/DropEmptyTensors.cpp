//===- DropEmptyTensors.cpp - compute nothing for no elements -------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Codegen/CPU/Passes.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace quantc::cpu {
#define GEN_PASS_DEF_CODEGENCPUDROPEMPTYTENSORSPASS
#include "quantc/Codegen/CPU/Passes.h.inc"
} // namespace quantc::cpu

using namespace mlir;

namespace {

bool hasNoElements(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && tensor.hasStaticShape() && tensor.getNumElements() == 0;
}

class CodegenCPUDropEmptyTensorsPass
    : public quantc::cpu::impl::CodegenCPUDropEmptyTensorsPassBase<
          CodegenCPUDropEmptyTensorsPass> {
public:
  using Base::Base;

  void runOnOperation() override {
    SmallVector<Operation *> computing;
    getOperation()->walk([&](Operation *op) {
      if (op->getNumResults() != 0 && !isa<tensor::EmptyOp>(op) &&
          !matchPattern(op, m_Constant()) && isMemoryEffectFree(op) &&
          llvm::all_of(op->getResultTypes(), hasNoElements))
        computing.push_back(op);
    });
    OpBuilder builder(&getContext());
    for (Operation *op : computing) {
      builder.setInsertionPoint(op);
      for (Value result : op->getResults()) {
        auto type = cast<RankedTensorType>(result.getType());
        result.replaceAllUsesWith(tensor::EmptyOp::create(
            builder, op->getLoc(), type.getShape(), type.getElementType()));
      }
    }
    // Users first: what is nested goes with the op around it.
    for (Operation *op : llvm::reverse(computing))
      op->erase();
  }
};

} // namespace
