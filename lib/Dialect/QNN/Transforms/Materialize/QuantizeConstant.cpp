//===- QuantizeConstant.cpp - constants to storage types ------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "QuantizeConstant.h"
#include "Site/ConstantEvaluation.h"
#include "quantc/Dialect/QNN/IR/Arithmetic.h"
#include "quantc/Dialect/QNN/Transforms/ConstantView.h"
#include "quantc/Parameters/ConstantTensor.h"

#include "llvm/ADT/APFloat.h"
#include <cmath>
#include <cstring>

using namespace mlir;
using namespace quantc;
using namespace quantc::qnn;

QuantizationOperands
quantc::qnn::createParameterConstants(OpBuilder &builder, Location loc,
                                      const QuantizationParameters &parameters,
                                      QuantizationAttr scheme, StringRef name) {
  QuantizationOperands result;
  auto scaleType =
      RankedTensorType::get(parameters.shape, builder.getF32Type());
  result.scale = createConstantTensor(
      builder, loc, scaleType, (name + ".scale").str(),
      [&](MutableArrayRef<char> bytes) {
        std::memcpy(bytes.data(), parameters.scales.data(), bytes.size());
      });
  if (scheme.getSymmetric())
    return result;
  Type storage = scheme.getStorage();
  unsigned size = *getElementByteSize(storage);
  uint64_t mask =
      llvm::maskTrailingOnes<uint64_t>(storage.getIntOrFloatBitWidth());
  result.zeroPoint = createConstantTensor(
      builder, loc, RankedTensorType::get(parameters.shape, storage),
      (name + ".zero_point").str(), [&](MutableArrayRef<char> bytes) {
        for (auto [i, zeroPoint] : llvm::enumerate(parameters.zeroPoints)) {
          uint64_t bits = uint64_t(zeroPoint) & mask;
          std::memcpy(bytes.data() + i * size, &bits, size);
        }
      });
  return result;
}

bool quantc::qnn::isQuantizableConstant(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type &&
         (type.getElementType().isF32() || type.getElementType().isF16() ||
          type.getElementType().isBF16()) &&
         isEvaluable(value);
}

/// Element `index` of a constant of f32, f16 or bf16.
static float loadElement(const ConstantBytes &source, int64_t index) {
  Type type = source.type.getElementType();
  const char *data = source.bytes.data();
  if (type.isF32()) {
    float value;
    std::memcpy(&value, data + index * sizeof(value), sizeof(value));
    return value;
  }
  uint16_t bits;
  std::memcpy(&bits, data + index * sizeof(bits), sizeof(bits));
  return llvm::APFloat(cast<FloatType>(type).getFloatSemantics(),
                       llvm::APInt(16, bits))
      .convertToFloat();
}

namespace {

/// Quantizes the rows (along the last dimension) of a dense tensor.
class RowQuantizer {
public:
  RowQuantizer(const ConstantBytes &source, QuantizationAttr scheme,
               const QuantizationParameters &parameters)
      : source(source), scheme(scheme), parameters(parameters),
        shape(source.type.getShape()), blocks(shape.size(), 1),
        strides(shape.size(), 0) {
    int64_t stride = 1;
    for (int64_t i = int64_t(scheme.getAxes().size()) - 1; i >= 0; --i) {
      int64_t axis = scheme.getAxes()[i];
      if (!scheme.getBlocks().empty())
        blocks[axis] = scheme.getBlocks()[i];
      strides[axis] = stride;
      stride *= parameters.shape[i];
    }
  }

  int64_t getRowSize() const { return shape.empty() ? 1 : shape.back(); }

  void run(int64_t begin, int64_t end, MutableArrayRef<char> output) const {
    for (int64_t row = begin; row < end; ++row)
      quantizeRow(row, output);
  }

private:
  uint64_t quantizeElement(float value, int64_t parameter) const {
    float scale = parameters.scales[parameter];
    Type storage = scheme.getStorage();
    if (auto f8 = dyn_cast<FloatType>(storage))
      return encodeF8(value / scale, f8);
    int64_t zeroPoint =
        scheme.getSymmetric() ? 0 : parameters.zeroPoints[parameter];
    int64_t q = quantize(value, scale, zeroPoint,
                         getStorageRange(storage, scheme.getNarrowRange()));
    return uint64_t(q) &
           llvm::maskTrailingOnes<uint64_t>(storage.getIntOrFloatBitWidth());
  }

