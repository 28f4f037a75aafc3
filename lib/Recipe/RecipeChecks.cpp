//===- RecipeChecks.cpp - what recipes must not say -----------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RecipeChecks.h"

#include "llvm/ADT/STLExtras.h"

using namespace quantc;

std::string quantc::validateWeights(const OperandRecipe &weights) {
  if (weights.dynamic.value_or(false))
    return "expected weights to be static";
  if (weights.hasEstimator(qnn::EMAAttr::getMnemonic()))
    return "expected estimator 'minmax', 'percentile', 'entropy' or 'mse' of "
           "weights, which come in no batches, but got 'ema'";
  if (weights.granularity &&
      llvm::is_contained({qnn::Granularity::Token, qnn::Granularity::Head},
                         *weights.granularity))
    return "expected granularity 'tensor', 'channel' or 'block' of weights, "
           "but got '" +
           qnn::stringifyGranularity(*weights.granularity).str() + "'";
  return "";
}

std::string quantc::validateActivations(const OperandRecipe &activations) {
  if (activations.blockSize ||
      activations.granularity == qnn::Granularity::Block)
    return "expected blocks of weights only, but got some of activations";
  return "";
}

std::string quantc::checkIdleKeys(const Recipe &recipe) {
  for (OperandRecipe Recipe::*base : {&Recipe::activations, &Recipe::weights}) {
    bool isWeights = base == &Recipe::weights;
    std::vector<const OperandRecipe *> operands = {&(recipe.*base)};
    auto collect = [&](const auto &parts) {
      for (const auto &part : parts)
        operands.push_back(isWeights ? &part.weights : &part.activations);
    };
    collect(recipe.sites);
    if (recipe.autoSelect)
      collect(recipe.autoSelect->candidates);
    auto any = [&](auto holds) {
      return llvm::any_of(operands, [&](const OperandRecipe *operand) {
        return holds(*operand);
      });
    };
    // The built-in defaults set these two.
    OperandRecipe defaults = OperandRecipe::getWeightDefault();
    auto isIdle = [&](auto isSet, auto isUsed) {
      return any(isSet) && !any(isUsed);
    };
    auto uses = [](llvm::StringRef estimator) {
      return [=](const OperandRecipe &operand) {
        return operand.hasEstimator(estimator);
      };
    };
    std::string of = isWeights ? " of weights" : " of activations";
    if (isIdle(
            [&](const OperandRecipe &operand) {
              return operand.percentile &&
                     operand.percentile != defaults.percentile;
            },
            uses(qnn::PercentileAttr::getMnemonic())))
      return "expected an estimator 'percentile' for the percentile" + of;
    if (isIdle(
            [&](const OperandRecipe &operand) {
              return operand.emaRate && operand.emaRate != defaults.emaRate;
            },
            uses(qnn::EMAAttr::getMnemonic())))
      return "expected an estimator 'ema' for the ema_rate" + of;
    if (isIdle(
            [](const OperandRecipe &operand) {
              return operand.blockSize.has_value();
            },
            [](const OperandRecipe &operand) {
              return operand.granularity == qnn::Granularity::Block;
            }))
      return "expected granularity 'block' for the block_size" + of;
  }
  return "";
}

std::string quantc::checkOutliers(const Recipe &recipe) {
  if (!recipe.outliers)
    return "";
  if (recipe.autoSelect)
    return "expected outliers or auto, but got both: which channels stay in "
           "float is decided before candidates are compared";
  std::vector<OperandRecipe> operands = {recipe.activations};
  for (const SiteRule &rule : recipe.sites)
    operands.push_back(recipe.activations.overriddenBy(rule.activations));
  for (const OperandRecipe &operand : operands) {
    if (!*operand.dynamic && *operand.granularity == qnn::Granularity::Token)
      return "expected granularity 'token' of activations with outliers to be "
             "dynamic, because no ranges of tokens are left without them";
    if (!*operand.dynamic &&
        !operand.hasEstimator(qnn::MinMaxAttr::getMnemonic()))
      return "expected estimator 'minmax' or a dynamic range of activations "
             "with outliers, because no histogram is left without them, but "
             "got '" +
             operand.estimator->text + "'";
  }
  return "";
}
