//===- UnbindParameters.cpp - qnn-unbind-parameters -----------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Dialect/QNN/IR/QNNDialect.h"
#include "quantc/Parameters/ConstantTensor.h"
#include "quantc/Parameters/ParameterFile.h"
#include "quantc/Parameters/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringSet.h"

namespace quantc {
#define GEN_PASS_DEF_QNNUNBINDPARAMETERSPASS
#include "quantc/Parameters/Passes.h.inc"
} // namespace quantc

using namespace mlir;
using namespace quantc;

/// The resource constants of a function by attribute, in order of first use.
using ResourceConstants =
    llvm::MapVector<DenseResourceElementsAttr, SmallVector<arith::ConstantOp>>;

static ResourceConstants collectConstants(func::FuncOp function) {
  ResourceConstants constants;
  llvm::SmallPtrSet<Operation *, 16> seen;
  function.walk<WalkOrder::PreOrder>([&](Operation *op) {
    for (Value operand : op->getOperands()) {
      auto constant = operand.getDefiningOp<arith::ConstantOp>();
      if (!constant || !seen.insert(constant).second)
        continue;
      if (auto attr = dyn_cast<DenseResourceElementsAttr>(constant.getValue()))
        constants[attr].push_back(constant);
    }
  });
  return constants;
}

FailureOr<SmallVector<SafetensorsTensor>>
quantc::unbindParameters(ModuleOp module) {
  SmallVector<SafetensorsTensor> tensors;
  // One name can stand for resources in several types.
  llvm::StringSet<> names;
  for (auto function : module.getOps<func::FuncOp>()) {
    ResourceConstants constants = collectConstants(function);
    if (!constants.empty() &&
        !SymbolTable::symbolKnownUseEmpty(function, module))
      return function.emitError(
          "expected no calls of a function with resource constants");

    for (auto &[attr, ops] : constants) {
      std::optional<ConstantTensor> constant = ConstantTensor::get(attr);
      std::optional<DType> dtype =
          getDType(cast<ShapedType>(attr.getType()).getElementType());
      if (!constant || !dtype)
        return ops.front().emitError("cannot store resource '")
               << getResourceName(attr) << "' of type " << attr.getType()
               << ": it has no data or no storable element type";

      std::string name = getResourceName(attr).str();
      for (unsigned suffix = 1; !names.insert(name).second; ++suffix)
        name = (getResourceName(attr) + "_" + Twine(suffix)).str();
      tensors.push_back({name, *dtype, getFileShape(constant->getType()),
                         constant->getFileBytes()});

      Builder builder(module.getContext());
      unsigned index = function.getNumArguments();
      DictionaryAttr argAttrs = builder.getDictionaryAttr(builder.getNamedAttr(
          qnn::kParameterAttrName, builder.getStringAttr(name)));
      if (failed(function.insertArgument(index, attr.getType(), argAttrs,
                                         ops.front().getLoc())))
        return function.emitError("cannot add an argument for parameter '")
               << name << "'";
      for (arith::ConstantOp op : ops) {
        op.replaceAllUsesWith(Value(function.getArgument(index)));
        op.erase();
      }
    }
  }
  return tensors;
}

namespace {
struct QNNUnbindParametersPass
    : quantc::impl::QNNUnbindParametersPassBase<QNNUnbindParametersPass> {
  using Base::Base;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (file.empty()) {
      module.emitError("expected option file of qnn-unbind-parameters");
      return signalPassFailure();
    }
    auto tensors = unbindParameters(module);
    if (failed(tensors))
      return signalPassFailure();
    if (llvm::Error error = writeSafetensors(file, *tensors)) {
      module.emitError(llvm::toString(std::move(error)));
      return signalPassFailure();
    }
  }
};
} // namespace
