//===- PlanMemory.cpp - one workspace for all buffers ---------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Codegen/CPU/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/Support/MathExtras.h"

namespace quantc::cpu {
#define GEN_PASS_DEF_CODEGENCPUPLANMEMORYPASS
#include "quantc/Codegen/CPU/Passes.h.inc"
} // namespace quantc::cpu

using namespace mlir;

namespace {

/// A buffer that lives from its allocation to its deallocation in the order of
/// the operations. Both stand in one block, so every iteration of a loop begins
/// and ends the lives of the buffers inside.
struct Buffer {
  memref::AllocOp alloc;
  memref::DeallocOp dealloc;
  int64_t first, last;
  int64_t bytes;
  int64_t offset = 0;

  bool livesWith(const Buffer &other) const {
    return first <= other.last && other.first <= last;
  }
};

int64_t countBytes(MemRefType type, int64_t alignment) {
  Type element = type.getElementType();
  int64_t bits = element.isIndex() ? 64 : element.getIntOrFloatBitWidth();
  return llvm::alignTo(type.getNumElements() * llvm::divideCeil(bits, 8),
                       alignment);
}

memref::DeallocOp findDealloc(memref::AllocOp alloc) {
  memref::DeallocOp found;
  for (Operation *user : alloc->getUsers())
    if (auto dealloc = dyn_cast<memref::DeallocOp>(user)) {
      if (found || dealloc->getBlock() != alloc->getBlock())
        return nullptr;
      found = dealloc;
    }
  return found;
}

/// Buffers of parallel loops have several lives at once.
bool isInParallelLoop(Operation *op) {
  for (; op; op = op->getParentOp())
    if (isa<scf::ForallOp, scf::ParallelOp>(op))
      return true;
  return false;
}

std::vector<Buffer> collectBuffers(func::FuncOp func, int64_t alignment) {
  DenseMap<Operation *, int64_t> order;
  std::vector<Buffer> buffers;
  func.walk<WalkOrder::PreOrder>(
      [&](Operation *op) { order.insert({op, order.size()}); });
  func.walk<WalkOrder::PreOrder>([&](memref::AllocOp alloc) {
    memref::DeallocOp dealloc = findDealloc(alloc);
    MemRefType type = alloc.getType();
    if (!dealloc || !type.hasStaticShape() || !type.getLayout().isIdentity() ||
        isInParallelLoop(alloc))
      return;
    buffers.push_back({alloc, dealloc, order[alloc], order[dealloc],
                       countBytes(type, alignment)});
  });
  return buffers;
}

/// Places the largest buffers first, each at the lowest offset where nothing
/// lies that lives at the same time. Returns the size of the whole.
int64_t placeBuffers(MutableArrayRef<Buffer> buffers) {
  SmallVector<Buffer *> bySize;
  for (Buffer &buffer : buffers)
    bySize.push_back(&buffer);
  llvm::sort(bySize, [](const Buffer *a, const Buffer *b) {
    return std::tuple(-a->bytes, a->first) < std::tuple(-b->bytes, b->first);
  });
  SmallVector<Buffer *> placed; // By offset.
  int64_t total = 0;
  for (Buffer *buffer : bySize) {
    for (Buffer *other : placed)
      if (buffer->livesWith(*other) &&
          buffer->offset < other->offset + other->bytes &&
          other->offset < buffer->offset + buffer->bytes)
        buffer->offset = other->offset + other->bytes;
    placed.insert(llvm::upper_bound(placed, buffer,
                                    [](const Buffer *a, const Buffer *b) {
                                      return a->offset < b->offset;
                                    }),
                  buffer);
    total = std::max(total, buffer->offset + buffer->bytes);
  }
  return total;
}

class CodegenCPUPlanMemoryPass
    : public quantc::cpu::impl::CodegenCPUPlanMemoryPassBase<
          CodegenCPUPlanMemoryPass> {
public:
  using Base::Base;

  void runOnOperation() override {
    // An entry that is called has no workspace to pass on.
    SymbolTableCollection symbols;
    SymbolUserMap users(symbols, getOperation());
    for (auto func : getOperation().getOps<func::FuncOp>())
      if (func->hasAttr("qnn.signature") && !func.isExternal() &&
          users.useEmpty(func))
        plan(func);
  }

private:
  void plan(func::FuncOp func) {
    std::vector<Buffer> buffers = collectBuffers(func, alignment);
    int64_t total = placeBuffers(buffers);
    if (total == 0)
      return;
    OpBuilder builder(func.getContext());
    auto type = MemRefType::get(total, builder.getI8Type());
    unsigned index = func.getNumArguments();
    (void)func.insertArgument(index, type, {}, func.getLoc());
    func->setAttr("qnn.workspace_bytes", builder.getI64IntegerAttr(total));
    for (Buffer &buffer : buffers) {
      builder.setInsertionPoint(buffer.alloc);
      Location loc = buffer.alloc.getLoc();
      Value offset =
          arith::ConstantIndexOp::create(builder, loc, buffer.offset);
      Value view =
          memref::ViewOp::create(builder, loc, buffer.alloc.getType(),
                                 func.getArgument(index), offset, ValueRange());
      buffer.dealloc.erase();
      buffer.alloc.getResult().replaceAllUsesWith(view);
      buffer.alloc.erase();
    }
  }
};

} // namespace
