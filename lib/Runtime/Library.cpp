//===- Library.cpp - the runtime as a shared library ----------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The entry points are in the static library, which is linked whole; this file
// only gives the shared library a source.
//
//===----------------------------------------------------------------------===//

#include "quantc/Runtime/quantc_runtime.h"
