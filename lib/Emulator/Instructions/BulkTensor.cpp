//===- BulkTensor.cpp - copies of tensor tiles ----------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// PTX ISA, "cp.async.bulk.tensor" in tiled mode.
//
//===----------------------------------------------------------------------===//

#include "Bulk.h"
#include "Families.h"

#include <cstring>

using namespace quantc::emulator;
using ptx::Space;

namespace {

TensorMap readMap(Exec &x, const BulkUse &use, unsigned lane) {
  constexpr unsigned mapBytes = 128, mapAlignment = 64;
  Accessed place =
      x.locate(use.mapSpace, x.address(use.map, lane), mapBytes, 1, lane);
  if (place.allocation && x.address(use.map, lane) % mapAlignment)
    x.fault(Check::Misaligned, lane,
            "expected a tensor map aligned to 64 bytes");
  TensorMap map;
  std::memcpy(&map, place.data, sizeof map);
  if (map.mark != tensorMapMark)
    x.fault(Check::Asynchronous, lane,
            "expected a tensor map made by cuTensorMapEncodeTiled at " +
                hex(x.address(use.map, lane)));
  if (map.rank != use.rank)
    x.fault(Check::Asynchronous, lane,
            "expected a tensor map of rank " + std::to_string(use.rank) +
                ", but got " + std::to_string(map.rank));
  return map;
}

/// Visits the 16-byte chunks of a box: offset in the tile, and for each
/// element its address in the tensor, or 0 outside of it.
template <class F>
void forChunks(const TensorMap &map, const int32_t *start, F &&visit) {
  unsigned size = map.elementBytes(), perChunk = 16 / size;
  uint64_t rows = map.boxBytes() / (uint64_t(map.box[0]) * size);
  uint32_t offset = 0;
  for (uint64_t row = 0; row < rows; ++row) {
    uint64_t rest = row, address = map.address;
    bool inside = true;
    for (unsigned axis = 1; axis < map.rank; ++axis) {
      int64_t at =
          start[axis] + int64_t(rest % map.boxCount(axis)) * map.steps[axis];
      rest /= map.boxCount(axis);
      inside &= at >= 0 && at <= int64_t(map.last[axis]);
      address += uint64_t(at) * map.strides[axis - 1];
    }
    for (unsigned first = 0; first < map.box[0];
         first += perChunk, offset += 16) {
      uint64_t elements[16];
      for (unsigned e = 0; e < perChunk; ++e) {
        int64_t at = int64_t(start[0]) + first + e;
        bool here = inside && at >= 0 && at <= int64_t(map.last[0]);
        elements[e] = here ? address + uint64_t(at) * size : 0;
      }
      visit(offset, elements, perChunk);
    }
  }
}

/// The largest run of elements that are next to each other.
unsigned runLength(const uint64_t *elements, unsigned first, unsigned count,
                   unsigned size) {
  unsigned length = 1;
  while (first + length < count &&
         (elements[first]
              ? elements[first + length] == elements[first] + length * size
              : elements[first + length] == 0))
    ++length;
  return length;
}

uint64_t nanPattern(unsigned size) {
  return ~uint64_t(0) >> (64 - 8 * size) >> 1;
}

} // namespace

Outcome quantc::emulator::copyTensor(Exec &x, const Inst &i) {
  const auto &use = *static_cast<const BulkUse *>(i.payload);
  x.forLanes([&](unsigned lane) {
    TensorMap map = readMap(x, use, lane);
    unsigned size = map.elementBytes();
    int32_t start[maxTensorRank] = {};
    for (unsigned axis = 0; axis < use.rank; ++axis)
      start[axis] = x.source<int32_t>(use.coordinates[axis])[lane];
    auto op = std::make_unique<BulkOp>();
    op->stream = Stream::Bulk;
    op->grouped = !use.completesOnBarrier;
    op->lanes = 1u << lane;
    op->reduction = use.reduction;
    op->type = map.elementType();
    op->fill = map.fillsWithNan ? nanPattern(size) : 0;
    op->fillBytes = size;
    bool loads = use.toSpace == Space::Shared;
    auto bytes = static_cast<uint32_t>(map.boxBytes());
    constexpr unsigned tileAlignment = 128;
    uint64_t address = x.address(loads ? use.to : use.from, lane);
    Accessed tile =
        x.locate(Space::Shared, address, bytes, tileAlignment, lane);
    if (map.swizzle && tile.offset % (128u << map.swizzle))
      // The pattern would not begin with the tile: never meant.
      x.fault(Check::Misaligned, lane,
              "expected a swizzled tile aligned to " +
                  std::to_string(128 << map.swizzle) + " bytes, but got " +
                  hex(tile.offset));
    if (tile.offset + (bytes + 127) / 128 * 128 > tile.cta->sharedSize &&
        map.swizzle)
      x.fault(Check::OutOfBounds, lane,
              "the swizzled tile leaves shared memory");
    findCompletions(x, lane, use, *tile.cta, bytes, op->completions);
    auto atTile = [&](Cta &cta, uint32_t offset) {
      Accessed place = tile;
      place.cta = &cta;
      place.offset =
          swizzled(static_cast<uint32_t>(tile.offset) + offset, map.swizzle);
      place.data = cta.shared + place.offset;
      return place;
    };
    auto locateElement = [&](uint64_t element, unsigned count) {
      return x.locate(Space::Global, element, count * size, 1, lane);
    };
    bool races = x.checksRaces();
    std::vector<Completion> targets = op->completions;
    if (targets.empty())
      targets.push_back({tile.cta, 0, 0});
    if (!loads) // the pieces read the tile
      targets.resize(1);
    for (const Completion &target : targets) {
      MBarrier *barrier = target.cta->findMBarrier(target.offset);
      if (!use.completesOnBarrier)
        barrier = nullptr;
      Origin reads = {}, writes = {};
      if (races) {
        reads = bulkOrigin(x, lane, use, nullptr, true);
        writes = bulkOrigin(x, lane, use, loads ? barrier : nullptr, false);
      }
      forChunks(map, start,
                [&](uint32_t offset, const uint64_t *elements, unsigned count) {
                  Accessed chunk = atTile(*target.cta, offset);
                  if (races)
                    x.check(chunk, 16, loads ? Access::Write : Access::Read,
                            lane, loads ? writes : reads);
                  for (unsigned e = 0; e < count;) {
                    unsigned length = runLength(elements, e, count, size);
                    char *shared = chunk.data + e * size;
                    if (elements[e]) {
                      Accessed global = locateElement(elements[e], length);
                      if (races)
                        x.check(global, length * size,
                                loads ? Access::Read : Access::Write, lane,
                                loads ? reads : writes);
                      op->pieces.push_back(
                          loads ? Piece{shared, global.data, length * size}
                                : Piece{global.data, shared, length * size});
                    } else if (loads) {
                      op->pieces.push_back({shared, nullptr, length * size});
                    }
                    e += length;
                  }
                });
    }
    x.warp.issue(std::move(op));
  });
  return Outcome::Next;
}
