//===- WorkPieces.cpp - loop nests in pieces for threads ------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "WorkPieces.h"

#include "quantc/Codegen/Contraction/IndexArithmetic.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/bit.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::cpu;

/// Somewhat less than a microsecond, as is the way to a thread that spins. Work
/// of two such pieces hardly gains, but it leaves its data where the next piece
/// wants it (docs/codegen-cpu.md).
static constexpr double instructionsOfPiece = 1 << 12;
/// Enough for every thread of a large machine, and on a small one for threads
/// that are ahead to take over from those behind.
static constexpr double maxPieces = 64;

SmallVector<int64_t> quantc::cpu::choosePieces(ArrayRef<int64_t> extents,
                                               double instructions) {
  int64_t wanted = std::min(instructions / instructionsOfPiece, maxPieces);
  SmallVector<int64_t> pieces;
  for (int64_t extent : extents) {
    int64_t limit =
        std::clamp<int64_t>(wanted, 1, std::max<int64_t>(extent, 1));
    pieces.push_back(llvm::bit_floor(uint64_t(limit)));
    wanted /= pieces.back();
  }
  return pieces;
}

void quantc::cpu::forPieces(OpBuilder &builder, Location loc,
                            ArrayRef<int64_t> extents, ArrayRef<int64_t> pieces,
                            function_ref<void(ArrayRef<IndexRange>)> body) {
  IndexArithmetic index(builder, loc);
  SmallVector<IndexRange> ranges;
  for (int64_t extent : extents)
    ranges.push_back({index.constant(0), index.constant(extent)});
  SmallVector<unsigned> split;
  for (auto [dim, count] : llvm::enumerate(pieces))
    if (count > 1)
      split.push_back(dim);
  if (split.empty())
    return body(ranges);

  SmallVector<Value> counts;
  for (unsigned dim : split)
    counts.push_back(index.constant(pieces[dim]));
  auto loop = scf::ParallelOp::create(
      builder, loc, SmallVector<Value>(split.size(), index.constant(0)), counts,
      SmallVector<Value>(split.size(), index.constant(1)));
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  for (auto [dim, piece] : llvm::zip(split, loop.getInductionVars())) {
    // Pieces differ by at most one position.
    auto begin = [&, &piece = piece, dim = dim](int64_t offset) -> Value {
      Value shifted = index.add(piece, offset);
      if (extents[dim] % pieces[dim] == 0)
        return index.mul(shifted, extents[dim] / pieces[dim]);
      return arith::DivUIOp::create(builder, loc,
                                    index.mul(shifted, extents[dim]),
                                    index.constant(pieces[dim]));
    };
    ranges[dim] = {begin(0), begin(1), pieces[dim] == extents[dim]};
  }
  body(ranges);
}

void quantc::cpu::forRange(OpBuilder &builder, Location loc,
                           const IndexRange &range,
                           function_ref<void(Value)> body) {
  auto from = getConstantIntValue(range.from);
  auto to = getConstantIntValue(range.to);
  if (from && to && *from >= *to)
    return;
  if (range.single || (from && to && *from + 1 == *to))
    return body(range.from);
  Value one = arith::ConstantIndexOp::create(builder, loc, 1);
  auto loop = scf::ForOp::create(builder, loc, range.from, range.to, one);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  body(loop.getInductionVar());
}

IndexRange quantc::cpu::takeBefore(OpBuilder &builder, Location loc,
                                   const IndexRange &range, int64_t position) {
  Value bound = arith::ConstantIndexOp::create(builder, loc, position);
  if (auto to = getConstantIntValue(range.to))
    return {range.from, *to <= position ? range.to : bound};
  return {range.from, arith::MinSIOp::create(builder, loc, range.to, bound)};
}

IndexRange quantc::cpu::takeFrom(OpBuilder &builder, Location loc,
                                 const IndexRange &range, int64_t position) {
  Value bound = arith::ConstantIndexOp::create(builder, loc, position);
  if (auto from = getConstantIntValue(range.from))
    return {*from >= position ? range.from : bound, range.to};
  return {arith::MaxSIOp::create(builder, loc, range.from, bound), range.to};
}
