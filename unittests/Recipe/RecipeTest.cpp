//===- RecipeTest.cpp - reading and applying recipes ----------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Recipe/Recipe.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

using namespace quantc;

namespace {

Recipe parse(llvm::StringRef text) {
  llvm::Expected<Recipe> recipe = Recipe::parse(text, "r.yaml");
  if (recipe)
    return *recipe;
  ADD_FAILURE() << llvm::toString(recipe.takeError());
  return {};
}

std::string errorOf(llvm::StringRef text) {
  llvm::Expected<Recipe> recipe = Recipe::parse(text, "r.yaml");
  return recipe ? "" : llvm::toString(recipe.takeError());
}

TEST(RecipeTest, Defaults) {
  Recipe recipe = parse("version: 1");
  Recipe::SiteDecision decision = recipe.decide("any");
  EXPECT_EQ(*decision.activations.storage, "i8");
  EXPECT_FALSE(*decision.activations.symmetric);
  EXPECT_EQ(*decision.activations.granularity, qnn::Granularity::Tensor);
  EXPECT_TRUE(*decision.weights.symmetric);
  EXPECT_TRUE(*decision.weights.narrowRange);
  EXPECT_EQ(*decision.weights.granularity, qnn::Granularity::Channel);
  EXPECT_EQ(decision.floatRule, nullptr);
  EXPECT_FALSE(recipe.smooth);
  EXPECT_EQ(recipe.requantize, qnn::RequantizeMode::Float);
  EXPECT_TRUE(recipe.skip.activationProducts);
}

TEST(RecipeTest, EveryKey) {
  Recipe recipe = parse(R"(
version: 1
description: all keys
activations:
  storage: ui8
  symmetric: false
  narrow_range: true
  dynamic: false
  granularity: channel
  estimator: percentile
  percentile: 99.9
weights:
  storage: f8E4M3FN
  granularity: tensor
smooth:
  alpha: 0.75
requantize: fixed-point
skip:
  activation_products: false
  depthwise: false
  output_projection: true
  min_macs: 1000
sites:
  - name: head
    float: true
  - name: body
    activations: {dynamic: true, estimator: minmax}
)");
  EXPECT_EQ(recipe.description, "all keys");
  EXPECT_EQ(*recipe.activations.storage, "ui8");
  EXPECT_TRUE(*recipe.activations.narrowRange);
  EXPECT_FALSE(*recipe.activations.dynamic);
  EXPECT_TRUE(*recipe.decide("body").activations.dynamic);
  EXPECT_EQ(*recipe.activations.granularity, qnn::Granularity::Channel);
  EXPECT_EQ(recipe.activations.estimator->text, "percentile");
  EXPECT_EQ(*recipe.activations.percentile, 99.9);
  EXPECT_EQ(*recipe.weights.storage, "f8E4M3FN");
  EXPECT_EQ(recipe.smooth->alpha, 0.75);
  EXPECT_EQ(recipe.requantize, qnn::RequantizeMode::FixedPoint);
  EXPECT_FALSE(recipe.skip.activationProducts);
  EXPECT_FALSE(recipe.skip.depthwise);
  EXPECT_TRUE(recipe.skip.outputProjection);
  EXPECT_EQ(recipe.skip.minMacs, 1000);
  ASSERT_TRUE(recipe.decide("head").floatRule);
  EXPECT_FALSE(recipe.decide("heads").floatRule);
}

/// An attribute of another dialect is looked at where there is a context.
TEST(RecipeTest, EstimatorsOfOthers) {
  Recipe recipe = parse("version: 1\nactivations: {estimator: '#mine.a<2>'}");
  EXPECT_EQ(recipe.activations.estimator->text, "#mine.a<2>");
  EXPECT_EQ(errorOf("version: 1\nactivations: {estimator: histogram}"),
            "r.yaml:2:26: expected one of minmax, percentile, entropy, mse, "
            "ema, but got 'histogram'");
  EXPECT_EQ(errorOf("version: 1\nactivations: {estimator: precentile}"),
            "r.yaml:2:26: expected one of minmax, percentile, entropy, mse, "
            "ema, but got 'precentile'; did you mean 'percentile'?");
  EXPECT_EQ(
      errorOf("version: 1\nactivations: {estimator: '#qnn.percentile<99.9>'}"),
      "r.yaml:2:26: expected 'percentile', whose numbers are keys of their "
      "own, but got '#qnn.percentile<99.9>'");
  EXPECT_EQ(errorOf("version: 1\nactivations: {estimator: '#qnn.best'}"),
            "r.yaml:2:26: expected one of minmax, percentile, entropy, mse, "
            "ema, but got '#qnn.best'");
}

/// What some site or candidate has, whoever says it.
TEST(RecipeTest, AnyActivations) {
  auto anyStaticToken = [](llvm::StringRef text) {
    return parse(text).anyActivations([](const OperandRecipe &operand) {
      return *operand.granularity == qnn::Granularity::Token &&
             !*operand.dynamic;
    });
  };
  EXPECT_FALSE(anyStaticToken("version: 1"));
  EXPECT_TRUE(anyStaticToken("version: 1\nactivations: {granularity: token}"));
  EXPECT_FALSE(anyStaticToken(
      "version: 1\nactivations: {granularity: token, dynamic: true}"));
  EXPECT_TRUE(
      anyStaticToken("version: 1\nsites:\n"
                     "  - {name: a, activations: {granularity: token}}"));
  // A candidate is the recipe with what it sets, and then a site's rules.
  auto withKeys = [&](llvm::StringRef keys, llvm::StringRef rest) {
    return anyStaticToken(
        ("version: 1\nauto:\n  target: h100\n  max_error: 1.0\n"
         "  candidates: [{name: a, activations: {granularity: token" +
         keys + "}}]\n" + rest)
            .str());
  };
  EXPECT_TRUE(withKeys("", ""));
  EXPECT_FALSE(withKeys(", dynamic: true", ""));
  EXPECT_TRUE(withKeys(", dynamic: true",
                       "sites:\n  - {name: a, activations: {dynamic: false}}"));
}

TEST(RecipeTest, LaterSiteRulesOverride) {
  Recipe recipe = parse(R"(
version: 1
sites:
  - name: "blocks.*"
    float: true
  - name: "blocks.{0,1}.mlp.*"
    activations: {symmetric: true}
    weights: {storage: i4}
  - name: "blocks.1.mlp.up"
    weights: {granularity: tensor}
)");
  EXPECT_TRUE(recipe.decide("blocks.0.attn.q").floatRule);
  Recipe::SiteDecision down = recipe.decide("blocks.1.mlp.down");
  EXPECT_FALSE(down.floatRule);
  EXPECT_TRUE(*down.activations.symmetric);
  EXPECT_EQ(*down.weights.storage, "i4");
  EXPECT_EQ(*down.weights.granularity, qnn::Granularity::Channel);
  Recipe::SiteDecision up = recipe.decide("blocks.1.mlp.up");
  EXPECT_EQ(*up.weights.storage, "i4");
  EXPECT_EQ(*up.weights.granularity, qnn::Granularity::Tensor);
  EXPECT_FALSE(recipe.decide("head").floatRule);
}

/// A rule may change the granularity and leave the block size, or the reverse.
TEST(RecipeTest, Blocks) {
  Recipe recipe = llvm::cantFail(Recipe::parse(R"(
version: 1
weights: {storage: i4, granularity: block, block_size: 128}
sites:
  - name: head
    weights: {granularity: channel}
  - name: down
    weights: {block_size: 32}
)",
                                               "r.yaml"));
  EXPECT_EQ(*recipe.weights.granularity, qnn::Granularity::Block);
  EXPECT_EQ(*recipe.weights.blockSize, 128);
  EXPECT_EQ(*recipe.decide("head").weights.granularity,
            qnn::Granularity::Channel);
  EXPECT_EQ(*recipe.decide("down").weights.granularity,
            qnn::Granularity::Block);
  EXPECT_EQ(*recipe.decide("down").weights.blockSize, 32);
  EXPECT_FALSE(recipe.activations.blockSize);
}

