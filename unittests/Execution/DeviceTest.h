//===- DeviceTest.h - small models on the emulator --------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_UNITTESTS_EXECUTION_DEVICETEST_H
#define QUANTC_UNITTESTS_EXECUTION_DEVICETEST_H

#include "quantc/Execution/Bundle.h"
#include "quantc/Runtime/quantc_runtime.h"

#include "mlir/Parser/Parser.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "gtest/gtest.h"
#include <cmath>
#include <cstring>
#include <limits>
#include <random>

namespace quantc {

using namespace mlir;

using Bytes = std::vector<char>;

template <typename T>
Bytes toBytes(const std::vector<T> &values) {
  auto *data = reinterpret_cast<const char *>(values.data());
  return Bytes(data, data + values.size() * sizeof(T));
}

template <typename T>
std::vector<T> fromBytes(const Bytes &bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

/// `text` with the values in the places of $0, $1.
template <typename... Values>
std::string substitute(StringRef text, const Values &...values) {
  std::string result = text.str();
  size_t number = 0;
  for (const std::string &value :
       {(llvm::Twine() + llvm::Twine(values)).str()...}) {
    std::string place = "$" + std::to_string(number++);
    for (size_t at; (at = result.find(place)) != result.npos;)
      result.replace(at, place.size(), value);
  }
  return result;
}

/// A bundle on one device.
class Model {
public:
  Model(const std::string &path, const char *device) {
    char message[4096] = "";
    bundle =
        quantc_bundle_open_on(path.c_str(), device, message, sizeof(message));
    EXPECT_TRUE(bundle) << message;
  }
  ~Model() { quantc_bundle_close(bundle); }

  std::vector<Bytes> run(const std::vector<Bytes> &inputs) {
    const quantc_model_info *info = quantc_bundle_info(bundle);
    EXPECT_EQ(inputs.size(), info->num_inputs);
    std::vector<const void *> in;
    for (uint32_t i = 0; i < info->num_inputs; ++i) {
      EXPECT_EQ(inputs[i].size(), info->inputs[i].bytes);
      in.push_back(inputs[i].data());
    }
    std::vector<Bytes> outputs;
    std::vector<void *> out;
    for (uint32_t i = 0; i < info->num_outputs; ++i)
      outputs.emplace_back(info->outputs[i].bytes, char(0x55));
    for (Bytes &output : outputs)
      out.push_back(output.data());
    EXPECT_EQ(quantc_bundle_run(bundle, in.data(), out.data()), QUANTC_OK)
        << quantc_last_error();
    return outputs;
  }

  quantc_bundle *bundle;
};

class DeviceTest : public ::testing::Test {
protected:
  DeviceTest() {
    DialectRegistry registry;
    registerCompilerDialects(registry);
    context.appendDialectRegistry(registry);
    llvm::sys::fs::createUniqueDirectory("quantc-device-test", folder);
  }
  ~DeviceTest() override { llvm::sys::fs::remove_directories(folder); }

  std::string path() { return (folder + "/bundle").str(); }

  LogicalResult write(StringRef text, ArrayRef<StringRef> chips = {"sm_80"}) {
    ScopedDiagnosticHandler handler(
        &context, [&](Diagnostic &diagnostic) { error = diagnostic.str(); });
    auto module = parseSourceString<ModuleOp>(text, &context);
    auto target = cpu::Target::resolve({});
    if (!module || !target)
      return failure();
    BundleOptions options;
    for (StringRef chip : chips)
      options.chips.push_back(llvm::cantFail(nvvm::Target::resolve(chip)));
    return writeBundle(*module, path(), *target, options);
  }

  /// Outputs of the emulator.
  std::vector<Bytes> runOnDevice(StringRef text,
                                 const std::vector<Bytes> &inputs) {
    if (failed(write(text))) {
      ADD_FAILURE() << error << "\n" << text.str();
      return {};
    }
    Model model(path(), "emulator");
    return model.bundle ? model.run(inputs) : std::vector<Bytes>();
  }

  /// The same bits on both.
  void compare(StringRef text, const std::vector<Bytes> &inputs) {
    std::vector<Bytes> device = runOnDevice(text, inputs);
    Model cpu(path(), "cpu");
    std::vector<Bytes> expected = cpu.run(inputs);
    ASSERT_EQ(device.size(), expected.size());
    for (auto [got, wanted] : llvm::zip_equal(device, expected))
      EXPECT_EQ(got, wanted) << text.str();
  }

  std::vector<float> makeFloats(size_t count, float scale = 4) {
    const float edges[] = {0.0f,   -0.0f,  1.0f,    -1.0f,    0.5f,   -0.5f,
                           1e-30f, -3e38f, 127.5f,  -128.5f,  1e-42f, INFINITY,
                           88.7f,  -87.4f, -103.9f, -INFINITY};
    std::normal_distribution<float> normal(0, scale);
    std::vector<float> values(count);
    for (float &value : values)
      value = random() % 8 == 0 ? edges[random() % std::size(edges)]
                                : normal(random);
    return values;
  }
  std::vector<float> makeNormal(size_t count) {
    std::normal_distribution<float> normal(0, 3);
    std::vector<float> values(count);
    for (float &value : values)
      value = normal(random);
    return values;
  }
  /// Whole numbers, whose sums are exact in any order.
  std::vector<float> makeWhole(size_t count) {
    std::vector<float> values(count);
    for (float &value : values)
      value = int(random() % 201) - 100;
    return values;
  }
  template <typename T>
  std::vector<T> makeIntegers(size_t count, int64_t min, int64_t max) {
    std::vector<T> values(count);
    for (T &value : values)
      value = std::uniform_int_distribution<int64_t>(min, max)(random);
    return values;
  }

  MLIRContext context;
  SmallString<128> folder;
  std::string error;
  std::mt19937 random{42};
};

} // namespace quantc

#endif // QUANTC_UNITTESTS_EXECUTION_DEVICETEST_H
