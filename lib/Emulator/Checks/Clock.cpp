//===- Clock.cpp - what a thread knows of the others ----------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Clock.h"

#include <algorithm>

namespace quantc::emulator {

uint32_t ClockRef::ofForeign(uint32_t cluster, Actor actor) const {
  if (!clock)
    return 0;
  auto found = clock->foreign.find({cluster, actor});
  return found == clock->foreign.end() ? 0 : found->second;
}

static bool covers(const Clock &a, const Clock &b) {
  for (size_t i = 0; i < b.own.size(); ++i)
    if (b.own[i] > a.of(static_cast<Actor>(i)))
      return false;
  for (const auto &[actor, epoch] : b.foreign) {
    auto found = a.foreign.find(actor);
    if (found == a.foreign.end() || found->second < epoch)
      return false;
  }
  return true;
}

static void merge(Clock &into, const Clock &from) {
  into.own.resize(std::max(into.own.size(), from.own.size()));
  for (size_t i = 0; i < from.own.size(); ++i)
    into.own[i] = std::max(into.own[i], from.own[i]);
  for (const auto &[actor, epoch] : from.foreign) {
    uint32_t &known = into.foreign[actor];
    known = std::max(known, epoch);
  }
}

static Clock *copyOf(const ClockRef &clock) {
  auto *copy = clock.get() ? new Clock(*clock.get()) : new Clock;
  copy->references = 0;
  return copy;
}

ClockRef join(const ClockRef &a, const ClockRef &b) {
  if (!b.get() || a == b)
    return a;
  if (!a.get() || covers(*b.get(), *a.get()))
    return b;
  if (covers(*a.get(), *b.get()))
    return a;
  Clock *result = copyOf(a);
  merge(*result, *b.get());
  return ClockRef(result);
}

ClockRef raise(const ClockRef &clock,
               const std::vector<std::pair<Actor, uint32_t>> &epochs) {
  Clock *result = copyOf(clock);
  for (auto [actor, epoch] : epochs) {
    if (actor >= result->own.size())
      result->own.resize(actor + 1);
    result->own[actor] = std::max(result->own[actor], epoch);
  }
  return ClockRef(result);
}

ClockRef exportClock(const ClockRef &clock, uint32_t cluster) {
  auto *result = new Clock;
  if (const Clock *source = clock.get()) {
    result->foreign = source->foreign;
    for (size_t i = 0; i < source->own.size(); ++i)
      if (source->own[i])
        result->foreign[{cluster, static_cast<Actor>(i)}] = source->own[i];
  }
  return ClockRef(result);
}

ClockRef importClock(const ClockRef &clock, const ClockRef &exported,
                     uint32_t cluster) {
  if (!exported.get())
    return clock;
  Clock *result = copyOf(clock);
  for (const auto &[actor, epoch] : exported.get()->foreign) {
    if (actor.first == cluster) {
      if (actor.second >= result->own.size())
        result->own.resize(actor.second + 1);
      uint32_t &known = result->own[actor.second];
      known = std::max(known, epoch);
      continue;
    }
    uint32_t &known = result->foreign[actor];
    known = std::max(known, epoch);
  }
  return ClockRef(result);
}

} // namespace quantc::emulator
