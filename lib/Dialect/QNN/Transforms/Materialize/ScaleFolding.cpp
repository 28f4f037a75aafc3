//===- ScaleFolding.cpp - scales per summed channel, into the weight ------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ScaleFolding.h"
#include "Site/LinalgBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace quantc::qnn;

bool quantc::qnn::hasSummedScales(const SiteIndexing &indexing,
                                  unsigned operand, QuantizationAttr scheme) {
  if (!scheme.getBlocks().empty())
    return false;
  SmallVector<int64_t> summed = getReductionDims(indexing, operand);
  return llvm::any_of(scheme.getAxes(), [&](int64_t axis) {
    return llvm::is_contained(summed, axis);
  });
}

Value quantc::qnn::createUnscaled(OpBuilder &builder, DequantizeOp operand) {
  Location loc = operand.getLoc();
  auto scalar = RankedTensorType::get({}, builder.getF32Type());
  Value one = arith::ConstantOp::create(builder, loc,
                                        DenseElementsAttr::get(scalar, 1.0f));
  Value zeroPoint = operand.getZeroPoint();
  return DequantizeOp::create(
      builder, loc, operand.getType(), operand.getInput(), one, zeroPoint,
      zeroPoint ? operand.getAxes() : ArrayRef<int64_t>(), ArrayRef<int64_t>());
}

linalg::GenericOp quantc::qnn::createScaledWeight(OpBuilder &builder,
                                                  linalg::LinalgOp site,
                                                  unsigned operand,
                                                  DequantizeOp scaled) {
  SiteIndexing indexing(site);
  Value weight = site->getOperand(1 - operand);
  int64_t rank = cast<RankedTensorType>(weight.getType()).getRank();
  SmallVector<int64_t> positions;
  for (int64_t axis : scaled.getAxes()) {
    unsigned loop = *indexing.getLoop(operand, axis);
    for (int64_t dim = 0; dim < rank; ++dim)
      if (indexing.getLoop(1 - operand, dim) == loop)
        positions.push_back(dim);
  }
  MLIRContext *context = builder.getContext();
  Location loc = weight.getLoc();
  return createElementwise(
      builder, loc, tensor::getMixedSizes(builder, loc, weight),
      builder.getF32Type(), {weight, scaled.getScale()},
      {builder.getMultiDimIdentityMap(rank),
       getParameterMap(context, rank, positions)},
      [](OpBuilder &body, Location loc, ValueRange args) -> Value {
        return arith::MulFOp::create(body, loc, args[0], args[1]);
      });
}
