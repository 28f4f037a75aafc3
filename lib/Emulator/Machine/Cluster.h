//===- Cluster.h - CTAs that run together -----------------------*- C++ -*- C++
//-*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_EMULATOR_MACHINE_CLUSTER_H
#define QUANTC_EMULATOR_MACHINE_CLUSTER_H

#include "../Checks/Shadow.h"
#include "Launch.h"
#include "Warp.h"

#include <array>

namespace quantc::emulator {

struct Cluster;

/// One of the 16 named barriers of a CTA.
struct NamedBarrier {
  uint32_t arrived = 0;    ///< threads
  uint32_t expected = 0;   ///< threads; 0: all of the CTA that are alive
  uint64_t generation = 0; ///< completed phases
  View view;               ///< of those that arrived
  View completed;          ///< of the last completed phase
  uint32_t votes = 0;      ///< predicates that were true (bar.red)
  uint32_t result = 0;     ///< votes of the last completed phase
  uint32_t resultOf = 0;   ///< threads of it
};

/// State of an mbarrier object (PTX ISA, "mbarrier"); its 8 bytes in memory
/// only hold a mark.
struct MBarrier {
  uint32_t offset = 0; ///< in shared memory
  uint32_t expected = 0, pending = 0;
  int64_t transactions = 0; ///< tx-count
  uint64_t phase = 0;       ///< completed phases
  View view, completed;
  Actor actor = 0; ///< of the bulk copies that complete on it
};

/// First usable byte: the driver keeps the first KiB to itself on sm_80 and
/// later, so address 0 is never valid.
constexpr uint32_t reservedShared = 1024;

struct Cta {
  Cluster *cluster = nullptr;
  uint32_t rank = 0; ///< in the cluster
  uint32_t id[3] = {};
  uint32_t liveThreads = 0;
  std::vector<char> sharedStorage;
  char *shared = nullptr;  ///< address 0 of shared memory, aligned to 1 KiB
  uint32_t sharedSize = 0; ///< with the reserved bytes
  SharedShadow shadow;
  std::vector<Warp> warps;
  std::array<NamedBarrier, 16> barriers;
  std::vector<MBarrier> mbarriers;

  MBarrier *findMBarrier(uint32_t offset);
  /// Completes the barrier if enough threads have arrived.
  void update(NamedBarrier &barrier);
  /// Completes phases while nothing is pending.
  void update(MBarrier &barrier);
};

struct Cluster {
  enum class Progress : uint8_t { Some, None, Done };

  Cluster(Launch &launch, uint32_t linear);
  /// Lets every warp run for a while.
  Progress step();
  /// Explains why nothing goes on; throws.
  [[noreturn]] void reportStuck();

  Launch &launch;
  uint32_t linear; ///< index in the grid
  std::vector<Cta> ctas;
  std::vector<Warp *> order;
  Random random;
  Actor nextActor = 0;
  uint64_t lastProgress = 0; ///< instructions executed when something happened
  uint64_t executed = 0;
  uint64_t polls = 0; ///< failed tests since something happened
  Allocation *lastAllocation = nullptr;
  // barrier.cluster
  uint32_t arrived = 0;
  uint64_t generation = 0;
  View view, completed;
  Published published; ///< in shared memory

  bool checksRaces() const { return launch.options.races; }
  void progress() {
    lastProgress = executed;
    polls = 0;
  }
  uint32_t liveThreads() const;
  void updateClusterBarrier();
  /// Lets one pending operation take effect; false when there is none.
  bool applyOne(bool any);
  Actor threadActor(const Warp &warp, unsigned lane) const {
    return warp.cta->rank * launch.threadsPerCta + warp.index * warpSize + lane;
  }
  /// "thread (x,y,z) of CTA (x,y,z)" or what an asynchronous actor is.
  std::string nameOf(Actor actor) const;
};

} // namespace quantc::emulator

#endif // QUANTC_EMULATOR_MACHINE_CLUSTER_H
