//===- CPUOps.cpp - verifiers of the qnn_cpu operations -------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Dialect/CPU/IR/CPUOps.h"
#include "quantc/Codegen/Contraction/KernelVerifiers.h"
#include "quantc/Codegen/Contraction/LinearAccess.h"

#include "mlir/IR/Builders.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::cpu;

//===----------------------------------------------------------------------===//
// Shapes of packed weights
//===----------------------------------------------------------------------===//

/// Number of segments of k, and length of each.
static std::pair<int64_t, int64_t> getSegmentsOf(ArrayRef<int64_t> kBounds,
                                                 int64_t segmentDims) {
  ArrayRef<int64_t> inner = kBounds.take_back(segmentDims);
  ArrayRef<int64_t> outer = kBounds.drop_back(segmentDims);
  return {llvm::product_of(outer), llvm::product_of(inner)};
}

SmallVector<int64_t> quantc::cpu::getPackedShape(ArrayRef<int64_t> bounds,
                                                 int64_t numBatch,
                                                 int64_t segmentDims,
                                                 ScheduleAttr schedule) {
  auto [segments, length] =
      getSegmentsOf(bounds.drop_front(numBatch + 1), segmentDims);
  SmallVector<int64_t> shape(bounds.take_front(numBatch));
  int64_t width = schedule.getPanelWidth(), group = schedule.getGroup();
  shape.push_back(llvm::divideCeil(bounds[numBatch], width));
  shape.push_back(segments * llvm::divideCeil(length, group));
  shape.push_back(width * group);
  return shape;
}

SmallVector<int64_t> quantc::cpu::getCorrectionShape(ArrayRef<int64_t> bounds,
                                                     int64_t numBatch,
                                                     ScheduleAttr schedule) {
  SmallVector<int64_t> shape(bounds.take_front(numBatch));
  int64_t width = schedule.getPanelWidth();
  shape.push_back(llvm::divideCeil(bounds[numBatch], width) * width);
  return shape;
}

//===----------------------------------------------------------------------===//
// What both operations have in common
//===----------------------------------------------------------------------===//

static LogicalResult verifyBounds(Operation *op, ArrayRef<int64_t> bounds,
                                  int64_t numParallel, int64_t segmentDims) {
  if (numParallel < 1 || numParallel >= int64_t(bounds.size()))
    return op->emitOpError()
           << "expected bounds of at least one k dimension after "
           << numParallel << " parallel ones, but got " << bounds.size();
  if (llvm::any_of(bounds, [](int64_t bound) { return bound < 1; }))
    return op->emitOpError() << "expected bounds of at least 1";
  int64_t numK = bounds.size() - numParallel;
  if (segmentDims < 1 || segmentDims > numK)
    return op->emitOpError()
           << "expected 1 to " << numK << " k dimensions in a segment, but got "
           << segmentDims;
  return success();
}

static LogicalResult verifyShape(Operation *op, StringRef what, Type type,
                                 ArrayRef<int64_t> expected) {
  ArrayRef<int64_t> shape = cast<ShapedType>(type).getShape();
  if (shape != expected)
    return op->emitOpError() << "expected " << what << " of shape [" << expected
                             << "], but got [" << shape << "]";
  return success();
}

static LogicalResult verifyElementTypes(Operation *op, ScheduleAttr schedule,
                                        Type operand) {
  Type element = cast<ShapedType>(operand).getElementType();
  if (element.isF32() != schedule.isFloat() ||
      (schedule.isOfBytes() && !element.isInteger(8)))
    return op->emitOpError()
           << "expected "
           << (schedule.isFloat()     ? "f32"
               : schedule.isOfBytes() ? "i8"
                                      : "i8 or i16")
           << " operands for " << stringifyDotKind(schedule.getDot())
           << ", but got " << element;
  return success();
}

//===----------------------------------------------------------------------===//
// PackOp
//===----------------------------------------------------------------------===//

MutableOperandRange PackOp::getDpsInitsMutable() {
  return MutableOperandRange(*this, 1, getCorrection() ? 2 : 1);
}

std::pair<int64_t, int64_t> PackOp::getSegments() {
  return getSegmentsOf(getBounds().drop_front(getNumBatch() + 1),
                       getSegmentDims());
}

int64_t PackOp::getNumGroups() {
  auto [segments, length] = getSegments();
  return segments * llvm::divideCeil(length, getSchedule().getGroup());
}

void PackOp::getEffects(
    SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>
        &effects) {
  quantc::getKernelEffects(*this, effects);
}

