//===- GPUOps.cpp - the contraction of the qnn_gpu dialect ----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Dialect/GPU/IR/GPUOps.h"
#include "quantc/Codegen/Contraction/KernelVerifiers.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::nvvm;

Type quantc::nvvm::getElement(Value value, std::optional<Type> format) {
  return format ? *format : cast<ShapedType>(value.getType()).getElementType();
}

MutableOperandRange ContractOp::getDpsInitsMutable() {
  unsigned first = getDestMutable().getOperandNumber();
  return MutableOperandRange(*this, first, getSums() ? 2 : 1);
}

Type ContractOp::getAccumulatorType() {
  return isa<IntegerType>(getLhsElement())
             ? Type(IntegerType::get(getContext(), 32))
             : Type(Float32Type::get(getContext()));
}

void ContractOp::getEffects(
    SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>
        &effects) {
  getKernelEffects(*this, effects);
  if (getSums() && isa<MemRefType>(getSums().getType()))
    effects.emplace_back(MemoryEffects::Read::get(), &getSumsMutable()[0]);
}

/// The right operand of four bits: rows of whole bytes in whole tiles, a scale
/// and an offset for each block of k and each of them.
static LogicalResult verifyInt4(ContractOp op) {
  ScheduleAttr schedule = op.getSchedule();
  SpaceAttr space = op.getSpace();
  ArrayRef<int64_t> rhs = cast<ShapedType>(op.getRhs().getType()).getShape();
  ArrayRef<int64_t> scales =
      cast<ShapedType>(op.getScales().getType()).getShape();
  int64_t k = space.getKSize(), tileK = schedule.getTile()[2];
  if (!op.getRhsElement().isSignlessInteger(4) || !op.getLhsElement().isF16() ||
      schedule.getUnit() != Unit::MMA || tileK != ContractOp::kInt4TileK ||
      space.getNumBatch() != 0 || space.getK().size() != 1)
    return op.emitOpError()
           << "expected scales for a product of f16 and i4 without batches, by "
              "a schedule of mma with a tile of "
           << ContractOp::kInt4TileK << " along k";
  int64_t rows = llvm::alignTo(space.getN(), schedule.getTile()[1]);
  if (k % tileK != 0 || rhs != ArrayRef<int64_t>{rows, k / 2})
    return op.emitOpError() << "expected rhs of the shape " << rows << "x"
                            << k / 2 << ", but got " << op.getRhs().getType();
  if (scales.size() != 3 || scales[1] != rows || scales[0] == 0 ||
      k % scales[0] != 0 || (k / scales[0]) % tileK != 0 || scales[2] != 2)
    return op.emitOpError()
           << "expected scales of the shape (k / block)x" << rows
           << "x2 with blocks of a multiple of " << tileK << ", but got "
           << op.getScales().getType();
  return success();
}

LogicalResult ContractOp::verify() {
  SmallVector<int64_t> bounds = getSpace().getBounds();
  unsigned n = getSpace().getNDim();
  Type lhs = getLhsElement(), rhs = getRhsElement();
  auto isF8 = [](Type type) {
    return isa<Float8E4M3FNType, Float8E5M2Type>(type);
  };
  std::pair<Value, std::optional<Type>> formats[] = {
      {getLhs(), getLhsFormat()}, {getRhs(), getRhsFormat()}};
  for (auto [operand, format] : formats)
    if (format && (!getElementTypeOrSelf(operand).isInteger(8) ||
                   !(format->isUnsignedInteger(8) || isF8(*format) ||
                     (getScales() && operand == getRhs()))))
      return emitOpError() << "expected bytes to be ui8, f8E4M3FN or f8E5M2, "
                              "but got "
                           << *format << " for " << operand.getType();
  bool areIntegers = isa<IntegerType>(lhs) && isa<IntegerType>(rhs);
  if (getScales() && failed(verifyInt4(*this)))
    return failure();
  if (lhs != rhs && !areIntegers && !(isF8(lhs) && isF8(rhs)) && !getScales())
    return emitOpError() << "expected operands of one element type, but got "
                         << lhs << " and " << rhs;
  if (getSchedule().getUnit() == Unit::MMA && lhs.isF32())
    return emitOpError() << "expected a schedule of fma for f32, but got mma";
  if (getSchedule().isDot() && lhs.isF32())
    return emitOpError() << "expected a schedule of fma for f32, but got dot";
  if (getSchedule().getUnit() == Unit::FMA && !lhs.isF32())
    return emitOpError() << "expected a schedule of mma or dot for " << lhs
                         << ", but got fma";

  SmallVector<std::pair<StringRef, Value>> mapped = {{"lhs", getLhs()},
                                                     {"rhs", getRhs()}};
  if (getInit())
    mapped.push_back({"init", getInit()});
  for (Value capture : getCaptures())
    mapped.push_back({"a capture", capture});
  mapped.push_back({"dest", getDest()});
  if (getSums())
    mapped.push_back({"sums", getSums()});
  if (getMaps().size() != mapped.size())
    return emitOpError() << "expected " << mapped.size() << " maps, but got "
                         << getMaps().size();
  for (auto [i, entry] : llvm::enumerate(mapped)) {
    auto [what, value] = entry;
    // Packed rows have a shape of their own.
    bool isPacked = getScales() && value == getRhs();
    if (!isPacked &&
        failed(verifyAccess(*this, what, getMap(i), value.getType(), bounds)))
      return failure();
    if (i > 1 && failed(verifyParallelMap(*this, what, getMap(i), n)))
      return failure();
  }
  if (getLhsMap().isFunctionOfDim(n))
    return emitOpError() << "expected lhs not to depend on n";
  for (unsigned m = getSpace().getNumBatch(); m < n; ++m)
    if (getRhsMap().isFunctionOfDim(m))
      return emitOpError() << "expected rhs not to depend on m";
  if (!getDestMap().isProjectedPermutation() ||
      getDestMap().getNumResults() != n + 1)
    return emitOpError()
           << "expected the map of dest to be a permutation of batch, m and n";
  if (getSums() && getSumsMap().isFunctionOfDim(n))
    return emitOpError() << "expected sums over n";
  if (getInit() && cast<ShapedType>(getInit().getType()).getElementType() !=
                       getAccumulatorType())
    return emitOpError() << "expected init of element type "
                         << getAccumulatorType();
  return verifyResults(*this, getDpsInits());
}

LogicalResult ContractOp::verifyRegions() {
  return verifyEpilogue(*this, getEpilogue().front(), getAccumulatorType(),
                        getCaptures(), getDpsInits());
}

#define GET_OP_CLASSES
#include "quantc/Dialect/GPU/IR/GPUOps.cpp.inc"
