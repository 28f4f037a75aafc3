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
        parseSourceString<ModuleOp>(text, context.get(), "program.mlir");
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

/// A product of rows along k, with attributes such as a schedule.
std::string product(int64_t m, int64_t n, int64_t k,
                    const std::string &attributes = "",
                    const std::string &left = "i8",
                    const std::string &right = "i8",
                    const std::string &sum = "i32") {
  bool isInteger = sum == "i32", isWide = left == sum;
  std::string extend = isInteger ? "arith.extsi" : "arith.extf";
  return replaceAll(
      R"(
func.func @main(%a: tensor<$Mx$Kx$L>, %b: tensor<$Nx$Kx$R>, %c: tensor<$Mx$Nx$A>) -> tensor<$Mx$Nx$A> {
  %r = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>],
                       iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %b : tensor<$Mx$Kx$L>, tensor<$Nx$Kx$R>) outs(%c : tensor<$Mx$Nx$A>) attrs = {$S} {
    ^bb0(%x: $L, %y: $R, %z: $A):
      $E
      %p = arith.mul$T %u, %v : $A
      %s = arith.add$T %z, %p : $A
      linalg.yield %s : $A
  } -> tensor<$Mx$Nx$A>
  return %r : tensor<$Mx$Nx$A>
})",
      {{"$E", isWide ? ""
                     : "%u = " + extend + " %x : $L to $A\n      %v = " +
                           extend + " %y : $R to $A"},
       {"%u, %v", isWide ? "%x, %y" : "%u , %v"},
       {"$T", isInteger ? "i" : "f"},
       {"$M", std::to_string(m)},
       {"$N", std::to_string(n)},
       {"$K", std::to_string(k)},
       {"$L", left},
       {"$R", right},
       {"$A", sum},
       {"$S", attributes}});
}

/// Small tiles in a pipeline of three stages.
std::string schedule(const char *splits = "1") {
  return std::string("qnn_gpu.schedule = #qnn_gpu.schedule<mma, tile = [32, "
                     "32, 64], warps = [1, 2], stages = 3, split_k = ") +
         splits + ">";
}

TEST(EmulatedMutation, IntegerProducts) {
  EXPECT_GT(checkMutations(product(64, 64, 512)), 0);
}

// No step follows that could overwrite what others still read.
TEST(EmulatedMutation, OneStepAlongK) {
  EXPECT_EQ(checkMutations(product(64, 32, 32)), 3);
  EXPECT_EQ(checkMutations(product(64, 64, 64)), 3);
  // Asked for more buffers than there are steps.
  EXPECT_EQ(checkMutations(product(32, 32, 64, schedule())), 3);
  EXPECT_EQ(checkMutations(product(40, 24, 16, "", "f32", "f32", "f32")), 3);
}

// Operands of odd lengths are stored by the threads themselves: there is no
// copy to wait for. Of the barriers behind the loop one is left.
TEST(EmulatedMutation, GatheredOperands) {
  EXPECT_EQ(checkMutations(product(33, 17, 203)), 2);
  EXPECT_EQ(checkMutations(product(32, 32, 33, schedule())), 1);
  EXPECT_GT(checkMutations(product(33, 19, 141, "", "f16", "f16", "f32")), 0);
  EXPECT_GT(checkMutations(R"(
func.func @main(%x: tensor<1x9x9x3xi8>, %w: tensor<3x3x3x20xi8>, %c: tensor<1x7x7x20xi32>) -> tensor<1x7x7x20xi32> {
  %r = linalg.conv_2d_nhwc_hwcf ins(%x, %w : tensor<1x9x9x3xi8>, tensor<3x3x3x20xi8>)
      outs(%c : tensor<1x7x7x20xi32>) -> tensor<1x7x7x20xi32>
  return %r : tensor<1x7x7x20xi32>
})"),
            0);
}

TEST(EmulatedMutation, SplitAlongK) {
  EXPECT_GT(checkMutations(product(32, 32, 512, schedule("2"))), 0);
}

TEST(EmulatedMutation, HalfPrecision) {
  for (const char *element : {"f16", "bf16"})
    EXPECT_GT(checkMutations(product(32, 32, 256, "", element, element, "f32")),
              0);
}

