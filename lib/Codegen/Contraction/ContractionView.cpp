//===- ContractionView.cpp - linalg ops as batch x m x n x k --------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Codegen/Contraction/ContractionView.h"
#include "quantc/Codegen/Contraction/EpilogueSums.h"
#include "quantc/Codegen/Contraction/LinearAccess.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Utils/StructuredOpsUtils.h"

using namespace mlir;
using namespace quantc;

AffineMap ContractionView::translate(AffineMap map) const {
  return map.replaceDimsAndSymbols(loops, {}, bounds.size(), 0);
}

//===----------------------------------------------------------------------===//
// The body
//===----------------------------------------------------------------------===//

namespace {

/// How the body reads its two inputs.
struct BodyForm {
  bool isFloat;
  bool isUnsigned[2];
  Type f8[2];
};

} // namespace

/// Strips the extension of an i8 or signed i16 block argument to i32.
static BlockArgument stripExtension(Value value, bool &isUnsigned) {
  Operation *def = value.getDefiningOp();
  if (!isa_and_nonnull<arith::ExtSIOp, arith::ExtUIOp>(def))
    return {};
  isUnsigned = isa<arith::ExtUIOp>(def);
  auto argument = dyn_cast<BlockArgument>(def->getOperand(0));
  if (!argument || !(argument.getType().isInteger(8) ||
                     (argument.getType().isInteger(16) && !isUnsigned)))
    return {};
  return argument;
}

/// Strips the extension of a float, which may be a byte that is cast to f8.
static BlockArgument stripFloatExtension(Value value, Type &f8) {
  auto extend = value.getDefiningOp<arith::ExtFOp>();
  if (!extend)
    return dyn_cast<BlockArgument>(value);
  auto cast = extend.getIn().getDefiningOp<arith::BitcastOp>();
  if (!cast)
    return dyn_cast<BlockArgument>(extend.getIn());
  f8 = cast.getType();
  return dyn_cast<BlockArgument>(cast.getIn());
}

/// Matches `acc + a * b` in f32, of f32 or extended floats, or in i32 on
/// extended integers.
static std::optional<BodyForm> matchBody(Block &body) {
  if (body.getNumArguments() != 3 ||
      body.getTerminator()->getNumOperands() != 1)
    return std::nullopt;
  Operation *add = body.getTerminator()->getOperand(0).getDefiningOp();
  if (!isa_and_nonnull<arith::AddFOp, arith::AddIOp>(add))
    return std::nullopt;
  Value product = add->getOperand(0);
  if (product == body.getArgument(2))
    product = add->getOperand(1);
  else if (add->getOperand(1) != body.getArgument(2))
    return std::nullopt;

  BodyForm form = {};
  BlockArgument factors[2];
  Operation *mul = product.getDefiningOp();
  if (isa_and_nonnull<arith::MulFOp>(mul) && isa<arith::AddFOp>(add) &&
      mul->getResult(0).getType().isF32()) {
    form.isFloat = true;
    for (unsigned i : {0, 1}) {
      Type f8;
      factors[i] = stripFloatExtension(mul->getOperand(i), f8);
      if (factors[i] && factors[i].getArgNumber() < 2)
        form.f8[factors[i].getArgNumber()] = f8;
    }
  } else if (isa_and_nonnull<arith::MulIOp>(mul) && isa<arith::AddIOp>(add) &&
             mul->getResult(0).getType().isInteger(32)) {
    bool isUnsigned[2];
    for (unsigned i : {0, 1}) {
      factors[i] = stripExtension(mul->getOperand(i), isUnsigned[i]);
      if (factors[i] && factors[i].getArgNumber() < 2)
        form.isUnsigned[factors[i].getArgNumber()] = isUnsigned[i];
    }
  } else {
    return std::nullopt;
  }
  if (!factors[0] || !factors[1] || factors[0] == factors[1] ||
      factors[0].getArgNumber() > 1 || factors[1].getArgNumber() > 1)
    return std::nullopt;
  return form;
}

//===----------------------------------------------------------------------===//
// The loops
//===----------------------------------------------------------------------===//

/// Looks through transpositions: their map can do the same.
static void absorbTranspositions(Value &value, AffineMap &map) {
  while (auto transpose = value.getDefiningOp<linalg::TransposeOp>()) {
    SmallVector<AffineExpr> exprs(map.getNumResults());
    for (auto [expr, dim] :
         llvm::zip_equal(map.getResults(), transpose.getPermutation()))
      exprs[dim] = expr;
    map = AffineMap::get(map.getNumDims(), 0, exprs, map.getContext());
    value = transpose.getInput();
  }
}

