//===- RecipeReader.cpp - recipes from YAML -------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RecipeChecks.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Location.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/GlobPattern.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/YAMLTraits.h"

#include <cmath>

using namespace quantc;
using llvm::ArrayRef;
using llvm::StringRef;
namespace yaml = llvm::yaml;

//===----------------------------------------------------------------------===//
// YAML form
//===----------------------------------------------------------------------===//

LLVM_YAML_IS_SEQUENCE_VECTOR(quantc::CandidateRecipe)
LLVM_YAML_IS_SEQUENCE_VECTOR(quantc::SiteRule)
LLVM_YAML_IS_FLOW_SEQUENCE_VECTOR(quantc::qnn::SmoothingKind)

namespace {
/// Scalars that are the names of an enumeration's values.
template <typename T, StringRef (*stringify)(T), T... values>
struct EnumeratedScalar {
  static void output(const T &value, void *, llvm::raw_ostream &os) {
    os << stringify(value);
  }
  static StringRef input(StringRef text, void *, T &value) {
    for (T candidate : {values...})
      if (text == stringify(candidate)) {
        value = candidate;
        return "";
      }
    static const std::string message =
        "expected one of " + llvm::join(ArrayRef{stringify(values)...}, ", ");
    return message;
  }
  static yaml::QuotingType mustQuote(StringRef) {
    return yaml::QuotingType::None;
  }
};
} // namespace

static StringRef stringifyOverflowAction(qnn::OverflowAction action) {
  return action == qnn::OverflowAction::Error ? "error" : "split";
}

template <>
struct yaml::ScalarTraits<qnn::Granularity>
    : EnumeratedScalar<qnn::Granularity, qnn::stringifyGranularity,
                       qnn::Granularity::Tensor, qnn::Granularity::Channel,
                       qnn::Granularity::Token, qnn::Granularity::Block,
                       qnn::Granularity::Head> {};

template <>
struct yaml::ScalarTraits<qnn::RangeEstimator>
    : EnumeratedScalar<qnn::RangeEstimator, qnn::stringifyRangeEstimator,
                       qnn::RangeEstimator::MinMax,
                       qnn::RangeEstimator::Percentile,
                       qnn::RangeEstimator::Entropy, qnn::RangeEstimator::MSE,
                       qnn::RangeEstimator::EMA> {};

template <>
struct yaml::ScalarTraits<qnn::RequantizeMode>
    : EnumeratedScalar<qnn::RequantizeMode, qnn::stringifyRequantizeMode,
                       qnn::RequantizeMode::Float,
                       qnn::RequantizeMode::FixedPoint,
                       qnn::RequantizeMode::Shift> {};

template <>
struct yaml::ScalarTraits<qnn::OverflowAction>
    : EnumeratedScalar<qnn::OverflowAction, stringifyOverflowAction,
                       qnn::OverflowAction::Error, qnn::OverflowAction::Split> {
};

template <>
struct yaml::ScalarTraits<qnn::SmoothingKind>
    : EnumeratedScalar<qnn::SmoothingKind, qnn::stringifySmoothingKind,
                       qnn::SmoothingKind::QKV,
                       qnn::SmoothingKind::AttentionOutput,
                       qnn::SmoothingKind::Other> {};

/// Where the mapping being read begins.
static RecipePosition getPosition(yaml::IO &io) {
  // Recipes are only ever read, and the context is the whole text.
  const auto *node = static_cast<yaml::Input &>(io).getCurrentNode();
  const auto *text = static_cast<const StringRef *>(io.getContext());
  if (!node || !text)
    return {};
  StringRef before(text->data(),
                   node->getSourceRange().Start.getPointer() - text->data());
  size_t lineStart = before.rfind('\n') + 1; // npos + 1 is 0
  return {unsigned(before.count('\n') + 1),
          unsigned(before.size() - lineStart + 1)};
}

namespace {
/// Whose operands an OperandRecipe is for.
enum class OperandKind { Activations, Weights };
} // namespace

template <>
struct yaml::MappingContextTraits<OperandRecipe, OperandKind> {
  static void mapping(IO &io, OperandRecipe &recipe, OperandKind &) {
    io.mapOptional("storage", recipe.storage);
    io.mapOptional("symmetric", recipe.symmetric);
    io.mapOptional("narrow_range", recipe.narrowRange);
    io.mapOptional("dynamic", recipe.dynamic);
    io.mapOptional("granularity", recipe.granularity);
    io.mapOptional("block_size", recipe.blockSize);
    io.mapOptional("estimator", recipe.estimator);
    io.mapOptional("percentile", recipe.percentile);
    io.mapOptional("ema_rate", recipe.emaRate);
    recipe.position = getPosition(io);
  }
  static std::string validate(IO &, OperandRecipe &recipe, OperandKind &kind) {
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
    if (recipe.dynamic.value_or(false) &&
        recipe.estimator.value_or(qnn::RangeEstimator::MinMax) !=
            qnn::RangeEstimator::MinMax)
      return "expected estimator 'minmax' for a dynamic range, but got '" +
             qnn::stringifyRangeEstimator(*recipe.estimator).str() + "'";
    return kind == OperandKind::Weights ? validateWeights(recipe)
                                        : validateActivations(recipe);
  }
};

