//===- DotInstruction.h - the instructions of the inner loop ----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CODEGEN_CPU_DOTINSTRUCTION_H
#define QUANTC_LIB_CODEGEN_CPU_DOTINSTRUCTION_H

#include "quantc/Dialect/CPU/IR/CPUDialect.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"

namespace quantc::cpu {

/// Element types of the operands, and what their integers stand for.
struct DotOperands {
  mlir::Type lhs, rhs;
  LhsKind lhsKind;
  bool rhsUnsigned;
};

/// Emits, for one schedule, the loads and the update of one accumulator
/// register. Operands are one-dimensional memrefs with offsets in elements.
class DotInstruction {
public:
  DotInstruction(mlir::OpBuilder &builder, mlir::Location loc,
                 ScheduleAttr schedule, const DotOperands &operands);

  mlir::VectorType getAccumulatorType() const { return accumulator; }

  /// Loads a group of the left operand into every lane. Only the first `count`
  /// elements are read; the others are zero, or anything where weights are
  /// zero.
  mlir::Value loadLhs(mlir::Value base, mlir::Value offset, int64_t count);

  /// Loads a register of packed weights.
  mlir::Value loadRhs(mlir::Value base, mlir::Value offset);

  /// The same for weights as `vector<(lanes * group) x element>`.
  mlir::Value convertRhs(mlir::Value packed);

  /// accumulator + lhs * rhs.
  mlir::Value update(mlir::Value accumulator, mlir::Value lhs, mlir::Value rhs);

  /// A left operand of which every byte is 0x80: 128 or -128, as the
  /// instruction reads it. Only for instructions of bytes.
  mlir::Value splatSignBit();

private:
  /// To `element`, where the value is narrower.
  mlir::Value extend(mlir::Value value, mlir::Type element, bool isUnsigned);
  mlir::VectorType vectorOf(int64_t size, mlir::Type element) {
    return mlir::VectorType::get({size}, element);
  }

  mlir::OpBuilder &builder;
  mlir::Location loc;
  DotKind dot;
  DotOperands operands;
  /// Whether the sign bits of the left operand have to be flipped.
  bool flipsLhs = false;
  int64_t lanes, group;
  mlir::VectorType accumulator, packed;
};

} // namespace quantc::cpu

#endif // QUANTC_LIB_CODEGEN_CPU_DOTINSTRUCTION_H
