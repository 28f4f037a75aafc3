//===- CHLODialect.cpp - the chlo dialect -===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Dialect/StableHLO/IR/CHLO.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace quantc::chlo;

#include "quantc/Dialect/StableHLO/IR/CHLODialect.cpp.inc"

#define GET_OP_CLASSES
#include "quantc/Dialect/StableHLO/IR/CHLOOps.cpp.inc"

void CHLODialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "quantc/Dialect/StableHLO/IR/CHLOOps.cpp.inc"
      >();
}
