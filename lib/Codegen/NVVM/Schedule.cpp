//===- Schedule.cpp - the choice of tiles ---------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Codegen/NVVM/Schedule.h"

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace quantc::nvvm;

static int64_t getElementBytes(Type type) {
  return type.getIntOrFloatBitWidth() / 8;
}

/// Registers that a thread of a CTA can have: all chips have 65536 for a
/// multiprocessor, given out in eights, and instructions name 255.
static int64_t getMostRegisters(ScheduleAttr schedule) {
  return std::min<int64_t>((65536 / schedule.getNumThreads()) & ~7, 255);
}

/// Registers that a thread needs: accumulators, what it multiplies at once, and
/// addresses, counters and the like. With fewer ptxas 13.0 spills: 16 warps of
/// 64 x 32 need 132 by this count and spill 20 bytes into 128 registers; 12 of
/// 48 x 64 need 168 and have them.
static int64_t countRegisters(ScheduleAttr schedule) {
  int64_t rows = schedule.getThreadRows(),
          columns = schedule.getThreadColumns();
  // mma: four registers for 16 rows, two for 8 columns, which is two rows and
  // two columns of a thread. fma: 16 bytes along k of each row and column.
  int64_t operands = schedule.getUnit() == Unit::FMA ? 4 * (rows + columns)
                                                     : 2 * rows + columns;
  constexpr int64_t others = 44;
  return rows * columns + operands + others;
}

std::string quantc::nvvm::checkSchedule(ScheduleAttr schedule, SpaceAttr space,
                                        Type type, const Target &target) {
  std::string text;
  llvm::raw_string_ostream os(text);
  bool isF32 = type.isF32();
  int64_t bytes = getElementBytes(type);
  int64_t shared = schedule.getSharedBytes(bytes);
  int64_t limit = target.getChip().sharedBytesPerCTA;
  bool isF8 = isa<Float8E4M3FNType, Float8E5M2Type>(type);
  if (schedule.isDot() && !isa<IntegerType>(type))
    os << "expected integers for a schedule of dot, but got " << type;
  else if (isF32 != (schedule.getUnit() == Unit::FMA))
    os << "expected a schedule of " << (isF32 ? "fma" : "mma") << " for "
       << type << ", but got " << schedule;
  else if (isF8 && !target.hasF8())
    os << "expected a chip with tensor cores on " << type << " (sm_89 or later)"
       << ", but got " << target.getChipName();
  else if (schedule.getTile()[2] * bytes < 32)
    os << "expected a tile of at least 32 bytes of k, but got " << schedule;
  else if (shared > limit)
    os << "expected a schedule with at most " << limit
       << " bytes of shared memory on " << target.getChipName() << ", but got "
       << shared << " for " << schedule;
  else if (int64_t needed = countRegisters(schedule),
           most = getMostRegisters(schedule);
           !schedule.isDot() && needed > most)
    os << "expected a schedule with at most " << most
       << " registers for each of " << schedule.getNumThreads()
       << " threads, but got " << needed << " for " << schedule;
  else if (int64_t steps =
               llvm::divideCeil(space.getKSize(), schedule.getTile()[2]);
           schedule.getSplitK() > steps)
    os << "expected k to be split into at most " << steps
       << " parts, its tiles, but got " << schedule.getSplitK() << " for "
       << schedule;
  return text;
}

namespace {

/// A tile that the model considers.
struct Candidate {
  int64_t m, n, warpsM, warpsN;
};

} // namespace

/// Largest first: of equally good ones the first is taken.
static constexpr Candidate candidates[] = {
    {128, 128, 2, 2}, {128, 64, 2, 2}, {64, 128, 2, 2}, {64, 64, 2, 2},
    {64, 32, 2, 2},   {32, 64, 2, 2},  {16, 128, 1, 4}, {16, 64, 1, 4},
    {32, 32, 2, 2},   {16, 32, 1, 4},
};

static int64_t countTiles(const Candidate &candidate, SpaceAttr space) {
  return space.getBatchSize() *
         llvm::divideCeil(space.getMSize(), candidate.m) *
         llvm::divideCeil(space.getN(), candidate.n);
}

