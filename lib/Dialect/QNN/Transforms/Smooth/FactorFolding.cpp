//===- FactorFolding.cpp - factors into what computes a tensor ------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FactorFolding.h"
#include "Site/LinalgBuilder.h"
#include "SmoothStatistics.h"
#include "quantc/Dialect/QNN/Transforms/ConstantView.h"
#include "quantc/Dialect/QNN/Transforms/Groups.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::qnn;

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

bool FactorFolding::refuse(Operation *op, const Twine &reason) {
  // The first refusal is the one nearest to the value.
  if (obstacle.empty()) {
    obstacle = (describeReader(op) + " " + reason).str();
    obstacleLoc = op->getLoc();
  }
  return false;
}

void FactorFolding::backtrack(const Mark &mark) {
  steps.truncate(mark.numSteps);
  observers.truncate(mark.numObservers);
}

void FactorFolding::forgive(const Mark &mark) {
  if (!mark.hadObstacle)
    obstacle.clear();
}

/// Zeros stay what they are whatever they are multiplied by.
static bool isZero(Value value) {
  if (!value)
    return false;
  if (auto fill = value.getDefiningOp<linalg::FillOp>())
    return matchPattern(fill.getInputs()[0], m_AnyZeroFloat());
  return matchPattern(value, m_AnyZeroFloat());
}

bool FactorFolding::plan(Value value, int64_t dim) {
  if (isa<BlockArgument>(value)) {
    obstacle = "reads an input of the model";
    obstacleLoc = value.getLoc();
    return false;
  }
  return planDefinition(value, FactorLayout::along(dim));
}

/// Whether two slices of one tensor have no element in common.
static bool areDisjoint(Operation *a, Operation *b) {
  auto first = dyn_cast<tensor::ExtractSliceOp>(a);
  auto second = dyn_cast<tensor::ExtractSliceOp>(b);
  if (!first || !second)
    return false;
  for (unsigned dim = 0; dim < first.getSourceType().getRank(); ++dim) {
    std::array<int64_t, 2> begin, size;
    for (auto [i, slice] : llvm::enumerate(std::array{first, second})) {
      begin[i] = slice.getStaticOffset(dim);
      size[i] = slice.getStaticSize(dim);
      if (ShapedType::isDynamic(begin[i]) || ShapedType::isDynamic(size[i]) ||
          slice.getStaticStride(dim) != 1)
        return false;
    }
    if (begin[0] + size[0] <= begin[1] || begin[1] + size[1] <= begin[0])
      return true;
  }
  return false;
}

/// A reader of what `operand` reads that would see the factors, or null.
static Operation *findOtherReader(OpOperand &operand) {
  for (OpOperand &use : operand.get().getUses())
    if (&use != &operand && !areDisjoint(use.getOwner(), operand.getOwner()))
      return use.getOwner();
  return nullptr;
}

bool FactorFolding::planOperand(OpOperand &operand,
                                const FactorLayout &layout) {
  Value value = operand.get();
  if (isZero(value))
    return true;
  if (!getElementTypeOrSelf(value).isF32())
    return refuse(operand.getOwner(), "does not compute in f32");
  // A parameter is multiplied for this reader alone, as near to its source as
  // possible: what is computed from parameters can also be multiplied at its
  // end.
  bool isParameter = isConstantValue(value) &&
                     (isMultipliedNow(value) || layout.isAlongOneDimension());
  if (isParameter && !value.getDefiningOp<linalg::LinalgOp>()) {
    steps.push_back({&operand, layout});
    return true;
  }
  Mark start = mark();
  bool planned = false;
  if (isa<BlockArgument>(value))
    refuse(operand.getOwner(), "reads an input of the model");
  else if (Operation *other = findOtherReader(operand))
    refuse(other, "reads it too");
  else
    planned = planDefinition(value, layout);
  if (planned || !isParameter)
    return planned;
  backtrack(start);
  forgive(start);
  steps.push_back({&operand, layout});
  return true;
}

