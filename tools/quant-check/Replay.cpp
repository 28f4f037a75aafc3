//===- Replay.cpp - written cases, run again ------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Replay.h"

#include "quantc/Dialect/QNN/IR/QNNDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Parser/Parser.h"
#include <cmath>
#include <cstring>

using namespace mlir;
using namespace quantc;
using namespace quantc::check;

/// The bytes of each constant that a function returns, which is removed.
static std::optional<std::vector<std::string>> takeConstants(ModuleOp module,
                                                             StringRef name) {
  auto function = module.lookupSymbol<func::FuncOp>(name);
  if (!function)
    return std::nullopt;
  std::vector<std::string> constants;
  for (Value value : function.front().getTerminator()->getOperands()) {
    DenseElementsAttr elements;
    if (!matchPattern(value, m_Constant(&elements)))
      return std::nullopt;
    ArrayRef<char> raw = elements.getRawData();
    std::string &bytes = constants.emplace_back();
    int64_t repeats = elements.isSplat() ? elements.getNumElements() : 1;
    for (int64_t i = 0; i < repeats; ++i)
      bytes.append(raw.begin(), raw.end());
  }
  function.erase();
  return constants;
}

static std::string replayLeg(const std::string &path, const Leg &leg) {
  DialectRegistry registry;
  registerCompilerDialects(registry);
  registry.insert<qnn::QNNDialect>();
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  std::string diagnostics;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    if (diagnostic.getSeverity() == DiagnosticSeverity::Error)
      diagnostics += diagnostic.str() + "; ";
    return success();
  });
  OwningOpRef<ModuleOp> module = parseSourceFile<ModuleOp>(path, &context);
  if (!module)
    return diagnostics;
  auto inputs = takeConstants(*module, "inputs"),
       expected = takeConstants(*module, "expected"),
       unfused = takeConstants(*module, "expected_unfused");
  if (leg.form == Form::Unfused && unfused)
    expected = unfused;
  if (!inputs || !expected || expected->size() != 1)
    return "expected functions @inputs and @expected that return constants";
  std::unique_ptr<Executable> executable = compileLeg(leg, *module);
  const EntryPoint *entry =
      executable ? executable->lookup("checked") : nullptr;
  if (!entry)
    return executable ? "expected a function @checked"
                      : "does not compile: " + diagnostics;
  std::vector<const void *> pointers;
  for (auto [bytes, spec] : llvm::zip(*inputs, entry->inputs)) {
    if (bytes.size() != spec.getBytes())
      return "expected inputs of the types that @checked takes";
    pointers.push_back(bytes.data());
  }
  if (entry->outputs.size() != 1 ||
      entry->outputs[0].getBytes() != expected->front().size())
    return "expected a result of the type that @checked returns";
  std::string actual = expected->front();
  if (llvm::Error error = executable->run(*entry, pointers, {actual.data()}))
    return llvm::toString(std::move(error));
  size_t width = entry->outputs[0].getElementBytes();
  bool isFloat = entry->outputs[0].dtype == "f32";
  for (size_t at = 0; at < actual.size(); at += width) {
    if (std::memcmp(&actual[at], &expected->front()[at], width) == 0)
      continue;
    float values[2] = {0, 0};
    if (isFloat) {
      std::memcpy(&values[0], &actual[at], width);
      std::memcpy(&values[1], &expected->front()[at], width);
      if (std::isnan(values[0]) && std::isnan(values[1]))
        continue;
    }
    return "element " + std::to_string(at / width) + " differs";
  }
  return "";
}

Outcome quantc::check::replay(const std::string &path, ArrayRef<Leg> legs) {
  for (const Leg &leg : legs)
    if (std::string failure = replayLeg(path, leg); !failure.empty())
      return {Outcome::Differs, leg.name + ": " + failure};
  return {};
}
