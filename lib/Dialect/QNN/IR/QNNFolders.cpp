//===- QNNFolders.cpp - folding and canonicalization of qnn operations ----===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Small dense constants fold with the normative arithmetic. Large ones are
// never attributes: qnn-materialize quantizes them over raw buffers.
//
//===----------------------------------------------------------------------===//

#include "quantc/Dialect/QNN/IR/Arithmetic.h"
#include "quantc/Dialect/QNN/IR/QNNOps.h"

#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace quantc::qnn;

static constexpr int64_t maxFoldedElements = 1024;

//===----------------------------------------------------------------------===//
// Constant folding
//===----------------------------------------------------------------------===//

namespace {

/// Which element of a parameter each element of an operand takes.
class ParameterIndex {
public:
  ParameterIndex(ArrayRef<int64_t> shape, ArrayRef<int64_t> axes,
                 ArrayRef<int64_t> blocks)
      : shape(shape), axes(axes), blocks(blocks) {}

  int64_t get(ShapedType parameter, int64_t element) const {
    if (parameter.getRank() == 0)
      return 0;
    SmallVector<int64_t> position(shape.size());
    for (int64_t dim = int64_t(shape.size()) - 1; dim >= 0; --dim) {
      position[dim] = element % shape[dim];
      element /= shape[dim];
    }
    int64_t index = 0;
    for (auto [i, axis] : llvm::enumerate(axes)) {
      int64_t block = blocks.empty() ? 1 : blocks[i];
      index = index * parameter.getDimSize(i) + position[axis] / block;
    }
    return index;
  }

private:
  ArrayRef<int64_t> shape, axes, blocks;
};

/// A constant parameter of integers; 0 where an op has none.
class IntegerParameter {
public:
  IntegerParameter(Attribute constant)
      : elements(dyn_cast_or_null<DenseIntElementsAttr>(constant)) {}

  /// Whether `operand`, which may be null, is known.
  bool isKnown(Value operand) const { return !operand || elements; }

  int64_t get(const ParameterIndex &index, int64_t element) const {
    if (!elements)
      return 0;
    APInt value =
        elements.getValues<APInt>()[index.get(elements.getType(), element)];
    return elements.getElementType().isUnsignedInteger()
               ? int64_t(value.getZExtValue())
               : value.getSExtValue();
  }

private:
  DenseIntElementsAttr elements;
};

/// The constant scales and zero points of an op.
class ConstantParameters {
public:
  /// Returns nullopt unless the parameters are constants and the operand is
  /// small enough to fold.
  template <typename OpTy>
  static std::optional<ConstantParameters>
  get(OpTy op, typename OpTy::FoldAdaptor adaptor) {
    auto scales = dyn_cast_or_null<DenseFPElementsAttr>(adaptor.getScale());
    IntegerParameter zeroPoints(adaptor.getZeroPoint());
    if (!isSmall(op.getInput().getType()) || !scales ||
        !zeroPoints.isKnown(op.getZeroPoint()))
      return std::nullopt;
    return ConstantParameters{ParameterIndex(op.getInput().getType().getShape(),
                                             op.getAxes(), op.getBlocks()),
                              scales, zeroPoints};
  }

  static bool isSmall(RankedTensorType operand) {
    return operand.hasStaticShape() &&
           operand.getNumElements() <= maxFoldedElements;
  }

  float getScale(int64_t element) const {
    return scales.getValues<float>()[index.get(scales.getType(), element)];
  }
  int64_t getZeroPoint(int64_t element) const {
    return zeroPoints.get(index, element);
  }

private:
  ConstantParameters(ParameterIndex index, DenseFPElementsAttr scales,
                     IntegerParameter zeroPoints)
      : index(index), scales(scales), zeroPoints(zeroPoints) {}

  ParameterIndex index;
  DenseFPElementsAttr scales;
  IntegerParameter zeroPoints;
};

/// A constant of `type` from `compute(i)`, an APInt or APFloat, for each
/// element.
template <typename T>
DenseElementsAttr makeElements(RankedTensorType type,
                               llvm::function_ref<T(int64_t)> compute) {
  SmallVector<T> values;
  for (int64_t i = 0; i < type.getNumElements(); ++i)
    values.push_back(compute(i));
  return DenseElementsAttr::get(type, values);
}

} // namespace

static float toFloat(APFloat value) {
  bool losesInfo;
  value.convert(APFloat::IEEEsingle(), APFloat::rmNearestTiesToEven,
                &losesInfo);
  return value.convertToFloat();
}

static APFloat fromFloat(float value, Type type) {
  APFloat result(value);
  bool losesInfo;
  result.convert(cast<FloatType>(type).getFloatSemantics(),
                 APFloat::rmNearestTiesToEven, &losesInfo);
  return result;
}