/// Reads the operands of a recipe, a rule or a candidate.
static void mapOperands(yaml::IO &io, OperandRecipe &activations,
                        OperandRecipe &weights) {
  OperandKind kind = OperandKind::Activations;
  io.mapOptionalWithContext("activations", activations, kind);
  kind = OperandKind::Weights;
  io.mapOptionalWithContext("weights", weights, kind);
}

template <>
struct yaml::MappingTraits<SmoothRecipe> {
  static void mapping(IO &io, SmoothRecipe &recipe) {
    std::string alpha;
    io.mapRequired("alpha", alpha);
    double value;
    if (llvm::to_float(alpha, value))
      recipe.alpha = value;
    else if (alpha != "auto" && !alpha.empty())
      io.setError("expected an alpha in [0, 1] or 'auto', but got '" + alpha +
                  "'");
    io.mapOptional("groups", recipe.groups);
  }
  static std::string validate(IO &, SmoothRecipe &recipe) {
    if (recipe.alpha && !(*recipe.alpha >= 0 && *recipe.alpha <= 1))
      return "expected an alpha in [0, 1]";
    return "";
  }
};

template <>
struct yaml::MappingTraits<OutlierRecipe> {
  static void mapping(IO &io, OutlierRecipe &recipe) {
    io.mapRequired("threshold", recipe.threshold);
  }
  static std::string validate(IO &, OutlierRecipe &recipe) {
    if (recipe.threshold > 0 && std::isfinite(recipe.threshold))
      return "";
    return "expected a positive threshold";
  }
};

template <>
struct yaml::MappingTraits<CacheRecipe> {
  static void mapping(IO &io, CacheRecipe &recipe) {
    OperandRecipe operand;
    io.mapOptional("storage", operand.storage);
    io.mapOptional("symmetric", operand.symmetric);
    io.mapOptional("narrow_range", operand.narrowRange);
    io.mapOptional("granularity", operand.granularity);
    io.mapOptional("estimator", operand.estimator);
    io.mapOptional("percentile", operand.percentile);
    io.mapOptional("ema_rate", operand.emaRate);
    operand.position = getPosition(io);
    recipe.operand = recipe.operand.overriddenBy(operand);
    recipe.operand.dynamic =
        *recipe.operand.granularity == qnn::Granularity::Token;
    io.mapOptional("shared", recipe.shared);
    std::string scale = "calibrated";
    io.mapOptional("scale", scale);
    double value = 0;
    if (scale == "calibrated")
      return;
    if (llvm::to_float(scale, value) && std::isfinite(value) && value > 0)
      recipe.scale = value;
    else
      io.setError("expected 'calibrated' or a positive scale, but got '" +
                  scale + "'");
  }
  static std::string validate(IO &io, CacheRecipe &recipe) {
    OperandKind kind = OperandKind::Activations;
    std::string error =
        yaml::MappingContextTraits<OperandRecipe, OperandKind>::validate(
            io, recipe.operand, kind);
    if (!error.empty())
      return error;
    if (!llvm::is_contained({"i8", "ui8", "f8E4M3FN", "f8E5M2"},
                            StringRef(*recipe.operand.storage)))
      return "expected storage i8, ui8, f8E4M3FN or f8E5M2 of a cache, but got "
             "'" +
             *recipe.operand.storage + "'";
    // Keys and values have both signs.
    if (*recipe.operand.storage == "ui8" && *recipe.operand.symmetric)
      return "expected an asymmetric cache of ui8, which has no negative "
             "numbers";
    qnn::Granularity granularity = *recipe.operand.granularity;
    std::string name = qnn::stringifyGranularity(granularity).str();
    if (granularity == qnn::Granularity::Channel ||
        granularity == qnn::Granularity::Block)
      return "expected granularity tensor, head or token of a cache, but got "
             "'" +
             name + "'";
    if (recipe.scale && !*recipe.operand.symmetric)
      return "expected a symmetric cache for a given scale";
    bool isToken = granularity == qnn::Granularity::Token;
    if (isToken && (recipe.scale || recipe.shared))
      return "expected no given and no shared scale with granularity 'token', "
             "which is measured at run time";
    return "";
  }
};

