//===- Clock.h - what a thread knows of the others --------------*- C++ -*- C++
//-*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Vector clocks (Fidge, Mattern; as epochs: Flanagan and Freund, FastTrack,
// PLDI 2009). An actor is a thread, or a stream of asynchronous operations of
// a thread or mbarrier. Threads that meet at a barrier know the same
// afterwards, so clocks are immutable and shared.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_EMULATOR_CHECKS_CLOCK_H
#define QUANTC_EMULATOR_CHECKS_CLOCK_H

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace quantc::emulator {

using Actor = uint32_t;

/// The last epoch known of each actor of a cluster, and of other clusters'.
struct Clock {
  std::vector<uint32_t> own;
  std::map<std::pair<uint32_t, Actor>, uint32_t> foreign;
  uint32_t references = 0;

  uint32_t of(Actor actor) const { return actor < own.size() ? own[actor] : 0; }
};

/// Counts references without atomics: a cluster's clocks live in one thread.
class ClockRef {
public:
  ClockRef() = default;
  explicit ClockRef(Clock *clock) : clock(clock) { retain(); }
  ClockRef(const ClockRef &other) : clock(other.clock) { retain(); }
  ClockRef(ClockRef &&other) noexcept
      : clock(std::exchange(other.clock, nullptr)) {}
  ClockRef &operator=(ClockRef other) {
    std::swap(clock, other.clock);
    return *this;
  }
  ~ClockRef() {
    if (clock && --clock->references == 0)
      delete clock;
  }
  const Clock *get() const { return clock; }
  bool operator==(const ClockRef &other) const { return clock == other.clock; }
  uint32_t of(Actor actor) const { return clock ? clock->of(actor) : 0; }
  uint32_t ofForeign(uint32_t cluster, Actor actor) const;

private:
  void retain() {
    if (clock)
      ++clock->references;
  }
  Clock *clock = nullptr;
};

/// Knows what either knows.
ClockRef join(const ClockRef &a, const ClockRef &b);
/// `clock` with the given epochs raised; pairs of actor and epoch.
ClockRef raise(const ClockRef &clock,
               const std::vector<std::pair<Actor, uint32_t>> &epochs);
/// The same knowledge, as seen from another cluster.
ClockRef exportClock(const ClockRef &clock, uint32_t cluster);
/// Joins a clock made by exportClock, leaving out `cluster`'s own entries.
ClockRef importClock(const ClockRef &clock, const ClockRef &exported,
                     uint32_t cluster);

/// What a thread knows: of all accesses, and of the generic accesses that are
/// visible to the async proxy (PTX ISA, "Memory Consistency Model", proxies).
struct View {
  ClockRef generic, async;
  void join(const View &other) {
    generic = emulator::join(generic, other.generic);
    async = emulator::join(async, other.async);
  }
};

} // namespace quantc::emulator

#endif // QUANTC_EMULATOR_CHECKS_CLOCK_H
