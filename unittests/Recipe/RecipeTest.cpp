//===- RecipeTest.cpp - reading and applying recipes ----------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Recipe/Recipe.h"

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
  dynamic: true
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
)");
  EXPECT_EQ(recipe.description, "all keys");
  EXPECT_EQ(*recipe.activations.storage, "ui8");
  EXPECT_TRUE(*recipe.activations.narrowRange);
  EXPECT_TRUE(*recipe.activations.dynamic);
  EXPECT_EQ(*recipe.activations.granularity, qnn::Granularity::Channel);
  EXPECT_EQ(*recipe.activations.estimator, qnn::RangeEstimator::Percentile);
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
            "r.yaml:2:11: unknown enumerated scalar");
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
  EXPECT_EQ(errorOf("version: 1\nweights: {estimator: maximum}"),
            "r.yaml:2:22: unknown enumerated scalar");
  EXPECT_EQ(errorOf("version: 1\nweights: {granularity: block, block_size: 0}"),
            "r.yaml:2:11: expected a positive block_size, but got 0");
  EXPECT_EQ(errorOf("version: 1\nweights: {granularity: head, block_size: 2}"),
            "r.yaml:2:11: expected block_size with granularity 'block' only, "
            "but got 'head'");
  EXPECT_NE(errorOf("version: 1\nsites: [{name: \"[\"}]"), "");
  EXPECT_NE(errorOf("version: [1"), "");
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

} // namespace
