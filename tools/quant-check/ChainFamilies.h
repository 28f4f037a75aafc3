//===- ChainFamilies.h - programs of several operations ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TOOLS_QUANT_CHECK_CHAINFAMILIES_H
#define QUANTC_TOOLS_QUANT_CHECK_CHAINFAMILIES_H

#include "Grow.h"

namespace quantc::check {

/// A tail on a tail.
size_t drawEpilogue(Builder &b, const std::vector<SiteClass> &sites);
size_t drawResidual(Builder &b, const std::vector<SiteClass> &sites);
/// Two sites read one tensor.
size_t drawShared(Builder &b, const std::vector<SiteClass> &sites);
size_t drawConcat(Builder &b, const std::vector<SiteClass> &sites);
/// Views of floats, before their quantization, and of dequantized values.
size_t drawViews(Builder &b, const std::vector<SiteClass> &sites);
/// Up to six operations of any kind.
size_t drawGraph(Builder &b, const std::vector<SiteClass> &sites);
size_t drawPool(Builder &b, Kind kind);
/// Attention: the columns of a projection are split into heads, of which the
/// next site sums the columns of one.
size_t drawHeads(Builder &b);

} // namespace quantc::check

#endif // QUANTC_TOOLS_QUANT_CHECK_CHAINFAMILIES_H