TEST(RecipeTest, FloatStorageIsSymmetric) {
  llvm::Expected<Recipe> recipe = Recipe::parse(R"(version: 1
activations: {storage: f8E5M2}
weights: {storage: f8E4M3FN}
sites:
  - name: odd
    activations: {storage: f8E4M3FN, symmetric: false}
)",
                                                "r.yaml");
  ASSERT_TRUE(static_cast<bool>(recipe));
  EXPECT_TRUE(*recipe->activations.symmetric);
  EXPECT_TRUE(*recipe->weights.symmetric);
  EXPECT_FALSE(*recipe->weights.narrowRange);
  // What somebody writes stays, for the error that it is.
  EXPECT_FALSE(*recipe->decide("odd").activations.symmetric);
}

TEST(RecipeTest, Overflow) {
  EXPECT_EQ(llvm::cantFail(Recipe::parse("version: 1", "r.yaml")).overflow,
            qnn::OverflowAction::Error);
  EXPECT_EQ(
      llvm::cantFail(Recipe::parse("version: 1\noverflow: split", "r.yaml"))
          .overflow,
      qnn::OverflowAction::Split);
  EXPECT_EQ(errorOf("version: 1\noverflow: wrap"),
            "r.yaml:2:11: expected one of error, split, but got 'wrap'");
}

