//===- Grow.h - programs of several operations ------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TOOLS_QUANT_CHECK_GROW_H
#define QUANTC_TOOLS_QUANT_CHECK_GROW_H

#include "Builder.h"

namespace quantc::check {

/// Changes the random choices of a site's operands to what a family wants;
/// false where the site does not have the loops for it.
using Adjust = bool (*)(Random &, const DrawnSite &, OperandChoice &lhs,
                        OperandChoice &rhs);

/// Loops of an operand along which its parameters may vary in any scheme:
/// those that are in the result and, unless `shared`, not in the other operand.
std::string freeLoops(const Site &site, int operand, bool shared);

/// Draws a program on any of the sites and returns its result.
using DrawOnSites = size_t (*)(Builder &, const std::vector<SiteClass> &sites);

/// Random granularities, zero points and constants of both operands.
void drawChoices(Random &random, const Site &site, OperandChoice &lhs,
                 OperandChoice &rhs);

/// A site of one of the classes with new operands, and what follows it.
size_t siteProgram(Builder &b, const std::vector<SiteClass> &classes,
                   Adjust adjust = nullptr);
/// The same for a site that is drawn already.
size_t siteOn(Builder &b, const DrawnSite &drawn, Adjust adjust = nullptr);

/// Quantizes a float value and continues with another operation.
size_t residual(Builder &b, Quantized value);
size_t sharedSites(Builder &b, Quantized value);
size_t nextSite(Builder &b, Quantized value);
size_t concatenation(Builder &b, Quantized value);
size_t pooling(Builder &b, Quantized value, Kind kind);
size_t views(Builder &b, Quantized value);

/// Quantizes a float value, which may be a view of it, and continues with any
/// operation.
size_t grow(Builder &b, size_t value);

/// Adds up to `most` random operations to a float value, and quantizes the
/// result most of the time.
size_t complete(Builder &b, size_t value, int64_t most);

} // namespace quantc::check

#endif // QUANTC_TOOLS_QUANT_CHECK_GROW_H
