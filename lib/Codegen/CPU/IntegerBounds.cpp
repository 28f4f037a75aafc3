//===- IntegerBounds.cpp - what integers of tensors can be ----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "IntegerBounds.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>

using namespace mlir;
using namespace quantc::cpu;

/// Constants with more elements are not looked through.
static constexpr int64_t maxConstantElements = 1 << 16;

/// Producers further away are not looked at: the way back may fork.
static constexpr unsigned maxDepth = 8;

static IntegerBounds boundsOfType(Type type) {
  unsigned width = std::min(64u, type.getIntOrFloatBitWidth());
  int64_t half = int64_t(1) << (width - 1);
  return {-half, half - 1};
}

static IntegerBounds join(IntegerBounds a, IntegerBounds b) {
  return {std::min(a.min, b.min), std::max(a.max, b.max)};
}

namespace {

/// Follows values to where they are computed. Nothing means unknown.
class BoundsFinder {
public:
  std::optional<IntegerBounds> ofTensor(Value tensor);
  std::optional<IntegerBounds> ofScalar(Value scalar, linalg::LinalgOp op);

private:
  std::optional<IntegerBounds> ofConstant(DenseIntElementsAttr elements);
  std::optional<IntegerBounds> ofResult(linalg::LinalgOp op, unsigned number);
  std::optional<IntegerBounds> ofBinary(Operation *op, linalg::LinalgOp owner);
  /// Of what clamped floats are converted to.
  static std::optional<IntegerBounds> ofClamp(Value value);

  unsigned depth = 0;
};

} // namespace

std::optional<IntegerBounds>
BoundsFinder::ofConstant(DenseIntElementsAttr elements) {
  if (elements.getNumElements() == 0 ||
      elements.getNumElements() > maxConstantElements)
    return std::nullopt;
  IntegerBounds bounds = {INT64_MAX, INT64_MIN};
  for (const APInt &value : elements.getValues<APInt>())
    bounds = join(bounds, {value.getSExtValue(), value.getSExtValue()});
  return bounds;
}

std::optional<IntegerBounds> BoundsFinder::ofClamp(Value value) {
  APFloat low(0.0), high(0.0);
  auto outer = value.getDefiningOp();
  if (!isa_and_nonnull<arith::MinimumFOp, arith::MaximumFOp>(outer))
    return std::nullopt;
  Operation *inner = outer->getOperand(0).getDefiningOp();
  bool isLowest = isa<arith::MinimumFOp>(outer);
  if (!(isLowest ? isa_and_nonnull<arith::MaximumFOp>(inner)
                 : isa_and_nonnull<arith::MinimumFOp>(inner)) ||
      !matchPattern(inner->getOperand(1),
                    m_ConstantFloat(isLowest ? &low : &high)) ||
      !matchPattern(outer->getOperand(1),
                    m_ConstantFloat(isLowest ? &high : &low)))
    return std::nullopt;
  double least = std::floor(low.convertToDouble()),
         most = std::ceil(high.convertToDouble());
  // A NaN is poison after the conversion, which may be taken for any integer.
  if (!(std::fabs(least) < 0x1p31) || !(std::fabs(most) < 0x1p31))
    return std::nullopt;
  return IntegerBounds{int64_t(least), int64_t(std::max(least, most))};
}

std::optional<IntegerBounds> BoundsFinder::ofBinary(Operation *op,
                                                    linalg::LinalgOp owner) {
  auto lhs = ofScalar(op->getOperand(0), owner),
       rhs = ofScalar(op->getOperand(1), owner);
  if (!lhs || !rhs)
    return std::nullopt;
  auto bounds =
      llvm::TypeSwitch<Operation *, std::optional<IntegerBounds>>(op)
          .Case([&](arith::AddIOp) {
            return IntegerBounds{lhs->min + rhs->min, lhs->max + rhs->max};
          })
          .Case([&](arith::SubIOp) {
            return IntegerBounds{lhs->min - rhs->max, lhs->max - rhs->min};
          })
          .Case([&](arith::MulIOp) {
            auto [least, most] =
                std::minmax({lhs->min * rhs->min, lhs->min * rhs->max,
                             lhs->max * rhs->min, lhs->max * rhs->max});
            return IntegerBounds{least, most};
          })
          .Case([&](arith::MaxSIOp) {
            return IntegerBounds{std::max(lhs->min, rhs->min),
                                 std::max(lhs->max, rhs->max)};
          })
          .Case([&](arith::MinSIOp) {
            return IntegerBounds{std::min(lhs->min, rhs->min),
                                 std::min(lhs->max, rhs->max)};
          })
          .Default([](Operation *) { return std::nullopt; });
  // Beyond the type the result wraps around.
  return bounds && bounds->isWithin(boundsOfType(op->getResult(0).getType()))
             ? bounds
             : std::nullopt;
}

