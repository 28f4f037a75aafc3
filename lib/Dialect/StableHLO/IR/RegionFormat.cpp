//===- RegionFormat.cpp - text forms of reduce and while -===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Dialect/StableHLO/IR/StableHLO.h"

using namespace mlir;
using namespace quantc::stablehlo;

//===----------------------------------------------------------------------===//
// ReduceOp
//===----------------------------------------------------------------------===//

/// The op of a body that does nothing but apply it to the two arguments; null
/// for any other body. Only commutative ops are written in short.
static Operation *getSingleReducer(ReduceOp op) {
  if (op.getInputs().size() != 1)
    return nullptr;
  Block &body = op.getBody().front();
  if (!llvm::hasNItems(body, 2) || body.getNumArguments() != 2)
    return nullptr;
  Operation *reducer = &body.front();
  auto yield = dyn_cast<ReturnOp>(body.getTerminator());
  if (!yield || !reducer->hasTrait<OpTrait::IsCommutative>() ||
      !llvm::equal(reducer->getOperands(), body.getArguments()) ||
      !llvm::equal(yield.getOperands(), reducer->getResults()) ||
      !reducer->getAttrs().empty() || reducer->getNumResults() != 1 ||
      !llvm::all_equal({reducer->getOperand(0).getType(),
                        reducer->getOperand(1).getType(),
                        reducer->getResult(0).getType()}))
    return nullptr;
  return reducer;
}

/// Fills an empty body with the op `name` applied to two scalars.
static ParseResult buildSingleReducer(OpAsmParser &parser, SMLoc loc,
                                      OperationName name, Type inputType,
                                      Region &body) {
  auto tensorType = dyn_cast<RankedTensorType>(inputType);
  if (!tensorType)
    return parser.emitError(loc)
           << "expected a ranked tensor to reduce, but got " << inputType;
  if (!name.isRegistered() || !name.hasTrait<OpTrait::NOperands<2>::Impl>() ||
      !name.hasTrait<OpTrait::OneResult>())
    return parser.emitError(loc)
           << "expected an op with two operands and one result, but got '"
           << name << "'";
  Type scalar = RankedTensorType::get({}, tensorType.getElementType());
  Location location = parser.getEncodedSourceLoc(loc);
  Block &block = body.emplaceBlock();
  block.addArguments({scalar, scalar}, {location, location});
  OpBuilder builder(parser.getContext());
  builder.setInsertionPointToStart(&block);
  OperationState state(location, name, block.getArguments(), scalar);
  Operation *reducer = builder.create(state);
  ReturnOp::create(builder, location, reducer->getResults());
  return success();
}

/// `(%lhs: type, %rhs: type)` with optional locations.
static ParseResult parseArgumentPair(OpAsmParser &parser,
                                     OpAsmParser::Argument &lhs,
                                     OpAsmParser::Argument &rhs) {
  auto parseArgument = [&](OpAsmParser::Argument &argument) -> ParseResult {
    return failure(parser.parseArgument(argument, /*allowType=*/true) ||
                   parser.parseOptionalLocationSpecifier(argument.sourceLoc));
  };
  return failure(parser.parseLParen() || parseArgument(lhs) ||
                 parser.parseComma() || parseArgument(rhs) ||
                 parser.parseRParen());
}

// Format: (`(` %input `init` `:` %init `)`),+ (`applies` op)?
//         `across` `dimensions` `=` `[`..`]` attributes? `:` function-type
//         (`reducer` (`(` argument `,` argument `)`)+ region)?
ParseResult ReduceOp::parse(OpAsmParser &parser, OperationState &result) {
  SmallVector<OpAsmParser::UnresolvedOperand> operands, inits;
  SMLoc operandLoc = parser.getCurrentLocation();
  do {
    if (parser.parseLParen() || parser.parseOperand(operands.emplace_back()) ||
        parser.parseKeyword("init") || parser.parseColon() ||
        parser.parseOperand(inits.emplace_back()) || parser.parseRParen())
      return failure();
  } while (succeeded(parser.parseOptionalComma()));
  size_t numInputs = operands.size();
  operands.append(inits);

  SMLoc reducerLoc = parser.getCurrentLocation();
  std::optional<OperationName> reducer;
  if (succeeded(parser.parseOptionalKeyword("applies"))) {
    reducerLoc = parser.getCurrentLocation();
    FailureOr<OperationName> name = parser.parseCustomOperationName();
    if (failed(name))
      return failure();
    reducer = *name;
  }

  FunctionType type;
  if (parser.parseKeyword("across") || parser.parseKeyword("dimensions") ||
      parser.parseEqual())
    return failure();
  auto dimensions = dyn_cast_or_null<DenseI64ArrayAttr>(
      DenseI64ArrayAttr::parse(parser, Type()));
  if (!dimensions)
    return failure();
  result.getOrAddProperties<Properties>().dimensions = dimensions;
  if (parser.parseOptionalAttrDict(result.attributes) ||
      parser.parseColonType(type) ||
      parser.resolveOperands(operands, type.getInputs(), operandLoc,
                             result.operands))
    return failure();
  result.addTypes(type.getResults());

  Region *body = result.addRegion();
  if (reducer)
    return buildSingleReducer(parser, reducerLoc, *reducer, type.getInput(0),
                              *body);
  if (parser.parseKeyword("reducer"))
    return failure();
  SmallVector<OpAsmParser::Argument> arguments(2 * numInputs);
  for (size_t i = 0; i < numInputs; ++i)
    if (parseArgumentPair(parser, arguments[i], arguments[numInputs + i]))
      return failure();
  return parser.parseRegion(*body, arguments);
}