bool FactorFolding::planDefinition(Value value, const FactorLayout &layout) {
  auto result = cast<OpResult>(value);
  Operation *op = result.getOwner();
  if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op))
    return planLinalg(linalgOp, result.getResultNumber(), layout);
  if (isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(op))
    return planReshape(op, layout);
  if (auto pad = dyn_cast<tensor::PadOp>(op);
      pad && isZero(pad.getConstantPaddingValue()))
    return planOperand(pad.getSourceMutable(), layout);
  if (auto slice = dyn_cast<tensor::ExtractSliceOp>(op))
    return planSlice(slice, layout);
  if (auto observer = dyn_cast<ObserveOp>(op)) {
    if (keepStatistics && !followsStatistics(observer, layout))
      return refuse(op, "would lose its statistics");
    observers.push_back({observer, layout});
    return planOperand(observer.getInputMutable(), layout);
  }
  return refuse(op, "takes no factors in");
}

/// Of a slice's source, only the slice is multiplied.
bool FactorFolding::planSlice(tensor::ExtractSliceOp op,
                              const FactorLayout &layout) {
  if (op.getSourceType().getRank() != op.getType().getRank())
    return refuse(op, "drops dimensions");
  FactorLayout above = layout.withoutTerms();
  for (FactorLayout::Term term : layout.getTerms()) {
    int64_t begin = op.getStaticOffset(term.dim);
    int64_t size = op.getStaticSize(term.dim);
    if (ShapedType::isDynamic(begin) || ShapedType::isDynamic(size) ||
        op.getStaticStride(term.dim) != 1)
      return refuse(op, "takes channels that are not known");
    if (size != op.getSourceType().getDimSize(term.dim) && !term.size)
      term.size = size;
    term.begin += begin;
    above.add(term);
  }
  return planOperand(op.getSourceMutable(), above);
}

/// A reshape upwards: a dimension that it merged is taken apart again; what it
/// split has to be factors' alone.
bool FactorFolding::planReshape(Operation *op, const FactorLayout &layout) {
  auto source = cast<RankedTensorType>(op->getOperand(0).getType());
  auto result = cast<RankedTensorType>(op->getResult(0).getType());
  if (!source.hasStaticShape() || !result.hasStaticShape())
    return refuse(op, "has a size that is not known");
  FactorLayout above = layout.withoutTerms();
  if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op)) {
    SmallVector<ReassociationIndices> groups =
        collapse.getReassociationIndices();
    for (const FactorLayout::Term &term : layout.getTerms()) {
      ArrayRef<int64_t> group = groups[term.dim];
      if (term.isWhole())
        above.addSplit(term.stride, group, source.getShape());
      else if (group.size() == 1)
        above.add({group.front(), term.stride, term.begin, term.size});
      else
        return refuse(op, "splits or merges the channels");
    }
    return planOperand(op->getOpOperand(0), above);
  }
  auto expand = cast<tensor::ExpandShapeOp>(op);
  for (auto [dim, group] : llvm::enumerate(expand.getReassociationIndices())) {
    // All of the group's indices have to count the factors like its one
    // dimension does, or none.
    std::optional<FactorLayout::Term> innermost;
    int64_t expected = 0, numTerms = 0, numParts = 0;
    for (int64_t part : llvm::reverse(group)) {
      int64_t size = result.getDimSize(part);
      if (size == 1)
        continue;
      ++numParts;
      if (const FactorLayout::Term *term = layout.lookup(part)) {
        if (!innermost) {
          innermost = *term;
          expected = term->stride;
        }
        numTerms += term->stride == expected && term->isWhole();
      }
      expected *= size;
    }
    if (!innermost)
      continue;
    if (numParts == 1)
      above.add(
          {int64_t(dim), innermost->stride, innermost->begin, innermost->size});
    else if (numTerms == numParts)
      above.add({int64_t(dim), innermost->stride});
    else
      return refuse(op, "splits or merges the channels");
  }
  return planOperand(op->getOpOperand(0), above);
}

