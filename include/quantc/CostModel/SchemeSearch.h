//===- SchemeSearch.h - one option for each site ----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each site has options with a cost and an error, both of which add up over the
// sites. The choices that are worth anything are those that no other choice
// beats in both: the Pareto front.
//
// Errors add up only where those of the sites do not depend on each other. So
// choices whose error was measured as a whole may be given: their `error` is
// what was measured, and counts in the place of the sum.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_COSTMODEL_SCHEMESEARCH_H
#define QUANTC_COSTMODEL_SCHEMESEARCH_H

#include "llvm/ADT/ArrayRef.h"
#include <optional>
#include <vector>

namespace quantc {

/// One way to compute a site. Neither number is negative; infinite ones are
/// never chosen where there is another option.
struct SiteOption {
  double cost = 0;
  double error = 0;
};

/// One option for each site, and their sums.
struct SchemeChoice {
  std::vector<unsigned> options;
  double cost = 0;
  double error = 0;
};

/// The convex part of the Pareto front, from the cheapest choice to the most
/// exact one: the choices that minimise cost + lambda * error for some lambda.
/// Each site must have an option with finite cost and error.
std::vector<SchemeChoice>
computeFront(llvm::ArrayRef<std::vector<SiteOption>> sites);

/// The cheapest choice of the front with at most this error, and from there on
/// every single change of one site that makes it cheaper within the same error;
/// or one of `measured` where that is cheaper. nullopt where there is none.
std::optional<SchemeChoice>
chooseByError(llvm::ArrayRef<std::vector<SiteOption>> sites, double maxError,
              llvm::ArrayRef<SchemeChoice> measured = {});

/// The same with the roles of cost and error exchanged.
std::optional<SchemeChoice>
chooseByCost(llvm::ArrayRef<std::vector<SiteOption>> sites, double maxCost,
             llvm::ArrayRef<SchemeChoice> measured = {});

} // namespace quantc

#endif // QUANTC_COSTMODEL_SCHEMESEARCH_H
