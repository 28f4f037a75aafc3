//===- Schedule.h - the choice of a register tile ---------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_CODEGEN_CPU_SCHEDULE_H
#define QUANTC_CODEGEN_CPU_SCHEDULE_H

#include "quantc/Codegen/CPU/Target.h"
#include "quantc/Dialect/CPU/IR/CPUDialect.h"

namespace quantc::cpu {

/// What a schedule depends on: extents of one matrix product, element type and
/// meaning of the left operand.
struct KernelShape {
  int64_t m, n, k;
  bool isFloat;
  LhsKind lhs;
};

/// The form in which a kernel for `target` should read signed values on the
/// left: `Offset` if the dot instruction wants unsigned bytes and shifting them
/// in registers would take time from it.
LhsKind chooseLhsKind(const Target &target);

/// The tile that a static model of the target's vector units finds fastest.
ScheduleAttr chooseSchedule(mlir::MLIRContext *context,
                            const KernelShape &shape, const Target &target);

/// Whether `target` has the instruction of `schedule` in that width.
bool isSupported(ScheduleAttr schedule, const Target &target);

} // namespace quantc::cpu

#endif // QUANTC_CODEGEN_CPU_SCHEDULE_H
