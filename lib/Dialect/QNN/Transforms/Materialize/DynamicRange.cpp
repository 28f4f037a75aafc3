//===- DynamicRange.cpp - parameters measured at run time -----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DynamicRange.h"
#include "Site/LinalgBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/APFloat.h"
#include <cfloat>

using namespace mlir;
using namespace quantc::qnn;

namespace {

/// Formulas in double on scalars.
struct Doubles {
  OpBuilder &builder;
  Location loc;

  Value constant(double value) {
    return arith::ConstantOp::create(builder, loc,
                                     builder.getF64FloatAttr(value));
  }
  Value extend(Value value) {
    return arith::ExtFOp::create(builder, loc, builder.getF64Type(), value);
  }
  Value truncate(Value value) {
    return arith::TruncFOp::create(builder, loc, builder.getF32Type(), value);
  }
  Value clamp(Value value, double low, double high) {
    Value atLeast =
        arith::MaximumFOp::create(builder, loc, value, constant(low));
    return arith::MinimumFOp::create(builder, loc, atLeast, constant(high));
  }
  /// The f32 scale of a range of the given width over `steps` integers.
  Value scale(Value width, double steps) {
    Value exact = arith::DivFOp::create(builder, loc, width, constant(steps));
    Value isZero = arith::CmpFOp::create(
        builder, loc, arith::CmpFPredicate::OEQ, width, constant(0));
    Value safe = arith::SelectOp::create(builder, loc, isZero, constant(1),
                                         clamp(exact, FLT_MIN, FLT_MAX));
    return truncate(safe);
  }
};

enum class Extremum { Min, Max, Magnitude };

} // namespace

/// The smallest, largest or largest absolute element of `input`, but at most
/// (at least) zero, for each index along `axes`.
static Value createExtremum(OpBuilder &builder, Value input,
                            ArrayRef<int64_t> axes, Extremum extremum) {
  Location loc = input.getLoc();
  auto type = cast<RankedTensorType>(input.getType());
  SmallVector<OpFoldResult> sizes;
  SmallVector<utils::IteratorType> iterators(type.getRank(),
                                             utils::IteratorType::reduction);
  for (int64_t axis : axes) {
    sizes.push_back(tensor::getMixedSize(builder, loc, input, axis));
    iterators[axis] = utils::IteratorType::parallel;
  }
  Value zeros = createZeros(builder, loc, sizes, builder.getF32Type());
  SmallVector<AffineMap> maps = {
      builder.getMultiDimIdentityMap(type.getRank()),
      getParameterMap(builder.getContext(), type.getRank(), axes)};
  return linalg::GenericOp::create(
             builder, loc, zeros.getType(), input, zeros, maps, iterators,
             [&](OpBuilder &body, Location loc, ValueRange args) {
               Value element = args[0], result;
               if (!element.getType().isF32())
                 element = arith::ExtFOp::create(body, loc, body.getF32Type(),
                                                 element);
               if (extremum == Extremum::Magnitude)
                 element = math::AbsFOp::create(body, loc, element);
               if (extremum == Extremum::Min)
                 result = arith::MinNumFOp::create(body, loc, args[1], element);
               else
                 result = arith::MaxNumFOp::create(body, loc, args[1], element);
               linalg::YieldOp::create(body, loc, result);
             })
      .getResult(0);
}

static Value createScale(OpBuilder &builder, Location loc, ValueRange range,
                         ArrayRef<OpFoldResult> sizes,
                         QuantizationAttr scheme) {
  SmallVector<AffineMap> maps(range.size(),
                              builder.getMultiDimIdentityMap(sizes.size()));
  double steps;
  if (auto f8 = dyn_cast<FloatType>(scheme.getStorage())) {
    steps = llvm::APFloat::getLargest(f8.getFloatSemantics()).convertToDouble();
  } else {
    StorageRange storage =
        getStorageRange(scheme.getStorage(), scheme.getNarrowRange());
    steps = scheme.getSymmetric() ? storage.max : storage.max - storage.min;
  }
  return createElementwise(
             builder, loc, sizes, builder.getF32Type(), range, maps,
             [&](OpBuilder &body, Location loc, ValueRange args) -> Value {
               Doubles doubles{body, loc};
               Value width = doubles.extend(args.back());
               if (args.size() == 2)
                 width = arith::SubFOp::create(body, loc, width,
                                               doubles.extend(args[0]));
               return doubles.scale(width, steps);
             })
      .getResult(0);
}

