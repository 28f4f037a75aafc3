//===- Int4Weights.cpp - weights that stay in four bits -------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Int4Weights.h"
#include "quantc/Codegen/Contraction/LinearAccess.h"
#include "quantc/Dialect/GPU/IR/GPUOps.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/APFloat.h"
#include <cmath>
#include <cstring>
#include <numeric>

using namespace mlir;
using namespace quantc;
using namespace quantc::nvvm;

//===----------------------------------------------------------------------===//
// Matching
//===----------------------------------------------------------------------===//

double Int4Weights::Factor::get(int64_t n, int64_t k) {
  if (!tensor)
    return scalar;
  int64_t index = offset + nStride * n;
  for (auto [stride, divisor] : strides)
    index += stride * (k / divisor);
  if (tensor->isSplat())
    index = 0;
  if (tensor->getElementType().isF32())
    return tensor->getAs<float>()[index];
  return tensor->getAs<int8_t>()[index];
}

/// A constant of the body, or an input that varies with n and blocks of k.
bool Int4Weights::matchFactor(linalg::GenericOp op, Value value,
                              ArrayRef<AffineExpr> loops, Factor &factor) {
  Attribute constant;
  if (matchPattern(value, m_Constant(&constant))) {
    if (auto number = dyn_cast<FloatAttr>(constant))
      factor.scalar = number.getValueAsDouble();
    else
      factor.scalar = double(cast<IntegerAttr>(constant).getInt());
    return true;
  }
  auto argument = dyn_cast<BlockArgument>(value);
  if (!argument || argument.getOwner() != op.getBody() ||
      argument.getArgNumber() >= op.getNumDpsInputs())
    return false;
  OpOperand *input = op.getDpsInputOperand(argument.getArgNumber());
  factor.tensor = ConstantTensor::get(input->get());
  if (!factor.tensor || !(factor.tensor->getElementType().isF32() ||
                          factor.tensor->getElementType().isInteger(8)))
    return false;
  SmallVector<int64_t> strides =
      getRowMajorStrides(factor.tensor->getType().getShape());
  AffineMap map = op.getMatchingIndexingMap(input);
  AffineExpr nExpr = getAffineDimExpr(nDim, op.getContext()),
             kExpr = getAffineDimExpr(nDim + 1, op.getContext());
  for (auto [expr, stride] : llvm::zip_equal(map.getResults(), strides)) {
    AffineExpr inSpace = expr.replaceDims(loops);
    if (auto number = dyn_cast<AffineConstantExpr>(inSpace)) {
      factor.offset += stride * number.getValue();
      continue;
    }
    if (inSpace == nExpr) {
      factor.nStride += stride;
      continue;
    }
    auto division = dyn_cast<AffineBinaryOpExpr>(inSpace);
    if (!division || division.getKind() != AffineExprKind::FloorDiv ||
        division.getLHS() != kExpr)
      return false;
    auto divisor = dyn_cast<AffineConstantExpr>(division.getRHS());
    if (!divisor)
      return false;
    factor.strides.push_back({stride, divisor.getValue()});
    block = std::gcd(block, divisor.getValue());
  }
  return true;
}

static Value stripSignExtension(Value value) {
  auto extend = value.getDefiningOp<arith::ExtSIOp>();
  return extend ? extend.getIn() : Value();
}

/// truncf(sitofp(q - z) * scale), z being optional.
bool Int4Weights::matchBody(linalg::GenericOp op, ArrayRef<AffineExpr> loops) {
  auto truncate = op.getBody()
                      ->getTerminator()
                      ->getOperand(0)
                      .getDefiningOp<arith::TruncFOp>();
  auto product = truncate ? truncate.getIn().getDefiningOp<arith::MulFOp>()
                          : arith::MulFOp();
  if (!product || !product.getType().isF32())
    return false;
  for (auto [integer, factor] :
       {std::pair(product.getLhs(), product.getRhs()),
        std::pair(product.getRhs(), product.getLhs())}) {
    auto convert = integer.getDefiningOp<arith::SIToFPOp>();
    if (!convert)
      continue;
    Value stored = convert.getIn();
    if (auto difference = stored.getDefiningOp<arith::SubIOp>()) {
      Value zero = difference.getRhs();
      if (Value narrow = stripSignExtension(zero))
        zero = narrow;
      if (!matchFactor(op, zero, loops, zeroPoint))
        return false;
      stored = difference.getLhs();
    }
    auto argument = dyn_cast_or_null<BlockArgument>(stripSignExtension(stored));
    if (!argument || argument.getArgNumber() >= op.getNumDpsInputs() ||
        !argument.getType().isInteger(8))
      return false;
    OpOperand *input = op.getDpsInputOperand(argument.getArgNumber());
    storage = ConstantTensor::get(input->get());
    if (!storage)
      return false;
    SmallVector<AffineExpr> exprs;
    AffineMap map = op.getMatchingIndexingMap(input);
    for (AffineExpr expr : map.getResults())
      exprs.push_back(expr.replaceDims(loops));
    auto strides =
        getAccessStrides(AffineMap::get(nDim + 2, 0, exprs, op.getContext()),
                         getRowMajorStrides(storage->getType().getShape()));
    if (failed(strides))
      return false;
    nStride = (*strides)[nDim];
    kStride = (*strides)[nDim + 1];
    Attribute attribute;
    matchPattern(input->get(), m_Constant(&attribute));
    name = attribute ? getResourceName(attribute).str() : "";
    return matchFactor(op, factor, loops, scale);
  }
  return false;
}

bool Int4Weights::hasFourBits() {
  return llvm::all_of(storage->getAs<int8_t>(),
                      [](int8_t q) { return q >= -8 && q <= 7; });
}

