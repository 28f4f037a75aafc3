//===- Exec.cpp - what an instruction sees --------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Exec.h"

#include <cstdio>

using namespace quantc::emulator;
using ptx::Space;

std::string quantc::emulator::hex(uint64_t value) {
  char buffer[20];
  std::snprintf(buffer, sizeof buffer, "0x%llx",
                static_cast<unsigned long long>(value));
  return buffer;
}

static std::string outside(uint64_t address, uint64_t bytes, const char *space,
                           const std::string &limits) {
  return "access of " + std::to_string(bytes) + " bytes at " + hex(address) +
         " of " + space + " memory, " + limits;
}

Accessed Exec::locateGlobal(uint64_t address, uint64_t bytes,
                            unsigned lane) const {
  Allocation *&last = cluster().lastAllocation;
  if (!last || !last->contains(address, bytes)) {
    Allocation *found = launch().memory->find(address);
    if (!found || !found->contains(address, bytes)) {
      std::string limits = "which is in no allocation";
      if (found)
        limits += "; the last one before it has " +
                  std::to_string(found->size) + " bytes at " + hex(found->base);
      fault(Check::OutOfBounds, lane,
            outside(address, bytes, "global", limits));
    }
    last = found;
  }
  Accessed place;
  place.allocation = last;
  place.offset = address - last->base;
  place.data = reinterpret_cast<char *>(address);
  return place;
}

Accessed Exec::locate(Space space, uint64_t address, uint64_t bytes,
                      uint64_t alignment, unsigned lane) const {
  if (space == Space::Generic) {
    uint64_t window = address >> windowShift << windowShift;
    if (window == sharedWindow)
      space = Space::Shared;
    else if (window == localWindow)
      space = Space::Local;
    else if (window == paramWindow)
      space = Space::Param;
    if (space != Space::Generic)
      address -= window;
  }
  if (alignment > 1 && address % alignment)
    fault(Check::Misaligned, lane,
          "address " + hex(address) + " is not a multiple of " +
              std::to_string(alignment));
  Accessed place;
  switch (space) {
  case Space::Shared: {
    uint64_t rank = address >> rankShift;
    uint64_t offset = address & ((1u << rankShift) - 1);
    if (rank > cluster().ctas.size())
      fault(Check::OutOfBounds, lane,
            outside(address, bytes, "shared",
                    "of a CTA that is not in the cluster"));
    place.cta = rank ? &cluster().ctas[rank - 1] : &cta();
    if (rank && place.cta->liveThreads == 0)
      fault(Check::OutOfBounds, lane,
            "access to the shared memory of a CTA that has exited");
    if (offset < reservedShared || offset + bytes > place.cta->sharedSize)
      fault(Check::OutOfBounds, lane,
            outside(address, bytes, "shared",
                    "which holds the addresses " + hex(reservedShared) +
                        " to " + hex(place.cta->sharedSize)));
    place.offset = offset;
    place.data = place.cta->shared + offset;
    return place;
  }
  case Space::Local:
    if (address + bytes > warp.localStride)
      fault(
          Check::OutOfBounds, lane,
          outside(address, bytes, "local",
                  "which has " + std::to_string(warp.localStride) + " bytes"));
    place.data =
        warp.local.data() + uint64_t(lane) * warp.localStride + address;
    return place;
  case Space::Param:
    if (address + bytes > launch().parameters.size())
      fault(Check::OutOfBounds, lane,
            outside(address, bytes, "parameter",
                    "which has " + std::to_string(launch().parameters.size()) +
                        " bytes"));
    place.data = launch().parameters.data() + address;
    return place;
  default:
    return locateGlobal(address, bytes, lane);
  }
}

Origin Exec::origin(unsigned lane) const {
  Origin result;
  result.cluster = cluster().linear;
  result.thread = result.actor = cluster().threadActor(warp, lane);
  result.line = frame.function->source->body[inst().source].line;
  const ThreadClock &clock = warp.clocks[lane];
  result.epoch = clock.epoch;
  result.view = &clock.view;
  return result;
}

Origin Exec::origin(unsigned lane, Stream stream) const {
  Origin result = origin(lane);
  unsigned s = static_cast<unsigned>(stream);
  Actor &actor = warp.streamActor[s][lane];
  if (!actor)
    actor = cluster().nextActor++;
  result.actor = actor;
  result.epoch = warp.committed[s][lane] + 1;
  result.asyncProxy = stream != Stream::Copy;
  return result;
}

