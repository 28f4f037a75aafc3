//===- LowerInt4Tile.cpp - weights of four bits in registers --------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// f16 has 10 bits of mantissa: the bits 0x6400 | u are the number 1024 + u. A
// word holds four pairs of elements whose bits are 4 i and 16 + 4 i, so that a
// shift, a mask and an or make an f16x2 of 1024 + q + 8, the subtraction of
// 1032 + z is exact, and the multiplication by the scale rounds once, as the
// dequantization in f32 and its truncation to f16 do.
//
//===----------------------------------------------------------------------===//

#include "FragmentLowering.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::nvvm;

SmallVector<FragmentLowering::Int4Columns>
FragmentLowering::loadInt4(MultiplyTileOp op) {
  auto pair = VectorType::get(2, builder.getF16Type());
  auto words = VectorType::get(2, builder.getI32Type());
  Value inTile = index.div(lane, 4), inRow = index.mul(index.rem(lane, 4), 8);
  Value block = index.div(op.getK(), *op.getBlock());
  SmallVector<Int4Columns> columns;
  for (int64_t j = 0; j < schedule.getThreadColumns() / 2; ++j) {
    // 32 bytes a row, 8 for each of the lanes that share the row: eight rows
    // are 256 bytes in a line, read without conflicts.
    Value row = index.add(index.add(warpColumn, inTile), 8 * j);
    Value bytes = vector::LoadOp::create(
        builder, loc, VectorType::get(8, builder.getI8Type()), op.getRhs(),
        ValueRange{row, inRow}, /*nontemporal=*/false, llvm::MaybeAlign(8));
    Value factors = vector::LoadOp::create(
        builder, loc, pair, op.getScales(),
        ValueRange{index.add(op.getN(), row), block, index.constant(0)},
        /*nontemporal=*/false, llvm::MaybeAlign(4));
    auto splat = [&](int64_t i) -> Value {
      return vector::BroadcastOp::create(
          builder, loc, pair,
          vector::ExtractOp::create(builder, loc, factors, i));
    };
    columns.push_back({vector::BitCastOp::create(builder, loc, words, bytes),
                       splat(0), splat(1)});
  }
  return columns;
}

std::array<Value, 2> FragmentLowering::dequantize(const Int4Columns &columns,
                                                  int64_t step) {
  Type i32 = builder.getI32Type();
  auto pair = VectorType::get(2, builder.getF16Type());
  auto constant = [&](int64_t value) -> Value {
    return arith::ConstantIntOp::create(builder, loc, i32, value);
  };
  Value word = vector::ExtractOp::create(builder, loc, columns.words, step / 2);
  std::array<Value, 2> registers;
  for (auto [half, result] : llvm::enumerate(registers)) {
    Value bits = arith::ShRUIOp::create(
        builder, loc, word, constant(4 * (2 * (step % 2) + int64_t(half))));
    bits = arith::AndIOp::create(builder, loc, bits, constant(0x000f000f));
    bits = arith::OrIOp::create(builder, loc, bits, constant(0x64006400));
    Value numbers = vector::BitCastOp::create(
        builder, loc, pair,
        vector::BroadcastOp::create(builder, loc, VectorType::get(1, i32),
                                    bits));
    numbers = arith::SubFOp::create(builder, loc, numbers, columns.offset);
    result = arith::MulFOp::create(builder, loc, numbers, columns.scale);
  }
  return registers;
}
