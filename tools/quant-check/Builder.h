//===- Builder.h - makes random programs node by node -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TOOLS_QUANT_CHECK_BUILDER_H
#define QUANTC_TOOLS_QUANT_CHECK_BUILDER_H

#include "Random.h"
#include "Reference.h"
#include "Sites.h"

namespace quantc::check {

enum class ZeroPoints { None, PerTensor, PerParameter };

/// How an operand of a site is quantized.
struct OperandChoice {
  Storage storage = Storage::I8;
  /// Loops along whose dimensions the parameters vary.
  std::string letters;
  /// Loops of `letters` that have one parameter for a block of this size.
  std::map<char, int64_t> blocks;
  ZeroPoints zeroPoints = ZeroPoints::None;
  bool scalePerTensor = false;
  bool runTimeParameters = false;
  bool constant = false;
  /// The program receives floats and quantizes them itself.
  bool fromFloat = false;
};

/// A quantized value of the program.
struct Quantized {
  size_t node, quantization;
};

class Builder {
public:
  Builder(uint64_t seed, const std::string &family, uint64_t stream);

  Random random;
  /// What a family asks for, of everything that is drawn from then on.
  /// Quantizations leave the smallest value out, in percent.
  int64_t narrowRange = 0;
  /// All scales are powers of two.
  bool powersOfTwo = false;

  Shape shapeOf(size_t node) const { return program.nodes[node].shape; }

  /// A new operand with random data.
  Quantized operand(const Shape &shape, const std::string &letters,
                    const OperandChoice &choice);
  size_t dequantize(Quantized value);
  /// Quantizes a float value to a range that suits it, per tensor or with the
  /// given chance in percent along one dimension.
  Quantized quantize(size_t value, int64_t perChannel = 0,
                     Storage storage = Storage::I8);

  /// Rounds the scale of a value just quantized to a power of two, so that
  /// float sums of its elements are exact in any order.
  void makeSumsExact(Quantized value);

  /// A site on an existing left operand, with the right one as chosen.
  size_t site(const DrawnSite &drawn, Quantized lhs, const OperandChoice &rhs);

  /// Elementwise operations that follow a contraction.
  size_t tail(size_t value);
  size_t relu(size_t value);
  /// GELU or SiLU; what follows may only quantize it, and be the result.
  size_t function(size_t value);
  size_t bias(size_t value);
  size_t add(size_t lhs, size_t rhs);
  size_t concat(size_t lhs, size_t rhs, int64_t axis);
  /// Dimension `at` as two, the first of size `parts`, which divides it.
  size_t split(size_t value, int64_t at, int64_t parts);
  size_t transpose(size_t value, const std::vector<int64_t> &order);
  /// A reshape, transpose, slice or zero padding.
  size_t view(size_t value);
  /// Of NHWC; the value itself where it is too small.
  size_t pool(size_t value, Kind kind);
  /// A requantization in any mode, stated by the program, of stored integers.
  Quantized requantize(Quantized value);
  size_t runTimeSlice(size_t value, int64_t axis, int64_t size);
  size_t restore(size_t value, int64_t size);

  /// How accumulators and sums are requantized.
  void setMode(Mode mode) { program.mode = mode; }
  /// Makes values results beside the last one, each with the given chance in
  /// percent.
  void drawResults(int64_t chance) { resultChance = chance; }

  /// The finished program, whose result is `value` (dequantized where its type
  /// cannot leave compiled code).
  Program finish(size_t value);

private:
  size_t elementwise(Kind kind, std::vector<size_t> operands);
  size_t reshape(size_t value);
  float rangeScale(size_t value, float exact);
  void fillParameters(Quantization &quantization, ZeroPoints zeroPoints);
  int64_t zeroPoint(Storage storage, bool narrow);
  float scale();
  std::vector<int64_t> storedData(int64_t count, Storage storage, bool narrow);
  std::vector<float> floatData(const std::vector<int64_t> &stored,
                               const Shape &shape, const Quantization &q);

  Program program;
  Evaluator evaluator;
  int64_t resultChance = 0;
};

} // namespace quantc::check

#endif // QUANTC_TOOLS_QUANT_CHECK_BUILDER_H
