//===- ModelReport.h - a quantized model on one page ------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What is known of a quantized model, as plain values, and the page that shows
// it: one HTML file without scripts, fonts or anything else from outside. The
// same report gives the same bytes.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_REPORT_MODELREPORT_H
#define QUANTC_REPORT_MODELREPORT_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace llvm {
class raw_ostream;
} // namespace llvm

namespace quantc {

/// One row of the table of sites.
struct SiteReport {
  std::string name, op, shape;
  /// The schemes of the operands; empty where the site stays in float.
  std::string lhs, rhs;
  std::string terms;
  /// Expected signal-to-noise ratio of the result in dB.
  std::optional<double> sqnr;
  std::string floatReason;
  int64_t macs = 0;
};

/// A key-value cache, or another state in a storage type.
struct CacheReport {
  std::string name, shape, storage, scales;
  /// Expected signal-to-noise ratio of what is stored, in dB.
  std::optional<double> sqnr;
};

/// What calibration saw of one activation, and what of it is kept.
struct DistributionReport {
  std::string observer;
  /// Bin i holds the values in [(firstBin + i) * binWidth, ... + binWidth).
  double binWidth = 1;
  int64_t firstBin = 0;
  std::vector<int64_t> counts;
  double min = 0, max = 0;
  /// The values that the integers span; nothing where the range is measured at
  /// run time or differs between channels.
  std::optional<std::pair<double, double>> clip;
};

/// The largest magnitude of each channel of an activation, before smoothing and
/// after it.
struct SmoothingReport {
  std::string observer;
  std::vector<float> before, after;
};

/// What a site, quantized alone, does to the output, or "all sites" as a choice
/// has them.
struct SensitivityReport {
  std::string site, candidate;
  /// In nats.
  double divergence = 0;
};

/// A choice of schemes for all sites.
struct FrontReport {
  double seconds = 0, error = 0;
  int64_t quantizedSites = 0;
};

/// A table of accuracies: any columns.
struct AccuracyReport {
  std::string name;
  /// Title and value, in order.
  std::vector<std::pair<std::string, std::string>> values;
};

struct ModelReport {
  std::string model, recipe, recipeDescription, fingerprint;
  int64_t samples = 0;
  std::vector<SiteReport> sites;
  std::vector<CacheReport> caches;
  std::vector<DistributionReport> distributions;
  std::vector<SmoothingReport> smoothing;
  std::vector<SensitivityReport> sensitivities;
  /// What costs and errors of the front are of; empty without a front.
  std::string target;
  std::vector<FrontReport> front;
  /// The choice that was made, where there was one.
  std::optional<FrontReport> chosen;
  std::vector<AccuracyReport> accuracies;
};

/// Prints the page.
void printHTML(const ModelReport &report, llvm::raw_ostream &os);

/// Prints a front as a picture of its own (SVG, the same as on the page).
void printFrontSVG(llvm::ArrayRef<FrontReport> front, llvm::StringRef target,
                   llvm::raw_ostream &os);

/// Prints a front as comma-separated values with a header.
void printFrontCSV(llvm::ArrayRef<FrontReport> front, llvm::raw_ostream &os);

} // namespace quantc

#endif // QUANTC_REPORT_MODELREPORT_H
