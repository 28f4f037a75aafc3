//===- quant-check.cpp - lowered and executed against the reference
//---------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Draws random quantized contractions and convolutions, lowers them with the
// passes, compiles and runs them, and compares every result bit for bit with
// the reference evaluator.

#include "Case.h"
#include "Reference.h"

#include "quantc/Dialect/QNN/IR/QNNDialect.h"
#include "quantc/Dialect/QNN/Transforms/Passes.h"
#include "quantc/Execution/Executable.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/raw_ostream.h"
#include <cstring>

using namespace mlir;
using namespace quantc;
namespace cl = llvm::cl;

/// Keeps LLVM's own options out of --help.
static cl::OptionCategory category("options of quant-check");

static cl::opt<uint64_t> firstSeed("first-seed", cl::cat(category),
                                   cl::desc("seed of the first case"),
                                   cl::init(0));
static cl::opt<uint64_t> numCases("cases", cl::cat(category),
                                  cl::desc("number of cases"), cl::init(2000));
static cl::opt<uint64_t> batchSize("batch", cl::cat(category),
                                   cl::desc("cases compiled together"),
                                   cl::init(25));
// Level 1 gives the same floating point as 3 in a fraction of the time.
static cl::opt<unsigned>
    optimizationLevel("opt-level", cl::cat(category),
                      cl::desc("LLVM's optimization level"), cl::init(1));
static cl::opt<bool>
    printOnly("print", cl::cat(category),
              cl::desc("print the cases as self-contained modules"));
static cl::opt<std::string> failureFolder("failures", cl::cat(category),
                                          cl::desc("folder for failing cases"),
                                          cl::value_desc("folder"),
                                          cl::init("."));
static cl::opt<std::string>
    pipeline("pipeline", cl::cat(category),
             cl::desc("passes between the quantized IR and code generation"),
             cl::init("qnn-lower-symmetric,qnn-lower-asymmetric,qnn-fuse-zero-"
                      "points,qnn-fuse-epilogue"));

namespace {

/// The name of a case's function.
std::string functionName(const check::Case &c) {
  return "case_" + std::to_string(c.seed);
}

const void *inputData(const check::Operand &operand) {
  return operand.floats.empty()
             ? static_cast<const void *>(operand.values.data())
             : operand.floats.data();
}

/// Index of the first difference in bits, or -1. All NaNs are the same.
int64_t firstDifference(const check::Result &expected,
                        const std::vector<char> &actual) {
  for (size_t i = 0; i < expected.integers.size(); ++i)
    if (expected.integers[i] != int8_t(actual[i]))
      return i;
  for (size_t i = 0; i < expected.floats.size(); ++i)
    if (std::memcmp(&expected.floats[i], &actual[4 * i], 4) != 0)
      return i;
  return -1;
}

/// Where and by how much the result of `c` is wrong, or nothing.
std::string compare(const check::Case &c, const check::Result &expected,
                    const std::vector<char> &actual) {
  int64_t position = firstDifference(expected, actual);
  if (position < 0)
    return "";
  std::string text;
  llvm::raw_string_ostream os(text);
  os << "element " << position << ": expected ";
  if (!expected.integers.empty()) {
    os << int(expected.integers[position]) << ", but got "
       << int(actual[position]);
  } else {
    float value;
    std::memcpy(&value, &actual[4 * position], 4);
    os << llvm::format("%.9g, but got %.9g", expected.floats[position], value);
  }
  return text;
}

/// Runs one compiled case; the text of the failure, or nothing.
std::string runCase(const check::Case &c, Executable &executable) {
  const EntryPoint *entry = executable.lookup(functionName(c));
  if (!entry)
    return "expected a compiled function '" + functionName(c) +
           "', but there is none";
  std::vector<const void *> inputs;
  for (const check::Operand *operand : {&c.lhs, &c.rhs})
    if (!operand->constant)
      inputs.push_back(inputData(*operand));
  check::Result expected = check::evaluate(c);
  size_t bytes = expected.integers.size() + 4 * expected.floats.size();
  // A canary behind the result finds stores that leave it.
  constexpr char kCanary = 0x5A;
  std::vector<char> output(bytes + 64, kCanary);
  if (llvm::Error error = executable.run(*entry, inputs, {output.data()}))
    return llvm::toString(std::move(error));
  for (size_t i = bytes; i < output.size(); ++i)
    if (output[i] != kCanary)
      return "wrote behind the result";
  return compare(c, expected, output);
}

class Driver {
public:
  Driver() {
    registerCompilerDialects(registry);
    registry.insert<qnn::QNNDialect>();
  }

