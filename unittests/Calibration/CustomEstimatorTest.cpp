//===- CustomEstimatorTest.cpp - an estimator of another dialect ----------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What "Adding a range estimator" in docs/calibration.md promises: a dialect
// that quantc knows nothing of brings an estimator, and schemes, recipes and
// passes take it.
//
//===----------------------------------------------------------------------===//

#include "AdversarialData.h"
#include "quantc/Calibration/QuantizationParameters.h"
#include "quantc/Dialect/QNN/IR/QNNOps.h"
#include "quantc/Dialect/QNN/Transforms/Passes.h"
#include "quantc/Recipe/Recipe.h"

#include "mlir/AsmParser/AsmParser.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/FormatVariadic.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::qnn;

namespace {

struct SigmasStorage : AttributeStorage {
  using KeyTy = int64_t;
  explicit SigmasStorage(int64_t number) : number(number) {}
  bool operator==(KeyTy key) const { return key == number; }
  static SigmasStorage *construct(AttributeStorageAllocator &allocator,
                                  KeyTy key) {
    return new (allocator.allocate<SigmasStorage>()) SigmasStorage(key);
  }
  int64_t number;
};

/// mean - n sigma .. mean + n sigma, of the histogram.
class SigmasAttr
    : public Attribute::AttrBase<SigmasAttr, Attribute, SigmasStorage,
                                 RangeEstimatorAttrInterface::Trait> {
public:
  using Base::Base;
  static constexpr StringLiteral name = "mine.sigmas";

  StringRef getEstimatorName() const { return "sigmas"; }
  bool needsHistogram() const { return true; }
  quantc::Range estimate(const quantc::Statistics &statistics,
                         llvm::function_ref<double(quantc::Range)>) const {
    double sum = 0, squares = 0;
    auto [first, counts] = statistics.histogram.getOccupied();
    for (auto [i, count] : llvm::enumerate(counts)) {
      double x = std::ldexp(first + int64_t(i) + 0.5,
                            statistics.histogram.getExponent());
      sum += count * x;
      squares += count * x * x;
    }
    double mean = sum / statistics.count;
    double sigma = std::sqrt(squares / statistics.count - mean * mean);
    return {std::max<double>(mean - getImpl()->number * sigma,
                             statistics.range.min),
            std::min<double>(mean + getImpl()->number * sigma,
                             statistics.range.max)};
  }
};

class MineDialect : public Dialect {
public:
  explicit MineDialect(MLIRContext *context)
      : Dialect(getDialectNamespace(), context, TypeID::get<MineDialect>()) {
    addAttributes<SigmasAttr>();
  }
  static constexpr StringLiteral getDialectNamespace() { return "mine"; }

  Attribute parseAttribute(DialectAsmParser &parser, Type) const override {
    int64_t number;
    if (parser.parseKeyword("sigmas") || parser.parseLess() ||
        parser.parseInteger(number) || parser.parseGreater())
      return {};
    return SigmasAttr::get(getContext(), number);
  }
  void printAttribute(Attribute attribute,
                      DialectAsmPrinter &printer) const override {
    printer << "sigmas<" << cast<SigmasAttr>(attribute).getImpl()->number
            << '>';
  }
};

class CustomEstimatorTest : public testing::Test {
protected:
  CustomEstimatorTest() {
    context.loadDialect<MineDialect, QNNDialect, arith::ArithDialect,
                        func::FuncDialect, linalg::LinalgDialect>();
  }

  QuantizationAttr scheme(StringRef text) {
    return cast<QuantizationAttr>(
        parseAttribute(("#qnn.quantization<" + text + ">").str(), &context));
  }

