//===- Resize.cpp - programs with smaller dimensions ----------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Minimise.h"

#include <set>

namespace quantc::check {

namespace {

/// A dimension of a node.
using Dimension = std::pair<size_t, size_t>;

/// Finds the dimensions that are of one size.
class Links {
public:
  explicit Links(const Program &program) : program(program) {
    for (size_t i = 0; i < program.nodes.size(); ++i)
      link(i);
  }

  /// All dimensions that change with one; empty where one of them is bound to
  /// something else.
  std::set<Dimension> follow(Dimension start) const;

private:
  void link(size_t index);
  void linkSite(size_t index);
  void join(Dimension a, Dimension b) {
    links[a].insert(b);
    links[b].insert(a);
  }
  /// The dimension cannot change.
  void fix(Dimension dimension) { fixed.insert(dimension); }

  const Program &program;
  std::map<Dimension, std::set<Dimension>> links;
  std::set<Dimension> fixed;
};

void Links::linkSite(size_t index) {
  const Node &node = program.nodes[index];
  std::map<char, Dimension> first;
  auto visit = [&](size_t owner, const std::string &letters, bool windows) {
    for (size_t d = 0; d < letters.size(); ++d) {
      if (windows && node.site.windows.count(letters[d])) {
        // The input of a window may be larger than what is read of it.
        fix({owner, d});
        continue;
      }
      auto [entry, isNew] = first.try_emplace(letters[d], owner, d);
      if (!isNew)
        join(entry->second, {owner, d});
    }
  };
  visit(node.operands[0], node.site.lhs, /*windows=*/true);
  visit(node.operands[1], node.site.rhs, /*windows=*/false);
  visit(index, node.site.result, /*windows=*/false);
}

void Links::link(size_t index) {
  const Node &node = program.nodes[index];
  if (node.kind == Kind::Site)
    return linkSite(index);
  if (node.kind == Kind::Reshape) {
    const Node &from = program.nodes[node.operands[0]];
    for (size_t d = 0; d < node.shape.size(); ++d)
      fix({index, d});
    for (size_t d = 0; d < from.shape.size(); ++d)
      fix({node.operands[0], d});
    return;
  }
  for (size_t d = 0; d < node.shape.size(); ++d) {
    bool isBound = false;
    switch (node.kind) {
    case Kind::Pad:
      isBound = node.first[d] != 0 || node.second[d] != 0;
      break;
    case Kind::Slice:
      isBound = program.nodes[node.operands[0]].shape[d] != node.shape[d];
      break;
    case Kind::Concat:
    case Kind::RunTimeSlice:
      isBound = int64_t(d) == node.axis;
      break;
    case Kind::Restore:
      isBound = program.nodes[node.operands[0]].dynamicDim == int64_t(d);
      break;
    case Kind::MaxPool:
    case Kind::AveragePool:
      isBound = d == 1 || d == 2;
      break;
    default:
      break;
    }
    size_t from = node.kind == Kind::Transpose ? node.first[d] : d;
    if (isBound)
      fix({index, d});
    for (size_t operand : node.operands) {
      if (isBound)
        fix({operand, from});
      else
        join({operand, from}, {index, d});
    }
  }
}

std::set<Dimension> Links::follow(Dimension start) const {
  std::set<Dimension> found = {start};
  std::vector<Dimension> work = {start};
  while (!work.empty()) {
    Dimension next = work.back();
    work.pop_back();
    if (fixed.count(next))
      return {};
    if (auto entry = links.find(next); entry != links.end())
      for (Dimension other : entry->second)
        if (found.insert(other).second)
          work.push_back(other);
  }
  return found;
}

/// The first or last `size` slices along a dimension.
template <typename T>
void cut(std::vector<T> &values, const Shape &shape, size_t dimension,
         int64_t size, bool last) {
  int64_t begin = last ? shape[dimension] - size : 0;
  std::vector<T> kept;
  Shape point(shape.size(), 0);
  for (const T &value : values) {
    if (point[dimension] >= begin && point[dimension] < begin + size)
      kept.push_back(value);
    advance(point, shape);
  }
  values = std::move(kept);
}

void cutParameters(Quantization &q, size_t dimension, int64_t size, bool last) {
  for (size_t i = 0; i < q.axes.size(); ++i) {
    if (q.axes[i] != int64_t(dimension))
      continue;
    int64_t block = q.blocks.empty() ? 1 : q.blocks[i],
            count = (size + block - 1) / block;
    if (!q.scalePerTensor)
      cut(q.scales, q.shape, i, count, last);
    if (!q.zeroPointPerTensor)
      cut(q.zeroPoints, q.shape, i, count, last);
    q.shape[i] = count;
  }
}

} // namespace

std::optional<Program> resized(const Program &program, size_t node,
                               size_t dimension, int64_t size, bool last) {
  std::set<Dimension> changed = Links(program).follow({node, dimension});
  if (changed.empty())
    return std::nullopt;
  Program result = program;
  std::set<std::pair<size_t, size_t>> cutQuantizations;
  for (auto [index, d] : changed) {
    Node &current = result.nodes[index];
    if (current.kind == Kind::Input || current.kind == Kind::Constant) {
      cut(current.integers, current.shape, d, size, last);
      cut(current.floats, current.shape, d, size, last);
    }
    if (current.kind == Kind::Bias && current.axis == int64_t(d))
      cut(current.floats, {int64_t(current.floats.size())}, 0, size, last);
    if ((current.kind == Kind::Quantize || current.kind == Kind::Dequantize) &&
        cutQuantizations.insert({current.quantization, d}).second)
      cutParameters(result.quantizations[current.quantization], d, size, last);
    if (Rescaling &r = current.rescaling;
        r.perAxis && current.axis == int64_t(d)) {
      cut(r.factors, {int64_t(r.factors.size())}, 0, size, last);
      cut(r.multipliers, {int64_t(r.multipliers.size())}, 0, size, last);
      cut(r.shifts, {int64_t(r.shifts.size())}, 0, size, last);
    }
    current.shape[d] = size;
  }
  // A loop has the size of whichever dimension follows it alone.
  for (size_t i = 0; i < result.nodes.size(); ++i) {
    Node &current = result.nodes[i];
    if (current.kind != Kind::Site)
      continue;
    Site &site = current.site;
    for (size_t d = 0; d < site.lhs.size(); ++d)
      if (!site.windows.count(site.lhs[d]))
        site.sizes[site.lhs[d]] = result.nodes[current.operands[0]].shape[d];
    for (size_t d = 0; d < site.rhs.size(); ++d)
      site.sizes[site.rhs[d]] = result.nodes[current.operands[1]].shape[d];
    for (size_t d = 0; d < site.result.size(); ++d)
      site.sizes[site.result[d]] = current.shape[d];
  }
  return result;
}

} // namespace quantc::check
