//===- Tool.cpp - what quantc's commands share ----------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Tool.h"
#include "quantc/Dialect/StableHLO/IR/CHLO.h"
#include "quantc/Dialect/StableHLO/IR/Shardy.h"
#include "quantc/Dialect/StableHLO/IR/StableHLO.h"
#include "quantc/Execution/Compiler.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/Support/Process.h"

using namespace quantc;
using namespace quantc::tool;
using llvm::StringRef;

llvm::cl::OptionCategory quantc::tool::quantcOptions("quantc options");

namespace {
/// An error whose message is on stderr already.
class DiagnosedError : public llvm::ErrorInfo<DiagnosedError> {
public:
  static char ID;
  void log(llvm::raw_ostream &os) const override { os << "see above"; }
  std::error_code convertToErrorCode() const override {
    return llvm::inconvertibleErrorCode();
  }
};
char DiagnosedError::ID;
} // namespace

llvm::Error quantc::tool::makeFileError(StringRef file,
                                        const llvm::Twine &message) {
  return llvm::createStringError(file + ": " + message);
}

//===----------------------------------------------------------------------===//
// Tool
//===----------------------------------------------------------------------===//

mlir::MLIRContext &Tool::getContext() {
  if (context)
    return *context;
  mlir::DialectRegistry registry;
  registerCompilerDialects(registry);
  registry.insert<stablehlo::StableHLODialect, chlo::CHLODialect,
                  sdy::ShardyDialect>();
  context = std::make_unique<mlir::MLIRContext>(registry);
  // An op can be long, and the location says where it is.
  context->printOpOnDiagnostic(false);
  context->getDiagEngine().registerHandler(
      [this](mlir::Diagnostic &diagnostic) { printDiagnostic(diagnostic); });
  return *context;
}

/// Prints where `loc` is in a file, as far as anybody knows.
static void printLocation(llvm::raw_ostream &os, mlir::Location loc) {
  mlir::FileLineColLoc file;
  loc->walk([&](mlir::Location nested) {
    file = llvm::dyn_cast<mlir::FileLineColLoc>(nested);
    return file ? mlir::WalkResult::interrupt() : mlir::WalkResult::advance();
  });
  if (!file)
    return;
  os << file.getFilename().getValue() << ':';
  if (file.getLine() != 0)
    os << file.getLine() << ':' << file.getColumn() << ':';
  os << ' ';
}

void Tool::printDiagnostic(mlir::Diagnostic &diagnostic) {
  std::string text;
  llvm::raw_string_ostream os(text);
  printLocation(os, diagnostic.getLocation());
  os << diagnostic << '\n';
  StringRef kind;
  switch (diagnostic.getSeverity()) {
  case mlir::DiagnosticSeverity::Error:
    kind = "error";
    // What follows is mostly its consequence: a parser that gives up says so at
    // each level.
    if (numErrors++ > 0)
      return;
    break;
  case mlir::DiagnosticSeverity::Warning:
    kind = "warning";
    if (!warnings.insert(text).second)
      return;
    break;
  case mlir::DiagnosticSeverity::Note:
    kind = "note";
    break;
  case mlir::DiagnosticSeverity::Remark:
    return;
  }
  llvm::errs() << "quantc " << command << ": " << kind << ": " << text;
  for (mlir::Diagnostic &note : diagnostic.getNotes())
    printDiagnostic(note);
}

llvm::Error Tool::diagnosed() {
  if (numErrors > 0)
    return llvm::make_error<DiagnosedError>();
  // Nothing that a user wrote fails silently: this is a bug of ours.
  llvm::report_fatal_error("a pass failed without an error message", false);
}

void Tool::warn(const llvm::Twine &message) {
  llvm::errs() << "quantc " << command << ": warning: " << message << '\n';
}

int Tool::finish(llvm::Error error) {
  int exitCode = kSuccess;
  llvm::handleAllErrors(
      std::move(error), [&](const DiagnosedError &) { exitCode = kInputError; },
      [&](const llvm::ErrorInfoBase &info) {
        llvm::errs() << "quantc " << command << ": error: " << info.message()
                     << '\n';
        exitCode = kInputError;
      });
  return exitCode;
}

//===----------------------------------------------------------------------===//
// Progress
//===----------------------------------------------------------------------===//

Progress::Progress(const Tool &tool, StringRef unit, int64_t total,
                   int64_t done)
    : prefix(("\rquantc " + tool.getCommand() + ": " + unit + " ").str()),
      done(done), total(total),
      shown(llvm::sys::Process::StandardErrIsDisplayed()) {}

void Progress::advance(int64_t count) {
  done += count;
  if (shown)
    llvm::errs() << prefix << done << '/' << total;
}

Progress::~Progress() {
  // Leave the line to whatever comes next.
  if (shown)
    llvm::errs() << "\r\033[K";
}
