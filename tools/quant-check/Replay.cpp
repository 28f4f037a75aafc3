//===- Replay.cpp - written cases, run again ------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Replay.h"
#include "Compare.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/MemoryBuffer.h"

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
  registerLegDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  std::string diagnostics;
  ErrorCollector collector(context, diagnostics);
  OwningOpRef<ModuleOp> module = parseSourceFile<ModuleOp>(path, &context);
  if (!module)
    return diagnostics;
  auto inputs = takeConstants(*module, "inputs"),
       expected = takeConstants(*module, "expected"),
       unfused = takeConstants(*module, "expected_unfused");
  auto upper = takeConstants(*module, "expected_upper"),
       unfusedUpper = takeConstants(*module, "expected_unfused_upper");
  if (leg.form == Form::Unfused && unfused) {
    expected = unfused;
    upper = unfusedUpper;
  }
  if (!upper)
    upper = expected;
  if (!inputs || !expected || expected->size() != upper->size())
    return "expected functions @inputs and @expected that return constants";
  std::unique_ptr<Compiled> executable = compileLeg(leg, *module);
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
  bool fits = entry->outputs.size() == expected->size();
  for (size_t i = 0; fits && i < expected->size(); ++i)
    fits = entry->outputs[i].getBytes() == (*expected)[i].size() &&
           (*upper)[i].size() == (*expected)[i].size();
  if (!fits)
    return "expected results of the types that @checked returns";
  std::vector<std::string> actual = *expected;
  std::vector<void *> outputs;
  for (std::string &bytes : actual)
    outputs.push_back(bytes.data());
  if (llvm::Error error = executable->run(*entry, pointers, outputs))
    return llvm::toString(std::move(error));
  for (size_t i = 0; i < actual.size(); ++i) {
    const auto &spec = entry->outputs[i];
    std::string failure =
        compareElements((*expected)[i], (*upper)[i], actual[i],
                        spec.dtype == "f32", spec.getElementBits() / 8);
    if (!failure.empty())
      return failure;
  }
  return "";
}

/// The mode of requantization that the file's comments name.
static Mode readMode(const std::string &path) {
  auto buffer = llvm::MemoryBuffer::getFile(path);
  for (Mode mode : {Mode::FixedPoint, Mode::Shift})
    if (buffer && (*buffer)->getBuffer().contains(
                      std::string("// requantize=") + modeName(mode) + "\n"))
      return mode;
  return Mode::Float;
}

Outcome quantc::check::replay(const std::string &path, ArrayRef<Leg> legs) {
  Mode mode = readMode(path);
  for (const Leg &leg : legs)
    if (std::string failure = replayLeg(path, leg.inMode(mode));
        !failure.empty())
      return {Outcome::Differs, leg.name + ": " + failure};
  return {};
}
