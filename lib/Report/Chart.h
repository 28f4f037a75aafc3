//===- Chart.h - axes and marks in SVG --------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_REPORT_CHART_H
#define QUANTC_LIB_REPORT_CHART_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include <string>

namespace llvm {
class raw_ostream;
} // namespace llvm

namespace quantc {

/// `text` with what HTML and SVG give a meaning replaced by entities.
std::string escapeHTML(llvm::StringRef text);

/// A number as people read it: "0.25", "1.5e-07", "12000".
std::string formatNumber(double value);

/// Where values lie along an axis, linear or logarithmic.
class Scale {
public:
  /// Maps [low, high] to [from, to] in pixels; `low` < `high`, both positive
  /// where `logarithmic`.
  Scale(double low, double high, double from, double to,
        bool logarithmic = false);

  double operator()(double value) const;
  /// Round values inside [low, high], about `count` of them; powers of ten
  /// (every, or every n-th) on a logarithmic axis that spans several.
  llvm::SmallVector<double> getTicks(int count) const;

private:
  double low, high, from, to;
  bool logarithmic;
};

/// A picture with a plot area and axes. Colours come from the page's style
/// sheet by class.
class Chart {
public:
  /// Size of the whole in pixels; the plot area leaves room for the axes.
  Chart(double width, double height);

  double getLeft() const { return left; }
  double getRight() const { return right; }
  double getTop() const { return top; }
  double getBottom() const { return bottom; }

  /// Rules for a picture that stands alone.
  void addStyle(llvm::StringRef rules);

  void addXAxis(const Scale &scale, llvm::StringRef title, int ticks = 5);
  void addYAxis(const Scale &scale, llvm::StringRef title, int ticks = 4);

  void addRect(double x, double y, double width, double height,
               llvm::StringRef style);
  void addLine(double x1, double y1, double x2, double y2,
               llvm::StringRef style);
  void addPolyline(llvm::ArrayRef<std::pair<double, double>> points,
                   llvm::StringRef style);
  void addCircle(double x, double y, double radius, llvm::StringRef style,
                 llvm::StringRef tooltip = {});
  /// `anchor`: start, middle or end.
  void addText(double x, double y, llvm::StringRef text, llvm::StringRef anchor,
               llvm::StringRef style = "label");

  /// Prints the svg element; `description` is for those who cannot see it.
  /// `attributes` go into its tag.
  void print(llvm::raw_ostream &os, llvm::StringRef description,
             llvm::StringRef attributes = {}) const;

private:
  double width, height, left, right, top, bottom;
  std::string body;
};

} // namespace quantc

#endif // QUANTC_LIB_REPORT_CHART_H
