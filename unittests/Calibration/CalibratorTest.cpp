//===- CalibratorTest.cpp - annotated models over data --------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Calibration/Calibrator.h"

#include "mlir/Parser/Parser.h"
#include "quantc/Dialect/QNN/IR/QNNDialect.h"
#include "gtest/gtest.h"
#include <cmath>
#include <cstring>
#include <random>

using namespace mlir;
using namespace quantc;

namespace {

/// Observes the input per channel and a product.
constexpr StringRef model = R"(
module attributes {qnn.fingerprint = "f00d"} {
  func.func @main(%x: tensor<2x3xf32> {qnn.input = "x"}) -> tensor<2x2xf32> {
    %w = arith.constant dense<[[1.0, -1.0], [2.0, 0.5], [0.0, 4.0]]> : tensor<3x2xf32>
    %zero = arith.constant dense<0.0> : tensor<2x2xf32>
    %0 = qnn.observe %x {name = "a/lhs", axis = 1 : i64} : tensor<2x3xf32>
    %1 = linalg.matmul ins(%0, %w : tensor<2x3xf32>, tensor<3x2xf32>) outs(%zero : tensor<2x2xf32>) -> tensor<2x2xf32>
    %2 = qnn.observe %1 {name = "b/lhs"} : tensor<2x2xf32>
    return %2 : tensor<2x2xf32>
  }
})";

class CalibratorTest : public testing::Test {
protected:
  CalibratorTest() {
    DialectRegistry registry;
    registerCompilerDialects(registry);
    registry.insert<qnn::QNNDialect>();
    context.appendDialectRegistry(registry);
  }

  std::unique_ptr<Calibrator> create(StringRef text,
                                     const ObserverOptions &options = {}) {
    OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, &context);
    if (!module)
      return nullptr;
    auto calibrator = Calibrator::create(*module, options);
    return succeeded(calibrator) ? std::move(*calibrator) : nullptr;
  }

  /// A data file with rows of three values.
  std::shared_ptr<const SafetensorsFile> makeData(ArrayRef<float> values) {
    std::string path = testing::TempDir() + "calibrator.safetensors";
    SafetensorsTensor tensor{
        "x",
        DType::F32,
        {int64_t(values.size() / 3), 3},
        {reinterpret_cast<const char *>(values.data()), values.size() * 4}};
    llvm::cantFail(writeSafetensors(path, tensor));
    return llvm::cantFail(SafetensorsFile::open(path));
  }

  std::string calibrate(ArrayRef<float> values) {
    std::unique_ptr<Calibrator> calibrator = create(model);
    if (!calibrator)
      return "";
    DataSet data = llvm::cantFail(
        DataSet::create(makeData(values), calibrator->getInputs()));
    llvm::cantFail(calibrator->run(data));
    std::string text;
    llvm::raw_string_ostream os(text);
    calibrator->getStatistics().print(os);
    return text;
  }

  MLIRContext context;
};

TEST_F(CalibratorTest, ObserversSeeWhatTheModelComputes) {
  std::unique_ptr<Calibrator> calibrator = create(model);
  ASSERT_TRUE(calibrator);
  float values[] = {1, 2, 3, -1, 0, 0.5f, 0, -2, 0, 4, 0, NAN};
  DataSet data = llvm::cantFail(
      DataSet::create(makeData(values), calibrator->getInputs()));
  int64_t seen = 0;
  ASSERT_FALSE(bool(calibrator->run(
      data, [&](int64_t done, int64_t total) { seen = 10 * done + total; })));
  EXPECT_EQ(seen, 22);

  const StatisticsFile &file = calibrator->getStatistics();
  EXPECT_EQ(file.fingerprint, "f00d");
  EXPECT_EQ(file.samples, 4);
  ASSERT_EQ(file.observers.size(), 2u);
  const Statistics &input = file.observers[0].statistics;
  EXPECT_EQ(input.count, 11);
  EXPECT_EQ(input.nanCount, 1);
  EXPECT_EQ(input.range.min, -2);
  EXPECT_EQ(input.range.max, 4);
  ASSERT_EQ(input.channels.size(), 3u);
  EXPECT_EQ(input.channels[1].min, -2);
  EXPECT_EQ(input.channels[2].max, 3);
  // Rows times w: [5, 12], [-1, 3], [-4, -1], and one with NaN.
  const Statistics &product = file.observers[1].statistics;
  EXPECT_EQ(product.nanCount, 2);
  EXPECT_EQ(product.range.min, -4);
  EXPECT_EQ(product.range.max, 12);
}

