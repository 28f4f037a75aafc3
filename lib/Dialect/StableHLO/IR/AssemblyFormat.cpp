//===- AssemblyFormat.cpp - custom directives of stablehlo -===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AssemblyFormat.h"

using namespace mlir;
using namespace quantc::stablehlo;

//===----------------------------------------------------------------------===//
// Dimension lists and numbers
//===----------------------------------------------------------------------===//

FailureOr<SmallVector<int64_t>>
quantc::stablehlo::parseDimensions(AsmParser &parser) {
  SmallVector<int64_t> values;
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, [&] {
        return parser.parseInteger(values.emplace_back());
      }))
    return failure();
  return values;
}

void quantc::stablehlo::printDimensions(AsmPrinter &printer,
                                        ArrayRef<int64_t> values) {
  printer << '[';
  llvm::interleaveComma(values, printer);
  printer << ']';
}

/// Parses one of the three shapes. `letters` are the names of the two
/// dimensions that are not spatial.
static ParseResult parseNamedShape(AsmParser &parser, StringRef letters,
                                   int64_t &first, int64_t &second,
                                   SmallVectorImpl<int64_t> &spatial) {
  SMLoc loc = parser.getCurrentLocation();
  first = second = -1;
  int64_t position = 0;
  auto parseDimension = [&]() -> ParseResult {
    SMLoc dimensionLoc = parser.getCurrentLocation();
    StringRef keyword;
    int64_t *slot;
    int64_t number;
    if (OptionalParseResult result = parser.parseOptionalInteger(number);
        result.has_value()) {
      // No tensor has more dimensions than this text has characters; the bound
      // only keeps a mistyped number from asking for that much memory.
      if (failed(*result) || number < 0 || number >= 64)
        return parser.emitError(dimensionLoc)
               << "expected a spatial dimension in [0, 64), but got " << number;
      if (number >= static_cast<int64_t>(spatial.size()))
        spatial.resize(number + 1, -1);
      slot = &spatial[number];
    } else {
      if (parser.parseKeyword(&keyword))
        return failure();
      if (keyword.size() != 1 || !letters.contains(keyword))
        return parser.emitError(dimensionLoc)
               << "expected '" << letters.take_front() << "', '"
               << letters.drop_front() << "' or a number, but got '" << keyword
               << "'";
      slot = keyword == letters.take_front() ? &first : &second;
    }
    if (*slot >= 0)
      return parser.emitError(dimensionLoc)
             << "expected each dimension once, but got one again";
    *slot = position++;
    return success();
  };
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Square,
                                     parseDimension))
    return failure();
  if (first < 0 || second < 0)
    return parser.emitError(loc)
           << "expected dimensions '" << letters.take_front() << "' and '"
           << letters.drop_front() << "'";
  if (llvm::is_contained(spatial, -1))
    return parser.emitError(loc)
           << "expected spatial dimensions numbered from 0 without a gap";
  return success();
}

static void printNamedShape(AsmPrinter &printer, StringRef letters,
                            int64_t first, int64_t second,
                            ArrayRef<int64_t> spatial) {
  printer << '[';
  for (int64_t position = 0, rank = spatial.size() + 2; position < rank;
       ++position) {
    if (position > 0)
      printer << ", ";
    if (position == first)
      printer << letters.take_front();
    else if (position == second)
      printer << letters.drop_front();
    else
      printer << llvm::find(spatial, position) - spatial.begin();
  }
  printer << ']';
}

ParseResult quantc::stablehlo::parseConvolutionDimensions(
    AsmParser &parser, ConvDimensionNumbersAttr &numbers) {
  int64_t inputBatch, inputFeature, kernelInput, kernelOutput, outputBatch,
      outputFeature;
  SmallVector<int64_t> input, kernel, output;
  SMLoc loc = parser.getCurrentLocation();
  if (parseNamedShape(parser, "bf", inputBatch, inputFeature, input) ||
      parser.parseKeyword("x") ||
      parseNamedShape(parser, "io", kernelInput, kernelOutput, kernel) ||
      parser.parseArrow() ||
      parseNamedShape(parser, "bf", outputBatch, outputFeature, output))
    return failure();
  numbers = ConvDimensionNumbersAttr::getChecked(
      [&] { return parser.emitError(loc); }, parser.getContext(), inputBatch,
      inputFeature, ArrayRef<int64_t>(input), kernelInput, kernelOutput,
      ArrayRef<int64_t>(kernel), outputBatch, outputFeature,
      ArrayRef<int64_t>(output));
  return success(!!numbers);
}

