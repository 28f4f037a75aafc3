//===- LowerStructured.cpp - linalg on buffers to kernels -----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Codegen/NVVM/Passes.h"

#include "ComputedPlaces.h"
#include "EmitGroup.h"
#include "quantc/Dialect/GPU/IR/GPUDialect.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace quantc::nvvm {
#define GEN_PASS_DEF_CODEGENNVVMLOWERSTRUCTUREDPASS
#include "quantc/Codegen/NVVM/Passes.h.inc"
} // namespace quantc::nvvm

using namespace mlir;

namespace {

/// The driver copies memory in one piece whose place it is told.
bool isContiguous(Value buffer) {
  auto type = cast<MemRefType>(buffer.getType());
  return !quantc::nvvm::hasComputedPlace(buffer) &&
         type.areTrailingDimsContiguous(type.getRank());
}

/// Copies of memory in one piece stay: the driver does them. The others are
/// kernels.
void generalizeCopy(memref::CopyOp copy) {
  auto from = cast<MemRefType>(copy.getSource().getType());
  if (isContiguous(copy.getSource()) && isContiguous(copy.getTarget()))
    return;
  OpBuilder builder(copy);
  AffineMap map = builder.getMultiDimIdentityMap(from.getRank());
  linalg::GenericOp::create(
      builder, copy.getLoc(), copy.getSource(), copy.getTarget(),
      ArrayRef<AffineMap>{map, map},
      SmallVector<utils::IteratorType>(from.getRank(),
                                       utils::IteratorType::parallel),
      [](OpBuilder &b, Location loc, ValueRange arguments) {
        linalg::YieldOp::create(b, loc, arguments.front());
      });
  copy.erase();
}

class CodegenNVVMLowerStructuredPass
    : public quantc::nvvm::impl::CodegenNVVMLowerStructuredPassBase<
          CodegenNVVMLowerStructuredPass> {
public:
  using Base::Base;

  void runOnOperation() override {
    func::FuncOp func = getOperation();
    SmallVector<Operation *> contractions;
    WalkResult placed = func.walk([&](Operation *op) {
      bool isContraction =
          isa_and_nonnull<quantc::nvvm::GPUDialect>(op->getDialect());
      if (isContraction)
        contractions.push_back(op);
      bool isWork = isContraction || isa<linalg::LinalgOp, memref::CopyOp>(op);
      return isWork && failed(quantc::nvvm::checkPlaces(op))
                 ? WalkResult::interrupt()
                 : WalkResult::advance();
    });
    if (placed.wasInterrupted())
      return signalPassFailure();
    llvm::for_each(contractions, quantc::nvvm::copyComputedPlaces);
    func.walk([](memref::CopyOp copy) {
      auto from = dyn_cast<MemRefType>(copy.getSource().getType());
      auto to = dyn_cast<MemRefType>(copy.getTarget().getType());
      if (from && to && from.hasStaticShape() && to.hasStaticShape())
        generalizeCopy(copy);
    });
    WalkResult checked = func.walk([](linalg::LinalgOp op) {
      if (failed(check(op)))
        return WalkResult::interrupt();
      return WalkResult::advance();
    });
    if (checked.wasInterrupted())
      return signalPassFailure();
    SmallVector<Block *> blocks;
    func.walk([&](Block *block) {
      if (!isa<linalg::LinalgOp>(block->getParentOp()) &&
          !block->getParentOp()->getParentOfType<linalg::LinalgOp>() &&
          !isa<gpu::LaunchOp>(block->getParentOp()))
        blocks.push_back(block);
    });
    unsigned count = 0;
    for (Block *block : blocks)
      for (quantc::nvvm::StructuredGroup &group :
           quantc::nvvm::formGroups(*block))
        quantc::nvvm::emitGroup(group, getKernelName(group, count++));
  }

private:
  /// "main_rows_64x128_3".
  std::string getKernelName(const quantc::nvvm::StructuredGroup &group,
                            unsigned index) {
    std::string name;
    llvm::raw_string_ostream stream(name);
    stream << getOperation().getName()
           << (group.usesWarps() ? "_rows_" : "_points_");
    llvm::interleave(group.domain, stream, "x");
    stream << "_" << index;
    return name;
  }

  static LogicalResult check(linalg::LinalgOp op) {
    if (!op.hasPureBufferSemantics())
      return op->emitOpError("expected operands in buffers, but got tensors");
    if (op.hasDynamicShape())
      return op->emitOpError(
          "expected a static shape in code for a GPU, but got a dynamic one");
    return success();
  }
};

} // namespace
