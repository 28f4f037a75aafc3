//===- Check.h - programs compiled, run and compared ------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TOOLS_QUANT_CHECK_CHECK_H
#define QUANTC_TOOLS_QUANT_CHECK_CHECK_H

#include "Reference.h"

#include "quantc/Execution/Signature.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/Error.h"
#include <memory>

namespace quantc::check {

/// A way to lower programs, and the definition it has to meet.
struct Leg {
  std::string name;
  /// Passes between the quantized IR and code generation.
  std::string pipeline;
  Form form;
  unsigned optimizationLevel;
  /// Verify the IR after every pass and not only after each half: costs almost
  /// as much as the passes and says which one was wrong.
  bool verifyEach = false;
  /// NVIDIA chip (sm_80) whose kernels run on the emulator; empty: this
  /// machine.
  std::string chip = "";
  /// Of the emulator: how many schedules give the same result, without a
  /// report.
  unsigned schedules = 1;

  /// The same with qnn-fuse-epilogue in another mode.
  Leg inMode(Mode mode) const;
};

/// Code of a leg that can be called.
class Compiled {
public:
  virtual ~Compiled() = default;
  virtual const EntryPoint *lookup(llvm::StringRef name) const = 0;
  virtual llvm::Error run(const EntryPoint &entry,
                          llvm::ArrayRef<const void *> inputs,
                          llvm::ArrayRef<void *> outputs) = 0;
};

/// Appends the errors of a context to a text, for as long as it lives.
class ErrorCollector : public mlir::ScopedDiagnosticHandler {
public:
  ErrorCollector(mlir::MLIRContext &context, std::string &text);
};

/// What a leg needs in the context of its module.
void registerLegDialects(mlir::DialectRegistry &registry);

/// Lowers and compiles; null on an error, which is a diagnostic. `lowered` may
/// change the module between the two.
std::unique_ptr<Compiled>
compileLeg(const Leg &leg, mlir::ModuleOp module,
           llvm::function_ref<void(mlir::ModuleOp)> lowered = {});

struct Outcome {
  enum Status {
    Agrees,
    /// A site stays in float; `text` is the reason. Nothing is compared.
    Refused,
    Differs,
  };
  Status status = Agrees;
  /// What is wrong, with the leg's name.
  std::string text;
};

/// Compiles programs in one module for each leg.
class Checker {
public:
  explicit Checker(std::vector<Leg> legs);

  /// Takes the first legs away, down to the last one, where `onlyLast`.
  std::vector<Outcome> check(llvm::ArrayRef<Program> programs,
                             bool onlyLast = false);

private:
  void checkLeg(const Leg &leg, llvm::ArrayRef<const Program *> programs,
                llvm::ArrayRef<Outcome *> outcomes);

  std::vector<Leg> legs;
  mlir::DialectRegistry registry;
};

} // namespace quantc::check

#endif // QUANTC_TOOLS_QUANT_CHECK_CHECK_H
