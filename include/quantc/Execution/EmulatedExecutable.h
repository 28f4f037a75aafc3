//===- EmulatedExecutable.h - GPU kernels in this process -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_EXECUTION_EMULATEDEXECUTABLE_H
#define QUANTC_EXECUTION_EMULATEDEXECUTABLE_H

#include "quantc/Codegen/NVVM/Target.h"
#include "quantc/Execution/Signature.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/Error.h"
#include <memory>

struct CUmod_st;

namespace quantc {

/// A module lowered by qnn-to-nvvm: its kernels run on the PTX emulator, which
/// is part of this process, and its functions, straight lines of allocations,
/// views, copies and launches, are interpreted. For tests of generated code;
/// bundles run through the runtime.
class EmulatedExecutable {
public:
  /// Lowers a copy of `module`. Errors are diagnostics. `verifyEach`: the IR is
  /// verified after every pass, not only at the end.
  static mlir::FailureOr<std::unique_ptr<EmulatedExecutable>>
  compile(mlir::ModuleOp module, const nvvm::Target &target,
          bool verifyEach = true);

  ~EmulatedExecutable();

  /// Null where there is no such function.
  const EntryPoint *lookup(llvm::StringRef name) const;
  /// The kernels of one gpu.binary.
  struct Image {
    std::string name, ptx;
    CUmod_st *module = nullptr; ///< loaded when it is first needed
  };
  llvm::ArrayRef<Image> getImages() const { return images; }
  /// Other text for the kernels of an image: a mutant.
  void setPTX(size_t index, std::string text);
  mlir::ModuleOp getModule() { return *module; }

  /// One pointer for each input and output, in the order of the signature.
  /// `options` are the emulator's (docs/emulator.md). Every buffer is exactly
  /// as large as its tensor and holds noise before it is written, so that what
  /// a kernel reads beyond or too early shows. Fails with what the emulator
  /// found.
  llvm::Error run(const EntryPoint &entry, llvm::ArrayRef<const void *> inputs,
                  llvm::ArrayRef<void *> outputs, llvm::StringRef options = "");

private:
  EmulatedExecutable() = default;

  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::vector<EntryPoint> entries;
  std::vector<Image> images;
};

} // namespace quantc

#endif // QUANTC_EXECUTION_EMULATEDEXECUTABLE_H
