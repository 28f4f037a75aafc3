//===- ZeroPointTest.cpp - terms of zero points, wherever they are fused --===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Random convolutions with padding, in both of its integer forms, against the
// reference; and sums that are written by every kind of producer against the
// same program without any fusion.
//
//===----------------------------------------------------------------------===//

#include "LowerSiteTest.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::test;

//===----------------------------------------------------------------------===//
// Padding
//===----------------------------------------------------------------------===//

namespace {

/// A random convolution of 1 to 3 spatial dimensions, channels last.
class RandomConvolution {
public:
  explicit RandomConvolution(uint64_t seed) : random(seed) {}

  std::string write();

private:
  int64_t draw(int64_t low, int64_t high) {
    return low + int64_t(random() % uint64_t(high - low + 1));
  }
  std::string drawBytes(int64_t count) {
    std::string bytes;
    // The edges of the type are frequent.
    for (int64_t i = 0; i < count; ++i)
      bytes += char(draw(0, 3) ? draw(-128, 127) : draw(0, 1) ? 127 : -128);
    return "dense<\"0x" + llvm::toHex(bytes) + "\">";
  }
  static std::string join(ArrayRef<int64_t> values, StringRef separator) {
    std::string text;
    for (int64_t value : values)
      text += (text.empty() ? "" : separator.str()) + std::to_string(value);
    return text;
  }

  std::mt19937_64 random;
};

} // namespace

std::string RandomConvolution::write() {
  static const char *const names[] = {
      "conv_1d_nwc_wcf", "conv_2d_nhwc_hwcf", "conv_3d_ndhwc_dhwcf",
      "depthwise_conv_1d_nwc_wc", "depthwise_conv_2d_nhwc_hwc"};
  unsigned kind = draw(0, 4);
  bool isDepthwise = kind >= 3;
  unsigned spatial = isDepthwise ? kind - 2 : kind + 1;
  int64_t batch = draw(1, 2), channels = draw(1, 5);
  int64_t columns = isDepthwise ? channels : draw(1, 5);
  SmallVector<int64_t> image, padded, window, result, strides, dilations, low,
      high;
  int64_t taps = 1;
  for (unsigned i = 0; i < spatial; ++i) {
    window.push_back(draw(1, 3));
    strides.push_back(draw(1, 2));
    dilations.push_back(draw(1, 2));
    low.push_back(draw(0, 3));
    high.push_back(draw(0, 3));
    int64_t span = (window[i] - 1) * dilations[i] + 1;
    // Some images are smaller than the window.
    image.push_back(std::max<int64_t>(draw(1, 5), span - low[i] - high[i]));
    padded.push_back(image[i] + low[i] + high[i]);
    result.push_back((padded[i] - span) / strides[i] + 1);
    taps *= window[i];
  }
  auto shape = [&](int64_t first, ArrayRef<int64_t> sizes, int64_t last) {
    return llvm::formatv("{0}x{1}x{2}", first, join(sizes, "x"), last).str();
  };
  std::string x = shape(batch, image, channels);
  std::string p = shape(batch, padded, channels);
  std::string y = shape(batch, result, columns);
  std::string w = join(window, "x") + "x" + std::to_string(channels);
  if (!isDepthwise)
    w += "x" + std::to_string(columns);

  // zA: constant or not, for all or for each channel; zB: none or per column.
  bool isKnown = draw(0, 2) != 0, byChannel = draw(0, 2) == 0;
  bool hasRhs = draw(0, 1);
  std::string za =
      byChannel ? "tensor<" + std::to_string(channels) + "xi8>" : "tensor<i8>";
  std::string zb = llvm::formatv("tensor<{0}xi8>", columns);
  int64_t rank = spatial + 2;
  std::string text =
      "func.func @main(%q: tensor<" + x + "xi8>, %s: tensor<f32>";
  text += isKnown ? "" : ", %za: " + za;
  text += ") -> tensor<" + y + "xf32> {\n  %c0 = arith.constant 0.0 : f32\n";
  if (isKnown)
    text += "  %za = arith.constant " + drawBytes(byChannel ? channels : 1) +
            " : " + za + "\n";
  text += "  %w = arith.constant " +
          drawBytes(taps * channels * (isDepthwise ? 1 : columns)) +
          " : tensor<" + w + "xi8>\n";
  text += "  %zb = arith.constant " + drawBytes(columns) + " : " + zb + "\n";
  text += llvm::formatv(
      "  %a = qnn.dequantize %q, scale %s zero_point %za {{axes = array<i64{0}>"
      "} : tensor<{1}xi8>, tensor<f32>, {2} -> tensor<{1}xf32>\n",
      byChannel ? ": " + std::to_string(rank - 1) : "", x, za);
  text += llvm::formatv(
      "  %b = qnn.dequantize %w, scale %s {0} : tensor<{1}xi8>, tensor<f32>{2} "
      "-> tensor<{1}xf32>\n",
      hasRhs ? llvm::formatv("zero_point %zb {{axes = array<i64: {0}>}",
                             isDepthwise ? spatial : spatial + 1)
                   .str()
             : "",
      w, hasRhs ? ", " + zb : "");
  std::string indices;
  for (int64_t i = 0; i < rank; ++i)
    indices += (i ? ", %i" : "%i") + std::to_string(i) + ": index";
  text += llvm::formatv(
      "  %p = tensor.pad %a low[0, {0}, 0] high[0, {1}, 0] {{\n  ^bb0({2}):\n"
      "    tensor.yield %c0 : f32\n  } : tensor<{3}xf32> to tensor<{4}xf32>\n",
      join(low, ", "), join(high, ", "), indices, x, p);
  text += llvm::formatv(
      "  %e = tensor.empty() : tensor<{0}xf32>\n"
      "  %z = linalg.fill ins(%c0 : f32) outs(%e : tensor<{0}xf32>) -> "
      "tensor<{0}xf32>\n"
      "  %y = linalg.{1} {{dilations = dense<[{2}]> : tensor<{3}xi64>, strides "
      "= dense<[{4}]> : tensor<{3}xi64>} ins(%p, %b : tensor<{5}xf32>, "
      "tensor<{6}xf32>) outs(%z : tensor<{0}xf32>) -> tensor<{0}xf32>\n"
      "  return %y : tensor<{0}xf32>\n}\n",
      y, names[kind], join(dilations, ", "), spatial, join(strides, ", "), p,
      w);
  return text;
}

