//===- SiteCost.h - what a site takes with a scheme -------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_COSTMODEL_SITECOST_H
#define QUANTC_COSTMODEL_SITECOST_H

#include "quantc/CostModel/Roofline.h"

#include <array>

namespace quantc {

/// What a contraction or convolution computes on, in elements. `getSiteWork`
/// (Dialect/QNN/Transforms/SiteWork.h) reads it off a site.
struct SiteWork {
  struct Operand {
    int64_t elements = 0;
    /// Groups of elements that are summed to one result along the reduction:
    /// the rows of a matrix; what a correction of zero points has one of.
    int64_t rows = 0;
    /// A parameter: quantized at compile time, and read only.
    bool constant = false;
  };

  int64_t macs = 0;
  std::array<Operand, 2> operands;
  int64_t resultElements = 0;
  /// Of an element in float.
  int64_t floatBytes = 4;
};

/// Seconds, by what they are spent on.
struct SiteCost {
  /// The contraction: arithmetic against reading its operands and writing its
  /// result in float.
  double contraction = 0;
  /// The producer's writing of the activations, in float or in storage.
  double quantize = 0;
  /// Reading activations to find a range at run time.
  double reduction = 0;
  /// Writing and reading the sums of rows that a zero point of the other
  /// operand takes.
  double correction = 0;

  double getTotal() const {
    return contraction + quantize + reduction + correction;
  }
};

/// The cost with a scheme; null leaves the site in float. What surrounds the
/// contraction is fused with it (docs/fusion.md): quantizing costs the producer
/// its write and nothing else, a static zero point of the lhs costs nothing,
/// and one of the rhs a sum for each row, which the producer writes.
SiteCost estimateSiteCost(const SiteWork &work, qnn::SchemeAttr scheme,
                          qnn::TargetAttr target);

} // namespace quantc

#endif // QUANTC_COSTMODEL_SITECOST_H