/// `value` as f16, and whether it is one.
static std::pair<llvm::APFloat, bool> toHalf(double value) {
  llvm::APFloat half(value);
  bool losesInfo = false;
  half.convert(llvm::APFloat::IEEEhalf(), llvm::APFloat::rmNearestTiesToEven,
               &losesInfo);
  return {half, !losesInfo && half.isFinite()};
}

bool Int4Weights::hasHalfScales() {
  for (int64_t row = 0; row < n; ++row)
    for (int64_t at = 0; at < k; at += block) {
      if (!toHalf(scale.get(row, at)).second ||
          std::fabs(zeroPoint.get(row, at)) > 128)
        return false;
    }
  return true;
}

std::optional<Int4Weights> Int4Weights::match(const ContractionView &view,
                                              SpaceAttr space) {
  auto op = view.rhs.getDefiningOp<linalg::GenericOp>();
  if (!op || op.getNumResults() != 1 || !op.isAllParallelLoops() ||
      !op.hasPureTensorSemantics() || !getElementTypeOrSelf(view.rhs).isF16() ||
      !getElementTypeOrSelf(view.lhs).isF16())
    return std::nullopt;
  Int4Weights weights;
  weights.n = space.getN();
  weights.k = weights.block = space.getKSize();
  weights.nDim = space.getNDim();
  AffineMap resultMap = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  if (space.getNumBatch() != 0 || space.getK().size() != 1 ||
      weights.k % ContractOp::kInt4TileK != 0 || !resultMap.isPermutation())
    return std::nullopt;
  // What each loop of the op is in the kernel's iteration space.
  SmallVector<AffineExpr> loops(op.getNumLoops());
  for (auto [loop, expr] :
       llvm::zip_equal(resultMap.getResults(), view.rhsMap.getResults()))
    loops[cast<AffineDimExpr>(loop).getPosition()] = expr;
  if (!weights.matchBody(op, loops) ||
      weights.block % ContractOp::kInt4TileK != 0 || !weights.hasFourBits() ||
      !weights.hasHalfScales())
    return std::nullopt;
  return weights;
}

//===----------------------------------------------------------------------===//
// Packing
//===----------------------------------------------------------------------===//

ScheduleAttr Int4Weights::adapt(ScheduleAttr schedule) const {
  SmallVector<int64_t> tile(schedule.getTile());
  tile[2] = ContractOp::kInt4TileK;
  return ScheduleAttr::get(schedule.getContext(), schedule.getUnit(), tile,
                           schedule.getWarps(),
                           std::min(schedule.getStages(), k / tile[2]),
                           schedule.getSplitK(), schedule.getCtas());
}

std::pair<Value, Value> Int4Weights::pack(OpBuilder &builder, Location loc,
                                          ScheduleAttr schedule) {
  MLIRContext *context = builder.getContext();
  int64_t rows = llvm::alignTo(n, schedule.getTile()[1]);
  int64_t columns = schedule.getThreadColumns(), warp = 4 * columns;
  // Row 8 j + g of a warp is the column that column g of its column tile j is
  // for the threads (docs/codegen-nvvm.md).
  auto getColumn = [&](int64_t row) {
    int64_t inWarp = row % warp, j = inWarp / 8, g = inWarp % 8;
    return row - inWarp + g / 2 * columns + 2 * j + g % 2;
  };
  ArrayRef<int8_t> stored = storage->getAs<int8_t>();
  auto getNibble = [&](int64_t column, int64_t at) -> uint32_t {
    return column < n ? stored[column * nStride + at * kStride] + 8 : 8;
  };
  std::string prefix = name.empty() ? "weights" : name;
  auto bytes = RankedTensorType::get({rows, k / 2}, builder.getI8Type());
  Value rhs = createConstantTensor(
      builder, loc, bytes, prefix + ".packed", [&](MutableArrayRef<char> to) {
        parallelForRange(context, rows, 16, [&](int64_t begin, int64_t end) {
          for (int64_t row = begin; row < end; ++row) {
            char *next = to.data() + row * (k / 2);
            int64_t column = getColumn(row);
            for (int64_t tile = 0; tile < k; tile += ContractOp::kInt4TileK)
              for (int64_t t = 0; t < 4; ++t)
                for (int64_t half = 0; half < 2; ++half, next += 4) {
                  uint32_t word = 0;
                  for (int64_t i = 0; i < 4; ++i) {
                    int64_t at = tile + 32 * half + 8 * i + 2 * t;
                    word |= getNibble(column, at) << (4 * i) |
                            getNibble(column, at + 1) << (16 + 4 * i);
                  }
                  std::memcpy(next, &word, sizeof(word));
                }
          }
        });
      });

  // Those of a thread, rows g, g + 8, ... of a warp, are neighbours.
  int64_t tiles = columns / 2;
  auto getScaleColumn = [&](int64_t row) {
    int64_t inWarp = row % warp;
    return getColumn(row - inWarp + inWarp % tiles * 8 + inWarp / tiles);
  };
  auto pairs =
      RankedTensorType::get({k / block, rows, 2}, builder.getF16Type());
  Value scales = createConstantTensor(
      builder, loc, pairs, prefix + ".scales", [&](MutableArrayRef<char> to) {
        char *next = to.data();
        auto append = [&](double value) {
          uint16_t bits = toHalf(value).first.bitcastToAPInt().getZExtValue();
          std::memcpy(next, &bits, sizeof(bits));
          next += sizeof(bits);
        };
        for (int64_t at = 0; at < k; at += block)
          for (int64_t row = 0; row < rows; ++row) {
            int64_t column = getScaleColumn(row);
            append(column < n ? scale.get(column, at) : 0);
            append(1032 + (column < n ? zeroPoint.get(column, at) : 0));
          }
      });
  return {rhs, scales};
}
