//===- Schedule.h - the choice of tiles -------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_CODEGEN_NVVM_SCHEDULE_H
#define QUANTC_CODEGEN_NVVM_SCHEDULE_H

#include "quantc/Codegen/NVVM/Target.h"
#include "quantc/Dialect/GPU/IR/GPUDialect.h"

namespace quantc::nvvm {

/// The tiles that a static model finds fastest for a contraction of elements of
/// `type` over `space`, their occupancy planned. `isRhsAlongK`: rows of the
/// right operand lie along k, so that lanes which share k read it 16 bytes at a
/// time.
ScheduleAttr chooseSchedule(SpaceAttr space, mlir::Type type, bool isRhsAlongK,
                            const Target &target);

/// `schedule`, planned for as many CTAs on a multiprocessor of `target` as its
/// registers, shared memory and threads allow, up to 16 warps.
ScheduleAttr planOccupancy(ScheduleAttr schedule, mlir::Type type,
                           const Target &target);

/// Why `target` cannot run `schedule` over `space` on elements of `type`; empty
/// if it can.
std::string checkSchedule(ScheduleAttr schedule, SpaceAttr space,
                          mlir::Type type, const Target &target);

} // namespace quantc::nvvm

#endif // QUANTC_CODEGEN_NVVM_SCHEDULE_H
