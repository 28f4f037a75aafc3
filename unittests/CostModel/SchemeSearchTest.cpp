//===- SchemeSearchTest.cpp - the front against all choices ---------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/CostModel/SchemeSearch.h"

#include "gtest/gtest.h"
#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

using namespace quantc;

namespace {

using Sites = std::vector<std::vector<SiteOption>>;

/// Every choice there is.
std::vector<SchemeChoice> enumerateChoices(const Sites &sites) {
  std::vector<SchemeChoice> all = {{}};
  for (const auto &options : sites) {
    std::vector<SchemeChoice> longer;
    for (const SchemeChoice &choice : all)
      for (unsigned i = 0; i < options.size(); ++i) {
        SchemeChoice next = choice;
        next.options.push_back(i);
        next.cost += options[i].cost;
        next.error += options[i].error;
        longer.push_back(next);
      }
    all = longer;
  }
  return all;
}

/// Small whole numbers, so that sums are exact and ties occur.
Sites makeSites(std::mt19937 &engine) {
  Sites sites(1 + engine() % 5);
  for (auto &options : sites) {
    options.resize(1 + engine() % 4);
    for (SiteOption &option : options)
      option = {double(engine() % 12), double(engine() % 12)};
  }
  return sites;
}

TEST(SchemeSearchTest, TheFrontMinimisesEveryWeightedSum) {
  std::mt19937 engine(1);
  for (int round = 0; round < 300; ++round) {
    Sites sites = makeSites(engine);
    std::vector<SchemeChoice> all = enumerateChoices(sites);
    std::vector<SchemeChoice> front = computeFront(sites);
    for (double lambda : {0.0, 0.1, 0.5, 1.0, 1.7, 3.0, 10.0, 1000.0}) {
      auto least = [&](const std::vector<SchemeChoice> &choices) {
        double best = std::numeric_limits<double>::infinity();
        for (const SchemeChoice &choice : choices)
          best = std::min(best, choice.cost + lambda * choice.error);
        return best;
      };
      EXPECT_EQ(least(front), least(all));
    }
    for (size_t i = 1; i < front.size(); ++i) {
      EXPECT_GE(front[i].cost, front[i - 1].cost);
      EXPECT_LE(front[i].error, front[i - 1].error);
    }
  }
}

TEST(SchemeSearchTest, BudgetsAreKeptAndUniformChoicesBeaten) {
  std::mt19937 engine(2);
  for (int round = 0; round < 300; ++round) {
    Sites sites = makeSites(engine);
    std::vector<SchemeChoice> all = enumerateChoices(sites);
    for (double limit : {0.0, 5.0, 11.0, 20.0, 60.0}) {
      bool possible = false;
      for (const SchemeChoice &choice : all)
        possible |= choice.error <= limit;
      std::optional<SchemeChoice> choice = chooseByError(sites, limit);
      ASSERT_EQ(choice.has_value(), possible);
      if (choice) {
        EXPECT_LE(choice->error, limit);
        // No change of one site makes it cheaper within the limit.
        for (const SchemeChoice &other : all) {
          int changes = 0;
          for (size_t i = 0; i < sites.size(); ++i)
            changes += other.options[i] != choice->options[i];
          if (changes == 1 && other.error <= limit)
            EXPECT_GE(other.cost, choice->cost);
        }
      }
      choice = chooseByCost(sites, limit);
      if (choice)
        EXPECT_LE(choice->cost, limit);
    }
  }
}

/// Some choices with an error of their own; each combination once.
std::vector<SchemeChoice> measureSome(std::vector<SchemeChoice> all,
                                      std::mt19937 &engine) {
  std::shuffle(all.begin(), all.end(), engine);
  all.resize(std::min<size_t>(all.size(), engine() % 5));
  for (SchemeChoice &choice : all)
    choice.error = engine() % 40;
  return all;
}

TEST(SchemeSearchTest, MeasuredErrorsCountInThePlaceOfSums) {
  std::mt19937 engine(3);
  int measuredWin = 0;
  for (int round = 0; round < 1000; ++round) {
    Sites sites = makeSites(engine);
    std::vector<SchemeChoice> all = enumerateChoices(sites);
    std::vector<SchemeChoice> measured = measureSome(all, engine);
    auto getError = [&](const SchemeChoice &choice) {
      for (const SchemeChoice &other : measured)
        if (other.options == choice.options)
          return other.error;
      double sum = 0;
      for (size_t i = 0; i < sites.size(); ++i)
        sum += sites[i][choice.options[i]].error;
      return sum;
    };
    for (double limit : {0.0, 5.0, 11.0, 20.0, 60.0}) {
      // Within the limit, with the error that is known of it, and no measured
      // choice is better.
      if (auto choice = chooseByCost(sites, limit, measured)) {
        EXPECT_LE(choice->cost, limit);
        EXPECT_EQ(choice->error, getError(*choice));
        for (const SchemeChoice &other : measured)
          if (other.cost <= limit)
            EXPECT_LE(choice->error, other.error);
        measuredWin += choice->options != chooseByCost(sites, limit)->options;
      }
      auto choice = chooseByError(sites, limit, measured);
      if (choice) {
        EXPECT_LE(choice->error, limit);
        EXPECT_EQ(choice->error, getError(*choice));
        for (const SchemeChoice &other : measured)
          if (other.error <= limit)
            EXPECT_LE(choice->cost, other.cost);
      } else {
        for (const SchemeChoice &other : measured)
          EXPECT_GT(other.error, limit);
      }
    }
  }
  EXPECT_GT(measuredWin, 100);
}

TEST(SchemeSearchTest, AnErrorThatTurnedOutTooLargeIsAvoided) {
  // By the sums, the first option of both is the cheapest within 6.
  Sites sites = {{{1, 3}, {2, 1}}, {{1, 3}, {4, 0}}};
  EXPECT_EQ(chooseByError(sites, 6)->cost, 2);
  std::vector<SchemeChoice> measured = {{{0, 0}, 2, 9}};
  std::optional<SchemeChoice> choice = chooseByError(sites, 6, measured);
  ASSERT_TRUE(choice);
  EXPECT_EQ(choice->options, (std::vector<unsigned>{1, 0}));
  EXPECT_EQ(choice->error, 4);
  // Nothing is left where even the last one turned out too large.
  Sites one = {{{1, 0}}};
  measured = {{{0}, 1, 9}};
  EXPECT_FALSE(chooseByError(one, 6, measured));
}

TEST(SchemeSearchTest, InfiniteOptionsAreNotChosen) {
  double inf = std::numeric_limits<double>::infinity();
  Sites sites = {{{inf, 0}, {2, 3}, {1, inf}}};
  std::vector<SchemeChoice> front = computeFront(sites);
  ASSERT_EQ(front.size(), 1u);
  EXPECT_EQ(front[0].options, std::vector<unsigned>{1});
  EXPECT_FALSE(chooseByError(sites, 1));
  EXPECT_FALSE(chooseByCost(sites, 1));
}

TEST(SchemeSearchTest, NoSites) {
  std::vector<SchemeChoice> front = computeFront({});
  ASSERT_EQ(front.size(), 1u);
  EXPECT_EQ(front[0].cost, 0);
}

} // namespace
