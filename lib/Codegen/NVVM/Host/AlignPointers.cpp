//===- AlignPointers.cpp - the alignment of kernels' arguments ------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Codegen/NVVM/Host/Passes.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace quantc::nvvm {
#define GEN_PASS_DEF_CODEGENNVVMALIGNPOINTERSPASS
#include "quantc/Codegen/NVVM/Host/Passes.h.inc"
} // namespace quantc::nvvm

using namespace mlir;

namespace {
struct CodegenNVVMAlignPointersPass
    : quantc::nvvm::impl::CodegenNVVMAlignPointersPassBase<
          CodegenNVVMAlignPointersPass> {
  using Base::Base;

  void runOnOperation() override {
    // The widest access; what quantc_bundle_launch demands of a caller.
    auto alignment = Builder(&getContext()).getI64IntegerAttr(16);
    for (auto func : getOperation().getOps<LLVM::LLVMFuncOp>()) {
      if (!func->hasAttr(gpu::GPUDialect::getKernelFuncAttrName()))
        continue;
      for (auto [index, type] : llvm::enumerate(func.getArgumentTypes()))
        if (isa<LLVM::LLVMPointerType>(type))
          func.setArgAttr(index, LLVM::LLVMDialect::getAlignAttrName(),
                          alignment);
    }
  }
};
} // namespace
