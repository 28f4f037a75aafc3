//===- ParallelTest.cpp - the same bytes on any number of threads ---------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Execution/Executable.h"

#include "mlir/Parser/Parser.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "gtest/gtest.h"
#include <random>

using namespace mlir;
using namespace quantc;
using llvm::formatv;

namespace {

class ParallelTest : public ::testing::Test {
protected:
  ParallelTest() {
    DialectRegistry registry;
    registerCompilerDialects(registry);
    context.appendDialectRegistry(registry);
  }

  std::unique_ptr<Executable> compile(StringRef text, bool parallel) {
    auto module = parseSourceString<ModuleOp>(text, &context);
    CompileOptions options;
    options.parallel = parallel;
    // The loops are what matters, and several programs are compiled.
    options.optimizationLevel = 1;
    if (!module)
      return nullptr;
    auto executable = Executable::compile(*module, {}, options);
    return succeeded(executable) ? std::move(*executable) : nullptr;
  }

  int64_t pick(int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(generator);
  }

  std::vector<char> makeInput(const TensorSpec &spec) {
    std::vector<char> bytes(spec.getBytes());
    if (spec.dtype == "f32")
      for (int64_t i = 0, e = spec.getNumElements(); i < e; ++i)
        reinterpret_cast<float *>(bytes.data())[i] =
            float(pick(-999, 999)) / 64;
    else
      for (char &byte : bytes)
        byte = char(pick(-128, 127));
    return bytes;
  }

  using Buffers = std::vector<std::vector<char>>;

  Buffers run(Executable &executable, const Buffers &inputs) {
    const EntryPoint &entry = *executable.lookup("main");
    std::vector<const void *> in;
    for (const std::vector<char> &input : inputs)
      in.push_back(input.data());
    Buffers outputs;
    std::vector<void *> out;
    for (const TensorSpec &spec : entry.outputs)
      outputs.emplace_back(spec.getBytes(), char(0x55));
    for (std::vector<char> &output : outputs)
      out.push_back(output.data());
    llvm::Error error = executable.run(entry, in, out);
    EXPECT_FALSE(static_cast<bool>(error)) << llvm::toString(std::move(error));
    return outputs;
  }

  /// Runs the program without threads and on 1, 2, 3 and 7. Returns the inputs
  /// and the outputs of the first.
  std::pair<Buffers, Buffers> check(const std::string &text) {
    auto serial = compile(text, false), parallel = compile(text, true);
    EXPECT_TRUE(serial && parallel) << text;
    if (!serial || !parallel)
      return {};
    EXPECT_FALSE(serial->lookup("main")->isParallel);
    EXPECT_TRUE(parallel->lookup("main")->isParallel);
    Buffers inputs;
    for (const TensorSpec &spec : serial->lookup("main")->inputs)
      inputs.push_back(makeInput(spec));
    Buffers expected = run(*serial, inputs);
    for (int64_t threads : {1, 2, 3, 7}) {
      EXPECT_FALSE(static_cast<bool>(parallel->setThreads(threads)));
      for (int round = 0; round < 3; ++round)
        EXPECT_TRUE(run(*parallel, inputs) == expected)
            << threads << " threads\n"
            << text;
    }
    return {inputs, expected};
  }

