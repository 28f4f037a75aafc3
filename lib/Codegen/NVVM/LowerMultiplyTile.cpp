//===- LowerMultiplyTile.cpp - fragments and their products ---------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FragmentLowering.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/NVGPU/IR/NVGPUDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::nvvm;

static Type getElementType(Value tile) {
  return cast<MemRefType>(tile.getType()).getElementType();
}

/// `count` matrices of 8 rows of 16 bytes: lane l gives the address of row
/// l % 8 of matrix l / 8.
Value FragmentLowering::loadMatrices(Value tile, Value row, Value chunk,
                                     const Swizzle &swizzle, int64_t count) {
  Type element = getElementType(tile);
  auto type =
      VectorType::get({count, 32 / element.getIntOrFloatBitWidth()}, element);
  return nvgpu::LdMatrixOp::create(
      builder, loc, type, tile,
      ValueRange{row, swizzle.apply(index, row, chunk)},
      /*transpose=*/false, count);
}

namespace {

/// One mma.sync instruction: 16 x 8 accumulators and 32 bytes along k.
class Instruction {
public:
  Instruction(OpBuilder &builder, Location loc, MultiplyTileOp op)
      : builder(builder), loc(loc), lhs(op.getLhsElement()),
        rhs(op.getScales() ? lhs : op.getRhsElement()) {}

  /// The register `i` of what ldmatrix has loaded.
  Value getRegister(Value matrices, int64_t i) {
    Value part = vector::ExtractOp::create(builder, loc, matrices, i);
    if (lhs.isF16())
      return part;
    auto word = VectorType::get(1, builder.getI32Type());
    Value bits = vector::BitCastOp::create(builder, loc, word, part);
    return vector::ExtractOp::create(builder, loc, bits, 0);
  }

  void emit(ArrayRef<Value> a, ArrayRef<Value> b,
            MutableArrayRef<Value> accumulators);

private:
  OpBuilder &builder;
  Location loc;
  Type lhs, rhs;
};

} // namespace

static NVVM::MMATypes getMMAType(Type type) {
  if (type.isF16())
    return NVVM::MMATypes::f16;
  if (type.isBF16())
    return NVVM::MMATypes::bf16;
  return type.isUnsignedInteger() ? NVVM::MMATypes::u8 : NVVM::MMATypes::s8;
}

static StringRef getF8Name(Type type) {
  return isa<Float8E4M3FNType>(type) ? "e4m3" : "e5m2";
}

void Instruction::emit(ArrayRef<Value> a, ArrayRef<Value> b,
                       MutableArrayRef<Value> accumulators) {
  Type type = accumulators[0].getType();
  auto results = LLVM::LLVMStructType::getLiteral(builder.getContext(),
                                                  SmallVector<Type>(4, type));
  Value result;
  if (isa<Float8E4M3FNType, Float8E5M2Type>(lhs)) {
    // nvvm.mma.sync has no f8.
    SmallVector<Value> operands(a);
    llvm::append_range(operands, b);
    llvm::append_range(operands, accumulators);
    std::string name = ("llvm.nvvm.mma.m16n8k32.row.col.f32." + getF8Name(lhs) +
                        "." + getF8Name(rhs) + ".f32")
                           .str();
    result = LLVM::CallIntrinsicOp::create(
                 builder, loc, results, builder.getStringAttr(name), operands)
                 .getResults();
  } else {
    bool isInteger = isa<IntegerType>(lhs);
    std::optional<NVVM::MMAIntOverflow> overflow;
    if (isInteger)
      overflow = NVVM::MMAIntOverflow::wrapped;
    result = NVVM::MmaOp::create(
        builder, loc, results, a, b, ValueRange(accumulators),
        ArrayRef<int64_t>{16, 8, isInteger ? 32 : 16}, std::nullopt, overflow,
        std::array<NVVM::MMATypes, 2>{getMMAType(lhs), getMMAType(rhs)},
        std::array<NVVM::MMALayout, 2>{NVVM::MMALayout::row,
                                       NVVM::MMALayout::col});
  }
  for (auto [i, accumulator] : llvm::enumerate(accumulators))
    accumulator = LLVM::ExtractValueOp::create(builder, loc, result, i);
}

