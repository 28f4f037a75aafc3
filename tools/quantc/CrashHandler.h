//===- CrashHandler.h - crashes as exit codes -------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TOOLS_QUANTC_CRASHHANDLER_H
#define QUANTC_TOOLS_QUANTC_CRASHHANDLER_H

namespace quantc::tool {

/// From now on a signal that means an error of quantc itself (a segmentation
/// fault, an abort, ...) removes temporary files, prints one line and ends the
/// process with kInternalError. Replaces LLVM's handlers of these signals, and
/// so comes after InitLLVM.
void exitOnCrashes();

} // namespace quantc::tool

#endif // QUANTC_TOOLS_QUANTC_CRASHHANDLER_H
