//===- Families.h - what random programs are about --------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TOOLS_QUANT_CHECK_FAMILIES_H
#define QUANTC_TOOLS_QUANT_CHECK_FAMILIES_H

#include "Builder.h"

namespace quantc::check {

/// A row of the coverage table: every program of the family contains it.
struct Family {
  const char *name, *what;
  /// The value that is the program's result.
  size_t (*draw)(Builder &);
};

const std::vector<Family> &families();

/// The program of a family and a seed; the same on every machine.
Program makeProgram(const Family &family, uint64_t seed);

} // namespace quantc::check

#endif // QUANTC_TOOLS_QUANT_CHECK_FAMILIES_H
