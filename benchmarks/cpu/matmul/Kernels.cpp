//===- Kernels.cpp - our side of the matmul benchmark ---------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Candidates.h"
#include "quantc/Execution/Executable.h"
#include "quantc/Parameters/ConstantTensor.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace quantc;
using namespace matmul;

namespace {

/// {0} = m, {1} = n, {2} = k. The epilogue is what qnn-to-linalg makes of
/// qnn.requantize with one multiplier per column.
constexpr const char *int8Text = R"(
func.func @main(%a: tensor<{0}x{2}xi8>, %w: tensor<{2}x{1}xi8>, %scale: tensor<{1}xf32>) -> tensor<{0}x{1}xi8> {{
  %zero = arith.constant 0 : i32
  %e = tensor.empty() : tensor<{0}x{1}xi32>
  %f = linalg.fill ins(%zero : i32) outs(%e : tensor<{0}x{1}xi32>) -> tensor<{0}x{1}xi32>
  %acc = linalg.matmul ins(%a, %w : tensor<{0}x{2}xi8>, tensor<{2}x{1}xi8>)
                       outs(%f : tensor<{0}x{1}xi32>) -> tensor<{0}x{1}xi32>
  %d = tensor.empty() : tensor<{0}x{1}xi8>
  %r = linalg.generic {{
      indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (n)>, affine_map<(m, n) -> (m, n)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%acc, %scale : tensor<{0}x{1}xi32>, tensor<{1}xf32>) outs(%d : tensor<{0}x{1}xi8>) {{
  ^bb0(%x: i32, %s: f32, %o: i8):
    %low = arith.constant -128.0 : f32
    %high = arith.constant 127.0 : f32
    %0 = arith.sitofp %x : i32 to f32
    %1 = arith.mulf %0, %s : f32
    %2 = math.roundeven %1 : f32
    %3 = arith.maximumf %2, %low : f32
    %4 = arith.minimumf %3, %high : f32
    %5 = arith.fptosi %4 : f32 to i32
    %6 = arith.trunci %5 : i32 to i8
    linalg.yield %6 : i8
  } -> tensor<{0}x{1}xi8>
  return %r : tensor<{0}x{1}xi8>
})";

constexpr const char *floatText = R"(
func.func @main(%a: tensor<{0}x{2}xf32>, %w: tensor<{2}x{1}xf32>) -> tensor<{0}x{1}xf32> {{
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<{0}x{1}xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<{0}x{1}xf32>) -> tensor<{0}x{1}xf32>
  %r = linalg.matmul ins(%a, %w : tensor<{0}x{2}xf32>, tensor<{2}x{1}xf32>)
                     outs(%f : tensor<{0}x{1}xf32>) -> tensor<{0}x{1}xf32>
  return %r : tensor<{0}x{1}xf32>
})";

/// Memory of one candidate; packed weights belong to the context.
struct Instance {
  MLIRContext context;
  std::unique_ptr<Executable> executable;
  std::vector<char> input, output;
};

/// The first 64-byte aligned address.
char *align(std::vector<char> &buffer) {
  return reinterpret_cast<char *>(
      llvm::alignAddr(buffer.data(), llvm::Align(64)));
}

/// Replaces the arguments behind the first by constants.
void bindConstants(func::FuncOp func, ArrayRef<const void *> data) {
  OpBuilder builder = OpBuilder::atBlockBegin(&func.front());
  for (auto [i, bytes] : llvm::enumerate(data)) {
    BlockArgument argument = func.getArgument(i + 1);
    argument.replaceAllUsesWith(createConstantTensor(
        builder, func.getLoc(), cast<RankedTensorType>(argument.getType()),
        "parameter", [bytes = bytes](MutableArrayRef<char> buffer) {
          std::memcpy(buffer.data(), bytes, buffer.size());
        }));
  }
  llvm::BitVector erased(func.getNumArguments(), true);
  erased.reset(0);
  (void)func.eraseArguments(erased);
}

std::optional<Candidate> make(const char *name, const std::string &text,
                              const void *a, size_t aBytes, size_t resultBytes,
                              ArrayRef<const void *> constants) {
  auto instance = std::make_shared<Instance>();
  DialectRegistry registry;
  registerCompilerDialects(registry);
  instance->context.appendDialectRegistry(registry);
  auto module = parseSourceString<ModuleOp>(text, &instance->context);
  if (!module)
    return std::nullopt;
  bindConstants(*module->getOps<func::FuncOp>().begin(), constants);
  auto executable = Executable::compile(*module);
  if (failed(executable))
    return std::nullopt;
  instance->executable = std::move(*executable);
  instance->input.resize(aBytes + 64);
  instance->output.resize(resultBytes + 64);
  std::memcpy(align(instance->input), a, aBytes);
  Candidate candidate;
  candidate.name = name;
  candidate.run = [instance] {
    const EntryPoint *entry = instance->executable->lookup("main");
    if (llvm::Error error = instance->executable->run(
            *entry, {align(instance->input)}, {align(instance->output)}))
      llvm::report_fatal_error(std::move(error));
  };
  char *result = align(instance->output);
  candidate.int8Result = reinterpret_cast<int8_t *>(result);
  candidate.floatResult = reinterpret_cast<float *>(result);
  return candidate;
}

} // namespace

std::vector<Candidate> matmul::makeOurs(const Problem &p) {
  auto text = [&](const char *format) {
    return llvm::formatv(format, p.m, p.n, p.k).str();
  };
  auto floats = make("quantc f32", text(floatText), p.aFloat.data(),
                     p.m * p.k * sizeof(float), p.m * p.n * sizeof(float),
                     {p.bFloat.data()});
  auto bytes = make("quantc s8s8->s8", text(int8Text), p.a.data(), p.m * p.k,
                    p.m * p.n, {p.b.data(), p.scale.data()});
  if (!floats || !bytes)
    return {};
  floats->int8Result = nullptr;
  bytes->floatResult = nullptr;
  return {*floats, *bytes};
}
