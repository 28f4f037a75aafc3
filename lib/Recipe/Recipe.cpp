//===- Recipe.cpp - how a model is to be quantized ------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Recipe/Recipe.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/GlobPattern.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/YAMLTraits.h"

using namespace quantc;
using llvm::StringRef;
namespace yaml = llvm::yaml;

//===----------------------------------------------------------------------===//
// YAML form
//===----------------------------------------------------------------------===//

LLVM_YAML_IS_SEQUENCE_VECTOR(quantc::CandidateRecipe)
LLVM_YAML_IS_SEQUENCE_VECTOR(quantc::SiteRule)

template <>
struct yaml::ScalarEnumerationTraits<qnn::Granularity> {
  static void enumeration(IO &io, qnn::Granularity &value) {
    for (auto granularity : {qnn::Granularity::Tensor,
                             qnn::Granularity::Channel, qnn::Granularity::Token,
                             qnn::Granularity::Block, qnn::Granularity::Head})
      io.enumCase(value, qnn::stringifyGranularity(granularity).data(),
                  granularity);
  }
};

template <>
struct yaml::ScalarEnumerationTraits<qnn::RangeEstimator> {
  static void enumeration(IO &io, qnn::RangeEstimator &value) {
    for (auto estimator :
         {qnn::RangeEstimator::MinMax, qnn::RangeEstimator::Percentile,
          qnn::RangeEstimator::Entropy, qnn::RangeEstimator::MSE,
          qnn::RangeEstimator::EMA})
      io.enumCase(value, qnn::stringifyRangeEstimator(estimator).data(),
                  estimator);
  }
};

template <>
struct yaml::ScalarEnumerationTraits<qnn::RequantizeMode> {
  static void enumeration(IO &io, qnn::RequantizeMode &value) {
    for (auto mode :
         {qnn::RequantizeMode::Float, qnn::RequantizeMode::FixedPoint,
          qnn::RequantizeMode::Shift})
      io.enumCase(value, qnn::stringifyRequantizeMode(mode).data(), mode);
  }
};

template <>
struct yaml::ScalarEnumerationTraits<qnn::OverflowAction> {
  static void enumeration(IO &io, qnn::OverflowAction &value) {
    io.enumCase(value, "error", qnn::OverflowAction::Error);
    io.enumCase(value, "split", qnn::OverflowAction::Split);
  }
};

template <>
struct yaml::MappingTraits<OperandRecipe> {
  static void mapping(IO &io, OperandRecipe &recipe) {
    io.mapOptional("storage", recipe.storage);
    io.mapOptional("symmetric", recipe.symmetric);
    io.mapOptional("narrow_range", recipe.narrowRange);
    io.mapOptional("dynamic", recipe.dynamic);
    io.mapOptional("granularity", recipe.granularity);
    io.mapOptional("block_size", recipe.blockSize);
    io.mapOptional("estimator", recipe.estimator);
    io.mapOptional("percentile", recipe.percentile);
    io.mapOptional("ema_rate", recipe.emaRate);
  }
  static std::string validate(IO &, OperandRecipe &recipe) {
    if (recipe.storage &&
        !llvm::is_contained({"i4", "i8", "ui8", "i16", "f8E4M3FN", "f8E5M2"},
                            StringRef(*recipe.storage)))
      return "expected storage i4, i8, ui8, i16, f8E4M3FN or f8E5M2, but got "
             "'" +
             *recipe.storage + "'";
    if (recipe.percentile &&
        !(*recipe.percentile > 0 && *recipe.percentile <= 100))
      return "expected a percentile in (0, 100]";
    if (recipe.emaRate && !(*recipe.emaRate > 0 && *recipe.emaRate <= 1))
      return "expected an ema_rate in (0, 1]";
    if (recipe.blockSize && *recipe.blockSize < 1)
      return "expected a positive block_size, but got " +
             std::to_string(*recipe.blockSize);
    if (recipe.blockSize && recipe.granularity &&
        *recipe.granularity != qnn::Granularity::Block)
      return "expected block_size with granularity 'block' only, but got '" +
             qnn::stringifyGranularity(*recipe.granularity).str() + "'";
    return "";
  }
};

template <>
struct yaml::MappingTraits<SmoothRecipe> {
  static void mapping(IO &io, SmoothRecipe &recipe) {
    io.mapRequired("alpha", recipe.alpha);
  }
  static std::string validate(IO &, SmoothRecipe &recipe) {
    if (!(recipe.alpha >= 0 && recipe.alpha <= 1))
      return "expected an alpha in [0, 1]";
    return "";
  }
};

template <>
struct yaml::MappingTraits<CandidateRecipe> {
  static void mapping(IO &io, CandidateRecipe &recipe) {
    io.mapRequired("name", recipe.name);
    io.mapOptional("activations", recipe.activations);
    io.mapOptional("weights", recipe.weights);
  }
};

template <>
struct yaml::MappingTraits<AutoRecipe> {
  static void mapping(IO &io, AutoRecipe &recipe) {
    io.mapRequired("target", recipe.target);
    io.mapRequired("candidates", recipe.candidates);
    io.mapOptional("max_error", recipe.maxError);
    io.mapOptional("max_cost", recipe.maxCost);
  }
  static std::string validate(IO &, AutoRecipe &recipe) {
    if (recipe.candidates.empty())
      return "expected candidates";
    if (recipe.maxError.has_value() == recipe.maxCost.has_value())
      return "expected one of max_error and max_cost";
    double limit = recipe.maxError.value_or(recipe.maxCost.value_or(0));
    if (!(limit > 0))
      return "expected a positive limit";
    return "";
  }
};

