//===- ExecutableTest.cpp - compiled code in this process -----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Execution/Executable.h"

#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace quantc;

namespace {

class ExecutableTest : public ::testing::Test {
protected:
  ExecutableTest() {
    DialectRegistry registry;
    registerCompilerDialects(registry);
    context.appendDialectRegistry(registry);
  }

  OwningOpRef<ModuleOp> parse(StringRef text) {
    return parseSourceString<ModuleOp>(text, &context);
  }

  std::unique_ptr<Executable> compile(StringRef text,
                                      ArrayRef<HostSymbol> symbols = {}) {
    OwningOpRef<ModuleOp> module = parse(text);
    if (!module)
      return nullptr;
    auto executable = Executable::compile(*module, symbols);
    return succeeded(executable) ? std::move(*executable) : nullptr;
  }

  /// The first error that `body` reports.
  std::string errorOf(llvm::function_ref<void()> body) {
    std::string text;
    ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
      if (text.empty())
        text = diagnostic.str();
    });
    body();
    return text;
  }

  MLIRContext context;
};

constexpr StringRef matmul = R"(
func.func @main(%x: tensor<2x3xf32> {qnn.input = "x"}) -> (tensor<2x2xf32> {qnn.output = "y"}) {
  %w = arith.constant dense_resource<w> : tensor<3x2xf32>
  %c0 = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2x2xf32>
  %f = linalg.fill ins(%c0 : f32) outs(%e : tensor<2x2xf32>) -> tensor<2x2xf32>
  %m = linalg.matmul ins(%x, %w : tensor<2x3xf32>, tensor<3x2xf32>)
                     outs(%f : tensor<2x2xf32>) -> tensor<2x2xf32>
  return %m : tensor<2x2xf32>
}
{-# dialect_resources: { builtin: {
  w: "0x040000000000803F000000400000404000008040000000000000803F" } } #-}
)";

constexpr StringRef addition = R"(
func.func @main(%x: tensor<2x3xf32> {qnn.input = "x"}) -> (tensor<2x3xf32> {qnn.output = "y"}) {
  %w = arith.constant dense_resource<w> : tensor<2x3xf32>
  %e = tensor.empty() : tensor<2x3xf32>
  %0 = linalg.add ins(%x, %w : tensor<2x3xf32>, tensor<2x3xf32>) outs(%e : tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}
{-# dialect_resources: { builtin: {
  w: "0x040000000000803F000000400000404000008040000000000000803F" } } #-}
)";

TEST_F(ExecutableTest, runsWithTheModulesParameters) {
  auto executable = compile(addition);
  ASSERT_TRUE(executable);
  const EntryPoint *entry = executable->lookup("main");
  ASSERT_TRUE(entry);
  ASSERT_EQ(entry->parameters.size(), 1u);
  EXPECT_EQ(entry->parameters[0].name, "w");
  ASSERT_EQ(entry->inputs.size(), 1u);
  EXPECT_EQ(entry->inputs[0].name, "x");
  EXPECT_EQ(entry->outputs[0].name, "y");
  EXPECT_EQ(entry->outputs[0].dtype, "f32");
  EXPECT_EQ(entry->outputs[0].shape, (std::vector<int64_t>{2, 3}));

  // w = [[1, 2, 3], [4, 0, 1]].
  float x[] = {1, 2, 3, 4, 5, 6}, y[6] = {};
  ASSERT_FALSE(executable->run(*entry, {x}, {y}));
  EXPECT_EQ(std::vector<float>(y, y + 6),
            (std::vector<float>{2, 4, 6, 8, 5, 7}));
}

TEST_F(ExecutableTest, runsWithTheCallersParameters) {
  auto executable = compile(addition);
  ASSERT_TRUE(executable);
  float x[] = {1, 2, 3, 4, 5, 6}, w[] = {1, 0, 0, 1, 0, 0}, y[6] = {};
  ASSERT_FALSE(executable->run(*executable->lookup("main"), {w}, {x}, {y}));
  EXPECT_EQ(std::vector<float>(y, y + 6),
            (std::vector<float>{2, 2, 3, 5, 5, 6}));
}

TEST_F(ExecutableTest, multipliesWithConstantWeights) {
  auto executable = compile(matmul);
  ASSERT_TRUE(executable);
  float x[] = {1, 2, 3, 4, 5, 6}, y[4] = {};
  ASSERT_FALSE(executable->run(*executable->lookup("main"), {x}, {y}));
  EXPECT_EQ(std::vector<float>(y, y + 4), (std::vector<float>{7, 13, 19, 34}));
}

TEST_F(ExecutableTest, neverWritesToInputs) {
  auto executable = compile(R"(
    func.func @main(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
      %0 = linalg.add ins(%x, %x : tensor<4xf32>, tensor<4xf32>) outs(%x : tensor<4xf32>) -> tensor<4xf32>
      return %0, %x : tensor<4xf32>, tensor<4xf32>
    })");
  ASSERT_TRUE(executable);
  float x[] = {1, 2, 3, 4}, y[4] = {}, z[4] = {};
  ASSERT_FALSE(executable->run(*executable->lookup("main"), {x}, {y, z}));
  EXPECT_EQ(std::vector<float>(x, x + 4), (std::vector<float>{1, 2, 3, 4}));
  EXPECT_EQ(std::vector<float>(y, y + 4), (std::vector<float>{2, 4, 6, 8}));
  EXPECT_EQ(std::vector<float>(z, z + 4), (std::vector<float>{1, 2, 3, 4}));
}

