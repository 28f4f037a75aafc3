//===- ToNVVM.h - the pipeline qnn-to-nvvm ----------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_PIPELINES_TONVVM_H
#define QUANTC_PIPELINES_TONVVM_H

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"

namespace quantc {

namespace nvvm {
class Target;
} // namespace nvvm

struct ToNVVMOptions : mlir::PassPipelineOptions<ToNVVMOptions> {
  Option<std::string> chip{*this, "chip",
                           llvm::cl::desc("sm_80, sm_86, sm_89 or sm_90"),
                           llvm::cl::init("sm_80")};
  Option<bool> ptx{*this, "ptx",
                   llvm::cl::desc("Go on to a gpu.binary with PTX text"),
                   llvm::cl::init(true)};
  Option<bool> plan{*this, "plan",
                    llvm::cl::desc("Turn the host's part into a plan"),
                    llvm::cl::init(false)};
};

/// linalg on tensors, with qnn ops, to host functions that launch kernels:
/// straight lines of memref.alloc, views and gpu.launch_func with static sizes.
/// The kernels are in `gpu.module @kernels`, in the LLVM dialect.
void buildToNVVMPipeline(mlir::OpPassManager &pm, const nvvm::Target &target);

/// The host functions become lists of steps on one arena.
void buildNVVMPlanPipeline(mlir::OpPassManager &pm);

/// The kernels' modules become gpu.binary ops that hold PTX text.
void buildNVVMToPTXPipeline(mlir::OpPassManager &pm);

/// Registers `--qnn-to-nvvm`.
void registerToNVVMPipeline();

} // namespace quantc

#endif // QUANTC_PIPELINES_TONVVM_H
