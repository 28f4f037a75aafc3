//===- TypeFormat.cpp - operand and type directives of stablehlo -===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AssemblyFormat.h"

using namespace mlir;
using namespace quantc::stablehlo;

ParseResult quantc::stablehlo::parseOperandsThenAttribute(
    OpAsmParser &parser,
    SmallVectorImpl<OpAsmParser::UnresolvedOperand> &operands) {
  while (true) {
    OpAsmParser::UnresolvedOperand operand;
    OptionalParseResult result = parser.parseOptionalOperand(operand);
    if (!result.has_value())
      return success();
    if (failed(*result) || parser.parseComma())
      return failure();
    operands.push_back(operand);
  }
}

void quantc::stablehlo::printOperandsThenAttribute(OpAsmPrinter &printer,
                                                   Operation *,
                                                   OperandRange operands) {
  // The printer puts the space before the attribute's keyword.
  for (auto [index, operand] : llvm::enumerate(operands))
    printer << (index > 0 ? " " : "") << operand << ',';
}

/// Distributes a function type that stands for the types of all operands and
/// of the one result.
static ParseResult assignFunctionType(OpAsmParser &parser, SMLoc loc,
                                      FunctionType function,
                                      ArrayRef<Type *> types) {
  if (function.getNumInputs() != types.size() - 1 ||
      function.getNumResults() != 1)
    return parser.emitError(loc)
           << "expected " << types.size() - 1
           << " operand types and 1 result type, but got "
           << function.getNumInputs() << " and " << function.getNumResults();
  for (auto [type, input] : llvm::zip(types, function.getInputs()))
    *type = input;
  *types.back() = function.getResult(0);
  return success();
}

ParseResult
quantc::stablehlo::parseSameOperandsAndResultType(OpAsmParser &parser,
                                                  ArrayRef<Type *> types) {
  SMLoc loc = parser.getCurrentLocation();
  Type type;
  if (parser.parseType(type))
    return failure();
  if (auto function = dyn_cast<FunctionType>(type))
    return assignFunctionType(parser, loc, function, types);
  for (Type *slot : types)
    *slot = type;
  return success();
}

void quantc::stablehlo::printSameOperandsAndResultType(OpAsmPrinter &printer,
                                                       ArrayRef<Type> types) {
  if (llvm::all_equal(types))
    printer << types.front();
  else
    printer.printFunctionalType(types.drop_back(), types.take_back());
}

ParseResult quantc::stablehlo::parseSelectTypes(OpAsmParser &parser, Type &pred,
                                                Type &onTrue, Type &onFalse,
                                                Type &result) {
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseType(pred))
    return failure();
  if (auto function = dyn_cast<FunctionType>(pred))
    return assignFunctionType(parser, loc, function,
                              {&pred, &onTrue, &onFalse, &result});
  if (parser.parseComma() || parser.parseType(result))
    return failure();
  onTrue = onFalse = result;
  return success();
}

void quantc::stablehlo::printSelectTypes(OpAsmPrinter &printer, Operation *,
                                         Type pred, Type onTrue, Type onFalse,
                                         Type result) {
  if (onTrue == result && onFalse == result)
    printer << pred << ", " << result;
  else
    printer.printFunctionalType(ArrayRef<Type>{pred, onTrue, onFalse},
                                ArrayRef<Type>{result});
}

ParseResult
quantc::stablehlo::parsePairwiseTypes(OpAsmParser &parser,
                                      SmallVectorImpl<Type> &operands,
                                      SmallVectorImpl<Type> &results) {
  if (parser.parseTypeList(operands))
    return failure();
  results.assign(operands.begin(), operands.end());
  return success();
}

void quantc::stablehlo::printPairwiseTypes(OpAsmPrinter &printer, Operation *,
                                           TypeRange operands, TypeRange) {
  llvm::interleaveComma(operands, printer);
}
