//===- CacheBoundary.cpp - what callers see of a cache's parameters -------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CacheParameters.h"
#include "quantc/Dialect/QNN/IR/QNNOps.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::qnn;

RankedTensorType CacheParameters::getMeasuredType(Type element) const {
  SmallVector<int64_t> shape;
  for (int64_t axis : scheme.getAxes())
    shape.push_back(cache.getType().getDimSize(axis));
  return RankedTensorType::get(shape, element);
}

LogicalResult CacheParameters::createArguments(func::FuncOp function) {
  Builder builder(function.getContext());
  auto add = [&](StringRef suffix, Type element) -> FailureOr<Value> {
    unsigned index = function.getNumArguments();
    NamedAttribute name = builder.getNamedAttr(
        kInputAttrName, builder.getStringAttr(cache.getName() + suffix));
    if (failed(function.insertArgument(index, getMeasuredType(element),
                                       builder.getDictionaryAttr(name),
                                       cache.argument.getLoc())))
      return failure();
    return Value(function.getArgument(index));
  };
  if (scheme.getDynamic()) {
    FailureOr<Value> scale = add(".scale", builder.getF32Type());
    if (failed(scale))
      return failure();
    measured.push_back({*scale, Value()});
    if (scheme.getSymmetric())
      return success();
    FailureOr<Value> zeroPoint = add(".zero_point", scheme.getStorage());
    if (failed(zeroPoint))
      return failure();
    measured.back().zeroPoint = *zeroPoint;
    return success();
  }
  if (!scheme.getAxes().empty())
    return success();
  unsigned index = cache.argument.getArgNumber();
  function.setArgAttr(index, kScaleAttrName,
                      builder.getF64FloatAttr(fixed.scales.front()));
  if (!scheme.getSymmetric())
    function.setArgAttr(index, kZeroPointAttrName,
                        builder.getI64IntegerAttr(fixed.zeroPoints.front()));
  return success();
}

void CacheParameters::createResults(func::FuncOp function, unsigned result) {
  Builder builder(function.getContext());
  if (!scheme.getDynamic()) {
    unsigned index = cache.argument.getArgNumber();
    for (StringRef name : {kScaleAttrName, kZeroPointAttrName})
      if (Attribute value = function.getArgAttr(index, name))
        function.setResultAttr(result, name, value);
    return;
  }
  auto terminator =
      cast<func::ReturnOp>(function.getBody().front().getTerminator());
  auto output =
      function.getResultAttrOfType<StringAttr>(result, kOutputAttrName);
  std::string name = output ? output.str() : cache.getName();
  for (auto [value, suffix] :
       {std::pair(measured.back().scale, ".scale"),
        std::pair(measured.back().zeroPoint, ".zero_point")}) {
    if (!value)
      continue;
    unsigned index = function.getNumResults();
    NamedAttribute attribute = builder.getNamedAttr(
        kOutputAttrName, builder.getStringAttr(name + suffix));
    (void)function.insertResult(index, value.getType(),
                                builder.getDictionaryAttr(attribute));
    terminator.getOperandsMutable().append(value);
  }
}
