//===- Launch.h - one run of a kernel ---------------------------*- C++ -*- C++
//-*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_EMULATOR_MACHINE_LAUNCH_H
#define QUANTC_EMULATOR_MACHINE_LAUNCH_H

#include "../Checks/Report.h"
#include "DeviceMemory.h"
#include "Options.h"
#include "Program.h"

#include <atomic>
#include <unordered_map>

namespace quantc::emulator {

/// What strong accesses to an address have published. For global memory as
/// seen from other clusters (exportClock); kernels that do this run in one
/// thread.
using Published = std::unordered_map<const char *, View>;

struct Launch {
  const Program *program = nullptr;
  DeviceMemory *memory = nullptr;
  Options options;
  uint32_t grid[3] = {1, 1, 1};    ///< in CTAs
  uint32_t block[3] = {1, 1, 1};   ///< in threads
  uint32_t cluster[3] = {1, 1, 1}; ///< in CTAs
  uint32_t dynamicShared = 0;
  std::vector<char> parameters;

  // Results.
  Report report;
  std::atomic<uint64_t> instructions{0}; ///< of warps
  std::map<int, AccessCount> counts;     ///< by PTX line

  // Derived by run().
  uint32_t threadsPerCta = 0;
  uint32_t clusterSize = 1;
  uint32_t clusters = 0;
  Published published;
  std::mutex countsMutex;

  /// Runs all CTAs; findings are in `report` (a fault is its last). Returns
  /// false when a fault ended the kernel.
  bool run();

private:
  void worker();
  bool runTogether();
  std::atomic<uint32_t> nextCluster{0};
  std::atomic<bool> failed{false};
};

} // namespace quantc::emulator

#endif // QUANTC_EMULATOR_MACHINE_LAUNCH_H
