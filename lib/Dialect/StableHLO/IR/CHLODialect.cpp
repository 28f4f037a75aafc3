//===- CHLODialect.cpp - the chlo dialect -===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ShapeChecks.h"
#include "quantc/Dialect/StableHLO/IR/CHLO.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace quantc;
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

LogicalResult TopKOp::verify() {
  RankedTensorType operand = stablehlo::getTensor(getOperand());
  if (operand.getRank() == 0)
    return emitOpError("expected an operand of rank at least 1, but got 0");
  int64_t size = operand.getShape().back();
  int64_t k = getK();
  if (k < 0 || (!ShapedType::isDynamic(size) && k > size))
    return emitOpError() << "expected k in [0, " << size << "], but got " << k;
  SmallVector<int64_t> expected(operand.getShape());
  expected.back() = k;
  return failure(failed(stablehlo::verifyShape(
                     *this, "values", expected,
                     stablehlo::getTensor(getValues()).getShape())) ||
                 failed(stablehlo::verifyShape(
                     *this, "indices", expected,
                     stablehlo::getTensor(getIndices()).getShape())));
}
