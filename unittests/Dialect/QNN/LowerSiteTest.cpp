//===- LowerSiteTest.cpp - lowered sites compute what they should --------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LowerSiteTest.h"
#include "SiteReference.h"
#include "quantc/Dialect/QNN/Transforms/Passes.h"
#include "quantc/Dialect/QNN/Transforms/Site.h"
#include "quantc/Execution/Executable.h"

#include "mlir/AsmParser/AsmParser.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::test;

//===----------------------------------------------------------------------===//
// Programs
//===----------------------------------------------------------------------===//

static std::string getType(StringRef shape, StringRef element) {
  return ("tensor<" + shape + (shape.empty() ? "" : "x") + element + ">").str();
}

namespace {

/// The operands of an extract_slice or insert_slice between the type and the
/// one with the largest size in place of the dynamic dimensions.
struct SliceText {
  std::string whole, ranges;

  explicit SliceText(const std::string &type) : whole(type) {
    for (size_t i; (i = whole.find('?')) != std::string::npos;)
      whole.replace(i, 1, std::to_string(ProgramWriter::kLargestSize));
    SmallVector<StringRef> dims;
    StringRef(type).drop_front(strlen("tensor<")).split(dims, 'x');
    std::string offsets, sizes, strides;
    for (StringRef dim : ArrayRef<StringRef>(dims).drop_back()) {
      std::string comma = offsets.empty() ? "" : ", ";
      offsets += comma + "0";
      sizes += comma + (dim == "?" ? "%m" : dim.str());
      strides += comma + "1";
    }
    ranges = "[" + offsets + "] [" + sizes + "] [" + strides + "]";
  }
};

} // namespace

std::string ProgramWriter::addTensor(const std::string &type, bool isConstant) {
  std::string name = "%t" + std::to_string(count++);
  if (!isConstant && StringRef(type).ends_with("ui8>")) {
    // No argument is unsigned.
    std::string bits = StringRef(type).drop_back(4).str() + "i8>";
    std::string argument = addTensor(bits, false);
    body += "  " + name + " = tensor.bitcast " + argument + " : " + bits +
            " to " + type + "\n";
    return name;
  }
  if (StringRef(type).contains('?')) {
    SliceText slice(type);
    std::string whole = addTensor(slice.whole, isConstant);
    body += "  " + name + " = tensor.extract_slice " + whole + slice.ranges +
            " : " + slice.whole + " to " + type + "\n";
    return name;
  }
  if (!isConstant) {
    arguments += (arguments.empty() ? "" : ", ") + name + ": " + type;
    return name;
  }
  Tensor tensor =
      drawTensor(cast<RankedTensorType>(parseType(type, context)), random);
  std::vector<char> bytes = tensor.getBytes();
  std::string literal =
      bytes.empty() ? ""
                    : "\"0x" +
                          llvm::toHex(ArrayRef<uint8_t>(
                              reinterpret_cast<const uint8_t *>(bytes.data()),
                              bytes.size())) +
                          "\"";
  body +=
      "  " + name + " = arith.constant dense<" + literal + "> : " + type + "\n";
  return name;
}

std::string ProgramWriter::addOperand(const OperandText &operand) {
  std::string storageType = getType(operand.shape, operand.storage);
  std::string scaleType = getType(operand.scale, "f32");
  std::string storage = addTensor(storageType, operand.isConstant);
  std::string scale = addTensor(scaleType, operand.isConstant);
  std::string zeroPoint, types = storageType + ", " + scaleType;
  if (operand.zeroPoint) {
    std::string type = getType(operand.zeroPoint, operand.storage);
    zeroPoint = " zero_point " + addTensor(type, operand.isConstant);
    types += ", " + type;
  }
  std::string name = "%d" + std::to_string(count++);
  std::string floatType = getType(operand.shape, "f32");
  body += "  " + name + " = qnn.dequantize " + storage + ", scale " + scale +
          zeroPoint + " {" + operand.attributes + "} : " + types + " -> " +
          floatType + "\n";
  if (!operand.padded)
    return name;
  SmallVector<StringRef> from, to;
  StringRef(operand.shape).split(from, 'x');
  StringRef(operand.padded).split(to, 'x');
  std::string low, high, indices;
  for (auto [i, sizes] : llvm::enumerate(llvm::zip_equal(from, to))) {
    bool isPadded = std::get<0>(sizes) != std::get<1>(sizes);
    low += (i ? ", " : "") + std::string(isPadded ? "1" : "0");
    high += (i ? ", " : "") + std::string(isPadded ? "2" : "0");
    indices += (i ? ", %i" : "%i") + std::to_string(i) + ": index";
  }
  std::string padded = name + "p";
  body += "  " + padded + " = tensor.pad " + name + " low[" + low + "] high[" +
          high + "] {\n  ^bb0(" + indices +
          "):\n    tensor.yield %c0 : f32\n  } : " + floatType + " to " +
          getType(operand.padded, "f32") + "\n";
  return padded;
}

