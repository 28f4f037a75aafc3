//===- RequantizeTest.cpp - every mode of requantization, executed --------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Compiled and executed, against docs/arithmetic.md in 128-bit integers: all
// pairs of edge values and parameters, and a million random ones for each mode.
//
//===----------------------------------------------------------------------===//

#include "CompiledProgram.h"
#include "ExactIntegers.h"

#include "gtest/gtest.h"
#include <cmath>
#include <random>

using namespace mlir;
using namespace quantc;
using namespace quantc::test;

namespace {

/// One op: types by their MLIR names, a multiplier or shift type may be empty.
struct Variant {
  const char *input;
  const char *multiplier;
  const char *shift;
  const char *result;
  bool inputZeroPoint = false;
  bool zeroPoint = false;
  const char *attributes = "";
  bool constant = false;

  bool isFloat() const { return StringRef(multiplier) == "f32"; }
  bool isShift() const { return !*multiplier; }
  bool has(StringRef attribute) const {
    return StringRef(attributes).contains(attribute);
  }
};

void PrintTo(const Variant &v, std::ostream *os) {
  *os << v.input << " * " << v.multiplier << " >> " << v.shift << " to "
      << v.result << " " << v.attributes;
}

constexpr int64_t numRows = 128, numColumns = 8192;

unsigned getWidth(StringRef type) {
  unsigned width;
  type.ltrim("uif").getAsInteger(10, width);
  return width;
}

/// Values of an integer type, of which each row takes the same edges first.
int64_t drawInteger(std::mt19937_64 &random, StringRef type) {
  unsigned width = getWidth(type);
  // Small numbers of bits are where the rounding shows.
  unsigned bits = 1 + random() % width;
  uint64_t value = random() >> (64 - bits);
  if (type.starts_with("u"))
    return value;
  int64_t number = int64_t(value << (64 - width)) >> (64 - width);
  int64_t min = -(int64_t(1) << (width - 2)) * 2;
  return random() % 2 || number == min ? number : -number;
}

std::vector<int64_t> getEdges(StringRef type) {
  unsigned width = getWidth(type);
  std::vector<int64_t> edges = {0, 1, 2, 3};
  int64_t max = width == 64 ? INT64_MAX : (int64_t(1) << (width - 1)) - 1;
  if (type.starts_with("u")) {
    edges.insert(edges.end(), {max, max + 1, 2 * max, 2 * max + 1});
    return edges;
  }
  for (int64_t value :
       {int64_t(-1), int64_t(-2), int64_t(-3), max, max - 1, -max, -max - 1})
    edges.push_back(value);
  for (unsigned bit = 2; bit < width - 1; ++bit)
    for (int64_t delta : {-1, 0, 1})
      for (int64_t sign : {-1, 1})
        edges.push_back(sign * ((int64_t(1) << bit) + delta));
  return edges;
}

/// The parameters of one row.
struct Row {
  double factor = 0;
  int64_t multiplier = 0, shift = 0, inputZeroPoint = 0, zeroPoint = 0;
};

Row drawRow(std::mt19937_64 &random, const Variant &variant, int row) {
  Row result;
  if (variant.isFloat()) {
    result.factor = std::ldexp(1.0f + float(random() % (1 << 23)) / (1 << 23),
                               6 - int(random() % 40));
    if (row % 8 == 0) // ties
      result.factor = std::ldexp(1.0f, -(row / 8));
  } else if (variant.isShift()) {
    result.shift = int64_t(random() % 94) - 31;
    if (row % 2)
      result.shift = row / 2 % 16;
  } else {
    int64_t max = StringRef(variant.multiplier) == "i16" ? 32767 : 2147483647;
    constexpr int64_t edges[] = {0, 1, 2, 3};
    result.multiplier = row < 4        ? edges[row]
                        : row < 16     ? max - row + 4
                        : row % 3 == 0 ? (max + 1) / 2
                                       : max / 2 + random() % (max / 2);
    result.shift = row < 61 ? 2 + row : 20 + random() % 30;
  }
  if (variant.inputZeroPoint)
    result.inputZeroPoint = drawInteger(random, variant.input);
  if (variant.zeroPoint)
    result.zeroPoint = drawInteger(random, variant.result);
  return result;
}

int64_t getExpected(const Variant &variant, int64_t input, const Row &row) {
  Int v = Int(input) - row.inputZeroPoint;
  Int rescaled;
  if (variant.isFloat()) {
    // The product of two floats is exact in double.
    float product = double(float(int64_t(v))) * row.factor;
    // Beyond 2^40 everything saturates.
    product = std::fmin(std::fmax(product, -0x1p40f), 0x1p40f);
    rescaled = divideHalfEven(Int(std::ldexp(double(product), 60)), power(60));
    if (std::fabs(product) < 0x1p-30f)
      rescaled = 0;
  } else {
    rescaled = variant.isShift()
                   ? rescaleShift(v, row.shift)
                   : rescaleFixedPoint(v, row.multiplier, row.shift,
                                       variant.has("double_round"));
  }
  StringRef type = variant.result;
  Int min = 0, max = power(getWidth(type)) - 1;
  if (!type.starts_with("u")) {
    max = power(getWidth(type) - 1) - 1;
    min = variant.has("narrow_range") ? -max : -max - 1;
  }
  return int64_t(clamp(rescaled + row.zeroPoint, min, max));
}

/// Entry points have no unsigned types.
std::string getSignless(const std::string &shape, StringRef type) {
  return shape + type.ltrim("u").str() + ">";
}

/// The same value in another type of integers, or the same.
std::string getBitcast(const std::string &result, const std::string &value,
                       const std::string &from, const std::string &to) {
  return "  " + result + " = " +
         (from == to ? "tensor.cast " : "tensor.bitcast ") + value + " : " +
         from + " to " + to + "\n";
}

/// Adds an operand of one value for each row: an argument or a constant.
class ProgramText {
public:
  explicit ProgramText(bool constant) : constant(constant) {}

