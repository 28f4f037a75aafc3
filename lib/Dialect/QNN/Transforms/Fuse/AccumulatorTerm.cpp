//===- AccumulatorTerm.cpp - integers added to an accumulator -------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AccumulatorTerm.h"
#include "Lower/Terms.h"
#include "Site/ConstantEvaluation.h"
#include "Site/LinalgBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace quantc::qnn;

/// Tables up to this size are worth their memory whatever their shape.
static constexpr int64_t maxTableElements = 4096;

StringRef AccumulatorTermUse::getName() const {
  Operation *operation = linalg::GenericOp(op);
  auto name = operation->getAttrOfType<StringAttr>(kTermAttrName);
  return name ? name.getValue() : StringRef(kConstantTerm);
}

//===----------------------------------------------------------------------===//
// Matching
//===----------------------------------------------------------------------===//

/// Whether `value`, inside a body, depends on `arg`.
static bool dependsOn(Value value, BlockArgument arg) {
  if (value == arg)
    return true;
  Operation *op = value.getDefiningOp();
  return op && op->getBlock() == arg.getOwner() &&
         llvm::any_of(op->getOperands(),
                      [&](Value operand) { return dependsOn(operand, arg); });
}

static std::optional<AccumulatorTermUse> matchTermUse(OpOperand &use) {
  auto op = dyn_cast<linalg::GenericOp>(use.getOwner());
  if (!op || !op.hasPureTensorSemantics() || op.hasIndexSemantics() ||
      op->getNumResults() != 1 || !op.isDpsInput(&use) ||
      op.getNumParallelLoops() != op.getNumLoops() ||
      op.getResult(0).getType() != use.get().getType() ||
      !op.getMatchingIndexingMap(&use).isIdentity() ||
      !op.getIndexingMapsArray().back().isIdentity() ||
      !llvm::all_of(op.getIndexingMapsArray(),
                    [](AffineMap map) { return map.isProjectedPermutation(); }))
    return std::nullopt;
  BlockArgument accumulator = op.getMatchingBlockArgument(&use);
  BlockArgument out = op.getBlock()->getArguments().back();
  if (!accumulator.hasOneUse() || !out.use_empty())
    return std::nullopt;
  auto yield = cast<linalg::YieldOp>(op.getBlock()->getTerminator());
  Operation *last = yield.getOperand(0).getDefiningOp();
  if (!isa_and_nonnull<arith::AddIOp, arith::SubIOp>(last))
    return std::nullopt;
  Value lhs = last->getOperand(0), rhs = last->getOperand(1);
  if (isa<arith::AddIOp>(last) && rhs == accumulator)
    std::swap(lhs, rhs);
  if (lhs != accumulator || dependsOn(rhs, accumulator))
    return std::nullopt;
  return AccumulatorTermUse{op, use.get(), rhs, isa<arith::SubIOp>(last)};
}

SmallVector<AccumulatorTermUse> quantc::qnn::collectTerms(Value accumulator) {
  SmallVector<AccumulatorTermUse> terms;
  while (accumulator.hasOneUse()) {
    std::optional<AccumulatorTermUse> term =
        matchTermUse(*accumulator.getUses().begin());
    if (!term)
      break;
    terms.push_back(*term);
    accumulator = term->op.getResult(0);
  }
  // Outermost first: replacing one leaves the accumulators of the rest valid.
  return llvm::to_vector(llvm::reverse(terms));
}

std::optional<AccumulatorTerm> quantc::qnn::matchInitialValue(Value init) {
  if (isZeroFilled(init))
    return AccumulatorTerm{};
  auto type = cast<RankedTensorType>(init.getType());
  if (auto broadcast = init.getDefiningOp<linalg::BroadcastOp>()) {
    if (!isEvaluable(broadcast.getInput()))
      return std::nullopt;
    AccumulatorTerm term{broadcast.getInput(), {}};
    for (int64_t dim = 0; dim < type.getRank(); ++dim)
      if (!llvm::is_contained(broadcast.getDimensions(), dim))
        term.dims.push_back(dim);
    return term;
  }
  if (!isEvaluable(init))
    return std::nullopt;
  return AccumulatorTerm{init,
                         llvm::to_vector(llvm::seq<int64_t>(type.getRank()))};
}

//===----------------------------------------------------------------------===//
// Evaluation
//===----------------------------------------------------------------------===//

