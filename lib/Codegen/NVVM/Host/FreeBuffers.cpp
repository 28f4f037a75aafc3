//===- FreeBuffers.cpp - buffers end behind their last use ----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Codegen/NVVM/Host/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

namespace quantc::nvvm {
#define GEN_PASS_DEF_CODEGENNVVMFREEBUFFERSPASS
#include "quantc/Codegen/NVVM/Host/Passes.h.inc"
} // namespace quantc::nvvm

using namespace mlir;

namespace {

/// The last op of the buffer's block that uses it or a view of it; null where
/// it is used elsewhere, returned or freed already.
Operation *findLastUse(memref::AllocOp alloc) {
  Operation *last = alloc;
  SmallVector<Value> aliases = {alloc.getResult()};
  while (!aliases.empty())
    for (Operation *user : aliases.pop_back_val().getUsers()) {
      Operation *inBlock = alloc->getBlock()->findAncestorOpInBlock(*user);
      if (!inBlock || isa<memref::DeallocOp>(user) ||
          user->hasTrait<OpTrait::IsTerminator>())
        return nullptr;
      if (isa<ViewLikeOpInterface>(user))
        llvm::append_range(aliases, user->getResults());
      if (last->isBeforeInBlock(inBlock))
        last = inBlock;
    }
  return last;
}

struct CodegenNVVMFreeBuffersPass
    : quantc::nvvm::impl::CodegenNVVMFreeBuffersPassBase<
          CodegenNVVMFreeBuffersPass> {
  using Base::Base;

  void runOnOperation() override {
    OpBuilder builder(&getContext());
    getOperation().walk([&](memref::AllocOp alloc) {
      Operation *last = findLastUse(alloc);
      if (!last)
        return;
      builder.setInsertionPointAfter(last);
      memref::DeallocOp::create(builder, alloc.getLoc(), alloc);
    });
  }
};

} // namespace
