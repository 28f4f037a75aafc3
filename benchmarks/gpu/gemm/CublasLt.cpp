//===- CublasLt.cpp - matrix products of cuBLASLt -------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CublasLt.h"

#include <cstring>
#include <dlfcn.h>

using namespace quantc::benchmark;

namespace {

// cublas_api.h, cublasLt.h, library_types.h.
using Status = int;
using Handle = void *;
enum DataType {
  R32F = 0,
  R8I = 3,
  R32I = 10,
  R16BF = 14,
  E4M3 = 28,
  E5M2 = 29
};
enum Compute { Compute32F = 68, Compute32I = 72 };
enum { DescTransposeA = 3, MaxWorkspaceBytes = 1, Transpose = 1 };
struct Algorithm {
  uint64_t data[8];
};
struct Heuristic {
  Algorithm algorithm;
  size_t workspaceBytes;
  Status state;
  float waves;
  int reserved[4];
};

struct Library {
  Status (*create)(Handle *);
  Status (*descCreate)(Handle *, int compute, int scaleType);
  Status (*descSet)(Handle, int attribute, const void *, size_t);
  Status (*layoutCreate)(Handle *, int type, uint64_t rows, uint64_t columns,
                         int64_t leading);
  Status (*preferenceCreate)(Handle *);
  Status (*preferenceSet)(Handle, int attribute, const void *, size_t);
  Status (*heuristics)(Handle, Handle desc, Handle a, Handle b, Handle c,
                       Handle d, Handle preference, int requested, Heuristic *,
                       int *found);
  Status (*matmul)(Handle, Handle desc, const void *alpha, const void *a,
                   Handle layoutA, const void *b, Handle layoutB,
                   const void *beta, const void *c, Handle layoutC, void *d,
                   Handle layoutD, const Algorithm *, void *workspace,
                   size_t workspaceBytes, CUstream);

  std::string load() {
    void *library = nullptr;
    for (const char *name :
         {"libcublasLt.so.13", "libcublasLt.so.12", "libcublasLt.so"})
      if (!library)
        library = dlopen(name, RTLD_NOW);
    if (!library)
      return "libcublasLt.so is not there";
    std::string missing;
    auto find = [&](auto &function, const char *name) {
      void *symbol = dlsym(library, name);
      if (!symbol)
        missing = std::string("libcublasLt.so has no ") + name;
      std::memcpy(&function, &symbol, sizeof symbol);
    };
    find(create, "cublasLtCreate");
    find(descCreate, "cublasLtMatmulDescCreate");
    find(descSet, "cublasLtMatmulDescSetAttribute");
    find(layoutCreate, "cublasLtMatrixLayoutCreate");
    find(preferenceCreate, "cublasLtMatmulPreferenceCreate");
    find(preferenceSet, "cublasLtMatmulPreferenceSetAttribute");
    find(heuristics, "cublasLtMatmulAlgoGetHeuristic");
    find(matmul, "cublasLtMatmul");
    return missing;
  }
};

class Product : public CublasLt {
public:
  ~Product() override {
    if (workspace)
      cuMemFree_v2(workspace);
  }

  /// The library is column major: it computes D' = B' * A'.
  std::string prepare(const std::string &type, int64_t m, int64_t n,
                      int64_t k) {
    if (std::string error = library.load(); !error.empty())
      return error;
    integers = type == "s8";
    DataType in = integers ? R8I : type == "e4m3" ? E4M3 : E5M2;
    // Of two e5m2 operands there is no product.
    DataType other = type == "e5m2" ? E4M3 : in;
    DataType out = integers ? R32I : R16BF;
    bytes = size_t(m) * n * (integers ? 4 : 2);
    Status status = library.create(&handle);
    auto then = [&](Status next) { status = status ? status : next; };
    then(library.descCreate(&desc, integers ? Compute32I : Compute32F,
                            integers ? R32I : R32F));
    if (status)
      return failed("cublasLtMatmulDescCreate", status);
    int32_t transpose = Transpose;
    then(library.descSet(desc, DescTransposeA, &transpose, sizeof transpose));
    then(library.layoutCreate(&layoutB, other, k, n, k));
    then(library.layoutCreate(&layoutA, in, k, m, k));
    then(library.layoutCreate(&layoutD, out, n, m, n));
    Handle preference = nullptr;
    then(library.preferenceCreate(&preference));
    uint64_t most = workspaceBytes;
    then(library.preferenceSet(preference, MaxWorkspaceBytes, &most,
                               sizeof most));
    int found = 0;
    if (!status)
      then(library.heuristics(handle, desc, layoutB, layoutA, layoutD, layoutD,
                              preference, 1, &heuristic, &found));
    if (status || !found)
      return failed("cublasLtMatmulAlgoGetHeuristic", status);
    if (cuMemAlloc_v2(&workspace, workspaceBytes) != CUDA_SUCCESS)
      return "no memory for cuBLASLt's workspace";
    return "";
  }

  size_t resultBytes() const override { return bytes; }

  std::string multiply(CUdeviceptr a, CUdeviceptr b, CUdeviceptr d,
                       CUstream stream) override {
    float one = 1, zero = 0;
    int32_t oneInteger = 1, zeroInteger = 0;
    const void *alpha = &one, *beta = &zero;
    if (integers) {
      alpha = &oneInteger;
      beta = &zeroInteger;
    }
    auto pointer = [](CUdeviceptr address) {
      return reinterpret_cast<void *>(address);
    };
    Status status = library.matmul(
        handle, desc, alpha, pointer(b), layoutB, pointer(a), layoutA, beta,
        pointer(d), layoutD, pointer(d), layoutD, &heuristic.algorithm,
        pointer(workspace), workspaceBytes, stream);
    return status ? failed("cublasLtMatmul", status) : "";
  }

private:
  static constexpr size_t workspaceBytes = size_t(32) << 20;

  static std::string failed(const char *what, Status status) {
    return std::string(what) + " failed with status " + std::to_string(status);
  }

  Library library = {};
  bool integers = true;
  size_t bytes = 0;
  Handle handle = nullptr, desc = nullptr;
  Handle layoutA = nullptr, layoutB = nullptr, layoutD = nullptr;
  Heuristic heuristic = {};
  CUdeviceptr workspace = 0;
};

} // namespace

std::unique_ptr<CublasLt> CublasLt::create(const std::string &type, int64_t m,
                                           int64_t n, int64_t k,
                                           std::string &error) {
  auto product = std::make_unique<Product>();
  error = product->prepare(type, m, n, k);
  if (!error.empty())
    return nullptr;
  return product;
}
