//===- AccumulatorBound.cpp - proof that sums fit the accumulator ---------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "QuantizedSite.h"
#include "Site/ConstantEvaluation.h"

#include "mlir/IR/Matchers.h"
#include "llvm/Support/MathExtras.h"
#include <cstring>

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

/// Elements of a constant as numbers.
class IntegerReader {
public:
  static std::optional<IntegerReader> get(Value value) {
    auto type = dyn_cast<IntegerType>(getElementTypeOrSelf(value.getType()));
    if (!type || type.getWidth() > 16 || !isEvaluable(value))
      return std::nullopt;
    std::optional<ConstantBytes> constant = evaluate(value);
    if (!constant)
      return std::nullopt;
    return IntegerReader(std::move(*constant), type);
  }

  int64_t operator[](int64_t i) const {
    // Elements narrower than a byte have zeros in its high bits.
    unsigned size = llvm::divideCeil(type.getWidth(), 8);
    uint64_t bits = 0;
    std::memcpy(&bits, constant.bytes.data() + (constant.splat ? 0 : i * size),
                size);
    return type.isUnsigned() ? int64_t(bits)
                             : llvm::SignExtend64(bits, type.getWidth());
  }

private:
  IntegerReader(ConstantBytes constant, IntegerType type)
      : constant(std::move(constant)), type(type) {}

  ConstantBytes constant;
  IntegerType type;
};

/// The largest sum of |q - z| over the products of one result, if the operand
/// is a constant.
std::optional<uint64_t> getLargestConstantSum(const QuantizedSite &site,
                                              unsigned number) {
  const QuantizedOperand &operand = site.operands[number];
  AffineMap map = site.indexing.getMap(number);
  if (operand.pad || !map.isProjectedPermutation())
    return std::nullopt;
  std::optional<IntegerReader> values = IntegerReader::get(operand.storage);
  if (!values)
    return std::nullopt;

  StorageRange zero = getZeroPointRange(operand);
  ArrayRef<int64_t> shape =
      cast<RankedTensorType>(operand.storage.getType()).getShape();
  int64_t numSums = 1, repeats = 1;
  SmallVector<int64_t> strides(shape.size(), 0);
  for (int64_t dim = int64_t(shape.size()) - 1; dim >= 0; --dim) {
    if (site.indexing.isReduction(*site.indexing.getLoop(number, dim)))
      continue;
    strides[dim] = numSums;
    numSums *= shape[dim];
  }
  // Loops that the operand does not see add the same elements again.
  ArrayRef<int64_t> sizes = site.indexing.getLoopSizes();
  for (unsigned loop = 0; loop < sizes.size(); ++loop)
    if (site.indexing.isReduction(loop) && !map.isFunctionOfDim(loop))
      repeats *= sizes[loop];
  SmallVector<uint64_t> sums(numSums, 0);
  SmallVector<int64_t> index(shape.size(), 0);
  for (int64_t i = 0, e = ShapedType::getNumElements(shape); i < e; ++i) {
    int64_t value = (*values)[i], sum = 0;
    for (auto [position, stride] : llvm::zip_equal(index, strides))
      sum += position * stride;
    sums[sum] +=
        std::max(std::abs(value - zero.min), std::abs(value - zero.max));
    for (int64_t dim = int64_t(shape.size()) - 1; dim >= 0; --dim) {
      if (++index[dim] < shape[dim])
        break;
      index[dim] = 0;
    }
  }
  return sums.empty() ? 0 : *llvm::max_element(sums) * repeats;
}

/// One more than the largest magnitude that an i32 holds either way.
constexpr uint64_t kLimit = uint64_t(1) << 31;

/// Sums of f8 products are f32: rounded, but too large for no K.
AccumulatorBound boundFloatAccumulator(const QuantizedSite &site,
                                       uint64_t products) {
  uint64_t bound = products;
  for (const QuantizedOperand &operand : site.operands) {
    auto f8 = cast<FloatType>(operand.getStorageType());
    llvm::APFloat largest = llvm::APFloat::getLargest(f8.getFloatSemantics());
    bound =
        llvm::SaturatingMultiply(bound, uint64_t(largest.convertToDouble()));
  }
  return {Float32Type::get(linalg::LinalgOp(site.op).getContext()), bound};
}

} // namespace

AccumulatorBound quantc::qnn::boundAccumulator(const QuantizedSite &site) {
  MLIRContext *context = linalg::LinalgOp(site.op).getContext();
  Type i32 = IntegerType::get(context, 32), i64 = IntegerType::get(context, 64);
  uint64_t products = *site.indexing.getReductionSize();
  if (isa<FloatType>(site.operands[0].getStorageType()))
    return boundFloatAccumulator(site, products);
  std::array<uint64_t, 2> largest = {getLargestDifference(site.operands[0]),
                                     getLargestDifference(site.operands[1])};
  uint64_t bound = llvm::SaturatingMultiply(
      products, llvm::SaturatingMultiply(largest[0], largest[1]));
  if (bound < kLimit)
    return {i32, bound};
  for (unsigned number : {0, 1})
    if (std::optional<uint64_t> sum = getLargestConstantSum(site, number))
      bound =
          std::min(bound, llvm::SaturatingMultiply(*sum, largest[1 - number]));
  if (bound < kLimit)
    return {i32, bound};

  bool isWide =
      llvm::any_of(site.operands, [](const QuantizedOperand &operand) {
        return operand.getStorageType().getIntOrFloatBitWidth() == 16;
      });
  if (isWide && bound < uint64_t(INT64_MAX))
    return {i64, bound};
  return {Type(), bound};
}

int64_t quantc::qnn::getSafeProductCount(const QuantizedSite &site) {
  uint64_t largest =
      llvm::SaturatingMultiply(getLargestDifference(site.operands[0]),
                               getLargestDifference(site.operands[1]));
  return (kLimit - 1) / std::max<uint64_t>(largest, 1);
}
