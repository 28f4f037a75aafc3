//===- ScaleGroups.cpp - residuals and concatenations ---------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Groups.h"
#include "quantc/Dialect/QNN/Transforms/ConstantView.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/EquivalenceClasses.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace quantc::qnn;

/// What `value` is computed from element by element and by moving elements:
/// results of sites and of reductions, and inputs.
static llvm::SetVector<Value> findElementwiseSources(Value value) {
  llvm::SetVector<Value> worklist, sources;
  worklist.insert(value);
  for (unsigned i = 0; i < worklist.size(); ++i) {
    Operation *op = worklist[i].getDefiningOp();
    auto linalgOp = dyn_cast_or_null<linalg::LinalgOp>(op);
    bool isElementwise =
        isa_and_nonnull<tensor::CollapseShapeOp, tensor::ExpandShapeOp,
                        tensor::ExtractSliceOp, ObserveOp>(op) ||
        (linalgOp && linalgOp.getNumLoops() == linalgOp.getNumParallelLoops());
    if (!isElementwise) {
      sources.insert(worklist[i]);
      continue;
    }
    unsigned inputs = linalgOp ? linalgOp.getNumDpsInputs() : 1;
    for (Value operand : op->getOperands().take_front(inputs))
      if (!isConstantValue(operand))
        worklist.insert(operand);
  }
  return sources;
}

bool quantc::qnn::isResidualAdd(Operation *op) {
  auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
  if (!linalgOp || !linalgOp.hasPureTensorSemantics() ||
      linalgOp.getNumDpsInputs() != 2 || op->getNumResults() != 1 ||
      linalgOp.getNumLoops() != linalgOp.getNumParallelLoops() ||
      op->getOperand(0) == op->getOperand(1))
    return false;
  for (OpOperand *operand : linalgOp.getDpsInputOperands())
    if (!linalgOp.getMatchingIndexingMap(operand).isIdentity() ||
        isConstantValue(operand->get()))
      return false;
  Block *body = linalgOp.getBlock();
  auto sum =
      body->getTerminator()->getOperand(0).getDefiningOp<arith::AddFOp>();
  if (!sum || !isa<BlockArgument>(sum.getLhs()) ||
      !isa<BlockArgument>(sum.getRhs()) || sum.getLhs() == sum.getRhs())
    return false;
  llvm::SetVector<Value> lhs = findElementwiseSources(op->getOperand(0));
  llvm::SetVector<Value> rhs = findElementwiseSources(op->getOperand(1));
  return llvm::none_of(lhs, [&](Value value) { return rhs.contains(value); });
}

SmallVector<ScaleGroup> quantc::qnn::findScaleGroups(ModuleOp module) {
  llvm::EquivalenceClasses<void *> classes;
  SmallVector<Value> order;
  SmallVector<std::pair<Operation *, Value>> joints;
  auto unite = [&](Operation *joint, ArrayRef<Value> values) {
    for (Value value : values) {
      order.push_back(value);
      classes.unionSets(values.front().getAsOpaquePointer(),
                        value.getAsOpaquePointer());
    }
    joints.push_back({joint, values.front()});
  };
  module.walk([&](Operation *op) {
    if (isResidualAdd(op)) {
      unite(op, {op->getOperand(0), op->getOperand(1)});
    } else if (isa<tensor::ConcatOp>(op)) {
      SmallVector<Value> values(op->getOperands());
      values.push_back(op->getResult(0));
      unite(op, values);
    } else if (auto insert = dyn_cast<tensor::InsertSliceOp>(op)) {
      // What is filled piece by piece starts from nothing.
      SmallVector<Value> values = {insert.getSource(), insert.getResult()};
      if (!insert.getDest().getDefiningOp<tensor::EmptyOp>() &&
          !isConstantValue(insert.getDest()))
        values.push_back(insert.getDest());
      if (isa<FloatType>(insert.getType().getElementType()))
        unite(op, values);
    }
  });

  llvm::MapVector<void *, ScaleGroup> groups;
  auto getGroup = [&](Value value) -> ScaleGroup & {
    return groups[classes.getLeaderValue(value.getAsOpaquePointer())];
  };
  for (Value value : order)
    if (ScaleGroup &group = getGroup(value);
        !llvm::is_contained(group.values, value))
      group.values.push_back(value);
  for (auto [joint, value] : joints)
    getGroup(value).joints.push_back(joint);
  SmallVector<ScaleGroup> result;
  for (auto &[leader, group] : groups)
    result.push_back(std::move(group));
  return result;
}
