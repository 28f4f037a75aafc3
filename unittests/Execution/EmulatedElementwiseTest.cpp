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

#include "quantc/Dialect/QNN/IR/Arithmetic.h"
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

/// %r of numbers %a and %b, kPatterns of each; for a NaN, whose bits are not
/// specified, another number.
std::string getFunction(StringRef body, StringRef type) {
  return llvm::formatv(R"(
func.func @main(%x: tensor<{0}x{1}>, %y: tensor<{0}x{1}>) -> tensor<{0}x{1}> {{
  %nan = arith.constant 1234.0 : {1}
  %e = tensor.empty() : tensor<{0}x{1}>
  %z = linalg.generic {{indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
                       iterator_types = ["parallel"]}
      ins(%x, %y : tensor<{0}x{1}>, tensor<{0}x{1}>) outs(%e : tensor<{0}x{1}>) {{
    ^bb0(%a: {1}, %b: {1}, %o: {1}):
      {2}
      %c = arith.cmpf uno, %r, %r : {1}
      %s = arith.select %c, %nan, %r : {1}
      linalg.yield %s : {1}
  } -> tensor<{0}x{1}>
  return %z : tensor<{0}x{1}>
})",
                       kPatterns, type, body)
      .str();
}

// Exactly C's fmod: quotients have up to 277 bits, and divisors may be
// denormal.
TEST_F(EmulatedElementwiseTest, remainders) {
  auto [first, second] = getPatterns();
  std::mt19937 random(8);
  std::vector<float> x, y;
  for (size_t i = 0; i < kPatterns; ++i) {
    auto widen = [&](uint16_t upper) {
      return llvm::bit_cast<float>(uint32_t(upper) << 16 |
                                   uint32_t(i % 4 ? random() & 0xffff : 0));
    };
    x.push_back(widen(first[i]));
    // Every other one of about the same size: the quotient is small.
    y.push_back(widen(second[i]));
  }
  auto results = compare(getFunction("%r = arith.remf %a, %b : f32", "f32"),
                         {x.data(), y.data()}, "sm_80");
  ASSERT_EQ(results.size(), 1u);
  for (size_t i = 0; i < kPatterns; ++i) {
    float expected = std::fmod(x[i], y[i]), got;
    std::memcpy(&got, results[0].data() + 4 * i, 4);
    if (std::isnan(expected))
      expected = 1234;
    ASSERT_EQ(llvm::bit_cast<uint32_t>(got), llvm::bit_cast<uint32_t>(expected))
        << x[i] << ", " << y[i];
  }
  for (StringRef type : {"f16", "bf16"})
    compare(getFunction(("%r = arith.remf %a, %b : " + type).str(), type),
            {first.data(), second.data()}, "sm_80");
}

TEST_F(EmulatedElementwiseTest, cubeRoots) {
  std::mt19937 random(9);
  std::vector<float> x;
  for (size_t i = 0; i < kPatterns; ++i)
    x.push_back(llvm::bit_cast<float>(uint32_t(i) << 16 |
                                      uint32_t(i % 2 ? random() & 0xffff : 0)));
  compare(getFunction("%r = math.cbrt %a : f32", "f32"), {x.data(), x.data()},
          "sm_80");
}

/// Numbers that conversions to eight bits may get wrong: all patterns of 16
/// bits above 16 zeros, and each multiple of a quarter up to 256 and of the
/// smallest f8 up to 1, with both neighbours.
std::vector<float> getNumbers() {
  std::vector<float> numbers;
  for (uint32_t i = 0; i < kPatterns; ++i)
    numbers.push_back(llvm::bit_cast<float>(i << 16));
  for (float step : {0.25f, 0x1p-10f})
    for (int i = -1024; i <= 1024; ++i)
      for (float towards : {-INFINITY, float(i) * step, INFINITY})
        numbers.push_back(std::nextafter(float(i) * step, towards));
  for (int exponent = -20; exponent < 18; ++exponent)
    for (int mantissa = 16; mantissa < 32; ++mantissa)
      for (float sign : {-1.0f, 1.0f}) {
        float number = std::ldexp(sign * float(mantissa), exponent - 4);
        for (float towards : {-INFINITY, number, INFINITY})
          numbers.push_back(std::nextafter(number, towards));
      }
  std::mt19937 random(6);
  while (numbers.size() % (256 * 256) != 0)
    numbers.push_back(llvm::bit_cast<float>(uint32_t(random())));
  return numbers;
}

/// A product %p of m x 256 sums, none of them %never: what follows is its
/// epilogue, where a thread has several neighbours that it loads and stores
/// together.
std::string getProduct(size_t m) {
  return llvm::formatv(R"(
  %c0 = arith.constant 0 : i32
  %never = arith.constant 2000000000 : i32
  %ei = tensor.empty() : tensor<{0}x256xi32>
  %fi = linalg.fill ins(%c0 : i32) outs(%ei : tensor<{0}x256xi32>) -> tensor<{0}x256xi32>
  %p = linalg.matmul ins(%a, %b : tensor<{0}x32xi8>, tensor<32x256xi8>) outs(%fi : tensor<{0}x256xi32>) -> tensor<{0}x256xi32>
)",
                       m)
      .str();
}

/// Quantizes %x, m x 256 numbers, with scale 1: as an operation of its own, a
/// thread a point, or in an epilogue.
std::string getQuantize(size_t m, bool inEpilogue, StringRef storage,
                        StringRef zeroPoint, StringRef attributes = "") {
  std::string type = llvm::formatv("tensor<{0}x256xf32>", m);
  std::string text = llvm::formatv(
      R"(
func.func @main(%x: {0}, %a: tensor<{1}x32xi8>, %b: tensor<32x256xi8>, %z: tensor<{2}>) -> tensor<{1}x256x{2}> {{
  %s = arith.constant dense<1.0> : tensor<f32>
)",
      type, m, storage);
  if (inEpilogue)
    text += getProduct(m) + llvm::formatv(R"(
  %e = tensor.empty() : {0}
  %y = linalg.generic {{indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>],
                       iterator_types = ["parallel", "parallel"]}
      ins(%p, %x : tensor<{1}x256xi32>, {0}) outs(%e : {0}) {{
    ^bb0(%acc: i32, %f: f32, %o: f32):
      %c = arith.cmpi eq, %acc, %never : i32
      %g = arith.sitofp %acc : i32 to f32
      %r = arith.select %c, %g, %f : f32
      linalg.yield %r : f32
  } -> {0}
)",
                                          type, m)
                                .str();
  std::string zero = zeroPoint.empty() ? "" : " zero_point " + zeroPoint.str(),
              zeroType =
                  zeroPoint.empty() ? "" : ", tensor<" + storage.str() + ">";
  return text + llvm::formatv(R"(
  %constant = arith.constant dense<{5}> : tensor<{2}>
  %q = qnn.quantize {0}, scale %s {1} {{{6}} : {3}, tensor<f32>{4} -> tensor<{7}x256x{2}>
  return %q : tensor<{7}x256x{2}>
})",
                              inEpilogue ? "%y" : "%x", zero, storage, type,
                              zeroType, storage.starts_with("f8") ? "3.0" : "3",
                              attributes, m)
                    .str();
}

// Bits as APFloat makes them, on chips with and without instructions.
TEST_F(EmulatedElementwiseTest, encodesF8) {
  std::vector<float> numbers = getNumbers();
  size_t m = numbers.size() / 256;
  std::vector<int8_t> bytes(std::max<size_t>(m, 256) * 32);
  uint8_t none = 0;
  for (StringRef chip : {"sm_80", "sm_89"})
    for (bool inEpilogue : {false, true})
      for (auto [name, type] :
           {std::pair<StringRef, FloatType>("f8E4M3FN",
                                            Float8E4M3FNType::get(&context)),
            std::pair<StringRef, FloatType>("f8E5M2",
                                            Float8E5M2Type::get(&context))}) {
        SCOPED_TRACE((chip + " " + name).str());
        auto results =
            compare(getQuantize(m, inEpilogue, name, ""),
                    {numbers.data(), bytes.data(), bytes.data(), &none}, chip);
        ASSERT_EQ(results.size(), 1u);
        for (size_t i = 0; i < numbers.size(); ++i)
          ASSERT_EQ(uint8_t(results[0][i]), qnn::encodeF8(numbers[i], type))
              << numbers[i];
      }
}

// Every byte, read alone and by four; a NaN is told from numbers, whatever its
// bits.
TEST_F(EmulatedElementwiseTest, decodesF8) {
  for (size_t count : {256, 8192})
    for (StringRef chip : {"sm_80", "sm_89"})
      for (auto [name, type] :
           {std::pair<StringRef, FloatType>("f8E4M3FN",
                                            Float8E4M3FNType::get(&context)),
            std::pair<StringRef, FloatType>("f8E5M2",
                                            Float8E5M2Type::get(&context))}) {
        std::vector<uint8_t> bytes(count);
        for (size_t i = 0; i < count; ++i)
          bytes[i] = uint8_t(i);
        std::string text = llvm::formatv(R"(
func.func @main(%x: tensor<{0}x{1}>) -> tensor<{0}xf32> {{
  %nan = arith.constant 1234.5 : f32
  %e = tensor.empty() : tensor<{0}xf32>
  %z = linalg.generic {{indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%x : tensor<{0}x{1}>) outs(%e : tensor<{0}xf32>) {{
    ^bb0(%a: {1}, %o: f32):
      %f = arith.extf %a : {1} to f32
      %c = arith.cmpf uno, %f, %f : f32
      %r = arith.select %c, %nan, %f : f32
      linalg.yield %r : f32
  } -> tensor<{0}xf32>
  return %z : tensor<{0}xf32>
})",
                                         count, name);
        auto results = compare(text, {bytes.data()}, chip);
        ASSERT_EQ(results.size(), 1u);
        for (size_t i = 0; i < count; ++i) {
          float expected = qnn::decodeF8(bytes[i], type), got;
          std::memcpy(&got, results[0].data() + 4 * i, 4);
          if (std::isnan(expected))
            expected = 1234.5f;
          ASSERT_EQ(llvm::bit_cast<uint32_t>(got),
                    llvm::bit_cast<uint32_t>(expected))
              << i;
        }
      }
}

// Two neighbours of a vector are converted at once.
TEST_F(EmulatedElementwiseTest, decodesF8InEpilogues) {
  std::vector<uint8_t> bytes(256 * 256);
  for (size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = uint8_t(i + i / 256);
  std::vector<int8_t> zeros(256 * 32);
  for (auto [name, type] : {std::pair<StringRef, FloatType>(
                                "f8E4M3FN", Float8E4M3FNType::get(&context)),
                            std::pair<StringRef, FloatType>(
                                "f8E5M2", Float8E5M2Type::get(&context))}) {
    std::string text = llvm::formatv(R"(
func.func @main(%x: tensor<256x256x{0}>, %a: tensor<256x32xi8>, %b: tensor<32x256xi8>) -> tensor<256x256xf32> {{
  {1}
  %nan = arith.constant 1234.5 : f32
  %e = tensor.empty() : tensor<256x256xf32>
  %z = linalg.generic {{indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>],
                       iterator_types = ["parallel", "parallel"]}
      ins(%p, %x : tensor<256x256xi32>, tensor<256x256x{0}>) outs(%e : tensor<256x256xf32>) {{
    ^bb0(%acc: i32, %v: {0}, %o: f32):
      %f = arith.extf %v : {0} to f32
      %c = arith.cmpf uno, %f, %f : f32
      %g = arith.select %c, %nan, %f : f32
      %h = arith.sitofp %acc : i32 to f32
      %d = arith.cmpi eq, %acc, %never : i32
      %r = arith.select %d, %h, %g : f32
      linalg.yield %r : f32
  } -> tensor<256x256xf32>
  return %z : tensor<256x256xf32>
})",
                                     name, getProduct(256));
    auto results =
        compare(text, {bytes.data(), zeros.data(), zeros.data()}, "sm_89");
    ASSERT_EQ(results.size(), 1u);
    for (size_t i = 0; i < bytes.size(); ++i) {
      float expected = qnn::decodeF8(bytes[i], type), got;
      std::memcpy(&got, results[0].data() + 4 * i, 4);
      if (std::isnan(expected))
        expected = 1234.5f;
      ASSERT_EQ(llvm::bit_cast<uint32_t>(got),
                llvm::bit_cast<uint32_t>(expected))
          << i;
    }
  }
}

// Bytes with a zero point whose integers are added over their rows as well.
TEST_F(EmulatedElementwiseTest, quantizesRowsWithSums) {
  std::vector<float> numbers = getNumbers();
  size_t m = numbers.size() / 256;
  std::vector<int8_t> zeros(m * 32);
  std::string text = llvm::formatv(R"(
func.func @main(%x: tensor<{0}x256xf32>, %a: tensor<{0}x32xi8>, %b: tensor<32x256xi8>) -> (tensor<{0}x256xi8>, tensor<{0}xi32>) {{
  {1}
  %zero = arith.constant 0.0 : f32
  %low = arith.constant -131.0 : f32
  %high = arith.constant 124.0 : f32
  %point = arith.constant 3 : i32
  %q0 = tensor.empty() : tensor<{0}x256xi8>
  %s0 = tensor.empty() : tensor<{0}xi32>
  %s1 = linalg.fill ins(%c0 : i32) outs(%s0 : tensor<{0}xi32>) -> tensor<{0}xi32>
  %q, %s = linalg.generic {{indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>],
                           iterator_types = ["parallel", "reduction"]}
      ins(%p, %x : tensor<{0}x256xi32>, tensor<{0}x256xf32>) outs(%q0, %s1 : tensor<{0}x256xi8>, tensor<{0}xi32>) {{
    ^bb0(%acc: i32, %v: f32, %o: i8, %t: i32):
      %g = arith.sitofp %acc : i32 to f32
      %d = arith.cmpi eq, %acc, %never : i32
      %f = arith.select %d, %g, %v : f32
      %nan = arith.cmpf uno, %f, %f : f32
      %n = arith.select %nan, %zero, %f : f32
      %r = math.roundeven %n : f32
      %k = arith.maximumf %r, %low : f32
      %l = arith.minimumf %k, %high : f32
      %w = arith.fptosi %l : f32 to i32
      %j = arith.addi %w, %point : i32
      %y = arith.trunci %j : i32 to i8
      %u = arith.addi %t, %j : i32
      linalg.yield %y, %u : i8, i32
  } -> (tensor<{0}x256xi8>, tensor<{0}xi32>)
  return %q, %s : tensor<{0}x256xi8>, tensor<{0}xi32>
})",
                                   m, getProduct(m));
  auto results =
      compare(text, {numbers.data(), zeros.data(), zeros.data()}, "sm_80");
  ASSERT_EQ(results.size(), 2u);
  for (size_t row = 0; row < m; ++row) {
    int32_t sum = 0, got;
    for (size_t i = row * 256; i < (row + 1) * 256; ++i) {
      int64_t expected = qnn::quantize(numbers[i], 1, 3, {-128, 127});
      ASSERT_EQ(int64_t(results[0][i]), expected) << numbers[i];
      sum += int32_t(expected);
    }
    std::memcpy(&got, results[1].data() + 4 * row, 4);
    ASSERT_EQ(got, sum) << row;
  }
}

// Ties, infinities, NaN and what lies far beyond the range, with zero points
// that are constant or known at run time, and with the narrow range.
TEST_F(EmulatedElementwiseTest, quantizesToBytes) {
  std::vector<float> numbers = getNumbers();
  size_t m = numbers.size() / 256;
  std::vector<int8_t> bytes(std::max<size_t>(m, 256) * 32);
  struct Case {
    StringRef storage, zeroPoint, attributes;
    int64_t zero;
    qnn::StorageRange range;
  };
  for (const Case &each :
       {Case{"i8", "", "", 0, {-128, 127}},
        Case{"i8", "", "narrow_range", 0, {-127, 127}},
        Case{"i8", "%constant", "", 3, {-128, 127}},
        Case{"i8", "%constant", "narrow_range", 3, {-127, 127}},
        Case{"i8", "%z", "", -128, {-128, 127}},
        Case{"i8", "%z", "narrow_range", 127, {-127, 127}},
        Case{"ui8", "", "", 0, {0, 255}},
        Case{"ui8", "%constant", "", 3, {0, 255}},
        Case{"ui8", "%z", "", 255, {0, 255}}})
    for (bool inEpilogue : {false, true}) {
      SCOPED_TRACE(
          (each.storage + " " + each.zeroPoint + each.attributes).str());
      uint8_t zero = uint8_t(each.zero);
      auto results =
          compare(getQuantize(m, inEpilogue, each.storage, each.zeroPoint,
                              each.attributes),
                  {numbers.data(), bytes.data(), bytes.data(), &zero}, "sm_80");
      ASSERT_EQ(results.size(), 1u);
      for (size_t i = 0; i < numbers.size(); ++i)
        ASSERT_EQ(uint8_t(results[0][i]),
                  uint8_t(qnn::quantize(numbers[i], 1, each.zero, each.range)))
            << numbers[i];
    }
}

} // namespace
