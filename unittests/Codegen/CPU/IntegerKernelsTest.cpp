//===- IntegerKernelsTest.cpp - integer kernels on each x86 level ---------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Products of every pair of integer types, with weights that are packed at
// compile time and at run time, on each level of x86 that this host has: each
// takes another instruction, and reads bytes of another signedness.
//
//===----------------------------------------------------------------------===//

#include "KernelsTest.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace quantc;
using llvm::formatv;

namespace {

struct Level {
  const char *name;
  TestTarget target;
  /// What the host needs for it, as LLVM names features.
  std::vector<const char *> features;
};

const Level levels[] = {
    {"x86_64", {"x86-64", ""}, {}},
    {"x86_64_v2", {"x86-64-v2", ""}, {"sse4.2"}},
    {"avx2", {"x86-64-v3", ""}, {"avx2", "fma", "bmi2"}},
    {"avxvnni", {"x86-64-v3", "+avxvnni"}, {"avx2", "fma", "bmi2", "avxvnni"}},
    {"avx512bw", {"x86-64-v4", ""}, {"avx512bw", "avx512vl", "avx512dq"}},
    {"avx512vnni", {"cascadelake", ""}, {"avx512bw", "avx512vl", "avx512vnni"}},
    // Flips the signs of the left operand in registers.
    {"avx512vnni_in_registers",
     {"znver4", "-avx512vbmi,-avx512vbmi2"},
     {"avx512bw", "avx512vl", "avx512vnni", "avx512bf16"}},
};

/// An integer type of 8 or 16 bits.
struct Element {
  const char *name;
  unsigned width;
  bool isUnsigned;

