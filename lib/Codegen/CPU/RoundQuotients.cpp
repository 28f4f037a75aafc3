//===- RoundQuotients.cpp - divisions that are rounded to integers --------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// x / s, s a constant, becomes fma(x, high, x * low) with high + low = 1 / s in
// twice the precision and of one sign, so that infinities stay what they are.
// Both functions of x are monotone, and so are their roundings to integers:
// they are the same if they step from k to k + 1 at the same number for every k
// of the range that is kept. That is tried, at compile time, around each of
// these steps, and the division stays where it fails.
//
//===----------------------------------------------------------------------===//

#include "quantc/Codegen/CPU/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"
#include <cmath>

namespace quantc::cpu {
#define GEN_PASS_DEF_CODEGENCPUROUNDQUOTIENTSPASS
#include "quantc/Codegen/CPU/Passes.h.inc"
} // namespace quantc::cpu

using namespace mlir;

namespace {

/// The integers that a rounded value is clamped to.
struct Bounds {
  double low = -HUGE_VAL, high = HUGE_VAL;
};

} // namespace

static std::optional<double> getNumber(Value value) {
  FloatAttr number;
  if (!matchPattern(value, m_Constant(&number)) || number.getValue().isNaN())
    return std::nullopt;
  return number.getValueAsDouble();
}

/// Whether `value` has no reader but roundings to an integer within bounds, of
/// which the widest is returned; what a NaN becomes does not matter.
static bool findRange(Value value, bool isRounded, Bounds range,
                      Bounds &widest) {
  auto isWithin = [&](Value next, bool rounded, Bounds bounds) {
    return findRange(next, rounded, bounds, widest);
  };
  for (OpOperand &use : value.getUses()) {
    Operation *user = use.getOwner();
    if (auto compare = dyn_cast<arith::CmpFOp>(user)) {
      // Whether it is a NaN.
      if (compare.getLhs() != compare.getRhs())
        return false;
      continue;
    }
    if (auto select = dyn_cast<arith::SelectOp>(user)) {
      Value other = use.getOperandNumber() == 1 ? select.getFalseValue()
                                                : select.getTrueValue();
      std::optional<double> number = getNumber(other);
      if (!number || *number != std::nearbyint(*number) ||
          !isWithin(select.getResult(), isRounded, range))
        return false;
      continue;
    }
    if (auto round = dyn_cast<math::RoundEvenOp>(user)) {
      if (!isWithin(round.getResult(), /*rounded=*/true, range))
        return false;
      continue;
    }
    if (isa<arith::MaximumFOp, arith::MinimumFOp>(user)) {
      std::optional<double> bound = getNumber(user->getOperand(1));
      if (!bound || use.getOperandNumber() != 0 ||
          *bound != std::nearbyint(*bound))
        return false;
      Bounds bounds = range;
      if (isa<arith::MaximumFOp>(user))
        bounds.low = std::max(bounds.low, *bound);
      else
        bounds.high = std::min(bounds.high, *bound);
      if (!isWithin(user->getResult(0), isRounded, bounds))
        return false;
      continue;
    }
    if (!isa<arith::FPToSIOp>(user) || !isRounded)
      return false;
    widest.low = std::min(widest.low, range.low);
    widest.high = std::max(widest.high, range.high);
  }
  return true;
}

namespace {

/// 1 / s as a sum of two numbers.
struct Reciprocal {
  float high, low;

  static std::optional<Reciprocal> compute(double scale, Bounds range);
  float multiply(float x) const {
    return low == 0 ? x * high : std::fma(x, high, x * low);
  }
};

} // namespace

std::optional<Reciprocal> Reciprocal::compute(double scale, Bounds range) {
  constexpr double widest = 1 << 17;
  // Neither a reciprocal nor a product that decides anything is subnormal.
  if (!(scale > 0x1p-60 && scale < 0x1p60) || !(range.low >= -widest) ||
      !(range.high <= widest))
    return std::nullopt;
  double exact = 1 / scale;
  Reciprocal result;
  result.high = float(exact);
  if (result.high > exact)
    result.high = std::nextafter(result.high, 0.0f);
  result.low = float(exact - result.high);
  constexpr int neighbours = 4;
  float divisor = float(scale);
  for (double k = range.low; k < range.high; ++k) {
    float x = float((k + 0.5) * scale);
    for (int i = 0; i < neighbours; ++i)
      x = std::nextafter(x, -HUGE_VALF);
    for (int i = -neighbours; i <= neighbours;
         ++i, x = std::nextafter(x, HUGE_VALF)) {
      float expected = std::nearbyint(x / divisor);
      // Further away both are on the right side by more than either errs.
      if (std::nearbyint(result.multiply(x)) != expected ||
          (i == -neighbours && expected > k) ||
          (i == neighbours && expected <= k))
        return std::nullopt;
    }
  }
  return result;
}

namespace {

class CodegenCPURoundQuotientsPass
    : public quantc::cpu::impl::CodegenCPURoundQuotientsPassBase<
          CodegenCPURoundQuotientsPass> {
public:
  using Base::Base;

  void runOnOperation() override {
    SmallVector<arith::DivFOp> divisions;
    getOperation()->walk([&](arith::DivFOp op) {
      if (op.getType().isF32())
        divisions.push_back(op);
    });
    for (arith::DivFOp op : divisions)
      replace(op);
  }

private:
  void replace(arith::DivFOp op) {
    std::optional<double> scale = getNumber(op.getRhs());
    Bounds range{HUGE_VAL, -HUGE_VAL};
    if (!scale || op.use_empty() ||
        !findRange(op.getResult(), /*isRounded=*/false, Bounds(), range))
      return;
    std::optional<Reciprocal> reciprocal = Reciprocal::compute(*scale, range);
    if (!reciprocal)
      return;
    OpBuilder builder(op);
    Location loc = op.getLoc();
    auto constant = [&](float value) -> Value {
      return arith::ConstantOp::create(builder, loc,
                                       builder.getF32FloatAttr(value));
    };
    Value x = op.getLhs(), high = constant(reciprocal->high), result;
    if (reciprocal->low == 0)
      result = arith::MulFOp::create(builder, loc, x, high);
    else
      result = math::FmaOp::create(
          builder, loc, x, high,
          arith::MulFOp::create(builder, loc, x, constant(reciprocal->low)));
    op.replaceAllUsesWith(result);
    op.erase();
  }
};

} // namespace
