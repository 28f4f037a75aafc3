//===- RandomContractTest.cpp - random shapes of every kernel family ------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Contractions of random shapes, layouts and schedules, on the emulator with
// all its checks and threads and copies in random order, against one loop nest
// that reads the same description of the iteration space. QUANTC_SHAPES is the
// number of shapes of each family, QUANTC_SEED where they begin.
//
//===----------------------------------------------------------------------===//

#include "RandomContract.h"

#include "quantc/Execution/Compiler.h"
#include "quantc/Execution/EmulatedExecutable.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::nvvm::test;

namespace {

uint64_t readNumber(const char *name, uint64_t otherwise) {
  const char *text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

/// Each program once; every 25th with 20 random schedules.
void checkPrograms(ArrayRef<RandomContract> programs, StringRef chip,
                   uint64_t firstSeed) {
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
    RandomContract::Data data = program.makeData(seed);
    std::vector<char> result(data.expected.size());
    for (uint64_t run = 0; run < (seed % manyEvery ? 1 : many); ++run) {
      std::string options = "order=random,async=random,seed=" +
                            std::to_string(seed * many + run + 1);
      llvm::Error error = (*code)->run(
          *entry, {data.lhs.data(), data.rhs.data(), data.init.data()},
          {result.data()}, options);
      ASSERT_FALSE(error) << "seed " << seed << ", " << options << ": "
                          << llvm::toString(std::move(error)) << "\n"
                          << program.getText(name);
      ASSERT_EQ(result, data.expected)
          << "seed " << seed << ", " << options << "\n"
          << program.getText(name);
    }
  }
}

void checkFamily(RandomContract (*draw)(std::mt19937 &), StringRef chip) {
  constexpr uint64_t batch = 25;
  uint64_t first = readNumber("QUANTC_SEED", 0),
           count = readNumber("QUANTC_SHAPES", 75);
  for (uint64_t begin = first; begin < first + count; begin += batch) {
    std::vector<RandomContract> programs;
    for (uint64_t seed = begin; seed < std::min(begin + batch, first + count);
         ++seed) {
      std::mt19937 random(seed);
      programs.push_back(draw(random));
    }
    checkPrograms(programs, chip, begin);
    if (::testing::Test::HasFatalFailure())
      return;
  }
  ::testing::Test::RecordProperty("shapes", int(count));
}

TEST(RandomContract, bytes) { checkFamily(drawBytes, "sm_80"); }
TEST(RandomContract, bytesSplitAlongK) { checkFamily(drawSplit, "sm_80"); }
TEST(RandomContract, fewRows) { checkFamily(drawFewRows, "sm_80"); }
TEST(RandomContract, batches) { checkFamily(drawBatches, "sm_86"); }
TEST(RandomContract, convolutions) { checkFamily(drawConvolution, "sm_80"); }
TEST(RandomContract, halves) { checkFamily(drawHalves, "sm_80"); }
TEST(RandomContract, f8) { checkFamily(drawF8, "sm_89"); }
TEST(RandomContract, f32) { checkFamily(drawF32, "sm_80"); }

} // namespace
