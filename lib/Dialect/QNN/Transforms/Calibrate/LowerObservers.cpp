//===- LowerObservers.cpp - observers to calls of the calibrator ----------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Site/DimensionTrace.h"
#include "Site/LinalgBuilder.h"
#include "quantc/Dialect/QNN/IR/QNNOps.h"
#include "quantc/Dialect/QNN/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringExtras.h"

namespace quantc::qnn {
#define GEN_PASS_DEF_QNNLOWEROBSERVERSPASS
#include "quantc/Dialect/QNN/Transforms/Passes.h.inc"
} // namespace quantc::qnn

using namespace mlir;
using namespace quantc::qnn;

/// Declares the callback for tensors of one type. What follows the '$' only
/// tells the declarations apart; all of them are the same C function.
static func::FuncOp getCallback(ModuleOp module, RankedTensorType type,
                                bool masked) {
  StringRef function =
      masked ? kObserveMaskedCallbackName : kObserveCallbackName;
  std::string name = function.str() + "$";
  for (int64_t size : type.getShape())
    name += std::to_string(size) + "x";
  name += "f32";
  if (auto known = module.lookupSymbol<func::FuncOp>(name))
    return known;
  OpBuilder builder = OpBuilder::atBlockBegin(module.getBody());
  Type i64 = builder.getI64Type();
  SmallVector<Type> operands = {i64, type, i64, i64};
  if (masked)
    operands.push_back(type.clone(builder.getI8Type()));
  auto callback = func::FuncOp::create(builder, module.getLoc(), name,
                                       builder.getFunctionType(operands, {}));
  callback.setPrivate();
  for (auto [index, operand] : llvm::enumerate(operands))
    if (isa<RankedTensorType>(operand))
      callback.setArgAttr(
          index, bufferization::BufferizationDialect::kBufferAccessAttrName,
          builder.getStringAttr("read"));
  return callback;
}

/// Observers count in f32, which holds f16 and bf16 exactly.
static Value extendToF32(OpBuilder &builder, Location loc, Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  if (type.getElementType().isF32())
    return value;
  RankedTensorType f32Type = type.clone(builder.getF32Type());
  Value empty = tensor::EmptyOp::create(builder, loc, type.getShape(),
                                        builder.getF32Type());
  AffineMap identity = builder.getMultiDimIdentityMap(type.getRank());
  SmallVector<utils::IteratorType> parallel(type.getRank(),
                                            utils::IteratorType::parallel);
  return linalg::GenericOp::create(
             builder, loc, f32Type, value, empty,
             ArrayRef<AffineMap>{identity, identity}, parallel,
             [](OpBuilder &body, Location loc, ValueRange args) {
               Value wide =
                   arith::ExtFOp::create(body, loc, args[1].getType(), args[0]);
               linalg::YieldOp::create(body, loc, wide);
             })
      .getResult(0);
}

/// The mask as seen from `value`: i8, 1 where every element of the mask that
/// the element stands for is not zero. Null where the mask does not reach it.
static Value createMask(OpBuilder &builder, Location loc, Value value,
                        Value mask, const DimensionTrace &trace) {
  SmallVector<AffineMap> maps = trace.getMaps(value);
  if (maps.empty())
    return nullptr;
  SmallVector<Value> inputs(maps.size(), mask);
  return createElementwise(
             builder, loc, tensor::getMixedSizes(builder, loc, value),
             builder.getI8Type(), inputs, maps,
             [](OpBuilder &body, Location loc, ValueRange args) -> Value {
               Value all;
               Type type = args[0].getType();
               Value zero = arith::ConstantOp::create(
                   body, loc, cast<TypedAttr>(body.getZeroAttr(type)));
               for (Value element : args) {
                 Value kept =
                     isa<FloatType>(type)
                         ? arith::CmpFOp::create(body, loc,
                                                 arith::CmpFPredicate::UNE,
                                                 element, zero)
                               .getResult()
                         : arith::CmpIOp::create(body, loc,
                                                 arith::CmpIPredicate::ne,
                                                 element, zero);
                 all = all ? arith::AndIOp::create(body, loc, all, kept)
                                 .getResult()
                           : kept;
               }
               return arith::ExtUIOp::create(body, loc, body.getI8Type(), all);
             })
      .getResult(0);
}

/// `number` tells the calibrator which observer calls. `mask` may be null.
static LogicalResult lower(ObserveOp op, int64_t number, ModuleOp module,
                           Value mask, const DimensionTrace *trace) {
  auto type = cast<RankedTensorType>(op.getInput().getType());
  if (!type.hasStaticShape())
    return op.emitOpError() << "expected a static shape, but got " << type;
  OpBuilder builder(op);
  Location loc = op.getLoc();
  Value value = extendToF32(builder, loc, op.getInput());
  // The tensor is outer x channels x inner; one channel without an axis.
  int64_t outer = type.getNumElements(), inner = 1;
  if (std::optional<uint64_t> axis = op.getAxis()) {
    outer = ShapedType::getNumElements(type.getShape().take_front(*axis));
    inner = ShapedType::getNumElements(type.getShape().drop_front(*axis + 1));
  }
  auto constant = [&](int64_t value) -> Value {
    return arith::ConstantIntOp::create(builder, loc, value, 64);
  };
  SmallVector<Value> operands = {constant(number), value, constant(outer),
                                 constant(inner)};
  if (Value kept =
          mask ? createMask(builder, loc, op.getInput(), mask, *trace) : mask)
    operands.push_back(kept);
  func::FuncOp callback =
      getCallback(module, cast<RankedTensorType>(value.getType()),
                  /*masked=*/operands.size() > 4);
  func::CallOp::create(builder, loc, callback, operands);
  op.getResult().replaceAllUsesWith(op.getInput());
  op.erase();
  return success();
}

/// The argument of `function` that holds the input `name`.
static FailureOr<Value> findInput(func::FuncOp function, StringRef name) {
  for (BlockArgument argument : function.getArguments()) {
    auto input = function.getArgAttrOfType<StringAttr>(argument.getArgNumber(),
                                                       "qnn.input");
    if (!input || input.getValue() != name)
      continue;
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    if (!type || !type.hasStaticShape() || type.getRank() == 0)
      return function.emitOpError()
             << "expected the mask '" << name
             << "' to be a tensor with dimensions, but got "
             << argument.getType();
    return Value(argument);
  }
  return function.emitOpError()
         << "expected an input '" << name << "' to take as mask";
}

namespace {
class QNNLowerObserversPass
    : public quantc::qnn::impl::QNNLowerObserversPassBase<
          QNNLowerObserversPass> {
public:
  using Base::Base;

  void runOnOperation() override {
    // Observers are numbered over the whole module.
    int64_t number = 0;
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      SmallVector<ObserveOp> observers;
      function.walk([&](ObserveOp op) { observers.push_back(op); });
      if (observers.empty())
        continue;
      Value maskInput;
      std::optional<DimensionTrace> trace;
      if (!mask.empty()) {
        FailureOr<Value> found = findInput(function, mask);
        if (failed(found))
          return signalPassFailure();
        maskInput = *found;
        trace.emplace(function,
                      cast<RankedTensorType>(maskInput.getType()).getShape());
      }
      for (ObserveOp op : observers)
        if (failed(lower(op, number++, getOperation(), maskInput,
                         trace ? &*trace : nullptr)))
          return signalPassFailure();
    }
  }
};
} // namespace
