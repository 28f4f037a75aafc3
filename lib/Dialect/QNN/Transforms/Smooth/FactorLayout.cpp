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

bool FactorLayout::share(int64_t dim, int64_t count) {
  const Term *found = lookup(dim);
  if (!found || !found->isWhole() || ShapedType::isDynamic(count))
    return false;
  Term gone = *found;
  FactorLayout result = withoutTerms();
  for (Term term : terms) {
    if (term.dim == dim)
      continue;
    if (term.stride > gone.stride) {
      if (term.stride % (gone.stride * count) != 0)
        return false;
      term.stride /= count;
    }
    result.add(term);
  }
  result.shared.push_back({gone.stride, count});
  *this = std::move(result);
  return true;
}

int64_t FactorLayout::getNumSharing() const {
  int64_t product = 1;
  for (auto [stride, count] : shared)
    product *= count;
  return product;
}

int64_t FactorLayout::renumber(int64_t number) const {
  for (auto [stride, count] : shared)
    number = number / (stride * count) * stride + number % stride;
  return number;
}

bool FactorLayout::shareMaxima(MutableArrayRef<float> values) const {
  if (shared.empty())
    return false;
  SmallVector<float> maxima(values.size() / getNumSharing(), 0);
  for (auto [number, value] : llvm::enumerate(values)) {
    float &entry = maxima[renumber(number)];
    entry = std::max(entry, value);
  }
  bool changed = false;
  for (auto [number, value] : llvm::enumerate(values)) {
    float largest = maxima[renumber(number)];
    changed |= std::exchange(value, largest) != largest;
  }
  return changed;
}

SmallVector<float> FactorLayout::select(ArrayRef<float> factors) const {
  SmallVector<float> left(factors.size() / getNumSharing());
  for (auto [number, factor] : llvm::enumerate(factors))
    left[renumber(number)] = factor;
  return left;
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
                            ArrayRef<float> allFactors) {
  SmallVector<float> factors = layout.select(allFactors);
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
