//===- ControlFlow.cpp - verifiers of control flow and calls -===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ShapeChecks.h"
#include "quantc/Dialect/StableHLO/IR/StableHLO.h"

#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;
using namespace quantc::stablehlo;

/// Checks the types that a region takes and returns.
static LogicalResult verifyRegion(Operation *op, StringRef name, Region &region,
                                  TypeRange arguments, TypeRange results) {
  if (region.getArgumentTypes() != arguments)
    return op->emitOpError()
           << "expected " << name << " with arguments of types (" << arguments
           << "), but got (" << region.getArgumentTypes() << ")";
  auto yield = dyn_cast<ReturnOp>(region.front().getTerminator());
  if (!yield)
    return op->emitOpError()
           << "expected " << name << " that ends in stablehlo.return";
  if (yield.getOperandTypes() != results)
    return yield.emitOpError()
           << "expected values of types (" << results << ") from " << name
           << ", but got (" << yield.getOperandTypes() << ")";
  return success();
}

LogicalResult WhileOp::verifyRegions() {
  if (getResultTypes() != getOperandTypes())
    return emitOpError() << "expected results of types (" << getOperandTypes()
                         << "), but got (" << getResultTypes() << ")";
  Type predicate = RankedTensorType::get({}, IntegerType::get(getContext(), 1));
  return failure(failed(verifyRegion(*this, "a condition", getCond(),
                                     getOperandTypes(), predicate)) ||
                 failed(verifyRegion(*this, "a body", getBody(),
                                     getOperandTypes(), getOperandTypes())));
}

LogicalResult CaseOp::verifyRegions() {
  if (getBranches().empty())
    return emitOpError("expected at least one branch, but got none");
  for (Region &branch : getBranches())
    if (failed(verifyRegion(*this, "a branch", branch, {}, getResultTypes())))
      return failure();
  return success();
}

LogicalResult IfOp::verifyRegions() {
  return failure(failed(verifyRegion(*this, "a true branch", getTrueBranch(),
                                     {}, getResultTypes())) ||
                 failed(verifyRegion(*this, "a false branch", getFalseBranch(),
                                     {}, getResultTypes())));
}

LogicalResult OptimizationBarrierOp::verify() {
  if (getResultTypes() == getOperandTypes())
    return success();
  return emitOpError() << "expected results of types (" << getOperandTypes()
                       << "), but got (" << getResultTypes() << ")";
}

LogicalResult
CompositeOp::verifySymbolUses(SymbolTableCollection &symbolTable) {
  auto function = symbolTable.lookupNearestSymbolFrom<FunctionOpInterface>(
      *this, getDecompositionAttr());
  if (!function)
    return emitOpError() << "expected a function " << getDecompositionAttr()
                         << ", but got none";
  if (TypeRange(function.getArgumentTypes()) != getOperandTypes() ||
      TypeRange(function.getResultTypes()) != getResultTypes())
    return emitOpError() << "expected a decomposition of type "
                         << FunctionType::get(getContext(), getOperandTypes(),
                                              getResultTypes())
                         << ", but got " << function.getFunctionType();
  return success();
}
