//===- FinalizeKernels.cpp - what a launch provides and is planned for ----===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Codegen/NVVM/Passes.h"
#include "quantc/Dialect/GPU/IR/GPUOps.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

namespace quantc::nvvm {
#define GEN_PASS_DEF_CODEGENNVVMFINALIZEKERNELSPASS
#include "quantc/Codegen/NVVM/Passes.h.inc"
} // namespace quantc::nvvm

using namespace mlir;
using namespace quantc::nvvm;

namespace {

class CodegenNVVMFinalizeKernelsPass
    : public quantc::nvvm::impl::CodegenNVVMFinalizeKernelsPassBase<
          CodegenNVVMFinalizeKernelsPass> {
public:
  using Base::Base;

  void runOnOperation() override {
    for (auto global : getOperation().getOps<LLVM::GlobalOp>()) {
      auto type = dyn_cast<LLVM::LLVMArrayType>(global.getGlobalType());
      if (global.getAddrSpace() == unsigned(NVVM::NVVMMemorySpace::Shared) &&
          type && type.getNumElements() == 0)
        global.setLinkage(LLVM::Linkage::External);
    }
    getOperation().walk([](OccupancyOp op) {
      Builder builder(op.getContext());
      op->getParentOfType<LLVM::LLVMFuncOp>()->setAttr(
          NVVM::NVVMDialect::getMinctasmAttrName(),
          builder.getI32IntegerAttr(int32_t(op.getCtas())));
      op.erase();
    });
  }
};

} // namespace