bool FactorFolding::planLinalg(linalg::LinalgOp op, unsigned result,
                               const FactorLayout &layout) {
  if (!op.hasPureTensorSemantics())
    return refuse(op, "takes no factors in");
  AffineMap map = op.getIndexingMapMatchingResult(op->getResult(result));
  FactorLayout loops = layout.withoutTerms();
  for (FactorLayout::Term term : layout.getTerms()) {
    auto loop = dyn_cast<AffineDimExpr>(map.getResult(term.dim));
    if (!loop || op.getIteratorTypesArray()[loop.getPosition()] !=
                     utils::IteratorType::parallel)
      return refuse(op, "does not run along the channels");
    term.dim = loop.getPosition();
    loops.add(term);
  }
  Operation *yield = op.getBlock()->getTerminator();
  return planScalar(yield->getOperand(result), op, loops);
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

/// How factors along the loops of `op` lie along one of its operands. Where it
/// does not vary along such a loop, an activation may share factors: heads of
/// values that several query heads read. Nothing where it cannot; the channels
/// of a head, whose factors lie side by side, keep their own.
static std::optional<FactorLayout>
getLayout(OpOperand &operand, linalg::LinalgOp op, const FactorLayout &loops) {
  AffineMap map = op.getMatchingIndexingMap(&operand);
  SmallVector<int64_t> sizes = op.getStaticLoopRanges();
  auto getDim = [&](const FactorLayout::Term &term) {
    return map.getResultPosition(getAffineDimExpr(term.dim, op->getContext()));
  };
  FactorLayout shared = loops;
  for (const FactorLayout::Term &term : loops.getTerms())
    if (!getDim(term) && (isConstantValue(operand.get()) || term.stride == 1 ||
                          !shared.share(term.dim, sizes[term.dim])))
      return std::nullopt;
  FactorLayout layout = shared.withoutTerms();
  for (FactorLayout::Term term : shared.getTerms()) {
    term.dim = *getDim(term);
    layout.add(term);
  }
  return layout;
}

/// The order in which the operands of a product are tried: a parameter, an
/// activation, an activation whose factors are shared. Nothing where the value
/// is an operand that takes no factors in.
static std::optional<unsigned> rankFactor(Value scalar, linalg::LinalgOp op,
                                          const FactorLayout &loops) {
  auto argument = dyn_cast<BlockArgument>(scalar);
  if (!argument || argument.getOwner() != op.getBlock())
    return 1;
  OpOperand &operand = *op.getMatchingOpOperand(argument);
  std::optional<FactorLayout> layout = getLayout(operand, op, loops);
  if (!layout)
    return std::nullopt;
  if (layout->getNumSharing() > loops.getNumSharing())
    return 2;
  return isConstantValue(operand.get()) ? 0 : 1;
}

/// The parameter that a body's value is computed from, with constants and
/// nothing else, and that the body reads for nothing else: gamma of 1 + gamma.
/// Null where there is no such parameter.
static OpOperand *findOnlyParameter(Value scalar, linalg::LinalgOp op) {
  OpOperand *parameter = nullptr;
  SmallVector<Value> worklist = {scalar};
  while (!worklist.empty()) {
    Value value = worklist.pop_back_val();
    if (matchPattern(value, m_Constant()))
      continue;
    if (!value.hasOneUse())
      return nullptr;
    if (isParameter(value, op)) {
      if (parameter)
        return nullptr;
      parameter = op.getMatchingOpOperand(cast<BlockArgument>(value));
      continue;
    }
    Operation *def = value.getDefiningOp();
    if (!def || def->getBlock() != op.getBlock() || def->getNumRegions() > 0)
      return nullptr;
    llvm::append_range(worklist, def->getOperands());
  }
  return parameter;
}

/// Computes what the body computes from the parameter, for all of its elements.
static linalg::GenericOp computeExpression(Value scalar, OpOperand &parameter) {
  auto op = cast<linalg::LinalgOp>(parameter.getOwner());
  BlockArgument argument = op.getMatchingBlockArgument(&parameter);
  OpBuilder builder(op);
  Value value = parameter.get();
  return createElementwise(
      builder, op.getLoc(), tensor::getMixedSizes(builder, op.getLoc(), value),
      scalar.getType(), {value},
      {builder.getMultiDimIdentityMap(
          cast<RankedTensorType>(value.getType()).getRank())},
      [&](OpBuilder &body, Location loc, ValueRange args) -> Value {
        IRMapping mapping;
        mapping.map(argument, args[0]);
        for (Operation &inner : op.getBlock()->without_terminator())
          if (llvm::all_of(inner.getOperands(), [&](Value operand) {
                return mapping.contains(operand) ||
                       matchPattern(operand, m_Constant());
              }))
            body.clone(inner, mapping);
        return mapping.lookup(scalar);
      });
}

static void eraseExpression(linalg::GenericOp computed) {
  Operation *empty = computed.getDpsInits()[0].getDefiningOp();
  computed.erase();
  empty->erase();
}

bool FactorFolding::planExpression(Value scalar, linalg::LinalgOp op,
                                   const FactorLayout &loops) {
  OpOperand *parameter = findOnlyParameter(scalar, op);
  if (!parameter || !scalar.getType().isF32())
    return false;
  std::optional<FactorLayout> layout = getLayout(*parameter, op, loops);
  if (!layout || !isMultipliedNow(parameter->get()))
    return false;
  linalg::GenericOp computed = computeExpression(scalar, *parameter);
  bool isKnown = isMultipliedNow(computed.getResult(0));
  eraseExpression(computed);
  if (isKnown)
    steps.push_back({parameter, *layout, scalar});
  return isKnown;
}

bool FactorFolding::planScalar(Value scalar, linalg::LinalgOp op,
                               const FactorLayout &loops) {
  if (matchPattern(scalar, m_AnyZeroFloat()))
    return true;
  if (!scalar.hasOneUse())
    return refuse(op, "uses it in more than one place");
  if (auto argument = dyn_cast<BlockArgument>(scalar))
    return planBlockArgument(argument, op, loops);
  if (planExpression(scalar, op, loops))
    return true;
  Operation *def = scalar.getDefiningOp();
  auto planOperand = [&](unsigned operand) {
    return planScalar(def->getOperand(operand), op, loops);
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
    // What is the same for some channels takes their factors in only where
    // heads share them, which is the last resort.
    SmallVector<unsigned, 2> candidates;
    for (unsigned rank : {0, 1, 2})
      for (unsigned operand : {0, 1})
        if (rankFactor(def->getOperand(operand), op, loops) == rank)
          candidates.push_back(operand);
    if (candidates.empty())
      return refuse(op, "has an operand that is shared between channels");
    Mark start = mark();
    for (unsigned operand : candidates) {
      backtrack(start);
      if (!planOperand(operand))
        continue;
      forgive(start);
      return true;
    }
    return false;
  }
  return refuse(op, "computes " + def->getName().getStringRef() +
                        ", which is not linear");
}

bool FactorFolding::planBlockArgument(BlockArgument argument,
                                      linalg::LinalgOp op,
                                      const FactorLayout &loops) {
  if (argument.getOwner() != op.getBlock())
    return refuse(op, "reads a value from outside");
  OpOperand *operand = op.getMatchingOpOperand(argument);
  if (isZero(operand->get()))
    return true;
  std::optional<FactorLayout> layout = getLayout(*operand, op, loops);
  if (!layout)
    return refuse(op, "has an operand that is shared between channels");
  return planOperand(*operand, *layout);
}

//===----------------------------------------------------------------------===//
// Doing it
//===----------------------------------------------------------------------===//

void FactorFolding::apply(ArrayRef<float> factors) {
  for (const Step &step : steps) {
    auto *owner = step.operand->getOwner();
    OpBuilder builder(owner);
    linalg::GenericOp computed;
    Value value = step.operand->get();
    if (step.expression) {
      computed = computeExpression(step.expression, *step.operand);
      value = computed.getResult(0);
    }
    step.operand->set(
        multiply(builder, owner->getLoc(), value, step.layout, factors));
    if (!step.expression)
      continue;
    // The parameter holds what the body computed from it.
    eraseExpression(computed);
    Value(step.expression)
        .replaceAllUsesWith(
            cast<linalg::LinalgOp>(owner).getMatchingBlockArgument(
                step.operand));
  }
  for (auto &[observer, layout] : observers)
    rescaleStatistics(observer, layout, factors);
}

void FactorFolding::shareMaxima(MutableArrayRef<float> values) const {
  // One round is enough but where parameters share along different heads.
  bool changed = true;
  while (std::exchange(changed, false))
    for (const Step &step : steps)
      changed |= step.layout.shareMaxima(values);
}

int64_t FactorFolding::getNumSharing() const {
  int64_t most = 1;
  for (const Step &step : steps)
    most = std::max(most, step.layout.getNumSharing());
  return most;
}

SmallVector<Value> FactorFolding::getParameters() const {
  llvm::SetVector<Value> parameters;
  for (const Step &step : steps)
    parameters.insert(step.operand->get());
  return parameters.takeVector();
}