void ReduceOp::print(OpAsmPrinter &printer) {
  size_t numInputs = getInputs().size();
  printer << '(';
  llvm::interleave(
      llvm::zip(getInputs(), getInitValues()), printer,
      [&](auto pair) {
        printer << std::get<0>(pair) << " init: " << std::get<1>(pair) << ')';
      },
      ", (");
  Operation *reducer = getSingleReducer(*this);
  if (reducer)
    printer << " applies " << reducer->getName();
  printer << " across dimensions = ";
  getDimensionsAttr().print(printer);
  printer.printOptionalAttrDict((*this)->getAttrs(), {"dimensions"});
  printer << " : ";
  printer.printFunctionalType(getOperation());
  if (reducer)
    return;
  printer.printNewline();
  printer << " reducer";
  for (size_t i = 0; i < numInputs; ++i) {
    printer << '(';
    printer.printRegionArgument(getBody().getArgument(i));
    printer << ", ";
    printer.printRegionArgument(getBody().getArgument(numInputs + i));
    printer << ") ";
  }
  printer << ' ';
  printer.printRegion(getBody(), /*printEntryBlockArgs=*/false);
}

//===----------------------------------------------------------------------===//
// WhileOp
//===----------------------------------------------------------------------===//

// Format: `(` (%argument `=` %operand),* `)` (`:` types)? (`attributes` {..})?
//         `cond` region `do` region
ParseResult WhileOp::parse(OpAsmParser &parser, OperationState &result) {
  SMLoc loc = parser.getCurrentLocation();
  SmallVector<OpAsmParser::Argument> arguments;
  SmallVector<OpAsmParser::UnresolvedOperand> operands;
  if (parser.parseAssignmentList(arguments, operands))
    return failure();
  SmallVector<Type> types;
  if ((!operands.empty() && parser.parseColonTypeList(types)) ||
      parser.resolveOperands(operands, types, loc, result.operands))
    return failure();
  for (auto [argument, type] : llvm::zip(arguments, types))
    argument.type = type;
  result.addTypes(types);
  return failure(parser.parseOptionalAttrDictWithKeyword(result.attributes) ||
                 parser.parseKeyword("cond") ||
                 parser.parseRegion(*result.addRegion(), arguments) ||
                 parser.parseKeyword("do") ||
                 parser.parseRegion(*result.addRegion(), arguments));
}

void WhileOp::print(OpAsmPrinter &printer) {
  printer << '(';
  llvm::interleaveComma(llvm::zip(getCond().getArguments(), getOperands()),
                        printer, [&](auto pair) {
                          printer << std::get<0>(pair) << " = "
                                  << std::get<1>(pair);
                        });
  printer << ')';
  if (getNumOperands() > 0)
    printer << " : " << getOperandTypes();
  printer.printOptionalAttrDictWithKeyword((*this)->getAttrs());
  printer.printNewline();
  printer << "cond ";
  printer.printRegion(getCond(), /*printEntryBlockArgs=*/false);
  printer << " do ";
  printer.printRegion(getBody(), /*printEntryBlockArgs=*/false);
}

void WhileOp::getAsmBlockArgumentNames(Region &region,
                                       OpAsmSetValueNameFn setName) {
  for (BlockArgument argument : region.getArguments())
    setName(argument, "iterArg");
}
