//===- PoisonTest.cpp - no input makes an emitted operation poison --------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Interprets the scalar operations that qnn-to-linalg emits, on all
// combinations of edge values of every operand: infinities, NaNs, the ends of
// all integer types, shifts beyond the width.
//
//===----------------------------------------------------------------------===//

#include "ScalarInterpreter.h"
#include "quantc/Dialect/QNN/IR/QNNDialect.h"
#include "quantc/Dialect/QNN/Transforms/Passes.h"
#include "quantc/Execution/Compiler.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace quantc::test;

namespace {

/// One qnn op on tensors of one element; %a, %b, ... are its operands.
struct OpText {
  const char *op;
  std::vector<const char *> operands;
  const char *result;
};

void PrintTo(const OpText &text, std::ostream *os) { *os << text.op; }

/// Numbers at which something can go wrong, in the bits of `type`.
std::vector<Bits> getEdges(Type type) {
  unsigned width = type.getIntOrFloatBitWidth();
  std::vector<Bits> edges;
  if (isa<FloatType>(type)) {
    constexpr uint32_t floats[] = {
        0x00000000, 0x80000000, 0x00000001, 0x80000001, 0x00800000, 0x3f000000,
        0x3f800000, 0xbf800000, 0x3fc00000, 0x42fe8000, 0x43000000, 0xc3008000,
        0x4effffff, 0x4f000000, 0xcf000000, 0xcf000001, 0x5f000000, 0x7f7fffff,
        0xff7fffff, 0x7f800000, 0xff800000, 0x7fc00000, 0x7f800001, 0xffc00000};
    for (uint32_t bits : floats)
      edges.push_back(Bits(32, bits));
    return edges;
  }
  Bits min = Bits::getSignedMinValue(width);
  for (int64_t small = -4; small <= 4; ++small)
    edges.push_back(Bits(width, small, /*isSigned=*/true));
  for (int64_t delta = 0; delta < 3; ++delta) {
    edges.push_back(min + delta);
    edges.push_back(min - 1 - delta);
  }
  // As shifts: around all limits of the modes and of 32 and 64 bits.
  if (width == 8)
    for (int64_t shift : {-65, -64, -63, -33, -32, -31, -30, 30, 31, 32, 33, 61,
                          62, 63, 64, 65})
      edges.push_back(Bits(8, shift, /*isSigned=*/true));
  for (unsigned bit : {15u, 24u, 31u, 32u, 46u, 47u, 48u})
    if (bit < width)
      edges.push_back(Bits::getOneBitSet(width, bit));
  return edges;
}

TEST(ScalarInterpreter, seesPoison) {
  MLIRContext context;
  context.loadDialect<arith::ArithDialect, func::FuncDialect>();
  auto isPoison = [&](const char *op, const char *from, const char *to,
                      Bits a) {
    std::string text =
        std::string("func.func @f(%a: ") + from + ") -> " + to +
        " {\n %c64 = arith.constant 64 : i64\n %max = arith.constant "
        "9223372036854775807 : i64\n %r = " +
        op + "\n return %r : " + to + "\n}";
    auto module = parseSourceString<ModuleOp>(text, &context);
    auto function = cast<func::FuncOp>(module->getBody()->front());
    llvm::Expected<Bits> result = interpret(function.getBody().front(), {a});
    if (result)
      return false;
    return StringRef(llvm::toString(result.takeError())).contains("poison");
  };
  Bits one(64, 1), zero(64, 0);
  EXPECT_TRUE(isPoison("arith.shli %a, %c64 : i64", "i64", "i64", one));
  EXPECT_TRUE(isPoison("arith.shrsi %a, %c64 : i64", "i64", "i64", one));
  const char *add = "arith.addi %a, %max overflow<nsw> : i64";
  EXPECT_TRUE(isPoison(add, "i64", "i64", one));
  EXPECT_FALSE(isPoison(add, "i64", "i64", zero));
  const char *convert = "arith.fptosi %a : f32 to i32";
  EXPECT_TRUE(isPoison(convert, "f32", "i32", Bits(32, 0x4f000000)));
  EXPECT_TRUE(isPoison(convert, "f32", "i32", Bits(32, 0x7fc00000)));
  EXPECT_FALSE(isPoison(convert, "f32", "i32", Bits(32, 0xcf000000)));
  const char *max = "arith.maximumf %a, %a fastmath<nnan> : f32";
  EXPECT_TRUE(isPoison(max, "f32", "f32", Bits(32, 0x7fc00000)));
}

class PoisonTest : public ::testing::TestWithParam<OpText> {
protected:
  OwningOpRef<ModuleOp> lower(MLIRContext &context) {
    DialectRegistry registry;
    quantc::registerCompilerDialects(registry);
    registry.insert<quantc::qnn::QNNDialect>();
    context.appendDialectRegistry(registry);
    std::string arguments, types, result = GetParam().result;
    char name = 'a';
    for (const char *type : GetParam().operands) {
      std::string tensor = std::string("tensor<") + type + ">";
      arguments +=
          (name == 'a' ? "%" : ", %") + std::string(1, name) + ": " + tensor;
      types += (name++ == 'a' ? "" : ", ") + tensor;
    }
    std::string text = "func.func @main(" + arguments + ") -> tensor<" +
                       result + "> {\n  %r = " + GetParam().op + " : " + types +
                       " -> tensor<" + result + ">\n  return %r : tensor<" +
                       result + ">\n}";
    auto module = parseSourceString<ModuleOp>(text, &context);
    if (!module)
      return nullptr;
    PassManager manager(&context);
    manager.addPass(quantc::qnn::createQNNToLinalgPass());
    if (failed(manager.run(*module)))
      return nullptr;
    return module;
  }
};

TEST_P(PoisonTest, noCombinationOfEdges) {
  MLIRContext context;
  OwningOpRef<ModuleOp> module = lower(context);
  ASSERT_TRUE(module);
  int count = 0;
  module->walk([&](linalg::GenericOp generic) {
    Block &body = *generic.getBlock();
    std::vector<std::vector<Bits>> edges;
    for (Value input : body.getArguments().drop_back())
      edges.push_back(getEdges(input.getType()));
    std::vector<size_t> position(edges.size());
    for (bool more = true; more;) {
      std::vector<Bits> inputs;
      for (auto [i, values] : llvm::enumerate(edges))
        inputs.push_back(values[position[i]]);
      ++count;
      llvm::Expected<Bits> result = interpret(body, inputs);
      if (!result) {
        std::string text = llvm::toString(result.takeError());
        for (const Bits &input : inputs)
          text += " " + llvm::toString(input, 16, /*Signed=*/false);
        FAIL() << text;
      }
      more = false;
      for (size_t i = 0; i < edges.size() && !more; ++i) {
        position[i] = (position[i] + 1) % edges[i].size();
        more = position[i] != 0;
      }
    }
  });
  EXPECT_GT(count, 100);
}

INSTANTIATE_TEST_SUITE_P(
    Ops, PoisonTest,
    ::testing::Values(
        OpText{"qnn.quantize %a, scale %b zero_point %c",
               {"f32", "f32", "i8"},
               "i8"},
        OpText{"qnn.quantize %a, scale %b zero_point %c {narrow_range}",
               {"f32", "f32", "i16"},
               "i16"},
        OpText{"qnn.quantize %a, scale %b zero_point %c",
               {"f32", "f32", "ui8"},
               "ui8"},
        OpText{"qnn.quantize %a, scale %b", {"f32", "f32"}, "f8E4M3FN"},
        OpText{"qnn.quantize %a, scale %b", {"f32", "f32"}, "f8E5M2"},
        OpText{"qnn.dequantize %a, scale %b zero_point %c",
               {"i16", "f32", "i16"},
               "f32"},
        OpText{"qnn.dequantize %a, scale %b", {"i64", "f32"}, "f32"},
        OpText{"qnn.requantize %a, multiplier %b zero_point %c",
               {"i32", "f32", "i8"},
               "i8"},
        OpText{"qnn.requantize %a, multiplier %b", {"i64", "f32"}, "i16"},
        OpText{"qnn.requantize %a input_zero_point %b, multiplier %c "
               "zero_point %d",
               {"ui8", "ui8", "f32", "i8"},
               "i8"},
        OpText{"qnn.requantize %a, multiplier %b", {"i32", "f32"}, "f8E4M3FN"},
        OpText{"qnn.requantize %a, multiplier %b shift %c zero_point %d",
               {"i32", "i32", "i8", "i8"},
               "i8"},
        OpText{"qnn.requantize %a, multiplier %b shift %c {double_round}",
               {"i32", "i32", "i8"},
               "i32"},
        OpText{"qnn.requantize %a, multiplier %b shift %c zero_point %d",
               {"i64", "i16", "i8", "ui8"},
               "ui8"},
        OpText{"qnn.requantize %a input_zero_point %b, multiplier %c shift %d",
               {"i16", "i16", "i32", "i8"},
               "i32"},
        OpText{"qnn.requantize %a, shift %b zero_point %c",
               {"i32", "i8", "i16"},
               "i16"},
        OpText{"qnn.requantize %a, shift %b", {"i64", "i8"}, "i32"}));

} // namespace