void FragmentLowering::multiplyByTensorCore(MultiplyTileOp op,
                                            Fragment &accumulators) {
  Type element = getElementType(op.getLhs());
  Swizzle lhsSwizzle(schedule, element, /*rhs=*/false);
  Swizzle rhsSwizzle(schedule, element, /*rhs=*/true);
  int64_t tileRows = schedule.getThreadRows() / 2; // of 16
  int64_t columns = schedule.getThreadColumns(), tileColumns = columns / 2;
  Instruction instruction(builder, loc, op);
  Value inMatrix = index.rem(lane, 8), matrix = index.div(lane, 8);

  // Left: matrices of rows 0-7 and 8-15, then both 16 bytes further along k.
  Value lhsRow = index.add(index.add(warpRow, inMatrix),
                           index.mul(index.rem(matrix, 2), 8));
  Value lhsChunk = index.div(matrix, 2);
  // Right: column 2t + e of column tile j is the thread's 2j + e, so that a
  // thread's columns are adjacent. Both halves of k, of two column tiles where
  // there are two, else of two steps along k.
  Value rhsRow = index.add(warpColumn,
                           index.add(index.mul(index.div(inMatrix, 2), columns),
                                     index.rem(inMatrix, 2)));
  int64_t together = tileColumns > 1 ? 2 : 1;
  if (together == 2)
    rhsRow = index.add(rhsRow, index.mul(index.div(matrix, 2), 2));
  bool loadsTwoSteps = together == 1 && rhsSwizzle.getChunksPerRow() % 4 == 0;
  Value rhsChunk = loadsTwoSteps ? matrix : index.rem(matrix, 2);

  SmallVector<Int4Columns> int4;
  if (op.getScales())
    int4 = loadInt4(op);
  SmallVector<Value> nextStep;
  for (int64_t step = 0; step < lhsSwizzle.getChunksPerRow(); step += 2) {
    SmallVector<SmallVector<Value>> a(tileRows), b(tileColumns);
    for (int64_t i = 0; i < tileRows; ++i) {
      Value matrices = loadMatrices(op.getLhs(), index.add(lhsRow, 16 * i),
                                    index.add(lhsChunk, step), lhsSwizzle, 4);
      for (int64_t r = 0; r < 4; ++r)
        a[i].push_back(instruction.getRegister(matrices, r));
    }
    for (int64_t j = 0; j < tileColumns && !op.getScales(); j += together) {
      if (!nextStep.empty()) {
        b[j] = std::move(nextStep);
        nextStep.clear();
        continue;
      }
      int64_t count = together == 2 || loadsTwoSteps ? 4 : 2;
      Value matrices =
          loadMatrices(op.getRhs(), index.add(rhsRow, 2 * j),
                       index.add(rhsChunk, step), rhsSwizzle, count);
      for (int64_t r = 0; r < count; ++r) {
        bool isNext = loadsTwoSteps && r >= 2;
        (isNext ? nextStep : b[j + r / 2])
            .push_back(instruction.getRegister(matrices, r));
      }
    }
    if (op.getScales())
      for (int64_t j = 0; j < tileColumns; ++j)
        llvm::append_range(b[j], dequantize(int4[j], step / 2));
    for (int64_t i = 0; i < tileRows; ++i)
      for (int64_t j = 0; j < tileColumns; ++j) {
        // Rows g and g + 8, two columns each.
        Value four[4];
        for (int64_t e = 0; e < 4; ++e)
          four[e] = accumulators[(2 * i + e / 2) * columns + 2 * j + e % 2];
        instruction.emit(a[i], b[j], four);
        for (int64_t e = 0; e < 4; ++e)
          accumulators[(2 * i + e / 2) * columns + 2 * j + e % 2] = four[e];
      }
  }
}

/// f32: one rounding a product, in order of k, as the CPU's kernels do it.
void FragmentLowering::multiplyInOrder(MultiplyTileOp op,
                                       Fragment &accumulators) {
  Type element = getElementType(op.getLhs());
  Swizzle lhsSwizzle(schedule, element, /*rhs=*/false);
  Swizzle rhsSwizzle(schedule, element, /*rhs=*/true);
  int64_t rows = schedule.getThreadRows(),
          columns = schedule.getThreadColumns(), width = lhsSwizzle.getWidth();
  auto type = VectorType::get(width, element);
  auto load = [&](Value tile, Value row, int64_t chunk,
                  const Swizzle &swizzle) -> Value {
    Value column = swizzle.apply(index, row, index.constant(chunk));
    return vector::LoadOp::create(builder, loc, type, tile,
                                  ValueRange{row, column},
                                  /*nontemporal=*/false, llvm::MaybeAlign(16));
  };
  Value firstColumn = getFirstColumn(index.constant(0));
  for (int64_t chunk = 0; chunk < lhsSwizzle.getChunksPerRow(); ++chunk) {
    SmallVector<Value> a, b;
    for (int64_t r = 0; r < rows; ++r)
      a.push_back(
          load(op.getLhs(), getRow(index.constant(0), r), chunk, lhsSwizzle));
    for (int64_t c = 0; c < columns; ++c)
      b.push_back(
          load(op.getRhs(), index.add(firstColumn, c), chunk, rhsSwizzle));
    for (int64_t e = 0; e < width; ++e)
      for (int64_t r = 0; r < rows; ++r) {
        Value left = vector::ExtractOp::create(builder, loc, a[r], e);
        for (int64_t c = 0; c < columns; ++c) {
          Value right = vector::ExtractOp::create(builder, loc, b[c], e);
          Value &sum = accumulators[r * columns + c];
          sum = math::FmaOp::create(builder, loc, left, right, sum);
        }
      }
  }
}

void FragmentLowering::lower(MultiplyTileOp op) {
  Fragment accumulators = fragments.lookup(op.getAccumulators());
  switch (schedule.getUnit()) {
  case Unit::MMA:
    multiplyByTensorCore(op, accumulators);
    break;
  case Unit::FMA:
    multiplyInOrder(op, accumulators);
    break;
  case Unit::DOT:
    llvm_unreachable("multiply_tile has no schedules of dot");
  }
  fragments[op.getResult()] = std::move(accumulators);
}
