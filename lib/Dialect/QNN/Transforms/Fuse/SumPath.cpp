//===- SumPath.cpp - from a sum to the op that makes its addends ----------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SumPath.h"
#include "RootSplit.h"
#include "Site/ConstantEvaluation.h"
#include "Site/LinalgBuilder.h"
#include "Site/ScalarProgram.h"
#include "quantc/Dialect/QNN/IR/QNNOps.h"
#include "quantc/Dialect/QNN/Transforms/Site.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace quantc::qnn;

static int64_t getRank(Value value) {
  return cast<RankedTensorType>(value.getType()).getRank();
}

/// For each dimension of the result of an op that only permutes elements, the
/// dimension of its input.
static std::optional<SmallVector<int64_t>> matchPermutation(Operation *op) {
  if (auto transpose = dyn_cast<linalg::TransposeOp>(op))
    return SmallVector<int64_t>(transpose.getPermutation());
  auto generic = dyn_cast<linalg::GenericOp>(op);
  if (!generic || generic.getNumDpsInputs() != 1 ||
      generic->getNumResults() != 1 ||
      generic.getNumParallelLoops() != generic.getNumLoops() ||
      generic.getBlock()->getTerminator()->getOperand(0) !=
          generic.getBlock()->getArgument(0))
    return std::nullopt;
  AffineMap from = generic.getIndexingMapsArray()[0];
  AffineMap to = generic.getIndexingMapsArray()[1];
  if (!from.isPermutation() || !to.isPermutation())
    return std::nullopt;
  SmallVector<int64_t> dims(to.getNumResults());
  for (auto [dim, expr] : llvm::enumerate(to.getResults()))
    dims[dim] = *from.getResultPosition(expr);
  return dims;
}

//===----------------------------------------------------------------------===//
// Padding
//===----------------------------------------------------------------------===//

namespace {

/// The padding's contribution to a sum: `count` times a scalar, or a number.
struct PadSum {
  /// Null where the sum is `number`.
  Value scalar;
  int64_t count = 1;
  int64_t number = 0;
};

} // namespace

/// The sum of the padding over dimensions that are not padded.
static std::optional<PadSum> matchPadSum(tensor::PadOp pad,
                                         const llvm::SmallBitVector &reduced,
                                         bool isUnsigned) {
  auto type = pad.getResultType();
  PadSum result;
  auto countElements = [&](const llvm::SmallBitVector &dims) {
    int64_t count = 1;
    for (unsigned dim : dims.set_bits())
      count *= type.getDimSize(dim);
    return count;
  };
  for (unsigned dim : reduced.set_bits())
    if (type.isDynamicDim(dim) || !isZeroInteger(pad.getMixedLowPad()[dim]) ||
        !isZeroInteger(pad.getMixedHighPad()[dim]))
      return std::nullopt;
  result.count = countElements(reduced);
  Block &body = pad.getRegion().front();
  Value value = cast<tensor::YieldOp>(body.getTerminator()).getValue();
  auto isOutside = [&](Value operand) {
    return operand.getParentBlock() != &body;
  };
  if (isOutside(value) || matchPattern(value, m_Constant())) {
    result.scalar = value;
    return result;
  }
  auto extract = value.getDefiningOp<tensor::ExtractOp>();
  if (!extract || !isOutside(extract.getTensor()))
    return std::nullopt;
  if (extract.getIndices().empty()) {
    result.scalar = value;
    return result;
  }
  // A padding that follows the summed dimensions is summed up now.
  llvm::SmallBitVector repeated = reduced;
  for (Value index : extract.getIndices()) {
    auto argument = dyn_cast<BlockArgument>(index);
    if (!argument || argument.getOwner() != &body ||
        !reduced.test(argument.getArgNumber()))
      return std::nullopt;
    repeated.reset(argument.getArgNumber());
  }
  std::optional<ConstantBytes> constant = evaluate(extract.getTensor());
  if (!constant || !isSupportedScalar(constant->type.getElementType()))
    return std::nullopt;
  unsigned width = constant->type.getElementTypeBitWidth();
  uint64_t mask = width == 64 ? ~uint64_t(0) : (uint64_t(1) << width) - 1;
  for (int64_t i = 0, e = constant->type.getNumElements(); i < e; ++i) {
    int64_t element =
        loadScalar(constant->bytes.data(), constant->type.getElementType(),
                   constant->splat ? 0 : i)
            .i;
    result.number += isUnsigned ? int64_t(uint64_t(element) & mask) : element;
  }
  result.number *= countElements(repeated);
  return result;
}