namespace {

class PaddingTest : public LowerSiteTest,
                    public ::testing::WithParamInterface<uint64_t> {};

} // namespace

TEST_P(PaddingTest, bothFormsMatchExactIntegers) {
  std::string text = RandomConvolution(GetParam()).write();
  SCOPED_TRACE(text);
  for (const char *pipeline :
       {"qnn-lower-asymmetric{padding=zero-point},"
        "qnn-fuse-zero-points,qnn-fuse-sums,verify-no-zero-point-traffic",
        "qnn-lower-asymmetric{padding=compensate}",
        "qnn-lower-asymmetric{padding=compensate},"
        "qnn-fuse-zero-points,qnn-fuse-sums,verify-no-zero-point-traffic"}) {
    SCOPED_TRACE(pipeline);
    check(text, pipeline, GetParam());
    if (HasFatalFailure())
      return;
  }
}

INSTANTIATE_TEST_SUITE_P(random, PaddingTest,
                         ::testing::Range<uint64_t>(1, 25));

//===----------------------------------------------------------------------===//
// Producers
//===----------------------------------------------------------------------===//

namespace {

/// What happens to a float tensor of 6x40 before a site reads it.
struct Producer {
  const char *name;
  /// From %x to %y. %c0 and %c1 are 0 and 1.
  const char *text;
};

void PrintTo(const Producer &producer, std::ostream *os) {
  *os << producer.name;
}

class ProducerTest : public LowerSiteTest,
                     public ::testing::WithParamInterface<Producer> {
protected:
  std::vector<float> run(const std::string &text, const char *pipeline,
                         ArrayRef<float> input, size_t size);
};

} // namespace

