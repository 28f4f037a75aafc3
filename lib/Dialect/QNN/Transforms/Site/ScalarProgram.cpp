//===- ScalarProgram.cpp - bodies of linalg operations, run now -----------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ScalarProgram.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/Matchers.h"
#include "llvm/Support/MathExtras.h"
#include <cstring>

using namespace mlir;
using namespace quantc::qnn;

static int64_t wrap(int64_t value, unsigned width) {
  return width >= 64 ? value : llvm::SignExtend64(value, width);
}

static double roundTo(unsigned width, double value) {
  return width == 32 ? float(value) : value;
}

Scalar quantc::qnn::loadScalar(const char *data, Type type, int64_t index) {
  Scalar result;
  if (type.isF32()) {
    float value;
    std::memcpy(&value, data + index * sizeof(float), sizeof(float));
    result.f = value;
    return result;
  }
  if (type.isF64()) {
    std::memcpy(&result.f, data + index * sizeof(double), sizeof(double));
    return result;
  }
  unsigned width = type.getIntOrFloatBitWidth();
  unsigned bytes = llvm::divideCeil(width, 8);
  uint64_t bits = 0;
  std::memcpy(&bits, data + index * bytes, bytes);
  result.i = wrap(bits, width);
  return result;
}

void quantc::qnn::storeScalar(char *data, Type type, int64_t index,
                              Scalar value) {
  if (type.isF32()) {
    float rounded = value.f;
    std::memcpy(data + index * sizeof(float), &rounded, sizeof(float));
    return;
  }
  if (type.isF64()) {
    std::memcpy(data + index * sizeof(double), &value.f, sizeof(double));
    return;
  }
  unsigned width = type.getIntOrFloatBitWidth();
  unsigned bytes = llvm::divideCeil(width, 8);
  uint64_t bits = value.i;
  if (width < 8)
    bits &= llvm::maskTrailingOnes<uint64_t>(width);
  std::memcpy(data + index * bytes, &bits, bytes);
}

bool quantc::qnn::isSupportedScalar(Type type) {
  return type.isF32() || type.isF64() || type.isSignlessInteger(1) ||
         type.isSignlessInteger(4) || type.isSignlessInteger(8) ||
         type.isSignlessInteger(16) || type.isSignlessInteger(32) ||
         type.isSignlessInteger(64);
}

std::optional<std::pair<ScalarProgram::Opcode, unsigned>>
ScalarProgram::classify(Operation &op) {
  Type type = op.getResult(0).getType();
  unsigned width = type.isIntOrFloat() ? type.getIntOrFloatBitWidth() : 0;
  if (isa<arith::AddIOp>(op))
    return std::pair(Opcode::Add, width);
  if (isa<arith::SubIOp>(op))
    return std::pair(Opcode::Sub, width);
  if (isa<arith::MulIOp>(op))
    return std::pair(Opcode::Mul, width);
  if (isa<arith::ExtSIOp, arith::TruncIOp>(op))
    return std::pair(Opcode::Sext, width);
  if (isa<arith::ExtUIOp>(op))
    return std::pair(Opcode::Zext,
                     op.getOperand(0).getType().getIntOrFloatBitWidth());
  if (!type.isF32() && !type.isF64())
    return std::nullopt;
  if (isa<arith::ExtFOp, arith::TruncFOp>(op) &&
      isSupportedScalar(op.getOperand(0).getType()))
    return std::pair(Opcode::Round, width);
  if (isa<arith::AddFOp>(op))
    return std::pair(Opcode::FAdd, width);
  if (isa<arith::SubFOp>(op))
    return std::pair(Opcode::FSub, width);
  if (isa<arith::MulFOp>(op))
    return std::pair(Opcode::FMul, width);
  if (isa<arith::DivFOp>(op))
    return std::pair(Opcode::FDiv, width);
  // i64 to double would round a first time.
  if (isa<arith::SIToFPOp>(op) &&
      op.getOperand(0).getType().getIntOrFloatBitWidth() <= 32)
    return std::pair(Opcode::ToF, width);
  return std::nullopt;
}

std::optional<ScalarProgram> ScalarProgram::compile(Block &body) {
  ScalarProgram program;
  DenseMap<Value, unsigned> slots;
  for (BlockArgument arg : body.getArguments())
    slots[arg] = program.numSlots++;
  auto getSlot = [&](Value value) -> std::optional<unsigned> {
    if (auto it = slots.find(value); it != slots.end())
      return it->second;
    Attribute attr;
    if (!isSupportedScalar(value.getType()) ||
        !matchPattern(value, m_Constant(&attr)))
      return std::nullopt;
    Scalar constant;
    if (auto integer = dyn_cast<IntegerAttr>(attr))
      constant.i = integer.getValue().getSExtValue();
    else
      constant.f = cast<FloatAttr>(attr).getValueAsDouble();
    program.constants.push_back({program.numSlots, constant});
    return slots[value] = program.numSlots++;
  };

  for (Operation &op : body) {
    if (isa<arith::ConstantOp>(op))
      continue;
    if (isa<linalg::YieldOp>(op)) {
      std::optional<unsigned> slot = getSlot(op.getOperand(0));
      if (!slot)
        return std::nullopt;
      program.yielded = *slot;
      continue;
    }
    if (op.getNumResults() != 1 || op.getNumOperands() > 2)
      return std::nullopt;
    auto opcode = classify(op);
    if (!opcode)
      return std::nullopt;
    SmallVector<unsigned, 2> operands(2, 0);
    for (auto [i, operand] : llvm::enumerate(op.getOperands())) {
      std::optional<unsigned> slot = getSlot(operand);
      if (!slot)
        return std::nullopt;
      operands[i] = *slot;
    }
    slots[op.getResult(0)] = program.numSlots;
    program.instructions.push_back({opcode->first, opcode->second, operands[0],
                                    operands[1], program.numSlots++});
  }
  return program;
}

Scalar ScalarProgram::execute(const Instruction &instruction,
                              ArrayRef<Scalar> slots) {
  Scalar a = slots[instruction.a], b = slots[instruction.b], result;
  unsigned width = instruction.width;
  switch (instruction.opcode) {
  case Opcode::Add:
    result.i = wrap(uint64_t(a.i) + uint64_t(b.i), width);
    break;
  case Opcode::Sub:
    result.i = wrap(uint64_t(a.i) - uint64_t(b.i), width);
    break;
  case Opcode::Mul:
    result.i = wrap(uint64_t(a.i) * uint64_t(b.i), width);
    break;
  case Opcode::Sext:
    result.i = wrap(a.i, width);
    break;
  case Opcode::Zext:
    result.i = a.i & llvm::maskTrailingOnes<uint64_t>(width);
    break;
  case Opcode::FAdd:
    result.f = roundTo(width, a.f + b.f);
    break;
  case Opcode::FSub:
    result.f = roundTo(width, a.f - b.f);
    break;
  case Opcode::FMul:
    result.f = roundTo(width, a.f * b.f);
    break;
  case Opcode::FDiv:
    result.f = roundTo(width, a.f / b.f);
    break;
  case Opcode::Round:
    result.f = roundTo(width, a.f);
    break;
  case Opcode::ToF:
    result.f = roundTo(width, double(a.i));
    break;
  }
  return result;
}
