//===- OperandAccess.cpp - elements of an operand by row and k ------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OperandAccess.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::nvvm;

LinearDims::LinearDims(ArrayRef<int64_t> allBounds,
                       ArrayRef<int64_t> allStrides) {
  for (auto [bound, stride] : llvm::zip_equal(allBounds, allStrides)) {
    if (bound == 1)
      continue;
    if (!bounds.empty() && strides.back() == bound * stride) {
      bounds.back() *= bound;
      strides.back() = stride;
    } else {
      bounds.push_back(bound);
      strides.push_back(stride);
    }
  }
}

Value LinearDims::getOffset(IndexArithmetic &index, Value position) const {
  Value offset = index.constant(0);
  for (size_t i = bounds.size(); i-- > 0;) {
    Value here = i ? index.rem(position, bounds[i]) : position;
    offset = index.add(index.mul(here, strides[i]), offset);
    if (i)
      position = index.div(position, bounds[i]);
  }
  return offset;
}

Value LinearDims::getOffset(IndexArithmetic &index, Value first, Value inTile,
                            int64_t tile) const {
  if (!isSingle() && getInnerBound() % tile != 0)
    return getOffset(index, index.add(first, inTile));
  return index.add(getOffset(index, first),
                   index.mul(inTile, getInnerStride()));
}

bool LinearDims::isConstant() const {
  return llvm::all_of(strides, [](int64_t stride) { return stride == 0; });
}

OperandAccess::OperandAccess(OpBuilder &builder, Location loc, Value memref,
                             AffineMap map, SpaceAttr space) {
  // Bufferization and the verifier leave only maps and layouts with strides.
  FlatAccess flat = *getFlatAccess(builder, loc, memref, map);
  base = flat.base;
  element = cast<MemRefType>(memref.getType()).getElementType();
  ArrayRef<int64_t> strides = flat.strides;
  unsigned numBatch = space.getNumBatch(), n = space.getNDim();
  batch = LinearDims(space.getBatch(), strides.take_front(numBatch));
  m = LinearDims(space.getM(), strides.slice(numBatch, n - numBatch));
  nStride = strides[n];
  k = LinearDims(space.getK(), strides.drop_front(n + 1));
}

int64_t OperandAccess::getOffsetAlignment(int64_t limit) const {
  SmallVector<int64_t> strides;
  int64_t offset;
  // The flat view carries the offset of the first element.
  (void)cast<MemRefType>(base.getType()).getStridesAndOffset(strides, offset);
  return std::gcd(offset, limit);
}

int64_t OperandAccess::getAlignment(int64_t limit) const {
  int64_t alignment = getOffsetAlignment(limit);
  for (const LinearDims *dims : {&batch, &m})
    for (int64_t stride : dims->getStrides())
      alignment = std::gcd(alignment, stride);
  return alignment;
}

SmallVector<Value>
quantc::nvvm::gatherAlongK(OpBuilder &builder, IndexArithmetic &index,
                           Location loc, const OperandAccess &access,
                           Value rowOffset, Value k, Value isRow,
                           std::optional<int64_t> extent, Type type) {
  int64_t width = 128 / access.element.getIntOrFloatBitWidth();
  auto word = dyn_cast<VectorType>(type);
  Value zero =
      arith::ConstantOp::create(builder, loc, builder.getZeroAttr(type));
  SmallVector<Value> elements;
  for (int64_t i = 0; i < width; ++i) {
    Value position = index.add(k, i);
    Value inside = isRow;
    if (extent) {
      Value isK = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ult,
                                        position, index.constant(*extent));
      inside = inside ? Value(arith::AndIOp::create(builder, loc, inside, isK))
                      : isK;
    }
    Value offset = index.add(rowOffset, access.k.getOffset(index, position));
    if (inside)
      offset = arith::SelectOp::create(builder, loc, inside, offset,
                                       index.constant(0));
    Value element =
        word ? Value(vector::LoadOp::create(builder, loc, word, access.base,
                                            offset, /*nontemporal=*/false,
                                            llvm::MaybeAlign(4)))
             : memref::LoadOp::create(builder, loc, access.base, offset);
    if (inside)
      element = arith::SelectOp::create(builder, loc, inside, element, zero);
    elements.push_back(element);
  }
  return elements;
}

Value quantc::nvvm::gatherChunk(OpBuilder &builder, IndexArithmetic &index,
                                Location loc, const OperandAccess &access,
                                Value rowOffset, Value k, Value isRow,
                                std::optional<int64_t> extent) {
  SmallVector<Value> elements = gatherAlongK(
      builder, index, loc, access, rowOffset, k, isRow, extent, access.element);
  return vector::FromElementsOp::create(
      builder, loc, VectorType::get(elements.size(), access.element), elements);
}
