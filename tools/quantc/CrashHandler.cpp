//===- CrashHandler.cpp - crashes as exit codes ---------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CrashHandler.h"
#include "Tool.h"

#include "llvm/Support/Signals.h"

#include <csignal>
#include <cstring>
#include <unistd.h>

using namespace quantc::tool;

/// strsignal() may allocate, which a handler must not.
static const char *describe(int signal) {
  switch (signal) {
  case SIGSEGV:
    return "segmentation fault";
  case SIGBUS:
    return "bus error";
  case SIGFPE:
    return "arithmetic exception";
  case SIGILL:
    return "illegal instruction";
  case SIGABRT:
    return "aborted";
  default:
    return "unexpected signal";
  }
}

static void print(const char *text) {
  // Nothing can be done about an error here.
  [[maybe_unused]] ssize_t written =
      write(STDERR_FILENO, text, std::strlen(text));
}

static void exitWithInternalError(int signal) {
  llvm::sys::RunInterruptHandlers();
  print("quantc: internal error: ");
  print(describe(signal));
  print("\n");
  _exit(kInternalError);
}

void quantc::tool::exitOnCrashes() {
  struct sigaction action = {};
  action.sa_handler = exitWithInternalError;
  sigemptyset(&action.sa_mask);
  // LLVM has set up a stack for the case that the other one has no room left.
  // A crash inside of the handler ends the process as if there were none.
  action.sa_flags = SA_ONSTACK | SA_RESETHAND | SA_NODEFER;
  for (int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGTRAP})
    sigaction(signal, &action, nullptr);
  // A file beyond the process's limit is an error of writing, as a full disk.
  signal(SIGXFSZ, SIG_IGN);
}
