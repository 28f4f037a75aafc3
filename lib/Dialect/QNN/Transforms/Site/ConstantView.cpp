//===- ConstantView.cpp - values known before any input is ----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Dialect/QNN/Transforms/ConstantView.h"
#include "quantc/Dialect/QNN/IR/QNNOps.h"
#include "quantc/Parameters/ConstantTensor.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::qnn;

static StringRef getArgumentParameterName(BlockArgument argument) {
  auto function =
      dyn_cast<FunctionOpInterface>(argument.getOwner()->getParentOp());
  if (!function || !argument.getOwner()->isEntryBlock())
    return {};
  auto name = function.getArgAttrOfType<StringAttr>(argument.getArgNumber(),
                                                    kParameterAttrName);
  return name ? name.getValue() : StringRef();
}

/// Visits what `value` is computed from. Returns false as soon as something is
/// not known before any input is.
static bool walkSources(Value value, function_ref<void(Value)> visitSource) {
  SetVector<Value> worklist;
  worklist.insert(value);
  for (unsigned i = 0; i < worklist.size(); ++i) {
    Value current = worklist[i];
    if (auto argument = dyn_cast<BlockArgument>(current)) {
      if (getArgumentParameterName(argument).empty())
        return false;
      visitSource(current);
      continue;
    }
    Operation *op = current.getDefiningOp();
    if (op->hasTrait<OpTrait::ConstantLike>()) {
      visitSource(current);
      continue;
    }
    if (!isPure(op))
      return false;
    worklist.insert(op->operand_begin(), op->operand_end());
    // Values from above that the op's regions read.
    for (Region &region : op->getRegions())
      region.walk([&](Operation *inner) {
        for (Value operand : inner->getOperands())
          if (!region.isAncestor(operand.getParentRegion()))
            worklist.insert(operand);
      });
  }
  return true;
}

bool quantc::qnn::isConstantValue(Value value) {
  return walkSources(value, [](Value) {});
}

StringRef quantc::qnn::getParameterName(Value value) {
  SetVector<StringRef> names;
  auto addName = [&](Value source) {
    StringRef name;
    if (auto argument = dyn_cast<BlockArgument>(source))
      name = getArgumentParameterName(argument);
    else if (auto constant = source.getDefiningOp<arith::ConstantOp>())
      name = getResourceName(constant.getValue());
    if (!name.empty())
      names.insert(name);
  };
  if (!walkSources(value, addName) || names.size() != 1)
    return {};
  return names.front();
}

std::optional<ConstantTensor> quantc::qnn::getConstantTensor(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (!isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(op))
      break;
    value = op->getOperand(0);
  }
  return ConstantTensor::get(value);
}

/// Whether `op` moves the elements of its operand 0 and does nothing else.
static bool movesElements(Operation *op) {
  if (isa<tensor::CastOp, tensor::CollapseShapeOp, tensor::ExpandShapeOp,
          linalg::TransposeOp, ObserveOp>(op))
    return true;
  auto generic = dyn_cast<linalg::GenericOp>(op);
  return generic && generic.getNumDpsInputs() == 1 &&
         generic.getBody()->getOperations().size() == 1 &&
         generic.getBody()->getTerminator()->getOperand(0) ==
             generic.getBody()->getArgument(0);
}

tensor::ExtractSliceOp quantc::qnn::getRunTimeSlice(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (auto slice = dyn_cast<tensor::ExtractSliceOp>(op);
        slice && llvm::any_of(slice.getMixedOffsets(), [](OpFoldResult offset) {
          return !getConstantIntValue(offset);
        }))
      return isConstantValue(slice.getSource()) ? slice : nullptr;
    if (!isa<tensor::ExtractSliceOp>(op) && !movesElements(op))
      break;
    value = op->getOperand(0);
  }
  return nullptr;
}