void Exec::check(const Accessed &place, uint64_t bytes, Access access,
                 unsigned lane, bool strong) const {
  if (place.cta ? !place.cta->shadow.enabled()
                : !(place.allocation && place.allocation->shadow))
    return;
  Origin from = origin(lane);
  from.strong = strong;
  check(place, bytes, access, lane, from);
}

void Exec::check(const Accessed &place, uint64_t bytes, Access access,
                 unsigned lane, const Origin &origin) const {
  bool writes = access == Access::Write;
  std::optional<Conflict> conflict;
  if (place.cta && place.cta->shadow.enabled()) {
    SharedShadow &shadow = place.cta->shadow;
    if (!writes && launch().options.uninitialized) {
      size_t first = shadow.firstUnwritten(place.offset, bytes);
      if (first < bytes)
        find(Check::Uninitialized, lane,
             "read of shared memory at " + hex(place.offset + first) +
                 ", which was never written");
    }
    conflict = writes ? shadow.write(place.offset, bytes, origin)
                      : shadow.read(place.offset, bytes, origin);
  } else if (place.allocation && place.allocation->shadow) {
    conflict =
        place.allocation->shadow->access(place.offset, bytes, writes, origin);
  }
  if (!conflict)
    return;
  std::string other =
      conflict->cluster == cluster().linear
          ? cluster().nameOf(conflict->actor)
          : "a thread of cluster " + std::to_string(conflict->cluster);
  std::string message =
      std::string(writes ? "write to " : "read of ") +
      (place.cta ? "shared" : "global") + " memory at " + hex(place.offset) +
      (place.cta ? "" : " of an allocation") +
      (conflict->unfenced
           ? " by the async proxy without a proxy fence after the "
           : " is not ordered after the ") +
      (conflict->otherWrote ? "write" : "read") + " by " + other;
  if (conflict->line)
    message += " (PTX line " + std::to_string(conflict->line) + ")";
  find(Check::Race, lane, message);
}

View Exec::release(unsigned lane) const {
  ThreadClock &clock = warp.clocks[lane];
  Actor self = cluster().threadActor(warp, lane);
  View result = clock.view;
  result.generic = raise(result.generic, {{self, clock.epoch}});
  ++clock.epoch;
  return result;
}

void Exec::acquire(unsigned lane, const View &view) const {
  warp.clocks[lane].view.join(view);
}

View Exec::releaseAll() const {
  View result;
  if (!checksRaces())
    return result;
  std::vector<std::pair<Actor, uint32_t>> epochs;
  forLanes([&](unsigned lane) {
    ThreadClock &clock = warp.clocks[lane];
    result.join(clock.view);
    epochs.emplace_back(cluster().threadActor(warp, lane), clock.epoch++);
  });
  result.generic = raise(result.generic, epochs);
  return result;
}

void Exec::acquireAll(const View &view) const {
  if (!checksRaces())
    return;
  View before, after; // lanes mostly know the same
  bool known = false;
  forLanes([&](unsigned lane) {
    View &mine = warp.clocks[lane].view;
    if (!known || !(mine.generic == before.generic) ||
        !(mine.async == before.async)) {
      before = after = mine;
      after.join(view);
      known = true;
    }
    mine = after;
  });
}

void Exec::learn(Stream stream, uint32_t allowed) const {
  if (!checksRaces())
    return;
  auto s = static_cast<unsigned>(stream);
  forLanes([&](unsigned lane) {
    Actor actor = warp.streamActor[s][lane];
    uint32_t committed = warp.committed[s][lane];
    if (actor && committed > allowed) {
      View &view = warp.clocks[lane].view;
      view.generic = raise(view.generic, {{actor, committed - allowed}});
    }
  });
}

void Exec::find(Check check, int lane, const std::string &message) const {
  launch().report.add(warp.describe(check, lane, message, split));
}

MBarrier &Exec::mbarrier(Space space, uint64_t address, unsigned lane,
                         Cta *&owner) const {
  Accessed place = locate(space, address, 8, 8, lane);
  if (!place.cta)
    fault(Check::MBarrier, lane, "expected an mbarrier in shared memory");
  MBarrier *barrier =
      place.cta->findMBarrier(static_cast<uint32_t>(place.offset));
  if (!barrier)
    fault(Check::MBarrier, lane,
          "no mbarrier was initialised at shared address " + hex(place.offset));
  owner = place.cta;
  return *barrier;
}
