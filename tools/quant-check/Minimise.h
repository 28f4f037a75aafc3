//===- Minimise.h - smaller programs that still fail ------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TOOLS_QUANT_CHECK_MINIMISE_H
#define QUANTC_TOOLS_QUANT_CHECK_MINIMISE_H

#include "Program.h"

#include <functional>

namespace quantc::check {

/// Drops operations, shrinks dimensions, simplifies parameters and zeroes data
/// for as long as `fails` holds, which it does for `program`.
Program minimise(Program program,
                 const std::function<bool(const Program &)> &fails);

/// The program with the dimension of a node, and every dimension that has to be
/// equal to it, cut down to its first or last `size` indices; nothing where
/// that is not possible.
std::optional<Program> resized(const Program &program, size_t node,
                               size_t dimension, int64_t size, bool last);

} // namespace quantc::check

#endif // QUANTC_TOOLS_QUANT_CHECK_MINIMISE_H
