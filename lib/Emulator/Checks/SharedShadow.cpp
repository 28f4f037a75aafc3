//===- SharedShadow.cpp - who wrote and read each byte of shared memory ---===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Shadow.h"

#include <algorithm>

using namespace quantc::emulator;

uint32_t ReaderSets::with(uint32_t set, const Origin &origin) {
  // The line is part of the epoch's story, not of its identity.
  Key key = {set, origin.actor * 2 + origin.strong, origin.epoch};
  if (key == lastKey)
    return lastResult;
  lastKey = key;
  auto known = transitions.find(key);
  if (known != transitions.end())
    return lastResult = known->second;
  std::vector<Reader> next;
  bool same = false;
  for (const Reader &reader : sets[set]) {
    if (reader.actor == origin.actor && reader.epoch == origin.epoch &&
        reader.strong == origin.strong)
      same = true;
    bool superseded = !same && reader.strong == origin.strong &&
                      (reader.actor == origin.actor ||
                       origin.view->generic.of(reader.actor) >= reader.epoch);
    if (!superseded)
      next.push_back(reader);
  }
  if (!same)
    next.push_back({origin.actor, origin.epoch, origin.line, origin.strong});
  lastResult = same && next.size() == sets[set].size()
                   ? set
                   : static_cast<uint32_t>(sets.size());
  if (lastResult == sets.size())
    sets.push_back(std::move(next));
  transitions.emplace(key, lastResult);
  return lastResult;
}

std::optional<Conflict> SharedShadow::afterWrite(const Cell &cell,
                                                 const Origin &origin,
                                                 bool writes) const {
  if (!cell.writer || (cell.strong && origin.strong))
    return std::nullopt;
  Actor writer = cell.writer - 1;
  // Operations of one asynchronous stream: only the wait orders them.
  bool ordered = (writer == origin.thread && !cell.asyncProxy) ||
                 origin.view->generic.of(writer) >= cell.epoch;
  bool fenced = !origin.asyncProxy || cell.asyncProxy ||
                origin.view->async.of(writer) >= cell.epoch;
  if (ordered && fenced)
    return std::nullopt;
  Conflict conflict;
  conflict.otherWrote = true;
  conflict.unfenced = ordered;
  conflict.cluster = origin.cluster;
  conflict.actor = writer;
  conflict.line = cell.line;
  return conflict;
}

std::optional<Conflict> SharedShadow::read(size_t offset, size_t bytes,
                                           const Origin &origin) {
  std::optional<Conflict> found;
  Cell before, after;
  for (size_t i = 0; i < bytes; ++i) {
    Cell &cell = cells[offset + i];
    if (i == 0 || !(cell == before)) {
      before = cell;
      if (!found)
        found = afterWrite(cell, origin, false);
      cell.readers = readers.with(cell.readers, origin);
      after = cell;
    } else {
      cell = after;
    }
  }
  return found;
}

std::optional<Conflict> SharedShadow::write(size_t offset, size_t bytes,
                                            const Origin &origin) {
  std::optional<Conflict> found;
  Cell next;
  next.writer = origin.actor + 1;
  next.epoch = origin.epoch;
  next.asyncProxy = origin.asyncProxy;
  next.strong = origin.strong;
  next.line = origin.line;
  Cell before;
  for (size_t i = 0; i < bytes; ++i) {
    Cell &cell = cells[offset + i];
    if (!found && (i == 0 || !(cell == before))) {
      before = cell;
      found = afterWrite(cell, origin, true);
      for (const ReaderSets::Reader &reader : readers[cell.readers]) {
        if (found)
          break;
        if (reader.actor == origin.thread || (reader.strong && origin.strong) ||
            origin.view->generic.of(reader.actor) >= reader.epoch)
          continue;
        found.emplace();
        found->cluster = origin.cluster;
        found->actor = reader.actor;
        found->line = reader.line;
      }
    }
    cell = next;
  }
  return found;
}

size_t SharedShadow::firstUnwritten(size_t offset, size_t bytes) const {
  size_t i = 0;
  while (i < bytes && cells[offset + i].writer)
    ++i;
  return i;
}
