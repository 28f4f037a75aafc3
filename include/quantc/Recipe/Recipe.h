//===- Recipe.h - how a model is to be quantized ----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A recipe is a YAML file; docs/recipes.md describes every key.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_RECIPE_RECIPE_H
#define QUANTC_RECIPE_RECIPE_H

#include "quantc/Dialect/QNN/IR/QNNDialect.h"
#include "quantc/Dialect/QNN/Transforms/Overflow.h"
#include "quantc/Dialect/QNN/Transforms/SmoothingKind.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <optional>
#include <string>
#include <vector>

namespace quantc {

/// A place in a recipe file, from 1; 0 where there is none.
struct RecipePosition {
  unsigned line = 0, column = 0;
};

/// A range estimator as recipes name it: one of `qnn` by its mnemonic, whose
/// number is a key of its own, or the text of any attribute that is one,
/// "#mine.sigmas<3>".
struct EstimatorName {
  std::string text;

  EstimatorName(llvm::StringRef text = "") : text(text) {}
  bool operator==(const EstimatorName &other) const {
    return text == other.text;
  }
};

/// How operands of one kind are quantized. What is not set is left to the
/// recipe's defaults, and those to the built-in ones of getDefault.
struct OperandRecipe {
  /// As MLIR spells the type: i4, i8, ui8, i16, f8E4M3FN, f8E5M2.
  std::optional<std::string> storage;
  std::optional<bool> symmetric;
  std::optional<bool> narrowRange;
  /// Measure the range at run time; for activations only.
  std::optional<bool> dynamic;
  std::optional<qnn::Granularity> granularity;
  /// Elements along the summed dimension that share a parameter, for the
  /// granularity 'block'.
  std::optional<int64_t> blockSize;
  std::optional<EstimatorName> estimator;
  /// The share of elements, in percent, that the estimator 'percentile' keeps.
  std::optional<double> percentile;
  /// How much a batch moves the average of the estimator 'ema'.
  std::optional<double> emaRate;
  /// Where the last of these keys was written.
  RecipePosition position;

  /// This recipe where `over` sets nothing, else `over`. Where `over` sets a
  /// storage of floats, symmetric without narrow range is what it leaves open.
  OperandRecipe overriddenBy(const OperandRecipe &over) const;

  /// Whether the estimator is the one of `qnn` with this mnemonic.
  bool hasEstimator(llvm::StringRef mnemonic) const {
    return estimator && estimator->text == mnemonic;
  }

  /// The estimator that is set, with its number; null after an error.
  qnn::RangeEstimatorAttrInterface buildEstimator(
      mlir::MLIRContext *context,
      llvm::function_ref<mlir::InFlightDiagnostic()> emitError) const;

  /// i8, asymmetric, per tensor, minmax.
  static OperandRecipe getActivationDefault();
  /// i8, symmetric, narrow range, per channel, minmax.
  static OperandRecipe getWeightDefault();
};

/// SmoothQuant's migration strength.
struct SmoothRecipe {
  /// Nothing to search one for each group.
  std::optional<double> alpha;
  /// The kinds of groups that are smoothed; empty for all.
  std::vector<qnn::SmoothingKind> groups;
};

/// Channels of activations that stay in float.
struct OutlierRecipe {
  /// Those in which calibration saw a magnitude of at least this.
  double threshold = 6;
};

/// Which values share a scale.
struct SharedScales {
  /// The weights of an attention's Q, K and V: the largest of the three.
  bool attentionWeights = false;
};

/// What applies to the sites whose name matches a pattern.
struct SiteRule {
  /// A glob: '*', '?', [sets] and {alternatives}.
  std::string name;
  /// Leave these sites in float.
  bool isFloat = false;
  OperandRecipe activations;
  OperandRecipe weights;
  RecipePosition position;
};

/// Which sites stay in float whatever their name.
struct SkipRules {
  /// Contractions of two activations (attention scores).
  bool activationProducts = true;
  bool depthwise = true;
  /// Sites whose result is the function's result but for elementwise
  /// operations: the projection to the vocabulary, a classifier.
  bool outputProjection = false;
  /// Sites with fewer multiply-adds.
  int64_t minMacs = 0;
};

/// How key-value caches are stored, see docs/kv-cache.md.
struct CacheRecipe {
  /// Storage, symmetry, estimator and granularity: tensor, head, or token,
  /// which is measured at run time.
  OperandRecipe operand = getDefault();
  /// Keys and values of a layer have the same scales.
  bool shared = false;
  /// In place of calibrated scales.
  std::optional<double> scale;

  /// i8, asymmetric, per head, minmax.
  static OperandRecipe getDefault();
};

/// One of the ways to quantize a site that 'auto' chooses from: the recipe with
/// what is set here.
struct CandidateRecipe {
  std::string name;
  OperandRecipe activations;
  OperandRecipe weights;
};

/// A joint choice for all sites, by error and cost. One of the limits is set.
struct AutoRecipe {
  /// A target's name or file, see quantc/CostModel/Roofline.h.
  std::string target;
  /// Besides float.
  std::vector<CandidateRecipe> candidates;
  /// The largest sum of noise-to-signal ratios; the cheapest choice wins.
  std::optional<double> maxError;
  /// The largest cost in seconds; the choice with the least error wins.
  std::optional<double> maxCost;
};

struct Recipe {
  static constexpr int kVersion = 1;

  /// The file, for messages.
  std::string path;
  std::string description;
  OperandRecipe activations = OperandRecipe::getActivationDefault();
  OperandRecipe weights = OperandRecipe::getWeightDefault();
  std::optional<SmoothRecipe> smooth;
  /// Without it no channel is treated apart.
  std::optional<OutlierRecipe> outliers;
  SharedScales sharedScales;
  /// How integers get from one scale to another; with shifts, all scales are
  /// powers of two.
  qnn::RequantizeMode requantize = qnn::RequantizeMode::Float;
  std::optional<AutoRecipe> autoSelect;
  SkipRules skip;
  /// Without it caches stay as they are.
  std::optional<CacheRecipe> kvCache;
  /// What becomes of a site whose sums may not fit its accumulator.
  qnn::OverflowAction overflow = qnn::OverflowAction::Error;
  /// In the order of the file; later ones override earlier ones.
  std::vector<SiteRule> sites;

  /// Errors name file, line and key, and the known key that is nearest to an
  /// unknown one.
  static llvm::Expected<Recipe> read(llvm::StringRef path);
  /// For passes: an error is a diagnostic without a place in the program.
  static mlir::FailureOr<Recipe> read(llvm::StringRef path,
                                      mlir::MLIRContext *context);
  static llvm::Expected<Recipe> parse(llvm::StringRef text,
                                      llvm::StringRef path);

  /// A place in the file, for diagnostics; unknown where no file was read.
  mlir::Location getLoc(RecipePosition position,
                        mlir::MLIRContext *context) const;

  /// What the recipe says about one site.
  struct SiteDecision {
    OperandRecipe activations;
    OperandRecipe weights;
    /// The pattern that keeps the site in float; null if none does.
    const SiteRule *floatRule = nullptr;
  };
  SiteDecision decide(llvm::StringRef siteName) const;

  /// Whether `holds` is true of the activations of some site or candidate.
  bool
  anyActivations(llvm::function_ref<bool(const OperandRecipe &)> holds) const;

  /// The rules whose pattern is the name of no site.
  std::vector<const SiteRule *>
  getIdleRules(llvm::ArrayRef<llvm::StringRef> siteNames) const;
};

} // namespace quantc

#endif // QUANTC_RECIPE_RECIPE_H
