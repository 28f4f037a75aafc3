//===- Tool.h - what quantc's commands share --------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TOOLS_QUANTC_TOOL_H
#define QUANTC_TOOLS_QUANTC_TOOL_H

#include "OutputFiles.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Error.h"

#include <memory>

namespace quantc::tool {

/// What quantc returns to the shell.
enum ExitCode { kSuccess = 0, kInputError = 1, kInternalError = 2 };

/// A run of one command: where it reports errors, and the context of its IR.
class Tool {
public:
  explicit Tool(llvm::StringRef command) : command(command) {}

  llvm::StringRef getCommand() const { return command; }

  /// A context with every dialect of the road, made on first use. Its errors
  /// and warnings go to stderr in the form of all of quantc's messages.
  mlir::MLIRContext &getContext();

  /// What the command reads and writes. Every path goes in here before it is
  /// opened.
  OutputFiles &getOutputs() { return outputs; }

  /// The error to return after a diagnostic was emitted in the context, which
  /// says the rest.
  llvm::Error diagnosed();

  /// Prints a warning.
  void warn(const llvm::Twine &message);

  /// Prints `error` and returns the exit code of the process.
  int finish(llvm::Error error);

private:
  void printDiagnostic(mlir::Diagnostic &diagnostic);

  std::string command;
  /// Warnings that were given: some passes run more than once.
  llvm::StringSet<> warnings;
  OutputFiles outputs;
  std::unique_ptr<mlir::MLIRContext> context;
  unsigned numErrors = 0;
};

/// A subcommand. Its options are `cl::opt`s with `cl::sub(command)` and
/// `cl::cat(quantcOptions)`; `run` finds them parsed.
struct Command : llvm::cl::SubCommand {
  Command(llvm::StringRef name, llvm::StringRef summary,
          llvm::Error (*run)(Tool &))
      : SubCommand(name, summary), run(run) {}

  llvm::Error (*run)(Tool &);
};

extern llvm::cl::OptionCategory quantcOptions;

/// Fails where `option` is less than `minimum`.
template <typename OptionT>
llvm::Error checkAtLeast(const OptionT &option, int64_t minimum) {
  auto value = option.getValue();
  if (value >= decltype(value)(minimum))
    return llvm::Error::success();
  return llvm::createStringError("expected --" + option.ArgStr +
                                 " of at least " + llvm::Twine(minimum) +
                                 ", but got " + llvm::Twine(value));
}

/// Returns an error "file: message".
llvm::Error makeFileError(llvm::StringRef file, const llvm::Twine &message);

/// Shows how far long work is, where stderr is a terminal.
class Progress {
public:
  /// `unit` in the plural, for example "batches".
  Progress(const Tool &tool, llvm::StringRef unit, int64_t total,
           int64_t done = 0);
  ~Progress();

  void advance(int64_t count = 1);

private:
  std::string prefix;
  int64_t done, total;
  bool shown;
};

} // namespace quantc::tool

#endif // QUANTC_TOOLS_QUANTC_TOOL_H
