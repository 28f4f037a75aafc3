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

/// What a kernel multiplies: f32, or integers.
struct KernelOperands {
  bool isFloat = false;
  /// Whether an integer operand has 16 bits.
  bool isWide = false;
  LhsKind lhs = LhsKind::Signed;
  bool rhsUnsigned = false;
};

/// The extents of one matrix product.
struct KernelShape {
  int64_t m, n, k;
};

/// The form in which a kernel for `target` should read the left of the given
/// operands: `Offset` if the dot instruction reads bytes of the other
/// signedness and shifting them in registers would take time from it.
LhsKind chooseLhsKind(const KernelOperands &operands, const Target &target);

/// The tile that a static model of the target's vector units finds fastest.
ScheduleAttr chooseSchedule(mlir::MLIRContext *context,
                            const KernelShape &shape,
                            const KernelOperands &operands,
                            const Target &target);

/// Whether `target` has the instruction of `schedule` in that width.
bool isSupported(ScheduleAttr schedule, const Target &target);

} // namespace quantc::cpu

#endif // QUANTC_CODEGEN_CPU_SCHEDULE_H
