//===- AccumulatorBound.cpp - proof that sums fit the accumulator ---------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "QuantizedSite.h"
#include "quantc/Parameters/ConstantTensor.h"

#include "mlir/IR/Matchers.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::qnn;

namespace {

/// The values that an operand's zero points can take; [0, 0] without any.
StorageRange getZeroPointRange(const QuantizedOperand &operand) {
  Value zeroPoint = operand.zeroPoint;
  if (!zeroPoint)
    return {0, 0};
  Type storage = operand.getStorageType();
  DenseIntElementsAttr values;
  if (!matchPattern(zeroPoint, m_Constant(&values)) || values.empty())
    return getStorageRange(storage, /*narrowRange=*/false);
  StorageRange range{INT64_MAX, INT64_MIN};
  for (const APInt &value : values) {
    int64_t point = storage.isUnsignedInteger() ? int64_t(value.getZExtValue())
                                                : value.getSExtValue();
    range.min = std::min(range.min, point);
    range.max = std::max(range.max, point);
  }
  return range;
}

/// The largest |q - z| that the types allow.
uint64_t getLargestDifference(const QuantizedOperand &operand) {
  auto quantize = operand.storage.getDefiningOp<QuantizeOp>();
  StorageRange range = getStorageRange(operand.getStorageType(),
                                       quantize && quantize.getNarrowRange());
  StorageRange zero = getZeroPointRange(operand);
  return std::max(range.max - zero.min, zero.max - range.min);
}

/// The largest sum of |q - z| over the products of one result, if the operand
/// is a constant with zero points known to lie in one place.
std::optional<uint64_t> getLargestConstantSum(const QuantizedSite &site,
                                              unsigned number) {
  const QuantizedOperand &operand = site.operands[number];
  StorageRange zero = getZeroPointRange(operand);
  Type storage = operand.getStorageType();
  AffineMap map = site.indexing.getMap(number);
  if (!storage.isInteger(8) || !map.isProjectedPermutation())
    return std::nullopt;
  std::optional<ConstantTensor> constant = ConstantTensor::get(operand.storage);
  if (!constant)
    return std::nullopt;

  ArrayRef<int64_t> shape = constant->getType().getShape();
  ArrayRef<char> bytes = constant->getBytes();
  int64_t numSums = 1;
  SmallVector<int64_t> strides(shape.size(), 0);
  for (int64_t dim = int64_t(shape.size()) - 1; dim >= 0; --dim) {
    if (site.indexing.isReduction(*site.indexing.getLoop(number, dim)))
      continue;
    strides[dim] = numSums;
    numSums *= shape[dim];
  }
  SmallVector<uint64_t> sums(numSums, 0);
  SmallVector<int64_t> index(shape.size(), 0);
  for (char byte : bytes) {
    int64_t value =
        storage.isUnsignedInteger() ? int64_t(uint8_t(byte)) : int8_t(byte);
    int64_t sum = 0;
    for (auto [i, stride] : llvm::zip_equal(index, strides))
      sum += i * stride;
    sums[sum] +=
        std::max(std::abs(value - zero.min), std::abs(value - zero.max));
    for (int64_t dim = int64_t(shape.size()) - 1; dim >= 0; --dim) {
      if (++index[dim] < shape[dim])
        break;
      index[dim] = 0;
    }
  }
  return sums.empty() ? 0 : *llvm::max_element(sums);
}

} // namespace

FailureOr<AccumulatorBound>
quantc::qnn::proveAccumulator(const QuantizedSite &site) {
  linalg::LinalgOp op = site.op;
  MLIRContext *context = op.getContext();
  Type i32 = IntegerType::get(context, 32), i64 = IntegerType::get(context, 64);
  uint64_t products = *site.indexing.getReductionSize();
  std::array<uint64_t, 2> largest = {getLargestDifference(site.operands[0]),
                                     getLargestDifference(site.operands[1])};
  uint64_t limit = uint64_t(1) << 31;
  uint64_t bound = llvm::SaturatingMultiply(
      products, llvm::SaturatingMultiply(largest[0], largest[1]));
  if (bound < limit)
    return AccumulatorBound{i32, bound};
  for (unsigned number : {0, 1})
    if (std::optional<uint64_t> sum = getLargestConstantSum(site, number))
      bound =
          std::min(bound, llvm::SaturatingMultiply(*sum, largest[1 - number]));
  if (bound < limit)
    return AccumulatorBound{i32, bound};

  Type lhs = site.operands[0].getStorageType();
  Type rhs = site.operands[1].getStorageType();
  bool isWide =
      lhs.getIntOrFloatBitWidth() == 16 || rhs.getIntOrFloatBitWidth() == 16;
  if (isWide && bound < uint64_t(INT64_MAX))
    return AccumulatorBound{i64, bound};
  return op.emitOpError() << "expected sums below 2^31 in magnitude, but K = "
                          << products << " products of " << lhs << " and "
                          << rhs << " can reach " << bound;
}
