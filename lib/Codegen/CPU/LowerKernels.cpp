//===- LowerKernels.cpp - kernels as loops and vectors --------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelLowering.h"
#include "quantc/Codegen/CPU/Passes.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace quantc::cpu {
#define GEN_PASS_DEF_CODEGENCPULOWERKERNELSPASS
#include "quantc/Codegen/CPU/Passes.h.inc"
} // namespace quantc::cpu

using namespace mlir;
using namespace quantc::cpu;

namespace {

class CodegenCPULowerKernelsPass
    : public quantc::cpu::impl::CodegenCPULowerKernelsPassBase<
          CodegenCPULowerKernelsPass> {
public:
  using Base::Base;

  void runOnOperation() override {
    WalkResult result = getOperation().walk([&](Operation *op) {
      LogicalResult lowered = success();
      if (auto contract = dyn_cast<ContractOp>(op))
        lowered = lowerContract(contract, parallel);
      else if (auto pack = dyn_cast<PackOp>(op))
        lowered = lowerPack(pack, parallel);
      else
        return WalkResult::advance();
      if (failed(lowered))
        return WalkResult::interrupt();
      op->erase();
      return WalkResult::skip();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};

} // namespace