/// Brings the k loops into the order of their strides in lhs, largest first.
/// A loop that runs once has no stride and comes before all others.
static void sortByStride(SmallVectorImpl<unsigned> &k,
                         ArrayRef<int64_t> strides, ArrayRef<int64_t> extents) {
  auto key = [&](unsigned dim) {
    return std::make_pair(
        extents[dim] == 1 ? std::numeric_limits<int64_t>::min() : -strides[dim],
        dim);
  };
  llvm::sort(k, [&](unsigned a, unsigned b) { return key(a) < key(b); });
}

/// Chooses the transposition of lhs after which the innermost k is adjacent in
/// memory, and applies it to `map` and `shape`. Only a dimension that is a k
/// loop on its own can become the innermost.
static LogicalResult
chooseTransposition(AffineMap &map, SmallVectorImpl<int64_t> &shape,
                    ArrayRef<unsigned> k,
                    SmallVectorImpl<int64_t> &permutation) {
  std::optional<unsigned> innermost;
  for (auto [i, expr] : llvm::enumerate(map.getResults())) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    if (dim && llvm::is_contained(k, dim.getPosition()) &&
        (!innermost || shape[i] > shape[*innermost]))
      innermost = i;
  }
  if (!innermost)
    return failure();
  for (unsigned i = 0; i < map.getNumResults(); ++i)
    if (i != *innermost)
      permutation.push_back(i);
  permutation.push_back(*innermost);
  SmallVector<AffineExpr> exprs;
  SmallVector<int64_t> newShape;
  for (int64_t dim : permutation) {
    exprs.push_back(map.getResult(dim));
    newShape.push_back(shape[dim]);
  }
  map = AffineMap::get(map.getNumDims(), 0, exprs, map.getContext());
  shape = newShape;
  return success();
}

FailureOr<ContractionView>
quantc::viewContraction(linalg::LinalgOp op, AffineMap destMap,
                        const ContractionOptions &options) {
  if (!op.hasPureTensorSemantics() || op.getNumDpsInputs() != 2 ||
      op.getNumDpsInits() != 1 || op->getNumRegions() != 1)
    return failure();
  SmallVector<int64_t> extents = op.getStaticLoopRanges();
  if (llvm::any_of(extents, [](int64_t extent) {
        return ShapedType::isDynamic(extent) || extent == 0;
      }))
    return failure();
  std::optional<BodyForm> form = matchBody(op->getRegion(0).front());
  if (!form)
    return failure();
  AffineMap outMap = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  if (!outMap.isProjectedPermutation() || destMap.getNumResults() == 0)
    return failure();

  // The packed operand is the one with n, which then is adjacent in it and in
  // the destination.
  auto operand = [&](unsigned i) {
    OpOperand *input = op.getDpsInputOperand(i);
    return std::make_pair(input->get(), op.getMatchingIndexingMap(input));
  };
  unsigned n = cast<AffineDimExpr>(destMap.getResults().back()).getPosition();
  unsigned rhsIndex = operand(1).second.isFunctionOfDim(n) ? 1 : 0;
  ContractionView view;
  AffineMap lhsMap, rhsMap;
  std::tie(view.rhs, rhsMap) = operand(rhsIndex);
  std::tie(view.lhs, lhsMap) = operand(1 - rhsIndex);
  view.isFloat = form->isFloat;
  view.isLhsUnsigned = form->isUnsigned[1 - rhsIndex];
  view.isRhsUnsigned = form->isUnsigned[rhsIndex];
  view.lhsF8 = form->f8[1 - rhsIndex];
  view.rhsF8 = form->f8[rhsIndex];
  if (!rhsMap.isProjectedPermutation() || !rhsMap.isFunctionOfDim(n) ||
      lhsMap.isFunctionOfDim(n))
    return failure();
  absorbTranspositions(view.rhs, rhsMap);

  SmallVector<unsigned> batch, m, k;
  for (AffineExpr expr : destMap.getResults().drop_back()) {
    unsigned dim = cast<AffineDimExpr>(expr).getPosition();
    (rhsMap.isFunctionOfDim(dim) ? batch : m).push_back(dim);
  }
  for (unsigned dim = 0; dim < op.getNumLoops(); ++dim) {
    if (outMap.isFunctionOfDim(dim))
      continue;
    if (!lhsMap.isFunctionOfDim(dim) || !rhsMap.isFunctionOfDim(dim))
      return failure();
    k.push_back(dim);
  }
  if (k.empty())
    return failure();

  // Integers are read in groups along k, floats one by one wherever they are.
  Value source = view.lhs;
  AffineMap sourceMap = lhsMap;
  absorbTranspositions(source, sourceMap);
  SmallVector<int64_t> strides;
  auto tryOperand = [&](Value value, AffineMap map, ArrayRef<int64_t> shape) {
    auto access = getAccessStrides(map, getRowMajorStrides(shape));
    if (failed(access))
      return false;
    strides = *access;
    sortByStride(k, strides, extents);
    view.lhs = value;
    lhsMap = map;
    return view.isFloat || !options.adjacentK || strides[k.back()] == 1 ||
           extents[k.back()] == 1;
  };
  Value lhs = view.lhs;
  AffineMap map = lhsMap;
  SmallVector<int64_t> shape(cast<ShapedType>(lhs.getType()).getShape());
  if (!tryOperand(source, sourceMap,
                  cast<ShapedType>(source.getType()).getShape()) &&
      !tryOperand(lhs, map, shape) &&
      (failed(chooseTransposition(map, shape, k, view.lhsPermutation)) ||
       !tryOperand(lhs, map, shape)))
    return failure();

  SmallVector<unsigned> order = llvm::to_vector(
      llvm::concat<unsigned>(batch, m, SmallVector<unsigned>{n}, k));
  view.loops.resize(op.getNumLoops());
  for (auto [position, dim] : llvm::enumerate(order)) {
    view.loops[dim] = getAffineDimExpr(position, op.getContext());
    view.bounds.push_back(extents[dim]);
  }
  view.numBatch = batch.size();
  view.numM = m.size();
  view.lhsMap = view.translate(lhsMap);
  view.rhsMap = view.translate(rhsMap);
  // Both operands walk a segment as one dimension.
  auto rhsStrides = getAccessStrides(
      rhsMap,
      getRowMajorStrides(cast<ShapedType>(view.rhs.getType()).getShape()));
  if (failed(rhsStrides))
    return failure();
  SmallVector<int64_t> kBounds, kStrides, kRhsStrides;
  for (unsigned dim : k) {
    kBounds.push_back(extents[dim]);
    kStrides.push_back(strides[dim]);
    kRhsStrides.push_back((*rhsStrides)[dim]);
  }
  view.segmentDims = std::min(countMergeable(kBounds, kStrides),
                              countMergeable(kBounds, kRhsStrides));
  return view;
}