// Dequantized in registers, from tiles of their own.
TEST(EmulatedMutation, FourBitWeights) {
  std::mt19937 random(4);
  std::string weights;
  for (int k = 0; k < 256; ++k) {
    weights += k ? ", [" : "[";
    for (int n = 0; n < 32; ++n)
      weights += (n ? ", " : "") + std::to_string(int(random() % 16) - 8);
    weights += "]";
  }
  EXPECT_GT(checkMutations(replaceAll(R"(
func.func @main(%x: tensor<32x256xf16>, %c: tensor<32x32xf32>) -> tensor<32x32xf32> {
  %w = arith.constant dense<[$W]> : tensor<256x32xi4>
  %s = arith.constant dense<0.25> : tensor<32xf32>
  %d = qnn.dequantize %w, scale %s {axes = array<i64: 1>} : tensor<256x32xi4>, tensor<32xf32> -> tensor<256x32xf32>
  %h = arith.truncf %d : tensor<256x32xf32> to tensor<256x32xf16>
  %r = linalg.matmul ins(%x, %h : tensor<32x256xf16>, tensor<256x32xf16>) outs(%c : tensor<32x32xf32>) -> tensor<32x32xf32>
  return %r : tensor<32x32xf32>
})",
                                      {{"$W", weights}})),
            0);
}

TEST(EmulatedMutation, EightBitFloats) {
  EXPECT_GT(checkMutations(
                product(32, 32, 512, schedule(), "f8E4M3FN", "f8E5M2", "f32"),
                "sm_89"),
            0);
}

TEST(EmulatedMutation, FullFloats) {
  EXPECT_GT(checkMutations(product(32, 32, 96, "", "f32", "f32", "f32")), 0);
}

// Lanes exchange sums by shuffles, which are no mutations: there is nothing to
// leave out.
TEST(EmulatedMutation, FewRows) {
  EXPECT_EQ(checkMutations(product(3, 40, 512)), 0);
}

// Tiles that are read in words along n and transposed.
TEST(EmulatedMutation, TransposedOperands) {
  std::string text = product(32, 32, 192, schedule());
  text = replaceAll(text,
                    {{"(m, n, k) -> (n, k)", "(m, n, k) -> (k , n)"},
                     {"tensor<32x192xi8>, %c", "tensor<192x32xi8>, %c"},
                     {"tensor<32x192xi8>) outs", "tensor<192x32xi8>) outs"}});
  EXPECT_GT(checkMutations(text), 0);
}

TEST(EmulatedMutation, Convolutions) {
  EXPECT_GT(checkMutations(R"(
func.func @main(%x: tensor<2x8x8x32xi8>, %w: tensor<3x3x32x32xi8>, %c: tensor<2x6x6x32xi32>) -> tensor<2x6x6x32xi32> {
  %r = linalg.conv_2d_nhwc_hwcf ins(%x, %w : tensor<2x8x8x32xi8>, tensor<3x3x32x32xi8>)
      outs(%c : tensor<2x6x6x32xi32>) -> tensor<2x6x6x32xi32>
  return %r : tensor<2x6x6x32xi32>
})"),
            0);
}

TEST(EmulatedMutation, Attention) {
  EXPECT_GT(checkMutations(R"(
#lhs = affine_map<(h, m, n, k) -> (m, h, k)>
#rhs = affine_map<(h, m, n, k) -> (n, h, k)>
#out = affine_map<(h, m, n, k) -> (h, m, n)>
func.func @main(%a: tensor<24x2x192xi8>, %b: tensor<32x2x192xi8>, %c: tensor<2x24x32xi32>) -> tensor<2x24x32xi32> {
  %r = linalg.generic {indexing_maps = [#lhs, #rhs, #out],
                       iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%a, %b : tensor<24x2x192xi8>, tensor<32x2x192xi8>) outs(%c : tensor<2x24x32xi32>) {
    ^bb0(%x: i8, %y: i8, %z: i32):
      %u = arith.extsi %x : i8 to i32
      %v = arith.extsi %y : i8 to i32
      %p = arith.muli %u, %v : i32
      %s = arith.addi %z, %p : i32
      linalg.yield %s : i32
  } -> tensor<2x24x32xi32>
  return %r : tensor<2x24x32xi32>
})"),
            0);
}

// A warp's row stays in registers; where the sum replaces the value that it
// began with, all lanes have read that before one writes.
TEST(EmulatedMutation, Rows) {
  EXPECT_GT(checkMutations(R"(
func.func @main(%x: tensor<6x70xf32>, %s: tensor<6xf32>) -> tensor<6xf32> {
  %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>],
                       iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<6x70xf32>) outs(%s : tensor<6xf32>) {
    ^bb0(%a: f32, %b: f32):
      %0 = arith.addf %b, %a : f32
      linalg.yield %0 : f32
  } -> tensor<6xf32>
  return %r : tensor<6xf32>
})"),
            0);
}

