//===- Schedule.cpp - the choice of a register tile -----------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Codegen/CPU/Schedule.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace quantc::cpu;

/// Whether `target` has `dot` on registers of `lanes` 32-bit elements.
static bool hasDot(const Target &target, DotKind dot, int64_t lanes) {
  bool x86 = target.isX86();
  if ((lanes == 16 && !target.has("avx512f")) ||
      (lanes == 8 && !target.has("avx2")))
    return false;
  switch (dot) {
  case DotKind::VPDPBUSD:
    return x86 && ((lanes == 16 && target.has("avx512vnni")) ||
                   (lanes == 8 &&
                    (target.has("avxvnni") ||
                     (target.has("avx512vnni") && target.has("avx512vl")))));
  case DotKind::VPMADDWD:
    return x86 && (lanes < 16 || target.has("avx512bw"));
  case DotKind::SDOT:
    return !x86 && target.has("dotprod");
  case DotKind::FMA:
    return target.hasFMA();
  case DotKind::MulAdd:
  case DotKind::MulAddF:
    return true;
  }
  return false;
}

bool quantc::cpu::isSupported(ScheduleAttr schedule, const Target &target) {
  return hasDot(target, schedule.getDot(), schedule.getLanes());
}

namespace {

/// The vector unit as seen by one kernel.
struct Machine {
  DotKind dot;
  int64_t lanes;
  /// Elements of k that one step takes.
  int64_t group;
  /// Architectural vector registers, and those that hold neither accumulators
  /// nor weights: the broadcast left operand, a constant, temporaries.
  int64_t registers, reserved;
  /// Vector instructions of an accumulator update, and those that every row
  /// and every register of weights take on top.
  double perUpdate, perRow, perRegister;
};

} // namespace

/// Whether the bytes of the left operand have to be flipped in registers.
static bool flipsLhs(DotKind dot, const KernelOperands &operands) {
  std::optional<bool> readsUnsigned =
      readsUnsignedLhs(dot, operands.rhsUnsigned);
  return readsUnsigned && operands.lhs != LhsKind::Offset &&
         *readsUnsigned != (operands.lhs == LhsKind::Unsigned);
}

static Machine getMachine(const KernelOperands &operands,
                          const Target &target) {
  // Wide registers even where the target's tuning avoids them for scattered
  // vector code: a kernel stays in them long enough to gain.
  int64_t lanes =
      target.has("avx512f") ? 16 : int64_t(target.getVectorBits()) / 32;
  if (!operands.isFloat && lanes == 16 && !target.has("avx512bw"))
    lanes = 8;
  bool many = !target.isX86() || lanes == 16 || target.has("avx512vl");
  int64_t registers = many ? 32 : 16;
  auto machine = [&](DotKind dot, int64_t group, int64_t reserved,
                     double perUpdate, double perRow, double perRegister) {
    return Machine{dot,      lanes,     group,  registers,
                   reserved, perUpdate, perRow, perRegister};
  };
  if (operands.isFloat)
    return hasDot(target, DotKind::FMA, lanes)
               ? machine(DotKind::FMA, 1, 1, 1, 0, 0)
               : machine(DotKind::MulAddF, 1, 2, 2, 0, 0);
  for (DotKind dot : {DotKind::VPDPBUSD, DotKind::SDOT}) {
    if (operands.isWide || !hasDot(target, dot, lanes))
      continue;
    Machine bytes = machine(dot, 4, 1, 1, 0, 0);
    if (flipsLhs(dot, operands)) {
      bytes.reserved += 1;
      bytes.perRow += 1;
    }
    return bytes;
  }
  if (hasDot(target, DotKind::VPMADDWD, lanes))
    return machine(DotKind::VPMADDWD, 2, 2, 2, 0, 1);
  return machine(DotKind::MulAdd, 1, 2, 2, 1, 1);
}

LhsKind quantc::cpu::chooseLhsKind(const KernelOperands &operands,
                                   const Target &target) {
  // Zen has four vector ports, two of which vpdpbusd leaves alone.
  bool flipsForFree = target.getCPU().starts_with("znver");
  if (flipsForFree || !flipsLhs(getMachine(operands, target).dot, operands))
    return operands.lhs;
  return LhsKind::Offset;
}

/// Cycles of a step over k of one tile: two vector instructions a cycle, not
/// less than the latency of an update, and loads that are hidden only in part
/// (measured on Cascade Lake: 8 x 3, 6 x 4 and 5 x 5 are equally fast within a
/// few percent, 12 x 2 and 8 x 2 a fifth slower).
static double getCyclesOfStep(const Machine &machine, int64_t rows,
                              int64_t registers) {
  constexpr double latency = 5, exposedLoad = 0.25;
  double instructions = machine.perUpdate * rows * registers +
                        machine.perRow * rows + machine.perRegister * registers;
  return std::max(instructions / 2, latency) + exposedLoad * (rows + registers);
}

ScheduleAttr quantc::cpu::chooseSchedule(MLIRContext *context,
                                         const KernelShape &shape,
                                         const KernelOperands &operands,
                                         const Target &target) {
  Machine machine = getMachine(operands, target);
  int64_t columns = llvm::divideCeil(shape.n, machine.lanes);
  // Entering and leaving a tile costs about as much as four steps.
  double steps = llvm::divideCeil(shape.k, machine.group) + 4;
  double best = 0;
  int64_t bestRows = 0, bestRegisters = 0;
  for (int64_t registers = 1; registers <= std::min<int64_t>(columns, 8);
       ++registers) {
    int64_t accumulators = machine.registers - machine.reserved - registers;
    int64_t maxRows = std::min(accumulators / registers, shape.m);
    for (int64_t rows = 1; rows <= maxRows; ++rows) {
      // Rows are spread evenly: a smaller tile may need as many of them.
      int64_t tiles = llvm::divideCeil(shape.m, rows);
      if (int64_t(llvm::divideCeil(shape.m, tiles)) != rows)
        continue;
      int64_t panels = columns / registers, rest = columns % registers;
      double cycles =
          tiles * steps * panels * getCyclesOfStep(machine, rows, registers);
      if (rest)
        cycles += tiles * steps * getCyclesOfStep(machine, rows, rest);
      if (!bestRows || cycles < best) {
        best = cycles;
        bestRows = rows;
        bestRegisters = registers;
      }
    }
  }
  // 8 to 12 KB ahead; pointless where every weight is used once.
  int64_t prefetch = 0;
  if (shape.m > 1 && target.isX86())
    prefetch = 192 * 16 / (bestRegisters * machine.lanes);
  return ScheduleAttr::get(context, machine.dot, machine.lanes, bestRows,
                           bestRegisters, /*unroll=*/1, prefetch);
}