  /// Compiles and runs the cases; reports each failure.
  void run(ArrayRef<check::Case> cases) {
    MLIRContext context(registry);
    // Diagnostics name the function; which case it was is printed below.
    std::string diagnostics;
    ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
      diagnostics += diagnostic.str() + "\n";
      return success();
    });
    std::string text;
    for (const check::Case &c : cases)
      text += check::emitFunction(c, functionName(c));
    std::unique_ptr<Executable> executable = compile(context, text);
    if (!executable && cases.size() > 1) {
      // One case spoils the module: find it by compiling each alone.
      for (const check::Case &c : cases)
        run(c);
      return;
    }
    for (const check::Case &c : cases)
      report(c, executable ? runCase(c, *executable)
                           : "does not compile: " + diagnostics);
  }

  uint64_t failed = 0, passed = 0;

private:
  static std::unique_ptr<Executable> compile(MLIRContext &context,
                                             StringRef text) {
    OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, &context);
    if (!module)
      return nullptr;
    PassManager manager(&context, ModuleOp::getOperationName());
    if (mlir::failed(parsePassPipeline(pipeline, manager)) ||
        mlir::failed(manager.run(*module)))
      return nullptr;
    CompileOptions options;
    options.optimizationLevel = optimizationLevel;
    FailureOr<std::unique_ptr<Executable>> executable =
        Executable::compile(*module, {}, options);
    return succeeded(executable) ? std::move(*executable) : nullptr;
  }

  void report(const check::Case &c, const std::string &failure) {
    if (failure.empty()) {
      ++passed;
      return;
    }
    ++failed;
    std::string path =
        failureFolder + "/quant-check-" + std::to_string(c.seed) + ".mlir";
    std::error_code error;
    llvm::raw_fd_ostream file(path, error);
    if (!error)
      file << check::emitSelfContained(c);
    llvm::outs() << "failed: " << c.describe() << "\n  " << failure << "\n  "
                 << (error ? "cannot write " + path : "reproduce with " + path)
                 << "\n";
  }

  DialectRegistry registry;
};

} // namespace

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  qnn::registerQNNPasses();
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(
      argc, argv,
      "Compares lowered and executed quantized contractions and convolutions "
      "bit for bit with an\n"
      "exact reference. Exit code 0 when all cases agree, else 1.\n");
  if (printOnly) {
    for (uint64_t seed = firstSeed; seed < firstSeed + numCases; ++seed)
      llvm::outs() << check::emitSelfContained(check::makeCase(seed))
                   << "\n// -----\n\n";
    return 0;
  }
  // A misspelt pass is the caller's mistake, not every case's.
  OpPassManager check(ModuleOp::getOperationName());
  if (mlir::failed(parsePassPipeline(pipeline, check, llvm::errs())))
    return 1;
  Driver driver;
  bool terminal = llvm::sys::Process::StandardErrIsDisplayed();
  for (uint64_t seed = firstSeed; seed < firstSeed + numCases;
       seed += batchSize) {
    std::vector<check::Case> cases;
    for (uint64_t i = seed;
         i < std::min(seed + batchSize, firstSeed + numCases); ++i)
      cases.push_back(check::makeCase(i));
    driver.run(cases);
    if (terminal)
      llvm::errs() << "\r" << driver.passed + driver.failed << " of "
                   << numCases << " cases";
  }
  if (terminal)
    llvm::errs() << "\n";
  llvm::outs() << driver.passed << " cases agree bit for bit, " << driver.failed
               << " do not\n";
  return driver.failed ? 1 : 0;
}
