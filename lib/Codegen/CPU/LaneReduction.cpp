//===- LaneReduction.cpp - reductions across the lanes of a vector --------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LaneReduction.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

Value quantc::cpu::combineLanes(OpBuilder &builder, Operation *combiner,
                                Value lhs, Value rhs) {
  Operation *op = builder.clone(*combiner);
  op->setOperands({lhs, rhs});
  op->getResult(0).setType(lhs.getType());
  return op->getResult(0);
}

Value quantc::cpu::reduceLanes(OpBuilder &builder, Operation *combiner,
                               Value value) {
  auto type = dyn_cast<VectorType>(value.getType());
  if (!type)
    return value;
  Location loc = combiner->getLoc();
  // Integer sums have no order. As a tree of shuffles, LLVM 22's x86 backend
  // takes the sum of two lanes of a product of bytes for the sum of four and
  // returns wrong numbers (vpdpbusd, see docs/codegen-cpu.md).
  if (isa<arith::AddIOp>(combiner))
    return vector::ReductionOp::create(builder, loc, vector::CombiningKind::ADD,
                                       value);
  int64_t width = type.getNumElements();
  auto part = [&](int64_t offset, int64_t size) -> Value {
    return vector::ExtractStridedSliceOp::create(
        builder, loc, value, ArrayRef<int64_t>{offset}, ArrayRef<int64_t>{size},
        ArrayRef<int64_t>{1});
  };
  if (width == 1)
    return vector::ExtractOp::create(builder, loc, value, 0);
  Value halves = reduceLanes(builder, combiner,
                             combineLanes(builder, combiner, part(0, width / 2),
                                          part(width / 2, width / 2)));
  if (width % 2 == 0)
    return halves;
  return combineLanes(
      builder, combiner, halves,
      vector::ExtractOp::create(builder, loc, value, width - 1));
}

Value quantc::cpu::reduceVectors(OpBuilder &builder, Operation *combiner,
                                 SmallVector<Value> vectors) {
  while (vectors.size() > 1) {
    size_t half = vectors.size() / 2;
    for (size_t i = 0; i < half; ++i)
      vectors[i] =
          combineLanes(builder, combiner, vectors[i], vectors[half + i]);
    vectors.truncate(half);
  }
  return reduceLanes(builder, combiner, vectors.front());
}

Value quantc::cpu::takeFirstLanes(OpBuilder &builder, Value vector,
                                  int64_t lanes) {
  Location loc = vector.getLoc();
  if (lanes == 1)
    return vector::ExtractOp::create(builder, loc, vector, 0);
  return vector::ExtractStridedSliceOp::create(
      builder, loc, vector, ArrayRef<int64_t>{0}, ArrayRef<int64_t>{lanes},
      ArrayRef<int64_t>{1});
}

Value quantc::cpu::putFirstLanes(OpBuilder &builder, Value lanes,
                                 Value vector) {
  Location loc = vector.getLoc();
  if (!isa<VectorType>(lanes.getType()))
    return vector::InsertOp::create(builder, loc, lanes, vector, 0);
  return vector::InsertStridedSliceOp::create(
      builder, loc, lanes, vector, ArrayRef<int64_t>{0}, ArrayRef<int64_t>{1});
}
