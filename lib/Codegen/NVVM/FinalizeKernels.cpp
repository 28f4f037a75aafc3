//===- FinalizeKernels.cpp - dynamic shared memory of the launch ----------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Codegen/NVVM/Passes.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

namespace quantc::nvvm {
#define GEN_PASS_DEF_CODEGENNVVMFINALIZEKERNELSPASS
#include "quantc/Codegen/NVVM/Passes.h.inc"
} // namespace quantc::nvvm

using namespace mlir;

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
  }
};

} // namespace
