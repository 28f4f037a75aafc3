//===- CompiledProgram.cpp - MLIR text, compiled and called ---------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CompiledProgram.h"
#include "quantc/Dialect/QNN/IR/QNNDialect.h"
#include "quantc/Dialect/QNN/Transforms/Passes.h"

#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/ADT/StringExtras.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::test;

static void registerOnce() {
  static bool registered = [] {
    qnn::registerQNNPasses();
    registerCanonicalizer();
    registerCSE();
    return true;
  }();
  (void)registered;
}

CompiledProgram::CompiledProgram(StringRef text, StringRef pipeline) {
  registerOnce();
  DialectRegistry registry;
  registerCompilerDialects(registry);
  registry.insert<qnn::QNNDialect>();
  context.appendDialectRegistry(registry);
  auto module = parseSourceString<ModuleOp>(text, &context);
  if (!module)
    return;
  PassManager manager(&context, ModuleOp::getOperationName());
  if (failed(parsePassPipeline(pipeline, manager)) ||
      failed(manager.run(*module)))
    return;
  llvm::raw_string_ostream(ir) << *module;
  CompileOptions options;
  // The same bits as level 3 in a fraction of the time.
  options.optimizationLevel = 1;
  auto compiled = Executable::compile(*module, {}, options);
  if (succeeded(compiled))
    executable = std::move(*compiled);
}

void CompiledProgram::run(ArrayRef<const void *> inputs,
                          ArrayRef<void *> outputs) {
  llvm::Error error =
      executable->run(*executable->lookup("main"), inputs, outputs);
  EXPECT_FALSE(bool(error)) << llvm::toString(std::move(error));
}

void quantc::test::appendInteger(std::vector<char> &bytes, int64_t value,
                                 unsigned width) {
  const char *data = reinterpret_cast<const char *>(&value);
  bytes.insert(bytes.end(), data, data + width / 8);
}

int64_t quantc::test::loadInteger(ArrayRef<char> bytes, int64_t index,
                                  unsigned width, bool isUnsigned) {
  uint64_t bits = 0;
  std::memcpy(&bits, bytes.data() + index * (width / 8), width / 8);
  unsigned unused = 64 - width;
  return isUnsigned ? int64_t(bits) : int64_t(bits << unused) >> unused;
}

std::string quantc::test::getDense(ArrayRef<char> bytes) {
  auto *data = reinterpret_cast<const uint8_t *>(bytes.data());
  return "dense<\"0x" + llvm::toHex(ArrayRef<uint8_t>(data, bytes.size())) +
         "\">";
}
