//===- CPUDialect.cpp - the qnn_cpu dialect and its attributes ------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Dialect/CPU/IR/CPUDialect.h"
#include "quantc/Dialect/CPU/IR/CPUOps.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace quantc::cpu;

#include "quantc/Dialect/CPU/IR/CPUDialect.cpp.inc"
#include "quantc/Dialect/CPU/IR/CPUEnums.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "quantc/Dialect/CPU/IR/CPUAttributes.cpp.inc"

void CPUDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "quantc/Dialect/CPU/IR/CPUAttributes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "quantc/Dialect/CPU/IR/CPUOps.cpp.inc"
      >();
}

LogicalResult CPUDialect::verifyOperationAttribute(Operation *op,
                                                   NamedAttribute attribute) {
  if (attribute.getName() == kScheduleAttrName &&
      !isa<ScheduleAttr>(attribute.getValue()))
    return op->emitError() << "expected '" << kScheduleAttrName
                           << "' to be a #qnn_cpu.schedule, but got "
                           << attribute.getValue();
  return success();
}

//===----------------------------------------------------------------------===//
// ScheduleAttr
//===----------------------------------------------------------------------===//

LogicalResult ScheduleAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                   DotKind dot, int64_t lanes, int64_t rows,
                                   int64_t registers, int64_t unroll,
                                   int64_t prefetch) {
  if (lanes != 4 && lanes != 8 && lanes != 16)
    return emitError() << "expected 4, 8 or 16 lanes, but got " << lanes;
  if (dot == DotKind::VPDPBUSD && lanes == 4)
    return emitError() << "expected 8 or 16 lanes for vpdpbusd, but got 4";
  if (dot == DotKind::SDOT && lanes != 4)
    return emitError() << "expected 4 lanes for sdot, but got " << lanes;
  // A tile is unrolled completely: the limit keeps a slip of the pen from
  // generating megabytes of code.
  if (rows < 1 || registers < 1 || rows * registers > 64)
    return emitError() << "expected a tile of 1 to 64 registers, but got "
                       << rows << " x " << registers;
  if (unroll < 1 || unroll > 16)
    return emitError() << "expected an unroll factor from 1 to 16, but got "
                       << unroll;
  if (prefetch < 0)
    return emitError()
           << "expected a prefetch distance that is not negative, but got "
           << prefetch;
  return success();
}

int64_t ScheduleAttr::getGroup() const {
  switch (getDot()) {
  case DotKind::VPDPBUSD:
  case DotKind::SDOT:
    return 4;
  case DotKind::VPMADDWD:
    return 2;
  case DotKind::MulAdd:
  case DotKind::FMA:
  case DotKind::MulAddF:
    return 1;
  }
  return 1;
}

bool ScheduleAttr::isFloat() const {
  return getDot() == DotKind::FMA || getDot() == DotKind::MulAddF;
}

bool ScheduleAttr::isOfBytes() const {
  return getDot() == DotKind::VPDPBUSD || getDot() == DotKind::SDOT;
}

std::optional<bool> quantc::cpu::readsUnsignedLhs(DotKind dot,
                                                  bool rhsUnsigned) {
  if (dot == DotKind::VPDPBUSD)
    return !rhsUnsigned;
  if (dot == DotKind::SDOT)
    return rhsUnsigned;
  return std::nullopt;
}

bool ScheduleAttr::needsCorrection(LhsKind kind, bool rhsUnsigned) const {
  std::optional<bool> readsUnsigned = readsUnsignedLhs(getDot(), rhsUnsigned);
  return readsUnsigned && (kind == LhsKind::Offset ||
                           *readsUnsigned != (kind == LhsKind::Unsigned));
}
