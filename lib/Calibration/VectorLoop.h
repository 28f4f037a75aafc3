//===- VectorLoop.h - loops for several processors --------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CALIBRATION_VECTORLOOP_H
#define QUANTC_LIB_CALIBRATION_VECTORLOOP_H

// The library is built for any machine of its kind; loops that begin with
// QUANTC_VECTOR_LOOP are worth a version for newer ones. What they call has to
// be QUANTC_INLINE.
#if defined(__x86_64__) && defined(__linux__)
#define QUANTC_VECTOR_LOOP                                                     \
  __attribute__((target_clones("arch=x86-64-v4", "avx2", "default")))
#else
#define QUANTC_VECTOR_LOOP
#endif

#define QUANTC_INLINE inline __attribute__((always_inline))

#endif // QUANTC_LIB_CALIBRATION_VECTORLOOP_H
