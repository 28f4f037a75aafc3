//===- Reference.h - exact reference evaluator -*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TOOLS_QUANT_CHECK_REFERENCE_H
#define QUANTC_TOOLS_QUANT_CHECK_REFERENCE_H

#include "Case.h"

namespace quantc::check {

/// The result of a case. Exactly one vector is filled.
struct Result {
  std::vector<float> floats;
  std::vector<int8_t> integers;
};

/// Computed from its parameters alone and from the
/// definitions in docs/arithmetic.md: sum (a - za)(b - zb) in 128-bit integers
/// over the elements that exist (padding contributes nothing), then the
/// epilogue in f32.
Result evaluate(const Case &c);

/// clamp(rne(f32(x / scale)), -128 - z, 127 - z) + z; NaN gives z.
int8_t quantize(float x, float scale, int8_t zeroPoint);

} // namespace quantc::check

#endif // QUANTC_TOOLS_QUANT_CHECK_REFERENCE_H
