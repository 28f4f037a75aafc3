//===- Convert.h - forms of cvt ---------------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_EMULATOR_INSTRUCTIONS_CONVERT_H
#define QUANTC_EMULATOR_INSTRUCTIONS_CONVERT_H

#include "../Machine/Program.h"
#include "Numbers.h"

namespace quantc::emulator {

/// cvt between scalars.
struct Conversion : Payload {
  Type to, from;
  unsigned toWidth, fromWidth; ///< of the registers, in bytes
  Rounding rounding = Rounding::Nearest;
  bool integerRounding = false; ///< .rni and the like
  bool realRounding = false;    ///< .rn and the like
  bool ftz = false, sat = false;
  RoundingOptions options;
};

/// Whether the types are scalars that cvt converts.
bool isScalarFloat(Type type);

/// What is wrong with the modifiers of a conversion between scalars, or null
/// (PTX ISA, "cvt"; what the text leaves open is as ptxas has it).
const char *objectionTo(const Conversion &how);

} // namespace quantc::emulator

#endif // QUANTC_EMULATOR_INSTRUCTIONS_CONVERT_H
