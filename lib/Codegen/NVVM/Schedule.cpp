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

/// Registers that a thread needs: accumulators, what it multiplies at once, and
/// addresses, counters and the like. With fewer ptxas 13.0 spills: 16 warps of
/// 64 x 32 need 132 by this count and spill 20 bytes into 128 registers; 12 of
/// 48 x 64 need 168 and have them.
static int64_t countRegisters(ScheduleAttr schedule) {
  int64_t rows = schedule.getThreadRows(),
          columns = schedule.getThreadColumns();
  // mma: four registers for 16 rows, two for 8 columns, which is two rows and
  // two columns of a thread. fma and dot: 16 bytes along k of each row and
  // column.
  int64_t operands = schedule.getUnit() == Unit::MMA ? 2 * rows + columns
                                                     : 4 * (rows + columns);
  constexpr int64_t others = 44;
  return rows * columns + operands + others;
}

/// CTAs that a multiprocessor has room for; 0 where not even one fits.
static int64_t countFittingCTAs(ScheduleAttr schedule, int64_t elementBytes,
                                const Chip &chip) {
  int64_t threads = schedule.getNumThreads();
  int64_t registers = llvm::alignTo(
      std::min(countRegisters(schedule), Chip::registersPerThread),
      Chip::registerGranularity);
  int64_t shared =
      schedule.getSharedBytes(elementBytes) + Chip::reservedSharedBytes;
  return std::min({Chip::registersPerMultiprocessor / (registers * threads),
                   chip.sharedBytesPerMultiprocessor / shared,
                   chip.threadsPerMultiprocessor / threads,
                   chip.ctasPerMultiprocessor});
}

ScheduleAttr quantc::nvvm::planOccupancy(ScheduleAttr schedule, Type type,
                                         const Target &target) {
  // With four warps for each scheduler some always have their operands: more
  // are welcome, but worth no register.
  constexpr int64_t enoughWarps = 16;
  int64_t wanted = enoughWarps / schedule.getNumWarps(),
          fitting = countFittingCTAs(schedule, getElementBytes(type),
                                     target.getChip());
  return schedule.withCTAs(std::max<int64_t>(std::min(fitting, wanted), 1));
}

/// Why registers or shared memory do not suffice for the planned CTAs; empty if
/// they do.
static std::string checkOccupancy(ScheduleAttr schedule, int64_t elementBytes,
                                  const Target &target) {
  std::string text;
  llvm::raw_string_ostream os(text);
  const Chip &chip = target.getChip();
  int64_t ctas = schedule.getCtas(), threads = schedule.getNumThreads();
  int64_t shared = schedule.getSharedBytes(elementBytes);
  int64_t room = std::min(chip.sharedBytesPerCTA,
                          chip.sharedBytesPerMultiprocessor / ctas -
                              Chip::reservedSharedBytes);
  auto describe = [&]() -> llvm::raw_ostream & {
    if (ctas > 1)
      os << " where " << ctas << " CTAs share a multiprocessor";
    return os;
  };
  if (ctas > chip.ctasPerMultiprocessor ||
      ctas * threads > chip.threadsPerMultiprocessor) {
    os << "expected at most "
       << std::min(chip.ctasPerMultiprocessor,
                   chip.threadsPerMultiprocessor / threads)
       << " CTAs of " << threads << " threads on a multiprocessor of "
       << target.getChipName() << ", but got " << ctas;
  } else if (shared > room) {
    os << "expected a schedule with at most " << room
       << " bytes of shared memory on " << target.getChipName();
    describe() << ", but got " << shared;
  } else if (int64_t most = Chip::getRegisterBudget(threads, ctas),
             needed = countRegisters(schedule);
             needed > most) {
    os << "expected a schedule with at most " << most
       << " registers for each of " << threads << " threads";
    describe() << ", but got " << needed;
  } else {
    return text;
  }
  os << " for " << schedule;
  return text;
}

