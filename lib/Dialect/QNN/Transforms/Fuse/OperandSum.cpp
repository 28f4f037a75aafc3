//===- OperandSum.cpp - sums over a whole operand -------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OperandSum.h"
#include "Site/LinalgBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace quantc::qnn;

std::optional<OperandSum> quantc::qnn::matchOperandSum(Operation *op) {
  auto generic = dyn_cast_or_null<linalg::GenericOp>(op);
  if (!generic || !generic.hasPureTensorSemantics() ||
      generic.getNumDpsInputs() == 0 || generic.getNumDpsInits() != 1 ||
      generic.getNumReductionLoops() == 0 ||
      !isZeroFilled(generic.getOutputs()[0]))
    return std::nullopt;
  Block *body = generic.getBlock();
  auto yield = cast<linalg::YieldOp>(body->getTerminator());
  auto add = yield.getOperand(0).getDefiningOp<arith::AddIOp>();
  if (!add)
    return std::nullopt;
  BlockArgument sum = body->getArguments().back();
  Value element;
  if (add.getLhs() == sum)
    element = add.getRhs();
  else if (add.getRhs() == sum)
    element = add.getLhs();
  if (!element)
    return std::nullopt;
  bool isUnsigned = false;
  if (auto extend = element.getDefiningOp<arith::ExtSIOp>()) {
    element = extend.getIn();
  } else if (auto extend = element.getDefiningOp<arith::ExtUIOp>()) {
    element = extend.getIn();
    isUnsigned = true;
  }
  if (element != body->getArgument(0) || element == sum)
    return std::nullopt;
  return OperandSum{generic, isUnsigned};
}
