//===- LowerAsymmetric.cpp - integer form of asymmetric sites -------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// sum (A - zA)(B - zB) = D - zA RB - zB RA + K zA zB over the site's reduction
// loops, whatever the loops are. Each sum and each product is an op of its own.
// Zero points that vary along reduction loops are part of the sum:
// sum zA[k] B[k, n] for zA RB, sum zA[k] zB[k, n] for K zA zB.
//
//===----------------------------------------------------------------------===//

#include "LinalgBuilder.h"
#include "QuantizedSite.h"
#include "Terms.h"
#include "quantc/Dialect/QNN/Transforms/Passes.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace quantc::qnn {
#define GEN_PASS_DEF_QNNLOWERASYMMETRICPASS
#include "quantc/Dialect/QNN/Transforms/Passes.h.inc"
} // namespace quantc::qnn

using namespace mlir;
using namespace quantc::qnn;

namespace {

/// A factor of the correction: an integer tensor read through a map from the
/// site's loops.
struct Factor {
  Value value;
  AffineMap map;
  bool isUnsigned = false;
};

/// A term: an integer tensor whose dimensions follow the given parallel loops.
struct LoopTensor {
  Value value;
  SmallVector<unsigned> loops;
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

  Factor getStorage(unsigned number) {
    return {storage[number], site.indexing.getMap(number),
            site.operands[number].isUnsigned()};
  }
  Factor getZeroPoint(unsigned number) {
    const QuantizedOperand &operand = site.operands[number];
    return {toSignless(builder, operand.zeroPoint),
            getLoopMap(operand.getZeroPointLoops()), operand.isUnsigned()};
  }

  /// The sum of a * b over all reduction loops.
  LoopTensor createSumOfProducts(const Factor &a, const Factor &b);

  Value createAccumulate(Value accumulator, LoopTensor term, bool negate,
                         StringRef name);

private:
  /// The sum of the factors' product over those reduction loops that they
  /// depend on.
  LoopTensor createSum(ArrayRef<Factor> factors);
  LoopTensor createProduct(const Factor &a, const Factor &b);
  LoopTensor createMultiple(LoopTensor value, int64_t count);

  Value extend(OpBuilder &body, Value value, bool isUnsigned) {
    return extendInteger(body, loc, value, type, isUnsigned);
  }
  SmallVector<OpFoldResult> getSizes(ArrayRef<unsigned> loops) {
    return llvm::map_to_vector(loops,
                               [&](unsigned loop) { return loopSizes[loop]; });
  }
  /// From the site's loops to dimensions that follow `loops`.
  AffineMap getLoopMap(ArrayRef<unsigned> loops) {
    return getMap(llvm::to_vector(llvm::seq<unsigned>(loopSizes.size())),
                  loops);
  }
  /// From dimensions that follow `loops` to dimensions that follow `subset`.
  AffineMap getMap(ArrayRef<unsigned> loops, ArrayRef<unsigned> subset) {
    SmallVector<int64_t> positions;
    for (unsigned loop : subset)
      positions.push_back(llvm::find(loops, loop) - loops.begin());
    return getParameterMap(builder.getContext(), loops.size(), positions);
  }
  bool isReduced(const Factor &factor) {
    for (unsigned loop = 0; loop < loopSizes.size(); ++loop)
      if (site.indexing.isReduction(loop) && factor.map.isFunctionOfDim(loop))
        return true;
    return false;
  }
  Factor toFactor(const LoopTensor &tensor) {
    return {tensor.value, getLoopMap(tensor.loops)};
  }
  /// The number of points of the reduction loops that no factor depends on.
  int64_t countRepeats(ArrayRef<Factor> factors);