  std::string addParameter(const char *keyword, StringRef type,
                           std::vector<char> bytes) {
    std::string name = "%p" + std::to_string(data.size());
    std::string shape = "tensor<" + std::to_string(numRows) + "x";
    if (constant) {
      body += "  " + name + " = arith.constant " + getDense(bytes) + " : " +
              shape + type.str() + ">\n";
    } else {
      arguments += ", " + name + "_: " + getSignless(shape, type);
      body += getBitcast(name, name + "_", getSignless(shape, type),
                         shape + type.str() + ">");
    }
    types += ", " + shape + type.str() + ">";
    data.push_back(std::move(bytes));
    return std::string(" ") + keyword + " " + name;
  }

  bool constant;
  std::string arguments, body, types;
  std::vector<std::vector<char>> data;
};

class RequantizeTest : public ::testing::TestWithParam<Variant> {
protected:
  void run(unsigned seed);
};

void RequantizeTest::run(unsigned seed) {
  const Variant &variant = GetParam();
  std::mt19937_64 random(seed);
  std::vector<Row> rows;
  for (int64_t i = 0; i < numRows; ++i)
    rows.push_back(drawRow(random, variant, i));
  std::vector<int64_t> inputs = getEdges(variant.input);
  size_t numEdges = inputs.size();
  for (int64_t i = numEdges; i < numRows * numColumns; ++i)
    inputs.push_back(drawInteger(random, variant.input));
  for (int64_t i = 1; i < numRows; ++i)
    std::copy_n(inputs.begin(), numEdges, inputs.begin() + i * numColumns);

  auto pack = [&](StringRef type, auto member) {
    std::vector<char> bytes;
    for (const Row &row : rows) {
      if (type == "f32")
        appendBytes(bytes, float(row.*member));
      else
        appendInteger(bytes, int64_t(row.*member), getWidth(type));
    }
    return bytes;
  };
  ProgramText text(variant.constant);
  std::string op = "qnn.requantize %x";
  if (variant.inputZeroPoint)
    op += text.addParameter("input_zero_point", variant.input,
                            pack(variant.input, &Row::inputZeroPoint));
  op += ",";
  if (variant.isFloat())
    op += text.addParameter("multiplier", "f32", pack("f32", &Row::factor));
  else if (!variant.isShift())
    op += text.addParameter("multiplier", variant.multiplier,
                            pack(variant.multiplier, &Row::multiplier));
  if (!variant.isFloat())
    op += text.addParameter("shift", "i8", pack("i8", &Row::shift));
  if (variant.zeroPoint)
    op += text.addParameter("zero_point", variant.result,
                            pack(variant.result, &Row::zeroPoint));
  std::string shape = "tensor<" + std::to_string(numRows) + "x" +
                      std::to_string(numColumns) + "x";
  std::string inputType = shape + variant.input + ">",
              resultType = shape + variant.result + ">";
  std::string inputABI = getSignless(shape, variant.input),
              resultABI = getSignless(shape, variant.result);
  std::string module =
      "func.func @main(%x_: " + inputABI + text.arguments + ") -> " +
      resultABI + " {\n" + getBitcast("%x", "%x_", inputABI, inputType) +
      text.body + "  %y = " + op + " {axes = array<i64: 0>" +
      variant.attributes + "} : " + inputType + text.types + " -> " +
      resultType + "\n" + getBitcast("%r", "%y", resultType, resultABI) +
      "  return %r : " + resultABI + "\n}\n";
  CompiledProgram program(module, "");
  ASSERT_TRUE(program.isValid()) << module;

  std::vector<char> input;
  for (int64_t value : inputs)
    appendInteger(input, value, getWidth(variant.input));
  std::vector<const void *> arguments = {input.data()};
  if (!variant.constant)
    for (const std::vector<char> &bytes : text.data)
      arguments.push_back(bytes.data());
  unsigned width = getWidth(variant.result);
  std::vector<char> output(numRows * numColumns * width / 8);
  program.run(arguments, {output.data()});
  for (int64_t i = 0; i < numRows * numColumns; ++i) {
    const Row &row = rows[i / numColumns];
    ASSERT_EQ(loadInteger(output, i, width,
                          StringRef(variant.result).starts_with("u")),
              getExpected(variant, inputs[i], row))
        << inputs[i] << " - " << row.inputZeroPoint << ", times " << row.factor
        << " or " << row.multiplier << " >> " << row.shift << ", + "
        << row.zeroPoint;
  }
}

TEST_P(RequantizeTest, agreesWithIntegers) { run(/*seed=*/1); }

constexpr const char *kDouble = ", double_round", *kNarrow = ", narrow_range";

INSTANTIATE_TEST_SUITE_P(
    Modes, RequantizeTest,
    ::testing::Values(Variant{"i32", "f32", "", "i8", false, true},
                      Variant{"i32", "f32", "", "ui8", false, true, "", true},
                      Variant{"i32", "f32", "", "i16", false, false, kNarrow},
                      Variant{"ui8", "f32", "", "i8", true, true},
                      Variant{"i32", "i32", "i8", "i8", false, true},
                      Variant{"i32", "i32", "i8", "i8", false, true, "", true},
                      Variant{"i32", "i32", "i8", "ui8", false, true, kDouble},
                      Variant{"i32", "i32", "i8", "i32", false, false, kDouble,
                              true},
                      Variant{"i8", "i32", "i8", "i32", true, false},
                      Variant{"ui8", "i32", "i8", "i8", true, true, kNarrow},
                      Variant{"i64", "i16", "i8", "i16", false, false},
                      Variant{"i32", "i16", "i8", "i8", false, true, "", true},
                      Variant{"i32", "", "i8", "i8", false, true},
                      Variant{"i32", "", "i8", "ui8", false, true, "", true},
                      Variant{"i64", "", "i8", "i32", false, false},
                      Variant{"i16", "", "i8", "i32", true, false, "", true}));

} // namespace
