//===- Compare.h - results against what is expected -------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TOOLS_QUANT_CHECK_COMPARE_H
#define QUANTC_TOOLS_QUANT_CHECK_COMPARE_H

#include "llvm/ADT/StringRef.h"
#include <string>

namespace quantc::check {

/// Where and by how much a result is wrong, or nothing. The arguments are as
/// long as each other: elements of `width` bytes, f32 or signed integers.
/// `lower` and `upper` are the same bytes unless the definition leaves room.
/// All NaNs are the same.
std::string compareElements(llvm::StringRef lower, llvm::StringRef upper,
                            llvm::StringRef actual, bool isFloat, size_t width);

} // namespace quantc::check

#endif // QUANTC_TOOLS_QUANT_CHECK_COMPARE_H
