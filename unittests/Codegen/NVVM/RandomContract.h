//===- RandomContract.h - contractions drawn at random ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_UNITTESTS_CODEGEN_NVVM_RANDOMCONTRACT_H
#define QUANTC_UNITTESTS_CODEGEN_NVVM_RANDOMCONTRACT_H

#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace quantc::nvvm::test {

/// out[...] = init[...] + sum of lhs[...] * rhs[...] over an iteration space.
struct RandomContract {
  /// A sum of loops, each times a factor: one index of an operand.
  using Index = std::vector<std::pair<unsigned, int64_t>>;
  struct Operand {
    std::string element; ///< "i8", "ui8", "f16", ...
    std::vector<Index> indices;
  };
  struct Loop {
    int64_t size;
    bool isSum;
  };
  /// Bytes of the operands and of the result.
  struct Data {
    std::vector<char> lhs, rhs, init, expected;
  };

  std::vector<Loop> loops;
  Operand lhs, rhs, out;
  /// What stands in #qnn_gpu.schedule<>; empty: the model's choice.
  std::string schedule;

  /// A function of the operands and the initial value.
  std::string getText(llvm::StringRef name) const;
  /// Random operands and what a loop nest makes of them. Floats narrower than
  /// f32 are small integers: their sums are exact in any order. f32 are added
  /// in order, by fused multiply-adds.
  Data makeData(uint64_t seed) const;

  std::vector<int64_t> getShape(const Operand &operand) const;
};

RandomContract drawBytes(std::mt19937 &random);
RandomContract drawSplit(std::mt19937 &random);
RandomContract drawFewRows(std::mt19937 &random);
RandomContract drawBatches(std::mt19937 &random);
RandomContract drawConvolution(std::mt19937 &random);
RandomContract drawHalves(std::mt19937 &random);
RandomContract drawF8(std::mt19937 &random);
RandomContract drawF32(std::mt19937 &random);

} // namespace quantc::nvvm::test

#endif // QUANTC_UNITTESTS_CODEGEN_NVVM_RANDOMCONTRACT_H
