//===- LowerMath.cpp - functions as instructions --------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// MLIR's own conversion calls libdevice, whose functions are other
// approximations than the CPU's and have to be linked.
//
//===----------------------------------------------------------------------===//

#include "Remainder.h"
#include "quantc/Codegen/NVVM/Host/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/TypeSwitch.h"

namespace quantc::nvvm {
#define GEN_PASS_DEF_CODEGENNVVMLOWERMATHPASS
#include "quantc/Codegen/NVVM/Host/Passes.h.inc"
} // namespace quantc::nvvm

using namespace mlir;

namespace {

/// LLVM's intrinsic of the same operands, rounded as IEEE 754 says; "" where
/// NVPTX has no instruction for it.
StringRef getIntrinsic(Operation *op) {
  return llvm::TypeSwitch<Operation *, StringRef>(op)
      .Case([](math::AbsFOp) { return "llvm.fabs"; })
      .Case([](math::CeilOp) { return "llvm.ceil"; })
      .Case([](math::CopySignOp) { return "llvm.copysign"; })
      .Case([](math::CtPopOp) { return "llvm.ctpop"; })
      .Case([](math::FloorOp) { return "llvm.floor"; })
      .Case([](math::FmaOp) { return "llvm.fma"; })
      .Case([](math::RoundOp) { return "llvm.round"; })
      .Case([](math::RoundEvenOp) { return "llvm.roundeven"; })
      .Case([](math::SqrtOp) { return "llvm.sqrt"; })
      .Case([](math::TruncOp) { return "llvm.trunc"; })
      .Default(StringRef());
}

class CodegenNVVMLowerMathPass
    : public quantc::nvvm::impl::CodegenNVVMLowerMathPassBase<
          CodegenNVVMLowerMathPass> {
public:
  using Base::Base;

  void runOnOperation() override {
    SmallVector<Operation *> functions;
    getOperation().walk([&](Operation *op) {
      bool isFunction = op->getName().getDialectNamespace() == "math" ||
                        isa<arith::RemFOp>(op);
      if (isFunction && op->getParentOfType<gpu::LaunchOp>())
        functions.push_back(op);
    });
    for (Operation *op : functions)
      if (failed(lower(op)))
        return signalPassFailure();
  }

private:
  static LogicalResult lower(Operation *op) {
    OpBuilder builder(op);
    Location loc = op->getLoc();
    Type type = op->getResult(0).getType();
    auto call = [&](StringRef name, ValueRange operands) -> Value {
      return LLVM::CallIntrinsicOp::create(
                 builder, loc, type, builder.getStringAttr(name), operands)
          .getResults();
    };
    auto splat = [&](TypedAttr value) -> Value {
      return arith::ConstantOp::create(builder, loc, value);
    };
    Value result;
    if (StringRef name = getIntrinsic(op); !name.empty()) {
      result = call(name, op->getOperands());
    } else if (isa<math::RsqrtOp>(op)) {
      result = arith::DivFOp::create(builder, loc,
                                     splat(builder.getFloatAttr(type, 1.0)),
                                     call("llvm.sqrt", op->getOperands()));
    } else if (isa<math::AbsIOp, math::CountLeadingZerosOp,
                   math::CountTrailingZerosOp>(op)) {
      // Defined for every operand.
      StringRef name = isa<math::AbsIOp>(op)                ? "llvm.abs"
                       : isa<math::CountLeadingZerosOp>(op) ? "llvm.ctlz"
                                                            : "llvm.cttz";
      result =
          call(name, {op->getOperand(0), splat(builder.getBoolAttr(false))});
    } else if (auto remainder = dyn_cast<arith::RemFOp>(op);
               remainder && type.getIntOrFloatBitWidth() <= 32) {
      result = quantc::nvvm::buildRemainder(builder, remainder);
    } else {
      return op->emitError()
             << "expected a function that kernels can compute, but got '"
             << op->getName() << "' of " << type;
    }
    op->getResult(0).replaceAllUsesWith(result);
    op->erase();
    return success();
  }
};

} // namespace
