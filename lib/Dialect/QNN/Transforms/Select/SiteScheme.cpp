//===- SiteScheme.cpp - what a recipe makes of a site ---------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SiteScheme.h"
#include "Materialize/QuantizeConstant.h"
#include "quantc/Calibration/QuantizationParameters.h"
#include "quantc/Dialect/QNN/Transforms/ConstantView.h"
#include "quantc/Dialect/QNN/Transforms/SiteOperands.h"

#include "mlir/AsmParser/AsmParser.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::qnn;

//===----------------------------------------------------------------------===//
// Sites that stay in float
//===----------------------------------------------------------------------===//

/// The number of multiply-adds; nullopt where a size is dynamic.
static std::optional<int64_t> countMacs(const SiteIndexing &indexing) {
  int64_t macs = 1;
  for (int64_t size : indexing.getLoopSizes()) {
    if (ShapedType::isDynamic(size))
      return std::nullopt;
    macs *= size;
  }
  return macs;
}

/// Why the site stays in float, or "" if it need not. `isWeight` tells for each
/// operand whether it is constant; `isLimit` becomes whether the recipe asks
/// for more than there is.
static std::string
getFloatReason(linalg::LinalgOp site, const SiteIndexing &indexing,
               std::array<bool, 2> isWeight, const Recipe &recipe,
               const Recipe::SiteDecision &decision, bool &isLimit) {
  isLimit = false;
  std::optional<int64_t> macs = countMacs(indexing);
  for (unsigned operand : {0, 1}) {
    Type type = getElementTypeOrSelf(site->getOperand(operand));
    if (!type.isF32() && !type.isF16() && !type.isBF16())
      return llvm::formatv("an operand has elements of type {0}", type);
  }
  if (macs == 0)
    return "it has nothing to compute";
  if (decision.floatRule)
    return "the recipe keeps sites named '" + decision.floatRule->name +
           "' in float";
  if (auto outliers = site->getAttrOfType<StringAttr>(kOutliersAttrName))
    return outliers.str();
  if (isWeight[0] && isWeight[1])
    return "both operands are parameters";
  if (!isWeight[0] && !isWeight[1] && recipe.skip.activationProducts) {
    for (unsigned operand : {0, 1})
      if (tensor::ExtractSliceOp slice =
              getRunTimeSlice(site->getOperand(operand))) {
        isLimit = true;
        return llvm::formatv(
            "its weight is a slice of '{0}' that is chosen at run time",
            getParameterName(slice.getSource()));
      }
    return "both operands are activations";
  }
  if (!isWeight[0] && !isWeight[1] &&
      *decision.activations.granularity == Granularity::Channel) {
    isLimit = true;
    return "both operands are activations: there is no weight that scales per "
           "channel could fold into";
  }
  if (recipe.skip.depthwise && getReductionDims(indexing, 0).empty())
    return "it sums over no channels (depthwise)";
  if (recipe.skip.outputProjection && isOutputProjection(site))
    return "its result is the function's (output projection)";
  if (macs && *macs < recipe.skip.minMacs)
    return "its " + std::to_string(*macs) + " multiply-adds are fewer than " +
           std::to_string(recipe.skip.minMacs);
  isLimit = true;
  for (unsigned operand : {0, 1})
    if (isWeight[operand] && !isQuantizableConstant(site->getOperand(operand)))
      return "its weight is not a constant in memory";
  return "";
}

//===----------------------------------------------------------------------===//
// Schemes
//===----------------------------------------------------------------------===//

namespace {

/// What one parameter of an operand covers.
struct Placement {
  Granularity granularity = Granularity::Tensor;
  SmallVector<int64_t> axes, blocks;
};

} // namespace

/// Starts an error on what a recipe asks of a site: where the recipe says it,
/// if that is known, with a note at the site.
static InFlightDiagnostic emitRecipeError(linalg::LinalgOp site,
                                          const Recipe &recipe,
                                          const OperandRecipe &operand) {
  StringRef name = getSiteName(site);
  if (recipe.path.empty() || operand.position.line == 0)
    return site->emitOpError();
  InFlightDiagnostic diagnostic =
      emitError(recipe.getLoc(operand.position, site.getContext()));
  diagnostic.attachNote(site.getLoc()) << "for the site '" << name << "'";
  return diagnostic;
}

using EmitError = function_ref<InFlightDiagnostic()>;

/// The output channels of a weight, and along what is summed innermost, blocks.
static FailureOr<Placement> placeWeight(linalg::LinalgOp site,
                                        const SiteIndexing &indexing,
                                        unsigned operand,
                                        const OperandRecipe &recipe,
                                        EmitError emitError) {
  Granularity granularity = *recipe.granularity;
  if (*recipe.dynamic || granularity == Granularity::Token ||
      granularity == Granularity::Head)
    return emitError() << "expected a static granularity 'tensor', 'channel' "
                          "or 'block' for its weight";
  if (granularity == Granularity::Tensor)
    return Placement();
  Placement result{granularity, getResultDims(indexing, operand), {}};
  if (granularity == Granularity::Channel)
    return result;
  if (!recipe.blockSize)
    return emitError() << "expected a block_size for granularity 'block'";
  SmallVector<int64_t> summed = getReductionDims(indexing, operand);
  if (summed.empty()) {
    // A depthwise filter has nothing to cut.
    result.granularity = Granularity::Channel;
    return result;
  }
  int64_t cut = summed.back();
  result.axes.push_back(cut);
  llvm::sort(result.axes);
  for (int64_t axis : result.axes)
    result.blocks.push_back(axis == cut ? *recipe.blockSize : 1);
  return result;
}

