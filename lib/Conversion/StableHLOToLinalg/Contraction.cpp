//===- Contraction.cpp - dot_general to linalg ----------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Contraction.h"
#include "Builders.h"
#include "quantc/Conversion/StableHLOToLinalg/StableHLOToLinalg.h"
#include "quantc/Dialect/StableHLO/IR/StableHLO.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"

using namespace mlir;
using namespace quantc;

//===----------------------------------------------------------------------===//
// Bodies
//===----------------------------------------------------------------------===//

Value quantc::emitMultiplyAdd(OpBuilder &builder, Location loc, Value lhs,
                              bool isLhsUnsigned, Value rhs, bool isRhsUnsigned,
                              Value sum) {
  Type type = sum.getType();
  lhs = convertScalarToDtype(builder, loc, lhs, type, isLhsUnsigned);
  rhs = convertScalarToDtype(builder, loc, rhs, type, isRhsUnsigned);
  if (isa<FloatType>(type)) {
    Value product = arith::MulFOp::create(builder, loc, lhs, rhs);
    return arith::AddFOp::create(builder, loc, sum, product);
  }
  if (type.isInteger(1)) {
    Value product = arith::AndIOp::create(builder, loc, lhs, rhs);
    return arith::OrIOp::create(builder, loc, sum, product);
  }
  Value product = arith::MulIOp::create(builder, loc, lhs, rhs);
  return arith::AddIOp::create(builder, loc, sum, product);
}

//===----------------------------------------------------------------------===//
// Named ops
//===----------------------------------------------------------------------===//

/// Renames the loops: those of `outer` in its order, then the others.
static SmallVector<AffineMap> orderLoops(AffineMap outer,
                                         ArrayRef<AffineMap> maps) {
  MLIRContext *context = outer.getContext();
  unsigned numLoops = outer.getNumDims();
  SmallVector<AffineExpr> names(numLoops);
  unsigned next = 0;
  for (AffineExpr expr : outer.getResults())
    names[cast<AffineDimExpr>(expr).getPosition()] =
        getAffineDimExpr(next++, context);
  for (AffineExpr &name : names)
    if (!name)
      name = getAffineDimExpr(next++, context);
  return llvm::map_to_vector(maps, [&](AffineMap map) {
    return map.replaceDimsAndSymbols(names, {}, numLoops, 0);
  });
}

/// Whether the map leads to just these loops, in any order.
static bool hasLoops(AffineMap map, ArrayRef<unsigned> loops) {
  return map.getNumResults() == loops.size() &&
         llvm::all_of(loops,
                      [&](unsigned loop) { return map.isFunctionOfDim(loop); });
}

template <typename NamedOp>
static linalg::LinalgOp
createNamed(OpBuilder &builder, Location loc, const ContractionOperand &lhs,
            const ContractionOperand &rhs, Value init, AffineMap initMap) {
  auto op = NamedOp::create(builder, loc, TypeRange(init.getType()),
                            ValueRange{lhs.value, rhs.value}, ValueRange(init));
  op.setIndexingMapsAttr(
      builder.getAffineMapArrayAttr({lhs.map, rhs.map, initMap}));
  return cast<linalg::LinalgOp>(op.getOperation());
}

