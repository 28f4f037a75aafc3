//===- RandomContract.cpp - contractions drawn at random ------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RandomContract.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

using namespace quantc::nvvm::test;
using llvm::formatv;

using Index = RandomContract::Index;
using Operand = RandomContract::Operand;

std::vector<int64_t> RandomContract::getShape(const Operand &operand) const {
  std::vector<int64_t> shape;
  for (const Index &index : operand.indices) {
    int64_t last = 0;
    for (auto [loop, factor] : index)
      last += (loops[loop].size - 1) * factor;
    shape.push_back(last + 1);
  }
  return shape;
}

static bool isInteger(const Operand &operand) {
  return llvm::StringRef(operand.element).ends_with("i8") ||
         operand.element == "i32";
}

static std::string getStored(const Operand &operand) {
  return operand.element == "ui8" ? "i8" : operand.element;
}

/// %init, of the sums' shape, from the argument %c.
static std::string getInitText(const RandomEpilogue &epilogue,
                               const SumsView &sums) {
  Dims all = epilogue.order;
  llvm::sort(all);
  std::string type = sums.getType(all, sums.element),
              text = formatv("  %empty = tensor.empty() : {0}\n", type);
  if (!epilogue.init)
    return text + formatv("  %zeros = arith.constant {0} : {1}\n"
                          "  %init = linalg.fill ins(%zeros : {1}) "
                          "outs(%empty : {2}) -> {2}\n",
                          sums.element == "i32" ? "0" : "0.0", sums.element,
                          type)
                      .str();
  // As many dimensions: nothing is broadcast.
  std::vector<std::string> missing;
  for (unsigned dim : all)
    if (!llvm::is_contained(*epilogue.init, dim))
      missing.push_back(std::to_string(dim));
  return text + formatv("  %init = linalg.broadcast ins(%c : {0}) outs(%empty "
                        ": {1}) dimensions = [{2}]\n",
                        sums.getType(*epilogue.init, sums.element), type,
                        llvm::join(missing, ", "))
                    .str();
}

SumsView RandomContract::getSums() const {
  SumsView sums;
  sums.shape = getShape(out);
  sums.element = out.element;
  sums.lhsElement = lhs.element;
  sums.rhsElement = rhs.element;
  sums.count = 1;
  for (const Loop &loop : loops)
    if (loop.isSum)
      sums.count *= loop.size;
  for (unsigned dim = 0; dim < sums.shape.size(); ++dim) {
    auto hasDim = [&](const Operand &operand) {
      unsigned loop = out.indices[dim].front().first;
      return llvm::any_of(operand.indices, [&](const Index &index) {
        return llvm::any_of(index,
                            [&](auto term) { return term.first == loop; });
      });
    };
    if (hasDim(lhs))
      sums.lhsDims.push_back(dim);
    if (hasDim(rhs))
      sums.rhsDims.push_back(dim);
  }
  return sums;
}

std::string RandomContract::getText(llvm::StringRef name) const {
  auto mapOf = [&](const Operand &operand) {
    std::vector<std::string> loopNames, results;
    for (size_t loop = 0; loop < loops.size(); ++loop)
      loopNames.push_back("d" + std::to_string(loop));
    for (const Index &index : operand.indices) {
      std::vector<std::string> terms;
      for (auto [loop, factor] : index)
        terms.push_back(formatv("d{0} * {1}", loop, factor));
      results.push_back(llvm::join(terms, " + "));
    }
    return formatv("affine_map<({0}) -> ({1})>", llvm::join(loopNames, ", "),
                   llvm::join(results, ", "))
        .str();
  };
  auto typeOf = [&](const Operand &operand) {
    std::string text = "tensor<";
    for (int64_t size : getShape(operand))
      text += std::to_string(size) + "x";
    return text + getStored(operand) + ">";
  };
  auto extend = [&](const Operand &operand, llvm::StringRef value,
                    llvm::StringRef result) -> std::string {
    if (operand.element == out.element)
      return "";
    return formatv("      %{0} = arith.{1} %{2} : {3} to {4}\n", result,
                   operand.element == "ui8" ? "extui"
                   : isInteger(operand)     ? "extsi"
                                            : "extf",
                   value, getStored(operand), out.element);
  };
  std::vector<std::string> iterators;
  for (const Loop &loop : loops)
    iterators.push_back(loop.isSum ? "\"reduction\"" : "\"parallel\"");
  bool same = lhs.element == out.element;
  SumsView sums = getSums();
  std::vector<std::string> arguments = {"%a: " + typeOf(lhs),
                                        "%b: " + typeOf(rhs)};
  if (epilogue.init)
    arguments.push_back("%c: " + sums.getType(*epilogue.init, out.element));
  for (auto [i, type] : llvm::enumerate(epilogue.getArgumentTypes(sums)))
    arguments.push_back(formatv("%p{0}: {1}", i, type));
  return formatv("func.func @{0}({1}) -> ({2}) {{\n{3}"
                 "  %r = linalg.generic {{indexing_maps = [{4}, {5}, {6}], "
                 "iterator_types = [{7}]}\n"
                 "      ins(%a, %b : {8}, {9}) outs(%init : {10}){11} {{\n"
                 "    ^bb0(%x: {12}, %y: {13}, %z: {14}):\n{15}{16}"
                 "      %p = arith.mul{17} {18}, {19} : {14}\n"
                 "      %t = arith.add{17} %z, %p : {14}\n"
                 "      linalg.yield %t : {14}\n  } -> {10}\n",
                 name, llvm::join(arguments, ", "),
                 llvm::join(epilogue.getResultTypes(sums), ", "),
                 getInitText(epilogue, sums), mapOf(lhs), mapOf(rhs),
                 mapOf(out), llvm::join(iterators, ", "), typeOf(lhs),
                 typeOf(rhs), typeOf(out),
                 schedule.empty()
                     ? ""
                     : " attrs = {qnn_gpu.schedule = #qnn_gpu.schedule<" +
                           schedule + ">}",
                 getStored(lhs), getStored(rhs), out.element,
                 extend(lhs, "x", "xe"), extend(rhs, "y", "ye"),
                 isInteger(out) ? "i" : "f", same ? "%x" : "%xe",
                 same ? "%y" : "%ye")
             .str() +
         epilogue.getText(sums) + "}\n";
}
