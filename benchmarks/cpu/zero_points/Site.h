//===- Site.h - one site with and without zero points -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_BENCHMARKS_CPU_ZERO_POINTS_SITE_H
#define QUANTC_BENCHMARKS_CPU_ZERO_POINTS_SITE_H

#include "quantc/Execution/Executable.h"

#include "mlir/IR/MLIRContext.h"
#include <cstdint>
#include <string>
#include <vector>

namespace zeropoints {

/// Rows of an activation times weights of k x n, or a convolution with a window
/// of 3 x 3, padded by 1, of a square image with k and n channels.
struct Shape {
  std::string name;
  bool isConvolution;
  /// Rows, or the image's width and height.
  int64_t m;
  int64_t n, k;

  int64_t getInputSize() const { return (isConvolution ? m * m : m) * k; }
  int64_t getOutputSize() const { return (isConvolution ? m * m : m) * n; }
  int64_t getWeightSize() const { return (isConvolution ? 9 : 1) * k * n; }
  double getOperations() const {
    return 2.0 * double(getOutputSize()) * (isConvolution ? 9 : 1) * k;
  }
};

/// x (f32) -> quantize -> contraction -> requantize, compiled: a scale per
/// tensor for x, one per column for the weights; with zero points, one for x
/// and one per column, none of them 0.
class Site {
public:
  Site(const Shape &shape, bool asymmetric);

  bool isValid() const { return executable != nullptr; }
  /// Computes the result once.
  void run();
  /// Whether the result is that of the definition, in exact integers.
  bool isCorrect();

private:
  std::string getText() const;
  bool compile();

  Shape shape;
  bool asymmetric;
  mlir::MLIRContext context;
  std::unique_ptr<quantc::Executable> executable;
  const quantc::EntryPoint *entry = nullptr;

  std::vector<float> input;
  std::vector<int8_t> weights, zeroPoints, output;
  std::vector<float> scales;
};

} // namespace zeropoints

#endif // QUANTC_BENCHMARKS_CPU_ZERO_POINTS_SITE_H