void quantc::stablehlo::printConvolutionDimensions(
    AsmPrinter &printer, ConvDimensionNumbersAttr numbers) {
  printNamedShape(printer, "bf", numbers.getInputBatchDimension(),
                  numbers.getInputFeatureDimension(),
                  numbers.getInputSpatialDimensions());
  printer << 'x';
  printNamedShape(printer, "io", numbers.getKernelInputFeatureDimension(),
                  numbers.getKernelOutputFeatureDimension(),
                  numbers.getKernelSpatialDimensions());
  printer << "->";
  printNamedShape(printer, "bf", numbers.getOutputBatchDimension(),
                  numbers.getOutputFeatureDimension(),
                  numbers.getOutputSpatialDimensions());
}

/// `[0] x [1]`
static ParseResult parsePair(OpAsmParser &parser, SmallVector<int64_t> &lhs,
                             SmallVector<int64_t> &rhs) {
  FailureOr<SmallVector<int64_t>> first = parseDimensions(parser);
  if (failed(first) || parser.parseKeyword("x"))
    return failure();
  FailureOr<SmallVector<int64_t>> second = parseDimensions(parser);
  if (failed(second))
    return failure();
  lhs = std::move(*first);
  rhs = std::move(*second);
  return success();
}

ParseResult
quantc::stablehlo::parseDotDimensionNumbers(OpAsmParser &parser,
                                            DotDimensionNumbersAttr &numbers) {
  SmallVector<int64_t> lhsBatching, rhsBatching, lhsContracting, rhsContracting;
  if (succeeded(parser.parseOptionalKeyword("batching_dims")) &&
      (parser.parseEqual() || parsePair(parser, lhsBatching, rhsBatching) ||
       parser.parseComma()))
    return failure();
  if (parser.parseKeyword("contracting_dims") || parser.parseEqual() ||
      parsePair(parser, lhsContracting, rhsContracting))
    return failure();
  numbers =
      DotDimensionNumbersAttr::get(parser.getContext(), lhsBatching,
                                   rhsBatching, lhsContracting, rhsContracting);
  return success();
}

void quantc::stablehlo::printDotDimensionNumbers(
    OpAsmPrinter &printer, Operation *, DotDimensionNumbersAttr numbers) {
  auto printPair = [&](ArrayRef<int64_t> lhs, ArrayRef<int64_t> rhs) {
    printDimensions(printer, lhs);
    printer << " x ";
    printDimensions(printer, rhs);
  };
  if (!numbers.getLhsBatchingDimensions().empty() ||
      !numbers.getRhsBatchingDimensions().empty()) {
    printer << "batching_dims = ";
    printPair(numbers.getLhsBatchingDimensions(),
              numbers.getRhsBatchingDimensions());
    printer << ", ";
  }
  printer << "contracting_dims = ";
  printPair(numbers.getLhsContractingDimensions(),
            numbers.getRhsContractingDimensions());
}

