//===- FuseRounding.cpp - rounding and saturation in conversions ----------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// cvt.rni rounds half to even while it converts to an integer, saturates at the
// limits of that type and makes 0 of NaN (PTX ISA, cvt): what quantization says
// in five operations.
//
//===----------------------------------------------------------------------===//

#include "InlineInstruction.h"
#include "quantc/Codegen/NVVM/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/WalkPatternRewriteDriver.h"

namespace quantc::nvvm {
#define GEN_PASS_DEF_CODEGENNVVMFUSEROUNDINGPASS
#include "quantc/Codegen/NVVM/Passes.h.inc"
} // namespace quantc::nvvm

using namespace mlir;
using quantc::nvvm::createInlineInstruction;

//===----------------------------------------------------------------------===//
// Matching
//===----------------------------------------------------------------------===//

namespace {

/// The integer limit - zero in f32; `zero` is null where that is a constant.
struct Bound {
  Value value;
  int64_t limit;
  Value zero;
};

/// fptosi(minimumf(maximumf(roundeven(x), low), high)).
struct Rounding {
  /// What is rounded, and that without a replacement of NaN by 0.
  Value operand, x;
  Bound low, high;

  static std::optional<Rounding> match(arith::FPToSIOp op);
};

/// What fits a byte: an integer that was clamped to [low, high], which has zero
/// points of its own on its way.
struct Quantized {
  arith::FPToSIOp convert;
  Rounding rounding;
  int64_t low;
  bool isSigned;
  /// Added to the rounded number; null where nothing is.
  Value zero;
  /// Nobody but the byte uses the integer.
  bool isOnlyUse;

  static std::optional<Quantized> match(arith::TruncIOp op);
};

} // namespace

static std::optional<Bound> matchBound(Value value) {
  FloatAttr number;
  if (matchPattern(value, m_Constant(&number))) {
    if (!number.getValue().isInteger())
      return std::nullopt;
    return Bound{value, int64_t(number.getValueAsDouble()), {}};
  }
  auto convert = value.getDefiningOp<arith::SIToFPOp>();
  auto difference = convert ? convert.getIn().getDefiningOp<arith::SubIOp>()
                            : arith::SubIOp();
  IntegerAttr limit;
  if (!difference || !matchPattern(difference.getLhs(), m_Constant(&limit)))
    return std::nullopt;
  return Bound{value, limit.getInt(), difference.getRhs()};
}

std::optional<Rounding> Rounding::match(arith::FPToSIOp op) {
  if (!op.getType().isInteger(32) || !op.getIn().getType().isF32())
    return std::nullopt;
  auto most = op.getIn().getDefiningOp<arith::MinimumFOp>();
  auto least = most ? most.getLhs().getDefiningOp<arith::MaximumFOp>()
                    : arith::MaximumFOp();
  auto round = least ? least.getLhs().getDefiningOp<math::RoundEvenOp>()
                     : math::RoundEvenOp();
  if (!round)
    return std::nullopt;
  auto low = matchBound(least.getRhs()), high = matchBound(most.getRhs());
  if (!low || !high)
    return std::nullopt;
  Value x = round.getOperand();
  auto select = x.getDefiningOp<arith::SelectOp>();
  auto isNaN = select ? select.getCondition().getDefiningOp<arith::CmpFOp>()
                      : arith::CmpFOp();
  bool replacesNaN = isNaN &&
                     isNaN.getPredicate() == arith::CmpFPredicate::UNO &&
                     isNaN.getLhs() == select.getFalseValue() &&
                     isNaN.getRhs() == select.getFalseValue() &&
                     matchPattern(select.getTrueValue(), m_AnyZeroFloat());
  return Rounding{x, replacesNaN ? select.getFalseValue() : x, *low, *high};
}

/// Whether cvt.sat to a byte clamps to `high`, and to nothing below `low`.
static std::optional<bool> isSignedByte(int64_t low, int64_t high) {
  if (low >= -128 && low <= 0 && high == 127)
    return true;
  if (low == 0 && high == 255)
    return false;
  return std::nullopt;
}

