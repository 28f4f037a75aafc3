//===- SchemeSelection.cpp - one proposal for each site -------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SchemeSelection.h"
#include "quantc/Calibration/QuantizationError.h"
#include "quantc/CostModel/SchemeSearch.h"
#include "quantc/CostModel/SensitivityFile.h"
#include "quantc/Dialect/QNN/Transforms/SiteWork.h"
#include "quantc/Support/WriteFile.h"

#include "mlir/IR/Remarks.h"
#include "mlir/Support/DebugStringHelper.h"
#include "llvm/ADT/StringExtras.h"
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
    if (proposal.isLimit)
      remark::missed(
          site.getLoc(),
          remark::RemarkOpts::name("StaysFloat").category("qnn-select-scheme"))
          << remark::metric("site", getSiteName(site).str())
          << remark::reason("{0}", proposal.floatReason);
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
  /// `sensitivity` may be null.
  JointSelection(const Recipe &recipe, TargetAttr target,
                 const SensitivityFile *sensitivity)
      : recipe(recipe), target(target), sensitivity(sensitivity) {}

  LogicalResult add(linalg::LinalgOp site);
  LogicalResult choose(ModuleOp module, const SchemeBudget &budget);

private:
  FailureOr<std::optional<double>> getError(linalg::LinalgOp site,
                                            StringRef candidate,
                                            const SiteProposal &proposal) const;
  std::vector<std::vector<SiteOption>> getOptions() const;
  std::vector<SchemeChoice> getMeasuredChoices() const;
  std::vector<SchemeChoice> getFront() const;
  json::Object describe(const SchemeChoice &choice) const;
  LogicalResult writeFront(ModuleOp module, StringRef path,
                           const std::optional<SchemeChoice> &chosen) const;

  const Recipe &recipe;
  TargetAttr target;
  const SensitivityFile *sensitivity;
  std::vector<Candidates> sites;
  WeightNoises weights;
};

} // namespace

static LogicalResult writeDocument(ModuleOp module, StringRef path,
                                   json::Object document) {
  if (llvm::Error error = writeFile(
          path,
          llvm::formatv("{0:2}\n", json::Value(std::move(document))).str()))
    return module.emitError() << llvm::toString(std::move(error));
  return success();
}

/// The recipe with what a candidate sets.
static Recipe withCandidate(Recipe recipe, const CandidateRecipe &candidate) {
  recipe.activations = recipe.activations.overriddenBy(candidate.activations);
  recipe.weights = recipe.weights.overriddenBy(candidate.weights);
  return recipe;
}

