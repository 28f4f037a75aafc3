//===- ShardyAttributes.td - the sdy dialect and its attribute -*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_STABLEHLO_IR_SHARDYATTRIBUTES_TD
#define QUANTC_DIALECT_STABLEHLO_IR_SHARDYATTRIBUTES_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/OpBase.td"

def Shardy_Dialect : Dialect {
  let name = "sdy";
  let cppNamespace = "::quantc::sdy";
  let summary = "annotations for partitioning over devices, read and left alone";
  let description = [{
    What JAX prints of a program that is sharded. quantc compiles for one device:
    the annotations are kept as text until `stablehlo-to-linalg` drops them.
  }];
  let extraClassDeclaration = [{
    ::mlir::Attribute parseAttribute(::mlir::DialectAsmParser &parser,
                                     ::mlir::Type type) const override;
    void printAttribute(::mlir::Attribute attribute,
                        ::mlir::DialectAsmPrinter &printer) const override;
  }];
}

def Shardy_RawAttr : AttrDef<Shardy_Dialect, "Raw"> {
  let attrName = "sdy.raw";
  let summary = "any attribute of the dialect, as its text";
  let description = [{
    `#sdy.sharding<@mesh, [{"x"}, {} ]>` has the name `sharding` and the body
    `<@mesh, [{"x"}, {} ]>`.
  }];
  let parameters = (ins StringRefParameter<>:$name, StringRefParameter<>:$body);
}

#endif // QUANTC_DIALECT_STABLEHLO_IR_SHARDYATTRIBUTES_TD
