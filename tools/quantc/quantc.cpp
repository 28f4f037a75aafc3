//===- quantc.cpp - the command-line compiler -----------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "CrashHandler.h"

#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/Signals.h"
#include "llvm/Support/raw_ostream.h"

#include <cstdlib>

using namespace quantc::tool;
using namespace llvm;

/// In the order in which a model meets them.
static Command *const commands[] = {
    &importCommand,  &calibrateCommand, &mergeStatsCommand,  &quantizeCommand,
    &exportCommand,  &explainCommand,   &sensitivityCommand, &reportCommand,
    &compileCommand, &runCommand,       &evalCommand,        &benchCommand};

static void exitWithInternalError(void *, const char *reason, bool) {
  errs() << "quantc: internal error: " << reason << '\n';
  // Unfinished outputs.
  sys::RunInterruptHandlers();
  std::_Exit(kInternalError);
}

/// Huge tensors are the model's, not a mistake of quantc.
static void exitWithoutMemory(void *, const char *, bool) {
  errs()
      << "quantc: error: expected memory for the model and its data, but got "
         "none\n";
  sys::RunInterruptHandlers();
  std::_Exit(kInputError);
}

static void printVersion(raw_ostream &os) {
  os << "quantc " QUANTC_VERSION "\n";
}

int main(int argc, char **argv) {
  InitLLVM init(argc, argv);
  exitOnCrashes();
  install_fatal_error_handler(exitWithInternalError);
  install_bad_alloc_error_handler(exitWithoutMemory);

  // The LLVM libraries bring hundreds of options of their own.
  cl::HideUnrelatedOptions(quantcOptions);
  for (Command *command : commands)
    cl::HideUnrelatedOptions(quantcOptions, *command);
  cl::SetVersionPrinter(printVersion);
  cl::ParseCommandLineOptions(argc, argv,
                              "quantizes and compiles neural networks\n");

  for (Command *command : commands) {
    if (!*command)
      continue;
    Tool tool(command->getName());
    return tool.finish(command->run(tool));
  }
  errs() << "quantc: error: expected a command; see 'quantc --help'\n";
  return kInputError;
}
