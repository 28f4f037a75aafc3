//===- Check.cpp - programs compiled, run and compared --------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Check.h"
#include "Compare.h"
#include "Emit.h"

#include "quantc/Dialect/QNN/Transforms/Site.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/CrashRecoveryContext.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::check;

/// The name of the function of the program at a position of the module.
static std::string functionName(size_t position) {
  return "case_" + std::to_string(position);
}

/// Runs one compiled program; the text of the failure, or nothing.
static std::string runProgram(const Program &program, Form form,
                              const std::string &name, Compiled &executable) {
  const EntryPoint *entry = executable.lookup(name);
  if (!entry)
    return "expected a compiled function '" + name + "', but there is none";
  std::vector<Argument> arguments = argumentsOf(program);
  std::vector<const void *> inputs;
  for (const Argument &argument : arguments)
    inputs.push_back(argument.bytes.data());
  // A canary behind every result finds stores that leave it.
  constexpr char kCanary = 0x5A;
  constexpr size_t kCanaryBytes = 64;
  Evaluator evaluator(program, form);
  std::vector<std::string> lower, upper, actual;
  std::vector<void *> outputs;
  for (size_t index : program.results()) {
    const Tensor &expected = evaluator.evaluate(index);
    lower.push_back(bytesOf(expected, program.nodes[index].storage));
    upper.push_back(bytesOf(expected.upper(), program.nodes[index].storage));
    actual.emplace_back(lower.back().size() + kCanaryBytes, kCanary);
  }
  for (std::string &bytes : actual)
    outputs.push_back(bytes.data());
  if (llvm::Error error = executable.run(*entry, inputs, outputs))
    return llvm::toString(std::move(error));
  for (auto [i, index] : llvm::enumerate(program.results())) {
    size_t bytes = lower[i].size();
    if (actual[i].substr(bytes) != std::string(kCanaryBytes, kCanary))
      return "wrote behind the result";
    const std::optional<Storage> &storage = program.nodes[index].storage;
    size_t width = !storage ? 4 : *storage == Storage::I16 ? 2 : 1;
    std::string failure = compareElements(
        lower[i], upper[i], StringRef(actual[i]).take_front(bytes), !storage,
        width);
    if (!failure.empty())
      return failure;
  }
  return "";
}

//===----------------------------------------------------------------------===//
// Checker
//===----------------------------------------------------------------------===//

Checker::Checker(std::vector<Leg> legs) : legs(std::move(legs)) {
  registerLegDialects(registry);
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

/// Whether the function has sizes that are known at run time only: kernels for
/// a GPU are compiled for constant ones.
static bool isDynamic(func::FuncOp function) {
  return function
      .walk([](Operation *op) {
        return llvm::any_of(op->getResultTypes(),
                            [](Type type) {
                              auto shaped = dyn_cast<ShapedType>(type);
                              return shaped && !shaped.hasStaticShape();
                            })
                   ? WalkResult::interrupt()
                   : WalkResult::advance();
      })
      .wasInterrupted();
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
  ErrorCollector collector(context, diagnostics);
  std::string text;
  for (auto [i, program] : llvm::enumerate(programs))
    text += emitFunction(*program, functionName(i));
  // What stays in float is not compiled.
  auto removeRefused = [&](ModuleOp module) {
    for (auto function :
         llvm::make_early_inc_range(module.getOps<func::FuncOp>())) {
      std::string reason = findRefusal(function);
      if (reason.empty() && !leg.chip.empty() && isDynamic(function))
        reason = "sizes known at run time have no code for a GPU";
      if (reason.empty())
        continue;
      size_t position;
      function.getName().substr(strlen("case_")).getAsInteger(10, position);
      *outcomes[position] = {Outcome::Refused, reason};
      function.erase();
    }
  };
  OwningOpRef<ModuleOp> module;
  std::unique_ptr<Compiled> executable;
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
    Leg single = leg;
    single.verifyEach = true;
    for (auto [program, outcome] : llvm::zip_equal(programs, outcomes))
      if (outcome->status == Outcome::Agrees)
        checkLeg(single, program, outcome);
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
  for (const Leg &leg : onlyLast ? ArrayRef(legs).take_back() : ArrayRef(legs))
    for (Mode mode : {Mode::Float, Mode::FixedPoint, Mode::Shift}) {
      std::vector<const Program *> remaining;
      std::vector<Outcome *> theirs;
      for (size_t i = 0; i < programs.size(); ++i)
        if (outcomes[i].status == Outcome::Agrees && programs[i].mode == mode) {
          remaining.push_back(&programs[i]);
          theirs.push_back(&outcomes[i]);
        }
      checkLeg(leg.inMode(mode), remaining, theirs);
    }
  return outcomes;
}
