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

std::string quantc::nvvm::checkSchedule(ScheduleAttr schedule, Type type,
                                        const Target &target) {
  std::string text;
  llvm::raw_string_ostream os(text);
  bool isF32 = type.isF32();
  int64_t bytes = getElementBytes(type);
  int64_t shared = schedule.getSharedBytes(bytes);
  int64_t limit = target.getChip().sharedBytesPerCTA;
  if (isF32 != (schedule.getUnit() == Unit::FMA))
    os << "expected a schedule of " << (isF32 ? "fma" : "mma") << " for "
       << type << ", but got " << schedule;
  else if (isa<Float8E4M3FNType, Float8E5M2Type>(type) && !target.hasF8())
    os << "expected a chip with tensor cores on " << type << " (sm_89 or later)"
       << ", but got " << target.getChipName();
  else if (schedule.getTile()[2] * bytes < 32)
    os << "expected a tile of at least 32 bytes of k, but got " << schedule;
  else if (shared > limit)
    os << "expected a schedule with at most " << limit
       << " bytes of shared memory on " << target.getChipName() << ", but got "
       << shared << " for " << schedule;
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

/// Relative time of a kernel: waves of CTAs, each as long as its slower side,
/// multiplying or loading, and a start and an end.
static double estimate(const Candidate &candidate, SpaceAttr space,
                       int64_t bytes, int64_t tileK, const Target &target) {
  int64_t tiles =
      space.getBatchSize() *
      llvm::divideCeil(std::max<int64_t>(space.getMSize(), 1), candidate.m) *
      llvm::divideCeil(space.getN(), candidate.n);
  const Chip &chip = target.getChip();
  // CTAs that share a multiprocessor take turns: the more of them, the better
  // latencies are hidden, but none gets faster than its share.
  int64_t perMultiprocessor =
      std::clamp<int64_t>(llvm::divideCeil(tiles, chip.multiprocessors), 1, 2);
  double waves =
      double(llvm::divideCeil(tiles, chip.multiprocessors * perMultiprocessor));
  double steps = double(llvm::divideCeil(space.getKSize(), tileK));
  // In cycles: products of bytes on tensor cores, reads of shared memory by
  // each warp for its own rows and columns, 128 bytes a cycle, and what L2
  // gives, about 48 bytes a cycle.
  double multiply = double(candidate.m * candidate.n * tileK * bytes) /
                    double(chip.bytesPerCycle);
  double read =
      double((candidate.m * candidate.warpsN + candidate.n * candidate.warpsM) *
             tileK * bytes) /
      128;
  double load = double((candidate.m + candidate.n) * tileK * bytes) / 48;
  double step = std::max({multiply, read, load, 64.0});
  return waves * perMultiprocessor * (steps + 3) * step;
}

ScheduleAttr quantc::nvvm::chooseSchedule(SpaceAttr space, Type type,
                                          const Target &target) {
  int64_t bytes = getElementBytes(type);
  bool isF32 = type.isF32();
  int64_t tileBytes = space.getKSize() * bytes >= 256 && !isF32 ? 128 : 64;
  int64_t tileK = tileBytes / bytes;
  const Candidate *best = nullptr;
  double bestTime = 0;
  for (const Candidate &candidate : candidates) {
    // f32 has no use for more than 64 accumulators: it also keeps the operands
    // of a step over k in registers.
    if (isF32 &&
        candidate.m * candidate.n / (32 * candidate.warpsM * candidate.warpsN) >
            64)
      continue;
    double time = estimate(candidate, space, bytes, tileK, target);
    if (!best || time < bestTime) {
      best = &candidate;
      bestTime = time;
    }
  }
  int64_t steps = llvm::divideCeil(space.getKSize(), tileK);
  int64_t stageBytes = (best->m + best->n) * tileBytes;
  // Two CTAs on a multiprocessor where there is room.
  int64_t room = target.getChip().sharedBytesPerMultiprocessor / 2 - 1024;
  int64_t stages = std::clamp<int64_t>(room / stageBytes, 2, 4);
  stages = std::min(stages, std::max<int64_t>(steps, 1));
  return ScheduleAttr::get(space.getContext(), isF32 ? Unit::FMA : Unit::MMA,
                           {best->m, best->n, tileK},
                           {best->warpsM, best->warpsN}, stages,
                           /*split_k=*/1);
}