TEST_F(ExecutableTest, runsEmptyTensors) {
  auto executable = compile(R"(
    func.func @main(%x: tensor<0x4xf32>) -> (tensor<0x4xf32>, tensor<f32>) {
      %0 = linalg.add ins(%x, %x : tensor<0x4xf32>, tensor<0x4xf32>) outs(%x : tensor<0x4xf32>) -> tensor<0x4xf32>
      %c = arith.constant dense<3.0> : tensor<f32>
      %s = linalg.reduce ins(%x : tensor<0x4xf32>) outs(%c : tensor<f32>) dimensions = [0, 1]
        (%a: f32, %b: f32) { %1 = arith.addf %a, %b : f32  linalg.yield %1 : f32 }
      return %0, %s : tensor<0x4xf32>, tensor<f32>
    })");
  ASSERT_TRUE(executable);
  float unused, sum = 0;
  ASSERT_FALSE(
      executable->run(*executable->lookup("main"), {&unused}, {&unused, &sum}));
  EXPECT_EQ(sum, 3.0f);
}

int64_t seenCount;
void observe(int64_t site, const float *data, int64_t count) {
  seenCount += site;
  for (int64_t i = 0; i < count; ++i)
    seenCount += static_cast<int64_t>(data[i]);
}

TEST_F(ExecutableTest, callsHostSymbols) {
  auto executable = compile(R"(
    func.func private @observe$4xf32(i64, tensor<4xf32> {bufferization.access = "read"}, i64)
    func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
      %site = arith.constant 100 : i64
      %count = arith.constant 4 : i64
      %0 = linalg.add ins(%x, %x : tensor<4xf32>, tensor<4xf32>) outs(%x : tensor<4xf32>) -> tensor<4xf32>
      func.call @observe$4xf32(%site, %0, %count) : (i64, tensor<4xf32>, i64) -> ()
      return %0 : tensor<4xf32>
    })",
                            {{"observe", reinterpret_cast<void *>(&observe)}});
  ASSERT_TRUE(executable);
  float x[] = {1, 2, 3, 4}, y[4];
  ASSERT_FALSE(executable->run(*executable->lookup("main"), {x}, {y}));
  EXPECT_EQ(seenCount, 100 + 20);
}

TEST_F(ExecutableTest, refusesWrongCounts) {
  auto executable = compile(matmul);
  ASSERT_TRUE(executable);
  float y[4];
  llvm::Error error = executable->run(*executable->lookup("main"), {}, {y});
  EXPECT_EQ(llvm::toString(std::move(error)),
            "expected 1 inputs for 'main', but got 0");
}

TEST_F(ExecutableTest, reportsUnknownHostSymbols) {
  std::string error = errorOf([&] {
    EXPECT_FALSE(compile(R"(
      func.func private @missing()
      func.func @main() { call @missing() : () -> ()  return })"));
  });
  EXPECT_NE(error.find("missing"), std::string::npos) << error;
}

TEST_F(ExecutableTest, reportsDynamicShapes) {
  std::string error = errorOf([&] {
    EXPECT_FALSE(compile("func.func @main(%x: tensor<?xf32>) -> tensor<?xf32> "
                         "{ return %x : tensor<?xf32> }"));
  });
  EXPECT_EQ(error, "expected a static shape, but got 'tensor<?xf32>'");
}

TEST_F(ExecutableTest, reportsUnsupportedTypes) {
  std::string error = errorOf([&] {
    EXPECT_FALSE(compile(
        "func.func @main(%x: tensor<2xcomplex<f32>>) -> tensor<2xcomplex<f32>> "
        "{ return %x : tensor<2xcomplex<f32>> }"));
  });
  EXPECT_EQ(error,
            "expected elements of type i1, i8, i16, i32, i64, f16, bf16, "
            "f32 or f64, but got 'tensor<2xcomplex<f32>>'");
}

TEST_F(ExecutableTest, compilesToTheSameBytes) {
  OwningOpRef<ModuleOp> module = parse(matmul);
  auto target = cpu::Target::resolve({});
  ASSERT_TRUE(static_cast<bool>(target));
  auto first = compileModule(*module, *target);
  auto second = compileModule(*module, *target);
  ASSERT_TRUE(succeeded(first) && succeeded(second));
  EXPECT_EQ(first->bytes, second->bytes);
}

TEST_F(ExecutableTest, compilesForOtherMachines) {
  OwningOpRef<ModuleOp> module = parse(matmul);
  for (const cpu::TargetOptions &options :
       {cpu::TargetOptions{"x86_64-linux-gnu", "x86-64", ""},
        cpu::TargetOptions{"x86_64-linux-gnu", "znver5", ""},
        cpu::TargetOptions{"aarch64-linux-gnu", "", ""}}) {
    auto target = cpu::Target::resolve(options);
    ASSERT_TRUE(static_cast<bool>(target));
    EXPECT_TRUE(succeeded(compileModule(*module, *target)));
  }
}

} // namespace
