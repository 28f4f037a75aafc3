//===- Compiler.h - modules to object code ----------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_EXECUTION_COMPILER_H
#define QUANTC_EXECUTION_COMPILER_H

#include "quantc/Codegen/CPU/Target.h"
#include "quantc/Execution/Signature.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/SmallVector.h"
#include <functional>

namespace llvm {
class Module;
} // namespace llvm

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace quantc {

/// An ELF object and what it exports. The same module, target and level give
/// the same bytes.
struct ObjectCode {
  llvm::SmallVector<char, 0> bytes;
  std::vector<EntryPoint> entries;

  const EntryPoint *lookup(llvm::StringRef name) const;
};

struct CompileOptions {
  /// LLVM's level, 0 to 3. The loops are vectors already: 3 takes several times
  /// as long as 2 and gains nothing. No level changes results.
  unsigned optimizationLevel = 2;
  /// Entry points can use the caller's threads. The results are the same.
  bool parallel = false;
  /// Verify the IR after every pass, which takes almost as long as the passes,
  /// and not only once after all of them.
  bool verifyEach = true;
  /// Called on the LLVM module before it is optimized, to add to it. Failure
  /// ends the compilation and is the callee's to report.
  std::function<mlir::LogicalResult(llvm::Module &, llvm::ArrayRef<EntryPoint>)>
      extend;
};

/// The dialects, interfaces and translations that compileModule needs in the
/// module's context.
void registerCompilerDialects(mlir::DialectRegistry &registry);

/// Runs qnn-to-cpu on a copy of `module` and compiles every public function.
/// What cannot be compiled is reported as a diagnostic.
mlir::FailureOr<ObjectCode> compileModule(mlir::ModuleOp module,
                                          const cpu::Target &target,
                                          const CompileOptions &options = {});

} // namespace quantc

#endif // QUANTC_EXECUTION_COMPILER_H
