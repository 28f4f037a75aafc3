//===- HostMath.h - functions as the CPU's code computes them ---*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_UNITTESTS_CODEGEN_NVVM_HOSTMATH_H
#define QUANTC_UNITTESTS_CODEGEN_NVVM_HOSTMATH_H

#include "llvm/ADT/StringRef.h"

namespace quantc::nvvm::test {

/// math.`function` ("erf", "exp" or "tanh") of one number, by code that is
/// compiled for this CPU: functions have no specified last bit, but the same on
/// all targets.
float evaluateOnHost(llvm::StringRef function, float x);

} // namespace quantc::nvvm::test

#endif // QUANTC_UNITTESTS_CODEGEN_NVVM_HOSTMATH_H