/// clamp(rne(qmin - min / s), qmin, qmax).
static Value createZeroPoint(OpBuilder &builder, Location loc, Value minimum,
                             Value scale, ArrayRef<OpFoldResult> sizes,
                             QuantizationAttr scheme) {
  StorageRange storage =
      getStorageRange(scheme.getStorage(), scheme.getNarrowRange());
  unsigned width = scheme.getStorage().getIntOrFloatBitWidth();
  Type signless = builder.getIntegerType(width);
  AffineMap identity = builder.getMultiDimIdentityMap(sizes.size());
  Value result =
      createElementwise(
          builder, loc, sizes, signless, {minimum, scale}, {identity, identity},
          [&](OpBuilder &body, Location loc, ValueRange args) -> Value {
            Doubles doubles{body, loc};
            Value offset = arith::DivFOp::create(
                body, loc, doubles.extend(args[0]), doubles.extend(args[1]));
            Value exact = arith::SubFOp::create(
                body, loc, doubles.constant(storage.min), offset);
            Value rounded = math::RoundEvenOp::create(body, loc, exact);
            // An infinite input makes infinite quotients or none at all.
            Value isNaN = arith::CmpFOp::create(
                body, loc, arith::CmpFPredicate::UNO, rounded, rounded);
            rounded = arith::SelectOp::create(
                body, loc, isNaN, doubles.constant(storage.min), rounded);
            Value clamped = doubles.clamp(rounded, storage.min, storage.max);
            Value integer =
                arith::FPToSIOp::create(body, loc, body.getI32Type(), clamped);
            return arith::TruncIOp::create(body, loc, signless, integer);
          })
          .getResult(0);
  if (!scheme.getStorage().isUnsignedInteger())
    return result;
  auto type = cast<RankedTensorType>(result.getType());
  return tensor::BitcastOp::create(builder, loc,
                                   type.clone(scheme.getStorage()), result);
}

FailureOr<QuantizationOperands> quantc::qnn::createDynamicParameters(
    OpBuilder &builder, Value input, QuantizationAttr scheme,
    llvm::function_ref<InFlightDiagnostic()> emitError) {
  if (llvm::any_of(scheme.getBlocks(),
                   [](int64_t block) { return block != 1; }))
    return emitError() << "expected a dynamic scheme without blocks, but got "
                       << scheme;
  if (!isa<MinMaxAttr>(scheme.getEstimator()))
    return emitError() << "expected estimator minmax for a dynamic scheme, but "
                          "got '"
                       << scheme.getEstimator().getEstimatorName() << "'";
  int64_t rank = cast<RankedTensorType>(input.getType()).getRank();
  for (int64_t axis : scheme.getAxes())
    if (axis < 0 || axis >= rank)
      return emitError() << "expected axes in [0, " << rank << "), but got "
                         << axis;
  Location loc = input.getLoc();
  SmallVector<OpFoldResult> sizes;
  for (int64_t axis : scheme.getAxes())
    sizes.push_back(tensor::getMixedSize(builder, loc, input, axis));
  QuantizationOperands result;
  if (scheme.getSymmetric()) {
    Value magnitude =
        createExtremum(builder, input, scheme.getAxes(), Extremum::Magnitude);
    result.scale = createScale(builder, loc, magnitude, sizes, scheme);
    return result;
  }
  Value minimum =
      createExtremum(builder, input, scheme.getAxes(), Extremum::Min);
  Value maximum =
      createExtremum(builder, input, scheme.getAxes(), Extremum::Max);
  result.scale = createScale(builder, loc, {minimum, maximum}, sizes, scheme);
  result.zeroPoint =
      createZeroPoint(builder, loc, minimum, result.scale, sizes, scheme);
  return result;
}
