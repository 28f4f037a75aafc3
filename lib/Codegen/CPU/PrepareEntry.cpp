//===- PrepareEntry.cpp - parameters to arguments, signatures -------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Codegen/CPU/Passes.h"
#include "quantc/Dialect/QNN/IR/BoundaryType.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/ADT/StringSet.h"

namespace quantc::cpu {
#define GEN_PASS_DEF_CODEGENCPUPREPAREENTRYPASS
#include "quantc/Codegen/CPU/Passes.h.inc"
} // namespace quantc::cpu

using namespace mlir;
using namespace quantc;

namespace {

/// The element types that have a memory format of their own.
bool isStorable(Type type) {
  return type.isSignlessInteger(1) || type.isSignlessInteger(8) ||
         type.isSignlessInteger(16) || type.isSignlessInteger(32) ||
         type.isSignlessInteger(64) || type.isIndex() ||
         isa<Float16Type, BFloat16Type, Float32Type, Float64Type>(type);
}

/// What the caller passes has a static shape; what lies between may be dynamic.
LogicalResult verifyType(Location loc, Type type, bool isBoundary) {
  auto tensor = dyn_cast<TensorType>(type);
  if (!tensor)
    return success();
  if (!tensor.hasRank() || (isBoundary && !tensor.hasStaticShape()))
    return emitError(loc) << "expected a "
                          << (isBoundary ? "static shape" : "rank")
                          << ", but got " << type;
  if (!isStorable(tensor.getElementType()))
    return emitError(loc)
           << "expected elements of type i1, i8, i16, i32, i64, f16, bf16, "
              "f32 or f64, but got "
           << type;
  return success();
}

/// Checks what `qnn.type` says of a value whose type is `type`.
LogicalResult verifyBoundaryType(func::FuncOp func, Type boundary, Type type) {
  auto tensor = dyn_cast<RankedTensorType>(boundary);
  auto held = cast<RankedTensorType>(type);
  bool fits = tensor && tensor.hasStaticShape() && held.hasStaticShape();
  if (fits && tensor.getElementType().isInteger(4))
    fits = held.getElementType().isInteger(8) && held.getRank() == 1 &&
           held.getDimSize(0) ==
               llvm::divideCeilSigned(tensor.getNumElements(), 2);
  else if (fits)
    fits = tensor.getShape() == held.getShape() &&
           llvm::divideCeil(tensor.getElementTypeBitWidth(), 8) ==
               llvm::divideCeil(held.getElementTypeBitWidth(), 8);
  if (fits)
    return success();
  return func.emitOpError()
         << "expected '" << qnn::kTypeAttrName << "' to have the bytes of "
         << type << ", but got " << boundary;
}

LogicalResult verifyBoundaryTypes(func::FuncOp func) {
  for (bool isResult : {false, true})
    for (auto [index, type] : llvm::enumerate(
             isResult ? func.getResultTypes() : func.getArgumentTypes()))
      if (Type boundary = qnn::getBoundaryType(func, index, isResult);
          boundary != type && failed(verifyBoundaryType(func, boundary, type)))
        return failure();
  return success();
}

/// Only what can reach the back end is checked: all values of the function.
LogicalResult verifyTypes(func::FuncOp func) {
  for (BlockArgument argument : func.getArguments()) {
    if (failed(verifyType(argument.getLoc(), argument.getType(),
                          /*isBoundary=*/true)))
      return failure();
    if (!isa<RankedTensorType>(argument.getType()))
      return func.emitOpError()
             << "expected tensor arguments, but got " << argument.getType();
  }
  for (Type type : func.getResultTypes()) {
    if (!isa<RankedTensorType>(type))
      return func.emitOpError() << "expected tensor results, but got " << type;
    if (failed(verifyType(func.getLoc(), type, /*isBoundary=*/true)))
      return failure();
  }
  WalkResult result = func.walk([](Operation *op) {
    for (Type type : op->getResultTypes())
      if (failed(verifyType(op->getLoc(), type, /*isBoundary=*/false)))
        return WalkResult::interrupt();
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

/// Collects the three tables of `qnn.signature`.
class SignatureBuilder {
public:
  explicit SignatureBuilder(func::FuncOp func)
      : func(func), builder(func.getContext()) {}

  void addArgument(unsigned index) {
    if (auto name = func.getArgAttrOfType<StringAttr>(index, "qnn.parameter")) {
      parameters.push_back(entry(index, name.getValue(), ElementsAttr()));
      return;
    }
    auto name = func.getArgAttrOfType<StringAttr>(index, "qnn.input");
    std::string fallback = "arg" + std::to_string(index);
    inputs.push_back(
        entry(index,
              unique(inputNames, name ? name.getValue() : StringRef(fallback),
                     fallback),
              ElementsAttr()));
  }

  void addResource(unsigned index, DenseResourceElementsAttr data) {
    parameters.push_back(entry(index, data.getRawHandle().getKey(), data));
  }

  void addResult(unsigned index) {
    std::string fallback = "out" + std::to_string(index);
    StringRef name;
    if (auto given = func.getResultAttrOfType<StringAttr>(index, "qnn.output"))
      name = given.getValue();
    else if (auto path = func.getResultAttrOfType<StringAttr>(
                 index, qnn::kJaxResultAttrName))
      name = qnn::getLeafName(path.getValue());
    SmallVector<NamedAttribute> fields = {
        named("name",
              builder.getStringAttr(
                  unique(outputNames, name.empty() ? StringRef(fallback) : name,
                         fallback))),
        named("type", TypeAttr::get(qnn::getBoundaryType(func, index, true)))};
    addQuantization(func.getResultAttrDict(index), fields);
    outputs.push_back(builder.getDictionaryAttr(fields));
  }

  DictionaryAttr build() {
    return builder.getDictionaryAttr(
        {named("parameters", builder.getArrayAttr(parameters)),
         named("inputs", builder.getArrayAttr(inputs)),
         named("outputs", builder.getArrayAttr(outputs))});
  }

private:
  NamedAttribute named(StringRef name, Attribute value) {
    return builder.getNamedAttr(name, value);
  }

  Attribute entry(unsigned index, StringRef name, ElementsAttr data) {
    SmallVector<NamedAttribute> fields = {
        named("argument", builder.getI64IntegerAttr(index)),
        named("name", builder.getStringAttr(name)),
        named("type", TypeAttr::get(qnn::getBoundaryType(func, index, false)))};
    if (data)
      fields.push_back(named("data", data));
    addQuantization(func.getArgAttrDict(index), fields);
    return builder.getDictionaryAttr(fields);
  }

  /// A caller that passes integers needs to know what they stand for.
  void addQuantization(DictionaryAttr attributes,
                       SmallVectorImpl<NamedAttribute> &fields) {
    if (!attributes)
      return;
    for (StringRef key : {"scale", "zero_point"})
      if (Attribute value = attributes.get(("qnn." + key).str()))
        fields.push_back(named(key, value));
  }

  /// An output may have the name of an input: of a state.
  StringRef unique(llvm::StringSet<> &taken, StringRef name,
                   StringRef fallback) {
    return builder.getStringAttr(taken.insert(name).second ? name : fallback)
        .getValue();
  }

  func::FuncOp func;
  Builder builder;
  llvm::StringSet<> inputNames, outputNames;
  SmallVector<Attribute> parameters, inputs, outputs;
};

/// Gives each result a value of its own, since each becomes a buffer.
void separateResults(func::FuncOp func) {
  Operation *terminator = func.getBody().front().getTerminator();
  OpBuilder builder(terminator);
  llvm::SmallPtrSet<Value, 8> seen;
  for (OpOperand &operand : terminator->getOpOperands())
    if (Value value = operand.get(); !seen.insert(value).second)
      operand.set(bufferization::AllocTensorOp::create(
          builder, terminator->getLoc(),
          cast<RankedTensorType>(value.getType()), ValueRange(), value));
}

/// Lets tensors without elements pass in rank 1. There is nothing in them to
/// keep, and bare pointers do not stand for all of them: not for memref<2x0>.
void flattenEmptyTensors(func::FuncOp func) {
  auto flatten = [](Type type) -> Type {
    auto tensor = cast<RankedTensorType>(type);
    return tensor.getNumElements() == 0
               ? RankedTensorType::get({0}, tensor.getElementType())
               : tensor;
  };
  auto createEmpty = [](OpBuilder &builder, Location loc, Type type) {
    auto tensor = cast<RankedTensorType>(type);
    return tensor::EmptyOp::create(builder, loc, tensor.getShape(),
                                   tensor.getElementType());
  };
  Block &body = func.getBody().front();
  auto builder = OpBuilder::atBlockBegin(&body);
  for (BlockArgument argument : body.getArguments()) {
    Type type = argument.getType();
    if (flatten(type) == type)
      continue;
    argument.replaceAllUsesWith(
        createEmpty(builder, argument.getLoc(), type).getResult());
    argument.setType(flatten(type));
  }
  Operation *terminator = body.getTerminator();
  builder.setInsertionPoint(terminator);
  for (OpOperand &operand : terminator->getOpOperands())
    if (Type type = operand.get().getType(); flatten(type) != type)
      operand.set(createEmpty(builder, terminator->getLoc(), flatten(type)));
  func.setType(FunctionType::get(func.getContext(), body.getArgumentTypes(),
                                 terminator->getOperandTypes()));
}

class CodegenCPUPrepareEntryPass
    : public quantc::cpu::impl::CodegenCPUPrepareEntryPassBase<
          CodegenCPUPrepareEntryPass> {
public:
  using Base::Base;

  void runOnOperation() override {
    for (auto func : getOperation().getOps<func::FuncOp>()) {
      if (func.isPrivate() || func.isExternal())
        continue;
      if (failed(verifyTypes(func)) || failed(verifyBoundaryTypes(func)))
        return signalPassFailure();
      prepare(func);
    }
  }

private:
  void prepare(func::FuncOp func) {
    SignatureBuilder signature(func);
    unsigned given = func.getNumArguments();
    for (unsigned index = 0; index < given; ++index)
      signature.addArgument(index);
    for (unsigned index = 0, e = func.getNumResults(); index < e; ++index)
      signature.addResult(index);

    // Resources in order of first use; the same resource becomes one argument.
    llvm::MapVector<Attribute, SmallVector<arith::ConstantOp>> resources;
    func.walk([&](arith::ConstantOp op) {
      if (isa<DenseResourceElementsAttr>(op.getValue()))
        resources[op.getValue()].push_back(op);
    });
    Builder builder(func.getContext());
    for (auto &[value, ops] : resources) {
      auto data = cast<DenseResourceElementsAttr>(value);
      unsigned index = func.getNumArguments();
      NamedAttribute name = builder.getNamedAttr(
          "qnn.parameter", builder.getStringAttr(data.getRawHandle().getKey()));
      (void)func.insertArgument(index, data.getType(),
                                builder.getDictionaryAttr(name),
                                ops.front().getLoc());
      for (arith::ConstantOp op : ops) {
        op.getResult().replaceAllUsesWith(func.getArgument(index));
        op.erase();
      }
      signature.addResource(index, data);
    }
    flattenEmptyTensors(func);
    separateResults(func);
    // Bufferization must copy before it writes to what the caller owns.
    for (unsigned index = 0, e = func.getNumArguments(); index < e; ++index)
      func.setArgAttr(index,
                      bufferization::BufferizationDialect::kWritableAttrName,
                      builder.getBoolAttr(false));
    func->setAttr("qnn.signature", signature.build());
  }
};

} // namespace
