//===- AlphaSearch.cpp - the alpha that does least harm -------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AlphaSearch.h"
#include "Select/ProductError.h"
#include "Select/SiteScheme.h"
#include "quantc/Dialect/QNN/Transforms/SiteOperands.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace mlir;
using namespace quantc;
using namespace quantc::qnn;

static constexpr int kSteps = 20;

/// Of those that are not zero; 1 where there is none.
static double getMedian(ArrayRef<float> magnitudes) {
  SmallVector<float> positive;
  llvm::copy_if(magnitudes, std::back_inserter(positive),
                [](float magnitude) { return magnitude > 0; });
  if (positive.empty())
    return 1;
  float *median = positive.begin() + (positive.size() - 1) / 2;
  std::nth_element(positive.begin(), median, positive.end());
  return *median;
}

SmallVector<float> quantc::qnn::computeScales(ArrayRef<float> activations,
                                              ArrayRef<float> weights,
                                              double alpha) {
  // What was never seen to be other than zero, or is not read, is taken for one
  // like the others.
  double medianActivation = getMedian(activations),
         medianWeight = getMedian(weights);
  SmallVector<float> scales;
  for (auto [activation, weight] : llvm::zip_equal(activations, weights)) {
    double x = activation > 0 ? activation : medianActivation,
           w = weight > 0 ? weight : medianWeight;
    scales.push_back(static_cast<float>(
        std::max(std::pow(x, alpha) / std::pow(w, 1 - alpha), 1e-5)));
  }
  return scales;
}

namespace {

/// One site of the group, and how both operands are quantized.
struct SearchedSite {
  ProductError product;
  QuantizationAttr rowScheme, weightScheme;
};

} // namespace

/// nullopt for a site that stays in float; fails after an error.
static FailureOr<std::optional<SearchedSite>>
getSearchedSite(const LinearConsumer &consumer, const Recipe &recipe) {
  linalg::LinalgOp site = consumer.site;
  WeightNoises weights;
  FailureOr<SiteProposal> proposal = proposeScheme(site, recipe, weights);
  if (failed(proposal))
    return failure();
  if (!proposal->scheme)
    return std::optional<SearchedSite>();
  ObserveOp observer = getObserver(consumer.getActivation());
  if (!ObservedRows::get(observer))
    return observer.emitOpError()
           << "expected sampled rows of observer '" << observer.getName()
           << "' to search an alpha; run quantc calibrate --sample-rows, or "
              "give the data";
  std::optional<ProductError> product =
      ProductError::create(site, consumer.operand, consumer.weightDim);
  if (!product)
    return observer.emitOpError()
           << "expected rows of as many channels as the weight of '"
           << getSiteName(site) << "' has";
  std::array schemes = {proposal->scheme.getLhs(), proposal->scheme.getRhs()};
  return std::optional(SearchedSite{std::move(*product),
                                    schemes[consumer.operand],
                                    schemes[1 - consumer.operand]});
}

FailureOr<std::optional<double>>
quantc::qnn::searchAlpha(const SmoothingGroup &group,
                         ArrayRef<float> activations, ArrayRef<float> weights,
                         const Recipe &recipe) {
  std::vector<SearchedSite> sites;
  for (const LinearConsumer &consumer : group.consumers) {
    FailureOr<std::optional<SearchedSite>> site =
        getSearchedSite(consumer, recipe);
    if (failed(site))
      return failure();
    if (*site)
      sites.push_back(std::move(**site));
  }
  if (sites.empty())
    return std::optional<double>();
  double best = 0.5, least = std::numeric_limits<double>::infinity();
  for (int step = 0; step <= kSteps; ++step) {
    double alpha = step / double(kSteps), sum = 0;
    SmallVector<float> scales = computeScales(activations, weights, alpha);
    for (const SearchedSite &site : sites) {
      FailureOr<NoiseEstimate> error =
          site.product.measure(site.rowScheme, site.weightScheme, scales);
      if (failed(error))
        return failure();
      sum += error->noise;
    }
    if (sum < least) {
      least = sum;
      best = alpha;
    }
  }
  return std::optional<double>(best);
}
