//===- LowerInt4Tile.cpp - weights of four bits in registers --------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// f16 has 10 bits of mantissa: the bits 0x6400 | u are the number 1024 + u. A
// word holds four pairs of elements whose bits are 4 i and 16 + 4 i, so that
// one instruction (lop3: a mask and an or) makes an f16x2 of 1024 + u, u = q +
// 8, or of 1024 + 16 u where the pair is not shifted. The subtraction of 1032 +
// z is exact, and so is a fused multiplication by 1 / 16 and subtraction of 72
// + z; the multiplication by the scale rounds once, as the dequantization in
// f32 and its truncation to f16 do.
//
//===----------------------------------------------------------------------===//

#include "FragmentLowering.h"
#include "InlineInstruction.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/NVGPU/IR/NVGPUDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::nvvm;

/// 16 bytes a thread, as many threads as there are to copy.
void FragmentLowering::lower(LoadScalesOp op) {
  constexpr int64_t columns = 4;
  int64_t copies = schedule.getTile()[1] / columns;
  Value first = index.mul(thread, columns);
  Value block = index.div(op.getK(), op.getBlock());
  auto copy = [&](Value at) {
    Value zero = index.constant(0);
    nvgpu::DeviceAsyncCopyOp::create(
        builder, loc, nvgpu::DeviceAsyncTokenType::get(builder.getContext()),
        op.getTile(), ValueRange{at, zero}, op.getSource(),
        ValueRange{block, index.add(op.getN(), at), zero},
        builder.getIndexAttr(2 * columns), /*srcElements=*/Value(),
        /*bypassL1=*/builder.getUnitAttr());
  };
  int64_t threads = schedule.getNumThreads();
  for (int64_t begin = 0; begin < copies; begin += threads) {
    Value at = index.add(first, begin * columns);
    Value isCopying;
    if (begin + threads > copies)
      isCopying = isBelow(thread, copies - begin, threads);
    ifInside({isCopying}, [&] { copy(at); });
  }
}

SmallVector<Value> FragmentLowering::loadScales(Value tile) {
  // Scales of four columns are 16 bytes.
  int64_t count = schedule.getThreadColumns() / 2;
  int64_t width = std::min<int64_t>(count, 4);
  auto flat =
      MemRefType::get({2 * schedule.getTile()[1]}, builder.getF16Type(),
                      MemRefLayoutAttrInterface(),
                      cast<MemRefType>(tile.getType()).getMemorySpace());
  Value line = memref::CollapseShapeOp::create(
      builder, loc, flat, tile, ArrayRef<ReassociationIndices>{{0, 1}});
  // A warp's columns are 4 C, its rows of scales C / 2 for each of 8 lanes.
  Value first =
      index.mul(index.add(warpColumn, index.mul(index.div(lane, 4), count)), 2);
  auto type = VectorType::get(2 * width, builder.getF16Type());
  SmallVector<Value> pairs;
  for (int64_t j = 0; j < count; j += width) {
    Value vector = vector::LoadOp::create(
        builder, loc, type, line, ValueRange{index.add(first, 2 * j)},
        /*nontemporal=*/false, llvm::MaybeAlign(4 * width));
    for (int64_t i = 0; i < width; ++i)
      pairs.push_back(vector::ExtractStridedSliceOp::create(
          builder, loc, vector, ArrayRef<int64_t>{2 * i}, ArrayRef<int64_t>{2},
          ArrayRef<int64_t>{1}));
  }
  return pairs;
}

SmallVector<FragmentLowering::Int4Columns>
FragmentLowering::loadInt4(MultiplyTileOp op) {
  auto pair = VectorType::get(2, builder.getF16Type());
  auto words = VectorType::get(2, builder.getI32Type());
  Value inTile = index.div(lane, 4), inRow = index.mul(index.rem(lane, 4), 8);
  SmallVector<Value> scales = loadScales(op.getScales());
  SmallVector<Int4Columns> columns;
  for (int64_t j = 0; j < schedule.getThreadColumns() / 2; ++j) {
    // 32 bytes a row, 8 for each of the lanes that share the row: eight rows
    // are 256 bytes in a line, read without conflicts.
    Value row = index.add(index.add(warpColumn, inTile), 8 * j);
    Value bytes = vector::LoadOp::create(
        builder, loc, VectorType::get(8, builder.getI8Type()), op.getRhs(),
        ValueRange{row, inRow}, /*nontemporal=*/false, llvm::MaybeAlign(8));
    auto splat = [&](int64_t i) -> Value {
      return vector::BroadcastOp::create(
          builder, loc, pair,
          vector::ExtractOp::create(builder, loc, scales[j], i));
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
  auto splat = [&](float value) -> Value {
    return arith::ConstantOp::create(
        builder, loc,
        DenseElementsAttr::get(
            pair, builder.getFloatAttr(pair.getElementType(), value)));
  };
  Value word = vector::ExtractOp::create(builder, loc, columns.words, step / 2);
  if (step % 2 == 1)
    word = arith::ShRUIOp::create(builder, loc, word, constant(8));
  std::array<Value, 2> registers;
  for (auto [half, result] : llvm::enumerate(registers)) {
    // The second pair stays where it is, 1024 + 16 u.
    Value mask = constant(half == 0 ? 0x000f000f : 0x00f000f0);
    Value bits =
        createInlineInstruction(builder, loc, "lop3.b32 $0, $1, $2, $3, 0xea;",
                                "=r,r,r,r", {word, mask, constant(0x64006400)});
    Value numbers = vector::BitCastOp::create(
        builder, loc, pair,
        vector::BroadcastOp::create(builder, loc, VectorType::get(1, i32),
                                    bits));
    if (half == 0) {
      numbers = arith::SubFOp::create(builder, loc, numbers, columns.offset);
    } else {
      Value offset =
          arith::SubFOp::create(builder, loc, splat(1024 - 64), columns.offset);
      numbers = LLVM::CallIntrinsicOp::create(
                    builder, loc, pair, builder.getStringAttr("llvm.fma"),
                    {numbers, splat(1.0f / 16), offset})
                    .getResult(0);
    }
    result = arith::MulFOp::create(builder, loc, numbers, columns.scale);
  }
  return registers;
}
