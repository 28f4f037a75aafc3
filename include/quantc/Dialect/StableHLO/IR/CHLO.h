//===- CHLO.h - the chlo dialect -*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_STABLEHLO_IR_CHLO_H
#define QUANTC_DIALECT_STABLEHLO_IR_CHLO_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "quantc/Dialect/StableHLO/IR/Traits.h"

#include "quantc/Dialect/StableHLO/IR/CHLODialect.h.inc"

#define GET_OP_CLASSES
#include "quantc/Dialect/StableHLO/IR/CHLOOps.h.inc"

#endif // QUANTC_DIALECT_STABLEHLO_IR_CHLO_H
