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

/// The widest access; what quantc_bundle_launch demands of a caller.
static constexpr int64_t kAlignment = 16;

/// The largest alignment that divides the size: LLVM takes an aligned access
/// for one that cannot fault, and may make it wider than what is asked for, but
/// never crosses the end of such a buffer.
static std::optional<int64_t> getAlignment(MemRefType type) {
  if (!type.hasStaticShape() || !type.getLayout().isIdentity() ||
      !type.getElementType().isIntOrFloat())
    return std::nullopt;
  int64_t bytes = type.getNumElements() *
                  llvm::divideCeil(type.getElementTypeBitWidth(), 8);
  return bytes == 0 ? kAlignment : std::min(kAlignment, bytes & -bytes);
}

namespace {
struct CodegenNVVMAlignPointersPass
    : quantc::nvvm::impl::CodegenNVVMAlignPointersPassBase<
          CodegenNVVMAlignPointersPass> {
  using Base::Base;

  void runOnOperation() override {
    Builder builder(&getContext());
    for (auto func : getOperation().getOps<gpu::GPUFuncOp>()) {
      if (!func.isKernel())
        continue;
      for (auto [index, type] : llvm::enumerate(func.getArgumentTypes()))
        if (auto buffer = dyn_cast<MemRefType>(type))
          if (std::optional<int64_t> alignment = getAlignment(buffer))
            func.setArgAttr(index, LLVM::LLVMDialect::getAlignAttrName(),
                            builder.getI64IntegerAttr(*alignment));
    }
  }
};
} // namespace
