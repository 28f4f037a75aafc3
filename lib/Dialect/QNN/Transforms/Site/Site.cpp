//===- Site.cpp - contractions and convolutions as sites ------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Dialect/QNN/Transforms/Site.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace quantc::qnn;

bool quantc::qnn::isSite(Operation *op) {
  auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
  if (!linalgOp || !linalgOp.hasPureTensorSemantics() ||
      linalgOp.getNumDpsInputs() != 2 || linalgOp.getNumDpsInits() != 1 ||
      (!linalg::isaContractionOpInterface(linalgOp) &&
       !linalg::isaConvolutionOpInterface(linalgOp)))
    return false;
  auto isMultiplyAccumulate = [](Operation *product, Operation *sum) {
    return (isa<arith::MulFOp>(product) && isa<arith::AddFOp>(sum)) ||
           (isa<arith::MulIOp>(product) && isa<arith::AddIOp>(sum));
  };
  return linalg::detail::isContractionBody(*linalgOp.getBlock(),
                                           isMultiplyAccumulate);
}

StringRef quantc::qnn::getSiteName(Operation *op) {
  auto name = op->getAttrOfType<StringAttr>(kSiteAttrName);
  return name ? name.getValue() : StringRef();
}

//===----------------------------------------------------------------------===//
// SiteIndexing
//===----------------------------------------------------------------------===//

SiteIndexing::SiteIndexing(linalg::LinalgOp site)
    : maps(site.getIndexingMapsArray()),
      iterators(site.getIteratorTypesArray()),
      sizes(site.getStaticLoopRanges()) {}

std::optional<int64_t> SiteIndexing::getReductionSize() const {
  int64_t product = 1;
  for (auto [loop, size] : llvm::enumerate(sizes)) {
    if (!isReduction(loop))
      continue;
    if (ShapedType::isDynamic(size))
      return std::nullopt;
    product *= size;
  }
  return product;
}

SmallVector<unsigned> SiteIndexing::getParallelLoops(unsigned operand) const {
  SmallVector<unsigned> loops;
  for (unsigned loop = 0; loop < getNumLoops(); ++loop)
    if (!isReduction(loop) && maps[operand].isFunctionOfDim(loop))
      loops.push_back(loop);
  return loops;
}

std::optional<unsigned> SiteIndexing::getLoop(unsigned operand,
                                              int64_t dim) const {
  auto expr = dyn_cast<AffineDimExpr>(maps[operand].getResult(dim));
  if (!expr)
    return std::nullopt;
  return expr.getPosition();
}

int64_t SiteIndexing::getResultDim(unsigned loop) const {
  AffineMap map = maps[2];
  return *map.getResultPosition(getAffineDimExpr(loop, map.getContext()));
}

AffineMap SiteIndexing::getMapFromResult(ArrayRef<unsigned> loops) const {
  MLIRContext *context = maps[2].getContext();
  SmallVector<AffineExpr> results;
  for (unsigned loop : loops)
    results.push_back(getAffineDimExpr(getResultDim(loop), context));
  return AffineMap::get(maps[2].getNumResults(), 0, results, context);
}

//===----------------------------------------------------------------------===//
// cloneSite
//===----------------------------------------------------------------------===//

static Value extend(OpBuilder &builder, Location loc, Value value, Type type,
                    bool isUnsigned) {
  if (value.getType() == type)
    return value;
  if (isa<FloatType>(type))
    return arith::ExtFOp::create(builder, loc, type, value);
  if (isUnsigned)
    return arith::ExtUIOp::create(builder, loc, type, value);
  return arith::ExtSIOp::create(builder, loc, type, value);
}

static void buildMultiplyAccumulate(OpBuilder &builder, Location loc,
                                    ValueRange args,
                                    std::array<bool, 2> unsignedOperands) {
  Type type = args[2].getType();
  Value lhs = extend(builder, loc, args[0], type, unsignedOperands[0]);
  Value rhs = extend(builder, loc, args[1], type, unsignedOperands[1]);
  Value sum;
  if (isa<FloatType>(type)) {
    Value product = arith::MulFOp::create(builder, loc, lhs, rhs);
    sum = arith::AddFOp::create(builder, loc, args[2], product);
  } else {
    Value product = arith::MulIOp::create(builder, loc, lhs, rhs);
    sum = arith::AddIOp::create(builder, loc, args[2], product);
  }
  linalg::YieldOp::create(builder, loc, sum);
}

/// The named op on new operands; its region follows from their types.
static linalg::LinalgOp cloneNamed(OpBuilder &builder, linalg::LinalgOp site,
                                   ValueRange operands) {
  OperationState state(site.getLoc(), site->getName());
  state.addOperands(operands);
  state.addTypes(operands.back().getType());
  state.addAttributes(llvm::to_vector(site->getDiscardableAttrs()));
  state.propertiesAttr = site->getPropertiesAsAttribute();
  Region *region = state.addRegion();
  SmallVector<Type> types;
  for (Value operand : operands)
    types.push_back(getElementTypeOrSelf(operand));
  {
    OpBuilder::InsertionGuard guard(builder);
    SmallVector<Location> locations(operands.size(), site.getLoc());
    Block *body = builder.createBlock(region, {}, types, locations);
    ImplicitLocOpBuilder bodyBuilder(site.getLoc(), builder);
    site.getRegionBuilder()(bodyBuilder, *body, site->getAttrs(),
                            [&] { return site->emitOpError(); });
  }
  return cast<linalg::LinalgOp>(builder.create(state));
}

linalg::LinalgOp quantc::qnn::cloneSite(OpBuilder &builder,
                                        linalg::LinalgOp site, Value lhs,
                                        Value rhs, Value init,
                                        std::array<bool, 2> unsignedOperands) {
  auto cast = site->getAttrOfType<linalg::TypeFnAttr>("cast");
  bool extendsSigned = !cast || cast.getValue() == linalg::TypeFn::cast_signed;
  if (site.getRegionBuilder() && extendsSigned && !unsignedOperands[0] &&
      !unsignedOperands[1])
    return cloneNamed(builder, site, {lhs, rhs, init});
  return linalg::GenericOp::create(
      builder, site.getLoc(), init.getType(), ValueRange{lhs, rhs},
      ValueRange{init}, site.getIndexingMapsArray(),
      site.getIteratorTypesArray(),
      [&](OpBuilder &body, Location loc, ValueRange args) {
        buildMultiplyAccumulate(body, loc, args, unsignedOperands);
      },
      llvm::to_vector(site->getDiscardableAttrs()));
}
