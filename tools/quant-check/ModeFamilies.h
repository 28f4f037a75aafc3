//===- ModeFamilies.h - programs about how values are stored ----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TOOLS_QUANT_CHECK_MODEFAMILIES_H
#define QUANTC_TOOLS_QUANT_CHECK_MODEFAMILIES_H

#include "Grow.h"

namespace quantc::check {

size_t drawNarrowRange(Builder &b, const std::vector<SiteClass> &sites);
size_t drawResults(Builder &b, const std::vector<SiteClass> &sites);
/// GELU and SiLU.
size_t drawFunctions(Builder &b, const std::vector<SiteClass> &sites);
/// Requantizations that the program states.
size_t drawStated(Builder &b, const std::vector<SiteClass> &sites);
/// qnn-fuse-epilogue in its modes of integers.
size_t drawFixedPoint(Builder &b, const std::vector<SiteClass> &sites);
size_t drawShift(Builder &b, const std::vector<SiteClass> &sites);

} // namespace quantc::check

#endif // QUANTC_TOOLS_QUANT_CHECK_MODEFAMILIES_H