/// The padding of the sums: the sum of the padding.
static Value createPaddedSum(OpBuilder &builder, tensor::PadOp pad,
                             const llvm::SmallBitVector &reduced,
                             bool isUnsigned, Value sum) {
  PadSum padding = *matchPadSum(pad, reduced, isUnsigned);
  Location loc = pad.getLoc();
  Type type = getElementTypeOrSelf(sum.getType());
  Value value = arith::ConstantOp::create(
      builder, loc, builder.getIntegerAttr(type, padding.number));
  if (padding.scalar) {
    Value scalar = padding.scalar;
    if (Operation *def = scalar.getDefiningOp();
        def && def->getBlock() == &pad.getRegion().front())
      scalar = builder.clone(*def)->getResult(0);
    Value count = arith::ConstantOp::create(
        builder, loc, builder.getIntegerAttr(type, padding.count));
    value = builder.createOrFold<arith::MulIOp>(
        loc, extendInteger(builder, loc, scalar, type, isUnsigned), count);
  }
  SmallVector<OpFoldResult> low, high;
  SmallVector<int64_t> shape;
  for (int64_t dim = 0; dim < int64_t(reduced.size()); ++dim) {
    if (reduced.test(dim))
      continue;
    low.push_back(pad.getMixedLowPad()[dim]);
    high.push_back(pad.getMixedHighPad()[dim]);
    shape.push_back(pad.getResultType().getDimSize(dim));
  }
  return tensor::PadOp::create(builder, loc, RankedTensorType::get(shape, type),
                               sum, low, high, value);
}

//===----------------------------------------------------------------------===//
// Reshapes
//===----------------------------------------------------------------------===//

/// Groups of dimensions of which none is summed over, numbered without those
/// that are.
static SmallVector<ReassociationIndices>
getKeptGroups(ArrayRef<ReassociationIndices> groups,
              const llvm::SmallBitVector &reduced) {
  SmallVector<ReassociationIndices> kept;
  int64_t next = 0;
  for (const ReassociationIndices &group : groups) {
    if (!group.empty() && reduced.test(group.front()))
      continue;
    ReassociationIndices &numbers = kept.emplace_back();
    for (size_t i = 0; i < group.size(); ++i)
      numbers.push_back(next++);
  }
  return kept;
}

/// The dimensions of an expansion's source that are summed over; fails where a
/// dimension is summed over in part.
static FailureOr<llvm::SmallBitVector>
contract(ArrayRef<ReassociationIndices> groups,
         const llvm::SmallBitVector &reduced) {
  llvm::SmallBitVector result(groups.size());
  for (auto [dim, group] : llvm::enumerate(groups)) {
    auto isReduced = [&](int64_t part) { return reduced.test(part); };
    if (group.empty() || llvm::none_of(group, isReduced))
      continue;
    if (!llvm::all_of(group, isReduced))
      return failure();
    result.set(dim);
  }
  return result;
}

static llvm::SmallBitVector expand(ArrayRef<ReassociationIndices> groups,
                                   const llvm::SmallBitVector &reduced,
                                   int64_t rank) {
  llvm::SmallBitVector result(rank);
  for (unsigned dim : reduced.set_bits())
    for (int64_t part : groups[dim])
      result.set(part);
  return result;
}

