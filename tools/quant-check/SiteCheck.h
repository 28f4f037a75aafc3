//===- SiteCheck.h - the quantized sites of a model, one by one -*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TOOLS_QUANT_CHECK_SITECHECK_H
#define QUANTC_TOOLS_QUANT_CHECK_SITECHECK_H

#include "Check.h"

namespace quantc::check {

struct SiteReport {
  unsigned same = 0;
  /// Site and what differs.
  std::vector<std::pair<std::string, std::string>> different;
};

/// Lowers the quantized module in the file by the leg's passes, and cuts every
/// site of integers or f8 out: the contraction, what corrects its zero points,
/// and the elementwise operations behind it up to the next site or sum. Each
/// runs alone, on random integers, for this machine and for the leg's chip;
/// results have to be the same bytes, those of floats included. The order in
/// which f8 products are added is not specified: operands of f8, constants too,
/// are small integers, whose sums are exact in any order.
llvm::Expected<SiteReport> checkSites(const std::string &path, const Leg &leg);

} // namespace quantc::check

#endif // QUANTC_TOOLS_QUANT_CHECK_SITECHECK_H