template <>
struct yaml::MappingTraits<SkipRules> {
  static void mapping(IO &io, SkipRules &rules) {
    io.mapOptional("activation_products", rules.activationProducts);
    io.mapOptional("depthwise", rules.depthwise);
    io.mapOptional("output_projection", rules.outputProjection);
    io.mapOptional("min_macs", rules.minMacs);
  }
};

template <>
struct yaml::MappingTraits<SiteRule> {
  static void mapping(IO &io, SiteRule &rule) {
    io.mapRequired("name", rule.name);
    io.mapOptional("float", rule.isFloat);
    io.mapOptional("activations", rule.activations);
    io.mapOptional("weights", rule.weights);
  }
  static std::string validate(IO &, SiteRule &rule) {
    llvm::Expected<llvm::GlobPattern> glob =
        llvm::GlobPattern::create(rule.name, /*MaxSubPatterns=*/1024);
    if (!glob)
      return llvm::toString(glob.takeError());
    return "";
  }
};

template <>
struct yaml::MappingTraits<Recipe> {
  static void mapping(IO &io, Recipe &recipe) {
    int64_t version = 0;
    io.mapRequired("version", version);
    if (version != Recipe::kVersion)
      io.setError("expected recipe version " + llvm::Twine(Recipe::kVersion) +
                  ", but got " + llvm::Twine(version));
    io.mapOptional("description", recipe.description);
    OperandRecipe activations, weights;
    io.mapOptional("activations", activations);
    io.mapOptional("weights", weights);
    recipe.activations = recipe.activations.overriddenBy(activations);
    recipe.weights = recipe.weights.overriddenBy(weights);
    io.mapOptional("smooth", recipe.smooth);
    io.mapOptional("requantize", recipe.requantize);
    io.mapOptional("auto", recipe.autoSelect);
    io.mapOptional("skip", recipe.skip);
    io.mapOptional("overflow", recipe.overflow);
    io.mapOptional("sites", recipe.sites);
  }
};

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

static constexpr StringRef kKeys[] = {"auto",        "target",
                                      "candidates",  "max_error",
                                      "max_cost",    "dynamic",
                                      "version",     "description",
                                      "activations", "weights",
                                      "smooth",      "skip",
                                      "sites",       "storage",
                                      "symmetric",   "narrow_range",
                                      "granularity", "estimator",
                                      "percentile",  "ema_rate",
                                      "alpha",       "activation_products",
                                      "depthwise",   "min_macs",
                                      "name",        "float",
                                      "block_size",  "requantize",
                                      "overflow",    "output_projection"};

/// "unknown key 'symetric'" with the key that was probably meant.
static std::string addSuggestion(std::string message) {
  StringRef key(message);
  if (!key.consume_front("unknown key '") || !key.consume_back("'"))
    return message;
  const StringRef *nearest =
      llvm::min_element(kKeys, [&](StringRef a, StringRef b) {
        return key.edit_distance(a) < key.edit_distance(b);
      });
  return message + "; did you mean '" + nearest->str() + "'?";
}

/// Keeps the first error.
static void collectError(const llvm::SMDiagnostic &diagnostic, void *context) {
  auto &error = *static_cast<std::string *>(context);
  if (!error.empty())
    return;
  llvm::raw_string_ostream(error)
      << diagnostic.getLineNo() << ':' << diagnostic.getColumnNo() + 1 << ": "
      << addSuggestion(diagnostic.getMessage().str());
}

llvm::Expected<Recipe> Recipe::parse(StringRef text, StringRef path) {
  std::string error;
  Recipe recipe;
  yaml::Input input(text, nullptr, collectError, &error);
  // Without a document there is no node that an error could point to.
  if (input.setCurrentDocument()) {
    yaml::EmptyContext context;
    yaml::yamlize(input, recipe, /*Required=*/true, context);
    if (!input.error())
      return recipe;
  }
  if (error.empty())
    error = "1:1: expected a YAML mapping, but got nothing";
  return llvm::createStringError(path + ":" + error);
}

llvm::Expected<Recipe> Recipe::read(StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/true);
  if (!buffer)
    return llvm::createStringError("cannot open '" + path +
                                   "': " + buffer.getError().message());
  return parse((*buffer)->getBuffer(), path);
}

//===----------------------------------------------------------------------===//
// Decisions
//===----------------------------------------------------------------------===//

OperandRecipe OperandRecipe::getActivationDefault() {
  OperandRecipe recipe;
  recipe.storage = "i8";
  recipe.symmetric = false;
  recipe.narrowRange = false;
  recipe.dynamic = false;
  recipe.granularity = qnn::Granularity::Tensor;
  recipe.estimator = qnn::RangeEstimator::MinMax;
  recipe.percentile = 99.99;
  recipe.emaRate = 0.01;
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
  return result;
}

Recipe::SiteDecision Recipe::decide(StringRef siteName) const {
  SiteDecision decision{activations, weights};
  for (const SiteRule &rule : sites) {
    llvm::Expected<llvm::GlobPattern> glob =
        llvm::GlobPattern::create(rule.name, /*MaxSubPatterns=*/1024);
    if (!glob) {
      // The reader has checked every pattern; one that was set by hand and is
      // none matches nothing.
      llvm::consumeError(glob.takeError());
      continue;
    }
    if (!glob->match(siteName))
      continue;
    decision.activations = decision.activations.overriddenBy(rule.activations);
    decision.weights = decision.weights.overriddenBy(rule.weights);
    decision.floatRule = rule.isFloat ? &rule : nullptr;
  }
  return decision;
}
