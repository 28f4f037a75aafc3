//===- RandomContract.h - contractions drawn at random ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_UNITTESTS_CODEGEN_NVVM_RANDOMCONTRACT_H
#define QUANTC_UNITTESTS_CODEGEN_NVVM_RANDOMCONTRACT_H

#include "RandomEpilogue.h"

#include <utility>

namespace quantc::nvvm::test {

/// out[...] = epilogue(init[...] + sum of lhs[...] * rhs[...]) over an
/// iteration space.
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
  /// Bytes of the arguments and of the results.
  struct Data {
    std::vector<std::vector<char>> arguments, expected;
  };

  std::vector<Loop> loops;
  Operand lhs, rhs, out;
  RandomEpilogue epilogue;
  /// What stands in #qnn_gpu.schedule<>; empty: the model's choice.
  std::string schedule;

  /// A function of the operands, the initial value, where there is one, and
  /// what the epilogue reads.
  std::string getText(llvm::StringRef name) const;
  /// Random operands and what a loop nest makes of them: zero points are
  /// subtracted from the operands' elements, each sum goes through the
  /// epilogue's steps. Floats narrower than f32 are small integers: their sums
  /// are exact in any order. f32 are added in order, by fused multiply-adds.
  Data makeData(uint64_t seed) const;

  std::vector<int64_t> getShape(const Operand &operand) const;
  SumsView getSums() const;
};

/// Those of a family, three of four with an epilogue.
RandomContract drawWithEpilogue(RandomContract (*family)(std::mt19937 &),
                                std::mt19937 &random);

RandomContract drawBytes(std::mt19937 &random);
RandomContract drawSplit(std::mt19937 &random);
RandomContract drawFewRows(std::mt19937 &random);
RandomContract drawBatches(std::mt19937 &random);
RandomContract drawConvolution(std::mt19937 &random);
RandomContract drawHalves(std::mt19937 &random);
RandomContract drawF8(std::mt19937 &random);
RandomContract drawSplitFloats(std::mt19937 &random);
RandomContract drawFewRowsOfFloats(std::mt19937 &random);
RandomContract drawF32(std::mt19937 &random);

} // namespace quantc::nvvm::test

#endif // QUANTC_UNITTESTS_CODEGEN_NVVM_RANDOMCONTRACT_H