std::optional<Quantized> Quantized::match(arith::TruncIOp op) {
  if (!op.getType().isInteger(8))
    return std::nullopt;
  Value value = op.getIn(), zero;
  bool isOnlyUse = value.hasOneUse();
  if (auto add = value.getDefiningOp<arith::AddIOp>()) {
    value = add.getLhs();
    zero = add.getRhs();
    isOnlyUse &= value.hasOneUse();
  }
  auto convert = value.getDefiningOp<arith::FPToSIOp>();
  std::optional<Rounding> rounding;
  if (convert)
    rounding = Rounding::match(convert);
  if (!rounding)
    return std::nullopt;
  int64_t shift = 0;
  IntegerAttr constant;
  if (zero && matchPattern(zero, m_Constant(&constant)))
    shift = constant.getInt();
  Value unknown = constant ? Value() : zero;
  if (rounding->low.zero != unknown || rounding->high.zero != unknown)
    return std::nullopt;
  int64_t low = rounding->low.limit + shift;
  auto isSigned = isSignedByte(low, rounding->high.limit + shift);
  if (!isSigned)
    return std::nullopt;
  return Quantized{convert, *rounding, low, *isSigned, zero, isOnlyUse};
}

//===----------------------------------------------------------------------===//
// Instructions
//===----------------------------------------------------------------------===//

/// The nearest integer; `type` is s32, or a smaller one with .sat.
static Value createConversion(OpBuilder &builder, Location loc, StringRef type,
                              Value x) {
  return createInlineInstruction(
      builder, loc, ("cvt.rni." + type + ".f32 $0, $1;").str(), "=r,f", x);
}

/// Two bytes, the second above the first, both saturated, and above them the
/// low half of `above`.
static Value createPack(OpBuilder &builder, Location loc, bool isSigned,
                        Value first, Value second, Value above) {
  StringRef instruction = isSigned ? "cvt.pack.sat.s8.s32.b32 $0, $1, $2, $3;"
                                   : "cvt.pack.sat.u8.s32.b32 $0, $1, $2, $3;";
  return createInlineInstruction(builder, loc, instruction, "=r,r,r,r",
                                 {second, first, above});
}

static Value createZero(OpBuilder &builder, Location loc) {
  return arith::ConstantIntOp::create(builder, loc, 0, 32);
}

/// The integer that saturates to the byte. 16 bits hold it with any zero point
/// added, of which 32 would overflow.
static Value createWide(OpBuilder &builder, Location loc,
                        const Quantized &quantized, Value byteSource) {
  // It is clamped for others as well.
  if (!quantized.isOnlyUse)
    return byteSource;
  Value x = quantized.rounding.x;
  if (quantized.low != (quantized.isSigned ? -128 : 0))
    x = arith::MaximumFOp::create(builder, loc, x,
                                  quantized.rounding.low.value);
  Value rounded = createConversion(builder, loc, "sat.s16", x);
  if (!quantized.zero)
    return rounded;
  return arith::AddIOp::create(builder, loc, rounded, quantized.zero);
}

//===----------------------------------------------------------------------===//
// Patterns
//===----------------------------------------------------------------------===//

