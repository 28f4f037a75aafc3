//===- NeverNaN.cpp - values that no input makes NaN ----------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "NeverNaN.h"
#include "quantc/Dialect/QNN/IR/QNNOps.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace quantc::qnn;

static bool isNeverNaN(Value value, unsigned depth);

/// Whether all elements of a constant tensor are finite (and, for factors, not
/// zero).
static bool isFiniteConstant(Value value, bool allowZero) {
  DenseFPElementsAttr elements;
  if (!matchPattern(value, m_Constant(&elements)))
    return false;
  return llvm::all_of(elements, [&](const APFloat &element) {
    return element.isFinite() && (allowZero || !element.isZero());
  });
}

namespace {

/// The NaN analysis inside the body of an elementwise op.
struct ScalarNaNAnalysis {
  linalg::GenericOp op;
  unsigned depth;

  /// The operand behind a block argument.
  Value getOperand(BlockArgument arg) {
    return op->getOperand(arg.getArgNumber());
  }
  bool isFinite(Value value, bool allowZero) {
    APFloat constant(0.0f);
    if (matchPattern(value, m_ConstantFloat(&constant)))
      return constant.isFinite() && (allowZero || !constant.isZero());
    auto arg = dyn_cast<BlockArgument>(value);
    return arg && arg.getOwner() == op.getBlock() &&
           isFiniteConstant(getOperand(arg), allowZero);
  }
  bool isNeverNaN(Value value) {
    APFloat constant(0.0f);
    if (matchPattern(value, m_ConstantFloat(&constant)))
      return !constant.isNaN();
    if (auto arg = dyn_cast<BlockArgument>(value))
      return arg.getOwner() == op.getBlock() &&
             ::isNeverNaN(getOperand(arg), depth + 1);
    Operation *def = value.getDefiningOp();
    if (isa<arith::SIToFPOp, arith::UIToFPOp>(def))
      return true;
    if (def->getNumOperands() != 2)
      return false;
    Value a = def->getOperand(0), b = def->getOperand(1);
    if (isa<arith::MaximumFOp, arith::MinimumFOp, arith::MaxNumFOp,
            arith::MinNumFOp>(def))
      return isNeverNaN(a) && isNeverNaN(b);
    if (isa<arith::AddFOp, arith::SubFOp>(def))
      return (isNeverNaN(a) && isFinite(b, /*allowZero=*/true)) ||
             (isNeverNaN(b) && isFinite(a, /*allowZero=*/true));
    if (isa<arith::MulFOp>(def))
      return (isNeverNaN(a) && isFinite(b, /*allowZero=*/false)) ||
             (isNeverNaN(b) && isFinite(a, /*allowZero=*/false));
    return false;
  }
};

} // namespace

static bool isNeverNaN(Value value, unsigned depth) {
  constexpr unsigned maxDepth = 8;
  Operation *op = value.getDefiningOp();
  if (!op || depth > maxDepth)
    return false;
  if (auto dequantize = dyn_cast<DequantizeOp>(op)) {
    Type type = dequantize.getInput().getType().getElementType();
    return isa<IntegerType>(type) &&
           isFiniteConstant(dequantize.getScale(), /*allowZero=*/false);
  }
  if (auto fill = getFillValue(value))
    return true;
  if (isFiniteConstant(value, /*allowZero=*/true))
    return true;
  if (isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp,
          tensor::ExtractSliceOp, linalg::TransposeOp, linalg::BroadcastOp>(op))
    return isNeverNaN(op->getOperand(0), depth + 1);
  if (auto concat = dyn_cast<tensor::ConcatOp>(op))
    return llvm::all_of(concat.getInputs(), [&](Value input) {
      return isNeverNaN(input, depth + 1);
    });
  auto generic = dyn_cast<linalg::GenericOp>(op);
  if (!generic || generic.getNumReductionLoops() != 0 ||
      generic.getNumDpsInits() != 1)
    return false;
  auto yield = cast<linalg::YieldOp>(generic.getBlock()->getTerminator());
  return ScalarNaNAnalysis{generic, depth}.isNeverNaN(yield.getOperand(0));
}

bool quantc::qnn::isNeverNaN(Value value) { return ::isNeverNaN(value, 0); }

std::optional<float> quantc::qnn::getFillValue(Value value) {
  auto fill = value.getDefiningOp<linalg::FillOp>();
  APFloat scalar(0.0f);
  if (!fill || !matchPattern(fill.getInputs()[0], m_ConstantFloat(&scalar)) ||
      &scalar.getSemantics() != &APFloat::IEEEsingle() || scalar.isNaN())
    return std::nullopt;
  return scalar.convertToFloat();
}