TEST(RecipeTest, Errors) {
  EXPECT_EQ(errorOf(""),
            "r.yaml:1:1: expected a YAML mapping, but got nothing");
  EXPECT_EQ(errorOf("version: 1\nweigths:\n  storage: i8"),
            "r.yaml:2:1: unknown key 'weigths'; did you mean 'weights'?");
  EXPECT_EQ(errorOf("version: 1\nweights:\n  symetric: true"),
            "r.yaml:3:3: unknown key 'symetric'; did you mean 'symmetric'?");
  EXPECT_EQ(errorOf("version: 2"),
            "r.yaml:1:1: expected recipe version 1, but got 2");
  EXPECT_EQ(errorOf("description: x"),
            "r.yaml:1:1: missing required key 'version'");
  EXPECT_EQ(errorOf("version: 1\nweights: {storage: i3}"),
            "r.yaml:2:11: expected storage i4, i8, ui8, i16, f8E4M3FN or "
            "f8E5M2, but got 'i3'");
  EXPECT_EQ(errorOf("version: 1\nsmooth: {alpha: 2}"),
            "r.yaml:2:10: expected an alpha in [0, 1]");
  EXPECT_EQ(
      errorOf("version: 1\nweights: {estimator: maximum}"),
      "r.yaml:2:22: expected one of minmax, percentile, entropy, mse, ema, "
      "but got 'maximum'");
  EXPECT_EQ(errorOf("version: 1\nweights: {granularity: block, block_size: 0}"),
            "r.yaml:2:11: expected a positive block_size, but got 0");
  EXPECT_EQ(errorOf("version: 1\nweights: {granularity: head, block_size: 2}"),
            "r.yaml:2:11: expected block_size with granularity 'block' only, "
            "but got 'head'");
  EXPECT_NE(errorOf("version: 1\nsites: [{name: \"[\"}]"), "");
  EXPECT_NE(errorOf("version: [1"), "");
}

