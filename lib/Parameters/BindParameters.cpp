//===- BindParameters.cpp - qnn-bind-parameters ---------------------------===//
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
#include "mlir/IR/BuiltinDialect.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/Support/MathExtras.h"

namespace quantc {
#define GEN_PASS_DEF_QNNBINDPARAMETERSPASS
#include "quantc/Parameters/Passes.h.inc"
} // namespace quantc

using namespace mlir;
using namespace quantc;

using FilePtr = std::shared_ptr<const SafetensorsFile>;

/// Finds the tensor for an argument and checks its type.
static FailureOr<const SafetensorsTensor *>
lookupTensor(func::FuncOp function, unsigned index,
             const SafetensorsFile &file) {
  BlockArgument argument = function.getArgument(index);
  Attribute attr = function.getArgAttr(index, qnn::kParameterAttrName);
  auto name = dyn_cast<StringAttr>(attr);
  if (!name)
    return emitError(argument.getLoc())
           << "expected a string as " << qnn::kParameterAttrName
           << " of argument " << index << ", but got " << attr;

  auto type = dyn_cast<RankedTensorType>(argument.getType());
  if (!type || !type.hasStaticShape() || !getDType(type.getElementType()))
    return emitError(argument.getLoc())
           << "parameter '" << name.getValue()
           << "': expected a static tensor of a storable element type, but "
              "got "
           << argument.getType();

  SmallVector<int64_t> shape = getFileShape(type);
  const SafetensorsTensor *tensor = file.lookup(name.getValue());
  if (!tensor)
    return emitError(argument.getLoc())
           << file.getPath() << ": expected tensor '" << name.getValue()
           << "' of type "
           << describeTensorType(*getDType(type.getElementType()), shape)
           << ", but the file has no tensor of that name";
  if (ArrayRef<int64_t>(tensor->shape) != ArrayRef(shape) ||
      !isCompatible(tensor->dtype, type.getElementType()))
    return emitError(argument.getLoc())
           << file.getPath() << ": tensor '" << name.getValue()
           << "': expected "
           << describeTensorType(*getDType(type.getElementType()), shape)
           << ", but got " << describeTensorType(tensor->dtype, tensor->shape);
  return tensor;
}

/// Makes a blob over the mapping, which the blob's deleter keeps alive.
static AsmResourceBlob makeBlob(const SafetensorsTensor &tensor, FilePtr file) {
  constexpr uint64_t maxAlignment = 64;
  uint64_t alignment = llvm::MinAlign(
      reinterpret_cast<uintptr_t>(tensor.data.data()), maxAlignment);
  if (alignment < getDTypeSize(tensor.dtype))
    return HeapAsmResourceBlob::allocateAndCopyWithAlign(
        tensor.data, maxAlignment, /*dataIsMutable=*/false);
  return UnmanagedAsmResourceBlob::allocateWithAlign(
      tensor.data, alignment,
      [file = std::move(file)](void *, size_t, size_t) {});
}

namespace {
/// A parameter argument and what takes its place.
struct Binding {
  func::FuncOp function;
  unsigned index;
  const SafetensorsTensor *tensor;
};
} // namespace

LogicalResult quantc::bindParameters(ModuleOp module, FilePtr file) {
  SmallVector<Binding> bindings;
  for (auto function : module.getOps<func::FuncOp>()) {
    for (unsigned i = 0, e = function.getNumArguments(); i < e; ++i) {
      if (!function.getArgAttr(i, qnn::kParameterAttrName))
        continue;
      if (function.isExternal())
        return function.emitError("expected a body in a function with ")
               << qnn::kParameterAttrName;
      auto tensor = lookupTensor(function, i, *file);
      if (failed(tensor))
        return failure();
      bindings.push_back({function, i, *tensor});
    }
    if (!bindings.empty() && bindings.back().function == function &&
        !SymbolTable::symbolKnownUseEmpty(function, module))
      return function.emitError("expected no calls of a function with ")
             << qnn::kParameterAttrName;
  }

  llvm::DenseMap<std::pair<const SafetensorsTensor *, Type>, TypedAttr> attrs;
  for (func::FuncOp function : module.getOps<func::FuncOp>()) {
    llvm::DenseMap<Value, const Binding *> bound;
    for (const Binding &binding : bindings)
      if (binding.function == function)
        bound[function.getArgument(binding.index)] = &binding;
    if (bound.empty())
      continue;
    // A tensor is one constant of a type, and constants are in order of first
    // use: the same function whatever the order of its arguments was, and
    // whether they were bound before.
    llvm::DenseMap<Attribute, Value> constants;
    auto builder = OpBuilder::atBlockBegin(&function.getBody().front());
    auto getConstant = [&](BlockArgument argument, const Binding &binding) {
      const SafetensorsTensor *tensor = binding.tensor;
      auto type = cast<RankedTensorType>(argument.getType());
      TypedAttr &attr = attrs[{tensor, type}];
      if (!attr)
        attr = makeResourceTensor(type, tensor->name, makeBlob(*tensor, file));
      Value &constant = constants[attr];
      if (!constant)
        constant = arith::ConstantOp::create(builder, argument.getLoc(), attr);
      return constant;
    };
    function.walk<WalkOrder::PreOrder>([&](Operation *op) {
      for (OpOperand &operand : op->getOpOperands())
        if (const Binding *binding = bound.lookup(operand.get()))
          operand.set(
              getConstant(cast<BlockArgument>(operand.get()), *binding));
    });
    for (BlockArgument argument : function.getArguments())
      if (const Binding *binding = bound.lookup(argument))
        getConstant(argument, *binding);
    llvm::BitVector indices(function.getNumArguments());
    for (auto [argument, binding] : bound)
      indices.set(binding->index);
    if (failed(function.eraseArguments(indices)))
      return function.emitError("cannot erase arguments");
  }
  module->removeAttr(qnn::kParameterFileAttrName);
  return success();
}

namespace {
struct QNNBindParametersPass
    : quantc::impl::QNNBindParametersPassBase<QNNBindParametersPass> {
  using Base::Base;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (!hasParameterArguments(module))
      return markAllAnalysesPreserved();

    StringRef modulePath;
    if (auto loc = dyn_cast<FileLineColLoc>(module.getLoc()))
      modulePath = loc.getFilename();
    auto opened =
        SafetensorsFile::open(resolveParameterFile(module, modulePath, file));
    if (!opened) {
      module.emitError(llvm::toString(opened.takeError()));
      return signalPassFailure();
    }
    if (failed(bindParameters(module, *opened)))
      signalPassFailure();
  }
};
} // namespace
