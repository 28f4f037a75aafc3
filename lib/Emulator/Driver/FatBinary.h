//===- FatBinary.h - PTX out of fat binaries --------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A fat binary is what `fatbinary` and nvcc write: PTX and cubins for several
// architectures in one file, each maybe compressed (LZ4 or Zstandard). The
// layout is not documented; it was read off what the tool of CUDA 13 writes.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_EMULATOR_DRIVER_FATBINARY_H
#define QUANTC_EMULATOR_DRIVER_FATBINARY_H

#include <string>

namespace quantc::emulator {

/// Whether an image begins as a fat binary, or as the structure that points to
/// one (__fatBinC_Wrapper_t, which nvcc embeds in programs).
bool isFatBinary(const void *image);

/// The PTX that a device of that capability (times ten) takes from the fat
/// binary: the latest that is not later than the device. Returns false and what
/// is wrong. Sizes inside are checked against the size that the header states.
bool extractPtx(const void *image, unsigned architecture, std::string &ptx,
                std::string &error);

} // namespace quantc::emulator

#endif // QUANTC_EMULATOR_DRIVER_FATBINARY_H