std::string ProgramWriter::write(const Program &program) {
  std::string type = getType(program.result, "f32"), resultType = type;
  bool isDynamic = StringRef(type).contains('?');
  std::string prologue = "  %c0 = arith.constant 0.0 : f32\n";
  std::string empty = "tensor.empty()", end;
  if (isDynamic) {
    SliceText slice(type);
    resultType = slice.whole;
    arguments = "%n: tensor<i64>";
    prologue += "  %i = tensor.extract %n[] : tensor<i64>\n"
                "  %m = arith.index_cast %i : i64 to index\n";
    empty = "tensor.empty(%m)";
    end = "  %rest = arith.constant dense<-77.0> : " + resultType +
          "\n  %r = tensor.insert_slice %y into %rest" + slice.ranges + " : " +
          type + " into " + resultType + "\n";
  }
  std::string lhs = addOperand(program.lhs), rhs = addOperand(program.rhs);
  std::string init = program.hasInit ? addTensor(type, false) : "%zero";
  auto floatType = [](const OperandText &operand) {
    return getType(operand.padded ? operand.padded : operand.shape, "f32");
  };
  std::string region;
  if (program.isGeneric())
    region = " {\n  ^bb0(%a: f32, %b: f32, %c: f32):\n"
             "    %p = arith.mulf %a, %b : f32\n"
             "    %s = arith.addf %c, %p : f32\n"
             "    linalg.yield %s : f32\n  }";
  return "func.func @main(" + arguments + ") -> " + resultType + " {\n" +
         prologue + "  %e = " + empty + " : " + type +
         "\n  %zero = linalg.fill ins(%c0 : f32) outs(%e : " + type + ") -> " +
         type + "\n" + body + "  %y = " + program.op + " ins(" + lhs + ", " +
         rhs + " : " + floatType(program.lhs) + ", " + floatType(program.rhs) +
         ") outs(" + init + " : " + type + ")" + region + " -> " + type + "\n" +
         end + "  return " + (isDynamic ? "%r" : "%y") + " : " + resultType +
         "\n}\n";
}

//===----------------------------------------------------------------------===//
// Execution
//===----------------------------------------------------------------------===//

LowerSiteTest::LowerSiteTest() {
  qnn::registerQNNPasses();
  DialectRegistry registry;
  registerCompilerDialects(registry);
  registry.insert<qnn::QNNDialect>();
  context.appendDialectRegistry(registry);
}

Evaluation LowerSiteTest::evaluate(StringRef text, uint64_t seed) {
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, &context);
  if (!module) {
    ADD_FAILURE() << "does not parse";
    return {};
  }
  auto function = module->lookupSymbol<func::FuncOp>("main");
  std::mt19937_64 random(seed);
  Evaluation result;
  Arguments arguments = makeArguments();
  for (BlockArgument argument : function.getArguments()) {
    result.arguments.push_back(
        drawTensor(cast<RankedTensorType>(argument.getType()), random));
    arguments.insert({argument, result.arguments.back()});
  }
  SmallVector<linalg::LinalgOp> sites;
  function.walk([&](linalg::LinalgOp op) {
    if (qnn::isSite(op))
      sites.push_back(op);
  });
  EXPECT_EQ(sites.size(), 1u);
  result.result = evaluateSite(sites.front(), arguments);
  return result;
}

std::unique_ptr<Executable> LowerSiteTest::compile(StringRef text,
                                                   const char *pipeline) {
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, &context);
  PassManager manager(&context, ModuleOp::getOperationName());
  if (!module || failed(parsePassPipeline(pipeline, manager)) ||
      failed(manager.run(*module))) {
    ADD_FAILURE() << "the passes fail";
    return nullptr;
  }
  module->walk([&](Operation *op) {
    if (auto reason = op->getAttrOfType<StringAttr>(qnn::kFloatReasonAttrName))
      ADD_FAILURE() << "stays in float: " << reason.str();
  });
  CompileOptions options;
  options.optimizationLevel = 1;
  auto executable = Executable::compile(*module, {}, options);
  if (succeeded(executable))
    return std::move(*executable);
  ADD_FAILURE() << "does not compile";
  return nullptr;
}

