//===- Candidates.h - what the matmul benchmark compares --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_BENCHMARKS_CPU_MATMUL_CANDIDATES_H
#define QUANTC_BENCHMARKS_CPU_MATMUL_CANDIDATES_H

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace matmul {

/// The operands that all candidates of a shape multiply: a[m][k] * b[k][n].
struct Problem {
  int64_t m, n, k;
  std::vector<int8_t> a, b;
  /// One multiplier per column, from accumulator to i8.
  std::vector<float> scale;
  std::vector<float> aFloat, bFloat;

  Problem(int64_t m, int64_t n, int64_t k);
  double getOperations() const { return 2.0 * m * n * k; }
};

/// One implementation with its weights prepacked; `run` computes one product.
/// At most one of the results is not null.
struct Candidate {
  std::string name;
  std::function<void()> run;
  const int8_t *int8Result = nullptr;
  const float *floatResult = nullptr;
};

/// Compiled by us, for this machine. Empty after an error, which is printed.
std::vector<Candidate> makeOurs(const Problem &problem);

/// oneDNN: f32, u8 x s8 -> s32, s8 x s8 -> s8 with a scale per column.
std::vector<Candidate> makeOneDNN(const Problem &problem);

} // namespace matmul

#endif // QUANTC_BENCHMARKS_CPU_MATMUL_CANDIDATES_H