std::optional<IntegerBounds> BoundsFinder::ofScalar(Value scalar,
                                                    linalg::LinalgOp op) {
  Type type = scalar.getType();
  if (!type.isSignlessInteger() || type.getIntOrFloatBitWidth() > 32)
    return std::nullopt;
  APInt constant;
  std::optional<IntegerBounds> found;
  if (matchPattern(scalar, m_ConstantInt(&constant))) {
    found = IntegerBounds{constant.getSExtValue(), constant.getSExtValue()};
  } else if (auto arg = dyn_cast<BlockArgument>(scalar)) {
    if (arg.getOwner() == op.getBlock() &&
        arg.getArgNumber() < op.getNumDpsInputs())
      found = ofTensor(op->getOperand(arg.getArgNumber()));
  } else if (auto extend = scalar.getDefiningOp<arith::ExtSIOp>()) {
    found = ofScalar(extend.getIn(), op);
  } else if (auto extend = scalar.getDefiningOp<arith::ExtUIOp>()) {
    found = ofScalar(extend.getIn(), op);
    unsigned width = extend.getIn().getType().getIntOrFloatBitWidth();
    if (!found || found->min < 0)
      found = IntegerBounds{0, (int64_t(1) << width) - 1};
  } else if (auto truncate = scalar.getDefiningOp<arith::TruncIOp>()) {
    found = ofScalar(truncate.getIn(), op);
  } else if (auto convert = scalar.getDefiningOp<arith::FPToSIOp>()) {
    found = ofClamp(convert.getIn());
  } else if (auto select = scalar.getDefiningOp<arith::SelectOp>()) {
    auto yes = ofScalar(select.getTrueValue(), op),
         no = ofScalar(select.getFalseValue(), op);
    if (yes && no)
      found = join(*yes, *no);
  } else if (Operation *def = scalar.getDefiningOp();
             def && def->getNumOperands() == 2) {
    found = ofBinary(def, op);
  }
  IntegerBounds all = boundsOfType(type);
  if (found && found->isWithin(all))
    return found;
  return type.getIntOrFloatBitWidth() < 32 ? std::optional(all) : std::nullopt;
}

/// The product of the sizes of all reduction loops, if it is known.
static std::optional<int64_t> countAddends(linalg::LinalgOp op) {
  int64_t count = 1;
  for (auto [size, kind] :
       llvm::zip_equal(op.getStaticLoopRanges(), op.getIteratorTypesArray())) {
    if (kind != utils::IteratorType::reduction)
      continue;
    if (ShapedType::isDynamic(size) ||
        size > INT32_MAX / std::max(count, int64_t(1)))
      return std::nullopt;
    count *= size;
  }
  return count;
}

std::optional<IntegerBounds> BoundsFinder::ofResult(linalg::LinalgOp op,
                                                    unsigned number) {
  OpOperand *init = op.getDpsInitOperand(number);
  BlockArgument out = op.getMatchingBlockArgument(init);
  Value yielded = op.getBlock()->getTerminator()->getOperand(number);
  if (out.use_empty())
    return ofScalar(yielded, op);
  // A sum: the initial value and a number of addends.
  auto add = yielded.getDefiningOp<arith::AddIOp>();
  std::optional<int64_t> count = countAddends(op);
  if (!add || !out.hasOneUse() || !count)
    return std::nullopt;
  Value addend = add.getLhs() == out   ? add.getRhs()
                 : add.getRhs() == out ? add.getLhs()
                                       : Value();
  auto start = ofTensor(init->get()),
       each = addend ? ofScalar(addend, op) : std::nullopt;
  if (!start || !each)
    return std::nullopt;
  IntegerBounds bounds = {start->min + std::min<int64_t>(0, *count * each->min),
                          start->max +
                              std::max<int64_t>(0, *count * each->max)};
  return bounds.isWithin(boundsOfType(out.getType())) ? std::optional(bounds)
                                                      : std::nullopt;
}

std::optional<IntegerBounds> BoundsFinder::ofTensor(Value tensor) {
  Type type = getElementTypeOrSelf(tensor.getType());
  if (!type.isSignlessInteger() || type.getIntOrFloatBitWidth() > 32)
    return std::nullopt;
  std::optional<IntegerBounds> found;
  DenseIntElementsAttr elements;
  APInt constant;
  Operation *def = tensor.getDefiningOp();
  if (matchPattern(tensor, m_Constant(&elements))) {
    found = ofConstant(elements);
  } else if (def && depth < maxDepth) {
    ++depth;
    if (auto pad = dyn_cast<tensor::PadOp>(def)) {
      auto inner = ofTensor(pad.getSource());
      Value padding = pad.getConstantPaddingValue();
      if (inner && padding && matchPattern(padding, m_ConstantInt(&constant)))
        found =
            join(*inner, {constant.getSExtValue(), constant.getSExtValue()});
    } else if (isa<tensor::CollapseShapeOp, tensor::ExpandShapeOp,
                   tensor::ExtractSliceOp, tensor::CastOp>(def)) {
      found = ofTensor(def->getOperand(0));
    } else if (auto fill = dyn_cast<linalg::FillOp>(def)) {
      if (matchPattern(fill.value(), m_ConstantInt(&constant)))
        found = IntegerBounds{constant.getSExtValue(), constant.getSExtValue()};
    } else if (auto op = dyn_cast<linalg::LinalgOp>(def)) {
      if (op.hasPureTensorSemantics())
        found = ofResult(op, cast<OpResult>(tensor).getResultNumber());
    }
    --depth;
  }
  IntegerBounds all = boundsOfType(type);
  if (found && found->isWithin(all))
    return found;
  return type.getIntOrFloatBitWidth() < 32 ? std::optional(all) : std::nullopt;
}

IntegerBounds quantc::cpu::boundElements(Value tensor) {
  return BoundsFinder().ofTensor(tensor).value_or(
      boundsOfType(getElementTypeOrSelf(tensor.getType())));
}

IntegerBounds quantc::cpu::boundScalar(Value scalar, linalg::LinalgOp op) {
  return BoundsFinder()
      .ofScalar(scalar, op)
      .value_or(boundsOfType(scalar.getType()));
}
