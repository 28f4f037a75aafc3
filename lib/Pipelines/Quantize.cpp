//===- Quantize.cpp - the pipeline qnn-quantize ---------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Pipelines/Quantize.h"
#include "quantc/Dialect/QNN/Transforms/Passes.h"

#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace quantc;

llvm::Expected<std::optional<qnn::QNNSmoothPassOptions>>
quantc::getSmoothOptions(const Recipe &recipe, StringRef recipePath,
                         StringRef smooth) {
  if (smooth == "none" || (smooth == "recipe" && !recipe.smooth))
    return std::nullopt;
  std::optional<double> alpha;
  double number;
  if (smooth == "recipe")
    alpha = recipe.smooth->alpha;
  else if (llvm::to_float(smooth, number) && number >= 0 && number <= 1)
    alpha = number;
  else if (smooth != "auto")
    return llvm::createStringError("expected smooth to be an alpha in [0, 1], "
                                   "'auto', 'none' or 'recipe', but got '" +
                                   smooth + "'");
  qnn::QNNSmoothPassOptions options;
  if (alpha)
    options.alpha = *alpha;
  else
    options.recipe = recipePath.str();
  // Where products of activations or a cache are quantized, what their
  // observers know of values is needed.
  options.keepStatistics = !recipe.skip.activationProducts || recipe.kvCache;
  if (recipe.smooth)
    for (qnn::SmoothingKind kind : recipe.smooth->groups)
      options.groups.push_back(qnn::stringifySmoothingKind(kind).str());
  return options;
}

void quantc::buildSmoothPipeline(
    OpPassManager &pm, StringRef statistics,
    const std::optional<qnn::QNNSmoothPassOptions> &smooth) {
  pm.addPass(qnn::createVerifyAnnotatedPass());
  if (!statistics.empty())
    pm.addPass(qnn::createQNNApplyStatisticsPass({statistics.str()}));
  pm.addPass(qnn::createVerifyCalibratedPass());
  if (!smooth)
    return;
  pm.addPass(qnn::createQNNSmoothPass(*smooth));
  // The constants that were folded into have lost their readers.
  pm.addPass(createCanonicalizerPass());
}

void quantc::buildIntegerPipeline(OpPassManager &pm,
                                  qnn::RequantizeMode requantize,
                                  qnn::OverflowAction overflow) {
  // Symmetric sites need no correction and go first, so that what is left is
  // asymmetric.
  qnn::QNNLowerSymmetricPassOptions symmetric;
  qnn::QNNLowerAsymmetricPassOptions asymmetric;
  symmetric.overflow = asymmetric.overflow = overflow;
  pm.addPass(qnn::createQNNLowerSymmetricPass(symmetric));
  pm.addPass(qnn::createQNNLowerAsymmetricPass(asymmetric));
  pm.addPass(qnn::createVerifyLoweredPass());
  // Corrections move into accumulators before the epilogue is gathered: it
  // would otherwise take them in as elementwise work.
  //    Sums come last: what computes an operand is then one op.
  pm.addPass(qnn::createQNNFuseZeroPointsPass());
  pm.addPass(qnn::createQNNFuseEpiloguePass({requantize}));
  pm.addPass(qnn::createQNNFuseSumsPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(qnn::createVerifyNoZeroPointTrafficPass());
}

void quantc::buildSelectPipeline(OpPassManager &pm,
                                 const QuantizeOptions &options) {
  // A cache is what it is whatever the sites do with it, and they choose
  // knowing what it is.
  pm.addPass(qnn::createQNNQuantizeCachePass({options.recipe}));
  // What is split off is a site, too, and gets its reason with the others.
  pm.addPass(qnn::createQNNSplitOutliersPass({options.recipe}));
  qnn::QNNSelectSchemePassOptions select;
  select.recipe = options.recipe;
  select.maxError = options.maxError;
  select.maxCost = options.maxCost;
  select.pareto = options.pareto;
  select.candidate = options.candidate;
  select.sensitivity = options.sensitivity;
  pm.addPass(qnn::createQNNSelectSchemePass(select));
  pm.addPass(qnn::createVerifySelectedPass());
}

void quantc::buildMaterializePipeline(OpPassManager &pm, const Recipe &recipe) {
  if (recipe.sharedScales.attentionWeights)
    pm.addPass(qnn::createQNNShareScalesPass());
  pm.addPass(qnn::createQNNMaterializePass());
  pm.addPass(qnn::createVerifyMaterializedPass());
  buildIntegerPipeline(pm, recipe.requantize, recipe.overflow);
}

llvm::Error quantc::buildQuantizePipeline(OpPassManager &pm,
                                          const QuantizeOptions &options) {
  auto recipe = Recipe::read(options.recipe);
  if (!recipe)
    return recipe.takeError();
  auto smooth = getSmoothOptions(*recipe, options.recipe, options.smooth);
  if (!smooth)
    return smooth.takeError();
  // 1. Smoothing comes first: it changes what there is to quantize.
  buildSmoothPipeline(pm, options.statistics, *smooth);
  // 2. Decisions, all of them attributes.
  buildSelectPipeline(pm, options);
  // 3. Decisions become operations, observers are gone; then integers.
  buildMaterializePipeline(pm, *recipe);
  return llvm::Error::success();
}

void quantc::registerQuantizePipeline() {
  // Not PassPipelineRegistration: its builder has no way to report an error.
  registerPassPipeline(
      "qnn-quantize",
      "Quantize an annotated module by its statistics and a recipe",
      [](OpPassManager &pm, StringRef text,
         function_ref<LogicalResult(const Twine &)> errorHandler)
          -> LogicalResult {
        QuantizeOptions options;
        if (failed(options.parseFromString(text)))
          return failure();
        if (llvm::Error error = buildQuantizePipeline(pm, options))
          return errorHandler(llvm::toString(std::move(error)));
        return success();
      },
      [](function_ref<void(const detail::PassOptions &)> handler) {
        handler(QuantizeOptions());
      });
}