// Quantized rows with their sums, from the product that has them.
TEST(EmulatedMutation, RowSums) {
  EXPECT_GT(checkMutations(R"(
#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
func.func @main(%a: tensor<32x192xi8>, %b: tensor<32x192xi8>) -> (tensor<32x32xi8>, tensor<32xi32>) {
  %c0 = arith.constant 0 : i32
  %scale = arith.constant 0.001 : f32
  %low = arith.constant -128.0 : f32
  %high = arith.constant 127.0 : f32
  %e = tensor.empty() : tensor<32x32xi32>
  %f = linalg.fill ins(%c0 : i32) outs(%e : tensor<32x32xi32>) -> tensor<32x32xi32>
  %acc = linalg.generic {indexing_maps = [#mk, #nk, #mn], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %b : tensor<32x192xi8>, tensor<32x192xi8>) outs(%f : tensor<32x32xi32>) {
    ^bb0(%x: i8, %y: i8, %z: i32):
      %u = arith.extsi %x : i8 to i32
      %v = arith.extsi %y : i8 to i32
      %p = arith.muli %u, %v : i32
      %s = arith.addi %z, %p : i32
      linalg.yield %s : i32
  } -> tensor<32x32xi32>
  %q0 = tensor.empty() : tensor<32x32xi8>
  %s0 = tensor.empty() : tensor<32xi32>
  %s1 = linalg.fill ins(%c0 : i32) outs(%s0 : tensor<32xi32>) -> tensor<32xi32>
  %q, %sums = linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (m)>],
                              iterator_types = ["parallel", "reduction"]}
      ins(%acc : tensor<32x32xi32>) outs(%q0, %s1 : tensor<32x32xi8>, tensor<32xi32>) {
    ^bb0(%x: i32, %o: i8, %t: i32):
      %g = arith.sitofp %x : i32 to f32
      %h = arith.mulf %g, %scale : f32
      %i = math.roundeven %h : f32
      %j = arith.maximumf %i, %low : f32
      %k = arith.minimumf %j, %high : f32
      %w = arith.fptosi %k : f32 to i32
      %n = arith.trunci %w : i32 to i8
      %l = arith.addi %t, %w : i32
      linalg.yield %n, %l : i8, i32
  } -> (tensor<32x32xi8>, tensor<32xi32>)
  return %q, %sums : tensor<32x32xi8>, tensor<32xi32>
})"),
            0);
}

// What the emulator finds is named with the line of the program that the
// instruction came from.
TEST(EmulatedMutation, ReportsNameTheSource) {
  std::string text = product(64, 64, 512);
  int line = 1;
  for (llvm::StringRef rest = text; !rest.split('\n').first.contains("generic");
       rest = rest.split('\n').second)
    ++line;
  Subject subject(text);
  ASSERT_TRUE(subject.isValid());
  EmulatedExecutable &code = subject.getCode();
  std::string original = code.getImages()[0].ptx;
  bool isNamed = false;
  for (int index = 0; index < quantcEmulatorMutationCount(original.c_str());
       ++index) {
    code.setPTX(0, quantcEmulatorMutate(original.c_str(), index, nullptr));
    if (!subject.run("order=latest"))
      isNamed |= llvm::StringRef(subject.report)
                     .contains("program.mlir:" + std::to_string(line));
  }
  EXPECT_TRUE(isNamed) << "line " << line << ": " << subject.report;
}

} // namespace