namespace {

/// Bytes that are stored together: two saturated and packed by an instruction.
struct PackBytes : OpRewritePattern<vector::FromElementsOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(vector::FromElementsOp op,
                                PatternRewriter &rewriter) const override {
    int64_t count = op.getType().getNumElements();
    if (!op.getType().getElementType().isInteger(8) ||
        (count != 2 && count % 4 != 0))
      return rewriter.notifyMatchFailure(op, "requires pairs of bytes");
    SmallVector<std::pair<arith::TruncIOp, Quantized>> bytes;
    for (Value element : op.getElements()) {
      auto truncate = element.getDefiningOp<arith::TruncIOp>();
      std::optional<Quantized> quantized;
      if (truncate)
        quantized = Quantized::match(truncate);
      if (!quantized ||
          (!bytes.empty() && bytes[0].second.isSigned != quantized->isSigned))
        return rewriter.notifyMatchFailure(op, "requires quantized bytes");
      bytes.push_back({truncate, *quantized});
    }
    Location loc = op.getLoc();
    SmallVector<Value> words;
    for (int64_t i = 0; i < count; i += 4) {
      Value word = createZero(rewriter, loc);
      for (int64_t pair = std::min(count - i, int64_t(4)) - 2; pair >= 0;
           pair -= 2) {
        Value two[2];
        for (int64_t e = 0; e < 2; ++e) {
          auto &[truncate, quantized] = bytes[i + pair + e];
          two[e] = createWide(rewriter, loc, quantized, truncate.getIn());
        }
        word = createPack(rewriter, loc, bytes[0].second.isSigned, two[0],
                          two[1], word);
      }
      if (count == 2)
        word =
            arith::TruncIOp::create(rewriter, loc, rewriter.getI16Type(), word);
      words.push_back(word);
    }
    auto type = VectorType::get(words.size(), words[0].getType());
    Value vector = vector::FromElementsOp::create(rewriter, loc, type, words);
    rewriter.replaceOpWithNewOp<vector::BitCastOp>(op, op.getType(), vector);
    return success();
  }
};

/// A byte that is stored alone.
struct SaturateByte : OpRewritePattern<arith::TruncIOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(arith::TruncIOp op,
                                PatternRewriter &rewriter) const override {
    auto quantized = Quantized::match(op);
    if (!quantized || !quantized->zero || !quantized->isOnlyUse)
      return rewriter.notifyMatchFailure(op, "requires a zero point");
    Value zero = createZero(rewriter, op.getLoc());
    Value wide = createWide(rewriter, op.getLoc(), *quantized, op.getIn());
    Value packed = createPack(rewriter, op.getLoc(), quantized->isSigned, wide,
                              zero, zero);
    rewriter.modifyOpInPlace(op, [&] { op.getInMutable().assign(packed); });
    return success();
  }
};

/// fptosi(clamp(roundeven(x))) -> cvt.rni(clamp(x)): minima and maxima with
/// integers commute with rounding.
struct FuseRounding : OpRewritePattern<arith::FPToSIOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(arith::FPToSIOp op,
                                PatternRewriter &rewriter) const override {
    std::optional<Rounding> rounding = Rounding::match(op);
    if (!rounding)
      return rewriter.notifyMatchFailure(op, "requires a rounded operand");
    Location loc = op.getLoc();
    auto [operand, x, low, high] = *rounding;
    bool isConstant = !low.zero && !high.zero;
    auto isSigned = isConstant ? isSignedByte(low.limit, high.limit)
                               : std::optional<bool>();
    // Bounds keep a NaN, of which the conversion makes 0.
    if (!isConstant || low.limit > 0 || high.limit < 0)
      x = operand;
    StringRef type = !isSigned ? "s32" : *isSigned ? "sat.s8" : "sat.u8";
    if (!isSigned || low.limit != (*isSigned ? -128 : 0))
      x = arith::MaximumFOp::create(rewriter, loc, x, low.value);
    if (!isSigned)
      x = arith::MinimumFOp::create(rewriter, loc, x, high.value);
    rewriter.replaceOp(op, createConversion(rewriter, loc, type, x));
    return success();
  }
};

class CodegenNVVMFuseRoundingPass
    : public quantc::nvvm::impl::CodegenNVVMFuseRoundingPassBase<
          CodegenNVVMFuseRoundingPass> {
public:
  using Base::Base;

  void runOnOperation() override {
    // Whole vectors before their elements, bytes before the integers.
    applyInLaunches<PackBytes>();
    applyInLaunches<SaturateByte>();
    applyInLaunches<FuseRounding>();
  }

private:
  template <typename Pattern>
  void applyInLaunches() {
    RewritePatternSet set(&getContext());
    set.add<Pattern>(&getContext());
    FrozenRewritePatternSet patterns(std::move(set));
    getOperation().walk(
        [&](gpu::LaunchOp launch) { walkAndApplyPatterns(launch, patterns); });
  }
};

} // namespace