std::vector<float> ProducerTest::run(const std::string &text,
                                     const char *pipeline,
                                     ArrayRef<float> input, size_t size) {
  std::unique_ptr<Executable> executable = compile(text, pipeline);
  std::vector<float> result(size);
  if (executable)
    EXPECT_FALSE(executable->run(*executable->lookup("main"), {input.data()},
                                 {result.data()}));
  return result;
}

/// {0} = the producer. %r is a site that shares its operand with %t.
static constexpr const char *kProgram = R"(
#id = affine_map<(m, k) -> (m, k)>
#row = affine_map<(m, k) -> (m)>
func.func @main(%x: tensor<6x40xf32>) -> tensor<6x70xf32> {{
  %c0 = arith.constant 0.0 : f32
  %c1 = arith.constant 1.0 : f32
  %low = arith.constant 0xFF800000 : f32
  %s = arith.constant dense<0.03125> : tensor<f32>
  %z = arith.constant dense<-11> : tensor<i8>
  %w = arith.constant dense<"{1}"> : tensor<40x40xi8>
  %v = arith.constant dense<"{2}"> : tensor<40x70xi8>
  %zv = arith.constant dense<"{3}"> : tensor<70xi8>
  %row = tensor.empty() : tensor<6xf32>
  %e = tensor.empty() : tensor<6x40xf32>
  %f = linalg.fill ins(%c0 : f32) outs(%e : tensor<6x40xf32>) -> tensor<6x40xf32>
  %e2 = tensor.empty() : tensor<6x70xf32>
  %f2 = linalg.fill ins(%c0 : f32) outs(%e2 : tensor<6x70xf32>) -> tensor<6x70xf32>
  {0}
  %q = qnn.quantize %y, scale %s zero_point %z : tensor<6x40xf32>, tensor<f32>, tensor<i8> -> tensor<6x40xi8>
  %a = qnn.dequantize %q, scale %s zero_point %z : tensor<6x40xi8>, tensor<f32>, tensor<i8> -> tensor<6x40xf32>
  %b = qnn.dequantize %v, scale %s zero_point %zv {{axes = array<i64: 1>} : tensor<40x70xi8>, tensor<f32>, tensor<70xi8> -> tensor<40x70xf32>
  %r = linalg.matmul ins(%a, %b : tensor<6x40xf32>, tensor<40x70xf32>) outs(%f2 : tensor<6x70xf32>) -> tensor<6x70xf32>
  return %r : tensor<6x70xf32>
})";

static const Producer kProducers[] = {
    {"input", "%y = arith.mulf %x, %x : tensor<6x40xf32>"},
    {"activation", R"(%y = linalg.generic {indexing_maps = [#id, #id],
        iterator_types = ["parallel", "parallel"]} ins(%x : tensor<6x40xf32>) outs(%e : tensor<6x40xf32>) {
      ^bb0(%i: f32, %o: f32):
        %0 = arith.maximumf %i, %c0 : f32
        linalg.yield %0 : f32
      } -> tensor<6x40xf32>)"},
    {"softmax",
     R"(%m0 = linalg.fill ins(%low : f32) outs(%row : tensor<6xf32>) -> tensor<6xf32>
      %m = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
          ins(%x : tensor<6x40xf32>) outs(%m0 : tensor<6xf32>) {
      ^bb0(%i: f32, %o: f32):
        %0 = arith.maximumf %i, %o : f32
        linalg.yield %0 : f32
      } -> tensor<6xf32>
      %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
          ins(%x, %m : tensor<6x40xf32>, tensor<6xf32>) outs(%e : tensor<6x40xf32>) {
      ^bb0(%i: f32, %j: f32, %o: f32):
        %0 = arith.subf %i, %j : f32
        %1 = math.exp %0 : f32
        linalg.yield %1 : f32
      } -> tensor<6x40xf32>)"},
    {"contraction", R"(
      %qx = qnn.quantize %x, scale %s zero_point %z : tensor<6x40xf32>, tensor<f32>, tensor<i8> -> tensor<6x40xi8>
      %ax = qnn.dequantize %qx, scale %s zero_point %z : tensor<6x40xi8>, tensor<f32>, tensor<i8> -> tensor<6x40xf32>
      %bw = qnn.dequantize %w, scale %s zero_point %z : tensor<40x40xi8>, tensor<f32>, tensor<i8> -> tensor<40x40xf32>
      %y = linalg.matmul ins(%ax, %bw : tensor<6x40xf32>, tensor<40x40xf32>) outs(%f : tensor<6x40xf32>) -> tensor<6x40xf32>)"},
    {"residual", R"(
      %qx = qnn.quantize %x, scale %s zero_point %z : tensor<6x40xf32>, tensor<f32>, tensor<i8> -> tensor<6x40xi8>
      %ax = qnn.dequantize %qx, scale %s zero_point %z : tensor<6x40xi8>, tensor<f32>, tensor<i8> -> tensor<6x40xf32>
      %bw = qnn.dequantize %w, scale %s zero_point %z : tensor<40x40xi8>, tensor<f32>, tensor<i8> -> tensor<40x40xf32>
      %y0 = linalg.matmul ins(%ax, %bw : tensor<6x40xf32>, tensor<40x40xf32>) outs(%f : tensor<6x40xf32>) -> tensor<6x40xf32>
      %y = arith.addf %x, %y0 : tensor<6x40xf32>)"},
    {"reshaped",
     R"(%t = tensor.expand_shape %x [[0], [1, 2]] output_shape [6, 8, 5] : tensor<6x40xf32> into tensor<6x8x5xf32>
      %et = tensor.empty() : tensor<8x6x5xf32>
      %p = linalg.transpose ins(%t : tensor<6x8x5xf32>) outs(%et : tensor<8x6x5xf32>) permutation = [1, 0, 2]
      %n = arith.negf %p : tensor<8x6x5xf32>
      %eb = tensor.empty() : tensor<6x8x5xf32>
      %b0 = linalg.transpose ins(%n : tensor<8x6x5xf32>) outs(%eb : tensor<6x8x5xf32>) permutation = [1, 0, 2]
      %y = tensor.collapse_shape %b0 [[0], [1, 2]] : tensor<6x8x5xf32> into tensor<6x40xf32>)"},
};

