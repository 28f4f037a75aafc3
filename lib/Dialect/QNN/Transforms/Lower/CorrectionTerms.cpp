//===- CorrectionTerms.cpp - the terms that correct an accumulator --------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CorrectionTerms.h"
#include "Site/LinalgBuilder.h"
#include "Terms.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace quantc::qnn;

CorrectionTerms::CorrectionTerms(OpBuilder &builder, const QuantizedSite &site,
                                 std::array<Value, 2> storage, Type type)
    : builder(builder), site(site), storage(storage), type(type),
      loc(linalg::LinalgOp(site.op).getLoc()) {
  linalg::LinalgOp op = site.op;
  for (mlir::Range range : op.createLoopRanges(builder, loc))
    loopSizes.push_back(range.size);
}

//===----------------------------------------------------------------------===//
// Factors
//===----------------------------------------------------------------------===//

Factor CorrectionTerms::getStorage(unsigned number) {
  return {storage[number], site.indexing.getMap(number),
          site.operands[number].isUnsigned()};
}

Factor CorrectionTerms::getZeroPoint(unsigned number) {
  const QuantizedOperand &operand = site.operands[number];
  return {toSignless(builder, operand.zeroPoint),
          getLoopMap(operand.getZeroPointLoops()), operand.isUnsigned()};
}

