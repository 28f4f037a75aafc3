//===- StableHLO.h - the stablehlo dialect -*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The class of an op is its name in camel case and `Op`:
// `stablehlo.dot_general` is `stablehlo::DotGeneralOp`. Accessors follow the
// specification's names:
// `getDotDimensionNumbers().getLhsContractingDimensions()`.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_STABLEHLO_IR_STABLEHLO_H
#define QUANTC_DIALECT_STABLEHLO_IR_STABLEHLO_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "quantc/Dialect/StableHLO/IR/Traits.h"

#include "quantc/Dialect/StableHLO/IR/StableHLODialect.h.inc"

#include "quantc/Dialect/StableHLO/IR/StableHLOEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "quantc/Dialect/StableHLO/IR/StableHLOAttributes.h.inc"

#define GET_OP_CLASSES
#include "quantc/Dialect/StableHLO/IR/StableHLOOps.h.inc"

#endif // QUANTC_DIALECT_STABLEHLO_IR_STABLEHLO_H