//===----------------------------------------------------------------------===//
// The epilogue
//===----------------------------------------------------------------------===//

/// Whether every operation of a scalar body has a form on vectors.
static bool isVectorizable(Block &body) {
  auto isElement = [](Type type) {
    return type.isIntOrFloat() && type.getIntOrFloatBitWidth() <= 64;
  };
  return llvm::all_of(body.without_terminator(), [&](Operation &op) {
    return (isa<arith::ConstantOp>(op) ||
            OpTrait::hasElementwiseMappableTraits(&op)) &&
           op.getNumRegions() == 0 &&
           llvm::all_of(op.getOperandTypes(), isElement) &&
           llvm::all_of(op.getResultTypes(), isElement);
  });
}

linalg::GenericOp quantc::findEpilogue(linalg::LinalgOp op,
                                       SmallVectorImpl<AffineExpr> &loops) {
  Value accumulator = op->getResult(0);
  if (!accumulator.hasOneUse())
    return {};
  OpOperand &use = *accumulator.use_begin();
  auto generic = dyn_cast<linalg::GenericOp>(use.getOwner());
  if (!generic || !generic.hasPureTensorSemantics() ||
      generic.getNumLoops() == 0 || generic.isDpsInit(&use) ||
      (generic.getNumResults() == 1 ? !generic.isAllParallelLoops()
                                    : !addsColumns(generic, accumulator)) ||
      !isVectorizable(*generic.getBody()))
    return {};
  OpOperand *init = generic.getDpsInitOperand(0);
  AffineMap accMap = generic.getMatchingIndexingMap(&use);
  AffineMap outMap = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  if (!accMap.isPermutation() || !outMap.isProjectedPermutation() ||
      !generic.getMatchingIndexingMap(init).isPermutation() ||
      generic.payloadUsesValueFromOperand(init))
    return {};
  loops.resize(generic.getNumLoops());
  for (auto [loop, expr] :
       llvm::zip_equal(accMap.getResults(), outMap.getResults()))
    loops[cast<AffineDimExpr>(loop).getPosition()] = expr;
  // Along n a capture is read in vectors, or not at all.
  AffineMap destMap = generic.getMatchingIndexingMap(init);
  unsigned n = cast<AffineDimExpr>(destMap.getResults().back()).getPosition();
  for (OpOperand *input : generic.getDpsInputOperands()) {
    AffineMap map = generic.getMatchingIndexingMap(input);
    if (!map.isProjectedPermutation(/*allowZeroInResults=*/true))
      return {};
    for (unsigned i = 0; i + 1 < map.getNumResults(); ++i)
      if (map.getResult(i).isFunctionOfDim(n))
        return {};
  }
  return generic;
}
