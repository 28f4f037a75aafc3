//===- FactorLayout.cpp - how factors lie along a tensor ------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FactorLayout.h"
#include "Site/ConstantEvaluation.h"
#include "quantc/Dialect/QNN/Transforms/ConstantView.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include <cstring>

using namespace mlir;
using namespace quantc;
using namespace quantc::qnn;

const FactorLayout::Term *FactorLayout::lookup(int64_t dim) const {
  for (const Term &term : terms)
    if (term.dim == dim)
      return &term;
  return nullptr;
}

void FactorLayout::addSplit(int64_t stride, ArrayRef<int64_t> group,
                            ArrayRef<int64_t> shape) {
  for (int64_t dim : llvm::reverse(group)) {
    if (shape[dim] != 1)
      add({dim, stride});
    stride *= shape[dim];
  }
}

bool quantc::qnn::isMultipliedNow(Value value) {
  return getElementTypeOrSelf(value.getType()).isF32() && isEvaluable(value);
}

/// Multiplies the elements [begin, end) of a tensor, row major.
static void multiplyRange(ArrayRef<float> source, bool splat,
                          ArrayRef<int64_t> shape, const FactorLayout &layout,
                          ArrayRef<float> factors, int64_t begin, int64_t end,
                          float *target) {
  for (int64_t i = begin; i < end; ++i) {
    int64_t rest = i, number = 0;
    bool isContained = true;
    for (int64_t dim = int64_t(shape.size()) - 1; dim >= 0; --dim) {
      if (const FactorLayout::Term *term = layout.lookup(dim)) {
        number += term->stride * (rest % shape[dim] - term->begin);
        isContained &= term->contains(rest % shape[dim]);
      }
      rest /= shape[dim];
    }
    float value = source[splat ? 0 : i];
    target[i] = isContained ? value * factors[number] : value;
  }
}

static Value multiplyConstant(OpBuilder &builder, Location loc, Value value,
                              const FactorLayout &layout,
                              ArrayRef<float> factors) {
  std::optional<ConstantBytes> constant = evaluate(value);
  if (!constant)
    return nullptr;
  ArrayRef<float> source(
      reinterpret_cast<const float *>(constant->bytes.data()),
      constant->bytes.size() / sizeof(float));
  StringRef name = getParameterName(value);
  auto type = cast<RankedTensorType>(value.getType());
  return createConstantTensor(
      builder, loc, type, name.empty() ? "smooth" : name,
      [&](MutableArrayRef<char> bytes) {
        auto *target = reinterpret_cast<float *>(bytes.data());
        parallelForRange(builder.getContext(), type.getNumElements(),
                         /*grain=*/1 << 14, [&](int64_t begin, int64_t end) {
                           multiplyRange(source, constant->splat,
                                         type.getShape(), layout, factors,
                                         begin, end, target);
                         });
      });
}

Value quantc::qnn::multiply(OpBuilder &builder, Location loc, Value value,
                            const FactorLayout &layout,
                            ArrayRef<float> factors) {
  if (isMultipliedNow(value))
    if (Value constant = multiplyConstant(builder, loc, value, layout, factors))
      return constant;
  assert(layout.isAlongOneDimension() && "expected one dimension");
  int64_t dim = layout.getTerms().front().dim;
  auto type = cast<RankedTensorType>(value.getType());
  auto factorType = RankedTensorType::get(factors.size(), builder.getF32Type());
  Value factor = createConstantTensor(
      builder, loc, factorType, "smooth", [&](MutableArrayRef<char> bytes) {
        std::memcpy(bytes.data(), factors.data(),
                    factors.size() * sizeof(float));
      });
  Value empty = tensor::EmptyOp::create(builder, loc, type.getShape(),
                                        type.getElementType());
  AffineMap identity = builder.getMultiDimIdentityMap(type.getRank());
  AffineMap along =
      AffineMap::get(type.getRank(), 0, builder.getAffineDimExpr(dim));
  SmallVector<utils::IteratorType> parallel(type.getRank(),
                                            utils::IteratorType::parallel);
  return linalg::GenericOp::create(
             builder, loc, type, ValueRange{value, factor}, empty,
             ArrayRef<AffineMap>{identity, along, identity}, parallel,
             [](OpBuilder &body, Location loc, ValueRange args) {
               Value product =
                   arith::MulFOp::create(body, loc, args[0], args[1]);
               linalg::YieldOp::create(body, loc, product);
             })
      .getResult(0);
}
