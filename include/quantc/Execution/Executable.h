//===- Executable.h - compiled code in this process -------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_EXECUTION_EXECUTABLE_H
#define QUANTC_EXECUTION_EXECUTABLE_H

#include "quantc/Execution/Compiler.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Error.h"
#include <memory>
#include <vector>

struct quantc_threads;

namespace llvm::orc {
class LLJIT;
} // namespace llvm::orc

namespace quantc {

/// A function of this process that compiled code may call. Everything in a
/// symbol's name from the first '$' on is ignored when it is looked up, so that
/// one function can stand behind declarations of several types.
struct HostSymbol {
  std::string name;
  void *address;
};

/// Aligned memory, such as for what a call computes on its way.
class Workspace {
public:
  explicit Workspace(size_t bytes) : storage(bytes + kAlignment) {}

  void *getPointer();

private:
  static constexpr size_t kAlignment = 64;
  /// A cache line more than is needed, to align it.
  std::vector<char> storage;
};

/// Object code that is loaded and can be called. Not thread safe, because calls
/// share a workspace, but for those that bring their own.
class Executable {
public:
  static llvm::Expected<std::unique_ptr<Executable>>
  load(ObjectCode code, llvm::ArrayRef<HostSymbol> symbols = {});

  /// Compiles `module` for this machine and loads it. Errors are diagnostics.
  static mlir::FailureOr<std::unique_ptr<Executable>>
  compile(mlir::ModuleOp module, llvm::ArrayRef<HostSymbol> symbols = {},
          const CompileOptions &options = {});

  ~Executable();

  llvm::ArrayRef<EntryPoint> getEntries() const { return code.entries; }
  /// Null where there is no such function.
  const EntryPoint *lookup(llvm::StringRef name) const {
    return code.lookup(name);
  }

  /// What the largest entry needs.
  size_t getWorkspaceBytes() const;

  /// Runs of entries that were compiled for it share so many threads from now
  /// on; 1 by default. Fails where they cannot be started.
  llvm::Error setThreads(int64_t count);

  /// Calls `entry` with one pointer per input and output, in the order of its
  /// signature. Fails where a parameter has no data.
  llvm::Error run(const EntryPoint &entry, llvm::ArrayRef<const void *> inputs,
                  llvm::ArrayRef<void *> outputs);
  /// The same in memory of the caller, whose calls may overlap with others.
  llvm::Error run(const EntryPoint &entry, llvm::ArrayRef<const void *> inputs,
                  llvm::ArrayRef<void *> outputs, Workspace &own) const;
  /// The same with the parameters of the caller.
  llvm::Error run(const EntryPoint &entry,
                  llvm::ArrayRef<const void *> parameters,
                  llvm::ArrayRef<const void *> inputs,
                  llvm::ArrayRef<void *> outputs);

private:
  Executable(ObjectCode code, std::unique_ptr<llvm::orc::LLJIT> jit);
  llvm::Error call(const EntryPoint &entry,
                   llvm::ArrayRef<const void *> parameters,
                   llvm::ArrayRef<const void *> inputs,
                   llvm::ArrayRef<void *> outputs, Workspace &workspace) const;

  ObjectCode code;
  std::string linkErrors;
  std::unique_ptr<llvm::orc::LLJIT> jit;
  /// The function of each entry, with the caller's threads where it takes them.
  llvm::StringMap<void *> functions;
  std::unique_ptr<quantc_threads, void (*)(quantc_threads *)> threads;
  Workspace workspace;
};

} // namespace quantc

#endif // QUANTC_EXECUTION_EXECUTABLE_H
