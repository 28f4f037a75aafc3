//===- AssemblyFormat.h - custom directives of stablehlo -*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The `custom<...>` directives that the assembly formats of stablehlo name. All
// text forms are those that JAX prints.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_STABLEHLO_IR_ASSEMBLYFORMAT_H
#define QUANTC_LIB_DIALECT_STABLEHLO_IR_ASSEMBLYFORMAT_H

#include "quantc/Dialect/StableHLO/IR/StableHLO.h"

namespace quantc::stablehlo {

//===----------------------------------------------------------------------===//
// Dimension lists and numbers
//===----------------------------------------------------------------------===//

/// `[0, 2]`
mlir::FailureOr<llvm::SmallVector<int64_t>>
parseDimensions(mlir::AsmParser &parser);
void printDimensions(mlir::AsmPrinter &printer, llvm::ArrayRef<int64_t> values);

/// `[b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f]`
mlir::ParseResult parseConvolutionDimensions(mlir::AsmParser &parser,
                                             ConvDimensionNumbersAttr &numbers);
void printConvolutionDimensions(mlir::AsmPrinter &printer,
                                ConvDimensionNumbersAttr numbers);
inline void printConvolutionDimensions(mlir::OpAsmPrinter &printer,
                                       mlir::Operation *,
                                       ConvDimensionNumbersAttr numbers) {
  printConvolutionDimensions(printer, numbers);
}

/// `batching_dims = [0] x [0], contracting_dims = [2] x [1]`, where the first
/// part is optional.
mlir::ParseResult parseDotDimensionNumbers(mlir::OpAsmParser &parser,
                                           DotDimensionNumbersAttr &numbers);
void printDotDimensionNumbers(mlir::OpAsmPrinter &printer, mlir::Operation *,
                              DotDimensionNumbersAttr numbers);

/// `, precision = [DEFAULT, HIGHEST], algorithm = <...>`, both optional.
mlir::ParseResult parsePrecisionAndAlgorithm(mlir::OpAsmParser &parser,
                                             mlir::ArrayAttr &precision,
                                             DotAlgorithmAttr &algorithm);
void printPrecisionAndAlgorithm(mlir::OpAsmPrinter &printer, mlir::Operation *,
                                mlir::ArrayAttr precision,
                                DotAlgorithmAttr algorithm);

/// `stride = [2, 2], pad = [[0, 1], [0, 1]], lhs_dilate = [1, 1],
/// rhs_dilate = [1, 1], reverse = [false, false]`, all optional.
mlir::ParseResult parseWindowAttributes(mlir::OpAsmParser &parser,
                                        mlir::DenseI64ArrayAttr &strides,
                                        mlir::DenseIntElementsAttr &padding,
                                        mlir::DenseI64ArrayAttr &lhsDilation,
                                        mlir::DenseI64ArrayAttr &rhsDilation,
                                        mlir::DenseBoolArrayAttr &reversal);
void printWindowAttributes(mlir::OpAsmPrinter &printer, mlir::Operation *,
                           mlir::DenseI64ArrayAttr strides,
                           mlir::DenseIntElementsAttr padding,
                           mlir::DenseI64ArrayAttr lhsDilation,
                           mlir::DenseI64ArrayAttr rhsDilation,
                           mlir::DenseBoolArrayAttr reversal);

/// `[1:3, 4:8:2]`
mlir::ParseResult parseSliceRanges(mlir::OpAsmParser &parser,
                                   mlir::DenseI64ArrayAttr &starts,
                                   mlir::DenseI64ArrayAttr &limits,
                                   mlir::DenseI64ArrayAttr &strides);
void printSliceRanges(mlir::OpAsmPrinter &printer, mlir::Operation *,
                      mlir::DenseI64ArrayAttr starts,
                      mlir::DenseI64ArrayAttr limits,
                      mlir::DenseI64ArrayAttr strides);

/// `e5m10`
mlir::ParseResult parseExponentMantissa(mlir::OpAsmParser &parser,
                                        mlir::IntegerAttr &exponent,
                                        mlir::IntegerAttr &mantissa);
void printExponentMantissa(mlir::OpAsmPrinter &printer, mlir::Operation *,
                           mlir::IntegerAttr exponent,
                           mlir::IntegerAttr mantissa);

/// `@target`
mlir::ParseResult parseCallTarget(mlir::OpAsmParser &parser,
                                  mlir::StringAttr &target);
void printCallTarget(mlir::OpAsmPrinter &printer, mlir::Operation *,
                     mlir::StringAttr target);

//===----------------------------------------------------------------------===//
// Operands and types
//===----------------------------------------------------------------------===//

/// `%0, %1,`: operands that an attribute follows.
mlir::ParseResult parseOperandsThenAttribute(
    mlir::OpAsmParser &parser,
    llvm::SmallVectorImpl<mlir::OpAsmParser::UnresolvedOperand> &operands);
void printOperandsThenAttribute(mlir::OpAsmPrinter &printer, mlir::Operation *,
                                mlir::OperandRange operands);

/// One type for all operands and the result, or a function type where they
/// differ. The last of `types` is the result's.
mlir::ParseResult
parseSameOperandsAndResultType(mlir::OpAsmParser &parser,
                               llvm::ArrayRef<mlir::Type *> types);
void printSameOperandsAndResultType(mlir::OpAsmPrinter &printer,
                                    llvm::ArrayRef<mlir::Type> types);

template <typename... Types>
mlir::ParseResult parseSameOperandsAndResultType(mlir::OpAsmParser &parser,
                                                 Types &...types) {
  return parseSameOperandsAndResultType(
      parser, llvm::ArrayRef<mlir::Type *>{&types...});
}

template <typename... Types>
void printSameOperandsAndResultType(mlir::OpAsmPrinter &printer,
                                    mlir::Operation *, Types... types) {
  printSameOperandsAndResultType(printer, llvm::ArrayRef<mlir::Type>{types...});
}

/// `tensor<2xi1>, tensor<2xf32>`: the predicate's type, and one for both
/// branches and the result; or a function type where these differ.
mlir::ParseResult parseSelectTypes(mlir::OpAsmParser &parser, mlir::Type &pred,
                                   mlir::Type &onTrue, mlir::Type &onFalse,
                                   mlir::Type &result);
void printSelectTypes(mlir::OpAsmPrinter &printer, mlir::Operation *,
                      mlir::Type pred, mlir::Type onTrue, mlir::Type onFalse,
                      mlir::Type result);

/// A list of types that holds for the operands and the results.
mlir::ParseResult
parsePairwiseTypes(mlir::OpAsmParser &parser,
                   llvm::SmallVectorImpl<mlir::Type> &operands,
                   llvm::SmallVectorImpl<mlir::Type> &results);
void printPairwiseTypes(mlir::OpAsmPrinter &printer, mlir::Operation *,
                        mlir::TypeRange operands, mlir::TypeRange results);

} // namespace quantc::stablehlo

#endif // QUANTC_LIB_DIALECT_STABLEHLO_IR_ASSEMBLYFORMAT_H
