//===- LostSites.cpp - sites that stay in float against the recipe --------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LostSites.h"

#include "mlir/IR/Remarks.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

#include <mutex>

using namespace quantc::tool;
using namespace mlir;
using llvm::StringRef;

namespace {

class Listener : public remark::detail::MLIRRemarkStreamerBase {
public:
  explicit Listener(std::shared_ptr<LostSites> sites)
      : sites(std::move(sites)) {}

  void streamOptimizationRemark(const remark::detail::Remark &remark) override {
    if (remark.getRemarkName() != "StaysFloat")
      return;
    StringRef site, reason;
    for (const remark::detail::Remark::Arg &argument : remark.getArgs()) {
      if (argument.key == "site")
        site = argument.val;
      else if (argument.key == "Reason")
        reason = argument.val;
    }
    std::lock_guard<std::mutex> lock(mutex);
    sites->add(site, reason);
  }

private:
  std::shared_ptr<LostSites> sites;
  std::mutex mutex;
};

} // namespace

std::shared_ptr<LostSites> LostSites::collect(Tool &tool) {
  auto sites = std::make_shared<LostSites>();
  remark::RemarkCategories categories;
  categories.missed = ".*";
  LogicalResult enabled = remark::enableOptimizationRemarks(
      tool.getContext(), std::make_unique<Listener>(sites),
      std::make_unique<remark::RemarkEmittingPolicyAll>(), categories);
  // Nobody else has enabled them, which is all that can be wrong.
  assert(succeeded(enabled) && "expected remarks to be off");
  (void)enabled;
  return sites;
}

void LostSites::add(StringRef site, StringRef reason) {
  std::vector<std::string> &sites = sitesByReason[reason.str()];
  // A pass may have looked at a site twice.
  if (!llvm::is_contained(sites, site))
    sites.push_back(site.str());
}

void LostSites::warn(Tool &tool) const {
  constexpr size_t numShown = 4;
  for (const auto &[reason, sites] : sitesByReason) {
    std::vector<std::string> names;
    for (const std::string &site : llvm::ArrayRef(sites).take_front(numShown))
      names.push_back("'" + site + "'");
    std::string rest;
    if (sites.size() > numShown)
      rest = " and " + std::to_string(sites.size() - numShown) + " more";
    tool.warn(llvm::Twine(sites.size()) +
              (sites.size() == 1 ? " site stays" : " sites stay") +
              " in float against the recipe: " + reason + " (" +
              llvm::join(names, ", ") + rest + ")");
  }
}
