//===- LowerAsymmetric.cpp - integer form of asymmetric sites -------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// sum (A - zA)(B - zB) = D - zA RB - zB RA + K zA zB over the site's reduction
// loops, whatever the loops are. Each sum and each product is an op of its own.
//
//===----------------------------------------------------------------------===//

#include "LinalgBuilder.h"
#include "QuantizedSite.h"
#include "Terms.h"
#include "quantc/Dialect/QNN/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

namespace quantc::qnn {
#define GEN_PASS_DEF_QNNLOWERASYMMETRICPASS
#include "quantc/Dialect/QNN/Transforms/Passes.h.inc"
} // namespace quantc::qnn

using namespace mlir;
using namespace quantc::qnn;

namespace {

/// A factor or term of the correction: an integer tensor whose dimensions
/// follow the given parallel loops of the site.
struct LoopTensor {
  Value value;
  SmallVector<unsigned> loops;
  bool isUnsigned = false;
};

class CorrectionTerms {
public:
  CorrectionTerms(OpBuilder &builder, const QuantizedSite &site,
                  std::array<Value, 2> storage, Type type)
      : builder(builder), site(site), storage(storage), type(type),
        loc(linalg::LinalgOp(site.op).getLoc()) {
    linalg::LinalgOp op = site.op;
    for (Range range : op.createLoopRanges(builder, loc))
      loopSizes.push_back(range.size);
  }

  /// The sum of an operand over the reduction loops, one per index of its
  /// parallel loops.
  LoopTensor createSum(unsigned number);

  /// An operand's zero points.
  LoopTensor getZeroPoint(unsigned number);

  LoopTensor createProduct(LoopTensor lhs, LoopTensor rhs);

  /// K times the value.
  LoopTensor createMultiple(LoopTensor value);

  Value createAccumulate(Value accumulator, LoopTensor term, bool negate,
                         StringRef name);

private:
  SmallVector<OpFoldResult> getSizes(ArrayRef<unsigned> loops) {
    return llvm::map_to_vector(loops,
                               [&](unsigned loop) { return loopSizes[loop]; });
  }
  /// From dimensions that follow `loops` to dimensions that follow `subset`.
  AffineMap getMap(ArrayRef<unsigned> loops, ArrayRef<unsigned> subset) {
    SmallVector<int64_t> positions;
    for (unsigned loop : subset)
      positions.push_back(llvm::find(loops, loop) - loops.begin());
    return getParameterMap(builder.getContext(), loops.size(), positions);
  }

