//===- CPUDialect.h - the qnn_cpu dialect -----------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_CPU_IR_CPUDIALECT_H
#define QUANTC_DIALECT_CPU_IR_CPUDIALECT_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Dialect.h"

#include "quantc/Dialect/CPU/IR/CPUDialect.h.inc"

#include "quantc/Dialect/CPU/IR/CPUEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "quantc/Dialect/CPU/IR/CPUAttributes.h.inc"

namespace quantc::cpu {

/// The `#qnn_cpu.schedule` that a linalg op asks for.
inline constexpr llvm::StringLiteral kScheduleAttrName = "qnn_cpu.schedule";

/// Whether `dot` reads the left operand as unsigned bytes (true) or signed ones
/// (false) when the right one is unsigned or not; nullopt where it takes both.
std::optional<bool> readsUnsignedLhs(DotKind dot, bool rhsUnsigned);

/// Makes the operations of the dialect bufferizable.
void registerBufferizableOpInterfaceExternalModels(
    mlir::DialectRegistry &registry);

} // namespace quantc::cpu

#endif // QUANTC_DIALECT_CPU_IR_CPUDIALECT_H