/// The rows, the heads, or the channels that calibration has observed.
static FailureOr<Placement> placeActivation(linalg::LinalgOp site,
                                            const SiteIndexing &indexing,
                                            unsigned operand,
                                            const OperandRecipe &recipe,
                                            EmitError emitError) {
  Placement result{*recipe.granularity, {}, {}};
  switch (result.granularity) {
  case Granularity::Tensor:
    break;
  case Granularity::Block:
    return emitError()
           << "expected granularity 'tensor', 'channel', 'token' or 'head' for "
              "its activations, but got 'block'";
  case Granularity::Channel: {
    if (*recipe.dynamic)
      return emitError()
             << "expected granularity 'channel' of activations to be static: "
                "its scales fold into the weight";
    ObserveOp observer = getObserver(site->getOpOperand(operand));
    SmallVector<int64_t> summed = getReductionDims(indexing, operand);
    if (observer && observer.getAxis() &&
        llvm::is_contained(summed, int64_t(*observer.getAxis())))
      result.axes.push_back(*observer.getAxis());
    break;
  }
  case Granularity::Token: {
    result.axes = getResultDims(indexing, operand);
    ObserveOp observer = getObserver(site->getOpOperand(operand));
    if (!*recipe.dynamic && !result.axes.empty() && observer &&
        observer.getStatistics() && !observer.getStatistics()->getTokenMin())
      return emitError() << kNoTokenRanges;
    break;
  }
  case Granularity::Head:
    if (std::optional<int64_t> head = getHeadDim(indexing, operand))
      result.axes.push_back(*head);
    break;
  }
  return result;
}

/// The scheme by which an operand has been quantized already.
static QuantizationAttr getGivenQuantization(DequantizeOp operand) {
  ArrayRef<int64_t> axes = operand.getAxes();
  return QuantizationAttr::get(
      operand.getContext(), getElementTypeOrSelf(operand.getInput()),
      /*symmetric=*/!operand.getZeroPoint(), /*narrowRange=*/false,
      /*dynamic=*/false, /*powerOfTwo=*/false,
      axes.empty() ? Granularity::Tensor : Granularity::Head, axes,
      operand.getBlocks(), MinMaxAttr::get(operand.getContext()));
}

/// The recipe's scheme of one operand.
static FailureOr<QuantizationAttr>
getQuantization(linalg::LinalgOp site, const SiteIndexing &indexing,
                unsigned operand, const OperandRecipe &recipe, bool isWeight,
                bool powerOfTwo, EmitError emitError) {
  MLIRContext *context = site->getContext();
  FailureOr<Placement> placement =
      isWeight ? placeWeight(site, indexing, operand, recipe, emitError)
               : placeActivation(site, indexing, operand, recipe, emitError);
  if (failed(placement))
    return failure();
  // A matrix-vector product has no channels, a matrix product no heads.
  Granularity granularity =
      placement->axes.empty() ? Granularity::Tensor : placement->granularity;
  RangeEstimatorAttrInterface estimator =
      recipe.buildEstimator(context, emitError);
  if (!estimator)
    return failure();
  auto scheme = QuantizationAttr::getChecked(
      emitError, context, parseType(*recipe.storage, context),
      *recipe.symmetric, *recipe.narrowRange, *recipe.dynamic, powerOfTwo,
      granularity, ArrayRef<int64_t>(placement->axes),
      ArrayRef<int64_t>(placement->blocks), estimator);
  if (!scheme)
    return failure();
  return scheme;
}

//===----------------------------------------------------------------------===//
// Proposals
//===----------------------------------------------------------------------===//

FailureOr<SiteProposal> quantc::qnn::proposeScheme(linalg::LinalgOp site,
                                                   const Recipe &recipe,
                                                   WeightNoises &weights) {
  SiteIndexing indexing(site);
  std::array<bool, 2> isWeight = {isConstantValue(site->getOperand(0)),
                                  isConstantValue(site->getOperand(1))};
  Recipe::SiteDecision decision = recipe.decide(getSiteName(site));
  SiteProposal proposal;
  proposal.floatReason = getFloatReason(site, indexing, isWeight, recipe,
                                        decision, proposal.isLimit);
  if (!proposal.floatReason.empty())
    return proposal;

  std::array<QuantizationAttr, 2> schemes;
  for (unsigned operand : {0, 1}) {
    if (auto given = site->getOperand(operand).getDefiningOp<DequantizeOp>()) {
      schemes[operand] = getGivenQuantization(given);
      continue;
    }
    const OperandRecipe &asked =
        isWeight[operand] ? decision.weights : decision.activations;
    FailureOr<QuantizationAttr> scheme =
        getQuantization(site, indexing, operand, asked, isWeight[operand],
                        recipe.requantize == RequantizeMode::Shift,
                        [&] { return emitRecipeError(site, recipe, asked); });
    if (failed(scheme))
      return failure();
    schemes[operand] = *scheme;
  }
  for (unsigned operand : {0, 1}) {
    Type weight = getElementTypeOrSelf(site->getOperand(1 - operand));
    if (isWeight[1 - operand] && !weight.isF32() &&
        schemes[operand].getGranularity() == Granularity::Channel) {
      proposal.isLimit = true;
      proposal.floatReason = llvm::formatv(
          "scales per channel fold into a weight of f32 only, not of {0}",
          weight);
      return proposal;
    }
  }
  FailureOr<std::optional<double>> noise = getSiteNoise(site, schemes, weights);
  if (failed(noise))
    return failure();
  proposal.scheme = SchemeAttr::get(site->getContext(), schemes[0], schemes[1]);
  proposal.noiseToSignal = *noise;
  return proposal;
}
