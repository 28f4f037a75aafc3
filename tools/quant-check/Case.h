//===- Case.h - one random contraction or convolution -*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TOOLS_QUANT_CHECK_CASE_H
#define QUANTC_TOOLS_QUANT_CHECK_CASE_H

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace quantc::check {

using Shape = std::vector<int64_t>;

/// A quantized operand: integers, and per parameter index a scale and a zero
/// point. `axis` is the operand dimension along which parameters vary, -1 for
/// one parameter per tensor. Symmetric operands have no zero points.
struct Operand {
  Shape shape;
  std::vector<int8_t> values;
  int64_t axis = -1;
  std::vector<float> scales;
  std::vector<int8_t> zeroPoints;
  bool constant = false;
  /// Not empty: the program receives these and quantizes them itself.
  std::vector<float> floats;

  int64_t numElements() const;
  /// Position along `axis` of the element with the given linear index.
  int64_t parameterOf(int64_t linear) const;
};

/// What one loop of the operation indexes. Loops are in the order of the
/// linalg op; a convolution's input is indexed by output position, stride and
/// dilation.
struct Contraction {
  /// Sizes of all loops.
  Shape sizes;
  /// Loops that each tensor dimension follows.
  std::vector<int64_t> lhsLoops, rhsLoops, resultLoops;
  /// Name of a linalg op with exactly these maps, empty for linalg.generic.
  std::string namedOp;
};

/// A 2-D convolution, NHWC input.
struct Convolution {
  int64_t batch, height, width, inChannels, kernelHeight, kernelWidth,
      outChannels;
  int64_t strideHeight, strideWidth, dilationHeight, dilationWidth;
  /// Zero padding before and after, in height and in width.
  int64_t padTop, padBottom, padLeft, padRight;
  bool depthwise;

  int64_t outHeight() const;
  int64_t outWidth() const;
};

/// What follows the contraction.
struct Epilogue {
  std::vector<float> bias; ///< along the result's last dimension; may be empty
  bool relu = false;
  std::optional<float> outScale; ///< present: the result is quantized to i8
  int8_t outZeroPoint = 0;
};

struct Case {
  uint64_t seed;
  Operand lhs, rhs;
  std::optional<Contraction> contraction;
  std::optional<Convolution> convolution;
  Epilogue epilogue;

  Shape resultShape() const;
  /// One line for people.
  std::string describe() const;
};

/// The case of a seed; the same on every machine.
Case makeCase(uint64_t seed);

/// A function `@name` in linalg with qnn.dequantize on the operands. Operands
/// that are not constant are its arguments.
std::string emitFunction(const Case &c, const std::string &name);

/// A module that runs the case alone: inputs and expected result inside.
std::string emitSelfContained(const Case &c);

} // namespace quantc::check

#endif // QUANTC_TOOLS_QUANT_CHECK_CASE_H
