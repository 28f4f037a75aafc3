//===- Materialize.cpp - schemes to explicit quantization -----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DynamicRange.h"
#include "QuantizeConstant.h"
#include "ScaleFolding.h"
#include "quantc/Calibration/QuantizationParameters.h"
#include "quantc/Dialect/QNN/Transforms/ConstantView.h"
#include "quantc/Dialect/QNN/Transforms/Groups.h"
#include "quantc/Dialect/QNN/Transforms/Passes.h"
#include "quantc/Dialect/QNN/Transforms/Site.h"
#include "quantc/Dialect/QNN/Transforms/SiteOperands.h"
#include "quantc/Dialect/QNN/Transforms/SiteScales.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Remarks.h"
#include "llvm/Support/FormatVariadic.h"

namespace quantc::qnn {
#define GEN_PASS_DEF_QNNMATERIALIZEPASS
#include "quantc/Dialect/QNN/Transforms/Passes.h.inc"
} // namespace quantc::qnn

using namespace mlir;
using namespace quantc;
using namespace quantc::qnn;

namespace {

/// What the operands of a site, dequantized, were multiplied with.
static void setScales(linalg::LinalgOp site, std::array<Value, 2> operands) {
  SiteScales scales;
  for (auto [operand, range] : llvm::zip_equal(operands, scales.operands))
    if (auto dequantize = operand.getDefiningOp<DequantizeOp>())
      range = SiteScales::getRange(dequantize.getScale());
  scales.set(site);
}

/// Quantizes operands. What several sites read with the same scheme is
/// quantized once.
class OperandMaterializer {
public:
  explicit OperandMaterializer(MLIRContext *context) : builder(context) {}

  /// Whether `value` can be quantized with `scheme`; if not, says why.
  static bool isQuantizable(Value value, QuantizationAttr scheme,
                            std::string &reason);

  /// The dequantized form of `value`; fails after an error. A constant takes
  /// `scale` where there is one.
  FailureOr<Value> materialize(Value value, QuantizationAttr scheme,
                               FloatAttr scale = nullptr);

  /// Sets both operands of a site; the scales of `operand`, which vary along
  /// summed dimensions, become part of the other one, a constant.
  LogicalResult materializeFolded(linalg::LinalgOp site, unsigned operand,
                                  std::array<QuantizationAttr, 2> schemes);

private:
  FailureOr<Value> quantizeObserved(ObserveOp observer,
                                    QuantizationAttr scheme);
  Value createQuantizeDequantize(Value input, const QuantizationOperands &from,
                                 QuantizationAttr scheme);