/// What a candidate does to the output where that was measured, else the noise
/// of the site's own result; nullopt where nothing is known.
FailureOr<std::optional<double>>
JointSelection::getError(linalg::LinalgOp site, StringRef candidate,
                         const SiteProposal &proposal) const {
  if (sensitivity) {
    const SiteSensitivity *entry =
        sensitivity->lookup(getSiteName(site), candidate);
    if (!entry)
      return site->emitOpError()
             << "expected the sensitivity to candidate '" << candidate
             << "'; run quantc sensitivity with the same recipe";
    if (std::string scheme = debugString(proposal.scheme);
        entry->scheme != scheme)
      return site->emitOpError()
             << "expected the sensitivity to " << scheme << " as candidate '"
             << candidate << "', but got that to " << entry->scheme
             << "; run quantc sensitivity with the same recipe";
    return std::optional(entry->divergence);
  }
  return proposal.noiseToSignal;
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
    Recipe whole = withCandidate(recipe, candidate);
    FailureOr<SiteProposal> proposal = proposeScheme(site, whole, weights);
    if (failed(proposal))
      return failure();
    if (!proposal->scheme) {
      reason = proposal->floatReason;
      candidates.proposals.front().isLimit |= proposal->isLimit;
      continue;
    }
    if (!work) {
      reason = "its sizes are not known at compile time";
      continue;
    }
    FailureOr<std::optional<double>> error =
        getError(site, candidate.name, *proposal);
    if (failed(error))
      return failure();
    if (!*error) {
      reason = "nothing is known of the error of '" + candidate.name + "'";
      continue;
    }
    addOption(candidate.name, std::move(*proposal), **error);
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

/// The front by sums, with what was measured of choices, and without those that
/// another one beats.
std::vector<SchemeChoice> JointSelection::getFront() const {
  std::vector<SchemeChoice> choices = getMeasuredChoices();
  for (SchemeChoice &choice : computeFront(getOptions()))
    if (llvm::none_of(choices, [&](const SchemeChoice &other) {
          return other.options == choice.options;
        }))
      choices.push_back(std::move(choice));
  llvm::sort(choices, [](const SchemeChoice &a, const SchemeChoice &b) {
    return std::tie(a.cost, a.error, a.options) <
           std::tie(b.cost, b.error, b.options);
  });
  std::vector<SchemeChoice> front;
  for (SchemeChoice &choice : choices)
    if (front.empty() || choice.error < front.back().error)
      front.push_back(std::move(choice));
  return front;
}

/// The choices that were measured as a whole, as far as they are of these sites
/// and candidates.
std::vector<SchemeChoice> JointSelection::getMeasuredChoices() const {
  std::vector<SchemeChoice> choices;
  for (const ChoiceSensitivity &measured :
       sensitivity ? ArrayRef(sensitivity->choices)
                   : ArrayRef<ChoiceSensitivity>()) {
    SchemeChoice choice;
    for (const Candidates &candidates : sites) {
      auto found = measured.sites.find(getSiteName(candidates.site).str());
      if (found == measured.sites.end())
        break;
      auto name = llvm::find(candidates.names, found->second);
      if (name == candidates.names.end())
        break;
      choice.options.push_back(name - candidates.names.begin());
      choice.cost += candidates.options[choice.options.back()].cost;
    }
    choice.error = measured.divergence;
    if (choice.options.size() == sites.size())
      choices.push_back(std::move(choice));
  }
  return choices;
}

json::Object JointSelection::describe(const SchemeChoice &choice) const {
  json::Object chosen;
  for (auto [candidates, option] : llvm::zip_equal(sites, choice.options))
    chosen[getSiteName(candidates.site)] = candidates.names[option];
  return json::Object{{"cost_seconds", choice.cost},
                      {"error", choice.error},
                      {"sites", std::move(chosen)}};
}

LogicalResult
JointSelection::writeFront(ModuleOp module, StringRef path,
                           const std::optional<SchemeChoice> &chosen) const {
  json::Array front;
  for (const SchemeChoice &choice : getFront())
    front.push_back(describe(choice));
  json::Object document{{"target", target.getName().getValue()},
                        {"front", std::move(front)}};
  if (chosen)
    document["chosen"] = describe(*chosen);
  return writeDocument(module, path, std::move(document));
}

/// Why float was chosen where there were candidates.
static std::string explainFloat(const Candidates &candidates) {
  ArrayRef<SiteOption> options = candidates.options;
  size_t cheapest = 1;
  for (size_t i = 2; i < options.size(); ++i)
    if (options[i].cost < options[cheapest].cost)
      cheapest = i;
  std::string costs = llvm::formatv(
      "'{0}' takes {1:e2} us, float {2:e2} us", candidates.names[cheapest],
      options[cheapest].cost * 1e6, options[0].cost * 1e6);
  if (options[cheapest].cost >= options[0].cost)
    return "it does not pay: " + costs;
  return llvm::formatv("its error is better spent elsewhere: {0}, at {1:f1} dB",
                       costs, toDecibel(options[cheapest].error));
}

LogicalResult JointSelection::choose(ModuleOp module,
                                     const SchemeBudget &budget) {
  std::vector<std::vector<SiteOption>> options = getOptions();
  // A limit that is given by hand replaces both of the recipe's.
  bool given = budget.maxError || budget.maxCost;
  std::optional<double> maxError =
      given ? budget.maxError : recipe.autoSelect->maxError;
  std::optional<double> maxCost =
      given ? budget.maxCost : recipe.autoSelect->maxCost;
  std::vector<SchemeChoice> measured = getMeasuredChoices();
  std::optional<SchemeChoice> choice =
      maxError ? chooseByError(options, *maxError, measured)
               : chooseByCost(options, *maxCost, measured);
  if (!budget.frontFile.empty() &&
      failed(writeFront(module, budget.frontFile, choice)))
    return failure();
  if (!choice && maxError)
    return module.emitError()
           << llvm::formatv("expected a choice with an error of at most "
                            "{0:e3}, but all that were measured have more",
                            *maxError)
                  .str();
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

/// The recipe's scheme for each site.
static LogicalResult followRecipe(ArrayRef<linalg::LinalgOp> sites,
                                  const Recipe &recipe) {
  WeightNoises weights;
  for (linalg::LinalgOp site : sites) {
    FailureOr<SiteProposal> proposal = proposeScheme(site, recipe, weights);
    if (failed(proposal))
      return failure();
    apply(site, *proposal);
  }
  return success();
}

/// The same candidate for all sites.
static LogicalResult followCandidate(ModuleOp module,
                                     ArrayRef<linalg::LinalgOp> sites,
                                     const Recipe &recipe, StringRef name) {
  if (name == "float") {
    for (linalg::LinalgOp site : sites)
      apply(site, {{}, "the candidate is 'float'", /*isLimit=*/false, {}});
    return success();
  }
  SmallVector<StringRef> names = {"float"};
  for (const CandidateRecipe &candidate : recipe.autoSelect->candidates) {
    if (candidate.name == name)
      return followRecipe(sites, withCandidate(recipe, candidate));
    names.push_back(candidate.name);
  }
  return module.emitError()
         << "expected a candidate " << llvm::join(names, ", ") << ", but got '"
         << name << "'";
}

/// Writes what the sites take as they are now.
static LogicalResult writeCost(ModuleOp module,
                               ArrayRef<linalg::LinalgOp> sites,
                               TargetAttr target, const SchemeBudget &budget) {
  double cost = 0;
  json::Object names;
  for (linalg::LinalgOp site : sites) {
    auto scheme = site->getAttrOfType<SchemeAttr>(kSchemeAttrName);
    names[getSiteName(site)] = scheme ? budget.candidate : "float";
    if (std::optional<SiteWork> work = getSiteWork(site))
      cost += estimateSiteCost(*work, scheme, target).getTotal();
  }
  json::Object document{{"target", target.getName().getValue()},
                        {"chosen", json::Object{{"cost_seconds", cost},
                                                {"sites", std::move(names)}}}};
  return writeDocument(module, budget.frontFile, std::move(document));
}

/// Reads the file where there is one, and checks that it is of this model.
static FailureOr<std::optional<SensitivityFile>>
readSensitivity(ModuleOp module, StringRef path) {
  if (path.empty())
    return std::optional<SensitivityFile>();
  llvm::Expected<SensitivityFile> file = SensitivityFile::read(path);
  if (!file)
    return module.emitError() << llvm::toString(file.takeError());
  auto fingerprint = module->getAttrOfType<StringAttr>(kFingerprintAttrName);
  if (fingerprint && fingerprint.getValue() != file->fingerprint)
    return module.emitError()
           << path << ": expected the sensitivity of a model with fingerprint '"
           << fingerprint.getValue() << "', but got '" << file->fingerprint
           << "'";
  return std::optional(std::move(*file));
}

LogicalResult quantc::qnn::selectSchemes(ModuleOp module,
                                         ArrayRef<linalg::LinalgOp> sites,
                                         const Recipe &recipe,
                                         const SchemeBudget &budget) {
  if (!recipe.autoSelect) {
    if (!budget.isEmpty())
      return module.emitError() << "expected a recipe with 'auto' for a limit, "
                                   "a front, a candidate or a sensitivity "
                                   "(quantc report --show-sensitivity takes "
                                   "one of any recipe)";
    return followRecipe(sites, recipe);
  }
  llvm::Expected<TargetAttr> target =
      resolveTarget(recipe.autoSelect->target, module.getContext());
  if (!target)
    return module.emitError() << llvm::toString(target.takeError());
  if (!budget.candidate.empty()) {
    if (failed(followCandidate(module, sites, recipe, budget.candidate)))
      return failure();
    return budget.frontFile.empty() ? success()
                                    : writeCost(module, sites, *target, budget);
  }
  FailureOr<std::optional<SensitivityFile>> sensitivity =
      readSensitivity(module, budget.sensitivityFile);
  if (failed(sensitivity))
    return failure();
  JointSelection selection(recipe, *target,
                           *sensitivity ? &**sensitivity : nullptr);
  for (linalg::LinalgOp site : sites)
    if (failed(selection.add(site)))
      return failure();
  return selection.choose(module, budget);
}
