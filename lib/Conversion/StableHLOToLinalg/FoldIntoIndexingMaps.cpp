//===- FoldIntoIndexingMaps.cpp - data movement into linalg maps ----------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Builders.h"
#include "Contraction.h"
#include "quantc/Conversion/StableHLOToLinalg/StableHLOToLinalg.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace quantc;

/// The source of a broadcast or transposition and the map from the elements of
/// its result to those of the source; a null map for other ops.
static std::pair<Value, AffineMap> getMovement(Value value) {
  Operation *op = value.getDefiningOp();
  if (!isa_and_nonnull<linalg::BroadcastOp, linalg::TransposeOp>(op))
    return {};
  auto linalgOp = cast<linalg::LinalgOp>(op);
  OpOperand *input = linalgOp.getDpsInputOperand(0);
  AffineMap resultMap =
      linalgOp.getMatchingIndexingMap(linalgOp.getDpsInitOperand(0));
  return {input->get(), linalgOp.getMatchingIndexingMap(input).compose(
                            inversePermutation(resultMap))};
}

/// Whether the op's maps are free, and the loops' extents known from its result
/// alone.
static bool isElementwiseGeneric(linalg::GenericOp op) {
  return op.getNumDpsInits() == 1 &&
         op.getNumParallelLoops() == op.getNumLoops() &&
         op.getMatchingIndexingMap(op.getDpsInitOperand(0)).isIdentity();
}

namespace {

/// Reads the source of a broadcast or transposition in an elementwise op.
struct FoldMovementIntoElementwise : OpRewritePattern<linalg::GenericOp> {
  using Base::Base;

  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const override {
    if (!isElementwiseGeneric(op))
      return rewriter.notifyMatchFailure(op, "requires an elementwise op");
    SmallVector<AffineMap> maps = op.getIndexingMapsArray();
    SmallVector<Value> inputs(op.getInputs());
    bool changed = false;
    for (auto [input, map] : llvm::zip(inputs, maps)) {
      auto [source, movement] = getMovement(input);
      if (!movement)
        continue;
      input = source;
      map = movement.compose(map);
      changed = true;
    }
    if (!changed)
      return rewriter.notifyMatchFailure(op, "requires a moved operand");
    rewriter.modifyOpInPlace(op, [&] {
      op.getInputsMutable().assign(inputs);
      op.setIndexingMapsAttr(rewriter.getAffineMapArrayAttr(maps));
    });
    return success();
  }
};

/// Puts scalars into the body: splat constants and tensors made of one scalar.
struct FoldScalarIntoElementwise : OpRewritePattern<linalg::GenericOp> {
  using Base::Base;

  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const override {
    if (!isElementwiseGeneric(op))
      return rewriter.notifyMatchFailure(op, "requires an elementwise op");
    for (unsigned index = 0, e = op.getInputs().size(); index < e; ++index) {
      Value scalar = getScalar(rewriter, op, op.getInputs()[index]);
      if (!scalar)
        continue;
      SmallVector<AffineMap> maps = op.getIndexingMapsArray();
      maps.erase(maps.begin() + index);
      rewriter.modifyOpInPlace(op, [&] {
        Block *body = op.getBody();
        rewriter.replaceAllUsesWith(body->getArgument(index), scalar);
        body->eraseArgument(index);
        op.getInputsMutable().erase(index);
        op.setIndexingMapsAttr(rewriter.getAffineMapArrayAttr(maps));
      });
      return success();
    }
    return rewriter.notifyMatchFailure(op, "requires a scalar operand");
  }

private:
  static Value getScalar(PatternRewriter &rewriter, linalg::GenericOp op,
                         Value input) {
    DenseElementsAttr attr;
    if (matchPattern(input, m_Constant(&attr)) && attr.isSplat())
      return arith::ConstantOp::create(rewriter, op.getLoc(),
                                       attr.getSplatValue<TypedAttr>());
    if (auto fill = input.getDefiningOp<linalg::FillOp>())
      return fill.value();
    auto made = input.getDefiningOp<tensor::FromElementsOp>();
    return made && made.getElements().size() == 1 ? made.getElements().front()
                                                  : Value();
  }
};

/// A broadcast or transposition of one scalar is a constant or a fill.
template <typename OpTy>
struct FoldMovementOfScalar : OpRewritePattern<OpTy> {
  using OpRewritePattern<OpTy>::OpRewritePattern;

  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    auto type = cast<RankedTensorType>(op.getInit().getType());
    DenseElementsAttr attr;
    if (matchPattern(op.getInput(), m_Constant(&attr)) && attr.isSplat()) {
      rewriter.replaceOpWithNewOp<arith::ConstantOp>(op,
                                                     attr.resizeSplat(type));
      return success();
    }
    return rewriter.notifyMatchFailure(op, "requires a splat constant");
  }
};

