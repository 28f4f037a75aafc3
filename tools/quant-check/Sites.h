//===- Sites.h - random contractions and convolutions -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TOOLS_QUANT_CHECK_SITES_H
#define QUANTC_TOOLS_QUANT_CHECK_SITES_H

#include "Program.h"
#include "Random.h"

namespace quantc::check {

/// Loops of an operation without their sizes. Letters of contractions: a, b
/// batch; m, l rows; n, o columns; k, j sums. Of convolutions: n batch, g
/// groups, c and f channels, m multiplier, and d, h, w windows with the output
/// positions D, H, W.
struct SiteForm {
  const char *op; ///< empty: linalg.generic
  std::string lhs, rhs, result;
  bool hasMaps = false;
};

enum class SiteClass {
  Matmul,
  Batch,
  Vector,
  Tiled,
  Generic,
  Conv1D,
  Conv2D,
  Conv3D,
  Grouped,
  Depthwise,
  GenericConv,
};

/// A site with sizes and the shape of its left operand before zeros are added.
struct DrawnSite {
  Site site;
  Shape lhsShape;
  /// Zeros before and after each dimension of the lhs.
  std::vector<int64_t> low, high;

  bool isPadded() const;
};

SiteForm drawForm(Random &random, SiteClass siteClass);

/// Sizes for the loops of a form. With `lhsShape` the left operand is given.
/// `padding` is the chance of zero padding in percent.
DrawnSite drawSizes(Random &random, const SiteForm &form,
                    const Shape *lhsShape = nullptr, int64_t padding = 50);

/// A form whose left operand has the given rank, 1 to 5.
SiteForm drawFormOfRank(Random &random, size_t rank);

} // namespace quantc::check

#endif // QUANTC_TOOLS_QUANT_CHECK_SITES_H