/// What contradicts itself, or would have no effect.
TEST(RecipeTest, Contradictions) {
  auto check = [](const std::string &text, llvm::StringRef error) {
    EXPECT_EQ(errorOf("version: 1\n" + text), error) << text;
  };
  check("skip: {min_macs: -1}",
        "r.yaml:2:8: expected min_macs of at least 0, but got -1");
  check("weights: {dynamic: true}",
        "r.yaml:2:11: expected weights to be static");
  check("weights: {granularity: token}",
        "r.yaml:2:11: expected granularity 'tensor', 'channel' or 'block' of "
        "weights, but got 'token'");
  check("activations: {granularity: block}",
        "r.yaml:2:15: expected blocks of weights only, but got some of "
        "activations");
  check("sites:\n- name: a\n  weights: {dynamic: true}",
        "r.yaml:4:13: expected weights to be static");
  check("sites:\n- name: a\n  float: true\n  weights: {storage: i4}",
        "r.yaml:3:3: expected no activations and weights of sites that stay in "
        "float");
  check("activations: {dynamic: true, estimator: mse}",
        "r.yaml:2:15: expected estimator 'minmax' for a dynamic range, but got "
        "'mse'");
  check("activations: {percentile: 99}",
        "r.yaml:1:1: expected an estimator 'percentile' for the percentile of "
        "activations");
  check("weights: {ema_rate: 0.5}",
        "r.yaml:1:1: expected an estimator 'ema' for the ema_rate of weights");
  check("weights: {block_size: 32}",
        "r.yaml:1:1: expected granularity 'block' for the block_size of "
        "weights");
  // Rules and candidates may bring what the recipe's keys are for.
  check("activations: {percentile: 99}\nsites:\n- name: a\n"
        "  activations: {estimator: percentile}",
        "");
  std::string candidates = "auto:\n  target: h100\n  max_cost: 1\n"
                           "  candidates:\n  - name: a\n";
  check(candidates + "  - name: a\n",
        "r.yaml:3:3: expected candidates of different names, but got 'a' "
        "twice");
  check(candidates + "  - name: float\n",
        "r.yaml:7:5: expected a name other than 'float' for a candidate");
  check("auto:\n  target: h100\n  max_cost: 1e999\n  candidates:\n  - name: a",
        "r.yaml:3:3: expected a positive limit");
}

TEST(RecipeTest, PositionsOfOverrides) {
  Recipe recipe = parse("version: 1\n"
                        "activations: {symmetric: true}\n"
                        "sites:\n"
                        "- name: a*\n"
                        "  activations:\n"
                        "    storage: i4\n"
                        "- name: b\n"
                        "  float: true\n");
  EXPECT_EQ(recipe.path, "r.yaml");
  EXPECT_EQ(recipe.decide("c").activations.position.line, 2u);
  EXPECT_EQ(recipe.decide("c").activations.position.column, 15u);
  EXPECT_EQ(recipe.decide("a1").activations.position.line, 6u);
  EXPECT_EQ(recipe.decide("a1").weights.position.line, 0u);
  auto idle = recipe.getIdleRules({"a1", "c"});
  ASSERT_EQ(idle.size(), 1u);
  EXPECT_EQ(idle.front()->name, "b");
  EXPECT_EQ(idle.front()->position.line, 7u);
}

TEST(RecipeTest, MissingFile) {
  llvm::Expected<Recipe> recipe = Recipe::read("does/not/exist.yaml");
  ASSERT_FALSE(bool(recipe));
  EXPECT_EQ(llvm::toString(recipe.takeError()),
            "cannot open 'does/not/exist.yaml': No such file or directory");
}

TEST(RecipeTest, Auto) {
  auto parse = [](const std::string &text) {
    return Recipe::parse("version: 1\nauto:\n" + text, "auto.yaml");
  };
  const std::string candidates =
      "  target: h100\n  candidates:\n    - name: a\n"
      "      activations: {storage: i16}\n";
  Recipe recipe = llvm::cantFail(parse(candidates + "  max_error: 0.5\n"));
  ASSERT_TRUE(recipe.autoSelect.has_value());
  EXPECT_EQ(recipe.autoSelect->target, "h100");
  EXPECT_EQ(*recipe.autoSelect->maxError, 0.5);
  ASSERT_EQ(recipe.autoSelect->candidates.size(), 1u);
  EXPECT_EQ(*recipe.autoSelect->candidates[0].activations.storage, "i16");

  auto errorOf = [&](const std::string &text) {
    llvm::Expected<Recipe> recipe = parse(text);
    return recipe ? std::string() : llvm::toString(recipe.takeError());
  };
  EXPECT_NE(errorOf(candidates).find("expected one of max_error and max_cost"),
            std::string::npos);
  EXPECT_NE(errorOf(candidates + "  max_cost: -1\n")
                .find("expected a positive limit"),
            std::string::npos);
  EXPECT_NE(errorOf("  target: h100\n  candidates: []\n  max_cost: 1\n")
                .find("expected candidates"),
            std::string::npos);
}

