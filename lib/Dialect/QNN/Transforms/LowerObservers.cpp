//===- LowerObservers.cpp - observers to calls of the calibrator ----------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

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
static func::FuncOp getCallback(ModuleOp module, RankedTensorType type) {
  std::string name = kObserveCallbackName.str() + "$";
  for (int64_t size : type.getShape())
    name += std::to_string(size) + "x";
  name += "f32";
  if (auto known = module.lookupSymbol<func::FuncOp>(name))
    return known;
  OpBuilder builder = OpBuilder::atBlockBegin(module.getBody());
  Type i64 = builder.getI64Type();
  auto callback =
      func::FuncOp::create(builder, module.getLoc(), name,
                           builder.getFunctionType({i64, type, i64, i64}, {}));
  callback.setPrivate();
  callback.setArgAttr(
      1, bufferization::BufferizationDialect::kBufferAccessAttrName,
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

/// `number` tells the calibrator which observer calls.
static LogicalResult lower(ObserveOp op, int64_t number, ModuleOp module) {
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
  func::FuncOp callback =
      getCallback(module, cast<RankedTensorType>(value.getType()));
  func::CallOp::create(
      builder, loc, callback,
      {constant(number), value, constant(outer), constant(inner)});
  op.getResult().replaceAllUsesWith(op.getInput());
  op.erase();
  return success();
}

namespace {
class QNNLowerObserversPass
    : public quantc::qnn::impl::QNNLowerObserversPassBase<
          QNNLowerObserversPass> {
public:
  using Base::Base;

  void runOnOperation() override {
    SmallVector<ObserveOp> observers;
    getOperation().walk([&](ObserveOp op) { observers.push_back(op); });
    for (auto [number, op] : llvm::enumerate(observers))
      if (failed(lower(op, number, getOperation())))
        return signalPassFailure();
  }
};
} // namespace