TEST_P(ProducerTest, writesTheSums) {
  std::mt19937_64 random(7);
  auto drawBytes = [&](size_t count) {
    std::string bytes;
    for (size_t i = 0; i < count; ++i)
      bytes += char(random());
    return "0x" + llvm::toHex(bytes);
  };
  std::string w = drawBytes(1600), v = drawBytes(2800), zv = drawBytes(70);
  std::string text = llvm::formatv(kProgram, GetParam().text, w, v, zv).str();
  std::vector<float> input(240);
  for (float &x : input)
    x = (int(random() % 4001) - 2000) / 500.0f;
  input[3] = std::numeric_limits<float>::quiet_NaN();
  input[90] = std::numeric_limits<float>::infinity();
  input[170] = -1e30f;
  // Requantization is part of the program's meaning: both have it.
  std::vector<float> expected =
      run(text, "qnn-lower-asymmetric,qnn-fuse-epilogue", input, 420);
  for (const char *pipeline :
       {"qnn-lower-asymmetric,qnn-fuse-zero-points,"
        "qnn-fuse-epilogue,qnn-fuse-sums,"
        "verify-no-zero-point-traffic",
        "qnn-lower-asymmetric,qnn-fuse-zero-points,qnn-fuse-epilogue",
        "qnn-lower-asymmetric,qnn-fuse-epilogue,qnn-fuse-sums"}) {
    SCOPED_TRACE(pipeline);
    expectSame(run(text, pipeline, input, 420), expected);
    if (HasFatalFailure())
      return;
  }
}

INSTANTIATE_TEST_SUITE_P(kinds, ProducerTest, ::testing::ValuesIn(kProducers),
                         [](const ::testing::TestParamInfo<Producer> &info) {
                           return std::string(info.param.name);
                         });