/// Relative time of a kernel: waves of CTAs, each as long as its slower side,
/// multiplying or loading, and a start and an end. `bytesPerCycle`: of
/// products, on one multiprocessor.
static double estimate(const Candidate &candidate, SpaceAttr space,
                       int64_t tileBytes, int64_t steps, int64_t bytesPerCycle,
                       int64_t multiprocessors) {
  int64_t tiles = countTiles(candidate, space);
  // CTAs that share a multiprocessor take turns: the more of them, the better
  // latencies are hidden, but none gets faster than its share.
  int64_t together =
      std::clamp<int64_t>(llvm::divideCeil(tiles, multiprocessors), 1, 2);
  int64_t waves = llvm::divideCeil(tiles, multiprocessors * together);
  // In cycles: products, reads of shared memory by each warp for its own rows
  // and columns, 128 bytes a cycle, and what L2 gives, about 48 bytes a cycle.
  int64_t products = candidate.m * candidate.n * tileBytes;
  int64_t reads =
      (candidate.m * candidate.warpsN + candidate.n * candidate.warpsM) *
      tileBytes;
  int64_t loads = (candidate.m + candidate.n) * tileBytes;
  double step = std::max({double(products) / double(bytesPerCycle),
                          double(reads) / 128, double(loads) / 48, 64.0});
  return double(waves * together * (steps + 3)) * step;
}

/// Parts of k for a grid that leaves half of the chip idle: enough for one
/// wave, but of eight steps at least, which a second kernel is worth.
static int64_t chooseSplit(const Candidate &candidate, SpaceAttr space,
                           int64_t steps, int64_t multiprocessors) {
  int64_t idle = multiprocessors / countTiles(candidate, space);
  return std::max<int64_t>(std::min({idle, steps / 8, int64_t(8)}), 1);
}

/// A few rows: as many columns a warp as leave work for all multiprocessors.
static ScheduleAttr chooseDot(SpaceAttr space, const Target &target) {
  constexpr int64_t warps = 4;
  int64_t wanted = 2 * target.getChip().multiprocessors;
  int64_t columns = 8;
  while (columns > 1 &&
         space.getBatchSize() * space.getN() < columns * warps * wanted)
    columns /= 2;
  return ScheduleAttr::get(space.getContext(), Unit::DOT,
                           {space.getMSize(), warps * columns, 512}, {1, warps},
                           /*stages=*/1, /*split_k=*/1);
}

ScheduleAttr quantc::nvvm::chooseSchedule(SpaceAttr space, Type type,
                                          const Target &target) {
  if (isa<IntegerType>(type) && space.getMSize() <= 4)
    return chooseDot(space, target);
  const Chip &chip = target.getChip();
  int64_t bytes = getElementBytes(type), rowBytes = space.getKSize() * bytes;
  bool isF32 = type.isF32();
  int64_t bytesPerCycle = isF32 ? 64 * bytes : chip.bytesPerCycle;
  int64_t tileBytes = rowBytes >= 256 && !isF32 ? 128 : 64;
  const Candidate *best = nullptr;
  double bestTime = 0;
  for (const Candidate &candidate : candidates) {
    // f32 has no use for more than 64 accumulators: it also keeps the operands
    // of a step over k in registers.
    int64_t threads = 32 * candidate.warpsM * candidate.warpsN;
    if (isF32 && candidate.m * candidate.n / threads > 64)
      continue;
    double time = estimate(candidate, space, tileBytes,
                           llvm::divideCeil(rowBytes, tileBytes), bytesPerCycle,
                           chip.multiprocessors);
    if (!best || time < bestTime) {
      best = &candidate;
      bestTime = time;
    }
  }
  // Two CTAs on a multiprocessor where there is room, with three stages each.
  int64_t room = chip.sharedBytesPerMultiprocessor / 2 - 1024;
  if (room / ((best->m + best->n) * tileBytes) < 3)
    tileBytes = 64;
  int64_t steps = llvm::divideCeil(rowBytes, tileBytes);
  int64_t stages =
      std::clamp<int64_t>(room / ((best->m + best->n) * tileBytes), 2, 4);
  int64_t split = 1;
  if (isa<IntegerType>(type))
    split = chooseSplit(*best, space, steps, chip.multiprocessors);
  return ScheduleAttr::get(space.getContext(), isF32 ? Unit::FMA : Unit::MMA,
                           {best->m, best->n, tileBytes / bytes},
                           {best->warpsM, best->warpsN},
                           std::min(stages, steps), split);
}
