//===- RandomDraw.h - what random programs are drawn with -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_UNITTESTS_CODEGEN_NVVM_RANDOMDRAW_H
#define QUANTC_UNITTESTS_CODEGEN_NVVM_RANDOMDRAW_H

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace quantc::nvvm::test {

/// The same choices on every machine: no distribution of the standard library.
class Draw {
public:
  explicit Draw(std::mt19937 &random) : random(random) {}

  int64_t between(int64_t low, int64_t high) {
    return low + int64_t(random() % (high - low + 1));
  }
  bool coin() { return random() & 64; }
  bool oneIn(unsigned count) { return between(1, count) == 1; }
  std::string oneOf(std::vector<const char *> texts) {
    return texts[random() % texts.size()];
  }
  /// Mostly small, at and around what tiles are made of.
  int64_t extent(int64_t high) {
    switch (random() % 4) {
    case 0:
      return between(1, 8);
    case 1:
      return std::min(high, 16 * between(1, 4));
    default:
      return between(1, high);
    }
  }
  template <typename T>
  std::vector<T> order(std::vector<T> list) {
    if (coin())
      std::swap(list.front(), list.back());
    return list;
  }

private:
  std::mt19937 &random;
};

} // namespace quantc::nvvm::test

#endif // QUANTC_UNITTESTS_CODEGEN_NVVM_RANDOMDRAW_H
