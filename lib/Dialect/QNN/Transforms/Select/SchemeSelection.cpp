//===- SchemeSelection.cpp - one proposal for each site -------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SchemeSelection.h"
#include "quantc/Calibration/QuantizationError.h"
#include "quantc/CostModel/SchemeSearch.h"
#include "quantc/Dialect/QNN/Transforms/SiteWork.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>

using namespace mlir;
using namespace quantc;
using namespace quantc::qnn;
namespace json = llvm::json;

static void apply(linalg::LinalgOp site, const SiteProposal &proposal) {
  Builder builder(site);
  for (StringRef name : {kSchemeAttrName, kFloatReasonAttrName, kSqnrAttrName})
    site->removeAttr(name);
  if (!proposal.scheme) {
    site->setAttr(kFloatReasonAttrName,
                  builder.getStringAttr(proposal.floatReason));
    return;
  }
  site->setAttr(kSchemeAttrName, proposal.scheme);
  if (!proposal.noiseToSignal)
    return;
  double decibel = std::round(toDecibel(*proposal.noiseToSignal) * 100) / 100;
  site->setAttr(kSqnrAttrName, builder.getF64FloatAttr(decibel));
}

//===----------------------------------------------------------------------===//
// The joint choice
//===----------------------------------------------------------------------===//

namespace {

/// A site and what may be done with it: float first, then the candidates that
/// apply to it.
struct Candidates {
  linalg::LinalgOp site;
  std::vector<SiteProposal> proposals;
  std::vector<StringRef> names;
  std::vector<SiteOption> options;
};

class JointSelection {
public:
  JointSelection(const Recipe &recipe, TargetAttr target)
      : recipe(recipe), target(target) {}

  LogicalResult add(linalg::LinalgOp site);
  LogicalResult choose(ModuleOp module, const SchemeBudget &budget);

private:
  std::vector<std::vector<SiteOption>> getOptions() const;
  LogicalResult writeFront(ModuleOp module, StringRef path) const;

  const Recipe &recipe;
  TargetAttr target;
  std::vector<Candidates> sites;
};

} // namespace

/// The error to reckon with where the range is dynamic: it is at least as close
/// to the values as the range over all of them.
static FailureOr<std::optional<double>> boundDynamicError(linalg::LinalgOp site,
                                                          Recipe recipe) {
  recipe.activations.dynamic = false;
  recipe.activations.granularity = Granularity::Tensor;
  FailureOr<SiteProposal> proposal = proposeScheme(site, recipe);
  if (failed(proposal))
    return failure();
  return proposal->noiseToSignal;
}

LogicalResult JointSelection::add(linalg::LinalgOp site) {
  Candidates candidates{site, {}, {}, {}};
  std::optional<SiteWork> work = getSiteWork(site);
  auto addOption = [&](StringRef name, SiteProposal proposal, double error) {
    double cost =
        work ? estimateSiteCost(*work, proposal.scheme, target).getTotal() : 0;
    candidates.names.push_back(name);
    candidates.proposals.push_back(std::move(proposal));
    candidates.options.push_back({cost, error});
  };
  std::string reason = "no candidate applies";
  addOption("float", {}, 0);
  for (const CandidateRecipe &candidate : recipe.autoSelect->candidates) {
    Recipe whole = recipe;
    whole.activations = whole.activations.overriddenBy(candidate.activations);
    whole.weights = whole.weights.overriddenBy(candidate.weights);
    FailureOr<SiteProposal> proposal = proposeScheme(site, whole);
    if (failed(proposal))
      return failure();
    if (!proposal->scheme) {
      reason = proposal->floatReason;
      continue;
    }
    if (!work) {
      reason = "its sizes are not known at compile time";
      continue;
    }
    std::optional<double> error = proposal->noiseToSignal;
    if (!error && *whole.activations.dynamic) {
      FailureOr<std::optional<double>> bound = boundDynamicError(site, whole);
      if (failed(bound))
        return failure();
      error = *bound;
    }
    if (!error) {
      reason = "nothing is known of the error of '" + candidate.name + "'";
      continue;
    }
    addOption(candidate.name, std::move(*proposal), *error);
  }
  candidates.proposals.front().floatReason = reason;
  sites.push_back(std::move(candidates));
  return success();
}

std::vector<std::vector<SiteOption>> JointSelection::getOptions() const {
  std::vector<std::vector<SiteOption>> options;
  for (const Candidates &candidates : sites)
    options.push_back(candidates.options);
  return options;
}

