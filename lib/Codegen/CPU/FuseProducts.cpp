//===- FuseProducts.cpp - sums of two products in one instruction ---------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "X86Patterns.h"
#include "quantc/Codegen/CPU/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"

namespace quantc::cpu {
#define GEN_PASS_DEF_CODEGENCPUFUSEPRODUCTSPASS
#include "quantc/Codegen/CPU/Passes.h.inc"
} // namespace quantc::cpu

using namespace mlir;
using namespace quantc::cpu;

/// The operand of a shift by 16.
template <typename Shift>
static Value matchShift(Value value) {
  auto shift = value.getDefiningOp<Shift>();
  if (!shift)
    return {};
  Value amount = shift.getRhs();
  if (auto broadcast = amount.getDefiningOp<vector::BroadcastOp>())
    amount = broadcast.getSource();
  APInt bits;
  return matchPattern(amount, m_ConstantInt(&bits)) && bits == 16
             ? shift.getLhs()
             : Value();
}

/// The words whose upper or, sign extended, lower halves `value` is.
static Value matchHalf(Value value, bool isUpper) {
  Value word = matchShift<arith::ShRSIOp>(value);
  return word && !isUpper ? matchShift<arith::ShLIOp>(word) : word;
}

/// The words of the two factors of a product of halves.
static std::optional<std::pair<Value, Value>> matchProduct(Value value,
                                                           bool isUpper) {
  auto mul = value.getDefiningOp<arith::MulIOp>();
  Value lhs = mul ? matchHalf(mul.getLhs(), isUpper) : Value();
  Value rhs = mul ? matchHalf(mul.getRhs(), isUpper) : Value();
  if (!lhs || !rhs)
    return std::nullopt;
  return std::pair(lhs, rhs);
}

/// Erases what computed a value that nobody uses any more.
static void eraseDead(RewriterBase &rewriter, Value value) {
  Operation *op = value.getDefiningOp();
  if (!op || !isOpTriviallyDead(op))
    return;
  SmallVector<Value> operands(op->getOperands());
  rewriter.eraseOp(op);
  for (Value operand : operands)
    eraseDead(rewriter, operand);
}

namespace {

/// lower(a) lower(b) + upper(a) upper(b) -> vpmaddwd.
struct FuseProducts : OpRewritePattern<arith::AddIOp> {
  FuseProducts(MLIRContext *context, const Target &target)
      : OpRewritePattern(context), target(target) {}

  LogicalResult matchAndRewrite(arith::AddIOp op,
                                PatternRewriter &rewriter) const override {
    auto type = dyn_cast<VectorType>(op.getType());
    StringRef name = type ? getIntrinsic(type) : StringRef();
    if (name.empty())
      return rewriter.notifyMatchFailure(op, "requires one register of i32");
    auto low = matchProduct(op.getLhs(), /*isUpper=*/false),
         high = matchProduct(op.getRhs(), /*isUpper=*/true);
    if (!low || !high)
      return rewriter.notifyMatchFailure(op, "requires products of halves");
    if (low->first != high->first)
      std::swap(high->first, high->second);
    if (*low != *high)
      return rewriter.notifyMatchFailure(op, "requires the same words");
    Location loc = op.getLoc();
    auto halves =
        VectorType::get({2 * type.getDimSize(0)}, rewriter.getI16Type());
    Value operands[] = {
        vector::BitCastOp::create(rewriter, loc, halves, low->first),
        vector::BitCastOp::create(rewriter, loc, halves, low->second)};
    Value products[] = {op.getLhs(), op.getRhs()};
    rewriter.replaceOp(
        op, LLVM::CallIntrinsicOp::create(
                rewriter, loc, type, rewriter.getStringAttr(name), operands)
                .getResults());
    for (Value product : products)
      eraseDead(rewriter, product);
    return success();
  }

private:
  StringRef getIntrinsic(VectorType type) const {
    if (type.getRank() != 1 || !type.getElementType().isInteger(32))
      return "";
    switch (type.getDimSize(0)) {
    case 16:
      return target.has("avx512bw") ? "llvm.x86.avx512.pmaddw.d.512" : "";
    case 8:
      return target.has("avx2") ? "llvm.x86.avx2.pmadd.wd" : "";
    case 4:
      return target.has("sse2") ? "llvm.x86.sse2.pmadd.wd" : "";
    default:
      return "";
    }
  }

  const Target &target;
};

class CodegenCPUFuseProductsPass
    : public quantc::cpu::impl::CodegenCPUFuseProductsPassBase<
          CodegenCPUFuseProductsPass> {
public:
  using Base::Base;

  void runOnOperation() override {
    if (failed(applyOnX86<FuseProducts>(getOperation(),
                                        {triple, processor, features})))
      signalPassFailure();
  }
};

} // namespace
