//===- SiteScales.cpp - the scales of a site, for people ------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Dialect/QNN/Transforms/SiteScales.h"
#include "quantc/Dialect/QNN/Transforms/ConstantView.h"
#include "quantc/Parameters/ConstantTensor.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::qnn;

static constexpr llvm::StringLiteral kScalesAttrName = "qnn.scales";
static constexpr std::array<llvm::StringLiteral, 2> kOperandNames = {"lhs",
                                                                     "rhs"};

std::optional<std::pair<double, double>> SiteScales::getRange(Value scale) {
  std::optional<ConstantTensor> constant = getConstantTensor(scale);
  if (!constant || !constant->getElementType().isF32())
    return std::nullopt;
  ArrayRef<float> scales = constant->getAs<float>();
  if (scales.empty())
    return std::nullopt;
  auto [low, high] = std::minmax_element(scales.begin(), scales.end());
  return std::pair<double, double>(*low, *high);
}

void SiteScales::set(Operation *site) const {
  Builder builder(site);
  NamedAttrList list;
  for (auto [name, scales] : llvm::zip_equal(kOperandNames, operands))
    if (scales)
      list.set(name,
               builder.getDenseF64ArrayAttr({scales->first, scales->second}));
  if (!list.empty())
    site->setDiscardableAttr(kScalesAttrName,
                             list.getDictionary(site->getContext()));
}

SiteScales SiteScales::get(Operation *site) {
  SiteScales result;
  auto attribute = site->getAttrOfType<DictionaryAttr>(kScalesAttrName);
  if (!attribute)
    return result;
  for (auto [name, scales] : llvm::zip_equal(kOperandNames, result.operands)) {
    auto bounds = attribute.getAs<DenseF64ArrayAttr>(name);
    if (bounds && bounds.size() == 2)
      scales = {bounds[0], bounds[1]};
  }
  return result;
}
