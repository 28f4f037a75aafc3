//===- X86Patterns.h - patterns that write x86 instructions -----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CODEGEN_CPU_X86PATTERNS_H
#define QUANTC_LIB_CODEGEN_CPU_X86PATTERNS_H

#include "PassTarget.h"

#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/WalkPatternRewriteDriver.h"

namespace quantc::cpu {

/// Applies a pattern that is made of the target; nothing on other processors
/// than x86. Fails, after an error, where the options name no target.
template <typename Pattern>
mlir::LogicalResult applyOnX86(mlir::Operation *op,
                               const TargetOptions &options) {
  mlir::FailureOr<Target> target = resolveTarget(op, options);
  if (failed(target))
    return mlir::failure();
  if (!target->isX86())
    return mlir::success();
  mlir::RewritePatternSet patterns(op->getContext());
  patterns.add<Pattern>(op->getContext(), *target);
  mlir::walkAndApplyPatterns(op, std::move(patterns));
  return mlir::success();
}

} // namespace quantc::cpu

#endif // QUANTC_LIB_CODEGEN_CPU_X86PATTERNS_H