ParseResult quantc::stablehlo::parsePrecisionAndAlgorithm(
    OpAsmParser &parser, ArrayAttr &precision, DotAlgorithmAttr &algorithm) {
  while (succeeded(parser.parseOptionalComma())) {
    SMLoc loc = parser.getCurrentLocation();
    StringRef keyword;
    if (parser.parseKeyword(&keyword) || parser.parseEqual())
      return failure();
    if (keyword == "precision" && !precision) {
      SmallVector<Attribute> values;
      if (parser.parseCommaSeparatedList(
              AsmParser::Delimiter::Square, [&]() -> ParseResult {
                SMLoc valueLoc = parser.getCurrentLocation();
                StringRef text;
                if (parser.parseKeyword(&text))
                  return failure();
                std::optional<Precision> value = symbolizePrecision(text);
                if (!value)
                  return parser.emitError(valueLoc)
                         << "expected 'DEFAULT', 'HIGH' or 'HIGHEST', but got '"
                         << text << "'";
                values.push_back(
                    PrecisionAttr::get(parser.getContext(), *value));
                return success();
              }))
        return failure();
      precision = parser.getBuilder().getArrayAttr(values);
    } else if (keyword == "algorithm" && !algorithm) {
      if (parser.parseCustomAttributeWithFallback(algorithm))
        return failure();
    } else {
      return parser.emitError(loc)
             << "expected 'precision' or 'algorithm' once, but got '" << keyword
             << "'";
    }
  }
  return success();
}

void quantc::stablehlo::printPrecisionAndAlgorithm(OpAsmPrinter &printer,
                                                   Operation *,
                                                   ArrayAttr precision,
                                                   DotAlgorithmAttr algorithm) {
  if (precision) {
    printer << ", precision = [";
    llvm::interleaveComma(precision, printer, [&](Attribute value) {
      printer << stringifyPrecision(cast<PrecisionAttr>(value).getValue());
    });
    printer << ']';
  }
  if (algorithm) {
    printer << ", algorithm = ";
    printer.printStrippedAttrOrType(algorithm);
  }
}

//===----------------------------------------------------------------------===//
// Windows and slices
//===----------------------------------------------------------------------===//

/// Parses a list in square brackets into an attribute of the type `Array`.
template <typename Array>
static ParseResult parseArray(OpAsmParser &parser, Array &array) {
  array = dyn_cast_or_null<Array>(Array::parse(parser, Type()));
  return success(!!array);
}

/// `[[0, 1], [0, 1]]`
static ParseResult parsePadding(OpAsmParser &parser,
                                DenseIntElementsAttr &padding) {
  SmallVector<int64_t> values;
  if (parser.parseCommaSeparatedList(
          AsmParser::Delimiter::Square, [&]() -> ParseResult {
            return failure(parser.parseLSquare() ||
                           parser.parseInteger(values.emplace_back()) ||
                           parser.parseComma() ||
                           parser.parseInteger(values.emplace_back()) ||
                           parser.parseRSquare());
          }))
    return failure();
  auto type =
      RankedTensorType::get({static_cast<int64_t>(values.size()) / 2, 2},
                            parser.getBuilder().getI64Type());
  padding = DenseIntElementsAttr::get(type, values);
  return success();
}

ParseResult quantc::stablehlo::parseWindowAttributes(
    OpAsmParser &parser, DenseI64ArrayAttr &strides,
    DenseIntElementsAttr &padding, DenseI64ArrayAttr &lhsDilation,
    DenseI64ArrayAttr &rhsDilation, DenseBoolArrayAttr &reversal) {
  SMLoc loc = parser.getCurrentLocation();
  StringRef keyword;
  if (failed(parser.parseOptionalKeyword(&keyword)))
    return success();
  while (true) {
    if (parser.parseEqual())
      return failure();
    ParseResult result = failure();
    if (keyword == "stride" && !strides)
      result = parseArray(parser, strides);
    else if (keyword == "pad" && !padding)
      result = parsePadding(parser, padding);
    else if (keyword == "lhs_dilate" && !lhsDilation)
      result = parseArray(parser, lhsDilation);
    else if (keyword == "rhs_dilate" && !rhsDilation)
      result = parseArray(parser, rhsDilation);
    else if (keyword == "reverse" && !reversal)
      result = parseArray(parser, reversal);
    else
      return parser.emitError(loc)
             << "expected 'stride', 'pad', 'lhs_dilate', 'rhs_dilate' or "
                "'reverse' once, but got '"
             << keyword << "'";
    if (failed(result))
      return failure();
    if (failed(parser.parseOptionalComma()))
      return success();
    loc = parser.getCurrentLocation();
    if (parser.parseKeyword(&keyword))
      return failure();
  }
}