  void quantizeRow(int64_t row, MutableArrayRef<char> output) const {
    int64_t base = 0, rest = row;
    for (int64_t dim = int64_t(shape.size()) - 2; dim >= 0; --dim) {
      base += rest % shape[dim] / blocks[dim] * strides[dim];
      rest /= shape[dim];
    }
    unsigned size = *getElementByteSize(scheme.getStorage());
    int64_t block = shape.empty() ? 1 : blocks.back();
    int64_t stride = shape.empty() ? 0 : strides.back();
    for (int64_t i = 0, rowSize = getRowSize(); i < rowSize; ++i) {
      int64_t index = row * rowSize + i;
      uint64_t bits = quantizeElement(loadElement(source, index),
                                      base + i / block * stride);
      std::memcpy(output.data() + index * size, &bits, size);
    }
  }

  const ConstantBytes &source;
  QuantizationAttr scheme;
  const QuantizationParameters &parameters;
  ArrayRef<int64_t> shape;
  SmallVector<int64_t> blocks, strides;
};

} // namespace

namespace {
/// Elements of one kind that no scale covers.
struct NonFinite {
  int64_t count = 0, first = 0;

  void add(int64_t index) {
    if (count++ == 0)
      first = index;
  }
};
} // namespace

/// "[2, 5] of tensor<8x16xf32>".
static std::string describePosition(int64_t index, RankedTensorType type) {
  SmallVector<int64_t> position(type.getRank());
  for (int64_t dim = type.getRank() - 1; dim >= 0; --dim) {
    position[dim] = index % type.getDimSize(dim);
    index /= type.getDimSize(dim);
  }
  std::string text;
  llvm::raw_string_ostream os(text);
  os << '[';
  llvm::interleaveComma(position, os);
  os << "] of " << type;
  return text;
}

/// Warns of NaN, which has a value to be quantized to, and refuses infinities,
/// which have none.
static LogicalResult checkFinite(const ConstantBytes &source, StringRef name,
                                 Type storage, Location loc) {
  NonFinite nan, infinite;
  for (int64_t i = 0, e = source.type.getNumElements(); i < e; ++i) {
    float value = loadElement(source, i);
    if (std::isnan(value))
      nan.add(i);
    else if (std::isinf(value))
      infinite.add(i);
  }
  if (infinite.count > 0)
    return mlir::emitError(loc)
           << "expected finite elements of parameter '" << name
           << "' to be quantized, but got " << infinite.count
           << " that are infinite, the first at "
           << describePosition(infinite.first, source.type);
  if (nan.count > 0)
    mlir::emitWarning(loc) << "parameter '" << name << "' has " << nan.count
                           << " elements that are NaN, the first at "
                           << describePosition(nan.first, source.type)
                           << "; in " << storage << " they "
                           << (isa<FloatType>(storage)
                                   ? "stay NaN"
                                   : "become the zero point");
  return success();
}

FailureOr<Value> quantc::qnn::quantizeConstant(OpBuilder &builder, Value value,
                                               QuantizationAttr scheme,
                                               StringRef givenName,
                                               std::optional<float> scale) {
  std::optional<ConstantBytes> source = evaluate(value);
  auto emitError = [&] { return mlir::emitError(value.getLoc()); };
  if (!source)
    return emitError() << "expected a constant";
  std::string name =
      (givenName.empty() ? getParameterName(value) : givenName).str();
  if (name.empty())
    name = "constant";
  Location loc = value.getLoc();
  if (failed(checkFinite(*source, name, scheme.getStorage(), loc)))
    return failure();
  FailureOr<QuantizationParameters> parameters = computeQuantizationParameters(
      source->bytes, source->type, scheme, emitError);
  if (failed(parameters))
    return failure();
  if (scale)
    parameters->scales.assign(parameters->scales.size(), *scale);

  RowQuantizer quantizer(*source, scheme, *parameters);
  int64_t rowSize = std::max<int64_t>(quantizer.getRowSize(), 1);
  int64_t numRows = source->type.getNumElements() / rowSize;
  auto type = source->type.clone(scheme.getStorage());
  Value storage = createConstantTensor(
      builder, loc, type, name, [&](MutableArrayRef<char> output) {
        parallelForRange(builder.getContext(), numRows,
                         /*grain=*/std::max<int64_t>(1, 16384 / rowSize),
                         [&](int64_t begin, int64_t end) {
                           quantizer.run(begin, end, output);
                         });
      });
  QuantizationOperands operands =
      createParameterConstants(builder, loc, *parameters, scheme, name);
  return DequantizeOp::create(builder, loc, value.getType(), storage,
                              operands.scale, operands.zeroPoint,
                              scheme.getAxes(), scheme.getBlocks())
      .getResult();
}
