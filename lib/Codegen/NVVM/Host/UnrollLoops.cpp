//===- UnrollLoops.cpp - loops of the host to straight lines --------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Codegen/NVVM/Host/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SCF/Utils/Utils.h"

namespace quantc::nvvm {
#define GEN_PASS_DEF_CODEGENNVVMUNROLLLOOPSPASS
#include "quantc/Codegen/NVVM/Host/Passes.h.inc"
} // namespace quantc::nvvm

using namespace mlir;

namespace {
struct CodegenNVVMUnrollLoopsPass
    : quantc::nvvm::impl::CodegenNVVMUnrollLoopsPassBase<
          CodegenNVVMUnrollLoopsPass> {
  using Base::Base;

  void runOnOperation() override {
    // Inner loops first: their trips count as often as the outer one has them.
    SmallVector<scf::ForOp> loops;
    getOperation().walk([&](scf::ForOp loop) {
      if (!loop->getParentOfType<linalg::LinalgOp>())
        loops.push_back(loop);
    });
    for (scf::ForOp loop : loops) {
      std::optional<APInt> trips = loop.getStaticTripCount();
      if (trips && trips->ule(maxTrips) && !trips->isZero())
        (void)loopUnrollFull(loop);
    }
  }
};
} // namespace
