//===- ShardyDialect.cpp - the sdy dialect -===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Dialect/StableHLO/IR/Shardy.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace quantc::sdy;

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

/// Reads `<...>` with balanced brackets and takes it as it stands.
static ParseResult parseRaw(OpAsmParser &parser, StringRef name,
                            RawAttr &attribute) {
  const char *begin = parser.getCurrentLocation().getPointer();
  if (parser.parseLess())
    return failure();
  for (int depth = 1; depth > 0;) {
    std::string string;
    StringRef keyword;
    StringAttr symbol;
    int64_t integer;
    OptionalParseResult number;
    if (succeeded(parser.parseOptionalLess()) ||
        succeeded(parser.parseOptionalLSquare()) ||
        succeeded(parser.parseOptionalLBrace()) ||
        succeeded(parser.parseOptionalLParen()))
      ++depth;
    else if (succeeded(parser.parseOptionalGreater()) ||
             succeeded(parser.parseOptionalRSquare()) ||
             succeeded(parser.parseOptionalRBrace()) ||
             succeeded(parser.parseOptionalRParen()))
      --depth;
    else if (failed(parser.parseOptionalString(&string)) &&
             failed(parser.parseOptionalKeyword(&keyword)) &&
             failed(parser.parseOptionalSymbolName(symbol)) &&
             failed(parser.parseOptionalComma()) &&
             failed(parser.parseOptionalEqual()) &&
             failed(parser.parseOptionalColon()) &&
             failed(parser.parseOptionalQuestion()) &&
             !(number = parser.parseOptionalInteger(integer)).has_value())
      return parser.emitError(parser.getCurrentLocation())
             << "expected the text of a " << name;
    else if (number.has_value() && failed(*number))
      return failure();
  }
  StringRef text(begin, parser.getCurrentLocation().getPointer() - begin);
  attribute = RawAttr::get(parser.getContext(), name, text.rtrim());
  return success();
}

static ParseResult parseMesh(OpAsmParser &parser, RawAttr &mesh) {
  return parseRaw(parser, "mesh", mesh);
}

static void printMesh(OpAsmPrinter &printer, Operation *, RawAttr mesh) {
  printer << mesh.getBody();
}

static ParseResult parseSharding(OpAsmParser &parser, RawAttr &sharding) {
  return parseRaw(parser, "sharding", sharding);
}

static void printSharding(OpAsmPrinter &printer, Operation *,
                          RawAttr sharding) {
  printer << sharding.getBody();
}

//===----------------------------------------------------------------------===//
// Dialect
//===----------------------------------------------------------------------===//

#include "quantc/Dialect/StableHLO/IR/ShardyDialect.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "quantc/Dialect/StableHLO/IR/ShardyAttributes.cpp.inc"

#define GET_OP_CLASSES
#include "quantc/Dialect/StableHLO/IR/ShardyOps.cpp.inc"

void ShardyDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "quantc/Dialect/StableHLO/IR/ShardyAttributes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "quantc/Dialect/StableHLO/IR/ShardyOps.cpp.inc"
      >();
}

Attribute ShardyDialect::parseAttribute(DialectAsmParser &parser, Type) const {
  StringRef text = parser.getFullSymbolSpec();
  size_t split = std::min(text.find('<'), text.size());
  return RawAttr::get(parser.getContext(), text.take_front(split),
                      text.drop_front(split));
}

void ShardyDialect::printAttribute(Attribute attribute,
                                   DialectAsmPrinter &printer) const {
  auto raw = cast<RawAttr>(attribute);
  printer << raw.getName() << raw.getBody();
}
