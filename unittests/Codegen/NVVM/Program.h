//===- Program.h - linalg text, run on the emulator -------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_UNITTESTS_CODEGEN_NVVM_PROGRAM_H
#define QUANTC_UNITTESTS_CODEGEN_NVVM_PROGRAM_H

#include "quantc/Emulator/CudaDriver.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/DenseMap.h"

namespace quantc::nvvm::test {

/// A compiled module; its function `main` is interpreted on the host, its
/// kernels run on the emulator.
class Program {
public:
  /// Goes through the pipeline qnn-to-nvvm; messages are in getMessages().
  explicit Program(llvm::StringRef text, llvm::StringRef chip = "sm_80");
  ~Program();
  Program(const Program &) = delete;
  Program &operator=(const Program &) = delete;

  bool isValid() const { return bool(module); }
  llvm::StringRef getMessages() const { return messages; }
  /// The text of the kernels; empty where there are none.
  llvm::StringRef getPTX() const { return ptx; }
  unsigned getNumLaunches();

  /// Device memory has exactly the sizes of the function's arguments, so that
  /// the emulator finds every access beyond. Returns what went wrong.
  std::string run(llvm::ArrayRef<const void *> inputs,
                  llvm::ArrayRef<void *> outputs,
                  llvm::StringRef emulatorOptions = "");

private:
  std::string interpret(mlir::Operation &op);
  CUdeviceptr allocate(size_t bytes, const void *data);

  std::unique_ptr<mlir::MLIRContext> context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::string messages, ptx;
  CUmodule image = nullptr;
  llvm::DenseMap<mlir::Value, CUdeviceptr> addresses;
  std::vector<CUdeviceptr> allocations;
};

} // namespace quantc::nvvm::test

#endif // QUANTC_UNITTESTS_CODEGEN_NVVM_PROGRAM_H
