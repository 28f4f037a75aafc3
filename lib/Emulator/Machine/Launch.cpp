//===- Launch.cpp - one run of a kernel -----------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Cluster.h"

#include <algorithm>
#include <list>
#include <thread>

using namespace quantc::emulator;

/// CTAs that are resident at a time when they depend on each other; as many
/// as a large device holds, so that spinning on a later CTA deadlocks here as
/// it would there.
static constexpr size_t maxResident = 256;

void Launch::worker() {
  try {
    while (!failed) {
      uint32_t index = nextCluster++;
      if (index >= clusters)
        return;
      Cluster cluster(*this, index);
      Cluster::Progress progress;
      do
        progress = cluster.step();
      while (progress == Cluster::Progress::Some && !failed);
      instructions += cluster.executed;
      if (progress == Cluster::Progress::None)
        cluster.reportStuck();
    }
  } catch (const Finding &finding) {
    report.add(finding);
    failed = true;
  }
}

/// All clusters interleaved in this thread.
bool Launch::runTogether() {
  std::list<Cluster> resident;
  size_t limit = std::max<size_t>(maxResident / clusterSize, 1);
  try {
    while (nextCluster < clusters || !resident.empty()) {
      while (resident.size() < limit && nextCluster < clusters)
        resident.emplace_back(*this, nextCluster++);
      bool some = false;
      for (auto it = resident.begin(); it != resident.end();) {
        Cluster::Progress progress = it->step();
        some |= progress != Cluster::Progress::None;
        if (progress == Cluster::Progress::Done) {
          instructions += it->executed;
          it = resident.erase(it);
        } else {
          ++it;
        }
      }
      if (!some)
        resident.front().reportStuck();
    }
  } catch (const Finding &finding) {
    report.add(finding);
    return false;
  }
  return true;
}

bool Launch::run() {
  threadsPerCta = block[0] * block[1] * block[2];
  clusterSize = cluster[0] * cluster[1] * cluster[2];
  clusters = grid[0] * grid[1] * grid[2] / clusterSize;
  memory->beginLaunch(options.races);
  if (program->communicates)
    return runTogether();
  unsigned count = options.threads
                       ? options.threads
                       : std::max(1u, std::thread::hardware_concurrency());
  count = std::min(count, clusters);
  std::vector<std::thread> helpers;
  for (unsigned i = 1; i < count; ++i)
    helpers.emplace_back([this] { worker(); });
  worker();
  for (std::thread &helper : helpers)
    helper.join();
  return !failed;
}