static Value createReshapedSum(OpBuilder &builder, Operation *view,
                               const llvm::SmallBitVector &reduced, Value sum) {
  Location loc = view->getLoc();
  auto resultType = cast<RankedTensorType>(view->getResult(0).getType());
  SmallVector<int64_t> shape;
  for (int64_t dim = 0; dim < resultType.getRank(); ++dim)
    if (!reduced.test(dim))
      shape.push_back(resultType.getDimSize(dim));
  auto type = RankedTensorType::get(shape, getElementTypeOrSelf(sum.getType()));
  if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(view)) {
    auto groups = collapse.getReassociationIndices();
    llvm::SmallBitVector source =
        expand(groups, reduced, collapse.getSrcType().getRank());
    return tensor::CollapseShapeOp::create(builder, loc, type, sum,
                                           getKeptGroups(groups, source));
  }
  auto expansion = cast<tensor::ExpandShapeOp>(view);
  SmallVector<OpFoldResult> sizes;
  for (auto [dim, size] : llvm::enumerate(expansion.getMixedOutputShape()))
    if (!reduced.test(dim))
      sizes.push_back(size);
  return tensor::ExpandShapeOp::create(
      builder, loc, type, sum,
      getKeptGroups(expansion.getReassociationIndices(), reduced), sizes);
}

//===----------------------------------------------------------------------===//
// Paths
//===----------------------------------------------------------------------===//

/// Whether `op` only moves elements, and possibly adds padding.
static bool isView(Operation *op) {
  return isa<tensor::BitcastOp, tensor::CollapseShapeOp, tensor::ExpandShapeOp,
             tensor::PadOp>(op) ||
         matchPermutation(op);
}

static bool isReadBySite(Value value) {
  return llvm::any_of(value.getUsers(), [](Operation *user) {
    return isSite(user) || (isView(user) && isReadBySite(user->getResult(0)));
  });
}

bool quantc::qnn::isSumOfOperand(OperandSum sum) {
  Value operand = sum.getInput();
  if (getElementTypeOrSelf(operand.getType()).getIntOrFloatBitWidth() > 16)
    return false;
  while (Operation *op = operand.getDefiningOp()) {
    if (!isView(op))
      break;
    operand = op->getOperand(0);
  }
  return isReadBySite(operand);
}

/// Whether `value`'s op writes each element of it once, element by element, and
/// could write a sum beside it. Says why not.
static std::string findRootObstacle(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op)
    return "the operand is an input in integer form";
  if (isa<QuantizeOp, RequantizeOp>(op))
    return "";
  std::string name = op->getName().getStringRef().str();
  auto generic = dyn_cast<linalg::GenericOp>(op);
  if (!generic || !generic.hasPureTensorSemantics())
    return "the operand is the result of " + name +
           ", which writes nothing else";
  AffineMap map = generic.getIndexingMapMatchingResult(cast<OpResult>(value));
  if (!map.isPermutation())
    return "the operand is accumulated by " + name;
  return "";
}