SmallVector<Factor> CorrectionTerms::createPaddingMasks(unsigned number) {
  tensor::PadOp pad = site.operands[number].pad;
  AffineMap map = site.indexing.getMap(number);
  ArrayRef<int64_t> sizes = site.indexing.getLoopSizes();
  SmallVector<Factor> masks;
  for (auto [dim, expr] : llvm::enumerate(map.getResults())) {
    if (isZeroInteger(pad.getMixedLowPad()[dim]) &&
        isZeroInteger(pad.getMixedHighPad()[dim]))
      continue;
    SmallVector<unsigned> loops;
    SmallVector<int64_t> shape;
    for (unsigned loop = 0; loop < sizes.size(); ++loop)
      if (expr.isFunctionOfDim(loop)) {
        loops.push_back(loop);
        shape.push_back(sizes[loop]);
      }
    int64_t low = pad.getStaticLow()[dim];
    int64_t end = low + pad.getSourceType().getDimSize(dim);
    SmallVector<int8_t> inside;
    SmallVector<int64_t> position(sizes.size(), 0);
    AffineMap index = AffineMap::get(sizes.size(), 0, expr);
    for (int64_t i = 0, e = llvm::product_of(shape); i < e; ++i) {
      int64_t rest = i;
      for (size_t j = loops.size(); j-- > 0; rest /= shape[j])
        position[loops[j]] = rest % shape[j];
      int64_t at = index.compose(position).front();
      inside.push_back(at >= low && at < end);
    }
    auto maskType = RankedTensorType::get(shape, builder.getI8Type());
    Value mask = arith::ConstantOp::create(
        builder, loc,
        DenseElementsAttr::get(maskType, ArrayRef<int8_t>(inside)));
    masks.push_back({mask, getLoopMap(loops)});
  }
  return masks;
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

SmallVector<OpFoldResult> CorrectionTerms::getSizes(ArrayRef<unsigned> loops) {
  return llvm::map_to_vector(loops,
                             [&](unsigned loop) { return loopSizes[loop]; });
}

AffineMap CorrectionTerms::getLoopMap(ArrayRef<unsigned> loops) {
  return getMap(llvm::to_vector(llvm::seq<unsigned>(loopSizes.size())), loops);
}

AffineMap CorrectionTerms::getMap(ArrayRef<unsigned> loops,
                                  ArrayRef<unsigned> subset) {
  SmallVector<int64_t> positions;
  for (unsigned loop : subset)
    positions.push_back(llvm::find(loops, loop) - loops.begin());
  return getParameterMap(builder.getContext(), loops.size(), positions);
}

bool CorrectionTerms::isReduced(const Factor &factor) const {
  for (unsigned loop = 0; loop < loopSizes.size(); ++loop)
    if (site.indexing.isReduction(loop) && factor.map.isFunctionOfDim(loop))
      return true;
  return false;
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

//===----------------------------------------------------------------------===//
// Sums
//===----------------------------------------------------------------------===//

Factor CorrectionTerms::createChannelSum(const Factor &factor) {
  int64_t rank = factor.map.getNumResults();
  bool hasWindow = false;
  SmallVector<utils::IteratorType> iterators(rank,
                                             utils::IteratorType::parallel);
  SmallVector<int64_t> kept;
  SmallVector<AffineExpr> keptExprs;
  for (auto [dim, expr] : llvm::enumerate(factor.map.getResults())) {
    auto loop = dyn_cast<AffineDimExpr>(expr);
    hasWindow |= !loop && !isa<AffineConstantExpr>(expr);
    bool isChannel =
        loop && site.indexing.isReduction(loop.getPosition()) &&
        llvm::count_if(factor.map.getResults(), [&](AffineExpr other) {
          return other.isFunctionOfDim(loop.getPosition());
        }) == 1;
    if (isChannel) {
      iterators[dim] = utils::IteratorType::reduction;
    } else {
      kept.push_back(dim);
      keptExprs.push_back(expr);
    }
  }
  if (!hasWindow || int64_t(kept.size()) == rank)
    return factor;
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(builder, loc, factor.value);
  SmallVector<OpFoldResult> keptSizes =
      llvm::map_to_vector(kept, [&](int64_t dim) { return sizes[dim]; });
  Value zeros = createZeros(builder, loc, keptSizes, type);
  AffineMap maps[] = {builder.getMultiDimIdentityMap(rank),
                      getParameterMap(builder.getContext(), rank, kept)};
  auto sum = linalg::GenericOp::create(
      builder, loc, zeros.getType(), factor.value, zeros, maps, iterators,
      [&](OpBuilder &body, Location loc, ValueRange args) {
        Value element =
            extendInteger(body, loc, args[0], type, factor.isUnsigned);
        Value result = arith::AddIOp::create(body, loc, args[1], element);
        linalg::YieldOp::create(body, loc, result);
      });
  return {sum.getResult(0), AffineMap::get(factor.map.getNumDims(), 0,
                                           keptExprs, builder.getContext())};
}

LoopTensor CorrectionTerms::createSum(ArrayRef<Factor> factors,
                                      const llvm::SmallBitVector &kept) {
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
    bool isReduction = indexing.isReduction(loop) && !kept.test(loop);
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
        Value element =
            extendInteger(body, loc, args[0], type, factors[0].isUnsigned);
        for (unsigned i = 1; i < factors.size(); ++i)
          element = arith::MulIOp::create(
              body, loc, element,
              extendInteger(body, loc, args[i], type, factors[i].isUnsigned));
        Value result = arith::AddIOp::create(body, loc, args.back(), element);
        linalg::YieldOp::create(body, loc, result);
      });
  return {sum.getResult(0), parallel};
}

void CorrectionTerms::sumOwnLoops(MutableArrayRef<Factor> factors) {
  for (Factor &factor : factors) {
    llvm::SmallBitVector shared(loopSizes.size());
    bool hasOwn = false;
    for (unsigned loop = 0; loop < loopSizes.size(); ++loop) {
      shared[loop] = llvm::any_of(factors, [&](const Factor &other) {
        return &other != &factor && other.map.isFunctionOfDim(loop);
      });
      hasOwn |= !shared[loop] && site.indexing.isReduction(loop) &&
                factor.map.isFunctionOfDim(loop);
    }
    if (hasOwn && factor.map.isProjectedPermutation())
      factor = toFactor(createSum(factor, shared));
  }
}

