//===- HTMLPage.cpp - the report as a page --------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FrontChart.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>

using namespace quantc;
using llvm::raw_ostream;
using llvm::StringRef;

static constexpr StringRef kStyle = R"(:root { color-scheme: light dark;
  --paper: #ffffff; --ink: #1c2430; --faint: #66707d; --line: #e3e7ec; --card: #f6f8fa;
  --accent: #2166ac; --second: #c2521f; }
@media (prefers-color-scheme: dark) { :root {
  --paper: #14181e; --ink: #e4e8ed; --faint: #98a2ae; --line: #2b323b; --card: #1b2027;
  --accent: #6db0f0; --second: #f08a5d; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1160px; padding: 2.5rem 1.5rem 4rem; background: var(--paper);
  color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.7rem; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2.6rem 0 .3rem; }
p { margin: .2rem 0 1rem; max-width: 46rem; color: var(--faint); }
code { font-size: .92em; }
.tiles { display: flex; flex-wrap: wrap; gap: .8rem; margin: 1.4rem 0 0; }
.tile { background: var(--card); border-radius: 8px; padding: .7rem 1.1rem; min-width: 8.5rem; }
.tile b { display: block; font-size: 1.35rem; font-variant-numeric: tabular-nums; }
.tile span { color: var(--faint); font-size: .85rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .86rem; font-variant-numeric: tabular-nums; }
th { text-align: left; color: var(--faint); font-weight: 600; white-space: nowrap; }
th, td { padding: .32rem .9rem .32rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td.number, th.number { text-align: right; white-space: nowrap; }
tr.float td { color: var(--faint); }
.bar { display: inline-block; height: .6em; background: var(--accent); border-radius: 2px; }
td.wide { width: 40%; }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(330px, 1fr)); gap: 1.1rem; }
figure { margin: 0; background: var(--card); border-radius: 8px; padding: .7rem .8rem; }
figcaption { font-size: .82rem; overflow-wrap: anywhere; }
figcaption span { color: var(--faint); }
.single { max-width: 680px; }
.key { display: inline-block; width: .8em; height: .8em; border-radius: 2px; background: var(--accent); }
.key.second { background: var(--second); }
)";

//===----------------------------------------------------------------------===//
// Summary
//===----------------------------------------------------------------------===//

static void printTile(raw_ostream &os, const llvm::Twine &value,
                      StringRef title) {
  os << "<div class=\"tile\"><b>" << escapeHTML(value.str()) << "</b><span>"
     << escapeHTML(title) << "</span></div>\n";
}

static void printSummary(const ModelReport &report, raw_ostream &os) {
  os << "<h1>" << escapeHTML(report.model) << "</h1>\n<p>Recipe <b>"
     << escapeHTML(report.recipe) << "</b>";
  if (!report.recipeDescription.empty())
    os << ": " << escapeHTML(report.recipeDescription);
  os << ".</p>\n<div class=\"tiles\">\n";
  int64_t quantized = 0, macs = 0, quantizedMacs = 0;
  std::optional<double> worst;
  for (const SiteReport &site : report.sites) {
    macs += site.macs;
    if (!site.floatReason.empty())
      continue;
    ++quantized;
    quantizedMacs += site.macs;
    if (site.sqnr)
      worst = std::min(worst.value_or(HUGE_VAL), *site.sqnr);
  }
  printTile(os,
            llvm::Twine(quantized) + " of " + llvm::Twine(report.sites.size()),
            "sites quantized");
  if (macs > 0)
    printTile(os, llvm::formatv("{0:f1} %", 100.0 * quantizedMacs / macs).str(),
              "of the multiply-adds");
  if (worst)
    printTile(os, llvm::formatv("{0:f1} dB", *worst).str(),
              "lowest expected SQNR");
  if (report.samples > 0)
    printTile(os, llvm::Twine(report.samples), "calibration samples");
  if (!report.fingerprint.empty())
    printTile(os, StringRef(report.fingerprint).take_front(8), "fingerprint");
  os << "</div>\n";
}

//===----------------------------------------------------------------------===//
// Tables
//===----------------------------------------------------------------------===//

