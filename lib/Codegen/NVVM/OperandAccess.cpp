//===- OperandAccess.cpp - elements of an operand by row and k ------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OperandAccess.h"

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

int64_t OperandAccess::getAlignment(int64_t limit) const {
  SmallVector<int64_t> strides;
  int64_t alignment;
  // The flat view carries the offset of the first element.
  (void)cast<MemRefType>(base.getType())
      .getStridesAndOffset(strides, alignment);
  alignment = std::gcd(alignment, limit);
  for (const LinearDims *dims : {&batch, &m})
    for (int64_t stride : dims->getStrides())
      alignment = std::gcd(alignment, stride);
  return alignment;
}
