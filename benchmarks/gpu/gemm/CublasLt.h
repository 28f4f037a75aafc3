//===- CublasLt.h - matrix products of cuBLASLt -----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The part of the library's interface that a plain product needs, declared from
// its public documentation, and loaded at run time: where it is missing there
// is no baseline, and nothing else changes.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_BENCHMARKS_GPU_GEMM_CUBLASLT_H
#define QUANTC_BENCHMARKS_GPU_GEMM_CUBLASLT_H

#include "quantc/Emulator/CudaDriver.h"

#include <memory>
#include <string>

namespace quantc::benchmark {

/// D[m][n] = A[m][k] * B[n][k], all row major: "s8" with sums in i32, or "e4m3"
/// and "e5m2" with sums in f32 and results in bf16.
class CublasLt {
public:
  /// Null, and why, where the library or the product is not there.
  static std::unique_ptr<CublasLt> create(const std::string &type, int64_t m,
                                          int64_t n, int64_t k,
                                          std::string &error);
  virtual ~CublasLt() = default;

  virtual size_t resultBytes() const = 0;
  /// Returns "" or what went wrong.
  virtual std::string multiply(CUdeviceptr a, CUdeviceptr b, CUdeviceptr d,
                               CUstream stream) = 0;
};

} // namespace quantc::benchmark

#endif // QUANTC_BENCHMARKS_GPU_GEMM_CUBLASLT_H