static void printAccuracies(const ModelReport &report, raw_ostream &os) {
  if (report.accuracies.empty())
    return;
  os << "<h2>Accuracy</h2>\n<div class=\"scroll\"><table>\n<tr><th>bundle</th>";
  std::vector<StringRef> titles;
  for (const AccuracyReport &row : report.accuracies)
    for (const auto &[title, value] : row.values)
      if (!llvm::is_contained(titles, title))
        titles.push_back(title);
  for (StringRef title : titles)
    os << "<th class=\"number\">" << escapeHTML(title) << "</th>";
  os << "</tr>\n";
  for (const AccuracyReport &row : report.accuracies) {
    os << "<tr><td>" << escapeHTML(row.name) << "</td>";
    for (StringRef title : titles) {
      auto found = llvm::find_if(
          row.values, [&](const auto &value) { return value.first == title; });
      os << "<td class=\"number\">"
         << (found == row.values.end() ? "" : escapeHTML(found->second))
         << "</td>";
    }
    os << "</tr>\n";
  }
  os << "</table></div>\n";
}

static void printSites(const ModelReport &report, raw_ostream &os) {
  os << "<h2>Sites</h2>\n<p>Every contraction and convolution, what its "
        "operands "
        "are stored as, the signal-to-noise ratio that its result is to be "
        "expected to have, and where the correction terms of its zero points "
        "went.</p>\n<div class=\"scroll\"><table>\n<tr><th>site</th><th>op</th>"
        "<th class=\"number\">M x N x "
        "K</th><th>activations</th><th>weights</th>"
        "<th class=\"number\">SQNR, dB</th><th>correction terms</th></tr>\n";
  for (const SiteReport &site : report.sites) {
    bool isFloat = !site.floatReason.empty();
    os << (isFloat ? "<tr class=\"float\"><td>" : "<tr><td>")
       << escapeHTML(site.name) << "</td><td>" << escapeHTML(site.op)
       << "</td><td class=\"number\">" << escapeHTML(site.shape) << "</td>";
    if (isFloat)
      os << "<td colspan=\"4\">float: " << escapeHTML(site.floatReason)
         << "</td>";
    else
      os << "<td>" << escapeHTML(site.lhs) << "</td><td>"
         << escapeHTML(site.rhs) << "</td><td class=\"number\">"
         << (site.sqnr ? llvm::formatv("{0:f1}", *site.sqnr).str() : "")
         << "</td><td>" << escapeHTML(site.terms) << "</td>";
    os << "</tr>\n";
  }
  os << "</table></div>\n";
}

static void printCaches(const ModelReport &report, raw_ostream &os) {
  if (report.caches.empty())
    return;
  os << "<h2>Caches</h2>\n<p>States that are stored quantized from one step to "
        "the next.</p>\n<div class=\"scroll\"><table>\n<tr><th>cache</th>"
        "<th class=\"number\">shape</th><th>storage</th><th>scales</th>"
        "<th class=\"number\">SQNR, dB</th></tr>\n";
  for (const CacheReport &cache : report.caches)
    os << "<tr><td>" << escapeHTML(cache.name) << "</td><td class=\"number\">"
       << escapeHTML(cache.shape) << "</td><td>" << escapeHTML(cache.storage)
       << "</td><td>" << escapeHTML(cache.scales)
       << "</td><td class=\"number\">"
       << (cache.sqnr ? llvm::formatv("{0:f1}", *cache.sqnr).str() : "")
       << "</td></tr>\n";
  os << "</table></div>\n";
}

static void printSensitivities(const ModelReport &report, raw_ostream &os) {
  if (report.sensitivities.empty())
    return;
  std::vector<SensitivityReport> rows = report.sensitivities;
  llvm::sort(rows, [](const SensitivityReport &a, const SensitivityReport &b) {
    return std::tie(b.divergence, a.site, a.candidate) <
           std::tie(a.divergence, b.site, b.candidate);
  });
  double largest = std::max(rows.front().divergence, 1e-300);
  os << "<h2>Sensitivity</h2>\n<p>The Kullback-Leibler divergence of the "
        "model's "
        "output, in nats, when one site alone is quantized, or all "
        "sites are, as some choices have them.</p>\n"
        "<div class=\"scroll\"><table>\n<tr><th>site</th><th>candidate</th>"
        "<th class=\"number\">KL divergence</th><th></th></tr>\n";
  for (const SensitivityReport &row : rows)
    os << "<tr><td>" << escapeHTML(row.site) << "</td><td>"
       << escapeHTML(row.candidate) << "</td><td class=\"number\">"
       << llvm::formatv("{0:e2}", row.divergence)
       << "</td><td class=\"wide\"><span class=\"bar\" style=\"width:"
       << llvm::formatv("{0:f1}", 100 * row.divergence / largest)
       << "%\"></span></td></tr>\n";
  os << "</table></div>\n";
}