LogicalResult PackOp::verify() {
  if (int64_t(getNumBatch()) < 0)
    return emitOpError() << "expected a number of batch dimensions";
  if (failed(verifyBounds(*this, getBounds(), getNumBatch() + 1,
                          getSegmentDims())) ||
      failed(verifyAccess(*this, "source", getMap(), getSource().getType(),
                          getBounds())) ||
      failed(verifyElementTypes(*this, getSchedule(), getSource().getType())) ||
      failed(verifyElementTypes(*this, getSchedule(), getPacked().getType())) ||
      failed(verifyShape(*this, "packed weights", getPacked().getType(),
                         getPackedShape(getBounds(), getNumBatch(),
                                        getSegmentDims(), getSchedule()))))
    return failure();
  if (getCorrection() && !getSchedule().isOfBytes())
    return emitOpError() << "expected no correction for "
                         << stringifyDotKind(getSchedule().getDot());
  if (Value correction = getCorrection())
    if (failed(verifyShape(
            *this, "a correction", correction.getType(),
            getCorrectionShape(getBounds(), getNumBatch(), getSchedule()))))
      return failure();
  return verifyResults(*this, getDpsInits());
}

//===----------------------------------------------------------------------===//
// ContractOp
//===----------------------------------------------------------------------===//

MutableOperandRange ContractOp::getDpsInitsMutable() {
  unsigned first = getDestMutable().getOperandNumber();
  return MutableOperandRange(*this, first, getSums() ? 2 : 1);
}

std::pair<int64_t, int64_t> ContractOp::getSegments() {
  return getSegmentsOf(getBounds().drop_front(getNDim() + 1), getSegmentDims());
}

Type ContractOp::getAccumulatorType() {
  MLIRContext *context = getContext();
  return getSchedule().isFloat() ? Type(Float32Type::get(context))
                                 : Type(IntegerType::get(context, 32));
}

void ContractOp::getEffects(
    SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>
        &effects) {
  quantc::getKernelEffects(*this, effects);
}

LogicalResult ContractOp::verify() {
  if (int64_t(getNumBatch()) < 0 || int64_t(getNumM()) < 0)
    return emitOpError() << "expected numbers of batch and m dimensions";
  if (failed(
          verifyBounds(*this, getBounds(), getNDim() + 1, getSegmentDims())) ||
      failed(verifyElementTypes(*this, getSchedule(), getLhs().getType())) ||
      failed(verifyElementTypes(*this, getSchedule(), getRhs().getType())))
    return failure();

  SmallVector<std::pair<StringRef, Value>> mapped = {{"lhs", getLhs()}};
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
    if (failed(
            verifyAccess(*this, what, getMap(i), value.getType(), getBounds())))
      return failure();
    if (i > 0 && failed(verifyParallelMap(*this, what, getMap(i), getNDim())))
      return failure();
  }
  if (getLhsMap().isFunctionOfDim(getNDim()))
    return emitOpError() << "expected lhs not to depend on n";
  if (!getDestMap().isProjectedPermutation() ||
      getDestMap().getNumResults() != getNDim() + 1)
    return emitOpError()
           << "expected the map of dest to be a permutation of batch, m and n";

  if (getSums()) {
    int64_t panels =
        llvm::divideCeil(getBounds()[getNDim()], getSchedule().getPanelWidth());
    ArrayRef<int64_t> shape = cast<ShapedType>(getSums().getType()).getShape();
    if (getSchedule().isFloat() || shape.empty() || shape.back() != panels ||
        getSumsMap().isFunctionOfDim(getNDim()))
      return emitOpError() << "expected integer sums for each of " << panels
                           << " panels, but got " << getSums().getType();
  }

  // The packed operand knows nothing of m.
  SmallVector<int64_t> rhsBounds(getBounds());
  rhsBounds.erase(rhsBounds.begin() + getNumBatch(),
                  rhsBounds.begin() + getNDim());
  if (failed(verifyShape(*this, "rhs", getRhs().getType(),
                         getPackedShape(rhsBounds, getNumBatch(),
                                        getSegmentDims(), getSchedule()))))
    return failure();
  if (getInit() && cast<ShapedType>(getInit().getType()).getElementType() !=
                       getAccumulatorType())
    return emitOpError() << "expected init of element type "
                         << getAccumulatorType();
  bool isOfBytes = getSchedule().isOfBytes();
  if (getLhsKind() == LhsKind::Offset && !isOfBytes)
    return emitOpError() << "expected a left operand without offset for "
                         << stringifyDotKind(getSchedule().getDot());
  bool needed = getSchedule().needsCorrection(getLhsKind(), getRhsUnsigned());
  if (needed != !!getCorrection())
    return emitOpError() << "expected " << (needed ? "a" : "no")
                         << " correction for a left operand of kind '"
                         << stringifyLhsKind(getLhsKind()) << "' and "
                         << stringifyDotKind(getSchedule().getDot());
  if (Value correction = getCorrection())
    if (failed(verifyShape(
            *this, "a correction", correction.getType(),
            getCorrectionShape(rhsBounds, getNumBatch(), getSchedule()))))
      return failure();
  return verifyResults(*this, getDpsInits());
}

LogicalResult ContractOp::verifyRegions() {
  return verifyEpilogue(*this, getEpilogue().front(), getAccumulatorType(),
                        getCaptures(), getDpsInits());
}

#define GET_OP_CLASSES
#include "quantc/Dialect/CPU/IR/CPUOps.cpp.inc"