std::optional<AccumulatorTerm>
quantc::qnn::evaluateTerm(OpBuilder &builder, const AccumulatorTermUse &use) {
  linalg::GenericOp op = use.op;
  auto type = cast<RankedTensorType>(op.getResult(0).getType());
  Block *body = op.getBlock();

  // The inputs that t depends on, and the dimensions along which it varies.
  SmallVector<OpOperand *> inputs;
  llvm::SmallBitVector varies(type.getRank());
  for (OpOperand *input : op.getDpsInputOperands()) {
    if (!dependsOn(use.scalar, op.getMatchingBlockArgument(input)))
      continue;
    if (!isEvaluable(input->get()))
      return std::nullopt;
    inputs.push_back(input);
    for (AffineExpr expr : op.getMatchingIndexingMap(input).getResults())
      varies.set(cast<AffineDimExpr>(expr).getPosition());
  }
  AccumulatorTerm term;
  SmallVector<int64_t> shape;
  int64_t numElements = 1;
  for (unsigned dim : varies.set_bits()) {
    if (type.isDynamicDim(dim))
      return std::nullopt;
    term.dims.push_back(dim);
    shape.push_back(type.getDimSize(dim));
    numElements *= shape.back();
  }
  if (int64_t(term.dims.size()) == type.getRank() &&
      numElements > maxTableElements)
    return std::nullopt;

  // The same computation over these dimensions alone.
  MLIRContext *context = builder.getContext();
  SmallVector<AffineExpr> dims(type.getRank(),
                               getAffineConstantExpr(0, context));
  for (auto [i, dim] : llvm::enumerate(term.dims))
    dims[dim] = getAffineDimExpr(i, context);
  SmallVector<Value> values;
  SmallVector<AffineMap> maps;
  for (OpOperand *input : inputs) {
    values.push_back(input->get());
    maps.push_back(op.getMatchingIndexingMap(input).replaceDimsAndSymbols(
        dims, {}, shape.size(), 0));
  }
  SmallVector<OpFoldResult> sizes = getAsIndexOpFoldResult(context, shape);
  linalg::GenericOp computed = createElementwise(
      builder, op.getLoc(), sizes, type.getElementType(), values, maps,
      [&](OpBuilder &inner, Location, ValueRange args) -> Value {
        IRMapping mapping;
        for (auto [input, arg] : llvm::zip_equal(inputs, args))
          mapping.map(op.getMatchingBlockArgument(input), arg);
        for (Operation &bodyOp : body->without_terminator())
          if (llvm::all_of(bodyOp.getOperands(), [&](Value operand) {
                return mapping.contains(operand) ||
                       operand.getParentBlock() != body;
              }))
            inner.clone(bodyOp, mapping);
        return mapping.lookupOrDefault(use.scalar);
      });
  TypedAttr constant = evaluateConstant(computed);
  Operation *empty = computed.getDpsInits()[0].getDefiningOp();
  computed.erase();
  empty->erase();
  if (!constant)
    return std::nullopt;
  term.value = arith::ConstantOp::create(builder, op.getLoc(), constant);
  return term;
}

AccumulatorTerm quantc::qnn::addTerms(OpBuilder &builder, Location loc,
                                      const AccumulatorTerm &a,
                                      const AccumulatorTerm &b, bool negated,
                                      Value init) {
  auto type = cast<RankedTensorType>(init.getType());
  AccumulatorTerm result;
  result.dims = a.dims;
  for (int64_t dim : b.dims)
    if (!llvm::is_contained(result.dims, dim))
      result.dims.push_back(dim);
  llvm::sort(result.dims);

  SmallVector<int64_t> shape;
  for (int64_t dim : result.dims)
    shape.push_back(type.getDimSize(dim));
  MLIRContext *context = builder.getContext();
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
  for (const AccumulatorTerm *term : {&a, &b}) {
    if (!term->value)
      continue;
    SmallVector<int64_t> positions;
    for (int64_t dim : term->dims)
      positions.push_back(llvm::find(result.dims, dim) - result.dims.begin());
    inputs.push_back(term->value);
    maps.push_back(getParameterMap(context, shape.size(), positions));
  }
  Type elementType = type.getElementType();
  result.value = createFoldedElementwise(
      builder, loc, getAsIndexOpFoldResult(context, shape), elementType, inputs,
      maps, [&](OpBuilder &body, Location loc, ValueRange args) -> Value {
        Value left = args[0];
        if (args.size() == 1)
          left = arith::ConstantOp::create(body, loc,
                                           body.getZeroAttr(elementType));
        if (negated)
          return arith::SubIOp::create(body, loc, left, args.back());
        return arith::AddIOp::create(body, loc, left, args.back());
      });
  return result;
}

Value quantc::qnn::createInitialValue(OpBuilder &builder, Location loc,
                                      const AccumulatorTerm &term, Value init) {
  auto type = cast<RankedTensorType>(init.getType());
  if (int64_t(term.dims.size()) == type.getRank())
    return term.value;
  SmallVector<int64_t> broadcast;
  for (int64_t dim = 0; dim < type.getRank(); ++dim)
    if (!llvm::is_contained(term.dims, dim))
      broadcast.push_back(dim);
  Value empty = tensor::EmptyOp::create(
      builder, loc, tensor::getMixedSizes(builder, loc, init),
      type.getElementType());
  return linalg::BroadcastOp::create(builder, loc, term.value, empty, broadcast)
      ->getResult(0);
}
