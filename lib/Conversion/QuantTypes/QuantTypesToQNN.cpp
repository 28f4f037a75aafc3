//===- QuantTypesToQNN.cpp - quant-types-to-qnn ---------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Types change in place: every quantized value becomes a value of its storage
// type, and the operations that compute with it are put between dequantizations
// and quantizations.
//
//===----------------------------------------------------------------------===//

#include "StorageOps.h"
#include "UniformParameters.h"
#include "quantc/Conversion/QuantTypes/Passes.h"
#include "quantc/Dialect/QNN/IR/BoundaryType.h"
#include "quantc/Dialect/QNN/IR/QNNOps.h"
#include "quantc/Dialect/StableHLO/IR/CHLO.h"
#include "quantc/Dialect/StableHLO/IR/StableHLO.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinDialect.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/IRMapping.h"

namespace quantc {
#define GEN_PASS_DEF_QUANTTYPESTOQNNPASS
#include "quantc/Conversion/QuantTypes/Passes.h.inc"
} // namespace quantc

using namespace mlir;
using namespace quantc;

/// The type that a quantized tensor has after the pass. Unsigned storage
/// becomes signless, the only form that stablehlo-to-linalg leaves.
static RankedTensorType getStorageType(Type type,
                                       const UniformParameters &parameters) {
  return cast<RankedTensorType>(type).clone(IntegerType::get(
      type.getContext(), parameters.storage.getIntOrFloatBitWidth()));
}

static RankedTensorType getExpressedType(Type type,
                                         const UniformParameters &parameters) {
  return cast<RankedTensorType>(type).clone(parameters.expressed);
}

namespace {

class Resolver {
public:
  explicit Resolver(ModuleOp module) : module(module), builder(module) {}

  LogicalResult run();

private:
  LogicalResult collect();
  LogicalResult readValue(Value value, Operation *owner);
  LogicalResult resolveSignature(func::FuncOp function);
  LogicalResult resolve(Operation *op);
  LogicalResult resolveConstant(stablehlo::ConstantOp op);
  LogicalResult resolveMovement(Operation *op);
  LogicalResult expand(Operation *op);
  LogicalResult expandRegions(Operation *op);

  /// Null where the value is not quantized. Valid until another one is.
  const UniformParameters *lookup(Value value) const {
    auto it = parameters.find(value);
    return it == parameters.end() ? nullptr : &it->second;
  }
  void setOperandsToFloat(Operation *op);
  Value createFloat(Value value);
  Value createQuantize(Value value, const UniformParameters &parameters);
  Value createConstant(Location loc, DenseElementsAttr value);

  ModuleOp module;
  OpBuilder builder;
  SmallVector<Operation *> ops;
  /// Of the values that are quantized.
  DenseMap<Value, UniformParameters> parameters;
  /// The value in float of an accumulator, which needs no dequantization.
  DenseMap<Value, Value> accumulators;
};

} // namespace

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

LogicalResult Resolver::readValue(Value value, Operation *owner) {
  if (!isQuantized(value.getType()))
    return success();
  FailureOr<UniformParameters> read = readUniformParameters(
      value.getType(), [&] { return owner->emitError(); });
  if (failed(read))
    return failure();
  parameters[value] = *read;
  return success();
}

LogicalResult Resolver::collect() {
  WalkResult result = module.walk<WalkOrder::PreOrder>([&](Operation *op) {
    ops.push_back(op);
    for (Value value : op->getResults())
      if (failed(readValue(value, op)))
        return WalkResult::interrupt();
    for (Region &region : op->getRegions())
      for (BlockArgument argument : region.getArguments())
        if (failed(readValue(argument, op)))
          return WalkResult::interrupt();
    return WalkResult::advance();
  });
  if (result.wasInterrupted())
    return failure();
  for (auto &[value, read] : parameters)
    value.setType(getStorageType(value.getType(), read));
  return success();
}

/// A caller that passes integers is told what they stand for.
static void describe(func::FuncOp function, unsigned index, bool isResult,
                     const UniformParameters &parameters) {
  if (!parameters.isPerTensor())
    return;
  Builder builder(function);
  auto set = [&](StringRef name, Attribute value) {
    if (isResult)
      function.setResultAttr(index, name, value);
    else
      function.setArgAttr(index, name, value);
  };
  set(qnn::kScaleAttrName,
      builder.getF32FloatAttr(parameters.scales.getSplatValue<float>()));
  int64_t zeroPoint = 0;
  if (parameters.zeroPoints) {
    APInt value = parameters.zeroPoints.getSplatValue<APInt>();
    zeroPoint = parameters.storage.isUnsignedInteger() ? value.getZExtValue()
                                                       : value.getSExtValue();
  }
  set(qnn::kZeroPointAttrName, builder.getI64IntegerAttr(zeroPoint));
}

