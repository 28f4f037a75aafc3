//===- KernelsTest.h - running kernels on the targets of this host --------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_UNITTESTS_CODEGEN_CPU_KERNELSTEST_H
#define QUANTC_UNITTESTS_CODEGEN_CPU_KERNELSTEST_H

#include "quantc/Execution/Executable.h"

#include "mlir/Parser/Parser.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"
#include "gtest/gtest.h"
#include <random>
#include <sys/mman.h>
#include <unistd.h>

namespace quantc {

/// Elements that end at a page nobody may read.
template <typename T>
class GuardedBuffer {
public:
  explicit GuardedBuffer(size_t size) : count(size) {
    size_t page = sysconf(_SC_PAGESIZE);
    mapped = (size * sizeof(T) + page - 1) / page * page + page;
    base = static_cast<char *>(mmap(nullptr, mapped, PROT_READ | PROT_WRITE,
                                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    mprotect(base + mapped - page, page, PROT_NONE);
    first = reinterpret_cast<T *>(base + mapped - page - size * sizeof(T));
  }
  ~GuardedBuffer() { munmap(base, mapped); }
  GuardedBuffer(const GuardedBuffer &) = delete;

  T *data() { return first; }
  T *begin() { return first; }
  T *end() { return first + count; }
  T &operator[](size_t i) { return first[i]; }
  size_t size() const { return count; }

private:
  size_t count, mapped;
  char *base;
  T *first;
};

struct TestTarget {
  const char *cpu, *features;
};

class KernelsTest : public ::testing::Test {
protected:
  KernelsTest() {
    mlir::DialectRegistry registry;
    registerCompilerDialects(registry);
    context.appendDialectRegistry(registry);
    llvm::StringMap<bool> host = llvm::sys::getHostCPUFeatures();
    targets = {{"host", ""}};
    if (!llvm::Triple(llvm::sys::getDefaultTargetTriple()).isX86())
      return;
    targets.push_back({"x86-64", ""});
    if (host["avx2"] && host["fma"])
      targets.push_back({"x86-64-v3", ""});
    if (host["avx512bw"] && host["avx512vl"])
      targets.push_back({"x86-64-v4", ""});
    if (host["avx512vnni"]) {
      targets.push_back({"cascadelake", ""});
      // Flips the signs of the left operand in registers.
      targets.push_back({"znver4", "-avx512vbmi,-avx512vbmi2"});
    }
  }

  /// Compiles for `target` and runs @main.
  void run(llvm::StringRef text, TestTarget target,
           llvm::ArrayRef<const void *> inputs,
           llvm::ArrayRef<void *> outputs) {
    auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    ASSERT_TRUE(module) << text.str();
    auto resolved = cpu::Target::resolve({"", target.cpu, target.features});
    ASSERT_TRUE(bool(resolved)) << llvm::toString(resolved.takeError());
    CompileOptions options;
    options.optimizationLevel = 1;
    auto code = compileModule(*module, *resolved, options);
    ASSERT_TRUE(mlir::succeeded(code)) << text.str();
    auto executable = Executable::load(std::move(*code));
    ASSERT_TRUE(bool(executable)) << llvm::toString(executable.takeError());
    const EntryPoint *entry = (*executable)->lookup("main");
    ASSERT_TRUE(entry);
    if (llvm::Error error = (*executable)->run(*entry, inputs, outputs))
      FAIL() << llvm::toString(std::move(error));
  }

  /// Bytes with the extreme values often.
  void fill(GuardedBuffer<int8_t> &buffer) {
    std::uniform_int_distribution<int> any(-128, 127), dice(0, 7);
    for (int8_t &value : buffer) {
      int roll = dice(random);
      value = roll == 0 ? -128 : roll == 1 ? 127 : any(random);
    }
  }
  void fill(GuardedBuffer<float> &buffer) {
    std::uniform_real_distribution<float> any(-1, 1);
    for (float &value : buffer)
      value = any(random);
  }
  void fill(GuardedBuffer<int32_t> &buffer) {
    std::uniform_int_distribution<int32_t> any(-100000, 100000);
    for (int32_t &value : buffer)
      value = any(random);
  }

  mlir::MLIRContext context;
  std::vector<TestTarget> targets;
  std::mt19937 random{7};
};

} // namespace quantc

#endif // QUANTC_UNITTESTS_CODEGEN_CPU_KERNELSTEST_H
