//===- FactorFolding.cpp - factors into what computes a tensor ------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FactorFolding.h"
#include "quantc/Dialect/QNN/Transforms/ConstantView.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::qnn;

//===----------------------------------------------------------------------===//
// Multiplication
//===----------------------------------------------------------------------===//

/// The constant times the factors, or null where it has no f32 elements in
/// memory.
static Value multiplyConstant(OpBuilder &builder, Location loc, Value value,
                              int64_t dim, ArrayRef<float> factors) {
  auto type = cast<RankedTensorType>(value.getType());
  std::optional<ConstantTensor> tensor = getConstantTensor(value);
  if (!tensor || !type.getElementType().isF32())
    return nullptr;
  ArrayRef<float> source = tensor->getAs<float>();
  StringRef name;
  if (auto constant = value.getDefiningOp<arith::ConstantOp>())
    name = getResourceName(constant.getValue());
  int64_t inner =
      ShapedType::getNumElements(type.getShape().drop_front(dim + 1));
  return createConstantTensor(
      builder, loc, type, name.empty() ? "smooth" : name,
      [&](MutableArrayRef<char> bytes) {
        auto *target = reinterpret_cast<float *>(bytes.data());
        parallelForRange(builder.getContext(), source.size(), /*grain=*/1 << 16,
                         [&](int64_t begin, int64_t end) {
                           for (int64_t i = begin; i < end; ++i)
                             target[i] = source[i] *
                                         factors[i / inner % factors.size()];
                         });
      });
}

Value quantc::qnn::multiplyAlong(OpBuilder &builder, Location loc, Value value,
                                 int64_t dim, ArrayRef<float> factors) {
  if (Value constant = multiplyConstant(builder, loc, value, dim, factors))
    return constant;
  auto type = cast<RankedTensorType>(value.getType());
  auto factorType = RankedTensorType::get(factors.size(), builder.getF32Type());
  Value factor = createConstantTensor(
      builder, loc, factorType, "smooth", [&](MutableArrayRef<char> bytes) {
        std::memcpy(bytes.data(), factors.data(),
                    factors.size() * sizeof(float));
      });
  Value empty = tensor::EmptyOp::create(builder, loc, type.getShape(),
                                        type.getElementType());
  AffineMap identity = builder.getMultiDimIdentityMap(type.getRank());
  AffineMap along =
      AffineMap::get(type.getRank(), 0, builder.getAffineDimExpr(dim));
  SmallVector<utils::IteratorType> parallel(type.getRank(),
                                            utils::IteratorType::parallel);
  return linalg::GenericOp::create(
             builder, loc, type, ValueRange{value, factor}, empty,
             ArrayRef<AffineMap>{identity, along, identity}, parallel,
             [](OpBuilder &body, Location loc, ValueRange args) {
               Value product =
                   arith::MulFOp::create(body, loc, args[0], args[1]);
               linalg::YieldOp::create(body, loc, product);
             })
      .getResult(0);
}

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

bool FactorFolding::refuse(Operation *op, const Twine &reason) {
  // The first refusal is the one nearest to the value.
  if (obstacle.empty()) {
    obstacle = (op->getName().getStringRef() + " " + reason).str();
    obstacleLoc = op->getLoc();
  }
  return false;
}

/// Zeros stay what they are whatever they are multiplied by.
static bool isZero(Value value) {
  if (!value)
    return false;
  if (auto fill = value.getDefiningOp<linalg::FillOp>())
    return matchPattern(fill.getInputs()[0], m_AnyZeroFloat());
  return matchPattern(value, m_AnyZeroFloat());
}

bool FactorFolding::plan(OpOperand &operand, int64_t dim) {
  Value value = operand.get();
  if (isZero(value))
    return true;
  if (!getElementTypeOrSelf(value).isF32())
    return refuse(operand.getOwner(), "does not compute in f32");
  // A parameter is multiplied for this reader alone.
  bool isConstant = isConstantValue(value);
  if (isConstant &&
      (getConstantTensor(value) || !value.getDefiningOp<linalg::LinalgOp>())) {
    steps.push_back({&operand, dim});
    return true;
  }
  for (OpOperand &use : value.getUses())
    if (&use != &operand)
      return refuse(use.getOwner(), "reads it too");
  auto result = dyn_cast<OpResult>(value);
  if (!result)
    return refuse(operand.getOwner(), "reads an input of the model");
  Operation *op = result.getOwner();
  size_t before = steps.size();
  bool planned = false;
  if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op))
    planned = planLinalg(linalgOp, result.getResultNumber(), dim);
  else if (isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(op))
    planned = planReshape(op, dim);
  else if (auto pad = dyn_cast<tensor::PadOp>(op);
           pad && isZero(pad.getConstantPaddingValue()))
    planned = plan(pad.getSourceMutable(), dim);
  else
    refuse(op, "takes no factors in");
  if (planned || !isConstant)
    return planned;
  // What is computed from parameters alone can be multiplied at its end.
  steps.truncate(before);
  obstacle.clear();
  steps.push_back({&operand, dim});
  return true;
}