TEST(RecipeTest, SearchedAlpha) {
  llvm::Expected<Recipe> recipe =
      Recipe::parse("version: 1\nsmooth: {alpha: auto}", "r.yaml");
  ASSERT_TRUE(bool(recipe));
  ASSERT_TRUE(recipe->smooth);
  EXPECT_FALSE(recipe->smooth->alpha);
  EXPECT_EQ(errorOf("version: 1\nsmooth: {alpha: some}"),
            "r.yaml:2:10: expected an alpha in [0, 1] or 'auto', but got "
            "'some'");
  EXPECT_NE(errorOf("version: 1\nsmooth: {alpha: nan}"), "");
}

TEST(RecipeTest, SharedScales) {
  llvm::Expected<Recipe> recipe = Recipe::parse(
      "version: 1\nshared_scales: {attention_weights: true}", "r.yaml");
  ASSERT_TRUE(bool(recipe));
  EXPECT_TRUE(recipe->sharedScales.attentionWeights);
}

TEST(RecipeTest, Cache) {
  EXPECT_FALSE(parse("version: 1").kvCache);
  Recipe recipe = parse(R"(
version: 1
kv_cache: {}
)");
  ASSERT_TRUE(recipe.kvCache);
  EXPECT_EQ(*recipe.kvCache->operand.storage, "i8");
  EXPECT_FALSE(*recipe.kvCache->operand.symmetric);
  EXPECT_FALSE(*recipe.kvCache->operand.dynamic);
  EXPECT_EQ(*recipe.kvCache->operand.granularity, qnn::Granularity::Head);
  EXPECT_FALSE(recipe.kvCache->shared);
  EXPECT_FALSE(recipe.kvCache->scale);

  recipe = parse(R"(
version: 1
kv_cache: {storage: f8E4M3FN, granularity: tensor, shared: true, scale: 1.0}
)");
  EXPECT_TRUE(*recipe.kvCache->operand.symmetric);
  EXPECT_TRUE(recipe.kvCache->shared);
  EXPECT_EQ(recipe.kvCache->scale, 1.0);
  EXPECT_TRUE(*parse("version: 1\nkv_cache: {granularity: token}")
                   .kvCache->operand.dynamic);
}

TEST(RecipeTest, CacheErrors) {
  auto error = [](llvm::StringRef keys) {
    return errorOf(("version: 1\nkv_cache: {" + keys + "}\n").str());
  };
  EXPECT_EQ(
      error("storage: i16"),
      "r.yaml:2:12: expected storage i8, ui8, f8E4M3FN or f8E5M2 of a cache, "
      "but got 'i16'");
  EXPECT_EQ(error("storage: ui8, symmetric: true"),
            "r.yaml:2:12: expected an asymmetric cache of ui8, which has no "
            "negative numbers");
  EXPECT_EQ(error("granularity: channel"),
            "r.yaml:2:12: expected granularity tensor, head or token of a "
            "cache, but got 'channel'");
  EXPECT_EQ(error("scale: 1.0"), "r.yaml:2:12: expected a symmetric cache for "
                                 "a given scale");
  EXPECT_EQ(error("scale: -1.0"),
            "r.yaml:2:12: expected 'calibrated' or a positive scale, but got "
            "'-1.0'");
  EXPECT_EQ(error("granularity: token, shared: true"),
            "r.yaml:2:12: expected no given and no shared scale with "
            "granularity 'token', which is measured at run time");
  EXPECT_EQ(error("shard: true"),
            "r.yaml:2:12: unknown key 'shard'; did you mean 'shared'?");
}

