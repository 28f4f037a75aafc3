//===- GlobalShadow.cpp - who wrote and read each byte of global memory ---===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Shadow.h"

#include <algorithm>
#include <sys/mman.h>

using namespace quantc::emulator;

namespace {
constexpr uint64_t valid = 1, strong = 2, asyncProxy = 4, several = 8;
constexpr uint64_t flagBits = 4, epochBits = 24, actorBits = 14;
constexpr uint64_t maxEpoch = (uint64_t(1) << epochBits) - 1;
constexpr uint64_t maxActor = (uint64_t(1) << actorBits) - 1;

uint64_t epochOf(uint64_t packed) { return packed >> flagBits & maxEpoch; }
Actor actorOf(uint64_t packed) {
  return static_cast<Actor>(packed >> (flagBits + epochBits) & maxActor);
}
uint32_t clusterOf(uint64_t packed) {
  return static_cast<uint32_t>(packed >> (flagBits + epochBits + actorBits));
}
} // namespace

GlobalShadow::GlobalShadow(size_t bytes) : size(bytes) {
  void *memory = mmap(nullptr, size * sizeof(Cell), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory != MAP_FAILED)
    cells = static_cast<Cell *>(memory);
}

GlobalShadow::~GlobalShadow() {
  if (cells)
    munmap(cells, size * sizeof(Cell));
}

void GlobalShadow::reset() {
  if (touched && cells)
    madvise(cells, size * sizeof(Cell), MADV_DONTNEED);
  touched = false;
}

uint64_t GlobalShadow::pack(const Origin &origin) {
  uint64_t epoch = std::min<uint64_t>(origin.epoch, maxEpoch);
  uint64_t actor = std::min<uint64_t>(origin.actor, maxActor);
  return ((uint64_t(origin.cluster) << actorBits | actor) << epochBits | epoch)
             << flagBits |
         (origin.strong ? strong : 0) | (origin.asyncProxy ? asyncProxy : 0) |
         valid;
}

/// Whether the accessing thread knows of the earlier access.
bool GlobalShadow::known(uint64_t packed, const Origin &origin, bool toWriter) {
  if (!(packed & valid) || (packed & strong && origin.strong))
    return true;
  uint64_t epoch = epochOf(packed);
  Actor actor = actorOf(packed);
  const View &view = *origin.view;
  if (clusterOf(packed) != origin.cluster)
    return view.generic.ofForeign(clusterOf(packed), actor) >= epoch;
  if (actor == origin.thread && !(packed & asyncProxy))
    return !toWriter || !origin.asyncProxy || view.async.of(actor) >= epoch;
  if (toWriter && origin.asyncProxy && !(packed & asyncProxy))
    return view.async.of(actor) >= epoch;
  return view.generic.of(actor) >= epoch;
}

Conflict GlobalShadow::conflict(uint64_t packed, bool wrote) {
  Conflict result;
  result.otherWrote = wrote;
  result.cluster = clusterOf(packed);
  result.actor = actorOf(packed);
  return result;
}

std::optional<Conflict> GlobalShadow::access(size_t offset, size_t bytes,
                                             bool write, const Origin &origin) {
  if (!cells)
    return std::nullopt;
  touched = true;
  std::optional<Conflict> found;
  for (size_t end = offset + bytes; offset < end;) {
    size_t stripe = offset / stripeBytes;
    size_t stop = std::min(end, (stripe + 1) * stripeBytes);
    std::lock_guard<std::mutex> lock(locks[stripe % lockCount]);
    for (; offset < stop; ++offset) {
      auto conflict = accessCell(cells[offset], write, origin);
      if (conflict && !found)
        found = conflict;
    }
  }
  return found;
}

std::optional<Conflict> GlobalShadow::accessCell(Cell &cell, bool write,
                                                 const Origin &origin) {
  std::optional<Conflict> found;
  if (!known(cell.writer, origin, true))
    found = conflict(cell.writer, true);
  if (!write) {
    bool fromOther =
        cell.reader & valid && clusterOf(cell.reader) != origin.cluster;
    cell.reader = pack(origin) | (fromOther ? several : cell.reader & several);
    return found;
  }
  if (!found && !known(cell.reader, origin, false))
    found = conflict(cell.reader, false);
  // Another cluster read too; without any knowledge of others it races.
  const Clock *clock = origin.view->generic.get();
  bool knowsOthers = clock && !clock->foreign.empty();
  if (!found && cell.reader & several && !origin.strong && !knowsOthers)
    found = conflict(cell.reader, false);
  cell.writer = pack(origin);
  cell.reader = 0;
  return found;
}
