//===- VectorizeEpilogue.cpp - scalar bodies on vectors -------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "VectorizeEpilogue.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;

SmallVector<Value> quantc::cpu::vectorizeEpilogue(OpBuilder &builder,
                                                  Block &body, int64_t lanes,
                                                  ValueRange arguments) {
  IRMapping mapping;
  mapping.map(body.getArguments(), arguments);
  auto toVector = [&](Value original) -> Value {
    Value value = mapping.lookupOrDefault(original);
    if (isa<VectorType>(value.getType()))
      return value;
    Value vector = vector::BroadcastOp::create(
        builder, value.getLoc(), VectorType::get({lanes}, value.getType()),
        value);
    mapping.map(original, vector);
    return vector;
  };
  for (Operation &op : body.without_terminator()) {
    if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
      auto type = VectorType::get({lanes}, constant.getType());
      mapping.map(constant.getResult(),
                  arith::ConstantOp::create(
                      builder, op.getLoc(),
                      DenseElementsAttr::get(type, constant.getValue()))
                      .getResult());
      continue;
    }
    for (Value operand : op.getOperands())
      toVector(operand);
    Operation *clone = builder.clone(op, mapping);
    for (OpResult result : clone->getResults())
      result.setType(VectorType::get({lanes}, result.getType()));
  }
  return llvm::map_to_vector(body.getTerminator()->getOperands(), toVector);
}
