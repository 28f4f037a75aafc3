//===- ExpandArith.cpp - arith operations without an LLVM counterpart -----===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// MLIR's arith-expand would also take maximumf and minimumf apart, into a
// comparison that knows no order of zeros. LLVM's own intrinsics have it.
//
//===----------------------------------------------------------------------===//

#include "quantc/Codegen/CPU/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Transforms/WalkPatternRewriteDriver.h"

namespace quantc::cpu {
#define GEN_PASS_DEF_CODEGENCPUEXPANDARITHPASS
#include "quantc/Codegen/CPU/Passes.h.inc"
} // namespace quantc::cpu

using namespace mlir;

namespace {
struct CodegenCPUExpandArithPass
    : quantc::cpu::impl::CodegenCPUExpandArithPassBase<
          CodegenCPUExpandArithPass> {
  using Base::Base;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    arith::populateCeilFloorDivExpandOpsPatterns(patterns);
    arith::populateExpandBFloat16Patterns(patterns);
    // None of them makes an op that has to be expanded.
    walkAndApplyPatterns(getOperation(), std::move(patterns));
  }
};
} // namespace