std::string quantc::nvvm::checkSchedule(ScheduleAttr schedule, SpaceAttr space,
                                        Type type, const Target &target) {
  std::string text;
  llvm::raw_string_ostream os(text);
  bool isF32 = type.isF32();
  int64_t bytes = getElementBytes(type);
  bool isF8 = isa<Float8E4M3FNType, Float8E5M2Type>(type);
  if (isF32 != (schedule.getUnit() == Unit::FMA))
    os << "expected a schedule of " << (isF32 ? "fma" : "mma or dot") << " for "
       << type << ", but got " << schedule;
  else if (isF8 && !target.hasF8())
    os << "expected a chip with tensor cores on " << type << " (sm_89 or later)"
       << ", but got " << target.getChipName();
  else if (schedule.isDot() && schedule.getTile()[2] * bytes != 512)
    os << "expected a tile of " << 512 / bytes << " elements of k for dot and "
       << type << ", but got " << schedule;
  else if (schedule.getTile()[2] * bytes < 32)
    os << "expected a tile of at least 32 bytes of k, but got " << schedule;
  else if (std::string objection = checkOccupancy(schedule, bytes, target);
           !objection.empty())
    os << objection;
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

namespace {

/// The static model of a kernel's time on a chip, in cycles.
class TimeModel {
public:
  TimeModel(SpaceAttr space, Type type, const Chip &chip)
      : space(space), chip(chip), isF32(type.isF32()),
        rowBytes(space.getKSize() * getElementBytes(type)),
        bytesPerCycle(isF32 ? 64 * getElementBytes(type) : chip.bytesPerCycle),
        tileBytes(rowBytes >= 256 && !isF32 ? 128 : 64) {}

  /// Waves of CTAs, each as long as its slower side, multiplying or loading,
  /// and a start and an end; where parts of k are added by a second kernel,
  /// that one, too.
  double estimate(const Candidate &candidate, int64_t split) const;
  /// Whether so many parts of k are worth a try: of the same length, at least
  /// eight steps. f32 is added in order of k (docs/arithmetic.md, "Sums of
  /// f32").
  bool canSplit(int64_t parts) const {
    return !isF32 && getSteps() % parts == 0 && getSteps() / parts >= 8;
  }

private:
  int64_t getSteps() const { return llvm::divideCeil(rowBytes, tileBytes); }

  SpaceAttr space;
  const Chip &chip;
  bool isF32;
  int64_t rowBytes;
  /// Of products, on one multiprocessor.
  int64_t bytesPerCycle;

public:
  const int64_t tileBytes;
};

} // namespace

double TimeModel::estimate(const Candidate &candidate, int64_t split) const {
  // What L2 gives a multiprocessor in a cycle, and what a launch behind another
  // one costs, about.
  constexpr double bytesOfL2 = 48, launch = 2000;
  int64_t ctas = space.getBatchSize() *
                 llvm::divideCeil(space.getMSize(), candidate.m) *
                 llvm::divideCeil(space.getN(), candidate.n) * split;
  // CTAs that share a multiprocessor take turns: the more of them, the better
  // latencies are hidden, but none gets faster than its share.
  int64_t together =
      std::clamp<int64_t>(llvm::divideCeil(ctas, chip.multiprocessors), 1, 2);
  int64_t waves = llvm::divideCeil(ctas, chip.multiprocessors * together);
  // Products, reads of shared memory by each warp for its own rows and columns,
  // 128 bytes a cycle, and loads.
  int64_t products = candidate.m * candidate.n * tileBytes;
  int64_t reads =
      (candidate.m * candidate.warpsN + candidate.n * candidate.warpsM) *
      tileBytes;
  int64_t loads = (candidate.m + candidate.n) * tileBytes;
  double step =
      std::max({double(products) / double(bytesPerCycle), double(reads) / 128,
                double(loads) / bytesOfL2, 64.0});
  int64_t steps = llvm::divideCeil(getSteps(), split) + 3;
  double time = double(waves * together * steps) * step;
  if (split == 1)
    return time;
  // Partial sums of four bytes are written and read. What a second kernel saves
  // has to be more than the model may be wrong by.
  constexpr double margin = 1.1;
  double sums = double(space.getBatchSize() * space.getMSize() * space.getN());
  return margin * time + launch +
         sums * double(8 * split) / (bytesOfL2 * double(chip.multiprocessors));
}

/// A few rows: as many columns a warp as leave work for all multiprocessors.
static ScheduleAttr chooseDot(SpaceAttr space, Type type,
                              const Target &target) {
  constexpr int64_t warps = 4;
  int64_t wanted = 2 * target.getChip().multiprocessors;
  int64_t columns = 8;
  while (columns > 1 &&
         space.getBatchSize() * space.getN() < columns * warps * wanted)
    columns /= 2;
  return ScheduleAttr::get(
      space.getContext(), Unit::DOT,
      {space.getMSize(), warps * columns, 512 / getElementBytes(type)},
      {1, warps}, /*stages=*/1, /*split_k=*/1, /*ctas=*/1);
}

ScheduleAttr quantc::nvvm::chooseSchedule(SpaceAttr space, Type type,
                                          bool isRhsAlongK,
                                          const Target &target) {
  bool isF32 = type.isF32();
  if (space.getMSize() <= 4 && !isF32 &&
      (isRhsAlongK || isa<IntegerType>(type)))
    return planOccupancy(chooseDot(space, type, target), type, target);
  const Chip &chip = target.getChip();
  int64_t bytes = getElementBytes(type);
  TimeModel model(space, type, chip);
  constexpr int64_t mostParts = 8;
  const Candidate *best = nullptr;
  int64_t split = 1;
  double bestTime = 0;
  // f32 also keeps the operands of a step over k in registers, and so is what
  // threads gather, where no word of four bytes can be copied: no more than 64
  // and 32 accumulators beside them.
  bool isGathered = space.getKSize() * bytes % 4 != 0 ||
                    (!isRhsAlongK && space.getN() * bytes % 4 != 0);
  int64_t mostAccumulators = isGathered ? 32 : isF32 ? 64 : 128;
  for (const Candidate &candidate : candidates) {
    int64_t threads = 32 * candidate.warpsM * candidate.warpsN;
    if (candidate.m * candidate.n / threads > mostAccumulators)
      continue;
    for (int64_t parts = 1; parts <= mostParts; ++parts) {
      if (parts > 1 && !model.canSplit(parts))
        continue;
      double time = model.estimate(candidate, parts);
      if (best && time >= bestTime)
        continue;
      best = &candidate;
      split = parts;
      bestTime = time;
    }
  }
  // Two CTAs on a multiprocessor where there is room, with three stages each.
  int64_t tileBytes = model.tileBytes;
  int64_t room =
      chip.sharedBytesPerMultiprocessor / 2 - Chip::reservedSharedBytes;
  if (room / ((best->m + best->n) * tileBytes) < 3)
    tileBytes = 64;
  int64_t steps = llvm::divideCeil(space.getKSize() * bytes, tileBytes * split);
  int64_t stages =
      std::clamp<int64_t>(room / ((best->m + best->n) * tileBytes), 2, 4);
  auto schedule = ScheduleAttr::get(
      space.getContext(), isF32 ? Unit::FMA : Unit::MMA,
      {best->m, best->n, tileBytes / bytes}, {best->warpsM, best->warpsN},
      std::min(stages, steps), split, /*ctas=*/1);
  return planOccupancy(schedule, type, target);
}
