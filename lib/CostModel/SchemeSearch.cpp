//===- SchemeSearch.cpp - one option for each site ------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/CostModel/SchemeSearch.h"

#include "llvm/ADT/STLExtras.h"
#include <cmath>
#include <tuple>

using namespace quantc;

namespace {
/// A change of one site from a cheaper to a more exact option.
struct Step {
  size_t site;
  unsigned option;
  double cost;  ///< more
  double error; ///< less

  /// Error gained for each unit of cost; steps without cost come first.
  bool operator<(const Step &other) const {
    double mine = error * other.cost, theirs = other.error * cost;
    return std::tie(theirs, site, cost) <
           std::tie(mine, other.site, other.cost);
  }
};
} // namespace

/// The lower convex hull of a site's options, as indices, from the cheapest
/// option to the most exact one.
static std::vector<unsigned> computeHull(llvm::ArrayRef<SiteOption> options) {
  std::vector<unsigned> order;
  for (unsigned index = 0; index < options.size(); ++index)
    if (std::isfinite(options[index].cost) &&
        std::isfinite(options[index].error))
      order.push_back(index);
  llvm::sort(order, [&](unsigned a, unsigned b) {
    return std::tie(options[a].cost, options[a].error, a) <
           std::tie(options[b].cost, options[b].error, b);
  });
  std::vector<unsigned> hull;
  for (unsigned index : order) {
    const SiteOption &next = options[index];
    if (!hull.empty() && next.error >= options[hull.back()].error)
      continue;
    // The middle one of three is worth nothing unless it gains more for its
    // cost than the step behind it.
    while (hull.size() >= 2) {
      const SiteOption &first = options[hull[hull.size() - 2]];
      const SiteOption &middle = options[hull.back()];
      if ((first.error - middle.error) * (next.cost - middle.cost) >
          (middle.error - next.error) * (middle.cost - first.cost))
        break;
      hull.pop_back();
    }
    hull.push_back(index);
  }
  return hull;
}

std::vector<SchemeChoice>
quantc::computeFront(llvm::ArrayRef<std::vector<SiteOption>> sites) {
  SchemeChoice choice;
  std::vector<Step> steps;
  for (auto [site, options] : llvm::enumerate(sites)) {
    std::vector<unsigned> hull = computeHull(options);
    choice.options.push_back(hull.front());
    for (size_t i = 1; i < hull.size(); ++i) {
      const SiteOption &from = options[hull[i - 1]], &to = options[hull[i]];
      steps.push_back(
          {site, hull[i], to.cost - from.cost, from.error - to.error});
    }
  }
  // The hull of a sum is the sum of the hulls, its edges sorted by slope. A
  // site's own edges are in that order already.
  llvm::sort(steps);
  auto total = [&](SchemeChoice choice) {
    choice.cost = choice.error = 0;
    for (auto [site, option] : llvm::enumerate(choice.options)) {
      choice.cost += sites[site][option].cost;
      choice.error += sites[site][option].error;
    }
    return choice;
  };
  std::vector<SchemeChoice> front = {total(choice)};
  for (const Step &step : steps) {
    choice.options[step.site] = step.option;
    front.push_back(total(choice));
  }
  return front;
}

/// Improves `Better` as long as `Bound` stays within `limit`, one site at a
/// time, by the largest improvement first.
static void improve(llvm::ArrayRef<std::vector<SiteOption>> sites,
                    SchemeChoice &choice, double SiteOption::*better,
                    double SiteOption::*bound, double SchemeChoice::*total,
                    double SchemeChoice::*boundTotal, double limit) {
  while (true) {
    double best = 0;
    std::pair<size_t, unsigned> change;
    for (auto [site, options] : llvm::enumerate(sites)) {
      const SiteOption &now = options[choice.options[site]];
      for (auto [index, option] : llvm::enumerate(options)) {
        double gain = now.*better - option.*better;
        if (gain > best &&
            choice.*boundTotal - now.*bound + option.*bound <= limit) {
          best = gain;
          change = {site, unsigned(index)};
        }
      }
    }
    if (best == 0)
      return;
    auto [site, option] = change;
    const SiteOption &from = sites[site][choice.options[site]];
    const SiteOption &to = sites[site][option];
    choice.*total += to.*better - from.*better;
    choice.*boundTotal += to.*bound - from.*bound;
    choice.options[site] = option;
  }
}

/// The choice by the sums of errors alone.
static std::optional<SchemeChoice>
chooseBySumOfErrors(llvm::ArrayRef<std::vector<SiteOption>> sites,
                    double maxError) {
  for (SchemeChoice &choice : computeFront(sites))
    if (choice.error <= maxError) {
      improve(sites, choice, &SiteOption::cost, &SiteOption::error,
              &SchemeChoice::cost, &SchemeChoice::error, maxError);
      return choice;
    }
  return std::nullopt;
}

static std::optional<SchemeChoice>
chooseBySumOfCosts(llvm::ArrayRef<std::vector<SiteOption>> sites,
                   double maxCost) {
  std::vector<SchemeChoice> front = computeFront(sites);
  for (SchemeChoice &choice : llvm::reverse(front))
    if (choice.cost <= maxCost) {
      improve(sites, choice, &SiteOption::error, &SiteOption::cost,
              &SchemeChoice::error, &SchemeChoice::cost, maxCost);
      return choice;
    }
  return std::nullopt;
}

/// Gives a choice the error that was measured of it, if any.
static void setMeasuredError(std::optional<SchemeChoice> &choice,
                             llvm::ArrayRef<SchemeChoice> measured) {
  if (!choice)
    return;
  auto found = llvm::find_if(measured, [&](const SchemeChoice &other) {
    return other.options == choice->options;
  });
  if (found != measured.end())
    choice->error = found->error;
}

std::optional<SchemeChoice>
quantc::chooseByError(llvm::ArrayRef<std::vector<SiteOption>> sites,
                      double maxError, llvm::ArrayRef<SchemeChoice> measured) {
  std::optional<SchemeChoice> choice = chooseBySumOfErrors(sites, maxError);
  // Where the sum is less than what was measured, the next choice is one with a
  // smaller sum: in proportion, and another one in any case.
  double limit = maxError;
  while (choice) {
    double sum = choice->error;
    setMeasuredError(choice, measured);
    if (choice->error <= maxError)
      break;
    limit =
        std::min(limit * (maxError / choice->error), std::nextafter(sum, -1.0));
    choice = chooseBySumOfErrors(sites, limit);
  }
  for (const SchemeChoice &other : measured)
    if (other.error <= maxError &&
        (!choice || std::tie(other.cost, other.error) <
                        std::tie(choice->cost, choice->error)))
      choice = other;
  return choice;
}

std::optional<SchemeChoice>
quantc::chooseByCost(llvm::ArrayRef<std::vector<SiteOption>> sites,
                     double maxCost, llvm::ArrayRef<SchemeChoice> measured) {
  std::optional<SchemeChoice> choice = chooseBySumOfCosts(sites, maxCost);
  setMeasuredError(choice, measured);
  for (const SchemeChoice &other : measured)
    if (other.cost <= maxCost &&
        (!choice || std::tie(other.error, other.cost) <
                        std::tie(choice->error, choice->cost)))
      choice = other;
  return choice;
}