  OpBuilder &builder;
  const QuantizedSite &site;
  std::array<Value, 2> storage;
  Type type;
  Location loc;
  SmallVector<OpFoldResult> loopSizes;
};

LoopTensor CorrectionTerms::createSum(ArrayRef<Factor> factors) {
  const SiteIndexing &indexing = site.indexing;
  MLIRContext *context = builder.getContext();

  // The iteration space is that of the site without the loops that no factor
  // sees.
  SmallVector<unsigned> loops, parallel, window;
  SmallVector<AffineExpr> dims(indexing.getNumLoops(),
                               getAffineConstantExpr(0, context));
  SmallVector<utils::IteratorType> iterators;
  for (unsigned loop = 0; loop < indexing.getNumLoops(); ++loop) {
    if (llvm::none_of(factors, [&](const Factor &factor) {
          return factor.map.isFunctionOfDim(loop);
        }))
      continue;
    dims[loop] = getAffineDimExpr(loops.size(), context);
    bool isReduction = indexing.isReduction(loop);
    iterators.push_back(isReduction ? utils::IteratorType::reduction
                                    : utils::IteratorType::parallel);
    loops.push_back(loop);
    if (!isReduction)
      parallel.push_back(loop);
    else if (llvm::none_of(factors, [&](const Factor &factor) {
               return factor.map.getResultPosition(
                   getAffineDimExpr(loop, context));
             }))
      window.push_back(loop);
  }

  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
  for (const Factor &factor : factors) {
    inputs.push_back(factor.value);
    maps.push_back(factor.map.replaceDimsAndSymbols(dims, {}, loops.size(), 0));
  }
  if (!window.empty()) {
    // Only its shape counts: the sizes of the loops that slide over the input.
    inputs.push_back(tensor::EmptyOp::create(builder, loc, getSizes(window),
                                             builder.getI8Type()));
    maps.push_back(getMap(loops, window));
  }
  maps.push_back(getMap(loops, parallel));
  Value zeros = createZeros(builder, loc, getSizes(parallel), type);
  auto sum = linalg::GenericOp::create(
      builder, loc, zeros.getType(), inputs, zeros, maps, iterators,
      [&](OpBuilder &body, Location loc, ValueRange args) {
        Value element = extend(body, args[0], factors[0].isUnsigned);
        for (unsigned i = 1; i < factors.size(); ++i)
          element = arith::MulIOp::create(
              body, loc, element, extend(body, args[i], factors[i].isUnsigned));
        Value result = arith::AddIOp::create(body, loc, args.back(), element);
        linalg::YieldOp::create(body, loc, result);
      });
  return {sum.getResult(0), parallel};
}

LoopTensor CorrectionTerms::createProduct(const Factor &a, const Factor &b) {
  SmallVector<unsigned> loops;
  SmallVector<AffineExpr> dims(loopSizes.size(),
                               builder.getAffineConstantExpr(0));
  for (unsigned loop = 0; loop < loopSizes.size(); ++loop) {
    if (!a.map.isFunctionOfDim(loop) && !b.map.isFunctionOfDim(loop))
      continue;
    dims[loop] = builder.getAffineDimExpr(loops.size());
    loops.push_back(loop);
  }
  auto restrict = [&](AffineMap map) {
    return map.replaceDimsAndSymbols(dims, {}, loops.size(), 0);
  };
  linalg::GenericOp product = createElementwise(
      builder, loc, getSizes(loops), type, {a.value, b.value},
      {restrict(a.map), restrict(b.map)},
      [&](OpBuilder &body, Location loc, ValueRange args) -> Value {
        return arith::MulIOp::create(body, loc,
                                     extend(body, args[0], a.isUnsigned),
                                     extend(body, args[1], b.isUnsigned));
      });
  return {product.getResult(0), loops};
}

LoopTensor CorrectionTerms::createMultiple(LoopTensor value, int64_t count) {
  Value factor = arith::ConstantOp::create(builder, loc,
                                           builder.getIntegerAttr(type, count));
  AffineMap identity = builder.getMultiDimIdentityMap(value.loops.size());
  value.value =
      createElementwise(
          builder, loc, getSizes(value.loops), type, value.value, identity,
          [&](OpBuilder &body, Location loc, ValueRange args) -> Value {
            return arith::MulIOp::create(body, loc, args[0], factor);
          })
          .getResult(0);
  return value;
}

int64_t CorrectionTerms::countRepeats(ArrayRef<Factor> factors) {
  int64_t count = 1;
  for (unsigned loop = 0; loop < loopSizes.size(); ++loop)
    if (site.indexing.isReduction(loop) &&
        llvm::none_of(factors, [&](const Factor &factor) {
          return factor.map.isFunctionOfDim(loop);
        }))
      count *= site.indexing.getLoopSizes()[loop];
  return count;
}

LoopTensor CorrectionTerms::createSumOfProducts(const Factor &a,
                                                const Factor &b) {
  // A factor that is the same all over the sum stays out of it.
  LoopTensor result;
  if (isReduced(a) && isReduced(b))
    result = createSum({a, b});
  else if (isReduced(a))
    result = createProduct(toFactor(createSum(a)), b);
  else if (isReduced(b))
    result = createProduct(a, toFactor(createSum(b)));
  else
    result = createProduct(a, b);
  int64_t repeats = countRepeats({a, b});
  return repeats == 1 ? result : createMultiple(result, repeats);
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
    if (failed(
            lowerSites(getOperation(), getArgument(), overflow, select, lower)))
      signalPassFailure();
  }

private:
  static void lower(RewriterBase &rewriter, const AccumulatedSite &site) {
    const QuantizedSite &chunked = site.chunked;
    bool hasLhs = !!chunked.operands[0].zeroPoint;
    bool hasRhs = !!chunked.operands[1].zeroPoint;
    auto correct = [&](OpBuilder &builder, std::array<Value, 2> storage,
                       Value accumulator) {
      CorrectionTerms terms(builder, chunked, storage, site.bound.type);
      auto add = [&](const Factor &a, const Factor &b, bool negate,
                     StringRef name) {
        accumulator = terms.createAccumulate(
            accumulator, terms.createSumOfProducts(a, b), negate, name);
      };
      if (hasLhs)
        add(terms.getZeroPoint(0), terms.getStorage(1), /*negate=*/true,
            kColumnSumTerm);
      if (hasLhs && hasRhs)
        add(terms.getZeroPoint(0), terms.getZeroPoint(1), /*negate=*/false,
            kConstantTerm);
      if (hasRhs)
        add(terms.getZeroPoint(1), terms.getStorage(0), /*negate=*/true,
            kRowSumTerm);
      return accumulator;
    };
    linalg::LinalgOp integer = lowerSite(rewriter, site, correct);
    setTerm(integer, kRowSumTerm,
            hasRhs ? "separate" : "absent: rhs symmetric");
    setTerm(integer, kColumnSumTerm,
            hasLhs ? "separate" : "absent: lhs symmetric");
    setTerm(integer, kConstantTerm, hasLhs && hasRhs ? "separate" : "absent");
  }
};

} // namespace
