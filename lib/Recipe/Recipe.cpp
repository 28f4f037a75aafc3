//===- Recipe.cpp - how a model is to be quantized ------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Recipe/Recipe.h"

#include "mlir/AsmParser/AsmParser.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/GlobPattern.h"

using namespace quantc;
using llvm::ArrayRef;
using llvm::StringRef;

OperandRecipe OperandRecipe::getActivationDefault() {
  OperandRecipe recipe;
  recipe.storage = "i8";
  recipe.symmetric = false;
  recipe.narrowRange = false;
  recipe.dynamic = false;
  recipe.granularity = qnn::Granularity::Tensor;
  recipe.estimator = qnn::MinMaxAttr::getMnemonic();
  recipe.percentile = 99.99;
  recipe.emaRate = 0.01;
  return recipe;
}

OperandRecipe CacheRecipe::getDefault() {
  OperandRecipe recipe = OperandRecipe::getActivationDefault();
  recipe.granularity = qnn::Granularity::Head;
  return recipe;
}

OperandRecipe OperandRecipe::getWeightDefault() {
  OperandRecipe recipe = getActivationDefault();
  recipe.symmetric = true;
  recipe.narrowRange = true;
  recipe.granularity = qnn::Granularity::Channel;
  return recipe;
}

OperandRecipe OperandRecipe::overriddenBy(const OperandRecipe &over) const {
  OperandRecipe result = *this;
  // Floats have no zero points and are not narrowed: the defaults for integers
  // would be errors.
  if (over.storage && StringRef(*over.storage).starts_with("f")) {
    result.symmetric = true;
    result.narrowRange = false;
  }
  auto apply = [](auto &value, const auto &other) {
    if (other)
      value = other;
  };
  apply(result.storage, over.storage);
  apply(result.symmetric, over.symmetric);
  apply(result.narrowRange, over.narrowRange);
  apply(result.dynamic, over.dynamic);
  apply(result.granularity, over.granularity);
  apply(result.blockSize, over.blockSize);
  apply(result.estimator, over.estimator);
  apply(result.percentile, over.percentile);
  apply(result.emaRate, over.emaRate);
  if (over.position.line > 0)
    result.position = over.position;
  return result;
}

qnn::RangeEstimatorAttrInterface OperandRecipe::buildEstimator(
    mlir::MLIRContext *context,
    llvm::function_ref<mlir::InFlightDiagnostic()> emitError) const {
  // The reader has checked the numbers.
  if (hasEstimator(qnn::PercentileAttr::getMnemonic()))
    return qnn::PercentileAttr::get(context, *percentile);
  if (hasEstimator(qnn::EMAAttr::getMnemonic()))
    return qnn::EMAAttr::get(context, *emaRate);
  std::string text = estimator->text;
  if (!StringRef(text).starts_with("#"))
    text = "#qnn." + text;
  // One error, where the recipe says it, in place of the parser's.
  std::string reason;
  mlir::Attribute attribute;
  {
    mlir::ScopedDiagnosticHandler handler(context, [&](mlir::Diagnostic &diag) {
      if (reason.empty())
        reason = diag.str();
      return mlir::success();
    });
    attribute = mlir::parseAttribute(text, context);
  }
  if (auto built = llvm::dyn_cast_if_present<qnn::RangeEstimatorAttrInterface>(
          attribute))
    return built;
  emitError() << "expected a range estimator, but got '" << text << "'"
              << (reason.empty() ? "" : ": " + reason);
  return {};
}

/// Whether the rule is for the site. The reader has checked every pattern; one
/// that was set by hand and is none matches nothing.
static bool matches(const SiteRule &rule, StringRef siteName) {
  llvm::Expected<llvm::GlobPattern> glob =
      llvm::GlobPattern::create(rule.name, /*MaxSubPatterns=*/1024);
  if (glob)
    return glob->match(siteName);
  llvm::consumeError(glob.takeError());
  return false;
}

Recipe::SiteDecision Recipe::decide(StringRef siteName) const {
  SiteDecision decision{activations, weights};
  for (const SiteRule &rule : sites) {
    if (!matches(rule, siteName))
      continue;
    decision.activations = decision.activations.overriddenBy(rule.activations);
    decision.weights = decision.weights.overriddenBy(rule.weights);
    decision.floatRule = rule.isFloat ? &rule : nullptr;
  }
  return decision;
}

bool Recipe::anyActivations(
    llvm::function_ref<bool(const OperandRecipe &)> holds) const {
  std::vector<OperandRecipe> bases = {activations};
  if (autoSelect)
    for (const CandidateRecipe &candidate : autoSelect->candidates)
      bases.push_back(activations.overriddenBy(candidate.activations));
  return llvm::any_of(bases, [&](const OperandRecipe &base) {
    return holds(base) || llvm::any_of(sites, [&](const SiteRule &rule) {
             return holds(base.overriddenBy(rule.activations));
           });
  });
}

std::vector<const SiteRule *>
Recipe::getIdleRules(ArrayRef<StringRef> siteNames) const {
  std::vector<const SiteRule *> idle;
  for (const SiteRule &rule : sites)
    if (llvm::none_of(siteNames,
                      [&](StringRef name) { return matches(rule, name); }))
      idle.push_back(&rule);
  return idle;
}