LogicalResult JointSelection::writeFront(ModuleOp module,
                                         StringRef path) const {
  json::Array choices;
  for (const SchemeChoice &choice : computeFront(getOptions())) {
    json::Object chosen;
    for (auto [candidates, option] : llvm::zip_equal(sites, choice.options))
      chosen[getSiteName(candidates.site)] = candidates.names[option];
    choices.push_back(json::Object{{"cost_seconds", choice.cost},
                                   {"error", choice.error},
                                   {"sites", std::move(chosen)}});
  }
  json::Object document{{"target", target.getName().getValue()},
                        {"front", std::move(choices)}};
  llvm::Error error =
      llvm::writeToOutput(path, [&](llvm::raw_ostream &os) -> llvm::Error {
        os << llvm::formatv("{0:2}\n", json::Value(std::move(document)));
        return llvm::Error::success();
      });
  if (error)
    return module.emitError() << "cannot write '" << path
                              << "': " << llvm::toString(std::move(error));
  return success();
}

/// Why float was chosen where there were candidates.
static std::string explainFloat(const Candidates &candidates) {
  ArrayRef<SiteOption> options = candidates.options;
  size_t cheapest = 1;
  for (size_t i = 2; i < options.size(); ++i)
    if (options[i].cost < options[cheapest].cost)
      cheapest = i;
  std::string costs = llvm::formatv(
      "'{0}' takes {1:f2} us, float {2:f2} us", candidates.names[cheapest],
      options[cheapest].cost * 1e6, options[0].cost * 1e6);
  if (options[cheapest].cost >= options[0].cost)
    return "it does not pay: " + costs;
  return llvm::formatv("its error is better spent elsewhere: {0}, at {1:f1} dB",
                       costs, toDecibel(options[cheapest].error));
}

LogicalResult JointSelection::choose(ModuleOp module,
                                     const SchemeBudget &budget) {
  std::vector<std::vector<SiteOption>> options = getOptions();
  if (!budget.frontFile.empty() && failed(writeFront(module, budget.frontFile)))
    return failure();
  // A limit that is given by hand replaces both of the recipe's.
  bool given = budget.maxError || budget.maxCost;
  std::optional<double> maxError =
      given ? budget.maxError : recipe.autoSelect->maxError;
  std::optional<double> maxCost =
      given ? budget.maxCost : recipe.autoSelect->maxCost;
  std::optional<SchemeChoice> choice = maxError
                                           ? chooseByError(options, *maxError)
                                           : chooseByCost(options, *maxCost);
  if (!choice) {
    SchemeChoice cheapest = computeFront(options).front();
    return module.emitError()
           << llvm::formatv("expected a cost of at most {0:e3} s, but the "
                            "cheapest choice takes {1:e3} s on {2}",
                            *maxCost, cheapest.cost,
                            target.getName().getValue())
                  .str();
  }
  for (auto [candidates, option] : llvm::zip_equal(sites, choice->options)) {
    SiteProposal &proposal = candidates.proposals[option];
    if (!proposal.scheme && candidates.options.size() > 1)
      proposal.floatReason = explainFloat(candidates);
    apply(candidates.site, proposal);
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Entry
//===----------------------------------------------------------------------===//

LogicalResult quantc::qnn::selectSchemes(ModuleOp module,
                                         ArrayRef<linalg::LinalgOp> sites,
                                         const Recipe &recipe,
                                         const SchemeBudget &budget) {
  bool hasBudget =
      budget.maxError || budget.maxCost || !budget.frontFile.empty();
  if (!recipe.autoSelect) {
    if (hasBudget)
      return module.emitError()
             << "expected a recipe with 'auto' for a limit or a front";
    for (linalg::LinalgOp site : sites) {
      FailureOr<SiteProposal> proposal = proposeScheme(site, recipe);
      if (failed(proposal))
        return failure();
      apply(site, *proposal);
    }
    return success();
  }
  llvm::Expected<TargetAttr> target =
      resolveTarget(recipe.autoSelect->target, module.getContext());
  if (!target)
    return module.emitError() << llvm::toString(target.takeError());
  JointSelection selection(recipe, *target);
  for (linalg::LinalgOp site : sites)
    if (failed(selection.add(site)))
      return failure();
  return selection.choose(module, budget);
}
