//===- QNNDialect.cpp - the qnn dialect and its attributes ----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Dialect/QNN/IR/QNNDialect.h"
#include "quantc/Dialect/QNN/IR/QNNOps.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"
#include <array>
#include <charconv>
#include <cmath>

using namespace mlir;
using namespace quantc::qnn;

#include "quantc/Dialect/QNN/IR/QNNDialect.cpp.inc"
#include "quantc/Dialect/QNN/IR/QNNEnums.cpp.inc"

#include "quantc/Dialect/QNN/IR/QNNAttrInterfaces.cpp.inc"

//===----------------------------------------------------------------------===//
// Numbers of range estimators
//===----------------------------------------------------------------------===//

/// The number that has to follow the name of an estimator.
static ParseResult parseNumber(AsmParser &parser, FloatAttr &number,
                               StringRef what) {
  SMLoc loc = parser.getCurrentLocation();
  if (succeeded(parser.parseOptionalGreater()))
    return parser.emitError(loc) << "expected " << what;
  double value;
  if (parser.parseFloat(value))
    return failure();
  number = parser.getBuilder().getF64FloatAttr(value);
  return success();
}

/// The shortest text that parses to the same double: 99.99, not
/// 99.989999999999995.
static void printNumber(AsmPrinter &printer, FloatAttr number) {
  std::array<char, 32> buffer;
  auto [end, error] = std::to_chars(
      buffer.data(), buffer.data() + buffer.size(), number.getValueAsDouble());
  std::string text(buffer.data(), end);
  // A float literal has a point.
  if (text.find('.') == std::string::npos)
    text.insert(std::min(text.find('e'), text.size()), ".0");
  printer << text;
}

static ParseResult parsePercentile(AsmParser &parser, FloatAttr &percentile) {
  return parseNumber(parser, percentile,
                     "the percentile to keep after 'percentile'");
}

static void printPercentile(AsmPrinter &printer, FloatAttr percentile) {
  printNumber(printer, percentile);
}

static ParseResult parseRate(AsmParser &parser, FloatAttr &rate) {
  return parseNumber(parser, rate, "the rate after 'ema'");
}

static void printRate(AsmPrinter &printer, FloatAttr rate) {
  printNumber(printer, rate);
}

#define GET_ATTRDEF_CLASSES
#include "quantc/Dialect/QNN/IR/QNNAttributes.cpp.inc"

void QNNDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "quantc/Dialect/QNN/IR/QNNAttributes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "quantc/Dialect/QNN/IR/QNNOps.cpp.inc"
      >();
}

Operation *QNNDialect::materializeConstant(OpBuilder &builder, Attribute value,
                                           Type type, Location loc) {
  return arith::ConstantOp::materialize(builder, value, type, loc);
}

LogicalResult QNNDialect::verifyOperationAttribute(Operation *op,
                                                   NamedAttribute attribute) {
  StringRef name = attribute.getName();
  if (name == kSiteAttrName || name == kFloatReasonAttrName ||
      name == kFingerprintAttrName || name == kParameterFileAttrName) {
    auto text = dyn_cast<StringAttr>(attribute.getValue());
    if (!text || text.empty())
      return op->emitError()
             << "expected '" << name << "' to be a non-empty string, but got "
             << attribute.getValue();
  }
  if (name == kSchemeAttrName && !isa<SchemeAttr>(attribute.getValue()))
    return op->emitError() << "expected '" << name
                           << "' to be a #qnn.scheme, but got "
                           << attribute.getValue();
  if (name == kTermsAttrName && !isa<DictionaryAttr>(attribute.getValue()))
    return op->emitError() << "expected '" << name
                           << "' to be a dictionary, but got "
                           << attribute.getValue();
  return success();
}

//===----------------------------------------------------------------------===//
// QuantizationAttr
//===----------------------------------------------------------------------===//

// Format: `<` storage (`symmetric`|`asymmetric`) [`narrow_range`] [`dynamic`]
//         [`power_of_two`] granularity
//         [`axes` `=` `[`..`]`] [`blocks` `=` `[`..`]`] estimator `>`

static ParseResult parseIntegers(AsmParser &parser,
                                 SmallVectorImpl<int64_t> &values) {
  return parser.parseCommaSeparatedList(
      AsmParser::Delimiter::Square, [&]() -> ParseResult {
        return parser.parseInteger(values.emplace_back());
      });
}

