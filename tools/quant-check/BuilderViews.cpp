//===- BuilderViews.cpp - random views of tensors -------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Builder.h"

#include <numeric>

namespace quantc::check {

/// Makes a reshape out of a node of its input's shape: dimension `at` becomes
/// two, the first of size `parts`.
static void splitDimension(Node &node, int64_t at, int64_t parts) {
  int64_t rank = node.shape.size(), size = node.shape[at];
  node.shape[at] = parts;
  node.shape.insert(node.shape.begin() + at + 1, size / parts);
  for (int64_t i = 0; i < rank; ++i)
    node.groups.push_back(i < at    ? std::vector<int64_t>{i}
                          : i == at ? std::vector<int64_t>{i, i + 1}
                                    : std::vector<int64_t>{i + 1});
}

size_t Builder::reshape(size_t value) {
  Shape shape = shapeOf(value);
  size_t result = elementwise(Kind::Reshape, {value});
  Node &node = program.nodes[result];
  int64_t rank = shape.size();
  if (rank > 1 && random.chance(60)) {
    // Two neighbours become one dimension.
    int64_t at = random.integer(0, rank - 2);
    node.shape = shape;
    node.shape[at] *= shape[at + 1];
    node.shape.erase(node.shape.begin() + at + 1);
    for (int64_t i = 0; i < rank; ++i)
      if (i == at + 1)
        node.groups.back().push_back(i);
      else
        node.groups.push_back({i});
    return result;
  }
  int64_t at = random.integer(0, rank - 1), factor = 1;
  for (int64_t candidate : {2, 3, 4})
    if (shape[at] % candidate == 0 && random.chance(60))
      factor = candidate;
  splitDimension(node, at, factor);
  return result;
}

size_t Builder::split(size_t value, int64_t at, int64_t parts) {
  size_t result = elementwise(Kind::Reshape, {value});
  splitDimension(program.nodes[result], at, parts);
  return result;
}

size_t Builder::transpose(size_t value, const std::vector<int64_t> &order) {
  size_t result = elementwise(Kind::Transpose, {value});
  Node &node = program.nodes[result];
  node.first = order;
  for (size_t i = 0; i < order.size(); ++i)
    node.shape[i] = shapeOf(value)[order[i]];
  return result;
}

size_t Builder::view(size_t value) {
  Shape shape = shapeOf(value);
  if (shape.empty() || countOf(shape) == 0 ||
      program.nodes[value].dynamicDim >= 0)
    return value;
  int64_t mode = random.integer(0, 3);
  if (mode == 0 && shape.size() < 5)
    return reshape(value);
  size_t result = elementwise(mode == 1   ? Kind::Slice
                              : mode == 2 ? Kind::Pad
                                          : Kind::Transpose,
                              {value});
  Node &node = program.nodes[result];
  std::vector<int64_t> order(shape.size());
  std::iota(order.begin(), order.end(), 0);
  random.shuffle(order);
  for (size_t i = 0; i < shape.size(); ++i) {
    if (node.kind == Kind::Transpose) {
      node.first.push_back(order[i]);
      node.shape[i] = shape[order[i]];
    } else if (node.kind == Kind::Slice) {
      node.first.push_back(
          random.integer(0, std::min<int64_t>(2, shape[i] - 1)));
      node.second.push_back(random.chance(70) ? 1 : 2);
      int64_t most =
          (shape[i] - node.first[i] + node.second[i] - 1) / node.second[i];
      node.shape[i] = random.integer(std::max<int64_t>(1, most - 2), most);
    } else {
      node.first.push_back(random.integer(0, 1));
      node.second.push_back(random.integer(0, 1));
      node.shape[i] += node.first[i] + node.second[i];
    }
  }
  return result;
}

size_t Builder::pool(size_t value, Kind kind) {
  Shape shape = shapeOf(value);
  if (shape.size() != 4 || countOf(shape) == 0)
    return value;
  size_t result = elementwise(kind, {value});
  Node &node = program.nodes[result];
  for (int64_t i : {1, 2}) {
    node.first.push_back(random.integer(1, std::min<int64_t>(3, shape[i])));
    node.second.push_back(random.integer(1, 2));
    node.shape[i] = (shape[i] - node.first.back()) / node.second.back() + 1;
  }
  return result;
}

size_t Builder::runTimeSlice(size_t value, int64_t axis, int64_t size) {
  size_t result = elementwise(Kind::RunTimeSlice, {value});
  Node &node = program.nodes[result];
  node.storage = program.nodes[value].storage;
  node.axis = node.dynamicDim = axis;
  node.shape[axis] = size;
  return result;
}

size_t Builder::restore(size_t value, int64_t size) {
  size_t result = elementwise(Kind::Restore, {value});
  Node &node = program.nodes[result];
  node.storage = program.nodes[value].storage;
  node.shape[node.dynamicDim] = size;
  node.dynamicDim = -1;
  return result;
}

} // namespace quantc::check
