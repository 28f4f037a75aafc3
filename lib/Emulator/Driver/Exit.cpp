//===- Exit.cpp - what is told of a whole run -----------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Bank conflicts and uncoalesced accesses, and what only the end shows: that
// the mutation which was asked for is in no module.
//
//===----------------------------------------------------------------------===//

#include "State.h"

#include "quantc/Emulator/Emulator.h"

#include <cinttypes>
#include <cstdio>
#include <unistd.h>

using namespace quantc::emulator;

void DriverState::countAccesses(const Launch &launch) {
  const ptx::Module &module = *launch.program->module;
  const std::string &kernel = launch.program->entry->name;
  for (const auto &[line, count] : launch.counts) {
    std::string from = module.sourceOf(*count.source);
    std::string what = module.textOf(*count.source) + " (kernel " + kernel +
                       (from.empty() ? "" : ", from " + from) + ")";
    accesses[{kernel, line, what}] += count;
  }
}

std::string DriverState::describeAccesses() const {
  std::string result;
  for (const auto &[key, count] : accesses)
    result += "line " + std::to_string(std::get<1>(key)) + ": " +
              std::to_string(count.accesses) + " accesses, " +
              std::to_string(count.units) + " units, " +
              std::to_string(count.ideal) + " ideal: " + std::get<2>(key) +
              "\n";
  return result;
}

const char *quantcEmulatorCounts() {
  DriverState &state = DriverState::get();
  std::lock_guard<std::recursive_mutex> lock(state.mutex);
  state.counts = state.describeAccesses();
  return state.counts.c_str();
}

/// After the handlers of the program, as the libraries that it uses end last.
__attribute__((destructor)) static void tellAtExit() {
  DriverState &state = DriverState::get();
  if (!state.tellAtExit)
    return;
  if (state.options.counts)
    std::fprintf(stderr, "quantc emulator: accesses of all launches:\n%s",
                 state.describeAccesses().c_str());
  uint64_t wanted = state.options.mutate;
  if (wanted == Options::noMutation || wanted < state.mutationsSeen)
    return;
  std::fprintf(stderr,
               "quantc emulator: error: expected 'mutate' below %" PRIu64
               ", the number of synchronising instructions of all modules, "
               "but got %" PRIu64 "\n",
               state.mutationsSeen, wanted);
  // What the program returned is that of the whole kernels.
  std::fflush(nullptr);
  _exit(1);
}
