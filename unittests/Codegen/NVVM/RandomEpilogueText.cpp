//===- RandomEpilogueText.cpp - random epilogues as MLIR and as numbers ---===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RandomEpilogue.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Sequence.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>

using namespace quantc::nvvm::test;
using llvm::ArrayRef;
using llvm::formatv;
using llvm::StringRef;

Dims SumsView::getDims() const {
  auto dims = llvm::seq<unsigned>(shape.size());
  return {dims.begin(), dims.end()};
}

int64_t SumsView::getSize(ArrayRef<unsigned> dims) const {
  int64_t size = 1;
  for (unsigned dim : dims)
    size *= shape[dim];
  return size;
}

int64_t SumsView::locate(ArrayRef<unsigned> dims, int64_t at) const {
  std::vector<int64_t> index(shape.size());
  for (size_t dim = shape.size(); dim-- > 0; at /= shape[dim])
    index[dim] = at % shape[dim];
  int64_t offset = 0;
  for (unsigned dim : dims)
    offset = offset * shape[dim] + index[dim];
  return offset;
}

std::string SumsView::getType(ArrayRef<unsigned> dims,
                              StringRef element) const {
  std::string text = "tensor<";
  for (unsigned dim : dims)
    text += std::to_string(shape[dim]) + "x";
  return text + element.str() + ">";
}

std::string SumsView::getMap(ArrayRef<unsigned> dims) const {
  auto names = [](auto &&list) {
    return llvm::join(
        llvm::map_range(list, [](auto i) { return "d" + std::to_string(i); }),
        ", ");
  };
  return formatv("affine_map<({0}) -> ({1})>",
                 names(llvm::seq<unsigned>(shape.size())), names(dims))
      .str();
}

std::string quantc::nvvm::test::getSignless(StringRef element) {
  return element == "ui8" ? "i8" : element.str();
}

std::vector<std::string>
RandomEpilogue::getArgumentTypes(const SumsView &sums) const {
  std::vector<std::string> types;
  for (const Capture &capture : captures)
    types.push_back(sums.getType(capture.dims, getSignless(capture.element)));
  if (quantize && !quantize->scale)
    types.push_back(sums.getType(quantize->scaleDims, "f32"));
  if (addsColumns)
    types.push_back(sums.getType(getRowDims(), "i32"));
  return types;
}

std::vector<std::string>
RandomEpilogue::getResultTypes(const SumsView &sums) const {
  std::vector<std::string> types = {
      sums.getType(order, quantize ? quantize->storage : getSignless(element))};
  if (addsColumns)
    types.push_back(sums.getType(getRowDims(), "i32"));
  return types;
}

