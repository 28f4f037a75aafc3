//===- Check.cpp - programs compiled, run and compared --------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Check.h"
#include "Emit.h"

#include "quantc/Dialect/QNN/IR/QNNDialect.h"
#include "quantc/Dialect/QNN/Transforms/Site.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "llvm/Support/CrashRecoveryContext.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>
#include <cstring>

using namespace mlir;
using namespace quantc;
using namespace quantc::check;

/// The name of the function of the program at a position of the module.
static std::string functionName(size_t position) {
  return "case_" + std::to_string(position);
}

//===----------------------------------------------------------------------===//
// Comparison
//===----------------------------------------------------------------------===//

/// Where and by how much a result is wrong, or nothing. All NaNs are the same.
static std::string compare(const Tensor &expected,
                           std::optional<Storage> storage, const char *actual) {
  std::string text;
  llvm::raw_string_ostream os(text);
  for (size_t i = 0; i < expected.floats.size(); ++i) {
    float value;
    std::memcpy(&value, actual + 4 * i, 4);
    if (std::memcmp(&expected.floats[i], &value, 4) == 0 ||
        (std::isnan(expected.floats[i]) && std::isnan(value)))
      continue;
    os << "element " << i << ": expected "
       << llvm::format("%.9g, but got %.9g", expected.floats[i], value);
    return text;
  }
  for (size_t i = 0; i < expected.integers.size(); ++i) {
    int64_t value = int8_t(actual[i]);
    if (storage == Storage::I16) {
      int16_t wide;
      std::memcpy(&wide, actual + 2 * i, 2);
      value = wide;
    }
    if (value == expected.integers[i])
      continue;
    os << "element " << i << ": expected " << expected.integers[i]
       << ", but got " << value;
    return text;
  }
  return text;
}

/// Runs one compiled program; the text of the failure, or nothing.
static std::string runProgram(const Program &program, Form form,
                              const std::string &name, Executable &executable) {
  const EntryPoint *entry = executable.lookup(name);
  if (!entry)
    return "expected a compiled function '" + name + "', but there is none";
  std::vector<Argument> arguments = argumentsOf(program);
  std::vector<const void *> inputs;
  for (const Argument &argument : arguments)
    inputs.push_back(argument.bytes.data());
  Tensor expected = Evaluator(program, form).result();
  size_t bytes = bytesOf(expected, program.result().storage).size();
  // A canary behind the result finds stores that leave it.
  constexpr char kCanary = 0x5A;
  std::vector<char> output(bytes + 64, kCanary);
  if (llvm::Error error = executable.run(*entry, inputs, {output.data()}))
    return llvm::toString(std::move(error));
  for (size_t i = bytes; i < output.size(); ++i)
    if (output[i] != kCanary)
      return "wrote behind the result";
  return compare(expected, program.result().storage, output.data());
}

//===----------------------------------------------------------------------===//
// Checker
//===----------------------------------------------------------------------===//

Checker::Checker(std::vector<Leg> legs) : legs(std::move(legs)) {
  registerCompilerDialects(registry);
  registry.insert<qnn::QNNDialect>();
}

/// Why a site of the function is still in float, or nothing.
static std::string findRefusal(func::FuncOp function) {
  std::string reason;
  function.walk([&](linalg::LinalgOp op) {
    if (!op->hasAttr(qnn::kSiteAttrName) ||
        !getElementTypeOrSelf(op->getOperand(0)).isF32())
      return;
    auto attribute = op->getAttrOfType<StringAttr>(qnn::kFloatReasonAttrName);
    reason = attribute ? attribute.str() : "no reason given";
  });
  return reason;
}

std::unique_ptr<Executable>
quantc::check::compileLeg(const Leg &leg, ModuleOp module,
                          function_ref<void(ModuleOp)> lowered) {
  PassManager manager(module.getContext(), ModuleOp::getOperationName());
  if (failed(parsePassPipeline(leg.pipeline, manager)) ||
      failed(manager.run(module)))
    return nullptr;
  if (lowered)
    lowered(module);
  CompileOptions options;
  options.optimizationLevel = leg.optimizationLevel;
  FailureOr<std::unique_ptr<Executable>> compiled =
      Executable::compile(module, {}, options);
  return succeeded(compiled) ? std::move(*compiled) : nullptr;
}

void Checker::checkLeg(const Leg &leg, ArrayRef<const Program *> programs,
                       ArrayRef<Outcome *> outcomes) {
  if (programs.empty())
    return;
  // Destroyed unless a crash has left it in no state for that.
  auto owned =
      std::make_unique<MLIRContext>(registry, MLIRContext::Threading::DISABLED);
  MLIRContext &context = *owned;
  std::string diagnostics;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    if (diagnostic.getSeverity() == DiagnosticSeverity::Error)
      diagnostics += diagnostic.str() + "; ";
    return success();
  });
  std::string text;
  for (auto [i, program] : llvm::enumerate(programs))
    text += emitFunction(*program, functionName(i));
  // What stays in float is not compiled.
  auto removeRefused = [&](ModuleOp module) {
    for (auto function :
         llvm::make_early_inc_range(module.getOps<func::FuncOp>())) {
      std::string reason = findRefusal(function);
      if (reason.empty())
        continue;
      size_t position;
      function.getName().substr(strlen("case_")).getAsInteger(10, position);
      *outcomes[position] = {Outcome::Refused, reason};
      function.erase();
    }
  };
  OwningOpRef<ModuleOp> module;
  std::unique_ptr<Executable> executable;
  // A crash of the compiler is a failure as any other; what it had allocated is
  // lost.
  llvm::CrashRecoveryContext recovery;
  if (!recovery.RunSafely([&] {
        module = parseSourceString<ModuleOp>(text, &context);
        if (module)
          executable = compileLeg(leg, *module, removeRefused);
      })) {
    diagnostics += "the compiler crashes";
    (void)module.release();
    (void)owned.release();
  }
  if (!executable && programs.size() > 1) {
    // One program spoils the module: find it by compiling each alone.
    for (auto [program, outcome] : llvm::zip_equal(programs, outcomes))
      if (outcome->status == Outcome::Agrees)
        checkLeg(leg, program, outcome);
    return;
  }
  for (size_t i = 0; i < programs.size(); ++i) {
    if (outcomes[i]->status != Outcome::Agrees)
      continue;
    std::string failure = executable ? runProgram(*programs[i], leg.form,
                                                  functionName(i), *executable)
                                     : "does not compile: " + diagnostics;
    if (!failure.empty())
      *outcomes[i] = {Outcome::Differs, leg.name + ": " + failure};
  }
}

std::vector<Outcome> Checker::check(ArrayRef<Program> programs, bool onlyLast) {
  std::vector<Outcome> outcomes(programs.size());
  for (const Leg &leg :
       onlyLast ? ArrayRef(legs).take_back() : ArrayRef(legs)) {
    std::vector<const Program *> remaining;
    std::vector<Outcome *> theirs;
    for (size_t i = 0; i < programs.size(); ++i)
      if (outcomes[i].status == Outcome::Agrees) {
        remaining.push_back(&programs[i]);
        theirs.push_back(&outcomes[i]);
      }
    checkLeg(leg, remaining, theirs);
  }
  return outcomes;
}