  int64_t read(const char *data, int64_t i) const {
    if (width == 16)
      return reinterpret_cast<const int16_t *>(data)[i];
    return isUnsigned ? int64_t(uint8_t(data[i])) : int64_t(int8_t(data[i]));
  }
};

constexpr Element i8 = {"i8", 8, false}, ui8 = {"i8", 8, true},
                  i16 = {"i16", 16, false};
constexpr std::pair<Element, Element> pairs[] = {
    {i8, i8},  {ui8, i8},  {i8, ui8}, {ui8, ui8},
    {i16, i8}, {ui8, i16}, {i16, i16}};

struct Shape {
  int64_t m, n, k;
};

/// One group and no whole group of k, columns that fill registers and do not.
constexpr Shape shapes[] = {{1, 17, 5}, {9, 49, 13}, {3, 16, 1}};

class IntegerKernelsTest : public KernelsTest,
                           public ::testing::WithParamInterface<Level> {
protected:
  /// Bytes with the extreme values of either width often.
  std::string makeBytes(size_t size) {
    std::string bytes(size, 0);
    for (size_t i = 0; i < size; i += 2) {
      uint16_t edge[] = {0x8000, 0x7fff, 0x8080, 0x7f7f, 0xffff};
      unsigned roll = random() % 10;
      uint16_t value = roll < 5 ? edge[roll] : uint16_t(random());
      bytes[i] = char(value & 0xff);
      if (i + 1 < size)
        bytes[i + 1] = char(value >> 8);
    }
    return bytes;
  }
};

TEST_P(IntegerKernelsTest, everyPairOfTypes) {
  llvm::StringMap<bool> host = llvm::sys::getHostCPUFeatures();
  if (!llvm::Triple(llvm::sys::getDefaultTargetTriple()).isX86())
    GTEST_SKIP() << "this host is no x86";
  for (const char *feature : GetParam().features)
    if (!host[feature])
      GTEST_SKIP() << "this host lacks " << feature;

  struct Product {
    std::pair<Element, Element> types;
    Shape shape;
    std::string lhs, rhs, init;
    std::unique_ptr<GuardedBuffer<char>> guardedLhs, guardedRhs;
    std::vector<int32_t> result;
  };
  std::vector<Product> products;
  std::string arguments, results, returned, types, body;
  std::vector<const void *> inputs;
  std::vector<void *> outputs;
  for (auto pair : pairs)
    for (Shape shape : shapes)
      for (bool isConstant : {false, true}) {
        auto [m, n, k] = shape;
        Product p;
        p.types = pair;
        p.shape = shape;
        p.lhs = makeBytes(m * k * pair.first.width / 8);
        p.rhs = makeBytes(k * n * pair.second.width / 8);
        p.init = makeBytes(n * 4);
        p.result.resize(m * n);
        size_t id = products.size();
        std::string lhs = formatv("tensor<{0}x{1}x{2}>", m, k, pair.first.name);
        std::string rhs =
            formatv("tensor<{0}x{1}x{2}>", k, n, pair.second.name);
        std::string acc = formatv("tensor<{0}x{1}xi32>", m, n);
        auto extend = [](Element type) {
          return type.isUnsigned ? "extui" : "extsi";
        };
        arguments += formatv("{0}%a{1}: {2}", id ? ", " : "", id, lhs);
        if (isConstant)
          body += formatv("  %w{0} = arith.constant dense<\"0x{1}\"> : {2}\n",
                          id, llvm::toHex(p.rhs), rhs);
        else
          arguments += formatv(", %w{0}: {1}", id, rhs);
        body +=
            formatv(R"(
  %b{0} = arith.constant dense<"0x{1}"> : tensor<{2}xi32>
  %e{0} = tensor.empty() : {3}
  %i{0} = linalg.broadcast ins(%b{0} : tensor<{2}xi32>) outs(%e{0} : {3}) dimensions = [0]
  %r{0} = linalg.generic {{indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a{0}, %w{0} : {4}, {5}) outs(%i{0} : {3}) {{
  ^bb0(%x: {6}, %y: {7}, %z: i32):
    %xw = arith.{8} %x : {6} to i32
    %yw = arith.{9} %y : {7} to i32
    %p = arith.muli %xw, %yw : i32
    %t = arith.addi %z, %p : i32
    linalg.yield %t : i32
  } -> {3}
)",
                    id, llvm::toHex(p.init), n, acc, lhs, rhs, pair.first.name,
                    pair.second.name, extend(pair.first), extend(pair.second));
        results += formatv("{0}{1}", id ? ", " : "", acc);
        returned += formatv("{0}%r{1}", id ? ", " : "", id);
        // Inputs end where unreadable memory begins.
        p.guardedLhs = std::make_unique<GuardedBuffer<char>>(p.lhs.size());
        llvm::copy(p.lhs, p.guardedLhs->data());
        inputs.push_back(p.guardedLhs->data());
        if (!isConstant) {
          p.guardedRhs = std::make_unique<GuardedBuffer<char>>(p.rhs.size());
          llvm::copy(p.rhs, p.guardedRhs->data());
          inputs.push_back(p.guardedRhs->data());
        }
        products.push_back(std::move(p));
      }
  for (Product &p : products)
    outputs.push_back(p.result.data());
  std::string text = formatv(R"(
#mk = affine_map<(m, n, k) -> (m, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>
func.func @main({0}) -> ({1}) {{
{2}
  return {3} : {1}
}
)",
                             arguments, results, body, returned);
  run(text, GetParam().target, inputs, outputs);

  for (const Product &p : products) {
    auto [m, n, k] = p.shape;
    auto [lhs, rhs] = p.types;
    SCOPED_TRACE(formatv("{0}x{1}x{2}, {3}{4} x {5}{6}", m, n, k,
                         lhs.isUnsigned ? "u" : "", lhs.name,
                         rhs.isUnsigned ? "u" : "", rhs.name)
                     .str());
    for (int64_t i = 0; i < m; ++i)
      for (int64_t j = 0; j < n; ++j) {
        int64_t sum = reinterpret_cast<const int32_t *>(p.init.data())[j];
        for (int64_t l = 0; l < k; ++l)
          sum += lhs.read(p.lhs.data(), i * k + l) *
                 rhs.read(p.rhs.data(), l * n + j);
        ASSERT_EQ(p.result[i * n + j], int32_t(sum)) << i << ", " << j;
      }
  }
}

INSTANTIATE_TEST_SUITE_P(Levels, IntegerKernelsTest,
                         ::testing::ValuesIn(levels), [](const auto &info) {
                           return std::string(info.param.name);
                         });

} // namespace
