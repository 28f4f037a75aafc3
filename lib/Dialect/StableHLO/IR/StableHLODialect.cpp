//===- StableHLODialect.cpp - the stablehlo dialect and its attributes -===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AssemblyFormat.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/SmallBitVector.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace quantc::stablehlo;

#include "quantc/Dialect/StableHLO/IR/StableHLODialect.cpp.inc"
#include "quantc/Dialect/StableHLO/IR/StableHLOEnums.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "quantc/Dialect/StableHLO/IR/StableHLOAttributes.cpp.inc"

#define GET_OP_CLASSES
#include "quantc/Dialect/StableHLO/IR/StableHLOOps.cpp.inc"

void StableHLODialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "quantc/Dialect/StableHLO/IR/StableHLOAttributes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "quantc/Dialect/StableHLO/IR/StableHLOOps.cpp.inc"
      >();
}

Operation *StableHLODialect::materializeConstant(OpBuilder &builder,
                                                 Attribute value, Type type,
                                                 Location loc) {
  auto elements = dyn_cast<ElementsAttr>(value);
  if (!elements || elements.getType() != type)
    return nullptr;
  return ConstantOp::create(builder, loc, type, elements);
}

//===----------------------------------------------------------------------===//
// ConvDimensionNumbersAttr
//===----------------------------------------------------------------------===//

Attribute ConvDimensionNumbersAttr::parse(AsmParser &parser, Type) {
  ConvDimensionNumbersAttr numbers;
  if (parser.parseLess() || parseConvolutionDimensions(parser, numbers) ||
      parser.parseGreater())
    return {};
  return numbers;
}

void ConvDimensionNumbersAttr::print(AsmPrinter &printer) const {
  printer << '<';
  printConvolutionDimensions(printer, *this);
  printer << '>';
}

/// Checks that the dimensions of one tensor are a permutation of [0, rank).
static LogicalResult
verifyPermutation(function_ref<InFlightDiagnostic()> emitError,
                  StringRef tensor, int64_t first, int64_t second,
                  ArrayRef<int64_t> spatial) {
  SmallVector<int64_t> dimensions(spatial);
  dimensions.append({first, second});
  llvm::SmallBitVector seen(dimensions.size());
  for (int64_t dimension : dimensions) {
    if (dimension < 0 || dimension >= static_cast<int64_t>(seen.size()) ||
        seen.test(dimension))
      return emitError() << "expected the dimensions of the " << tensor
                         << " to be a permutation of [0, " << seen.size()
                         << "), but got [" << dimensions << "]";
    seen.set(dimension);
  }
  return success();
}

LogicalResult ConvDimensionNumbersAttr::verify(
    function_ref<InFlightDiagnostic()> emitError, int64_t inputBatch,
    int64_t inputFeature, ArrayRef<int64_t> inputSpatial, int64_t kernelInput,
    int64_t kernelOutput, ArrayRef<int64_t> kernelSpatial, int64_t outputBatch,
    int64_t outputFeature, ArrayRef<int64_t> outputSpatial) {
  if (kernelSpatial.size() != inputSpatial.size() ||
      outputSpatial.size() != inputSpatial.size())
    return emitError() << "expected as many spatial dimensions in the kernel "
                          "and the output as the "
                       << inputSpatial.size() << " of the input, but got "
                       << kernelSpatial.size() << " and "
                       << outputSpatial.size();
  return failure(failed(verifyPermutation(emitError, "input", inputBatch,
                                          inputFeature, inputSpatial)) ||
                 failed(verifyPermutation(emitError, "kernel", kernelInput,
                                          kernelOutput, kernelSpatial)) ||
                 failed(verifyPermutation(emitError, "output", outputBatch,
                                          outputFeature, outputSpatial)));
}