LogicalResult Resolver::resolveSignature(func::FuncOp function) {
  auto convert = [&](ArrayRef<Type> types, bool areResults,
                     SmallVectorImpl<Type> &converted) -> LogicalResult {
    for (auto [index, type] : llvm::enumerate(types)) {
      converted.push_back(type);
      if (!isQuantized(type))
        continue;
      FailureOr<UniformParameters> read =
          readUniformParameters(type, [&] { return function.emitError(); });
      if (failed(read))
        return failure();
      converted.back() = getStorageType(type, *read);
      if (read->storage.isUnsignedInteger())
        qnn::keepBoundaryType(
            function, index, areResults,
            cast<RankedTensorType>(type).clone(read->storage));
      describe(function, index, areResults, *read);
    }
    return success();
  };
  SmallVector<Type> inputs, results;
  if (failed(convert(function.getArgumentTypes(), false, inputs)) ||
      failed(convert(function.getResultTypes(), true, results)))
    return failure();
  function.setFunctionType(builder.getFunctionType(inputs, results));
  return success();
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

Value Resolver::createConstant(Location loc, DenseElementsAttr value) {
  if (!value)
    return nullptr;
  return arith::ConstantOp::create(builder, loc, value);
}

/// What `value` stands for, in float.
Value Resolver::createFloat(Value value) {
  const UniformParameters *found = lookup(value);
  if (!found)
    return value;
  if (Value accumulator = accumulators.lookup(value))
    return accumulator;
  const UniformParameters &read = *found;
  Location loc = value.getLoc();
  auto type = cast<RankedTensorType>(value.getType());
  if (read.storage.isUnsignedInteger())
    value = tensor::BitcastOp::create(builder, loc, type.clone(read.storage),
                                      value);
  return qnn::DequantizeOp::create(builder, loc, type.clone(read.expressed),
                                   value, createConstant(loc, read.scales),
                                   createConstant(loc, read.zeroPoints),
                                   read.axes, read.blocks);
}

Value Resolver::createQuantize(Value value, const UniformParameters &read) {
  Location loc = value.getLoc();
  auto type = cast<RankedTensorType>(value.getType());
  Value result = qnn::QuantizeOp::create(
      builder, loc, type.clone(read.storage), value,
      createConstant(loc, read.scales), createConstant(loc, read.zeroPoints),
      read.axes, read.blocks, read.narrowRange);
  if (read.storage.isUnsignedInteger())
    result = tensor::BitcastOp::create(builder, loc, getStorageType(type, read),
                                       result);
  return result;
}

void Resolver::setOperandsToFloat(Operation *op) {
  builder.setInsertionPoint(op);
  for (OpOperand &operand : op->getOpOperands())
    operand.set(createFloat(operand.get()));
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

LogicalResult Resolver::resolveConstant(stablehlo::ConstantOp op) {
  auto type = cast<RankedTensorType>(op.getOutput().getType());
  if (auto dense = dyn_cast<DenseElementsAttr>(op.getValue()))
    op.setValueAttr(
        DenseElementsAttr::getFromRawBuffer(type, dense.getRawData()));
  else if (auto resource = dyn_cast<DenseResourceElementsAttr>(op.getValue()))
    op.setValueAttr(
        DenseResourceElementsAttr::get(type, resource.getRawHandle()));
  else
    return op.emitOpError("expected dense elements or a dense resource");
  return success();
}

/// Moves storage as it is; an accumulator's value in float moves along.
LogicalResult Resolver::resolveMovement(Operation *op) {
  const UniformParameters &read = parameters.at(op->getResult(0));
  if (!read.storage.isInteger(32))
    return success();
  builder.setInsertionPoint(op);
  IRMapping mapping;
  for (Value operand : op->getOperands())
    mapping.map(operand, createFloat(operand));
  Operation *clone = builder.clone(*op, mapping);
  Value result = clone->getResult(0);
  result.setType(getExpressedType(result.getType(), read));
  accumulators[op->getResult(0)] = result;
  return success();
}

/// The body of a reduction computes in float like the operation itself.
LogicalResult Resolver::expandRegions(Operation *op) {
  auto setFloat = [&](Value value) {
    const UniformParameters *read = lookup(value);
    if (!read)
      return;
    value.setType(getExpressedType(value.getType(), *read));
    parameters.erase(value);
  };
  WalkResult result = op->walk([&](Operation *nested) {
    if (nested == op)
      return WalkResult::advance();
    if (isa<stablehlo::ConstantOp>(nested) && lookup(nested->getResult(0))) {
      nested->emitError("unsupported quantized constant in a reduction");
      return WalkResult::interrupt();
    }
    llvm::for_each(nested->getResults(), setFloat);
    return WalkResult::advance();
  });
  for (Region &region : op->getRegions())
    llvm::for_each(region.getArguments(), setFloat);
  return failure(result.wasInterrupted());
}

LogicalResult Resolver::expand(Operation *op) {
  SmallVector<std::optional<UniformParameters>> results;
  for (Value result : op->getResults()) {
    const UniformParameters *read = lookup(result);
    results.push_back(read ? std::optional(*read) : std::nullopt);
  }
  bool isExact = isAccumulator(op, [&](Value value) { return lookup(value); });

  setOperandsToFloat(op);
  if (failed(expandRegions(op)))
    return failure();
  builder.setInsertionPointAfter(op);
  for (auto [result, read] : llvm::zip_equal(op->getResults(), results)) {
    if (!read)
      continue;
    result.setType(getExpressedType(result.getType(), *read));
    parameters.erase(result);
    Value quantized = createQuantize(result, *read);
    result.replaceUsesWithIf(quantized, [&](OpOperand &use) {
      return !isa<qnn::QuantizeOp>(use.getOwner());
    });
    parameters[quantized] = *read;
    if (isExact)
      accumulators[quantized] = result;
  }
  return success();
}

LogicalResult Resolver::resolve(Operation *op) {
  auto isOfInterest = [&](Value value) { return lookup(value); };
  if (llvm::none_of(op->getOperands(), isOfInterest) &&
      llvm::none_of(op->getResults(), isOfInterest) &&
      !isa<stablehlo::UniformQuantizeOp, stablehlo::UniformDequantizeOp>(op))
    return success();
  builder.setInsertionPoint(op);
  if (auto constant = dyn_cast<stablehlo::ConstantOp>(op))
    return resolveConstant(constant);
  if (isa<stablehlo::UniformQuantizeOp, quant::QuantizeCastOp>(op)) {
    Value value = createFloat(op->getOperand(0));
    Value result = op->getResult(0);
    if (const UniformParameters *found = lookup(result)) {
      UniformParameters read = *found;
      value = createQuantize(value, read);
      parameters[value] = read;
    }
    result.replaceAllUsesWith(value);
    op->erase();
    return success();
  }
  if (isa<stablehlo::UniformDequantizeOp, quant::DequantizeCastOp,
          quant::StorageCastOp>(op)) {
    Value operand = op->getOperand(0), result = op->getResult(0);
    Value value =
        isa<quant::StorageCastOp>(op) ? operand : createFloat(operand);
    if (const UniformParameters *found = lookup(result)) {
      UniformParameters read = *found;
      parameters[value] = read;
    }
    result.replaceAllUsesWith(value);
    op->erase();
    return success();
  }
  if (isa<func::ReturnOp, func::CallOp, stablehlo::ReturnOp, stablehlo::WhileOp,
          stablehlo::CaseOp, stablehlo::IfOp, stablehlo::OptimizationBarrierOp,
          stablehlo::CompositeOp, stablehlo::BitcastConvertOp>(op))
    return success();
  bool isKnown =
      isa_and_nonnull<stablehlo::StableHLODialect, chlo::CHLODialect>(
          op->getDialect());
  if (!isKnown || isa<stablehlo::ConvertOp, stablehlo::CustomCallOp>(op))
    return op->emitError("unsupported operation '")
           << op->getName() << "' on quantized tensors";
  if (movesStorage(op, [&](Value value) { return lookup(value); }))
    return resolveMovement(op);
  return expand(op);
}

LogicalResult Resolver::run() {
  if (failed(collect()))
    return failure();
  for (Operation *op : ops) {
    auto function = dyn_cast<func::FuncOp>(op);
    if (failed(function ? resolveSignature(function) : resolve(op)))
      return failure();
  }
  return success();
}

namespace {
struct QuantTypesToQNNPass
    : quantc::impl::QuantTypesToQNNPassBase<QuantTypesToQNNPass> {
  using Base::Base;

  void runOnOperation() override {
    if (failed(Resolver(getOperation()).run()))
      signalPassFailure();
  }
};
} // namespace
