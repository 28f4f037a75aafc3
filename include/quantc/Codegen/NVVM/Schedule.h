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
/// `type` over `space`.
ScheduleAttr chooseSchedule(SpaceAttr space, mlir::Type type,
                            const Target &target);

/// Why `target` cannot run `schedule` over `space` on elements of `type`; empty
/// if it can.
std::string checkSchedule(ScheduleAttr schedule, SpaceAttr space,
                          mlir::Type type, const Target &target);

} // namespace quantc::nvvm

#endif // QUANTC_CODEGEN_NVVM_SCHEDULE_H