/// A constant of storage type from a function that quantizes element i.
static DenseElementsAttr
makeStorage(RankedTensorType type,
            llvm::function_ref<int64_t(int64_t)> computeInteger,
            llvm::function_ref<float(int64_t)> computeQuotient) {
  Type storage = type.getElementType();
  unsigned width = storage.getIntOrFloatBitWidth();
  if (auto f8 = dyn_cast<FloatType>(storage))
    return makeElements<APFloat>(type, [&](int64_t i) {
      return APFloat(f8.getFloatSemantics(),
                     APInt(width, encodeF8(computeQuotient(i), f8)));
    });
  return makeElements<APInt>(type, [&](int64_t i) {
    return APInt(width, computeInteger(i), /*isSigned=*/true,
                 /*implicitTrunc=*/true);
  });
}

/// The same value, or constants that are equal.
static bool isSameParameter(Value a, Value b) {
  if (a == b)
    return true;
  Attribute first, second;
  return a && b && matchPattern(a, m_Constant(&first)) &&
         matchPattern(b, m_Constant(&second)) && first == second;
}

OpFoldResult QuantizeOp::fold(FoldAdaptor adaptor) {
  // The inverse of a dequantization with the same parameters. That
  // round(n * s / s) is n for every integer of storage needs |n * s| to be
  // finite, which is known of constant scales only. (An i32 larger than 2^24
  // would be rounded to f32 on the way: the integer is what is meant.)
  auto dequantize = getInput().getDefiningOp<DequantizeOp>();
  if (dequantize && dequantize.getInput().getType() == getResult().getType() &&
      isSameParameter(dequantize.getScale(), getScale()) &&
      isSameParameter(dequantize.getZeroPoint(), getZeroPoint()) &&
      dequantize.getAxes() == getAxes() &&
      dequantize.getBlocks() == getBlocks() && !getNarrowRange() &&
      isa<IntegerType>(getResult().getType().getElementType()) &&
      getInput().getType().getElementType().isF32()) {
    auto scale = dyn_cast_or_null<DenseFPElementsAttr>(adaptor.getScale());
    if (scale && llvm::all_of(scale.getValues<float>(),
                              [](float s) { return s < 0x1p96f; }))
      return dequantize.getInput();
  }

  auto input = dyn_cast_or_null<DenseFPElementsAttr>(adaptor.getInput());
  auto parameters = ConstantParameters::get(*this, adaptor);
  if (!input || !parameters)
    return {};
  Type storage = getResult().getType().getElementType();
  auto values = input.getValues<APFloat>();
  return makeStorage(
      getResult().getType(),
      [&](int64_t i) {
        return quantize(toFloat(values[i]), parameters->getScale(i),
                        parameters->getZeroPoint(i),
                        getStorageRange(storage, getNarrowRange()));
      },
      [&](int64_t i) { return toFloat(values[i]) / parameters->getScale(i); });
}

OpFoldResult DequantizeOp::fold(FoldAdaptor adaptor) {
  auto input = dyn_cast_or_null<DenseElementsAttr>(adaptor.getInput());
  auto parameters = ConstantParameters::get(*this, adaptor);
  // Quantized weights stay in storage, for sites to read: only scalars fold.
  if (!input || !parameters || getInput().getType().getRank() != 0)
    return {};
  Type storage = getInput().getType().getElementType();
  Type resultType = getResult().getType().getElementType();
  return makeElements<APFloat>(getResult().getType(), [&](int64_t i) {
    float scale = parameters->getScale(i);
    if (isa<FloatType>(storage)) {
      float value = toFloat(input.getValues<APFloat>()[i]);
      return fromFloat(value * scale, resultType);
    }
    APInt value = input.getValues<APInt>()[i];
    int64_t integer = storage.isUnsignedInteger()
                          ? int64_t(value.getZExtValue())
                          : value.getSExtValue();
    return fromFloat(dequantize(integer, scale, parameters->getZeroPoint(i)),
                     resultType);
  });
}