static void replaceAll(std::string &text, StringRef from, StringRef to) {
  for (size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

namespace {
/// One linalg.generic over some of the steps.
class GenericText {
public:
  GenericText(const RandomEpilogue &epilogue, const SumsView &sums,
              size_t begin, size_t end)
      : epilogue(epilogue), sums(sums), begin(begin), end(end) {}

  /// Reads %`source`, of `element`, in the order of the sums. The last one
  /// writes in that of the epilogue.
  std::string print(StringRef source, StringRef element, StringRef result,
                    const Dims &order, bool isLast);

private:
  std::string printBody(StringRef element, bool addsColumns);
  std::string getCaptured(unsigned capture) const {
    return "c" + std::to_string(capture);
  }

  const RandomEpilogue &epilogue;
  const SumsView &sums;
  size_t begin, end;
  Dims natural;
  std::vector<unsigned> captures;
};
} // namespace

std::string GenericText::printBody(StringRef element, bool addsColumns) {
  std::string text;
  for (unsigned capture : captures) {
    const RandomEpilogue::Capture &each = epilogue.captures[capture];
    StringRef wide = each.element == "i32" || each.element == "f32" ? ""
                     : each.element == "i8"                         ? "extsi"
                     : each.element == "ui8"                        ? "extui"
                                                                    : "extf";
    if (!wide.empty())
      text += formatv("      %{0}w = arith.{1} %{0} : {2} to {3}\n",
                      getCaptured(capture), wide, getSignless(each.element),
                      each.getWideElement());
  }
  std::string value = "%v", stored = element.str();
  for (size_t i = begin; i < end; ++i) {
    const RandomEpilogue::Step &step = epilogue.steps[i];
    std::string lines = step.text, name = "%s" + std::to_string(i);
    replaceAll(lines, "$r", name);
    replaceAll(lines, "$v", value);
    for (auto [number, capture] : llvm::enumerate(step.captures)) {
      const RandomEpilogue::Capture &each = epilogue.captures[capture];
      bool isWide = each.element == each.getWideElement();
      replaceAll(lines, "$" + std::to_string(number),
                 "%" + getCaptured(capture) + (isWide ? "" : "w"));
    }
    llvm::SmallVector<StringRef> each;
    StringRef(lines).split(each, '\n', /*MaxSplit=*/-1, /*KeepEmpty=*/false);
    for (StringRef line : each)
      text += "      " + line.str() + "\n";
    value = name;
    stored = step.element;
  }
  if (!addsColumns)
    return text +
           formatv("      linalg.yield {0} : {1}\n", value, getSignless(stored))
               .str();
  return text + formatv("      %wide = arith.{0} {1} : i8 to i32\n"
                        "      %next = arith.addi %total, %wide : i32\n"
                        "      linalg.yield {1}, %next : i8, i32\n",
                        stored == "ui8" ? "extui" : "extsi", value)
                    .str();
}

std::string GenericText::print(StringRef source, StringRef element,
                               StringRef result, const Dims &order,
                               bool isLast) {
  natural = order;
  llvm::sort(natural);
  for (size_t i = begin; i < end; ++i)
    for (unsigned capture : epilogue.steps[i].captures)
      if (!llvm::is_contained(captures, capture))
        captures.push_back(capture);
  std::string stored = getSignless(
      end > begin ? StringRef(epilogue.steps[end - 1].element) : element);
  bool addsColumns = isLast && epilogue.addsColumns;
  std::vector<std::string> maps = {sums.getMap(natural)},
                           values = {"%" + source.str()},
                           types = {sums.getType(natural, element)},
                           arguments = {"%v: " + element.str()};
  for (unsigned capture : captures) {
    const RandomEpilogue::Capture &each = epilogue.captures[capture];
    maps.push_back(sums.getMap(each.dims));
    values.push_back("%p" + std::to_string(capture));
    types.push_back(sums.getType(each.dims, getSignless(each.element)));
    arguments.push_back("%" + getCaptured(capture) + ": " +
                        getSignless(each.element));
  }
  maps.push_back(sums.getMap(order));
  arguments.push_back("%o: " + stored);
  std::string type = sums.getType(order, stored), outs = "%e" + result.str(),
              outTypes = type;
  std::vector<std::string> iterators(natural.size(), "\"parallel\"");
  if (addsColumns) {
    size_t number = epilogue.getArgumentTypes(sums).size() - 1;
    maps.push_back(sums.getMap(epilogue.getRowDims()));
    outs += ", %p" + std::to_string(number);
    outTypes += ", " + sums.getType(epilogue.getRowDims(), "i32");
    arguments.push_back("%total: i32");
    iterators[order.back()] = "\"reduction\"";
  }
  return formatv("  %e{0} = tensor.empty() : {1}\n"
                 "  %{0}{2} = linalg.generic {{indexing_maps = [{3}], "
                 "iterator_types = [{4}]}\n"
                 "      ins({5} : {6}) outs({7} : {8}) {{\n"
                 "    ^bb0({9}):\n{10}  } -> ({8})\n",
                 result, type, addsColumns ? ":2" : "", llvm::join(maps, ", "),
                 llvm::join(iterators, ", "), llvm::join(values, ", "),
                 llvm::join(types, ", "), outs, outTypes,
                 llvm::join(arguments, ", "), printBody(element, addsColumns))
      .str();
}

/// qnn.quantize of %`source`.
static std::string printQuantize(const RandomEpilogue &epilogue,
                                 const SumsView &sums, StringRef source) {
  const RandomEpilogue::Quantize &quantize = *epilogue.quantize;
  std::string scale = "%p" + std::to_string(epilogue.captures.size()),
              scaleType = sums.getType(quantize.scaleDims, "f32"), text;
  if (quantize.scale) {
    scale = "%scale";
    text = formatv("  %scale = arith.constant dense<0x{0}> : {1}\n",
                   llvm::utohexstr(llvm::bit_cast<uint32_t>(*quantize.scale),
                                   false, /*Width=*/8),
                   scaleType);
  }
  std::string zero, zeroType, axes;
  if (quantize.zeroPoint) {
    text += formatv("  %zero = arith.constant dense<{0}> : tensor<{1}>\n",
                    quantize.zeroPoint, quantize.storage);
    zero = " zero_point %zero";
    zeroType = ", tensor<" + quantize.storage + ">";
  }
  if (!quantize.scaleDims.empty()) {
    std::vector<std::string> positions;
    for (auto [i, dim] : llvm::enumerate(epilogue.order))
      if (llvm::is_contained(quantize.scaleDims, dim))
        positions.push_back(std::to_string(i));
    axes = " {axes = array<i64: " + llvm::join(positions, ", ") + ">}";
  }
  return text + formatv("  %q = qnn.quantize %{0}, scale {1}{2}{3} : {4}, "
                        "{5}{6} -> {7}\n",
                        source, scale, zero, axes,
                        sums.getType(epilogue.order, "f32"), scaleType,
                        zeroType, epilogue.getResultTypes(sums)[0])
                    .str();
}

std::string RandomEpilogue::getText(const SumsView &sums) const {
  std::string text, value = "r", stored = sums.element;
  Dims natural = order;
  llvm::sort(natural);
  if (cut) {
    text = GenericText(*this, sums, 0, *cut)
               .print(value, stored, "h", natural, /*isLast=*/false);
    value = "h";
    stored = steps[*cut - 1].element;
  }
  if (!steps.empty() || order != natural) {
    text += GenericText(*this, sums, cut.value_or(0), steps.size())
                .print(value, stored, "g", order, /*isLast=*/true);
    value = "g";
  }
  if (quantize) {
    text += printQuantize(*this, sums, value);
    value = "q";
  }
  std::string returned = "%" + value;
  if (addsColumns)
    returned = "%" + value + "#0, %" + value + "#1";
  return text + "  return " + returned + " : " +
         llvm::join(getResultTypes(sums), ", ") + "\n";
}

double RandomEpilogue::evaluate(double sum, ArrayRef<double> captured,
                                double scale) const {
  for (const Step &step : steps) {
    std::vector<double> read;
    for (unsigned capture : step.captures)
      read.push_back(captured[capture]);
    sum = step.evaluate(sum, read);
  }
  if (!quantize)
    return sum;
  float quotient = float(sum) / float(scale);
  // The largest finite value; NaN is kept, and written as 0x7f.
  if (StringRef(quantize->storage).starts_with("f8")) {
    float most = quantize->storage == "f8E4M3FN" ? 448 : 57344;
    return std::isnan(quotient) ? NAN : std::clamp(quotient, -most, most);
  }
  int low = quantize->storage == "ui8" ? 0 : -128;
  auto zero = double(quantize->zeroPoint);
  if (std::isnan(quotient))
    return zero;
  return std::clamp<double>(std::nearbyint(quotient), low - zero,
                            low + 255 - zero) +
         zero;
}
