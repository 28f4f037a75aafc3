//===- EmulatedMutationTest.cpp - kernels without one synchronisation -----===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Of every family of generated kernels: without any one of its barriers, waits
// and commits the emulator reports a fault, or the result is wrong, on at least
// one schedule. What is never missed is either redundant, and named here with
// the reason, or a hole in the emulator.
//
//===----------------------------------------------------------------------===//

#include "quantc/Emulator/Emulator.h"
#include "quantc/Execution/Compiler.h"
#include "quantc/Execution/EmulatedExecutable.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "llvm/ADT/StringExtras.h"
#include "gtest/gtest.h"
#include <random>

using namespace mlir;
using namespace quantc;

namespace {

const char *const schedules[] = {
    "order=latest",
    "order=earliest",
    "order=earliest,async=earliest",
    "order=random,async=random,seed=1",
    "order=random,async=random,seed=2",
};

/// One compiled function @main on random inputs.
class Subject {
public:
  explicit Subject(llvm::StringRef text, llvm::StringRef chip = "sm_80") {
    DialectRegistry registry;
    registerCompilerDialects(registry);
    context = std::make_unique<MLIRContext>(registry,
                                            MLIRContext::Threading::DISABLED);
    OwningOpRef<ModuleOp> module =
        parseSourceString<ModuleOp>(text, context.get());
    if (!module)
      return;
    auto target = llvm::cantFail(quantc::nvvm::Target::resolve(chip));
    auto compiled = EmulatedExecutable::compile(*module, target);
    if (failed(compiled))
      return;
    code = std::move(*compiled);
    entry = code->lookup("main");
    std::mt19937 random(3);
    for (const TensorSpec &spec : entry->inputs) {
      std::vector<char> &bytes = inputs.emplace_back(spec.getBytes());
      for (char &byte : bytes)
        byte = char(random() >> 8);
      // Exponents of numbers about 1, so that floats stay finite.
      if (spec.dtype == "f32")
        for (size_t at = 3; at < bytes.size(); at += 4)
          bytes[at] = char(0x3e | (bytes[at] & 0x81));
    }
  }

  bool isValid() const { return code && entry; }
  EmulatedExecutable &getCode() { return *code; }

  /// The bytes of all results, or nothing where the emulator reports something.
  std::optional<std::string> run(const std::string &options) {
    std::vector<const void *> in;
    for (const std::vector<char> &bytes : inputs)
      in.push_back(bytes.data());
    std::vector<std::vector<char>> results;
    std::vector<void *> out;
    for (const TensorSpec &spec : entry->outputs)
      results.emplace_back(spec.getBytes());
    for (std::vector<char> &bytes : results)
      out.push_back(bytes.data());
    if (llvm::Error error = code->run(*entry, in, out, options)) {
      report = llvm::toString(std::move(error));
      return std::nullopt;
    }
    std::string all;
    for (const std::vector<char> &bytes : results)
      all.append(bytes.begin(), bytes.end());
    return all;
  }

  std::string report;

private:
  std::unique_ptr<MLIRContext> context;
  std::unique_ptr<EmulatedExecutable> code;
  const EntryPoint *entry = nullptr;
  std::vector<std::vector<char>> inputs;
};

/// The line of a text, 1-based, trimmed.
std::string lineOf(const std::string &text, int number) {
  llvm::StringRef rest = text;
  for (int i = 1; i < number; ++i)
    rest = rest.split('\n').second;
  return rest.split('\n').first.trim().str();
}

/// Checks all mutations of all kernels; returns how many there are.
/// `redundant` are texts of lines that may go unnoticed.
int checkMutations(llvm::StringRef text, llvm::StringRef chip = "sm_80",
                   llvm::ArrayRef<const char *> redundant = {}) {
  Subject subject(text, chip);
  EXPECT_TRUE(subject.isValid()) << text.str();
  if (!subject.isValid())
    return 0;
  std::optional<std::string> expected;
  for (const char *schedule : schedules) {
    auto result = subject.run(schedule);
    EXPECT_TRUE(result.has_value()) << schedule << "\n" << subject.report;
    if (!result)
      return 0;
    EXPECT_TRUE(!expected || *expected == *result) << schedule;
    expected = result;
  }
  int total = 0;
  EmulatedExecutable &code = subject.getCode();
  for (size_t image = 0; image < code.getImages().size(); ++image) {
    std::string original = code.getImages()[image].ptx;
    int count = quantcEmulatorMutationCount(original.c_str());
    EXPECT_GE(count, 0);
    for (int index = 0; index < count; ++index, ++total) {
      int line = 0;
      code.setPTX(image, quantcEmulatorMutate(original.c_str(), index, &line));
      bool found = false;
      for (const char *schedule : schedules)
        if (!found) {
          auto result = subject.run(schedule);
          found = !result || *result != *expected;
        }
      std::string instruction = lineOf(original, line);
      bool known = llvm::any_of(redundant, [&](const char *each) {
        return llvm::StringRef(instruction).contains(each);
      });
      EXPECT_TRUE(found || known)
          << "not detected: line " << line << ": " << instruction;
    }
    code.setPTX(image, original);
  }
  return total;
}

std::string
replaceAll(std::string text,
           llvm::ArrayRef<std::pair<const char *, std::string>> by) {
  for (const auto &[from, to] : by)
    for (size_t at; (at = text.find(from)) != text.npos;)
      text.replace(at, llvm::StringRef(from).size(), to);
  return text;
}

/// A product of i8 with a schedule, if one is given.
std::string product(int64_t m, int64_t n, int64_t k,
                    const std::string &schedule = "") {
  return replaceAll(
      R"(
func.func @main(%a: tensor<$Mx$Kxi8>, %b: tensor<$Nx$Kxi8>, %c: tensor<$Mx$Nxi32>) -> tensor<$Mx$Nxi32> {
  %r = linalg.matmul indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>] {$S}
      ins(%a, %b : tensor<$Mx$Kxi8>, tensor<$Nx$Kxi8>) outs(%c : tensor<$Mx$Nxi32>) -> tensor<$Mx$Nxi32>
  return %r : tensor<$Mx$Nxi32>
})",
      {{"$M", std::to_string(m)},
       {"$N", std::to_string(n)},
       {"$K", std::to_string(k)},
       {"$S", schedule}});
}

TEST(EmulatedMutation, IntegerProducts) {
  EXPECT_GT(checkMutations(product(64, 64, 512)), 0);
}

TEST(EmulatedMutation, SplitAlongK) {
  EXPECT_GT(checkMutations(product(
                32, 32, 512,
                "qnn_gpu.schedule = #qnn_gpu.schedule<mma, tile = [32, 32, "
                "64], warps = [1, 2], stages = 3, split_k = 2>")),
            0);
}

} // namespace