/// One of ours by its name, or any attribute.
static RangeEstimatorAttrInterface parseEstimator(AsmParser &parser) {
  SMLoc loc = parser.getCurrentLocation();
  Attribute attribute;
  OptionalParseResult parsed = parser.parseOptionalAttribute(attribute);
  StringRef name;
  if (!parsed.has_value())
    parsed = generatedAttributeParser(parser, &name, Type(), attribute);
  if (parsed.has_value() && failed(*parsed))
    return {};
  if (auto estimator =
          llvm::dyn_cast_if_present<RangeEstimatorAttrInterface>(attribute))
    return estimator;
  InFlightDiagnostic error = parser.emitError(loc)
                             << "expected a range estimator (minmax, "
                                "percentile, entropy, mse, ema), but got ";
  if (attribute)
    error << attribute;
  else
    error << "'" << name << "'";
  return {};
}

Attribute QuantizationAttr::parse(AsmParser &parser, Type) {
  Type storage;
  StringRef symmetry, keyword;
  if (parser.parseLess() || parser.parseType(storage) ||
      parser.parseKeyword(&symmetry))
    return {};
  if (symmetry != "symmetric" && symmetry != "asymmetric") {
    parser.emitError(parser.getNameLoc())
        << "expected 'symmetric' or 'asymmetric', but got '" << symmetry << "'";
    return {};
  }
  bool narrowRange = succeeded(parser.parseOptionalKeyword("narrow_range"));
  bool dynamic = succeeded(parser.parseOptionalKeyword("dynamic"));
  bool powerOfTwo = succeeded(parser.parseOptionalKeyword("power_of_two"));
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseKeyword(&keyword))
    return {};
  std::optional<Granularity> granularity = symbolizeGranularity(keyword);
  if (!granularity) {
    parser.emitError(loc) << "expected a granularity (tensor, channel, token, "
                             "block, head), but got '"
                          << keyword << "'";
    return {};
  }
  SmallVector<int64_t> axes, blocks;
  if (succeeded(parser.parseOptionalKeyword("axes")) &&
      (parser.parseEqual() || parseIntegers(parser, axes)))
    return {};
  if (succeeded(parser.parseOptionalKeyword("blocks")) &&
      (parser.parseEqual() || parseIntegers(parser, blocks)))
    return {};
  RangeEstimatorAttrInterface estimator = parseEstimator(parser);
  if (!estimator || parser.parseGreater())
    return {};
  return parser.getChecked<QuantizationAttr>(
      parser.getContext(), storage, symmetry == "symmetric", narrowRange,
      dynamic, powerOfTwo, *granularity, ArrayRef<int64_t>(axes),
      ArrayRef<int64_t>(blocks), estimator);
}

void QuantizationAttr::print(AsmPrinter &printer) const {
  printer << '<' << getStorage()
          << (getSymmetric() ? " symmetric" : " asymmetric");
  if (getNarrowRange())
    printer << " narrow_range";
  if (getDynamic())
    printer << " dynamic";
  if (getPowerOfTwo())
    printer << " power_of_two";
  printer << ' ' << stringifyGranularity(getGranularity());
  if (!getAxes().empty())
    printer << " axes = [" << getAxes() << ']';
  if (!getBlocks().empty())
    printer << " blocks = [" << getBlocks() << ']';
  printer << ' ';
  if (failed(generatedAttributePrinter(getEstimator(), printer)))
    printer << getEstimator();
  printer << '>';
}

LogicalResult
QuantizationAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                         Type storage, bool symmetric, bool narrowRange,
                         bool dynamic, bool powerOfTwo, Granularity granularity,
                         ArrayRef<int64_t> axes, ArrayRef<int64_t> blocks,
                         RangeEstimatorAttrInterface estimator) {
  if (!isStorageType(storage))
    return emitError()
           << "expected storage i4, i8, ui8, i16, f8E4M3FN or f8E5M2, but got "
           << storage;
  if (isa<FloatType>(storage) && (!symmetric || narrowRange))
    return emitError() << "expected symmetric full-range quantization for "
                       << storage;
  if (dynamic && powerOfTwo)
    return emitError()
           << "expected a static range for scales that are powers of two";
  if ((granularity == Granularity::Tensor) != axes.empty())
    return emitError()
           << "expected axes for every granularity but 'tensor', but got "
           << axes.size() << " axes for '" << stringifyGranularity(granularity)
           << "'";
  for (auto [i, axis] : llvm::enumerate(axes))
    if (axis < 0 || (i && axes[i - 1] >= axis))
      return emitError() << "expected increasing axes from 0 on, but got "
                         << axis << " at position " << i;
  if (!blocks.empty() && blocks.size() != axes.size())
    return emitError() << "expected one block size per axis, but got "
                       << blocks.size() << " for " << axes.size() << " axes";
  for (int64_t block : blocks)
    if (block < 1)
      return emitError() << "expected positive block sizes, but got " << block;
  return success();
}

