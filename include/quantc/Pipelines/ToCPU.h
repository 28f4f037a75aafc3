//===- ToCPU.h - the pipeline qnn-to-cpu ------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_PIPELINES_TOCPU_H
#define QUANTC_PIPELINES_TOCPU_H

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"

namespace quantc {

namespace cpu {
class Target;
} // namespace cpu

struct ToCPUOptions : mlir::PassPipelineOptions<ToCPUOptions> {
  Option<std::string> triple{
      *this, "triple",
      llvm::cl::desc("Target triple; the host's where it is empty")};
  Option<std::string> cpu{
      *this, "cpu", llvm::cl::desc("Processor as LLVM names it, or 'host'"),
      llvm::cl::init("x86-64")};
  Option<std::string> features{
      *this, "features",
      llvm::cl::desc(
          "Comma-separated +feature and -feature on top of the cpu")};
  Option<bool> parallel{
      *this, "parallel",
      llvm::cl::desc("Share loops among the caller's threads"),
      llvm::cl::init(false)};
};

/// linalg on tensors, with qnn ops, to the LLVM dialect for `target`. Public
/// functions become entry points (see codegen-cpu-emit-entry). `parallel`: they
/// can use the caller's threads, with the same results.
void buildToCPUPipeline(mlir::OpPassManager &pm, const cpu::Target &target,
                        bool parallel = false);

/// Registers `--qnn-to-cpu`.
void registerToCPUPipeline();

} // namespace quantc

#endif // QUANTC_PIPELINES_TOCPU_H