  MLIRContext context;
};

constexpr const char *text = "i8 symmetric tensor #mine.sigmas<2>";

TEST_F(CustomEstimatorTest, IsPartOfASchemesText) {
  std::string printed;
  llvm::raw_string_ostream(printed) << scheme(text);
  EXPECT_EQ(printed, "#qnn.quantization<" + std::string(text) + ">");
}

TEST_F(CustomEstimatorTest, EstimatesActivationsAndConstants) {
  std::vector<float> values = normalData(20000, 1, 3.0f);
  quantc::Statistics statistics;
  statistics.update(values.data(), 1, values.size());
  llvm::Expected<quantc::Range> range = estimateRange(statistics, scheme(text));
  ASSERT_TRUE(bool(range));
  // The data are normal around 0.9.
  EXPECT_NEAR(range->min, 0.9 - 6, 0.1);
  EXPECT_NEAR(range->max, 0.9 + 6, 0.1);

  auto type = RankedTensorType::get({int64_t(values.size())},
                                    Float32Type::get(&context));
  FailureOr<QuantizationParameters> parameters = computeQuantizationParameters(
      ArrayRef(reinterpret_cast<const char *>(values.data()),
               values.size() * sizeof(float)),
      type, scheme(text), [&] { return emitError(UnknownLoc::get(&context)); });
  ASSERT_TRUE(succeeded(parameters));
  EXPECT_EQ(parameters->scales[0], float(range->max / 127));

  // What it needs and is not there is an error with its name.
  statistics.histogram = {};
  range = estimateRange(statistics, scheme(text));
  ASSERT_FALSE(bool(range));
  EXPECT_TRUE(
      StringRef(llvm::toString(range.takeError()))
          .starts_with("expected a histogram for range estimator 'sigmas'"));
}

TEST_F(CustomEstimatorTest, GoesFromARecipeToScales) {
  // Half of the elements in the bins of -1 and 1: sigma is 1, and 2 sigmas do
  // not reach the outlier.
  std::string source = R"(
    #stats = #qnn.statistics<count = 1001, nanCount = 0, infCount = 0,
      min = -1.0 : f32, max = 100.0 : f32, channelMin = [], channelMax = [],
      binExponent = -4, firstBin = -16, histogram = [{0}]>
    func.func @main(%x: tensor<4x8xf32>, %i: tensor<4x2xf32>) -> tensor<4x2xf32> {{
      %w = arith.constant dense<1.0> : tensor<8x2xf32>
      %o = qnn.observe %x {{name = "a/lhs", statistics = #stats} : tensor<4x8xf32>
      %0 = linalg.matmul {{qnn.site = "a"} ins(%o, %w : tensor<4x8xf32>, tensor<8x2xf32>) outs(%i : tensor<4x2xf32>) -> tensor<4x2xf32>
      return %0 : tensor<4x2xf32>
    })";
  std::vector<int64_t> counts(16 + 1600 + 1);
  counts[0] = counts[32] = 500;
  counts.back() = 1;
  std::string list;
  llvm::raw_string_ostream os(list);
  llvm::interleaveComma(counts, os);
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(
      llvm::formatv(source.c_str(), list).str(), &context);
  ASSERT_TRUE(module);

  SmallString<128> path;
  ASSERT_FALSE(llvm::sys::fs::createTemporaryFile("recipe", "yaml", path));
  llvm::FileRemover remover(path);
  {
    std::error_code error;
    llvm::raw_fd_ostream file(path, error);
    file << "{version: 1, activations: {symmetric: true, estimator: "
            "'#mine.sigmas<2>'}}";
  }
  PassManager passes(&context);
  QNNSelectSchemePassOptions options;
  options.recipe = path.str().str();
  passes.addPass(createQNNSelectSchemePass(options));
  passes.addPass(createQNNMaterializePass());
  ASSERT_TRUE(succeeded(passes.run(*module)));

  std::vector<float> scales;
  module->walk([&](QuantizeOp op) {
    DenseElementsAttr scale;
    ASSERT_TRUE(matchPattern(op.getScale(), m_Constant(&scale)));
    llvm::append_range(scales, scale.getValues<float>());
  });
  ASSERT_EQ(scales.size(), 1u);
  double sum = 500 * (-1 + 1 / 32.0) + 500 * (1 + 1 / 32.0) + 100 + 1 / 32.0;
  double squares = 500 * std::pow(-1 + 1 / 32.0, 2) +
                   500 * std::pow(1 + 1 / 32.0, 2) +
                   std::pow(100 + 1 / 32.0, 2);
  double mean = sum / 1001;
  double most = mean + 2 * std::sqrt(squares / 1001 - mean * mean);
  EXPECT_FLOAT_EQ(scales[0], most / 127);
}

TEST_F(CustomEstimatorTest, UnknownOnesAreOneError) {
  for (auto [estimator, reason] :
       {std::pair("#mine.sigmas<x>", "expected integer value"),
        {"#other.thing", "unregistered dialect"},
        {"#qnn<minmax", "expected"}}) {
    llvm::Expected<Recipe> recipe = Recipe::parse(
        llvm::formatv("{{version: 1, activations: {{estimator: '{0}'}}",
                      estimator)
            .str(),
        "recipe.yaml");
    ASSERT_TRUE(bool(recipe)) << llvm::toString(recipe.takeError());
    std::vector<std::string> errors;
    ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
      errors.push_back(diagnostic.str());
      return success();
    });
    EXPECT_FALSE(recipe->activations.buildEstimator(
        &context, [&] { return emitError(UnknownLoc::get(&context)); }));
    ASSERT_EQ(errors.size(), 1u);
    EXPECT_TRUE(StringRef(errors[0]).starts_with(
        llvm::formatv("expected a range estimator, but got '{0}'", estimator)
            .str()))
        << errors[0];
    EXPECT_NE(errors[0].find(reason), std::string::npos) << errors[0];
  }
}

} // namespace