OpFoldResult RequantizeOp::fold(FoldAdaptor adaptor) {
  auto input = dyn_cast_or_null<DenseIntElementsAttr>(adaptor.getInput());
  auto factors = dyn_cast_or_null<DenseFPElementsAttr>(adaptor.getMultiplier());
  IntegerParameter multipliers(adaptor.getMultiplier()),
      shifts(adaptor.getShift()), zeroPoints(adaptor.getZeroPoint()),
      inputZeroPoints(adaptor.getInputZeroPoint());
  RequantizeMode mode = getMode();
  if (!input || !ConstantParameters::isSmall(getInput().getType()) ||
      (mode == RequantizeMode::Float ? !factors
                                     : !multipliers.isKnown(getMultiplier())) ||
      !shifts.isKnown(getShift()) || !zeroPoints.isKnown(getZeroPoint()) ||
      !inputZeroPoints.isKnown(getInputZeroPoint()))
    return {};
  Type storage = getResult().getType().getElementType();
  bool isUnsigned = input.getElementType().isUnsignedInteger();
  ParameterIndex index(getInput().getType().getShape(), getAxes(), getBlocks());
  auto getInteger = [&](int64_t i) {
    APInt value = input.getValues<APInt>()[i];
    return (isUnsigned ? int64_t(value.getZExtValue()) : value.getSExtValue()) -
           inputZeroPoints.get(index, i);
  };
  auto getFactor = [&](int64_t i) {
    return factors.getValues<float>()[index.get(factors.getType(), i)];
  };
  // Only 64-bit accumulators can lie beyond.
  auto getWide = [&](int64_t i) {
    return std::clamp(getInteger(i), -(int64_t(1) << 47),
                      (int64_t(1) << 47) - 1);
  };
  return makeStorage(
      getResult().getType(),
      [&](int64_t i) {
        StorageRange range = getStorageRange(storage, getNarrowRange());
        int64_t zeroPoint = zeroPoints.get(index, i);
        if (mode == RequantizeMode::Float)
          return requantize(getInteger(i), getFactor(i), zeroPoint, range);
        int64_t shift = shifts.get(index, i);
        int64_t value =
            mode == RequantizeMode::Shift
                ? rescaleShift(getWide(i), shift)
                : rescaleFixedPoint(getWide(i), multipliers.get(index, i),
                                    shift, getDoubleRound());
        return std::clamp(value + zeroPoint, range.min, range.max);
      },
      [&](int64_t i) { return float(getInteger(i)) * getFactor(i); });
}

OpFoldResult FakeQuantizeOp::fold(FoldAdaptor adaptor) {
  auto input = dyn_cast_or_null<DenseFPElementsAttr>(adaptor.getInput());
  auto parameters = ConstantParameters::get(*this, adaptor);
  if (!input || !parameters)
    return {};
  Type storage = getStorage(),
       resultType = getResult().getType().getElementType();
  auto values = input.getValues<APFloat>();
  return makeElements<APFloat>(getResult().getType(), [&](int64_t i) {
    float x = toFloat(values[i]), scale = parameters->getScale(i);
    if (auto f8 = dyn_cast<FloatType>(storage))
      return fromFloat(decodeF8(encodeF8(x / scale, f8), f8) * scale,
                       resultType);
    int64_t zeroPoint = parameters->getZeroPoint(i);
    int64_t q = quantize(x, scale, zeroPoint,
                         getStorageRange(storage, getNarrowRange()));
    return fromFloat(dequantize(q, scale, zeroPoint), resultType);
  });
}

//===----------------------------------------------------------------------===//
// Canonicalization
//===----------------------------------------------------------------------===//

static bool isZero(Value zeroPoint) {
  DenseIntElementsAttr constant;
  return zeroPoint && matchPattern(zeroPoint, m_Constant(&constant)) &&
         llvm::all_of(constant,
                      [](const APInt &value) { return value.isZero(); });
}

/// A zero point that is constantly zero is no zero point.
template <typename OpTy>
static LogicalResult dropZeroZeroPoint(OpTy op, PatternRewriter &rewriter) {
  if (!isZero(op.getZeroPoint()))
    return rewriter.notifyMatchFailure(op, "requires a zero point of zero");
  rewriter.modifyOpInPlace(op, [&] { op.getZeroPointMutable().clear(); });
  return success();
}

LogicalResult QuantizeOp::canonicalize(QuantizeOp op,
                                       PatternRewriter &rewriter) {
  return dropZeroZeroPoint(op, rewriter);
}
LogicalResult DequantizeOp::canonicalize(DequantizeOp op,
                                         PatternRewriter &rewriter) {
  return dropZeroZeroPoint(op, rewriter);
}
LogicalResult RequantizeOp::canonicalize(RequantizeOp op,
                                         PatternRewriter &rewriter) {
  if (isZero(op.getInputZeroPoint())) {
    rewriter.modifyOpInPlace(op,
                             [&] { op.getInputZeroPointMutable().clear(); });
    return success();
  }
  return dropZeroZeroPoint(op, rewriter);
}
LogicalResult FakeQuantizeOp::canonicalize(FakeQuantizeOp op,
                                           PatternRewriter &rewriter) {
  return dropZeroZeroPoint(op, rewriter);
}