// The misspelt key is named, not the one that it was to be.
TEST(RecipeTest, UnknownKeys) {
  EXPECT_EQ(errorOf("version: 1\nsmooth: {alpa: 0.5}"),
            "r.yaml:2:10: unknown key 'alpa'; did you mean 'alpha'?");
  EXPECT_EQ(errorOf("version: 1\nsites:\n  - nam: x"),
            "r.yaml:3:5: unknown key 'nam'; did you mean 'name'?");
  EXPECT_EQ(errorOf("verison: 1"),
            "r.yaml:1:1: unknown key 'verison'; did you mean 'version'?");
  EXPECT_EQ(errorOf("version: 1\noutliers: {}"),
            "r.yaml:2:12: missing required key 'threshold'");
  // Of the keys of another mapping none was meant.
  EXPECT_EQ(errorOf("version: 1\nauto:\n  target: h100\n  max_error: 1\n"
                    "  candidates:\n    - {name: a, smooth: {alpha: 1}}"),
            "r.yaml:6:17: unknown key 'smooth'; expected one of name, "
            "activations, weights");
  EXPECT_EQ(errorOf("version: 1\nactivations: {estimator: percentile, "
                    "percentile: 99,99}"),
            "r.yaml:2:53: unknown key '99'; expected one of storage, "
            "symmetric, narrow_range, dynamic, granularity, block_size, "
            "estimator, percentile, ema_rate");
  // A mapping may be empty.
  EXPECT_EQ(errorOf("version: 1\nactivations:"), "");
}

TEST(RecipeTest, NoBatchesOfWeights) {
  EXPECT_THAT(errorOf("version: 1\nweights: {estimator: ema}"),
              testing::HasSubstr("of weights, which come in no batches, but "
                                 "got 'ema'"));
}

TEST(RecipeTest, SmoothedGroups) {
  EXPECT_TRUE(
      parse("version: 1\nsmooth: {alpha: auto}").smooth->groups.empty());
  Recipe recipe = parse("version: 1\nsmooth:\n  alpha: auto\n"
                        "  groups: [qkv, other]");
  EXPECT_EQ(recipe.smooth->groups,
            (std::vector{qnn::SmoothingKind::QKV, qnn::SmoothingKind::Other}));
  EXPECT_THAT(errorOf("version: 1\nsmooth: {alpha: 0.5, groups: []}"),
              testing::HasSubstr("expected groups to smooth, but got none"));
  EXPECT_THAT(
      errorOf("version: 1\nsmooth: {alpha: 0.5, groups: [mlp]}"),
      testing::HasSubstr("expected one of qkv, attention_output, other"));
}

TEST(RecipeTest, Outliers) {
  EXPECT_FALSE(parse("version: 1").outliers);
  Recipe recipe = parse("version: 1\noutliers: {threshold: 4.5}");
  ASSERT_TRUE(recipe.outliers);
  EXPECT_EQ(recipe.outliers->threshold, 4.5);
  EXPECT_THAT(errorOf("version: 1\noutliers: {threshold: 6, thresold: 6}"),
              testing::HasSubstr("did you mean 'threshold'?"));
  EXPECT_THAT(errorOf("version: 1\noutliers: {threshold: 6}\n"
                      "activations: {granularity: token}"),
              testing::HasSubstr("expected granularity 'token' of activations "
                                 "with outliers to be dynamic"));
  EXPECT_THAT(errorOf("version: 1\noutliers: {threshold: 0}"),
              testing::HasSubstr("expected a positive threshold"));
  EXPECT_THAT(errorOf("version: 1\noutliers: {}"),
              testing::HasSubstr("threshold"));
  // No histogram is left of the other channels.
  EXPECT_THAT(errorOf("version: 1\noutliers: {threshold: 6}\n"
                      "activations: {estimator: mse}"),
              testing::HasSubstr("but got 'mse'"));
  EXPECT_THAT(errorOf("version: 1\noutliers: {threshold: 6}\n"
                      "sites: [{name: a, activations: {estimator: entropy}}]"),
              testing::HasSubstr("but got 'entropy'"));
  EXPECT_THAT(errorOf("version: 1\noutliers: {threshold: 6}\n"
                      "auto: {target: h100, max_error: 1, candidates: "
                      "[{name: a}]}"),
              testing::HasSubstr("expected outliers or auto"));
}

} // namespace