  OpBuilder &builder;
  const QuantizedSite &site;
  std::array<Value, 2> storage;
  Type type;
  Location loc;
  SmallVector<OpFoldResult> loopSizes;
};

LoopTensor CorrectionTerms::createSum(unsigned number) {
  const SiteIndexing &indexing = site.indexing;
  MLIRContext *context = builder.getContext();
  AffineMap map = indexing.getMap(number);

  // The iteration space is that of the site without the loops that the operand
  // does not see.
  SmallVector<unsigned> loops;
  SmallVector<AffineExpr> dims(indexing.getNumLoops(),
                               getAffineConstantExpr(0, context));
  SmallVector<utils::IteratorType> iterators;
  for (unsigned loop = 0; loop < indexing.getNumLoops(); ++loop) {
    if (!map.isFunctionOfDim(loop))
      continue;
    dims[loop] = getAffineDimExpr(loops.size(), context);
    iterators.push_back(indexing.isReduction(loop)
                            ? utils::IteratorType::reduction
                            : utils::IteratorType::parallel);
    loops.push_back(loop);
  }
  SmallVector<unsigned> window, parallel = indexing.getParallelLoops(number);
  for (unsigned loop : loops)
    if (indexing.isReduction(loop) &&
        !map.getResultPosition(getAffineDimExpr(loop, context)))
      window.push_back(loop);

  SmallVector<Value> inputs = {storage[number]};
  SmallVector<AffineMap> maps = {
      map.replaceDimsAndSymbols(dims, {}, loops.size(), 0)};
  if (!window.empty()) {
    // Only its shape counts: the sizes of the loops that slide over the input.
    inputs.push_back(tensor::EmptyOp::create(builder, loc, getSizes(window),
                                             builder.getI8Type()));
    maps.push_back(getMap(loops, window));
  }
  maps.push_back(getMap(loops, parallel));
  Value zeros = createZeros(builder, loc, getSizes(parallel), type);
  bool isUnsigned = site.operands[number].isUnsigned();
  auto sum = linalg::GenericOp::create(
      builder, loc, zeros.getType(), inputs, zeros, maps, iterators,
      [&](OpBuilder &body, Location loc, ValueRange args) {
        Value element = extendInteger(body, loc, args[0], type, isUnsigned);
        Value result = arith::AddIOp::create(body, loc, args.back(), element);
        linalg::YieldOp::create(body, loc, result);
      });
  return {sum.getResult(0), parallel};
}

LoopTensor CorrectionTerms::getZeroPoint(unsigned number) {
  const QuantizedOperand &operand = site.operands[number];
  Value zeroPoint = operand.zeroPoint;
  LoopTensor result;
  result.value = toSignless(builder, zeroPoint);
  result.isUnsigned = operand.isUnsigned();
  if (cast<RankedTensorType>(zeroPoint.getType()).getRank() != 0)
    result.loops.assign(operand.loops.begin(), operand.loops.end());
  return result;
}

LoopTensor CorrectionTerms::createProduct(LoopTensor lhs, LoopTensor rhs) {
  LoopTensor product;
  product.loops = lhs.loops;
  for (unsigned loop : rhs.loops)
    if (!llvm::is_contained(product.loops, loop))
      product.loops.push_back(loop);
  llvm::sort(product.loops);
  product.value =
      createElementwise(
          builder, loc, getSizes(product.loops), type, {lhs.value, rhs.value},
          {getMap(product.loops, lhs.loops), getMap(product.loops, rhs.loops)},
          [&](OpBuilder &body, Location loc, ValueRange args) -> Value {
            Value a = extendInteger(body, loc, args[0], type, lhs.isUnsigned);
            Value b = extendInteger(body, loc, args[1], type, rhs.isUnsigned);
            return arith::MulIOp::create(body, loc, a, b);
          })
          .getResult(0);
  return product;
}

LoopTensor CorrectionTerms::createMultiple(LoopTensor value) {
  Value count = arith::ConstantOp::create(
      builder, loc,
      builder.getIntegerAttr(type, *site.indexing.getReductionSize()));
  AffineMap identity = builder.getMultiDimIdentityMap(value.loops.size());
  value.value =
      createElementwise(
          builder, loc, getSizes(value.loops), type, value.value, identity,
          [&](OpBuilder &body, Location loc, ValueRange args) -> Value {
            return arith::MulIOp::create(body, loc, args[0], count);
          })
          .getResult(0);
  return value;
}

Value CorrectionTerms::createAccumulate(Value accumulator, LoopTensor term,
                                        bool negate, StringRef name) {
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(builder, loc, accumulator);
  linalg::GenericOp op = createElementwise(
      builder, loc, sizes, type, {accumulator, term.value},
      {builder.getMultiDimIdentityMap(sizes.size()),
       site.indexing.getMapFromResult(term.loops)},
      [&](OpBuilder &body, Location loc, ValueRange args) -> Value {
        if (negate)
          return arith::SubIOp::create(body, loc, args[0], args[1]);
        return arith::AddIOp::create(body, loc, args[0], args[1]);
      });
  op->setDiscardableAttr(kTermAttrName, builder.getStringAttr(name));
  return op.getResult(0);
}

class QNNLowerAsymmetricPass
    : public quantc::qnn::impl::QNNLowerAsymmetricPassBase<
          QNNLowerAsymmetricPass> {
public:
  using Base::Base;

  void runOnOperation() override {
    auto select = [](const QuantizedSite &site) { return !site.isSymmetric(); };
    if (failed(lowerSites(getOperation(), getArgument(), select, lower)))
      signalPassFailure();
  }

private:
  static void lower(RewriterBase &rewriter, const QuantizedSite &site,
                    const AccumulatorBound &bound) {
    bool hasLhs = !!site.operands[0].zeroPoint;
    bool hasRhs = !!site.operands[1].zeroPoint;
    auto correct = [&](OpBuilder &builder, std::array<Value, 2> storage,
                       Value accumulator) {
      CorrectionTerms terms(builder, site, storage, bound.type);
      if (hasLhs) {
        LoopTensor term =
            terms.createProduct(terms.getZeroPoint(0), terms.createSum(1));
        accumulator = terms.createAccumulate(accumulator, term, /*negate=*/true,
                                             kColumnSumTerm);
      }
      if (hasLhs && hasRhs) {
        LoopTensor term = terms.createMultiple(
            terms.createProduct(terms.getZeroPoint(0), terms.getZeroPoint(1)));
        accumulator = terms.createAccumulate(accumulator, term,
                                             /*negate=*/false, kConstantTerm);
      }
      if (hasRhs) {
        LoopTensor term =
            terms.createProduct(terms.getZeroPoint(1), terms.createSum(0));
        accumulator = terms.createAccumulate(accumulator, term, /*negate=*/true,
                                             kRowSumTerm);
      }
      return accumulator;
    };
    linalg::LinalgOp integer = lowerSite(rewriter, site, bound, correct);
    setTerm(integer, kRowSumTerm,
            hasRhs ? "separate" : "absent: rhs symmetric");
    setTerm(integer, kColumnSumTerm,
            hasLhs ? "separate" : "absent: lhs symmetric");
    setTerm(integer, kConstantTerm, hasLhs && hasRhs ? "separate" : "absent");
  }
};

} // namespace
