//===- GemmTest.cpp - a whole GEMM, and without its synchronisation -------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GemmKernel.h"
#include "Harness.h"

#include <chrono>

using namespace quantc::emulator::test;

namespace {

struct Problem {
  unsigned m, n, k;
  std::vector<int8_t> a, b;
  std::vector<int32_t> expected;

  Problem(unsigned m, unsigned n, unsigned k)
      : m(m), n(n), k(k), a(m * k), b(n * k), expected(m * n) {
    Bits random(m * 31 + n * 7 + k);
    for (int8_t &value : a)
      value = int8_t(random.next());
    for (int8_t &value : b)
      value = int8_t(random.next());
    for (unsigned i = 0; i < m; ++i)
      for (unsigned j = 0; j < n; ++j) {
        int32_t sum = 0;
        for (unsigned x = 0; x < k; ++x)
          sum += int32_t(a[i * k + x]) * b[j * k + x];
        expected[i * n + j] = sum;
      }
  }
};

CUresult run(CUmodule module, const Problem &problem,
             std::vector<int32_t> &result) {
  Buffer<int8_t> a(problem.a), b(problem.b);
  Buffer<int32_t> d(problem.m * problem.n, -1);
  CUfunction function;
  EXPECT_EQ(cuModuleGetFunction(&function, module, "gemm"), CUDA_SUCCESS);
  unsigned n = problem.n, k = problem.k;
  void *parameters[] = {&a.address, &b.address, &d.address, &n, &k};
  CUresult status = cuLaunchKernel(function, n / 64, problem.m / 64, 1, 128, 1,
                                   1, 24576, nullptr, parameters, nullptr);
  result = d.values();
  return status;
}

TEST(Gemm, IsExactInEveryOrder) {
  for (const char *order :
       {"order=earliest,async=earliest", "order=latest,async=latest",
        "order=random,async=random,seed=1", "order=random,async=random,seed=2",
        "order=random,async=latest,seed=3", "threads=2"}) {
    Options options(order);
    Module module(gemmKernel());
    ASSERT_EQ(module.result, CUDA_SUCCESS) << quantcEmulatorReport();
    for (unsigned k : {64u, 128u, 320u}) {
      Problem problem(128, 64, k);
      std::vector<int32_t> result;
      ASSERT_EQ(run(module.module, problem, result), CUDA_SUCCESS)
          << order << "\n"
          << quantcEmulatorReport();
      ASSERT_EQ(result, problem.expected) << order << ", K = " << k;
    }
  }
}

TEST(Gemm, HasNoBankConflicts) {
  EMULATOR_ONLY();
  Options options("counts=on");
  Module module(gemmKernel());
  Problem problem(64, 64, 128);
  std::vector<int32_t> result;
  ASSERT_EQ(run(module.module, problem, result), CUDA_SUCCESS);
  std::string counts = quantcEmulatorCounts();
  size_t lines = 0;
  for (size_t at = 0; (at = counts.find("ldmatrix", at)) != counts.npos;
       ++at, ++lines) {
    // "line N: A accesses, U units, I ideal: ..."
    size_t begin = counts.rfind('\n', at) + 1;
    unsigned line, accesses, units, ideal;
    ASSERT_EQ(std::sscanf(counts.c_str() + begin,
                          "line %u: %u accesses, %u units, %u ideal", &line,
                          &accesses, &units, &ideal),
              4);
    EXPECT_EQ(units, ideal) << counts.substr(begin, 80);
    EXPECT_EQ(units, 4 * accesses);
  }
  EXPECT_EQ(lines, 8u);
}

// Each barrier, wait and commit is needed: without it some order fails.
TEST(Gemm, EveryMutationIsFound) {
  EMULATOR_ONLY();
  std::string original = moduleHeader() + gemmKernel();
  int count = quantcEmulatorMutationCount(original.c_str());
  ASSERT_EQ(count, 5); // three commits, a wait, a barrier
  Problem problem(64, 64, 320);
  for (int index = 0; index < count; ++index) {
    int line = 0;
    std::string mutant = quantcEmulatorMutate(original.c_str(), index, &line);
    bool found = false;
    for (const char *order : {"order=earliest", "order=latest",
                              "order=random,async=random,seed=1"}) {
      Options options(order);
      CUmodule module;
      ASSERT_EQ(cuModuleLoadData(&module, mutant.c_str()), CUDA_SUCCESS)
          << quantcEmulatorReport();
      std::vector<int32_t> result;
      found |= run(module, problem, result) != CUDA_SUCCESS ||
               result != problem.expected;
      cuModuleUnload(module);
    }
    EXPECT_TRUE(found) << "line " << line;
  }
  EXPECT_EQ(quantcEmulatorMutate(original.c_str(), count, nullptr), nullptr);
  EXPECT_EQ(quantcEmulatorMutationCount("nonsense"), -1);
}

// The same by an option, for programs that load modules themselves.
TEST(Gemm, MutationsByOption) {
  EMULATOR_ONLY();
  Problem problem(64, 64, 320);
  for (int first : {0, 5}) // the second of two modules
    for (int index = 0; index < 6; ++index) {
      Options options("order=latest,mutate=" + std::to_string(first + index));
      testing::internal::CaptureStderr();
      if (first) {
        Module before(gemmKernel());
      }
      Module module(gemmKernel());
      std::vector<int32_t> result;
      CUresult status = run(module.module, problem, result);
      std::string said = testing::internal::GetCapturedStderr();
      EXPECT_EQ(index < 5, status != CUDA_SUCCESS || result != problem.expected)
          << index;
      EXPECT_EQ(index < 5,
                said.find("mutation " + std::to_string(first + index) +
                          ": line ") != said.npos)
          << said;
    }
  Options options("mutate=none");
  EXPECT_STREQ(quantcEmulatorConfigure("mutate=all"),
               "expected a number for emulator option 'mutate', but got 'all'");
}

// A figure to read, not a gate: the machine decides.
TEST(Gemm, Speed) {
  EMULATOR_ONLY();
  Problem problem(512, 512, 512);
  for (const char *checks :
       {"threads=0,races=off,uninitialized=off", "threads=0"}) {
    Options options(checks);
    Module module(gemmKernel());
    std::vector<int32_t> result;
    auto begin = std::chrono::steady_clock::now();
    ASSERT_EQ(run(module.module, problem, result), CUDA_SUCCESS)
        << quantcEmulatorReport();
    double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin)
            .count();
    ASSERT_EQ(result, problem.expected);
    std::printf("512x512x512 int8 GEMM (%s): %.2f s, %.2f million warp "
                "instructions per second\n",
                checks, seconds, quantcEmulatorInstructions() / seconds * 1e-6);
  }
}

} // namespace
