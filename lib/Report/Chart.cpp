//===- Chart.cpp - axes and marks in SVG ----------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Chart.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"
#include <algorithm>
#include <cmath>

using namespace quantc;
using llvm::StringRef;

std::string quantc::escapeHTML(StringRef text) {
  std::string result;
  for (char c : text) {
    switch (c) {
    case '&':
      result += "&amp;";
      break;
    case '<':
      result += "&lt;";
      break;
    case '>':
      result += "&gt;";
      break;
    case '"':
      result += "&quot;";
      break;
    default:
      // Control characters are not allowed in either language.
      result += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return result;
}

static std::string print(const char *form, double value) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format(form, value);
  return text;
}

std::string quantc::formatNumber(double value) {
  double magnitude = std::fabs(value);
  if (magnitude != 0 && (magnitude < 1e-3 || magnitude >= 1e6))
    return print("%.3g", value);
  return print("%.4g", value);
}

/// Pixels, to a tenth.
static std::string pixels(double value) {
  std::string text = print("%.1f", value);
  StringRef shorter = text;
  shorter.consume_back(".0");
  return shorter == "-0" ? "0" : shorter.str();
}

//===----------------------------------------------------------------------===//
// Scale
//===----------------------------------------------------------------------===//

Scale::Scale(double low, double high, double from, double to, bool logarithmic)
    : low(low), high(high), from(from), to(to), logarithmic(logarithmic) {}

double Scale::operator()(double value) const {
  double share = logarithmic ? std::log(value / low) / std::log(high / low)
                             : (value - low) / (high - low);
  return from + (to - from) * std::clamp(share, 0.0, 1.0);
}

llvm::SmallVector<double> Scale::getTicks(int count) const {
  llvm::SmallVector<double> ticks;
  if (logarithmic && high / low >= 10) {
    int first = std::ceil(std::log10(low) - 1e-9);
    int last = std::floor(std::log10(high) + 1e-9);
    int step = std::max(1, (last - first + count) / count);
    for (int exponent = first; exponent <= last; exponent += step)
      ticks.push_back(std::pow(10.0, exponent));
    if (ticks.size() > 1)
      return ticks;
    ticks.clear();
  }
  // The step is 1, 2 or 5 times a power of ten.
  double rough = (high - low) / std::max(count, 1);
  double power = std::pow(10.0, std::floor(std::log10(rough)));
  double step = 10 * power;
  for (double factor : {1.0, 2.0, 5.0})
    if (rough <= factor * power) {
      step = factor * power;
      break;
    }
  for (double index = std::ceil(low / step - 1e-9);
       index * step <= high + step * 1e-9; ++index)
    ticks.push_back(index == 0 ? 0 : index * step);
  return ticks;
}

//===----------------------------------------------------------------------===//
// Chart
//===----------------------------------------------------------------------===//

Chart::Chart(double width, double height)
    : width(width), height(height), left(56), right(width - 12), top(12),
      bottom(height - 40) {}

void Chart::addRect(double x, double y, double width, double height,
                    StringRef style) {
  body +=
      llvm::formatv("<rect class=\"{0}\" x=\"{1}\" y=\"{2}\" width=\"{3}\" "
                    "height=\"{4}\"/>\n",
                    style, pixels(x), pixels(y), pixels(width), pixels(height));
}

void Chart::addLine(double x1, double y1, double x2, double y2,
                    StringRef style) {
  body += llvm::formatv(
      "<line class=\"{0}\" x1=\"{1}\" y1=\"{2}\" x2=\"{3}\" y2=\"{4}\"/>\n",
      style, pixels(x1), pixels(y1), pixels(x2), pixels(y2));
}

void Chart::addPolyline(llvm::ArrayRef<std::pair<double, double>> points,
                        StringRef style) {
  body += llvm::formatv("<polyline class=\"{0}\" points=\"", style);
  for (auto [x, y] : points)
    body += pixels(x) + "," + pixels(y) + " ";
  body += "\"/>\n";
}

void Chart::addCircle(double x, double y, double radius, StringRef style,
                      StringRef tooltip) {
  body +=
      llvm::formatv("<circle class=\"{0}\" cx=\"{1}\" cy=\"{2}\" r=\"{3}\">",
                    style, pixels(x), pixels(y), pixels(radius));
  if (!tooltip.empty())
    body += "<title>" + escapeHTML(tooltip) + "</title>";
  body += "</circle>\n";
}

void Chart::addText(double x, double y, StringRef text, StringRef anchor,
                    StringRef style) {
  body += llvm::formatv("<text class=\"{0}\" x=\"{1}\" y=\"{2}\" "
                        "text-anchor=\"{3}\">{4}</text>\n",
                        style, pixels(x), pixels(y), anchor, escapeHTML(text));
}

void Chart::addStyle(StringRef rules) {
  body += ("<style>\n" + rules + "</style>\n").str();
}

void Chart::addXAxis(const Scale &scale, StringRef title, int ticks) {
  addLine(left, bottom, right, bottom, "axis");
  for (double tick : scale.getTicks(ticks)) {
    double x = scale(tick);
    addLine(x, bottom, x, bottom + 4, "axis");
    addText(x, bottom + 16, formatNumber(tick), "middle");
  }
  addText((left + right) / 2, bottom + 32, title, "middle", "title");
}

void Chart::addYAxis(const Scale &scale, StringRef title, int ticks) {
  for (double tick : scale.getTicks(ticks)) {
    double y = scale(tick);
    addLine(left, y, right, y, "grid");
    addText(left - 6, y + 4, formatNumber(tick), "end");
  }
  double middle = (top + bottom) / 2;
  body += llvm::formatv("<text class=\"title\" text-anchor=\"middle\" "
                        "transform=\"translate(12 {0}) rotate(-90)\">{1}"
                        "</text>\n",
                        pixels(middle), escapeHTML(title));
}

void Chart::print(llvm::raw_ostream &os, StringRef description,
                  StringRef attributes) const {
  os << "<svg role=\"img\" aria-label=\"" << escapeHTML(description)
     << "\" viewBox=\"0 0 " << pixels(width) << ' ' << pixels(height) << '"';
  if (!attributes.empty())
    os << ' ' << attributes;
  os << ">\n" << body << "</svg>\n";
}