/// A reshape keeps the dimension if it is neither split nor merged.
bool FactorFolding::planReshape(Operation *op, int64_t dim) {
  bool isExpand = isa<tensor::ExpandShapeOp>(op);
  SmallVector<ReassociationIndices> groups =
      isExpand ? cast<tensor::ExpandShapeOp>(op).getReassociationIndices()
               : cast<tensor::CollapseShapeOp>(op).getReassociationIndices();
  auto source = cast<RankedTensorType>(op->getOperand(0).getType());
  auto result = cast<RankedTensorType>(op->getResult(0).getType());
  int64_t size = factors.size();
  for (auto [collapsed, group] : llvm::enumerate(groups))
    for (int64_t expanded : group) {
      int64_t here = isExpand ? expanded : int64_t(collapsed);
      int64_t there = isExpand ? int64_t(collapsed) : expanded;
      if (here == dim && result.getDimSize(here) == size &&
          source.getDimSize(there) == size)
        return plan(op->getOpOperand(0), there);
    }
  return refuse(op, "splits or merges the channels");
}

bool FactorFolding::planLinalg(linalg::LinalgOp op, unsigned result,
                               int64_t dim) {
  if (!op.hasPureTensorSemantics())
    return refuse(op, "takes no factors in");
  AffineMap map = op.getIndexingMapMatchingResult(op->getResult(result));
  auto loop = dyn_cast<AffineDimExpr>(map.getResult(dim));
  if (!loop || op.getIteratorTypesArray()[loop.getPosition()] !=
                   utils::IteratorType::parallel)
    return refuse(op, "does not run along the channels");
  Operation *yield = op.getBlock()->getTerminator();
  return planScalar(yield->getOperand(result), op, loop.getPosition());
}

//===----------------------------------------------------------------------===//
// Scalars
//===----------------------------------------------------------------------===//

/// Whether a body's value depends on parameters alone.
static bool isParameter(Value scalar, linalg::LinalgOp op) {
  auto argument = dyn_cast<BlockArgument>(scalar);
  return argument && argument.getOwner() == op.getBlock() &&
         isConstantValue(op.getMatchingOpOperand(argument)->get());
}

bool FactorFolding::planScalar(Value scalar, linalg::LinalgOp op,
                               unsigned loop) {
  if (matchPattern(scalar, m_AnyZeroFloat()))
    return true;
  if (!scalar.hasOneUse())
    return refuse(op, "uses it in more than one place");
  if (auto argument = dyn_cast<BlockArgument>(scalar))
    return planBlockArgument(argument, op, loop);
  Operation *def = scalar.getDefiningOp();
  auto planOperand = [&](unsigned operand) {
    return planScalar(def->getOperand(operand), op, loop);
  };
  if (isa<arith::NegFOp, arith::ExtFOp, arith::TruncFOp, arith::DivFOp>(def))
    return planOperand(0);
  // All factors are positive, so they keep the order.
  if (isa<arith::AddFOp, arith::SubFOp, arith::MaximumFOp, arith::MinimumFOp,
          arith::MaxNumFOp, arith::MinNumFOp>(def))
    return planOperand(0) && planOperand(1);
  if (isa<arith::SelectOp>(def))
    return planOperand(1) && planOperand(2);
  if (isa<arith::MulFOp>(def)) {
    unsigned first = isParameter(def->getOperand(1), op) ? 1 : 0;
    size_t before = steps.size();
    if (planOperand(first))
      return true;
    steps.truncate(before);
    if (!planOperand(1 - first))
      return false;
    obstacle.clear();
    return true;
  }
  return refuse(op, "computes " + def->getName().getStringRef() +
                        ", which is not linear");
}

bool FactorFolding::planBlockArgument(BlockArgument argument,
                                      linalg::LinalgOp op, unsigned loop) {
  if (argument.getOwner() != op.getBlock())
    return refuse(op, "reads a value from outside");
  OpOperand *operand = op.getMatchingOpOperand(argument);
  AffineMap map = op.getMatchingIndexingMap(operand);
  if (isZero(operand->get()))
    return true;
  AffineExpr expr = getAffineDimExpr(loop, op->getContext());
  std::optional<unsigned> dim = map.getResultPosition(expr);
  if (!dim)
    return refuse(op, "has an operand that is shared between channels");
  return plan(*operand, *dim);
}

void FactorFolding::apply() {
  for (const Step &step : steps) {
    OpBuilder builder(step.operand->getOwner());
    step.operand->set(multiplyAlong(builder, step.operand->getOwner()->getLoc(),
                                    step.operand->get(), step.dim, factors));
  }
}