void quantc::stablehlo::printWindowAttributes(
    OpAsmPrinter &printer, Operation *, DenseI64ArrayAttr strides,
    DenseIntElementsAttr padding, DenseI64ArrayAttr lhsDilation,
    DenseI64ArrayAttr rhsDilation, DenseBoolArrayAttr reversal) {
  StringRef separator = "";
  auto printField = [&](StringRef name, auto array) {
    if (!array)
      return;
    printer << separator << name << " = ";
    array.print(printer);
    separator = ", ";
  };
  printField("stride", strides);
  if (padding) {
    printer << separator << "pad = [";
    separator = ", ";
    auto values = llvm::to_vector(padding.getValues<int64_t>());
    for (size_t i = 0; i + 1 < values.size(); i += 2)
      printer << (i > 0 ? ", [" : "[") << values[i] << ", " << values[i + 1]
              << ']';
    printer << ']';
  }
  printField("lhs_dilate", lhsDilation);
  printField("rhs_dilate", rhsDilation);
  printField("reverse", reversal);
}

ParseResult quantc::stablehlo::parseSliceRanges(OpAsmParser &parser,
                                                DenseI64ArrayAttr &starts,
                                                DenseI64ArrayAttr &limits,
                                                DenseI64ArrayAttr &strides) {
  SmallVector<int64_t> start, limit, stride;
  if (parser.parseCommaSeparatedList(
          AsmParser::Delimiter::Square, [&]() -> ParseResult {
            if (parser.parseInteger(start.emplace_back()) ||
                parser.parseColon() ||
                parser.parseInteger(limit.emplace_back()))
              return failure();
            stride.push_back(1);
            if (succeeded(parser.parseOptionalColon()))
              return parser.parseInteger(stride.back());
            return success();
          }))
    return failure();
  Builder &builder = parser.getBuilder();
  starts = builder.getDenseI64ArrayAttr(start);
  limits = builder.getDenseI64ArrayAttr(limit);
  strides = builder.getDenseI64ArrayAttr(stride);
  return success();
}

void quantc::stablehlo::printSliceRanges(OpAsmPrinter &printer, Operation *,
                                         DenseI64ArrayAttr starts,
                                         DenseI64ArrayAttr limits,
                                         DenseI64ArrayAttr strides) {
  printer << '[';
  llvm::interleaveComma(
      llvm::zip(starts.asArrayRef(), limits.asArrayRef(), strides.asArrayRef()),
      printer, [&](auto range) {
        auto [start, limit, stride] = range;
        printer << start << ':' << limit;
        if (stride != 1)
          printer << ':' << stride;
      });
  printer << ']';
}

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

ParseResult quantc::stablehlo::parseExponentMantissa(OpAsmParser &parser,
                                                     IntegerAttr &exponent,
                                                     IntegerAttr &mantissa) {
  SMLoc loc = parser.getCurrentLocation();
  StringRef format;
  if (parser.parseKeyword(&format))
    return failure();
  StringRef rest = format;
  int32_t exponentBits, mantissaBits;
  if (!rest.consume_front("e") || rest.consumeInteger(10, exponentBits) ||
      !rest.consume_front("m") || rest.getAsInteger(10, mantissaBits))
    return parser.emitError(loc)
           << "expected a format such as 'e5m10', but got '" << format << "'";
  exponent = parser.getBuilder().getI32IntegerAttr(exponentBits);
  mantissa = parser.getBuilder().getI32IntegerAttr(mantissaBits);
  return success();
}

void quantc::stablehlo::printExponentMantissa(OpAsmPrinter &printer,
                                              Operation *, IntegerAttr exponent,
                                              IntegerAttr mantissa) {
  printer << 'e' << exponent.getInt() << 'm' << mantissa.getInt();
}

ParseResult quantc::stablehlo::parseCallTarget(OpAsmParser &parser,
                                               StringAttr &target) {
  return parser.parseSymbolName(target);
}

void quantc::stablehlo::printCallTarget(OpAsmPrinter &printer, Operation *,
                                        StringAttr target) {
  printer.printSymbolName(target);
}