/// Whether the op is a contraction that `createContraction` can make again.
std::optional<std::pair<ContractionOperand, ContractionOperand>>
viewContraction(linalg::LinalgOp op) {
  if (!isa<linalg::MatmulOp, linalg::BatchMatmulOp, linalg::GenericOp>(
          op.getOperation()) ||
      !linalg::isaContractionOpInterface(op))
    return std::nullopt;
  ContractionOperand operands[2];
  for (unsigned i : {0, 1}) {
    OpOperand *operand = op.getDpsInputOperand(i);
    operands[i].value = operand->get();
    operands[i].map = op.getMatchingIndexingMap(operand);
    for (Operation *user : op.getMatchingBlockArgument(operand).getUsers())
      operands[i].isUnsigned |= isa<arith::ExtUIOp, arith::UIToFPOp>(user);
  }
  return std::pair(operands[0], operands[1]);
}

/// Reads the source of a transposition in a contraction.
struct FoldTransposeIntoContraction
    : OpInterfaceRewritePattern<linalg::LinalgOp> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;

  LogicalResult matchAndRewrite(linalg::LinalgOp op,
                                PatternRewriter &rewriter) const override {
    auto operands = viewContraction(op);
    if (!operands)
      return rewriter.notifyMatchFailure(op, "requires a contraction");
    bool changed = false;
    for (ContractionOperand *operand : {&operands->first, &operands->second}) {
      if (!operand->value.getDefiningOp<linalg::TransposeOp>())
        continue;
      auto [source, movement] = getMovement(operand->value);
      operand->value = source;
      operand->map = movement.compose(operand->map);
      changed = true;
    }
    if (!changed)
      return rewriter.notifyMatchFailure(op, "requires a transposed operand");
    OpOperand *init = op.getDpsInitOperand(0);
    auto contraction = createContraction(rewriter, op.getLoc(), operands->first,
                                         operands->second, init->get(),
                                         op.getMatchingIndexingMap(init));
    contraction->setDiscardableAttrs(op->getDiscardableAttrDictionary());
    rewriter.replaceOp(op, contraction);
    return success();
  }
};

/// Lets a contraction write in the order that only a transposition reads.
struct FoldTransposeOfContraction : OpRewritePattern<linalg::TransposeOp> {
  using Base::Base;

  LogicalResult matchAndRewrite(linalg::TransposeOp op,
                                PatternRewriter &rewriter) const override {
    auto producer = op.getInput().getDefiningOp<linalg::LinalgOp>();
    auto operands = producer ? viewContraction(producer) : std::nullopt;
    if (!operands || !op.getInput().hasOneUse())
      return rewriter.notifyMatchFailure(
          op, "requires a contraction that nothing else reads");
    Value init = producer.getDpsInits()[0];
    auto fill = init.getDefiningOp<linalg::FillOp>();
    if (!fill)
      return rewriter.notifyMatchFailure(op, "requires an init of one value");

    AffineMap initMap =
        producer.getMatchingIndexingMap(producer.getDpsInitOperand(0));
    auto exprs = llvm::map_to_vector(op.getPermutation(), [&](int64_t dim) {
      return initMap.getResult(dim);
    });
    initMap =
        AffineMap::get(initMap.getNumDims(), 0, exprs, rewriter.getContext());
    rewriter.setInsertionPoint(producer);
    init = createFilled(rewriter, fill.getLoc(), getShape(op->getResult(0)),
                        fill.value());
    auto contraction =
        createContraction(rewriter, producer.getLoc(), operands->first,
                          operands->second, init, initMap);
    contraction->setDiscardableAttrs(producer->getDiscardableAttrDictionary());
    rewriter.replaceOp(op, contraction);
    return success();
  }
};

} // namespace

void quantc::populateFoldIntoIndexingMapsPatterns(RewritePatternSet &patterns) {
  patterns.add<FoldMovementIntoElementwise, FoldScalarIntoElementwise,
               FoldMovementOfScalar<linalg::BroadcastOp>,
               FoldMovementOfScalar<linalg::TransposeOp>,
               FoldTransposeIntoContraction, FoldTransposeOfContraction>(
      patterns.getContext());
}