void quantc::test::expectSame(ArrayRef<float> actual,
                              ArrayRef<float> expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i)
    ASSERT_EQ(llvm::bit_cast<uint32_t>(actual[i]),
              llvm::bit_cast<uint32_t>(expected[i]))
        << "element " << i << " of " << expected.size() << ": expected "
        << expected[i] << ", but got " << actual[i];
}

void LowerSiteTest::check(StringRef text, const char *pipeline, uint64_t seed) {
  Evaluation evaluation = evaluate(text, seed);
  std::unique_ptr<Executable> executable = compile(text, pipeline);
  ASSERT_TRUE(executable);
  std::vector<std::vector<char>> buffers;
  std::vector<const void *> inputs;
  for (const Tensor &tensor : evaluation.arguments)
    buffers.push_back(tensor.getBytes());
  for (const std::vector<char> &buffer : buffers)
    inputs.push_back(buffer.data());
  // What lies behind the result has to stay.
  std::vector<float> expected = evaluation.result;
  std::vector<float> actual(expected.size() + 16, -77.0f);
  expected.resize(actual.size(), -77.0f);
  ASSERT_FALSE(
      executable->run(*executable->lookup("main"), inputs, {actual.data()}));
  expectSame(actual, expected);
}

TEST_P(LowerSiteProgramTest, matchesExactIntegers) {
  std::string text = ProgramWriter(&context, 1).write(GetParam());
  SCOPED_TRACE(text);
  checkBoth(text, /*seed=*/1);
  if (HasFatalFailure())
    return;
  // Other numbers.
  text = ProgramWriter(&context, 2).write(GetParam());
  SCOPED_TRACE(text);
  check(text, kFused, /*seed=*/2);
}