//===----------------------------------------------------------------------===//
// Charts
//===----------------------------------------------------------------------===//

static void printFront(const ModelReport &report, raw_ostream &os) {
  if (report.front.empty())
    return;
  os << "<h2>Cost against error</h2>\n<p>The choices that no other choice "
        "beats "
        "in both; the ring is the one that was made.</p>\n"
        "<figure class=\"single\">\n";
  drawFront(report.front, report.target, report.chosen)
      .print(os, "Pareto front of cost and error");
  os << "</figure>\n";
}

/// The histogram in at most `bars` bins, as heights over [low, high].
static std::vector<double> rebin(const DistributionReport &distribution,
                                 double low, double high, int bars) {
  std::vector<double> result(bars);
  for (auto [i, count] : llvm::enumerate(distribution.counts)) {
    double centre =
        (distribution.firstBin + int64_t(i) + 0.5) * distribution.binWidth;
    int bar =
        std::clamp<double>((centre - low) / (high - low) * bars, 0, bars - 1);
    result[bar] += count;
  }
  return result;
}

static Chart drawDistribution(const DistributionReport &distribution) {
  constexpr int kBars = 80;
  double low = distribution.min, high = distribution.max;
  if (distribution.clip) {
    low = std::min(low, distribution.clip->first);
    high = std::max(high, distribution.clip->second);
  }
  if (!(low < high)) {
    low -= 1;
    high += 1;
  }
  std::vector<double> heights = rebin(distribution, low, high, kBars);
  Chart chart(340, 190);
  Scale x(low, high, chart.getLeft(), chart.getRight());
  // The tails are what matters: counts are drawn on a logarithmic axis.
  Scale y(0.5, std::max(2.0, 2 * *llvm::max_element(heights)),
          chart.getBottom(), chart.getTop(), /*logarithmic=*/true);
  chart.addYAxis(y, "count", 4);
  if (distribution.clip) {
    double first = x(distribution.clip->first),
           last = x(distribution.clip->second);
    double height = chart.getBottom() - chart.getTop();
    if (first > chart.getLeft() + 1)
      chart.addRect(chart.getLeft(), chart.getTop(), first - chart.getLeft(),
                    height, "lost");
    if (last < chart.getRight() - 1)
      chart.addRect(last, chart.getTop(), chart.getRight() - last, height,
                    "lost");
  }
  llvm::SmallVector<std::pair<double, double>> outline;
  double width = (chart.getRight() - chart.getLeft()) / kBars;
  outline.emplace_back(chart.getLeft(), chart.getBottom());
  for (auto [i, height] : llvm::enumerate(heights)) {
    double top = height > 0 ? y(height) : chart.getBottom();
    outline.emplace_back(chart.getLeft() + i * width, top);
    outline.emplace_back(chart.getLeft() + (i + 1) * width, top);
  }
  outline.emplace_back(chart.getRight(), chart.getBottom());
  chart.addPolyline(outline, "bars");
  if (distribution.clip)
    for (double end : {distribution.clip->first, distribution.clip->second})
      chart.addLine(x(end), chart.getTop(), x(end), chart.getBottom(), "clip");
  chart.addXAxis(x, "value", 5);
  return chart;
}

