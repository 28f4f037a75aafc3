//===- HostMath.cpp - functions as the CPU's code computes them -----------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HostMath.h"

#include "quantc/Execution/Executable.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace quantc;

static std::unique_ptr<Executable> compileFunctions() {
  std::string text;
  for (const char *name : {"erf", "exp", "tanh"})
    text += llvm::formatv("func.func @{0}(%x: tensor<1xf32>) -> tensor<1xf32> "
                          "{{\n  %y = math.{0} %x : tensor<1xf32>\n"
                          "  return %y : tensor<1xf32>\n}\n",
                          name);
  DialectRegistry registry;
  registerCompilerDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, &context);
  auto code = Executable::compile(*module);
  return succeeded(code) ? std::move(*code) : nullptr;
}

float quantc::nvvm::test::evaluateOnHost(StringRef function, float x) {
  static std::unique_ptr<Executable> functions = compileFunctions();
  float y;
  llvm::cantFail(functions->run(*functions->lookup(function), {&x}, {&y}));
  return y;
}
