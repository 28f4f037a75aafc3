//===- DotInstruction.cpp - the instructions of the inner loop ------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DotInstruction.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace quantc::cpu;

DotInstruction::DotInstruction(OpBuilder &builder, Location loc,
                               ScheduleAttr schedule,
                               const DotOperands &operands)
    : builder(builder), loc(loc), dot(schedule.getDot()), operands(operands),
      lanes(schedule.getLanes()), group(schedule.getGroup()) {
  Type element = schedule.isFloat() ? Type(builder.getF32Type())
                                    : Type(builder.getI32Type());
  accumulator = vectorOf(lanes, element);
  packed = vectorOf(lanes * group, operands.rhs);
  flipsLhs = operands.lhsKind != LhsKind::Offset &&
             schedule.needsCorrection(operands.lhsKind, operands.rhsUnsigned);
}

Value DotInstruction::extend(Value value, Type element, bool isUnsigned) {
  if (getElementTypeOrSelf(value) == element)
    return value;
  Type type = element;
  if (auto vector = dyn_cast<VectorType>(value.getType()))
    type = vector.clone(element);
  if (isUnsigned)
    return arith::ExtUIOp::create(builder, loc, type, value);
  return arith::ExtSIOp::create(builder, loc, type, value);
}

Value DotInstruction::loadLhs(Value base, Value offset, int64_t count) {
  bool isUnsigned = operands.lhsKind == LhsKind::Unsigned;
  if (group == 1) {
    Value element = memref::LoadOp::create(builder, loc, base, offset);
    if (dot == DotKind::MulAdd)
      element = extend(element, builder.getI32Type(), isUnsigned);
    return vector::BroadcastOp::create(builder, loc, accumulator, element);
  }

  VectorType elements = vectorOf(group, operands.lhs);
  Value value;
  if (count == group) {
    value = vector::LoadOp::create(builder, loc, elements, base, offset);
  } else {
    // What lies behind the last element may not be readable.
    SmallVector<bool> bits(group, false);
    std::fill_n(bits.begin(), count, true);
    Value mask = arith::ConstantOp::create(
        builder, loc,
        DenseElementsAttr::get(vectorOf(group, builder.getI1Type()), bits));
    Value zero =
        arith::ConstantOp::create(builder, loc, builder.getZeroAttr(elements));
    value = vector::MaskedLoadOp::create(builder, loc, elements, base, offset,
                                         mask, zero);
  }
  if (dot == DotKind::VPMADDWD)
    value = extend(value, builder.getI16Type(), isUnsigned);
  // As one 32-bit element the group is broadcast straight from memory.
  value = vector::BitCastOp::create(builder, loc,
                                    vectorOf(1, builder.getI32Type()), value);
  value = vector::BroadcastOp::create(builder, loc, accumulator, value);
  if (flipsLhs) {
    Value sign = arith::ConstantOp::create(
        builder, loc,
        DenseElementsAttr::get(accumulator, APInt(32, 0x80808080u)));
    value = arith::XOrIOp::create(builder, loc, value, sign);
  }
  Type element =
      dot == DotKind::VPMADDWD ? builder.getI16Type() : builder.getI8Type();
  return vector::BitCastOp::create(builder, loc,
                                   vectorOf(lanes * group, element), value);
}

Value DotInstruction::loadRhs(Value base, Value offset) {
  return convertRhs(vector::LoadOp::create(builder, loc, packed, base, offset));
}

Value DotInstruction::convertRhs(Value value) {
  if (dot == DotKind::VPMADDWD)
    return extend(value, builder.getI16Type(), operands.rhsUnsigned);
  if (dot == DotKind::MulAdd)
    return extend(value, builder.getI32Type(), operands.rhsUnsigned);
  return value;
}

Value DotInstruction::update(Value acc, Value lhs, Value rhs) {
  auto call = [&](StringRef name, ValueRange operands) -> Value {
    return LLVM::CallIntrinsicOp::create(builder, loc, accumulator,
                                         builder.getStringAttr(name), operands)
        .getResult(0);
  };
  switch (dot) {
  case DotKind::VPDPBUSD:
    // The first factor is the unsigned one.
    if (operands.rhsUnsigned)
      std::swap(lhs, rhs);
    return call(lanes == 16 ? "llvm.x86.avx512.vpdpbusd.512"
                            : "llvm.x86.avx512.vpdpbusd.256",
                {acc, lhs, rhs});
  case DotKind::SDOT:
    return call(operands.rhsUnsigned ? "llvm.aarch64.neon.udot.v4i32.v16i8"
                                     : "llvm.aarch64.neon.sdot.v4i32.v16i8",
                {acc, lhs, rhs});
  case DotKind::VPMADDWD: {
    StringRef name = lanes == 16  ? "llvm.x86.avx512.pmaddw.d.512"
                     : lanes == 8 ? "llvm.x86.avx2.pmadd.wd"
                                  : "llvm.x86.sse2.pmadd.wd";
    Value product = call(name, {lhs, rhs});
    return arith::AddIOp::create(builder, loc, acc, product);
  }
  case DotKind::MulAdd: {
    Value product = arith::MulIOp::create(builder, loc, lhs, rhs);
    return arith::AddIOp::create(builder, loc, acc, product);
  }
  case DotKind::FMA:
    // Not vector.fma: that is split where floating point must not be
    // contracted.
    return math::FmaOp::create(builder, loc, lhs, rhs, acc);
  case DotKind::MulAddF: {
    Value product = arith::MulFOp::create(builder, loc, lhs, rhs);
    return arith::AddFOp::create(builder, loc, acc, product);
  }
  }
  return acc;
}

Value DotInstruction::splatSignBit() {
  return arith::ConstantOp::create(
      builder, loc,
      DenseElementsAttr::get(packed, APInt::getSignedMinValue(8)));
}
