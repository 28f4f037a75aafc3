//===- QuantizedSites.cpp - what is quantized already ---------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "QuantizedSites.h"
#include "quantc/Dialect/QNN/IR/QNNOps.h"
#include "quantc/Dialect/QNN/Transforms/ConstantView.h"
#include "quantc/Dialect/QNN/Transforms/Site.h"
#include "quantc/Dialect/QNN/Transforms/SiteScales.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::tool;

/// The types that operands are stored in: accumulators and float are none.
static bool isStorage(Type type) {
  return type.isInteger(4) || type.isInteger(8) || type.isInteger(16) ||
         isa<Float8E4M3FNType, Float8E5M2Type>(type);
}

/// What `value` holds before it was reshaped, transposed, padded or sliced.
static Value skipMoves(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (!isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp,
             tensor::ExtractSliceOp, tensor::PadOp, linalg::TransposeOp,
             linalg::BroadcastOp, qnn::ObserveOp>(op))
      break;
    value = op->getOperand(0);
  }
  return value;
}

/// What a quantization or dequantization says of `storage`.
template <typename OpType>
static std::string describeForm(OpType op, Type storage) {
  std::string granularity = "tensor";
  if (!op.getBlocks().empty())
    granularity = "block";
  else if (!op.getAxes().empty())
    granularity =
        "axes " + llvm::join(llvm::map_range(op.getAxes(),
                                             [](int64_t axis) {
                                               return std::to_string(axis);
                                             }),
                             ", ");
  return llvm::formatv("{0} {1} {2}{3}", storage,
                       op.getZeroPoint() ? "asymmetric" : "symmetric",
                       granularity,
                       describeScales(qnn::SiteScales::getRange(op.getScale())))
      .str();
}

/// How the program stores an operand; empty where it is float.
static std::string describeForm(Value operand) {
  Value value = skipMoves(operand);
  if (auto op = value.getDefiningOp<qnn::DequantizeOp>())
    return describeForm(op, getElementTypeOrSelf(op.getInput()));
  if (auto op = value.getDefiningOp<qnn::QuantizeOp>())
    return describeForm(op, getElementTypeOrSelf(op.getResult()));
  Type type = getElementTypeOrSelf(operand);
  return isStorage(type) ? llvm::formatv("{0}", type).str() : "";
}

bool quantc::tool::isQuantizedByRecipe(ModuleOp module) {
  return module
      .walk([](linalg::LinalgOp op) {
        bool isDecided = op->hasAttr(qnn::kSchemeAttrName) ||
                         op->hasAttr(qnn::kFloatReasonAttrName);
        return isDecided ? WalkResult::interrupt() : WalkResult::advance();
      })
      .wasInterrupted();
}

bool quantc::tool::hasQuantizedSites(ModuleOp module) {
  return module
      .walk([](linalg::LinalgOp op) {
        bool isQuantized =
            qnn::isSite(op) && (!describeForm(op->getOperand(0)).empty() ||
                                !describeForm(op->getOperand(1)).empty());
        return isQuantized ? WalkResult::interrupt() : WalkResult::advance();
      })
      .wasInterrupted();
}

void quantc::tool::addForms(ModuleOp module, Sites &sites) {
  module.walk([&](linalg::LinalgOp op) {
    auto found = sites.find(qnn::getSiteName(op));
    if (found == sites.end() || found->second.scheme)
      return;
    for (unsigned operand : {0, 1})
      found->second.forms[operand] = describeForm(op->getOperand(operand));
  });
}

std::string StoredState::describeScales() const {
  std::string text = cache.scaleSource + tool::describeScales(cache.scales);
  if (!cache.partner.empty())
    text += ", shared with " + cache.partner;
  return StringRef(text).ltrim().str();
}

std::vector<StoredState> quantc::tool::collectStates(ModuleOp module) {
  std::vector<StoredState> states;
  auto main = module.lookupSymbol<func::FuncOp>("main");
  if (!main)
    return states;
  for (unsigned i = 0; i < main.getNumArguments(); ++i) {
    auto name = main.getArgAttrOfType<StringAttr>(i, qnn::kInputAttrName);
    auto type = dyn_cast<RankedTensorType>(main.getArgumentTypes()[i]);
    if (!name || !type || !isStorage(type.getElementType()))
      continue;
    // A state is what is returned under its name.
    for (unsigned result = 0; result < main.getNumResults(); ++result) {
      auto output =
          main.getResultAttrOfType<StringAttr>(result, qnn::kOutputAttrName);
      if (output != name || main.getResultTypes()[result] != type)
        continue;
      std::optional<qnn::CacheDescription> cache =
          qnn::CacheDescription::get(main, i);
      if (!cache) {
        cache.emplace();
        cache->form = llvm::formatv("{0}", type.getElementType()).str();
        if (auto scale =
                main.getArgAttrOfType<FloatAttr>(i, qnn::kScaleAttrName))
          cache->scales = {scale.getValueAsDouble(), scale.getValueAsDouble()};
      }
      states.push_back(
          {name.str(),
           llvm::join(llvm::map_range(
                          type.getShape(),
                          [](int64_t size) { return std::to_string(size); }),
                      "x"),
           std::move(*cache)});
    }
  }
  return states;
}
