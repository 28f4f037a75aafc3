//===- FuseRounding.cpp - rounding in the conversion to integers ----------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "X86Patterns.h"
#include "quantc/Codegen/CPU/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"

namespace quantc::cpu {
#define GEN_PASS_DEF_CODEGENCPUFUSEROUNDINGPASS
#include "quantc/Codegen/CPU/Passes.h.inc"
} // namespace quantc::cpu

using namespace mlir;
using namespace quantc::cpu;

/// Whether all lanes are known to be integers.
static bool isIntegral(Value value) {
  if (auto broadcast = value.getDefiningOp<vector::BroadcastOp>())
    return isIntegral(broadcast.getSource());
  if (value.getDefiningOp<arith::SIToFPOp>())
    return true;
  Attribute constant;
  if (!matchPattern(value, m_Constant(&constant)))
    return false;
  if (auto splat = dyn_cast<SplatElementsAttr>(constant))
    constant = splat.getSplatValue<Attribute>();
  auto number = dyn_cast<FloatAttr>(constant);
  return number && number.getValue().isInteger();
}

namespace {

/// fptosi(clamp(roundeven(x))) -> cvtps2dq(clamp(x)).
struct FuseRounding : OpRewritePattern<arith::FPToSIOp> {
  FuseRounding(MLIRContext *context, const Target &target)
      : OpRewritePattern(context), target(target) {}

  LogicalResult matchAndRewrite(arith::FPToSIOp op,
                                PatternRewriter &rewriter) const override {
    auto type = dyn_cast<VectorType>(op.getType());
    auto source = dyn_cast<VectorType>(op.getIn().getType());
    if (!type || type.getRank() != 1 || !type.getElementType().isInteger(32) ||
        !source.getElementType().isF32())
      return rewriter.notifyMatchFailure(op, "requires f32 to i32 vectors");
    int64_t lanes = type.getDimSize(0);
    if (!(lanes == 16 && target.has("avx512f")) &&
        !(lanes == 8 && target.has("avx")) && lanes != 4)
      return rewriter.notifyMatchFailure(op, "requires one register");

    // Minima and maxima with integers commute with rounding.
    SmallVector<Operation *> bounds;
    Value value = op.getIn();
    while (Operation *def = value.getDefiningOp()) {
      if (!isa<arith::MaximumFOp, arith::MinimumFOp>(def) ||
          !isIntegral(def->getOperand(1)))
        break;
      bounds.push_back(def);
      value = def->getOperand(0);
    }
    auto round = value.getDefiningOp<math::RoundEvenOp>();
    if (!round)
      return rewriter.notifyMatchFailure(op, "requires a rounded operand");

    Location loc = op.getLoc();
    Value clamped = round.getOperand();
    // The conversion of a NaN is poison, which any operand may be then.
    auto flags = arith::FastMathFlags::nnan;
    for (Operation *bound : llvm::reverse(bounds)) {
      Value limit = bound->getOperand(1);
      clamped = isa<arith::MaximumFOp>(bound)
                    ? Value(arith::MaximumFOp::create(rewriter, loc, clamped,
                                                      limit, flags))
                    : Value(arith::MinimumFOp::create(rewriter, loc, clamped,
                                                      limit, flags));
    }
    rewriter.replaceOp(op, createConversion(rewriter, loc, type, clamped));
    bounds.push_back(round);
    for (Operation *replaced : bounds)
      if (replaced->use_empty())
        rewriter.eraseOp(replaced);
    return success();
  }

private:
  /// The x86 conversion that rounds to nearest even, as the environment says.
  static Value createConversion(OpBuilder &builder, Location loc,
                                VectorType type, Value value) {
    auto call = [&](StringRef name, ValueRange operands) {
      return LLVM::CallIntrinsicOp::create(
                 builder, loc, type, builder.getStringAttr(name), operands)
          .getResult(0);
    };
    if (type.getDimSize(0) == 4)
      return call("llvm.x86.sse2.cvtps2dq", value);
    if (type.getDimSize(0) == 8)
      return call("llvm.x86.avx.cvt.ps2dq.256", value);
    Value zero =
        arith::ConstantOp::create(builder, loc, builder.getZeroAttr(type));
    Value all =
        arith::ConstantOp::create(builder, loc, builder.getI16IntegerAttr(-1));
    Value mode = LLVM::ConstantOp::create(builder, loc, builder.getI32Type(),
                                          builder.getI32IntegerAttr(4));
    return call("llvm.x86.avx512.mask.cvtps2dq.512", {value, zero, all, mode});
  }

  const Target &target;
};

class CodegenCPUFuseRoundingPass
    : public quantc::cpu::impl::CodegenCPUFuseRoundingPassBase<
          CodegenCPUFuseRoundingPass> {
public:
  using Base::Base;

  void runOnOperation() override {
    if (failed(applyOnX86<FuseRounding>(getOperation(),
                                        {triple, processor, features})))
      signalPassFailure();
  }
};

} // namespace
