//===- SiteReference.cpp - exact values of quantized sites ----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SiteReference.h"
#include "quantc/Dialect/QNN/IR/QNNOps.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include <cstring>
#include <numeric>

using namespace mlir;
using namespace quantc;
using namespace quantc::test;

using Wide = __int128;
using Index = SmallVector<int64_t>;

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

Tensor Tensor::zeros(RankedTensorType type) {
  return {{type.getShape().begin(), type.getShape().end()},
          type.getElementType(),
          std::vector<double>(type.getNumElements())};
}

double Tensor::at(ArrayRef<int64_t> index) const {
  int64_t linear = 0;
  for (auto [i, size] : llvm::zip_equal(index, shape))
    linear = linear * size + i;
  return values[linear];
}

template <typename T>
static std::vector<char> store(const std::vector<double> &values) {
  std::vector<char> bytes(values.size() * sizeof(T));
  for (auto [i, value] : llvm::enumerate(values)) {
    T stored = static_cast<T>(value);
    std::memcpy(bytes.data() + i * sizeof(T), &stored, sizeof(T));
  }
  return bytes;
}

std::vector<char> Tensor::getBytes() const {
  if (elementType.isF32())
    return store<float>(values);
  if (elementType.isUnsignedInteger(8))
    return store<uint8_t>(values);
  return elementType.isInteger(16) ? store<int16_t>(values)
                                   : store<int8_t>(values);
}

Arguments quantc::test::makeArguments() {
  return Arguments([](Value a, Value b) {
    return a.getAsOpaquePointer() < b.getAsOpaquePointer();
  });
}

Tensor quantc::test::drawTensor(RankedTensorType type,
                                std::mt19937_64 &random) {
  Tensor tensor = Tensor::zeros(type);
  if (type.getElementType().isF32()) {
    for (double &value : tensor.values)
      value = static_cast<float>(1 + random() % 0xffffff) / (1 << 24);
    return tensor;
  }
  qnn::StorageRange range =
      qnn::getStorageRange(type.getElementType(), /*narrowRange=*/false);
  unsigned mode = random() % 4;
  for (double &value : tensor.values) {
    int64_t anywhere =
        range.min + int64_t(random() % uint64_t(range.max - range.min + 1));
    value = mode == 0   ? range.min
            : mode == 1 ? (random() % 2 ? range.min : range.max)
                        : anywhere;
  }
  return tensor;
}

//===----------------------------------------------------------------------===//
// Sites
//===----------------------------------------------------------------------===//

static Tensor getTensor(Value value, const Arguments &arguments) {
  if (auto it = arguments.find(value); it != arguments.end())
    return it->second;
  // Unsigned bytes come as signed ones.
  if (auto bitcast = value.getDefiningOp<tensor::BitcastOp>()) {
    Tensor tensor = getTensor(bitcast.getSource(), arguments);
    for (double &element : tensor.values)
      element = uint8_t(int64_t(element));
    return tensor;
  }
  Tensor tensor = Tensor::zeros(cast<RankedTensorType>(value.getType()));
  DenseElementsAttr constant;
  if (!matchPattern(value, m_Constant(&constant)))
    llvm::report_fatal_error("expected an argument or a constant");
  bool isUnsigned = tensor.elementType.isUnsignedInteger();
  for (auto [i, element] : llvm::enumerate(tensor.values)) {
    if (tensor.elementType.isF32())
      element = constant.getValues<float>()[i];
    else if (isUnsigned)
      element = constant.getValues<APInt>()[i].getZExtValue();
    else
      element = constant.getValues<APInt>()[i].getSExtValue();
  }
  return tensor;
}

namespace {

/// One operand and its parameters.
struct Operand {
  AffineMap map;
  Tensor storage, scale;
  std::optional<Tensor> zeroPoint;
  Index axes, blocks, lowPad;

  Operand(Value value, AffineMap map, const Arguments &arguments) : map(map) {
    lowPad.assign(map.getNumResults(), 0);
    if (auto pad = value.getDefiningOp<tensor::PadOp>()) {
      lowPad.assign(pad.getStaticLow().begin(), pad.getStaticLow().end());
      value = pad.getSource();
    }
    auto dequantize = value.getDefiningOp<qnn::DequantizeOp>();
    storage = getTensor(dequantize.getInput(), arguments);
    scale = getTensor(dequantize.getScale(), arguments);
    if (dequantize.getZeroPoint())
      zeroPoint = getTensor(dequantize.getZeroPoint(), arguments);
    axes.assign(dequantize.getAxes().begin(), dequantize.getAxes().end());
    blocks.assign(dequantize.getBlocks().begin(), dequantize.getBlocks().end());
    if (blocks.empty())
      blocks.assign(axes.size(), 1);
  }

