//===- KernelVerifiers.cpp - what the kernel ops of targets share ---------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Codegen/Contraction/KernelVerifiers.h"
#include "quantc/Codegen/Contraction/LinearAccess.h"

#include "mlir/IR/BuiltinTypes.h"

using namespace mlir;

void quantc::getKernelEffects(
    DestinationStyleOpInterface op,
    SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>
        &effects) {
  for (OpOperand &operand : op->getOpOperands()) {
    if (!isa<MemRefType>(operand.get().getType()))
      continue;
    if (op.isDpsInit(&operand))
      effects.emplace_back(MemoryEffects::Write::get(), &operand);
    else
      effects.emplace_back(MemoryEffects::Read::get(), &operand);
  }
}

LogicalResult quantc::verifyAccess(Operation *op, StringRef what, AffineMap map,
                                   Type type, ArrayRef<int64_t> bounds) {
  auto shaped = cast<ShapedType>(type);
  if (map.getNumDims() != bounds.size() || map.getNumSymbols() != 0 ||
      map.getNumResults() != shaped.getRank())
    return op->emitOpError() << "expected a map from " << bounds.size()
                             << " to " << shaped.getRank() << " dimensions for "
                             << what << ", but got " << AffineMapAttr::get(map);
  for (auto [expr, size] :
       llvm::zip_equal(map.getResults(), shaped.getShape())) {
    auto coefficients = getCoefficients(expr, bounds.size());
    if (failed(coefficients) ||
        llvm::any_of(*coefficients, [](int64_t c) { return c < 0; }))
      return op->emitOpError()
             << "expected " << what
             << " to be accessed by sums of multiples of dimensions, but got "
             << AffineMapAttr::get(map);
    int64_t last = 0;
    for (auto [coefficient, bound] : llvm::zip_equal(*coefficients, bounds))
      last += coefficient * (bound - 1);
    if (last >= size)
      return op->emitOpError()
             << "expected " << what << " to have more than " << last
             << " elements along a dimension of " << type;
  }
  return success();
}

LogicalResult quantc::verifyResults(Operation *op, ValueRange destinations) {
  SmallVector<Type> expected;
  for (Value destination : destinations)
    if (isa<RankedTensorType>(destination.getType()))
      expected.push_back(destination.getType());
  if (!llvm::equal(op->getResultTypes(), expected))
    return op->emitOpError()
           << "expected one result of each tensor destination's type";
  return success();
}

LogicalResult quantc::verifyParallelMap(Operation *op, StringRef what,
                                        AffineMap map, unsigned n) {
  for (auto [i, expr] : llvm::enumerate(map.getResults())) {
    for (unsigned k = n + 1; k < map.getNumDims(); ++k)
      if (expr.isFunctionOfDim(k))
        return op->emitOpError()
               << "expected " << what << " not to depend on a k dimension";
    if (expr.isFunctionOfDim(n) &&
        (i + 1 != map.getNumResults() || !isa<AffineDimExpr>(expr)))
      return op->emitOpError()
             << "expected n to be the innermost dimension of " << what;
  }
  return success();
}

LogicalResult quantc::verifyEpilogue(Operation *op, Block &body,
                                     Type accumulator, ValueRange captures,
                                     ValueRange destinations) {
  auto getElements = [](ValueRange values) {
    return llvm::to_vector(llvm::map_range(values, [](Value value) {
      return cast<ShapedType>(value.getType()).getElementType();
    }));
  };
  SmallVector<Type> expected = getElements(captures);
  expected.insert(expected.begin(), accumulator);
  if (!llvm::equal(body.getArgumentTypes(), expected))
    return op->emitOpError()
           << "expected epilogue arguments of types " << TypeRange(expected)
           << ", but got " << body.getArgumentTypes();
  SmallVector<Type> yielded = getElements(destinations);
  Operation *yield =
      body.mightHaveTerminator() ? body.getTerminator() : nullptr;
  if (!yield || !llvm::equal(yield->getOperandTypes(), yielded))
    return op->emitOpError()
           << "expected the epilogue to yield " << TypeRange(yielded);
  return success();
}