SumPath quantc::qnn::findSumPath(OperandSum sum) {
  SumPath path{sum, sum.getInput(), {}, {}, {}, ""};
  AffineMap map = sum.getInputMap();
  if (!map.isPermutation() || sum.op->getNumOperands() != 2) {
    path.obstacle = "the operand is summed over windows";
    return path;
  }
  path.reduced.resize(map.getNumResults());
  AffineMap resultMap = sum.getResultMap();
  for (auto [dim, expr] : llvm::enumerate(map.getResults()))
    if (!resultMap.getResultPosition(expr))
      path.reduced.set(dim);

  while (Operation *op = path.root.getDefiningOp()) {
    llvm::SmallBitVector reduced = path.reduced;
    if (isa<tensor::BitcastOp>(op)) {
      // The bits are the same, and so is the way the sum extends them.
    } else if (auto permutation = matchPermutation(op)) {
      for (auto [dim, source] : llvm::enumerate(*permutation))
        path.reduced[source] = reduced[dim];
      path.views.push_back({op, reduced});
    } else if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op)) {
      path.reduced = expand(collapse.getReassociationIndices(), reduced,
                            collapse.getSrcType().getRank());
      path.views.push_back({op, reduced});
    } else if (auto expansion = dyn_cast<tensor::ExpandShapeOp>(op)) {
      auto source = contract(expansion.getReassociationIndices(), reduced);
      if (failed(source)) {
        path.root = expansion.getSrc();
        path.split = expansion;
        path.obstacle = findRootObstacle(path.root);
        if (path.obstacle.empty())
          path.obstacle = findSplitObstacle(expansion, reduced);
        return path;
      }
      path.reduced = *source;
      path.views.push_back({op, reduced});
    } else if (auto pad = dyn_cast<tensor::PadOp>(op)) {
      if (!matchPadSum(pad, reduced, sum.isUnsigned)) {
        path.obstacle = "the operand is padded along a summed dimension";
        return path;
      }
      path.views.push_back({op, reduced});
    } else {
      break;
    }
    path.root = op->getOperand(0);
  }
  path.obstacle = findRootObstacle(path.root);
  return path;
}

/// From dimensions in the order of `from` to the order of `to`.
static Value createPermuted(OpBuilder &builder, Location loc, Value value,
                            ArrayRef<int64_t> permutation) {
  if (llvm::is_sorted(permutation))
    return value;
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, value),
                            permuted;
  for (int64_t dim : permutation)
    permuted.push_back(sizes[dim]);
  Value empty = tensor::EmptyOp::create(builder, loc, permuted,
                                        getElementTypeOrSelf(value.getType()));
  return linalg::TransposeOp::create(builder, loc, value, empty, permutation)
      ->getResult(0);
}

/// The number of each dimension among those that are not summed over.
static SmallVector<int64_t>
getKeptNumbers(const llvm::SmallBitVector &reduced) {
  SmallVector<int64_t> numbers;
  int64_t next = 0;
  for (int64_t dim = 0; dim < int64_t(reduced.size()); ++dim)
    numbers.push_back(reduced.test(dim) ? -1 : next++);
  return numbers;
}

Value quantc::qnn::createSumOnPath(OpBuilder &builder, const SumPath &path,
                                   Value rootSum) {
  linalg::GenericOp op = path.sum.op;
  Location loc = op.getLoc();
  builder.setInsertionPoint(op);
  Value value = rootSum;
  for (const auto &[view, reduced] : llvm::reverse(path.views)) {
    if (auto pad = dyn_cast<tensor::PadOp>(view)) {
      value =
          createPaddedSum(builder, pad, reduced, path.sum.isUnsigned, value);
    } else if (auto permutation = matchPermutation(view)) {
      llvm::SmallBitVector source(getRank(view->getOperand(0)));
      for (auto [dim, from] : llvm::enumerate(*permutation))
        source[from] = reduced[dim];
      SmallVector<int64_t> numbers = getKeptNumbers(source), kept;
      for (auto [dim, from] : llvm::enumerate(*permutation))
        if (!reduced.test(dim))
          kept.push_back(numbers[from]);
      value = createPermuted(builder, loc, value, kept);
    } else {
      value = createReshapedSum(builder, view, reduced, value);
    }
  }
  // The sum's result may list its dimensions in another order.
  AffineMap inputMap = path.sum.getInputMap();
  llvm::SmallBitVector reduced(inputMap.getNumResults());
  for (auto [dim, expr] : llvm::enumerate(inputMap.getResults()))
    if (!path.sum.getResultMap().getResultPosition(expr))
      reduced.set(dim);
  SmallVector<int64_t> numbers = getKeptNumbers(reduced), order;
  for (AffineExpr expr : path.sum.getResultMap().getResults())
    order.push_back(numbers[*inputMap.getResultPosition(expr)]);
  return createPermuted(builder, loc, value, order);
}