//===----------------------------------------------------------------------===//
// StatisticsAttr and TargetAttr
//===----------------------------------------------------------------------===//

LogicalResult StatisticsAttr::verify(
    function_ref<InFlightDiagnostic()> emitError, int64_t count,
    int64_t nanCount, int64_t infCount, FloatAttr min, FloatAttr max,
    DenseF32ArrayAttr channelMin, DenseF32ArrayAttr channelMax, int64_t,
    int64_t, DenseI64ArrayAttr histogram, DenseF32ArrayAttr batchMin,
    DenseF32ArrayAttr batchMax, DenseF32ArrayAttr tokenMin,
    DenseF32ArrayAttr tokenMax, ArrayAttr heads) {
  if (count < 0 || nanCount < 0 || infCount < 0)
    return emitError() << "expected counts that are not negative";
  double low = min.getValueAsDouble(), high = max.getValueAsDouble();
  if (!std::isfinite(low) || !std::isfinite(high) || (count && low > high))
    return emitError() << "expected a finite range with min <= max, but got ["
                       << low << ", " << high << "]";
  if (channelMin.size() != channelMax.size())
    return emitError() << "expected as many channel minima as maxima, but got "
                       << channelMin.size() << " and " << channelMax.size();
  if ((batchMin ? batchMin.size() : 0) != (batchMax ? batchMax.size() : 0))
    return emitError() << "expected as many batch minima as maxima";
  if ((tokenMin ? tokenMin.size() : 0) != (tokenMax ? tokenMax.size() : 0))
    return emitError() << "expected as many token minima as maxima";
  int64_t total = 0;
  for (int64_t bin : histogram.asArrayRef()) {
    if (bin < 0)
      return emitError()
             << "expected histogram counts that are not negative, but got "
             << bin;
    if (llvm::AddOverflow(total, bin, total))
      return emitError() << "expected histogram counts below 2^63 in sum";
  }
  if (!histogram.empty() && total != count)
    return emitError() << "expected the histogram to hold all " << count
                       << " elements, but it holds " << total;
  for (Attribute attribute : heads ? heads.getValue() : ArrayRef<Attribute>()) {
    auto head = dyn_cast<StatisticsAttr>(attribute);
    if (!head || !head.getChannelMin().empty() || head.getTokenMin() ||
        head.getHeads())
      return emitError() << "expected heads to be statistics without channels, "
                            "tokens and heads, but got "
                         << attribute;
  }
  return success();
}

StatisticsAttr
StatisticsAttr::withChannelsAlone(ArrayRef<float> channelMin,
                                  ArrayRef<float> channelMax) const {
  Builder builder(getContext());
  return get(getContext(), getCount(), getNanCount(), getInfCount(),
             builder.getF32FloatAttr(*llvm::min_element(channelMin)),
             builder.getF32FloatAttr(*llvm::max_element(channelMax)),
             builder.getDenseF32ArrayAttr(channelMin),
             builder.getDenseF32ArrayAttr(channelMax), /*binExponent=*/0,
             /*firstBin=*/0, builder.getDenseI64ArrayAttr({}),
             /*batchMin=*/nullptr, /*batchMax=*/nullptr, /*tokenMin=*/nullptr,
             /*tokenMax=*/nullptr, /*heads=*/nullptr);
}

LogicalResult TargetAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                 StringAttr, FloatAttr int8, FloatAttr fp8,
                                 FloatAttr f16, FloatAttr f32,
                                 FloatAttr bandwidth) {
  for (FloatAttr rate : {int8, fp8, f16, f32})
    if (!(rate.getValueAsDouble() >= 0))
      return emitError() << "expected rates that are not negative, but got "
                         << rate.getValueAsDouble();
  if (!(bandwidth.getValueAsDouble() > 0))
    return emitError() << "expected a positive bandwidth, but got "
                       << bandwidth.getValueAsDouble();
  return success();
}