static void printDistributions(const ModelReport &report, raw_ostream &os) {
  if (report.distributions.empty())
    return;
  os << "<h2>Activations</h2>\n<p>What calibration saw. Dashed lines are the "
        "ends "
        "of the range that is quantized, what is shaded lies outside of it and "
        "saturates.</p>\n<div class=\"grid\">\n";
  for (const DistributionReport &distribution : report.distributions) {
    os << "<figure><figcaption>" << escapeHTML(distribution.observer)
       << " <span>[" << formatNumber(distribution.min) << ", "
       << formatNumber(distribution.max) << "]";
    if (distribution.clip)
      os << " kept [" << formatNumber(distribution.clip->first) << ", "
         << formatNumber(distribution.clip->second) << "]";
    os << "</span></figcaption>\n";
    if (distribution.counts.empty())
      os << "<figcaption><span>no histogram: smoothing leaves none without "
            "data</span></figcaption>\n";
    else
      drawDistribution(distribution)
          .print(os, "histogram of " + distribution.observer);
    os << "</figure>\n";
  }
  os << "</div>\n";
}

/// At most `limit` values: the largest of each run of neighbours.
static std::vector<float> thin(const std::vector<float> &values, size_t limit) {
  if (values.size() <= limit)
    return values;
  std::vector<float> result(limit, 0);
  for (auto [i, value] : llvm::enumerate(values)) {
    float &entry = result[i * limit / values.size()];
    entry = std::max(entry, value);
  }
  return result;
}

static Chart drawSmoothing(const SmoothingReport &smoothing) {
  std::vector<size_t> order(smoothing.before.size());
  for (size_t i = 0; i < order.size(); ++i)
    order[i] = i;
  llvm::sort(order, [&](size_t a, size_t b) {
    return std::tie(smoothing.before[b], a) < std::tie(smoothing.before[a], b);
  });
  double low = HUGE_VAL, high = 0;
  for (const std::vector<float> *values : {&smoothing.before, &smoothing.after})
    for (float value : *values) {
      if (value > 0)
        low = std::min<double>(low, value);
      high = std::max<double>(high, value);
    }
  if (!(low < high)) {
    low = high > 0 ? high / 10 : 0.1;
    high = high > 0 ? high : 1;
  }
  Chart chart(340, 190);
  Scale x(0, order.size(), chart.getLeft(), chart.getRight());
  Scale y(low, high, chart.getBottom(), chart.getTop(), /*logarithmic=*/true);
  chart.addYAxis(y, "largest |x|", 4);
  for (auto [values, style] :
       {std::pair(&smoothing.before, "former"), {&smoothing.after, "series"}}) {
    std::vector<float> sorted;
    for (size_t channel : order)
      sorted.push_back((*values)[channel]);
    sorted = thin(sorted, 160);
    llvm::SmallVector<std::pair<double, double>> line;
    for (auto [i, value] : llvm::enumerate(sorted))
      line.emplace_back(x((i + 0.5) * order.size() / sorted.size()),
                        y(std::max<double>(value, low)));
    chart.addPolyline(line, style);
  }
  chart.addXAxis(x, "channels, by their range before", 5);
  return chart;
}

static void printSmoothing(const ModelReport &report, raw_ostream &os) {
  if (report.smoothing.empty())
    return;
  os << "<h2>Smoothing</h2>\n<p>The largest magnitude of each channel "
        "<span class=\"key second\"></span> before and "
        "<span class=\"key\"></span> after outliers moved into the "
        "weights.</p>\n<div class=\"grid\">\n";
  for (const SmoothingReport &smoothing : report.smoothing) {
    os << "<figure><figcaption>" << escapeHTML(smoothing.observer)
       << "</figcaption>\n";
    drawSmoothing(smoothing).print(os,
                                   "channel ranges of " + smoothing.observer);
    os << "</figure>\n";
  }
  os << "</div>\n";
}

void quantc::printHTML(const ModelReport &report, raw_ostream &os) {
  os << "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta "
        "charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, "
        "initial-scale=1\">\n<title>"
     << escapeHTML(report.model) << ", " << escapeHTML(report.recipe)
     << "</title>\n<style>\n"
     << kStyle << getChartStyle() << "</style>\n</head>\n<body>\n";
  printSummary(report, os);
  printAccuracies(report, os);
  printSites(report, os);
  printCaches(report, os);
  printFront(report, os);
  printSensitivities(report, os);
  printDistributions(report, os);
  printSmoothing(report, os);
  os << "</body>\n</html>\n";
}
