//===- RecipeReader.cpp - recipes from YAML -------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MappingKeys.h"
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

/// What is said of a word that is none of those that are known. LLVM's reader
/// wants a string that outlives the call.
static StringRef refuseWord(StringRef word, ArrayRef<StringRef> known) {
  static thread_local std::string message;
  message = "expected one of " + llvm::join(known, ", ") + ", but got '" +
            word.str() + "'";
  if (std::optional<StringRef> nearest = getNearest(word, known))
    message += "; did you mean '" + nearest->str() + "'?";
  return message;
}

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
    return refuseWord(text, {stringify(values)...});
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
struct yaml::ScalarTraits<EstimatorName> {
  static void output(const EstimatorName &name, void *, llvm::raw_ostream &os) {
    os << name.text;
  }
  static StringRef input(StringRef text, void *, EstimatorName &name) {
    name = text;
    static constexpr StringRef known[] = {
        qnn::MinMaxAttr::getMnemonic(), qnn::PercentileAttr::getMnemonic(),
        qnn::EntropyAttr::getMnemonic(), qnn::MSEAttr::getMnemonic(),
        qnn::EMAAttr::getMnemonic()};
    if (llvm::is_contained(known, text))
      return "";
    // What an attribute of others is can be told where there is a context.
    if (text.starts_with("#") && !text.starts_with("#qnn."))
      return "";
    static thread_local std::string message;
    message = refuseWord(text, known);
    for (StringRef ours : known)
      if (text.starts_with(("#qnn." + ours).str()))
        message = "expected '" + ours.str() +
                  "', whose numbers are keys of their own, but got '" +
                  text.str() + "'";
    return message;
  }
  static yaml::QuotingType mustQuote(StringRef) {
    return yaml::QuotingType::Single;
  }
};

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

namespace {
/// Whose operands an OperandRecipe is for.
enum class OperandKind { Activations, Weights };
} // namespace

template <>
struct yaml::MappingContextTraits<OperandRecipe, OperandKind> {
  static void mapping(IO &io, OperandRecipe &recipe, OperandKind &) {
    MappingKeys keys(io);
    keys.mapOptional("storage", recipe.storage);
    keys.mapOptional("symmetric", recipe.symmetric);
    keys.mapOptional("narrow_range", recipe.narrowRange);
    keys.mapOptional("dynamic", recipe.dynamic);
    keys.mapOptional("granularity", recipe.granularity);
    keys.mapOptional("block_size", recipe.blockSize);
    keys.mapOptional("estimator", recipe.estimator);
    keys.mapOptional("percentile", recipe.percentile);
    keys.mapOptional("ema_rate", recipe.emaRate);
    keys.finish();
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
    if (recipe.dynamic.value_or(false) && recipe.estimator &&
        !recipe.hasEstimator(qnn::MinMaxAttr::getMnemonic()))
      return "expected estimator 'minmax' for a dynamic range, but got '" +
             recipe.estimator->text + "'";
    return kind == OperandKind::Weights ? validateWeights(recipe)
                                        : validateActivations(recipe);
  }
};

/// Reads the operands of a recipe, a rule or a candidate.
static void mapOperands(MappingKeys &keys, OperandRecipe &activations,
                        OperandRecipe &weights) {
  OperandKind kind = OperandKind::Activations;
  keys.mapOptional("activations", activations, kind);
  kind = OperandKind::Weights;
  keys.mapOptional("weights", weights, kind);
}

template <>
struct yaml::MappingTraits<SmoothRecipe> {
  static void mapping(IO &io, SmoothRecipe &recipe) {
    MappingKeys keys(io);
    std::string alpha;
    keys.mapRequired("alpha", alpha);
    double value;
    if (llvm::to_float(alpha, value))
      recipe.alpha = value;
    else if (alpha != "auto" && !alpha.empty())
      io.setError("expected an alpha in [0, 1] or 'auto', but got '" + alpha +
                  "'");
    keys.mapOptional("groups", recipe.groups);
    keys.finish();
    if (keys.has("groups") && recipe.groups.empty())
      io.setError("expected groups to smooth, but got none; without 'groups' "
                  "all are");
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
    MappingKeys keys(io);
    keys.mapRequired("threshold", recipe.threshold);
    keys.finish();
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
    MappingKeys keys(io);
    OperandRecipe operand;
    keys.mapOptional("storage", operand.storage);
    keys.mapOptional("symmetric", operand.symmetric);
    keys.mapOptional("narrow_range", operand.narrowRange);
    keys.mapOptional("granularity", operand.granularity);
    keys.mapOptional("estimator", operand.estimator);
    keys.mapOptional("percentile", operand.percentile);
    keys.mapOptional("ema_rate", operand.emaRate);
    operand.position = getPosition(io);
    recipe.operand = recipe.operand.overriddenBy(operand);
    recipe.operand.dynamic =
        *recipe.operand.granularity == qnn::Granularity::Token;
    keys.mapOptional("shared", recipe.shared);
    std::string scale = "calibrated";
    keys.mapOptional("scale", scale);
    keys.finish();
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
    MappingKeys keys(io);
    keys.mapOptional("attention_weights", scales.attentionWeights);
    keys.finish();
  }
};