TEST_F(CalibratorTest, ShardsMergeToTheWhole) {
  std::vector<float> values(3 * 64);
  std::mt19937 engine(1);
  for (float &value : values)
    value = std::normal_distribution<float>()(engine);
  std::string whole = calibrate(values);
  ArrayRef<float> all(values);
  StatisticsFile merged = llvm::cantFail(
      StatisticsFile::parse(calibrate(all.take_back(3 * 24)), "second"));
  ASSERT_FALSE(bool(merged.merge(llvm::cantFail(
      StatisticsFile::parse(calibrate(all.drop_back(3 * 24)), "first")))));
  std::string text;
  llvm::raw_string_ostream os(text);
  merged.print(os);
  EXPECT_EQ(text, whole);
}

/// All that there is to observe: heads, channels, and two products.
constexpr StringRef headsModel = R"(
module attributes {qnn.fingerprint = "f00d"} {
  func.func @main(%x: tensor<2x3xf32> {qnn.input = "x"}) -> tensor<2x2xf32> {
    %w = arith.constant dense<[[1.0, -1.0], [2.0, 0.5], [0.0, 4.0]]> : tensor<3x2xf32>
    %zero = arith.constant dense<0.0> : tensor<2x2xf32>
    %0 = qnn.observe %x {name = "a/lhs", axis = 1 : i64, head = 0 : i64} : tensor<2x3xf32>
    %1 = linalg.matmul ins(%0, %w : tensor<2x3xf32>, tensor<3x2xf32>) outs(%zero : tensor<2x2xf32>) -> tensor<2x2xf32>
    %2 = qnn.observe %1 {name = "b/lhs", axis = 1 : i64} : tensor<2x2xf32>
    return %2 : tensor<2x2xf32>
  }
})";

TEST_F(CalibratorTest, ThreadsDoNotChangeABit) {
  // An odd number of batches, more than a round of three threads takes, the
  // later ones larger; NaN and infinities near the end.
  std::vector<float> values(6 * 77);
  std::mt19937 engine(2);
  for (auto [i, value] : llvm::enumerate(values))
    value = std::normal_distribution<float>()(engine) * float(1 + i / 50);
  values[6 * 70 + 1] = NAN;
  values[6 * 74 + 2] = INFINITY;
  std::shared_ptr<const SafetensorsFile> file = makeData(values);

  ObserverOptions everything;
  everything.keepBatches = everything.keepMagnitudes = true;
  everything.keepTokens = true;
  everything.sampleRows = 5;
  std::string expected;
  for (int64_t threads : {1, 2, 3, 100}) {
    SCOPED_TRACE(std::to_string(threads) + " threads");
    std::unique_ptr<Calibrator> calibrator = create(headsModel, everything);
    ASSERT_TRUE(calibrator);
    calibrator->setThreads(threads);
    DataSet data =
        llvm::cantFail(DataSet::create(file, calibrator->getInputs()));
    int64_t last = 0;
    std::string middle;
    NonFiniteInputs middleInputs;
    auto print = [&] {
      std::string text;
      llvm::raw_string_ostream os(text);
      calibrator->getStatistics().print(os);
      return text;
    };
    llvm::cantFail(calibrator->run(data, [&](int64_t done, int64_t total) {
      EXPECT_GT(done, last);
      EXPECT_EQ(total, 77);
      EXPECT_EQ(calibrator->getStatistics().samples, 2 * done);
      last = done;
      if (middle.empty() && done < total) {
        middle = print();
        middleInputs = calibrator->getNonFinite();
      }
    }));
    EXPECT_EQ(last, 77);
    if (threads == 1)
      expected = print();
    EXPECT_EQ(print(), expected);
    auto found = calibrator->getNonFinite();
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found["x"].count, 2);
    EXPECT_EQ(found["x"].firstSample, 140);

    // What is there between two rounds is worth continuing from.
    if (middle.empty())
      continue;
    StatisticsFile earlier =
        llvm::cantFail(StatisticsFile::parse(middle, "middle"));
    std::unique_ptr<Calibrator> second = create(headsModel, everything);
    second->setThreads(4 - threads);
    llvm::cantFail(second->resume(earlier, middleInputs));
    llvm::cantFail(second->run(data, nullptr, earlier.samples / 2));
    std::string text;
    llvm::raw_string_ostream os(text);
    second->getStatistics().print(os);
    EXPECT_EQ(text, expected);
    auto foundAgain = second->getNonFinite();
    EXPECT_EQ(foundAgain["x"].count, 2);
    EXPECT_EQ(foundAgain["x"].firstSample, 140);
  }
}

TEST_F(CalibratorTest, RefusesModelsThatAreNotAnnotated) {
  std::string error;
  ScopedDiagnosticHandler handler(
      &context, [&](Diagnostic &diagnostic) { error = diagnostic.str(); });
  EXPECT_FALSE(create("module {}"));
  EXPECT_EQ(error, "expected a 'qnn.fingerprint' attribute on the module; run "
                   "qnn-annotate");
}

} // namespace