  MLIRContext context;
  std::mt19937 generator{7};
};

/// The program of `formatv(text, arguments...)`, without braces to double.
std::string fill(std::string text,
                 ArrayRef<std::pair<StringRef, int64_t>> sizes) {
  for (auto [name, size] : sizes)
    for (size_t at; (at = text.find(name.str())) != std::string::npos;)
      text.replace(at, name.size(), std::to_string(size));
  return text;
}

constexpr const char *contraction = R"(
func.func @main(%a: tensor<$Bx$Mx$Kxi8>, %w: tensor<$Bx$Kx$Nxi8>)
    -> (tensor<$Bx$Mx$Nxi32>, tensor<$Bx$Mx$Nxi8>) {
  %c0 = arith.constant 0 : i32
  %e = tensor.empty() : tensor<$Bx$Mx$Nxi32>
  %f = linalg.fill ins(%c0 : i32) outs(%e : tensor<$Bx$Mx$Nxi32>) -> tensor<$Bx$Mx$Nxi32>
  %m = linalg.batch_matmul ins(%a, %w : tensor<$Bx$Mx$Kxi8>, tensor<$Bx$Kx$Nxi8>)
                           outs(%f : tensor<$Bx$Mx$Nxi32>) -> tensor<$Bx$Mx$Nxi32>
  %e8 = tensor.empty() : tensor<$Bx$Mx$Nxi8>
  %n = linalg.batch_matmul ins(%a, %w : tensor<$Bx$Mx$Kxi8>, tensor<$Bx$Kx$Nxi8>)
                           outs(%f : tensor<$Bx$Mx$Nxi32>) -> tensor<$Bx$Mx$Nxi32>
  %q = linalg.generic {indexing_maps = [affine_map<(b, i, j) -> (b, i, j)>, affine_map<(b, i, j) -> (b, i, j)>],
                       iterator_types = ["parallel", "parallel", "parallel"]}
    ins(%n : tensor<$Bx$Mx$Nxi32>) outs(%e8 : tensor<$Bx$Mx$Nxi8>) {
  ^bb0(%x: i32, %o: i8):
    %s = arith.constant 0.0001 : f32
    %low = arith.constant -128.0 : f32
    %high = arith.constant 127.0 : f32
    %y = arith.sitofp %x : i32 to f32
    %p = arith.mulf %y, %s : f32
    %r = math.roundeven %p : f32
    %t = arith.maximumf %r, %low : f32
    %u = arith.minimumf %t, %high : f32
    %v = arith.fptosi %u : f32 to i8
    linalg.yield %v : i8
  } -> tensor<$Bx$Mx$Nxi8>
  return %m, %q : tensor<$Bx$Mx$Nxi32>, tensor<$Bx$Mx$Nxi8>
}
)";

TEST_F(ParallelTest, contractions) {
  for (int i = 0; i < 12; ++i) {
    // Whatever tiles and panels it takes: from too little work for two pieces
    // to all 64.
    int64_t b = pick(1, 4), m = i % 4 ? pick(1, 150) : 1, n = pick(1, 300),
            k = pick(1, 600);
    std::string text =
        fill(contraction, {{"$B", b}, {"$M", m}, {"$N", n}, {"$K", k}});
    auto [inputs, outputs] = check(text);
    ASSERT_EQ(outputs.size(), 2u);
    auto *lhs = reinterpret_cast<const int8_t *>(inputs[0].data());
    auto *rhs = reinterpret_cast<const int8_t *>(inputs[1].data());
    auto *result = reinterpret_cast<const int32_t *>(outputs[0].data());
    for (int64_t at = 0; at < b * m * n; ++at) {
      int64_t batch = at / (m * n), row = at / n, column = at % n, sum = 0;
      for (int64_t p = 0; p < k; ++p)
        sum += lhs[row * k + p] * rhs[(batch * k + p) * n + column];
      ASSERT_EQ(result[at], sum) << text;
    }
  }
}

TEST_F(ParallelTest, convolution) {
  std::string text = fill(R"(
func.func @main(%x: tensor<2x$Sx$Sx16xf32>, %w: tensor<3x3x16x24xf32>) -> tensor<2x32x32x24xf32> {
  %c0 = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2x32x32x24xf32>
  %f = linalg.fill ins(%c0 : f32) outs(%e : tensor<2x32x32x24xf32>) -> tensor<2x32x32x24xf32>
  %y = linalg.conv_2d_nhwc_hwcf ins(%x, %w : tensor<2x$Sx$Sx16xf32>, tensor<3x3x16x24xf32>)
                                outs(%f : tensor<2x32x32x24xf32>) -> tensor<2x32x32x24xf32>
  return %y : tensor<2x32x32x24xf32>
}
)",
                          {{"$S", 34}});
  check(text);
}

