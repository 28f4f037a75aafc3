//===- FrontChart.cpp - cost against error --------------------------------===//
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
using llvm::StringRef;

StringRef quantc::getChartStyle() {
  return R"(svg { font: 11px system-ui, sans-serif; width: 100%; height: auto; display: block; }
svg .axis { stroke: var(--faint); }
svg .grid { stroke: var(--line); }
svg text { fill: var(--faint); }
svg .title { fill: var(--ink); }
svg .series { fill: none; stroke: var(--accent); stroke-width: 1.5; }
svg .former { fill: none; stroke: var(--second); stroke-width: 1.5; }
svg .bars { fill: var(--accent); fill-opacity: .75; }
svg .dot { fill: var(--accent); }
svg .chosen { fill: none; stroke: var(--second); stroke-width: 2.5; }
svg .lost { fill: var(--second); fill-opacity: .14; }
svg .clip { stroke: var(--second); stroke-dasharray: 3 2; }
)";
}

/// Microseconds are what sites take.
static double toMicroseconds(const FrontReport &point) {
  return point.seconds * 1e6;
}

Chart quantc::drawFront(llvm::ArrayRef<FrontReport> front, StringRef target,
                        const std::optional<FrontReport> &chosen) {
  double lowX = HUGE_VAL, highX = 0, lowY = HUGE_VAL, highY = 0;
  for (const FrontReport &point : front) {
    lowX = std::min(lowX, toMicroseconds(point));
    highX = std::max(highX, toMicroseconds(point));
    if (point.error > 0)
      lowY = std::min(lowY, point.error);
    highY = std::max(highY, point.error);
  }
  // All in float has no error: on a logarithmic axis it lies at the bottom.
  if (!(lowY < highY))
    lowY = highY > 0 ? highY / 10 : 1e-6;
  highY = std::max(highY, 10 * lowY);
  lowY /= 2;
  double margin = highX > lowX ? (highX - lowX) * 0.05 : std::max(highX, 1.0);
  Chart chart(620, 320);
  Scale x(std::max(0.0, lowX - margin), highX + margin, chart.getLeft(),
          chart.getRight());
  Scale y(lowY, highY * 1.5, chart.getBottom(), chart.getTop(),
          /*logarithmic=*/true);
  chart.addYAxis(y, "error", 6);
  chart.addXAxis(x, llvm::formatv("cost on {0}, us", target).str(), 6);

  llvm::SmallVector<std::pair<double, double>> line;
  for (const FrontReport &point : front)
    line.emplace_back(x(toMicroseconds(point)), y(std::max(point.error, lowY)));
  chart.addPolyline(line, "series");
  for (auto [point, place] : llvm::zip_equal(front, line))
    chart.addCircle(place.first, place.second, 3, "dot",
                    llvm::formatv("{0} us, error {1}, {2} sites quantized",
                                  formatNumber(toMicroseconds(point)),
                                  formatNumber(point.error),
                                  point.quantizedSites)
                        .str());
  if (chosen)
    chart.addCircle(x(toMicroseconds(*chosen)),
                    y(std::max(chosen->error, lowY)), 7, "chosen", "chosen");
  return chart;
}

void quantc::printFrontSVG(llvm::ArrayRef<FrontReport> front, StringRef target,
                           llvm::raw_ostream &os) {
  Chart chart = drawFront(front, target, std::nullopt);
  std::string style =
      (":root { --ink: #1c2430; --faint: #66707d; --line: #e3e7ec; "
       "--accent: #2166ac; --second: #c2521f; }\n" +
       getChartStyle())
          .str();
  chart.addStyle(style);
  chart.print(os, "cost against error",
              "xmlns=\"http://www.w3.org/2000/svg\" width=\"620\" "
              "height=\"320\"");
}

void quantc::printFrontCSV(llvm::ArrayRef<FrontReport> front,
                           llvm::raw_ostream &os) {
  os << "cost_seconds,error,quantized_sites\n";
  for (const FrontReport &point : front)
    os << llvm::formatv("{0:e6},{1:e6},{2}\n", point.seconds, point.error,
                        point.quantizedSites);
}
