//===- Legs.cpp - programs compiled for a machine or a GPU ----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Check.h"

#include "quantc/Dialect/QNN/IR/QNNDialect.h"
#include "quantc/Execution/Compiler.h"
#include "quantc/Execution/EmulatedExecutable.h"
#include "quantc/Execution/Executable.h"

#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::check;

namespace {

class HostCode : public Compiled {
public:
  explicit HostCode(std::unique_ptr<Executable> code) : code(std::move(code)) {}
  const EntryPoint *lookup(StringRef name) const override {
    return code->lookup(name);
  }
  llvm::Error run(const EntryPoint &entry, ArrayRef<const void *> inputs,
                  ArrayRef<void *> outputs) override {
    return code->run(entry, inputs, outputs);
  }

private:
  std::unique_ptr<Executable> code;
};

class EmulatedCode : public Compiled {
public:
  EmulatedCode(std::unique_ptr<EmulatedExecutable> code, unsigned schedules)
      : code(std::move(code)), schedules(schedules) {}
  const EntryPoint *lookup(StringRef name) const override {
    return code->lookup(name);
  }
  /// Asynchronous operations late, which finds most; then at random.
  llvm::Error run(const EntryPoint &entry, ArrayRef<const void *> inputs,
                  ArrayRef<void *> outputs) override {
    std::vector<std::vector<char>> first;
    for (unsigned seed = 0; seed < schedules; ++seed) {
      std::string options =
          seed ? "order=random,async=random,seed=" + std::to_string(seed) : "";
      if (llvm::Error error = code->run(entry, inputs, outputs, options))
        return error;
      std::vector<std::vector<char>> results;
      for (auto [spec, output] : llvm::zip_equal(entry.outputs, outputs)) {
        auto *bytes = static_cast<const char *>(output);
        results.emplace_back(bytes, bytes + spec.getBytes());
      }
      if (seed == 0)
        first = results;
      else if (results != first)
        return llvm::createStringError("another result with " + options);
    }
    return llvm::Error::success();
  }

private:
  std::unique_ptr<EmulatedExecutable> code;
  unsigned schedules;
};

} // namespace

ErrorCollector::ErrorCollector(MLIRContext &context, std::string &text)
    : ScopedDiagnosticHandler(&context, [&text](Diagnostic &diagnostic) {
        if (diagnostic.getSeverity() == DiagnosticSeverity::Error)
          text += diagnostic.str() + "; ";
        return success();
      }) {}

void quantc::check::registerLegDialects(DialectRegistry &registry) {
  registerCompilerDialects(registry);
  registry.insert<qnn::QNNDialect>();
}

Leg Leg::inMode(Mode mode) const {
  Leg result = *this;
  StringRef pass = "qnn-fuse-epilogue";
  size_t at = pipeline.find(pass.str());
  if (mode != Mode::Float && at != std::string::npos)
    result.pipeline.insert(at + pass.size(),
                           std::string("{requantize=") + modeName(mode) + "}");
  return result;
}

std::unique_ptr<Compiled>
quantc::check::compileLeg(const Leg &leg, ModuleOp module,
                          function_ref<void(ModuleOp)> lowered) {
  PassManager manager(module.getContext(), ModuleOp::getOperationName());
  manager.enableVerifier(leg.verifyEach);
  if (failed(parsePassPipeline(leg.pipeline, manager)) ||
      failed(manager.run(module)) || failed(verify(module)))
    return nullptr;
  if (lowered)
    lowered(module);
  if (!leg.chip.empty()) {
    auto target = llvm::cantFail(nvvm::Target::resolve(leg.chip));
    auto code = EmulatedExecutable::compile(module, target, leg.verifyEach);
    if (failed(code))
      return nullptr;
    return std::make_unique<EmulatedCode>(std::move(*code), leg.schedules);
  }
  CompileOptions options;
  options.optimizationLevel = leg.optimizationLevel;
  options.verifyEach = leg.verifyEach;
  auto code = Executable::compile(module, {}, options);
  if (failed(code))
    return nullptr;
  return std::make_unique<HostCode>(std::move(*code));
}
