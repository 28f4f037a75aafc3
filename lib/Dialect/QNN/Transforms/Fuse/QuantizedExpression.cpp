//===- QuantizedExpression.cpp - sums of dequantized integers -------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "QuantizedExpression.h"
#include "Site/ConstantEvaluation.h"
#include "Site/LinalgBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include <cmath>

using namespace mlir;
using namespace quantc::qnn;

static bool isDequantizedInteger(DequantizeOp op) {
  return op && isa<IntegerType>(op.getInput().getType().getElementType()) &&
         op.getResult().getType().getElementType().isF32() &&
         op.getBlocks().empty();
}

/// Whether `op` is out = out + in over its reduction loops, from zero; further
/// inputs only give a window its shape.
static bool isSum(linalg::LinalgOp op) {
  if (!op || !op.hasPureTensorSemantics() || op.getNumDpsInits() != 1 ||
      op.getNumDpsInputs() < 1 || op.getNumReductionLoops() == 0 ||
      !isZeroFilled(op.getDpsInits()[0]))
    return false;
  Block *body = op.getBlock();
  auto yield = dyn_cast<linalg::YieldOp>(body->getTerminator());
  auto add = yield ? yield.getOperand(0).getDefiningOp<arith::AddFOp>()
                   : arith::AddFOp();
  if (!add)
    return false;
  Value in = body->getArgument(0), out = body->getArguments().back();
  return (add.getLhs() == in && add.getRhs() == out) ||
         (add.getLhs() == out && add.getRhs() == in);
}

/// Whether the sums of storage less its zero point fit an i32.
static bool sumsFit(linalg::LinalgOp sum, unsigned width) {
  int64_t limit = int64_t(1) << (31 - width), count = 1;
  for (auto [range, kind] : llvm::zip_equal(sum.getStaticLoopRanges(),
                                            sum.getIteratorTypesArray())) {
    if (kind != utils::IteratorType::reduction)
      continue;
    if (ShapedType::isDynamic(range) || range >= limit)
      return false;
    count *= range;
    if (count >= limit)
      return false;
  }
  return true;
}

/// The term that a tensor is, if it is one.
static std::optional<QuantizedTerm> matchTerm(Value value) {
  QuantizedTerm term;
  term.dequantize = value.getDefiningOp<DequantizeOp>();
  if (isDequantizedInteger(term.dequantize))
    return term;
  auto sum = value.getDefiningOp<linalg::LinalgOp>();
  if (!isSum(sum) || !value.hasOneUse())
    return std::nullopt;
  term.sum = sum;
  term.dequantize = sum.getDpsInputs()[0].getDefiningOp<DequantizeOp>();
  if (!isDequantizedInteger(term.dequantize) || term.isAccumulator() ||
      !term.dequantize.getAxes().empty() ||
      !sumsFit(sum, term.getIntegerType().getIntOrFloatBitWidth()))
    return std::nullopt;
  return term;
}

namespace {

/// Reads the body of an elementwise linalg.generic.
class BodyMatcher {
public:
  BodyMatcher(linalg::GenericOp op, QuantizedExpression &expression)
      : op(op), expression(expression) {}

  bool run() {
    auto yield = cast<linalg::YieldOp>(op.getBlock()->getTerminator());
    Value value = yield.getOperand(0);
    while (std::optional<Value> inner = matchBound(value))
      value = *inner;
    std::reverse(expression.bounds.begin(), expression.bounds.end());
    return matchSum(value, 1) && !expression.terms.empty();
  }

private:
  /// A scalar that is the same for all elements.
  std::optional<double> getConstant(Value value) {
    APFloat constant(0.0f);
    if (matchPattern(value, m_ConstantFloat(&constant)))
      return constant.convertToDouble();
    auto arg = dyn_cast<BlockArgument>(value);
    if (!arg || arg.getOwner() != op.getBlock())
      return std::nullopt;
    Value operand = op->getOperand(arg.getArgNumber());
    if (isZeroFilled(operand))
      return 0.0;
    DenseFPElementsAttr elements;
    if (matchPattern(operand, m_Constant(&elements)) && elements.isSplat())
      return elements.getSplatValue<APFloat>().convertToDouble();
    return std::nullopt;
  }

  /// Notes max(x, c) or min(x, c) and returns x.
  std::optional<Value> matchBound(Value value) {
    Operation *def = value.getDefiningOp();
    bool isLower = isa_and_nonnull<arith::MaximumFOp, arith::MaxNumFOp>(def);
    if (!isLower && !isa_and_nonnull<arith::MinimumFOp, arith::MinNumFOp>(def))
      return std::nullopt;
    for (unsigned i : {0, 1}) {
      std::optional<double> bound = getConstant(def->getOperand(1 - i));
      if (!bound || std::isnan(*bound))
        continue;
      expression.bounds.push_back({isLower, float(*bound)});
      return def->getOperand(i);
    }
    return std::nullopt;
  }

  /// Notes factor * value.
  bool matchSum(Value value, double factor) {
    if (!std::isfinite(factor) || factor == 0)
      return false;
    if (std::optional<double> constant = getConstant(value)) {
      expression.offsets.push_back({Value(), AffineMap(), factor * *constant});
      return std::isfinite(*constant);
    }
    if (auto arg = dyn_cast<BlockArgument>(value))
      return matchOperand(arg, factor);
    Operation *def = value.getDefiningOp();
    if (isa<arith::AddFOp, arith::SubFOp>(def))
      return matchSum(def->getOperand(0), factor) &&
             matchSum(def->getOperand(1),
                      isa<arith::SubFOp>(def) ? -factor : factor);
    if (isa<arith::DivFOp>(def)) {
      std::optional<double> divisor = getConstant(def->getOperand(1));
      return divisor && matchSum(def->getOperand(0), factor / *divisor);
    }
    if (isa<arith::MulFOp>(def))
      for (unsigned i : {0, 1})
        if (std::optional<double> other = getConstant(def->getOperand(1 - i)))
          return matchSum(def->getOperand(i), factor * *other);
    return false;
  }

  bool matchOperand(BlockArgument arg, double factor) {
    if (arg.getOwner() != op.getBlock())
      return false;
    OpOperand &operand = op->getOpOperand(arg.getArgNumber());
    if (!op.isDpsInput(&operand))
      return false;
    AffineMap map = op.getMatchingIndexingMap(&operand);
    if (std::optional<QuantizedTerm> term = matchTerm(operand.get())) {
      term->factor = factor;
      expression.terms.push_back(*term);
      return map.isIdentity();
    }
    expression.offsets.push_back({operand.get(), map, factor});
    return isEvaluable(operand.get()) && map.isProjectedPermutation();
  }

  linalg::GenericOp op;
  QuantizedExpression &expression;
};

} // namespace

std::optional<QuantizedExpression> QuantizedExpression::match(Value value) {
  QuantizedExpression expression;
  if (std::optional<QuantizedTerm> term = matchTerm(value)) {
    expression.terms.push_back(*term);
    return expression;
  }
  auto op = value.getDefiningOp<linalg::GenericOp>();
  if (!op || op.getNumParallelLoops() != op.getNumLoops() ||
      op->getNumResults() != 1 || op.hasIndexSemantics() ||
      !op.getIndexingMapsArray().back().isIdentity() ||
      !getElementTypeOrSelf(value.getType()).isF32() ||
      !llvm::all_of(value.getUsers(), llvm::IsaPred<QuantizeOp>) ||
      !BodyMatcher(op, expression).run())
    return std::nullopt;
  return expression;
}