namespace {

constexpr const char *kBatchedGeneric =
    "linalg.generic {indexing_maps = [affine_map<(b, c, m, o, n, k, l) -> (c, "
    "m, k, b, l, o)>, "
    "affine_map<(b, c, m, o, n, k, l) -> (l, b, n, k, c)>, "
    "affine_map<(b, c, m, o, n, k, l) -> (b, m, c, o, n)>], "
    "iterator_types = [\"parallel\", \"parallel\", \"parallel\", \"parallel\", "
    "\"parallel\", \"reduction\", \"reduction\"]}";
constexpr const char *kTransposed =
    "linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (k, m)>, "
    "affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (n, m)>], "
    "iterator_types = [\"parallel\", \"parallel\", \"reduction\"]}";

const Program kOps[] = {
    {"matmul",
     "linalg.matmul",
     {"5x19", "", ""},
     {"19x21", "21", "21", "axes = array<i64: 1>", true},
     "5x21"},
    {"matmulInit",
     "linalg.matmul",
     {"5x19", "", ""},
     {"19x21", "21", nullptr, "axes = array<i64: 1>", true},
     "5x21",
     true},
    {"transposed",
     kTransposed,
     {"7x5", "5", "5", "axes = array<i64: 1>"},
     {"3x7", "3", "3", "axes = array<i64: 0>"},
     "3x5"},
    {"matvec",
     "linalg.matvec",
     {"6x9", "6", "6", "axes = array<i64: 0>", true},
     {"9", "", ""},
     "6"},
    {"vecmat",
     "linalg.vecmat",
     {"9", "", ""},
     {"9x6", "6", "6", "axes = array<i64: 1>"},
     "6"},
    {"dot", "linalg.dot", {"9", "", ""}, {"9", "", ""}, ""},
    {"batchMatmul",
     "linalg.batch_matmul",
     {"3x4x5", "3", "3", "axes = array<i64: 0>"},
     {"3x5x6", "3x6", "3x6", "axes = array<i64: 0, 2>"},
     "3x4x6"},
    {"batchMatmulPerToken",
     "linalg.batch_matmul",
     {"3x4x5", "3x4", "3x4", "axes = array<i64: 0, 1>"},
     {"3x5x6", "", ""},
     "3x4x6"},
    {"batchMatvec",
     "linalg.batch_matvec",
     {"3x4x5", "", ""},
     {"3x5", "3", "3", "axes = array<i64: 0>"},
     "3x4"},
    {"batchVecmat",
     "linalg.batch_vecmat",
     {"3x5", "3", "3", "axes = array<i64: 0>"},
     {"3x5x4", "", ""},
     "3x4"},
    {"batchReduceMatmul",
     "linalg.batch_reduce_matmul",
     {"3x4x5", "4", "4", "axes = array<i64: 1>"},
     {"3x5x6", "6", "6", "axes = array<i64: 2>"},
     "4x6"},
    {"mmt4d",
     "linalg.mmt4d",
     {"2x3x4x5", "2x4", "2x4", "axes = array<i64: 0, 2>"},
     {"6x3x2x5", "6x2", "6x2", "axes = array<i64: 0, 2>"},
     "2x6x4x2"},
    {"heads",
     kBatchedGeneric,
     {"2x3x5x4x2x3", "2x4", "2x4", "axes = array<i64: 0, 3>"},
     {"2x4x7x5x2", "4x2", "4x2", "axes = array<i64: 1, 4>"},
     "4x3x2x3x7"},
    {"manyLoops",
     kBatchedGeneric,
     {"2x3x5x4x2x3", "2x3x3", "2x3x3", "axes = array<i64: 0, 1, 5>"},
     {"2x4x7x5x2", "7", "7", "axes = array<i64: 2>"},
     "4x3x2x3x7"},
    {"contract",
     "linalg.contract indexing_maps = [affine_map<(m, n, k) -> (k, m)>, "
     "affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]",
     {"7x5", "5", "5", "axes = array<i64: 1>"},
     {"7x3", "", ""},
     "5x3"},
    {"matmulMaps",
     "linalg.matmul indexing_maps = [affine_map<(m, n, k) -> (k, m)>, "
     "affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]",
     {"7x5", "5", "5", "axes = array<i64: 1>"},
     {"7x3", "", ""},
     "5x3"},
};

const Program kConvolutions[] = {
    {"conv1d", "linalg.conv_1d", {"12", "", ""}, {"4", "", ""}, "9"},
    {"conv2d", "linalg.conv_2d", {"9x7", "", ""}, {"3x2", "", ""}, "7x6"},
    {"conv1dNwcWcf",
     "linalg.conv_1d_nwc_wcf {strides = dense<2> : tensor<1xi64>, dilations = "
     "dense<2> : tensor<1xi64>}",
     {"2x12x3", "", "", "", false, "i8", "2x15x3"},
     {"3x3x5", "5", "5", "axes = array<i64: 2>", true},
     "2x6x5"},
    {"conv1dNcwFcw",
     "linalg.conv_1d_ncw_fcw",
     {"2x3x9", "2", "2", "axes = array<i64: 0>"},
     {"4x3x3", "4", "4", "axes = array<i64: 0>"},
     "2x4x7"},
    {"conv2dNhwcHwcf",
     "linalg.conv_2d_nhwc_hwcf {strides = dense<[2, 1]> : tensor<2xi64>}",
     {"1x6x6x3", "", "", "", false, "i8", "1x9x9x3"},
     {"3x3x3x5", "5", "5", "axes = array<i64: 3>", true},
     "1x4x7x5"},
    {"conv2dNhwcFhwc",
     "linalg.conv_2d_nhwc_fhwc",
     {"1x6x6x3", "", ""},
     {"5x3x3x3", "5", "5", "axes = array<i64: 0>", true},
     "1x4x4x5"},
    {"conv2dNchwFchw",
     "linalg.conv_2d_nchw_fchw {dilations = dense<[1, 2]> : tensor<2xi64>}",
     {"2x3x6x8", "2", "2", "axes = array<i64: 0>", false, "i8", "2x3x9x11"},
     {"4x3x3x3", "4", "4", "axes = array<i64: 0>"},
     "2x4x7x7"},
    {"grouped",
     "linalg.conv_2d_ngchw_fgchw",
     {"1x2x3x5x5", "2", "2", "axes = array<i64: 1>", false, "i8", "1x2x3x8x8"},
     {"4x2x3x3x3", "4x2", "4x2", "axes = array<i64: 0, 1>"},
     "1x2x4x6x6"},
    {"groupedGfchw",
     "linalg.conv_2d_ngchw_gfchw",
     {"1x2x3x5x5", "", ""},
     {"2x4x3x3x3", "2x4", "2x4", "axes = array<i64: 0, 1>", true},
     "1x2x4x3x3"},
    {"groupedNhwgc",
     "linalg.conv_2d_nhwgc_gfhwc",
     {"1x5x5x2x3", "", ""},
     {"2x4x3x3x3", "2x4", "2x4", "axes = array<i64: 0, 1>", true},
     "1x3x3x2x4"},
    {"conv3dNdhwc",
     "linalg.conv_3d_ndhwc_dhwcf",
     {"1x4x5x4x2", "", "", "", false, "i8", "1x7x8x7x2"},
     {"2x3x2x2x3", "3", "3", "axes = array<i64: 4>", true},
     "1x6x6x6x3"},
    {"conv3dNcdhw",
     "linalg.conv_3d_ncdhw_fcdhw",
     {"1x2x4x5x4", "", ""},
     {"3x2x2x3x2", "3", "3", "axes = array<i64: 0>"},
     "1x3x3x3x3"},
    {"depthwise1d",
     "linalg.depthwise_conv_1d_nwc_wc",
     {"1x9x4", "4", "4", "axes = array<i64: 2>"},
     {"3x4", "4", "4", "axes = array<i64: 1>", true},
     "1x7x4"},
    {"depthwise1dNcw",
     "linalg.depthwise_conv_1d_ncw_cw",
     {"1x4x9", "4", "4", "axes = array<i64: 1>"},
     {"4x3", "4", "4", "axes = array<i64: 0>", true},
     "1x4x7"},
    {"depthwise2d",
     "linalg.depthwise_conv_2d_nhwc_hwc",
     {"1x6x5x4", "4", "4", "axes = array<i64: 3>", false, "i8", "1x9x8x4"},
     {"3x3x4", "4", "4", "axes = array<i64: 2>", true},
     "1x7x6x4"},
    {"depthwise2dNchw",
     "linalg.depthwise_conv_2d_nchw_chw",
     {"1x4x6x5", "4", "4", "axes = array<i64: 1>"},
     {"4x3x3", "4", "4", "axes = array<i64: 0>"},
     "1x4x4x3"},
    {"depthwiseMultiplier",
     "linalg.depthwise_conv_2d_nhwc_hwcm",
     {"1x6x5x3", "3", "3", "axes = array<i64: 3>"},
     {"3x3x3x2", "3x2", "3x2", "axes = array<i64: 2, 3>", true},
     "1x4x3x3x2"},
    {"depthwise3d",
     "linalg.depthwise_conv_3d_ndhwc_dhwc",
     {"1x4x4x4x3", "", ""},
     {"2x2x2x3", "3", "3", "axes = array<i64: 3>", true},
     "1x3x3x3x3"},
};

const Program kSizes[] = {
    {"k1",
     "linalg.matmul",
     {"4x1", "", ""},
     {"1x5", "5", "5", "axes = array<i64: 1>"},
     "4x5"},
    {"k0",
     "linalg.matmul",
     {"4x0", "", ""},
     {"0x5", "5", "5", "axes = array<i64: 1>"},
     "4x5"},
    {"k0Init",
     "linalg.matmul",
     {"4x0", "", ""},
     {"0x5", "5", "5", "axes = array<i64: 1>"},
     "4x5",
     true},
    {"k0Symmetric", "linalg.matmul", {"4x0"}, {"0x5"}, "4x5"},
    {"ones",
     "linalg.batch_matmul",
     {"1x1x1", "1", "1", "axes = array<i64: 0>"},
     {"1x1x1", "1", "1", "axes = array<i64: 2>"},
     "1x1x1"},
    {"noRows",
     "linalg.matmul",
     {"0x4", "", ""},
     {"4x5", "5", "5", "axes = array<i64: 1>"},
     "0x5"},
    {"noColumns",
     "linalg.matmul",
     {"3x4", "", ""},
     {"4x0", "0", "0", "axes = array<i64: 1>"},
     "3x0"},
    {"oddK",
     "linalg.matmul",
     {"3x67", "3", "3", "axes = array<i64: 0>"},
     {"67x33", "33", "33", "axes = array<i64: 1>"},
     "3x33"},
};

INSTANTIATE_TEST_SUITE_P(ops, LowerSiteProgramTest, ::testing::ValuesIn(kOps),
                         getName);
INSTANTIATE_TEST_SUITE_P(convolutions, LowerSiteProgramTest,
                         ::testing::ValuesIn(kConvolutions), getName);
INSTANTIATE_TEST_SUITE_P(sizes, LowerSiteProgramTest,
                         ::testing::ValuesIn(kSizes), getName);

} // namespace
