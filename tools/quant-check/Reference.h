//===- Reference.h - exact reference evaluator ------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TOOLS_QUANT_CHECK_REFERENCE_H
#define QUANTC_TOOLS_QUANT_CHECK_REFERENCE_H

#include "Program.h"

namespace quantc::check {

/// A value of a program. One of the vectors is filled, by the node's type; an
/// f8 element is its code.
struct Tensor {
  Shape shape;
  std::vector<float> floats = {};
  std::vector<int64_t> integers = {};
  /// Where the definition leaves room, the above are the least values and these
  /// the greatest; else empty.
  std::vector<float> upperFloats = {};
  std::vector<int64_t> upperIntegers = {};

  /// Nothing but the greatest values, or the values where there is no room.
  Tensor upper() const;
};

/// A function of the mathematical library in f32 is off by at most this, times
/// the argument.
constexpr double functionError = 0x1p-20;

/// Where docs/arithmetic.md defines two roads from an accumulator to storage.
enum class Form {
  Unfused, ///< dequantize, then quantize by a division
  Fused,   ///< requantize with one multiplier
};

/// What a site makes of quantized operands.
struct Accumulators {
  /// Dequantized.
  std::vector<float> values;
  /// Whether every value is one integer sum times one scale; then:
  bool isInteger = true;
  std::vector<int64_t> sums;
  std::vector<float> scales;
  /// Dimensions of the result along which the scale varies.
  std::vector<int64_t> axes;
};

/// Evaluates a program from its parameters alone and from the definitions in
/// docs/arithmetic.md; nothing here knows how the compiler does it.
class Evaluator {
public:
  Evaluator(const Program &program, Form form) : program(program), form(form) {}

  /// The value of a node; evaluates what is not evaluated yet.
  const Tensor &evaluate(size_t node);

private:
  Tensor compute(const Node &node);
  /// What Quantize makes of the value of `input`.
  Tensor quantized(size_t input, const Quantization &to);
  /// The same for an accumulator or an average of storage, or nothing where
  /// the definition has no requantization.
  std::optional<Tensor> requantized(size_t input, const Quantization &to) const;
  Tensor requantizedSite(size_t site, const Quantization &to) const;
  Tensor requantizedAverage(size_t pool, const Quantization &to) const;
  /// The same in the modes of integers, of a sum of terms and constants.
  std::optional<Tensor> requantizedInteger(size_t input,
                                           const Quantization &to) const;
  struct IntegerSum;
  bool addToSum(size_t index, double factor, IntegerSum &sum) const;
  /// A requantization that the program states.
  Tensor stated(const Node &node) const;
  size_t numUses(size_t node) const;
  bool isUsedOnce(size_t node) const { return numUses(node) == 1; }
  /// Whether nothing but quantizations read a node.
  bool isOnlyQuantized(size_t node) const;

  const Program &program;
  Form form;
  std::vector<Tensor> values;
  /// Of the nodes that are sites.
  std::map<size_t, Accumulators> accumulators;
};

/// The value of a site from those of its quantized operands.
Accumulators accumulate(const Program &program, const Node &site,
                        const std::vector<Tensor> &values);

/// For each element of a node that moves elements, the index of the element of
/// its operand, -1 for a zero of padding.
std::vector<int64_t> sourceIndices(const Node &node, const Shape &operand);

/// For each element of a pooling node, the indices of the elements of its
/// operand in the window.
std::vector<std::vector<int64_t>> windowIndices(const Node &node,
                                                const Shape &operand);

} // namespace quantc::check

#endif // QUANTC_TOOLS_QUANT_CHECK_REFERENCE_H