LoopTensor CorrectionTerms::createSumOfProducts(ArrayRef<Factor> factors) {
  // A factor that is the same all over the sum stays out of it.
  SmallVector<Factor> reduced, product;
  size_t position = 0;
  for (const Factor &factor : factors) {
    if (isReduced(factor) && reduced.empty())
      position = product.size();
    (isReduced(factor) ? reduced : product).push_back(factor);
  }
  if (reduced.size() == 1)
    reduced[0] = createChannelSum(reduced[0]);
  else
    sumOwnLoops(reduced);
  llvm::SmallBitVector none(loopSizes.size());
  if (!reduced.empty())
    product.insert(product.begin() + position,
                   toFactor(createSum(reduced, none)));

  Factor result = product[0];
  for (const Factor &factor : ArrayRef(product).drop_front())
    result = toFactor(createProduct(result, factor));
  int64_t repeats = countRepeats(factors);
  if (repeats != 1 || getElementTypeOrSelf(result.value.getType()) != type) {
    Value count = arith::ConstantOp::create(
        builder, loc, builder.getIntegerAttr(type, repeats));
    result = toFactor(createElementwiseOf(
        result, {}, [&](OpBuilder &body, Location loc, Value a, Value) {
          return arith::MulIOp::create(body, loc, a, count).getResult();
        }));
  }
  return toTensor(result);
}

//===----------------------------------------------------------------------===//
// Elementwise
//===----------------------------------------------------------------------===//

LoopTensor CorrectionTerms::toTensor(const Factor &factor) {
  LoopTensor tensor{factor.value, {}};
  for (AffineExpr expr : factor.map.getResults())
    tensor.loops.push_back(cast<AffineDimExpr>(expr).getPosition());
  return tensor;
}

LoopTensor CorrectionTerms::createElementwiseOf(const Factor &a,
                                                const Factor &b,
                                                BinaryBuilder scalar) {
  SmallVector<unsigned> loops;
  SmallVector<AffineExpr> dims(loopSizes.size(),
                               builder.getAffineConstantExpr(0));
  for (unsigned loop = 0; loop < loopSizes.size(); ++loop) {
    if (!a.map.isFunctionOfDim(loop) &&
        !(b.value && b.map.isFunctionOfDim(loop)))
      continue;
    dims[loop] = builder.getAffineDimExpr(loops.size());
    loops.push_back(loop);
  }
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
  for (const Factor *factor : {&a, &b}) {
    if (!factor->value)
      continue;
    inputs.push_back(factor->value);
    maps.push_back(
        factor->map.replaceDimsAndSymbols(dims, {}, loops.size(), 0));
  }
  linalg::GenericOp op = createElementwise(
      builder, loc, getSizes(loops), type, inputs, maps,
      [&](OpBuilder &body, Location loc, ValueRange args) -> Value {
        Value left = extendInteger(body, loc, args[0], type, a.isUnsigned);
        Value right;
        if (args.size() > 1)
          right = extendInteger(body, loc, args[1], type, b.isUnsigned);
        return scalar(body, loc, left, right);
      });
  return {op.getResult(0), loops};
}

LoopTensor CorrectionTerms::createProduct(const Factor &a, const Factor &b) {
  return createElementwiseOf(
      a, b,
      [](OpBuilder &body, Location loc, Value left, Value right) -> Value {
        return arith::MulIOp::create(body, loc, left, right);
      });
}

LoopTensor CorrectionTerms::createDifference(const LoopTensor &a,
                                             const LoopTensor &b) {
  return createElementwiseOf(
      toFactor(a), toFactor(b),
      [](OpBuilder &body, Location loc, Value left, Value right) -> Value {
        return arith::SubIOp::create(body, loc, left, right);
      });
}

Value CorrectionTerms::createAccumulate(Value accumulator,
                                        const LoopTensor &term, bool negate,
                                        StringRef name) {
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
