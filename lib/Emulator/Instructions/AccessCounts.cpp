//===- AccessCounts.cpp - bank conflicts and uncoalesced accesses ---------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AccessCounts.h"

#include <algorithm>
#include <set>

using namespace quantc::emulator;

/// Wavefronts of one group of lanes: the most distinct words in a bank.
static unsigned wavefronts(const uint64_t *addresses, uint32_t lanes,
                           unsigned bytes) {
  std::set<uint64_t> banks[32];
  for (uint32_t rest = lanes; rest; rest &= rest - 1) {
    uint64_t address = addresses[__builtin_ctz(rest)];
    for (uint64_t word = address / 4; word <= (address + bytes - 1) / 4; ++word)
      banks[word % 32].insert(word);
  }
  size_t most = 0;
  for (const auto &bank : banks)
    most = std::max(most, bank.size());
  return static_cast<unsigned>(most);
}

void quantc::emulator::countAccess(Exec &x, ptx::Space space,
                                   const uint64_t *addresses, uint32_t lanes,
                                   unsigned bytes) {
  AccessCount count;
  count.accesses = 1;
  bool shared = space == ptx::Space::Shared;
  if (space == ptx::Space::Generic)
    shared = addresses[__builtin_ctz(lanes)] >> windowShift ==
             sharedWindow >> windowShift;
  if (shared) {
    unsigned groups = bytes <= 4 ? 1 : bytes / 4, size = warpSize / groups;
    for (unsigned g = 0; g < groups; ++g) {
      uint32_t group =
          lanes & (size == 32 ? allLanes : ((1u << size) - 1) << g * size);
      if (!group)
        continue;
      count.units += wavefronts(addresses, group, bytes);
      count.ideal += 1;
    }
  } else if (space == ptx::Space::Global || space == ptx::Space::Generic) {
    std::set<uint64_t> sectors, distinct;
    for (uint32_t rest = lanes; rest; rest &= rest - 1) {
      uint64_t address = addresses[__builtin_ctz(rest)];
      distinct.insert(address);
      for (uint64_t s = address / 32; s <= (address + bytes - 1) / 32; ++s)
        sectors.insert(s);
    }
    count.units = sectors.size();
    count.ideal = (distinct.size() * bytes + 31) / 32;
  } else {
    return;
  }
  Launch &launch = x.launch();
  std::lock_guard<std::mutex> lock(launch.countsMutex);
  const auto &source = x.frame.function->source->body[x.inst().source];
  AccessCount &total = launch.counts[source.line];
  total.source = &source;
  total += count;
}