  OpBuilder builder;
  DenseMap<std::pair<Value, Attribute>, Value> cache;
};

bool OperandMaterializer::isQuantizable(Value value, QuantizationAttr scheme,
                                        std::string &reason) {
  if (auto observer = value.getDefiningOp<ObserveOp>()) {
    if (scheme.getDynamic() || observer.getStatistics())
      return true;
    reason =
        llvm::formatv("observer '{0}' has no statistics", observer.getName());
    return false;
  }
  if (value.getDefiningOp<DequantizeOp>())
    return true;
  if (!isQuantizableConstant(value)) {
    reason = isConstantValue(value)
                 ? "a parameter is computed in a way that is not evaluated at "
                   "compile time"
                 : "an operand is neither observed nor constant";
    return false;
  }
  if (scheme.getDynamic()) {
    reason = "a constant has a dynamic scheme";
    return false;
  }
  return true;
}

Value OperandMaterializer::createQuantizeDequantize(
    Value input, const QuantizationOperands &operands,
    QuantizationAttr scheme) {
  auto type = cast<RankedTensorType>(input.getType());
  Location loc = input.getLoc();
  Value quantized =
      QuantizeOp::create(builder, loc, type.clone(scheme.getStorage()), input,
                         operands.scale, operands.zeroPoint, scheme.getAxes(),
                         scheme.getBlocks(), scheme.getNarrowRange());
  return DequantizeOp::create(builder, loc, type, quantized, operands.scale,
                              operands.zeroPoint, scheme.getAxes(),
                              scheme.getBlocks());
}

FailureOr<Value>
OperandMaterializer::quantizeObserved(ObserveOp observer,
                                      QuantizationAttr scheme) {
  builder.setInsertionPointAfter(observer);
  Value input = observer.getInput();
  auto emitError = [&] {
    return observer.emitOpError() << "'" << observer.getName() << "': ";
  };
  if (scheme.getDynamic()) {
    FailureOr<QuantizationOperands> operands =
        createDynamicParameters(builder, input, scheme, emitError);
    if (failed(operands))
      return failure();
    return createQuantizeDequantize(input, *operands, scheme);
  }
  FailureOr<QuantizationParameters> parameters = computeQuantizationParameters(
      *observer.getStatistics(), getObservedDims(observer), scheme,
      cast<RankedTensorType>(input.getType()).getShape(), emitError);
  if (failed(parameters))
    return failure();
  QuantizationOperands operands = createParameterConstants(
      builder, observer.getLoc(), *parameters, scheme, observer.getName());
  return createQuantizeDequantize(input, operands, scheme);
}

FailureOr<Value> OperandMaterializer::materialize(Value value,
                                                  QuantizationAttr scheme,
                                                  FloatAttr scale) {
  if (value.getDefiningOp<DequantizeOp>())
    return value;
  Attribute key = scheme;
  if (scale)
    key = builder.getArrayAttr({scheme, scale});
  Value &cached = cache[{value, key}];
  if (cached)
    return cached;
  FailureOr<Value> result;
  if (auto observer = value.getDefiningOp<ObserveOp>()) {
    result = quantizeObserved(observer, scheme);
  } else {
    if (Operation *def = value.getDefiningOp())
      builder.setInsertionPointAfter(def);
    std::optional<float> shared;
    if (scale)
      shared = static_cast<float>(scale.getValueAsDouble());
    result = quantizeConstant(builder, value, scheme, /*name=*/"", shared);
  }
  if (succeeded(result))
    cached = *result;
  return result;
}

LogicalResult OperandMaterializer::materializeFolded(
    linalg::LinalgOp site, unsigned operand,
    std::array<QuantizationAttr, 2> schemes) {
  FailureOr<Value> value =
      materialize(site->getOperand(operand), schemes[operand]);
  if (failed(value))
    return failure();
  auto dequantize = value->getDefiningOp<DequantizeOp>();
  builder.setInsertionPoint(site);
  Value weight = site->getOperand(1 - operand);
  linalg::GenericOp scaled =
      createScaledWeight(builder, site, operand, dequantize);
  FailureOr<Value> quantized =
      quantizeConstant(builder, scaled.getResult(0), schemes[1 - operand],
                       getParameterName(weight));
  if (failed(quantized))
    return failure();
  scaled.erase();
  std::array<Value, 2> operands = {*quantized, *quantized};
  operands[operand] = dequantize;
  setScales(site, operands);
  site->setOperand(operand, createUnscaled(builder, dequantize));
  site->setOperand(1 - operand, *quantized);
  return success();
}

/// Why the scales of `operand` cannot become part of the other one; empty if
/// they can.
static std::string getUnfoldableReason(linalg::LinalgOp site,
                                       unsigned operand) {
  Value weight = site->getOperand(1 - operand);
  if (!site->getOperand(operand).getDefiningOp<ObserveOp>())
    return "the scales of a constant vary along a summed dimension";
  if (!isQuantizableConstant(weight))
    return "scales along a summed dimension have no constant to fold into";
  if (!getElementTypeOrSelf(weight).isF32())
    return llvm::formatv("scales along a summed dimension fold into a weight "
                         "of f32 only, not of {0}",
                         getElementTypeOrSelf(weight));
  return "";
}

class QNNMaterializePass
    : public quantc::qnn::impl::QNNMaterializePassBase<QNNMaterializePass> {
public:
  using Base::Base;

  void runOnOperation() override {
    OperandMaterializer materializer(&getContext());
    // What one site lacks the others mostly lack as well: once is enough.
    WalkResult result = getOperation().walk([&](linalg::LinalgOp op) {
      return isSite(op) ? WalkResult(materializeSite(op, materializer))
                        : WalkResult::advance();
    });
    if (result.wasInterrupted())
      return signalPassFailure();
    getOperation().walk([](ObserveOp observer) {
      observer.replaceAllUsesWith(observer.getInput());
      observer.erase();
    });
  }

private:
  static LogicalResult materializeSite(linalg::LinalgOp op,
                                       OperandMaterializer &materializer);
  static void keepFloat(linalg::LinalgOp op, StringRef reason);
};

void QNNMaterializePass::keepFloat(linalg::LinalgOp op, StringRef reason) {
  op->removeDiscardableAttr(kSchemeAttrName);
  // Who selected float has given the reason.
  if (op->hasAttr(kFloatReasonAttrName))
    return;
  op->setDiscardableAttr(kFloatReasonAttrName,
                         StringAttr::get(op.getContext(), reason));
  remark::missed(op.getLoc(),
                 remark::RemarkOpts::name("StaysFloat")
                     .category(QNNMaterializePass::getArgumentName()))
      << remark::metric("site", getSiteName(op).str())
      << remark::reason("{0}", reason.str());
}

LogicalResult
QNNMaterializePass::materializeSite(linalg::LinalgOp op,
                                    OperandMaterializer &materializer) {
  auto scheme = op->getAttrOfType<SchemeAttr>(kSchemeAttrName);
  if (!scheme) {
    // A site on operands that are quantized already is nobody's to judge.
    bool isInteger =
        llvm::all_of(op.getDpsInputOperands(), [](OpOperand *operand) {
          return isa<IntegerType>(getElementTypeOrSelf(operand->get()));
        });
    if (!isInteger && !isExplicitlyQuantized(op))
      keepFloat(op, "no scheme was selected");
    return success();
  }
  std::array<QuantizationAttr, 2> schemes = {scheme.getLhs(), scheme.getRhs()};
  std::string reason;
  for (auto [i, operandScheme] : llvm::enumerate(schemes)) {
    if (!OperandMaterializer::isQuantizable(op->getOperand(i), operandScheme,
                                            reason)) {
      keepFloat(op, reason);
      return success();
    }
  }
  SiteIndexing indexing(op);
  for (unsigned i : {0, 1}) {
    if (!hasSummedScales(indexing, i, schemes[i]))
      continue;
    reason = getUnfoldableReason(op, i);
    if (reason.empty())
      return materializer.materializeFolded(op, i, schemes);
    keepFloat(op, reason);
    return success();
  }
  for (auto [i, operandScheme] : llvm::enumerate(schemes)) {
    FailureOr<Value> value = materializer.materialize(
        op->getOperand(i), operandScheme,
        op->getAttrOfType<FloatAttr>(kWeightScaleAttrName));
    if (failed(value))
      return failure();
    op->setOperand(i, *value);
  }
  setScales(op, {op->getOperand(0), op->getOperand(1)});
  return success();
}

} // namespace