  double getParameter(const Tensor &parameter, const Index &element) const {
    if (parameter.shape.empty())
      return parameter.values.front();
    Index index;
    for (auto [axis, block] : llvm::zip_equal(axes, blocks))
      index.push_back(element[axis] / block);
    return parameter.at(index);
  }

  /// The element that a point of the iteration space reads; false in padding.
  bool getElement(const Index &point, Index &element) const {
    element = map.compose(point);
    for (auto [i, low, size] :
         llvm::zip_equal(element, lowPad, storage.shape)) {
      i -= low;
      if (i < 0 || i >= size)
        return false;
    }
    return true;
  }

  /// q - z.
  int64_t getCentred(const Index &element) const {
    int64_t q = storage.at(element);
    return zeroPoint ? q - int64_t(getParameter(*zeroPoint, element)) : q;
  }

  /// The block size of the scale along a loop; 0 where it does not vary.
  int64_t getScaleBlock(unsigned loop) const {
    if (scale.shape.empty())
      return 0;
    for (auto [axis, block, count] : llvm::zip_equal(axes, blocks, scale.shape))
      if (map.getResult(axis) == getAffineDimExpr(loop, map.getContext()) &&
          count > 1)
        return block;
    return 0;
  }
};

/// An integer sum and the scales of all that is in it.
struct PartialSum {
  Wide sum = 0;
  float lhsScale = 1, rhsScale = 1;
};

} // namespace

/// Steps through all points; false after the last one.
static bool advance(Index &point, ArrayRef<int64_t> sizes) {
  for (int64_t i = int64_t(sizes.size()) - 1; i >= 0; --i) {
    if (++point[i] < sizes[i])
      return true;
    point[i] = 0;
  }
  return false;
}

std::vector<float> quantc::test::evaluateSite(linalg::LinalgOp site,
                                              const Arguments &arguments) {
  SmallVector<AffineMap> maps = site.getIndexingMapsArray();
  Operand lhs(site->getOperand(0), maps[0], arguments);
  Operand rhs(site->getOperand(1), maps[1], arguments);
  Index sizes = site.getStaticLoopRanges();
  SmallVector<utils::IteratorType> iterators = site.getIteratorTypesArray();
  Tensor result =
      Tensor::zeros(cast<RankedTensorType>(site->getResult(0).getType()));

  // Summed loops along which a scale varies are cut into blocks.
  Index blockSizes(sizes.size(), 0);
  for (unsigned loop = 0; loop < sizes.size(); ++loop)
    if (iterators[loop] == utils::IteratorType::reduction)
      blockSizes[loop] =
          std::gcd(lhs.getScaleBlock(loop), rhs.getScaleBlock(loop));

  std::vector<std::map<std::vector<int64_t>, PartialSum>> sums(
      result.values.size());
  Index point(sizes.size(), 0);
  if (!llvm::is_contained(sizes, 0)) {
    do {
      int64_t linear = 0;
      for (auto [i, size] :
           llvm::zip_equal(maps[2].compose(point), result.shape))
        linear = linear * size + i;
      std::vector<int64_t> key;
      for (auto [i, block] : llvm::zip_equal(point, blockSizes))
        key.push_back(block ? i / block : 0);
      PartialSum &sum = sums[linear][key];
      Index lhsElement, rhsElement;
      if (!lhs.getElement(point, lhsElement) ||
          !rhs.getElement(point, rhsElement))
        continue;
      sum.sum += Wide(lhs.getCentred(lhsElement)) * rhs.getCentred(rhsElement);
      sum.lhsScale = lhs.getParameter(lhs.scale, lhsElement);
      sum.rhsScale = rhs.getParameter(rhs.scale, rhsElement);
    } while (advance(point, sizes));
  }

  bool lhsPerTensor = lhs.scale.shape.empty();
  std::optional<Tensor> init;
  if (auto it = arguments.find(site.getDpsInits()[0]); it != arguments.end())
    init = it->second;
  std::vector<float> values;
  for (auto [i, blocks] : llvm::enumerate(sums)) {
    std::optional<float> sum;
    for (auto &[key, block] : blocks) {
      float part = static_cast<float>(int64_t(block.sum));
      if (lhsPerTensor)
        part *=
            static_cast<float>(double(block.lhsScale) * double(block.rhsScale));
      else
        part = (part * block.rhsScale) * block.lhsScale;
      sum = sum ? *sum + part : part;
    }
    float y = sum.value_or(0);
    if (init)
      y = static_cast<float>(init->values[i]) + y;
    values.push_back(y);
  }
  return values;
}
