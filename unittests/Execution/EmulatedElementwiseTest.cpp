//===- EmulatedElementwiseTest.cpp - the same bits as on the CPU ----------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Elementwise programs, compiled for this CPU and for a chip that the emulator
// runs: what both write is the same, byte for byte.
//
//===----------------------------------------------------------------------===//

#include "quantc/Execution/EmulatedExecutable.h"
#include "quantc/Execution/Executable.h"

#include "mlir/Parser/Parser.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "gtest/gtest.h"
#include <cstring>
#include <random>

using namespace mlir;
using namespace quantc;

namespace {

class EmulatedElementwiseTest : public ::testing::Test {
protected:
  EmulatedElementwiseTest() {
    DialectRegistry registry;
    registerCompilerDialects(registry);
    context.appendDialectRegistry(registry);
  }

  /// Runs @main of `text` on both, and returns what the CPU wrote.
  std::vector<std::vector<char>> compare(const std::string &text,
                                         ArrayRef<const void *> inputs,
                                         StringRef chip) {
    OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, &context);
    EXPECT_TRUE(module) << text;
    if (!module)
      return {};
    auto host = Executable::compile(*module);
    auto device = EmulatedExecutable::compile(
        *module, llvm::cantFail(nvvm::Target::resolve(chip)));
    EXPECT_TRUE(succeeded(host) && succeeded(device)) << text;
    if (failed(host) || failed(device))
      return {};
    const EntryPoint &entry = *(*host)->lookup("main");
    std::vector<std::vector<char>> expected, got;
    std::vector<void *> expectedData, gotData;
    for (const TensorSpec &output : entry.outputs) {
      expected.emplace_back(output.getBytes());
      got.emplace_back(output.getBytes());
    }
    for (size_t i = 0; i < expected.size(); ++i) {
      expectedData.push_back(expected[i].data());
      gotData.push_back(got[i].data());
    }
    EXPECT_EQ(llvm::toString((*host)->run(entry, inputs, expectedData)), "");
    EXPECT_EQ(llvm::toString(
                  (*device)->run(*(*device)->lookup("main"), inputs, gotData)),
              "");
    for (size_t i = 0; i < expected.size(); ++i) {
      auto differ =
          std::mismatch(expected[i].begin(), expected[i].end(), got[i].begin());
      EXPECT_EQ(differ.first, expected[i].end())
          << "byte " << differ.first - expected[i].begin() << " of result " << i
          << ": expected " << int(uint8_t(*differ.first)) << ", but got "
          << int(uint8_t(*differ.second)) << "\n"
          << text;
    }
    return expected;
  }

  MLIRContext context;
};

constexpr size_t kPatterns = 1 << 16;

/// All numbers of 16 bits, and the same in another order.
std::pair<std::vector<uint16_t>, std::vector<uint16_t>> getPatterns() {
  std::vector<uint16_t> first(kPatterns);
  for (size_t i = 0; i < kPatterns; ++i)
    first[i] = uint16_t(i);
  std::vector<uint16_t> second = first;
  std::shuffle(second.begin(), second.end(), std::mt19937(5));
  // Numbers of the same size, so that sums round and differences cancel.
  for (size_t i = 0; i < kPatterns; i += 2)
    second[i] = uint16_t(first[i] ^ (second[i] & 0x83ff));
  return {first, second};
}

// Every operation is that of f32, rounded once, and a NaN has the same bits.
TEST_F(EmulatedElementwiseTest, brainFloats) {
  auto [first, second] = getPatterns();
  for (const char *body : {
           "%r = arith.addf %a, %b : bf16",
           "%r = arith.subf %a, %b : bf16",
           "%r = arith.mulf %a, %b : bf16",
           "%r = arith.divf %a, %b : bf16",
           "%r = arith.maximumf %a, %b : bf16",
           "%r = arith.minimumf %a, %b : bf16",
           "%r = arith.maxnumf %a, %b : bf16",
           "%r = arith.negf %a : bf16",
           "%r = math.absf %a : bf16",
           "%r = math.exp %a : bf16",
           "%r = math.tanh %a : bf16",
           "%r = math.sqrt %a : bf16",
           "%r = math.rsqrt %a : bf16",
           "%r = math.roundeven %a : bf16",
           "%r = math.floor %a : bf16",
           // A product that is rounded before it is added.
           "%p = arith.mulf %a, %b : bf16 %r = arith.addf %p, %a : bf16",
           "%c = arith.cmpf olt, %a, %b : bf16 %r = arith.select %c, %a, %b : "
           "bf16",
           "%c = arith.cmpf uno, %a, %b : bf16 %r = arith.select %c, %a, %b : "
           "bf16",
           "%f = arith.extf %a : bf16 to f32 %g = arith.extf %b : bf16 to f32 "
           "%p = arith.mulf %f, %g : f32 %r = arith.truncf %p : f32 to bf16",
           // By way of f32, twice rounded.
           "%i = arith.bitcast %a : bf16 to i16 %j = arith.bitcast %b : bf16 "
           "to i16 %k = arith.extsi %i : i16 to i32 %l = arith.extui %j : i16 "
           "to i32 %m = arith.muli %k, %l : i32 %r = arith.sitofp %m : i32 to "
           "bf16",
       }) {
    std::string text = llvm::formatv(R"(
func.func @main(%x: tensor<{0}xbf16>, %y: tensor<{0}xbf16>) -> tensor<{0}xbf16> {{
  %e = tensor.empty() : tensor<{0}xbf16>
  %z = linalg.generic {{indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
                       iterator_types = ["parallel"]}
      ins(%x, %y : tensor<{0}xbf16>, tensor<{0}xbf16>) outs(%e : tensor<{0}xbf16>) {{
    ^bb0(%a: bf16, %b: bf16, %o: bf16):
      {1}
      linalg.yield %r : bf16
  } -> tensor<{0}xbf16>
  return %z : tensor<{0}xbf16>
})",
                                     kPatterns, body);
    compare(text, {first.data(), second.data()}, "sm_80");
  }
}

} // namespace