linalg::LinalgOp quantc::createContraction(OpBuilder &builder, Location loc,
                                           ContractionOperand lhs,
                                           ContractionOperand rhs, Value init,
                                           AffineMap initMap) {
  SmallVector<AffineMap> maps =
      orderLoops(initMap, {lhs.map, rhs.map, initMap});
  lhs.map = maps[0];
  rhs.map = maps[1];
  initMap = maps[2];

  unsigned numLoops = initMap.getNumDims();
  unsigned numParallel = initMap.getNumResults();
  // Loops of rhs alone are what lhs has at the end of a matrix product.
  auto isOnlyIn = [&](unsigned loop, const ContractionOperand &in,
                      const ContractionOperand &out) {
    return in.map.isFunctionOfDim(loop) && !out.map.isFunctionOfDim(loop);
  };
  auto parallel = llvm::seq<unsigned>(0, numParallel);
  if (numParallel > 0 && isOnlyIn(numParallel - 1, lhs, rhs) &&
      llvm::any_of(parallel,
                   [&](unsigned loop) { return isOnlyIn(loop, rhs, lhs); }))
    std::swap(lhs, rhs);

  // The named ops extend integers by their sign.
  if (!lhs.isUnsigned && !rhs.isUnsigned) {
    if (numLoops == 3 && numParallel == 2 && hasLoops(lhs.map, {0, 2}) &&
        hasLoops(rhs.map, {1, 2}))
      return createNamed<linalg::MatmulOp>(builder, loc, lhs, rhs, init,
                                           initMap);
    auto isBatchFirst = [](AffineMap map) {
      return map.getNumResults() > 0 && map.getDimPosition(0) == 0;
    };
    if (numLoops == 4 && numParallel == 3 && hasLoops(lhs.map, {0, 1, 3}) &&
        hasLoops(rhs.map, {0, 2, 3}) && isBatchFirst(lhs.map) &&
        isBatchFirst(rhs.map))
      return createNamed<linalg::BatchMatmulOp>(builder, loc, lhs, rhs, init,
                                                initMap);
  }

  SmallVector<utils::IteratorType> iterators(numLoops,
                                             utils::IteratorType::reduction);
  std::fill_n(iterators.begin(), numParallel, utils::IteratorType::parallel);
  auto op = linalg::GenericOp::create(
      builder, loc, TypeRange(init.getType()), ValueRange{lhs.value, rhs.value},
      ValueRange(init), ArrayRef<AffineMap>{lhs.map, rhs.map, initMap},
      iterators, [&](OpBuilder &b, Location loc, ValueRange arguments) {
        Value sum = emitMultiplyAdd(b, loc, arguments[0], lhs.isUnsigned,
                                    arguments[1], rhs.isUnsigned, arguments[2]);
        linalg::YieldOp::create(b, loc, sum);
      });
  return cast<linalg::LinalgOp>(op.getOperation());
}

//===----------------------------------------------------------------------===//
// dot_general
//===----------------------------------------------------------------------===//

namespace {

struct DotGeneralPattern : OpConversionPattern<stablehlo::DotGeneralOp> {
  using Base::Base;

  LogicalResult
  matchAndRewrite(stablehlo::DotGeneralOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    auto type = getTypeConverter()->convertType<RankedTensorType>(
        op.getResult().getType());
    auto numbers = op.getDotDimensionNumbers();

    // Loops in the order of the result's dimensions, then the summed ones.
    unsigned nextLoop = 0;
    constexpr unsigned none = ~0u;
    SmallVector<unsigned> lhsLoops(getShape(adaptor.getLhs()).size(), none);
    SmallVector<unsigned> rhsLoops(getShape(adaptor.getRhs()).size(), none);
    auto share = [&](ArrayRef<int64_t> lhsDims, ArrayRef<int64_t> rhsDims) {
      for (auto [lhsDim, rhsDim] : llvm::zip_equal(lhsDims, rhsDims))
        lhsLoops[lhsDim] = rhsLoops[rhsDim] = nextLoop++;
    };
    share(numbers.getLhsBatchingDimensions(),
          numbers.getRhsBatchingDimensions());
    // Contracting dimensions are named first, but after all others.
    unsigned numContracting = numbers.getLhsContractingDimensions().size();
    unsigned numFree =
        lhsLoops.size() + rhsLoops.size() - 2 * (nextLoop + numContracting);
    unsigned freeLoop = nextLoop;
    nextLoop += numFree;
    share(numbers.getLhsContractingDimensions(),
          numbers.getRhsContractingDimensions());
    for (SmallVector<unsigned> *loops : {&lhsLoops, &rhsLoops})
      for (unsigned &loop : *loops)
        if (loop == none)
          loop = freeLoop++;

    auto makeMap = [&](ArrayRef<unsigned> loops) {
      auto exprs = llvm::map_to_vector(loops, [&](unsigned loop) {
        return getAffineDimExpr(loop, getContext());
      });
      return AffineMap::get(nextLoop, 0, exprs, getContext());
    };
    AffineMap initMap = getLeadingMap(getContext(), nextLoop, type.getRank());
    Type accumulator = getAccumulatorType(type.getElementType());
    Value init = createFilled(rewriter, loc, type.getShape(),
                              createZero(rewriter, loc, accumulator));
    auto contraction =
        createContraction(rewriter, loc,
                          {adaptor.getLhs(), makeMap(lhsLoops),
                           getElementType(op.getLhs()).isUnsignedInteger()},
                          {adaptor.getRhs(), makeMap(rhsLoops),
                           getElementType(op.getRhs()).isUnsignedInteger()},
                          init, initMap);
    rewriter.replaceOp(op, createTruncation(rewriter, loc,
                                            contraction->getResult(0),
                                            type.getElementType()));
    return success();
  }
};

} // namespace

void quantc::populateStableHLOContractionPatterns(
    const TypeConverter &converter, RewritePatternSet &patterns) {
  patterns.add<DotGeneralPattern>(converter, patterns.getContext());
}