/// Softmax, a transposition and a sum over rows, in a loop whose count is known
/// at run time only.
TEST_F(ParallelTest, elementwiseAndReductionsInLoops) {
  check(fill(R"(
#id = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>
#column = affine_map<(i, j) -> (j)>
#t = affine_map<(i, j) -> (j, i)>
func.func @main(%x: tensor<$Nx$Nxf32>, %w: tensor<$Nx$Nxf32>) -> (tensor<$Nx$Nxf32>, tensor<$Nxf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %zero = arith.constant 0.0 : f32
  %low = arith.constant 0xFF800000 : f32
  %e = tensor.empty() : tensor<$Nx$Nxf32>
  %e1 = tensor.empty() : tensor<$Nxf32>
  %lows = linalg.fill ins(%low : f32) outs(%e1 : tensor<$Nxf32>) -> tensor<$Nxf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%e1 : tensor<$Nxf32>) -> tensor<$Nxf32>
  %zeros2 = linalg.fill ins(%zero : f32) outs(%e : tensor<$Nx$Nxf32>) -> tensor<$Nx$Nxf32>
  %y = scf.for %i = %c0 to %c3 step %c1 iter_args(%v = %x) -> tensor<$Nx$Nxf32> {
    %max = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
      ins(%v : tensor<$Nx$Nxf32>) outs(%lows : tensor<$Nxf32>) {
    ^bb0(%a: f32, %o: f32):
      %r = arith.maximumf %a, %o : f32
      linalg.yield %r : f32
    } -> tensor<$Nxf32>
    %exp = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%v, %max : tensor<$Nx$Nxf32>, tensor<$Nxf32>) outs(%e : tensor<$Nx$Nxf32>) {
    ^bb0(%a: f32, %b: f32, %o: f32):
      %d = arith.subf %a, %b : f32
      %r = math.exp %d : f32
      linalg.yield %r : f32
    } -> tensor<$Nx$Nxf32>
    %sum = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
      ins(%exp : tensor<$Nx$Nxf32>) outs(%zeros : tensor<$Nxf32>) {
    ^bb0(%a: f32, %o: f32):
      %r = arith.addf %a, %o : f32
      linalg.yield %r : f32
    } -> tensor<$Nxf32>
    %soft = linalg.generic {indexing_maps = [#t, #column, #id], iterator_types = ["parallel", "parallel"]}
      ins(%exp, %sum : tensor<$Nx$Nxf32>, tensor<$Nxf32>) outs(%e : tensor<$Nx$Nxf32>) {
    ^bb0(%a: f32, %b: f32, %o: f32):
      %r = arith.divf %a, %b : f32
      linalg.yield %r : f32
    } -> tensor<$Nx$Nxf32>
    %m = linalg.matmul ins(%soft, %w : tensor<$Nx$Nxf32>, tensor<$Nx$Nxf32>)
                       outs(%zeros2 : tensor<$Nx$Nxf32>) -> tensor<$Nx$Nxf32>
    scf.yield %m : tensor<$Nx$Nxf32>
  }
  %columns = linalg.generic {indexing_maps = [#t, #row], iterator_types = ["parallel", "reduction"]}
    ins(%y : tensor<$Nx$Nxf32>) outs(%zeros : tensor<$Nxf32>) {
  ^bb0(%a: f32, %o: f32):
    %r = arith.addf %a, %o : f32
    linalg.yield %r : f32
  } -> tensor<$Nxf32>
  return %y, %columns : tensor<$Nx$Nxf32>, tensor<$Nxf32>
}
)",
             {{"$N", 203}}));
}

} // namespace