template <>
struct yaml::MappingTraits<SharedScales> {
  static void mapping(IO &io, SharedScales &scales) {
    io.mapOptional("attention_weights", scales.attentionWeights);
  }
};

template <>
struct yaml::MappingTraits<CandidateRecipe> {
  static void mapping(IO &io, CandidateRecipe &recipe) {
    io.mapRequired("name", recipe.name);
    mapOperands(io, recipe.activations, recipe.weights);
  }
  static std::string validate(IO &, CandidateRecipe &recipe) {
    if (recipe.name.empty() || recipe.name == "float")
      return "expected a name other than '" + recipe.name + "' for a candidate";
    return "";
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
    llvm::StringSet<> names;
    for (const CandidateRecipe &candidate : recipe.candidates)
      if (!names.insert(candidate.name).second)
        return "expected candidates of different names, but got '" +
               candidate.name + "' twice";
    if (recipe.maxError.has_value() == recipe.maxCost.has_value())
      return "expected one of max_error and max_cost";
    double limit = recipe.maxError.value_or(recipe.maxCost.value_or(0));
    if (!(limit > 0) || std::isinf(limit))
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
  static std::string validate(IO &, SkipRules &rules) {
    if (rules.minMacs < 0)
      return "expected min_macs of at least 0, but got " +
             std::to_string(rules.minMacs);
    return "";
  }
};

template <>
struct yaml::MappingTraits<SiteRule> {
  static void mapping(IO &io, SiteRule &rule) {
    io.mapRequired("name", rule.name);
    io.mapOptional("float", rule.isFloat);
    mapOperands(io, rule.activations, rule.weights);
    rule.position = getPosition(io);
  }
  static std::string validate(IO &, SiteRule &rule) {
    llvm::Expected<llvm::GlobPattern> glob =
        llvm::GlobPattern::create(rule.name, /*MaxSubPatterns=*/1024);
    if (!glob)
      return llvm::toString(glob.takeError());
    if (rule.isFloat &&
        (rule.activations.position.line > 0 || rule.weights.position.line > 0))
      return "expected no activations and weights of sites that stay in float";
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
    mapOperands(io, activations, weights);
    recipe.activations = recipe.activations.overriddenBy(activations);
    recipe.weights = recipe.weights.overriddenBy(weights);
    io.mapOptional("smooth", recipe.smooth);
    io.mapOptional("outliers", recipe.outliers);
    io.mapOptional("shared_scales", recipe.sharedScales);
    io.mapOptional("requantize", recipe.requantize);
    io.mapOptional("auto", recipe.autoSelect);
    io.mapOptional("skip", recipe.skip);
    io.mapOptional("kv_cache", recipe.kvCache);
    io.mapOptional("overflow", recipe.overflow);
    io.mapOptional("sites", recipe.sites);
  }
  static std::string validate(IO &, Recipe &recipe) {
    std::string error = checkIdleKeys(recipe);
    return error.empty() ? checkOutliers(recipe) : error;
  }
};

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

static constexpr StringRef kKeys[] = {"auto",          "target",
                                      "candidates",    "max_error",
                                      "max_cost",      "dynamic",
                                      "version",       "description",
                                      "activations",   "weights",
                                      "smooth",        "skip",
                                      "sites",         "storage",
                                      "symmetric",     "narrow_range",
                                      "granularity",   "estimator",
                                      "percentile",    "ema_rate",
                                      "alpha",         "activation_products",
                                      "depthwise",     "min_macs",
                                      "name",          "float",
                                      "block_size",    "requantize",
                                      "overflow",      "output_projection",
                                      "shared_scales", "attention_weights",
                                      "kv_cache",      "shared",
                                      "scale",         "outliers",
                                      "threshold",     "groups"};

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
  recipe.path = path.str();
  yaml::Input input(text, &text, collectError, &error);
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

mlir::FailureOr<Recipe> Recipe::read(StringRef path,
                                     mlir::MLIRContext *context) {
  llvm::Expected<Recipe> recipe = read(path);
  if (recipe)
    return std::move(*recipe);
  return mlir::emitError(mlir::UnknownLoc::get(context))
         << llvm::toString(recipe.takeError());
}

mlir::Location Recipe::getLoc(RecipePosition position,
                              mlir::MLIRContext *context) const {
  if (path.empty())
    return mlir::UnknownLoc::get(context);
  return mlir::FileLineColLoc::get(context, path, position.line,
                                   position.column);
}

llvm::Expected<Recipe> Recipe::read(StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/true);
  if (!buffer)
    return llvm::createStringError("cannot open '" + path +
                                   "': " + buffer.getError().message());
  return parse((*buffer)->getBuffer(), path);
}