template <>
struct yaml::MappingTraits<CandidateRecipe> {
  static void mapping(IO &io, CandidateRecipe &recipe) {
    MappingKeys keys(io);
    keys.mapRequired("name", recipe.name);
    mapOperands(keys, recipe.activations, recipe.weights);
    keys.finish();
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
    MappingKeys keys(io);
    keys.mapRequired("target", recipe.target);
    keys.mapRequired("candidates", recipe.candidates);
    keys.mapOptional("max_error", recipe.maxError);
    keys.mapOptional("max_cost", recipe.maxCost);
    keys.finish();
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
    MappingKeys keys(io);
    keys.mapOptional("activation_products", rules.activationProducts);
    keys.mapOptional("depthwise", rules.depthwise);
    keys.mapOptional("output_projection", rules.outputProjection);
    keys.mapOptional("min_macs", rules.minMacs);
    keys.finish();
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
    MappingKeys keys(io);
    keys.mapRequired("name", rule.name);
    keys.mapOptional("float", rule.isFloat);
    mapOperands(keys, rule.activations, rule.weights);
    keys.finish();
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
    MappingKeys keys(io);
    int64_t version = 0;
    keys.mapRequired("version", version);
    if (keys.has("version") && version != Recipe::kVersion)
      io.setError("expected recipe version " + llvm::Twine(Recipe::kVersion) +
                  ", but got " + llvm::Twine(version));
    keys.mapOptional("description", recipe.description);
    OperandRecipe activations, weights;
    mapOperands(keys, activations, weights);
    recipe.activations = recipe.activations.overriddenBy(activations);
    recipe.weights = recipe.weights.overriddenBy(weights);
    keys.mapOptional("smooth", recipe.smooth);
    keys.mapOptional("outliers", recipe.outliers);
    keys.mapOptional("shared_scales", recipe.sharedScales);
    keys.mapOptional("requantize", recipe.requantize);
    keys.mapOptional("auto", recipe.autoSelect);
    keys.mapOptional("skip", recipe.skip);
    keys.mapOptional("kv_cache", recipe.kvCache);
    keys.mapOptional("overflow", recipe.overflow);
    keys.mapOptional("sites", recipe.sites);
    keys.finish();
  }
  static std::string validate(IO &, Recipe &recipe) {
    std::string error = checkIdleKeys(recipe);
    return error.empty() ? checkOutliers(recipe) : error;
  }
};

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

/// Keeps the first error.
static void collectError(const llvm::SMDiagnostic &diagnostic, void *context) {
  std::string &error = static_cast<RecipeText *>(context)->error;
  if (!error.empty())
    return;
  llvm::raw_string_ostream(error)
      << diagnostic.getLineNo() << ':' << diagnostic.getColumnNo() + 1 << ": "
      << diagnostic.getMessage();
}

llvm::Expected<Recipe> Recipe::parse(StringRef text, StringRef path) {
  RecipeText context{text, ""};
  Recipe recipe;
  recipe.path = path.str();
  yaml::Input input(text, &context, collectError, &context);
  // Without a document there is no node that an error could point to.
  if (input.setCurrentDocument()) {
    yaml::EmptyContext empty;
    yaml::yamlize(input, recipe, /*Required=*/true, empty);
    if (!input.error())
      return recipe;
  }
  if (context.error.empty())
    context.error = "1:1: expected a YAML mapping, but got nothing";
  return llvm::createStringError(path + ":" + context.error);
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
