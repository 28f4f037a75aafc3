//===- RandomContractTest.cpp - random shapes of every kernel family ------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Contractions of random shapes, layouts, schedules and epilogues, on the
// emulator with all its checks and threads and copies in random order, against
// one loop nest that reads the same description of the iteration space.
// QUANTC_SHAPES is the number of shapes of each family, QUANTC_SEED where they
// begin.
//
//===----------------------------------------------------------------------===//

#include "RandomContract.h"

#include "quantc/Execution/Compiler.h"
#include "quantc/Execution/EmulatedExecutable.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/FormatVariadic.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::nvvm::test;

namespace {

uint64_t readNumber(const char *name, uint64_t otherwise) {
  const char *text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

/// The first byte that differs; empty if none.
std::string compare(ArrayRef<std::vector<char>> expected,
                    ArrayRef<std::vector<char>> results) {
  for (auto [i, bytes] : llvm::enumerate(llvm::zip(expected, results))) {
    const auto &[want, got] = bytes;
    for (size_t at = 0; at < want.size(); ++at)
      if (want[at] != got[at])
        return llvm::formatv("byte {0} of result {1}: expected {2}, but got "
                             "{3}",
                             at, i, int(uint8_t(want[at])),
                             int(uint8_t(got[at])));
  }
  return "";
}

/// Whether the epilogue is part of the contraction's kernels, of which there
/// are two where k is split.
bool isInRegisters(EmulatedExecutable &code, const RandomContract &program,
                   StringRef name) {
  unsigned launches = 0;
  code.getModule().lookupSymbol(name)->walk(
      [&](gpu::LaunchFuncOp) { ++launches; });
  StringRef schedule = program.schedule;
  bool isSplit = !schedule.empty() && !schedule.ends_with("split_k = 1");
  return launches == (isSplit ? 2 : 1);
}

/// Each program once; every 25th with 20 random schedules. Counts those that
/// have their epilogue in registers.
void checkPrograms(ArrayRef<RandomContract> programs, StringRef chip,
                   uint64_t firstSeed, uint64_t &inRegisters) {
  constexpr uint64_t manyEvery = 25, many = 20;
  DialectRegistry registry;
  registerCompilerDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  std::string text;
  for (auto [index, program] : llvm::enumerate(programs))
    text += program.getText("main" + std::to_string(index));
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, &context);
  ASSERT_TRUE(module) << text;
  auto target = llvm::cantFail(quantc::nvvm::Target::resolve(chip));
  auto code =
      EmulatedExecutable::compile(*module, target, /*verifyEach=*/false);
  ASSERT_TRUE(succeeded(code)) << text;
  for (auto [index, program] : llvm::enumerate(programs)) {
    uint64_t seed = firstSeed + index;
    std::string name = "main" + std::to_string(index);
    const EntryPoint *entry = (*code)->lookup(name);
    ASSERT_TRUE(entry);
    inRegisters += isInRegisters(**code, program, name);
    RandomContract::Data data = program.makeData(seed);
    std::vector<const void *> inputs;
    for (const std::vector<char> &bytes : data.arguments)
      inputs.push_back(bytes.data());
    std::vector<std::vector<char>> results;
    for (const std::vector<char> &bytes : data.expected)
      results.emplace_back(bytes.size());
    std::vector<void *> outputs;
    for (std::vector<char> &bytes : results)
      outputs.push_back(bytes.data());
    for (uint64_t run = 0; run < (seed % manyEvery ? 1 : many); ++run) {
      std::string options = "order=random,async=random,seed=" +
                            std::to_string(seed * many + run + 1);
      llvm::Error error = (*code)->run(*entry, inputs, outputs, options);
      ASSERT_FALSE(error) << "seed " << seed << ", " << options << ": "
                          << llvm::toString(std::move(error)) << "\n"
                          << program.getText(name);
      ASSERT_EQ(compare(data.expected, results), "")
          << "seed " << seed << ", " << options << "\n"
          << program.getText(name);
    }
  }
}

void checkFamily(RandomContract (*draw)(std::mt19937 &), StringRef chip) {
  constexpr uint64_t batch = 25;
  uint64_t first = readNumber("QUANTC_SEED", 0),
           count = readNumber("QUANTC_SHAPES", 75), inRegisters = 0;
  for (uint64_t begin = first; begin < first + count; begin += batch) {
    std::vector<RandomContract> programs;
    for (uint64_t seed = begin; seed < std::min(begin + batch, first + count);
         ++seed) {
      std::mt19937 random(seed);
      programs.push_back(drawWithEpilogue(draw, random));
    }
    checkPrograms(programs, chip, begin, inRegisters);
    if (::testing::Test::HasFatalFailure())
      return;
  }
  // The others read something across the rows, write in another order, or are
  // rows alone.
  if (count >= 50)
    EXPECT_GE(2 * inRegisters, count);
  ::testing::Test::RecordProperty("shapes", int(count));
}

TEST(RandomContract, bytes) { checkFamily(drawBytes, "sm_80"); }
TEST(RandomContract, bytesSplitAlongK) { checkFamily(drawSplit, "sm_80"); }
TEST(RandomContract, fewRows) { checkFamily(drawFewRows, "sm_80"); }
TEST(RandomContract, batches) { checkFamily(drawBatches, "sm_86"); }
TEST(RandomContract, convolutions) { checkFamily(drawConvolution, "sm_80"); }
TEST(RandomContract, halves) { checkFamily(drawHalves, "sm_80"); }
TEST(RandomContract, f8) { checkFamily(drawF8, "sm_89"); }
TEST(RandomContract, floatsSplitAlongK) {
  checkFamily(drawSplitFloats, "sm_89");
}
TEST(RandomContract, fewRowsOfFloats) {
  checkFamily(drawFewRowsOfFloats, "sm_89");
}
TEST(RandomContract, f32) { checkFamily(drawF32, "sm_80"); }

} // namespace
