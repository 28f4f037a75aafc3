//===- BundleTest.cpp - ahead-of-time compiled models ---------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Execution/Bundle.h"
#include "quantc/Runtime/CpuFeatures.h"
#include "quantc/Runtime/LibrarySeal.h"
#include "quantc/Runtime/quantc_runtime.h"

#include "mlir/Parser/Parser.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/Alignment.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Program.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"
#include "gtest/gtest.h"
#include <cmath>
#include <thread>

using namespace mlir;
using namespace quantc;

namespace {

/// y = tanh(x @ w) + log(x @ w) + b, and a quantized second result. The weights
/// are so small that packed they become part of the code.
constexpr StringRef model = R"(
module attributes {qnn.fingerprint = "abc123"} {
  func.func @main(%x: tensor<2x3xf32> {qnn.input = "x"})
      -> (tensor<2x2xf32> {qnn.output = "y"},
          tensor<2x2xi8> {qnn.output = "q", qnn.scale = 0.5 : f64, qnn.zero_point = 3 : i64}) {
    %w = arith.constant dense_resource<w> : tensor<3x2xf32>
    %c0 = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<2x2xf32>
    %f = linalg.fill ins(%c0 : f32) outs(%e : tensor<2x2xf32>) -> tensor<2x2xf32>
    %m = linalg.matmul ins(%x, %w : tensor<2x3xf32>, tensor<3x2xf32>)
                       outs(%f : tensor<2x2xf32>) -> tensor<2x2xf32>
    %t = linalg.tanh ins(%m : tensor<2x2xf32>) outs(%e : tensor<2x2xf32>) -> tensor<2x2xf32>
    %p = linalg.log ins(%m : tensor<2x2xf32>) outs(%e : tensor<2x2xf32>) -> tensor<2x2xf32>
    %s = linalg.add ins(%t, %p : tensor<2x2xf32>, tensor<2x2xf32>) outs(%e : tensor<2x2xf32>) -> tensor<2x2xf32>
    %b = arith.constant dense_resource<b> : tensor<2x2xf32>
    %u = linalg.add ins(%s, %b : tensor<2x2xf32>, tensor<2x2xf32>) outs(%e : tensor<2x2xf32>) -> tensor<2x2xf32>
    %q0 = tensor.empty() : tensor<2x2xi8>
    %q = linalg.map { arith.fptosi } ins(%m : tensor<2x2xf32>) outs(%q0 : tensor<2x2xi8>)
    return %u, %q : tensor<2x2xf32>, tensor<2x2xi8>
  }
}
{-# dialect_resources: { builtin: {
  b: "0x0400000000000000000000000000000000000000",
  w: "0x040000000000803F000000400000404000008040000000000000803F" } } #-}
)";

class BundleTest : public ::testing::Test {
protected:
  BundleTest() {
    DialectRegistry registry;
    registerCompilerDialects(registry);
    context.appendDialectRegistry(registry);
    llvm::sys::fs::createUniqueDirectory("quantc-bundle-test", folder);
  }
  ~BundleTest() override { llvm::sys::fs::remove_directories(folder); }

  std::string path(StringRef name) { return (folder + "/" + name).str(); }

  LogicalResult write(StringRef text, StringRef directory,
                      const BundleOptions &options = {},
                      const cpu::TargetOptions &machine = {}) {
    auto module = parseSourceString<ModuleOp>(text, &context);
    auto target = cpu::Target::resolve(machine);
    if (!module || !target)
      return failure();
    ScopedDiagnosticHandler handler(
        &context, [&](Diagnostic &diagnostic) { error = diagnostic.str(); });
    return writeBundle(*module, directory, *target, options);
  }

  std::string read(StringRef file) {
    auto buffer = llvm::MemoryBuffer::getFile(file);
    return buffer ? (*buffer)->getBuffer().str() : "missing: " + file.str();
  }

  MLIRContext context;
  SmallString<128> folder;
  std::string error;
};

TEST_F(BundleTest, runsWithTheRuntime) {
  ASSERT_TRUE(succeeded(write(model, path("b")))) << error;
  char message[256] = {};
  quantc_bundle *bundle =
      quantc_bundle_open(path("b").c_str(), message, sizeof(message));
  ASSERT_TRUE(bundle) << message;
  const quantc_model_info *info = quantc_bundle_info(bundle);
  EXPECT_STREQ(info->name, "model");
  EXPECT_STREQ(info->fingerprint, "abc123");
  ASSERT_EQ(info->num_inputs, 1u);
  EXPECT_STREQ(info->inputs[0].name, "x");
  EXPECT_EQ(info->inputs[0].dtype, QUANTC_F32);
  EXPECT_EQ(info->inputs[0].bytes, 24u);
  ASSERT_EQ(info->num_outputs, 2u);
  EXPECT_STREQ(info->outputs[1].name, "q");
  EXPECT_EQ(info->outputs[1].rank, 2u);
  EXPECT_EQ(info->outputs[1].shape[1], 2);
  EXPECT_EQ(info->outputs[1].scale, 0.5);
  EXPECT_EQ(info->outputs[1].zero_point, 3);
  ASSERT_EQ(info->num_parameters, 1u);
  EXPECT_STREQ(info->parameters[0].tensor.name, "b");

  float x[] = {1, 2, 3, 4, 5, 6};
  auto run = [&] {
    float y[4] = {};
    int8_t q[4] = {};
    const void *inputs[] = {x};
    void *outputs[] = {y, q};
    for (int i = 0; i < 100; ++i)
      EXPECT_EQ(quantc_bundle_run(bundle, inputs, outputs), QUANTC_OK);
    EXPECT_NEAR(y[0], std::tanh(7.0f) + std::log(7.0f), 1e-6);
    EXPECT_EQ(q[3], 34);
  };
  std::thread other(run);
  run();
  other.join();
  quantc_bundle_close(bundle);
}

/// y = x @ x, enough work for many pieces and with a workspace.
constexpr StringRef square = R"(
func.func @main(%x: tensor<256x256xf32> {qnn.input = "x"}) -> (tensor<256x256xf32> {qnn.output = "y"}) {
  %c0 = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<256x256xf32>
  %f = linalg.fill ins(%c0 : f32) outs(%e : tensor<256x256xf32>) -> tensor<256x256xf32>
  %y = linalg.matmul ins(%x, %x : tensor<256x256xf32>, tensor<256x256xf32>)
                     outs(%f : tensor<256x256xf32>) -> tensor<256x256xf32>
  return %y : tensor<256x256xf32>
}
)";

TEST_F(BundleTest, sharesWorkAsTheCallerLikes) {
  BundleOptions options;
  options.compile.parallel = true;
  ASSERT_TRUE(succeeded(write(square, path("b"), options))) << error;
  quantc_bundle *bundle = quantc_bundle_open(path("b").c_str(), nullptr, 0);
  ASSERT_TRUE(bundle);
  const quantc_model_info *info = quantc_bundle_info(bundle);
  ASSERT_TRUE(info->run_parallel);
  ASSERT_GT(info->workspace_bytes, 0u);
  std::vector<float> x(256 * 256), expected(x.size());
  for (size_t i = 0; i < x.size(); ++i)
    x[i] = float(i * 7 % 113) / 8 - 5;
  const void *inputs[] = {x.data()};
  void *outputs[] = {expected.data()};
  EXPECT_EQ(info->run(nullptr, inputs, outputs), QUANTC_OK);

  // The pieces in the order of the last to the first.
  struct Caller {
    int runs = 0;
    int64_t pieces = 0;
  } caller;
  quantc_parallel parallel = {&caller, 2,
                              [](void *context, int64_t count,
                                 void (*task)(void *, int64_t),
                                 void *argument) {
                                static_cast<Caller *>(context)->runs += 1;
                                static_cast<Caller *>(context)->pieces += count;
                                while (count-- > 0)
                                  task(argument, count);
                              }};
  std::vector<char> workspace(info->workspace_bytes + 64);
  auto *aligned = reinterpret_cast<void *>(
      llvm::alignAddr(workspace.data(), llvm::Align(64)));
  auto run = [&](void *scratch, const quantc_parallel *threads) {
    std::vector<float> y(x.size());
    void *results[] = {y.data()};
    EXPECT_EQ(info->run_parallel(nullptr, inputs, results, scratch, threads),
              QUANTC_OK);
    return y == expected;
  };
  EXPECT_TRUE(run(nullptr, &parallel));
  EXPECT_GT(caller.runs, 0);
  EXPECT_GT(caller.pieces, 2 * caller.runs);
  EXPECT_TRUE(run(aligned, &parallel));
  // Neither null nor one thread calls it.
  caller.runs = 0;
  parallel.threads = 1;
  EXPECT_TRUE(run(aligned, &parallel));
  EXPECT_TRUE(run(aligned, nullptr));
  EXPECT_TRUE(run(nullptr, nullptr));
  EXPECT_EQ(caller.runs, 0);

  for (int64_t threads : {2, 3, 1, 0, 7}) {
    EXPECT_EQ(quantc_bundle_set_threads(bundle, threads), QUANTC_OK);
    std::fill(expected.begin(), expected.end(), 0);
    EXPECT_EQ(quantc_bundle_run(bundle, inputs, outputs), QUANTC_OK);
    EXPECT_TRUE(run(aligned, nullptr)) << threads;
  }
  quantc_bundle_close(bundle);
}

TEST_F(BundleTest, hasNoThreadsUnlessCompiledForThem) {
  ASSERT_TRUE(succeeded(write(square, path("b")))) << error;
  quantc_bundle *bundle = quantc_bundle_open(path("b").c_str(), nullptr, 0);
  ASSERT_TRUE(bundle);
  EXPECT_FALSE(quantc_bundle_info(bundle)->run_parallel);
  EXPECT_EQ(quantc_bundle_set_threads(bundle, 1), QUANTC_OK);
  EXPECT_EQ(quantc_bundle_set_threads(bundle, 2), QUANTC_NOT_PARALLEL);
  quantc_bundle_close(bundle);
  EXPECT_EQ(read(path("b/model.h")).find("model_run_parallel"),
            std::string::npos);
}

TEST_F(BundleTest, needsOnlyTheCLibrary) {
  for (StringRef triple : {"x86_64-linux-gnu", "aarch64-linux-gnu"}) {
    BundleOptions options;
    options.compile.parallel = true;
    ASSERT_TRUE(
        succeeded(write(model, path("b"), options, {triple.str(), "", ""})))
        << error;
    auto object =
        llvm::object::ObjectFile::createObjectFile(path("b/model.so"));
    ASSERT_TRUE(static_cast<bool>(object));
    auto *elf = cast<llvm::object::ELF64LEObjectFile>(object->getBinary());
    std::vector<StringRef> needed;
    auto entries = elf->getELFFile().dynamicEntries();
    ASSERT_TRUE(static_cast<bool>(entries));
    for (const auto &entry : *entries)
      if (entry.getTag() == llvm::ELF::DT_NEEDED)
        needed.push_back("");
    EXPECT_EQ(needed.size(), 2u);
    for (llvm::object::SymbolRef symbol : elf->getDynamicSymbolIterators()) {
      StringRef name = cantFail(symbol.getName());
      if (cantFail(symbol.getFlags()) & llvm::object::SymbolRef::SF_Undefined)
        EXPECT_TRUE(llvm::is_contained({"", "free", "aligned_alloc", "memcpy",
                                        "memset", "malloc", "tanhf", "logf"},
                                       name))
            << name.str();
    }
  }
}

TEST_F(BundleTest, runsFromPlainC) {
  BundleOptions options;
  options.compile.parallel = true;
  ASSERT_TRUE(succeeded(write(model, path("b"), options)));
  auto compiler = llvm::sys::findProgramByName("cc");
  if (!compiler)
    GTEST_SKIP() << "no C compiler";
  std::string source = QUANTC_SOURCE_DIR "/examples/c/run_bundle.c";
  std::string program = path("run"), include = path("b"), log = path("log");
  ASSERT_EQ(llvm::sys::ExecuteAndWait(*compiler,
                                      {"cc", "-std=c99", "-Wall", "-Werror",
                                       "-D_POSIX_C_SOURCE=200809L", "-I",
                                       include, source, "-o", program, "-ldl"},
                                      std::nullopt, {"", log, log}),
            0)
      << read(log);
  ASSERT_EQ(llvm::sys::ExecuteAndWait(program, {program, include}, std::nullopt,
                                      {"", log, log}),
            0)
      << read(log);
  EXPECT_EQ(read(log), "input x: 24 bytes, shape [2, 3]\n"
                       "output y: 16 bytes, shape [2, 2]\n"
                       " -inf -inf -inf -inf\n"
                       "output q: 4 bytes, shape [2, 2]\n");
}

TEST_F(BundleTest, writesTheSameBytesAgain) {
  auto module = parseSourceString<ModuleOp>(model, &context);
  auto target = cpu::Target::resolve({});
  ASSERT_TRUE(module && target);
  ASSERT_TRUE(succeeded(writeBundle(*module, path("a"), *target)));
  ASSERT_TRUE(succeeded(writeBundle(*module, path("b"), *target)));
  for (StringRef file :
       {"model.so", "model.h", "manifest.json", "parameters.safetensors"})
    EXPECT_EQ(read(path("a/" + file.str())), read(path("b/" + file.str())))
        << file.str();
}

TEST_F(BundleTest, describesItselfInTheManifest) {
  BundleOptions options;
  options.name = "digits";
  ASSERT_TRUE(succeeded(write(model, path("b"), options)));
  auto manifest = llvm::json::parse(read(path("b/manifest.json")));
  ASSERT_TRUE(static_cast<bool>(manifest));
  const llvm::json::Object &root = *manifest->getAsObject();
  EXPECT_EQ(root.getString("name"), StringRef("digits"));
  EXPECT_EQ(root.getString("fingerprint"), StringRef("abc123"));
  const llvm::json::Object &output =
      *(*root.getArray("outputs"))[1].getAsObject();
  EXPECT_EQ(output.getString("dtype"), StringRef("i8"));
  EXPECT_EQ(output.getNumber("scale"), 0.5);
  EXPECT_EQ(output.getInteger("zero_point"), 3);
  const llvm::json::Object &parameter =
      *(*root.getArray("parameters"))[0].getAsObject();
  EXPECT_EQ(parameter.getString("name"), StringRef("b"));
  EXPECT_GT(parameter.getInteger("offset").value_or(0), 0);
}

TEST_F(BundleTest, replacesBundlesOnly) {
  ASSERT_TRUE(succeeded(write(model, path("b"))));
  EXPECT_TRUE(succeeded(write(model, path("b"))));
  llvm::sys::fs::create_directory(path("other"));
  EXPECT_TRUE(failed(write(model, path("other"))));
  EXPECT_NE(error.find("expected a bundle or nothing"), std::string::npos);
}

TEST_F(BundleTest, leavesNothingBehindOnFailure) {
  EXPECT_TRUE(failed(
      write("func.func @main(%x: tensor<?xf32>) { return }", path("b"))));
  EXPECT_EQ(error, "expected a static shape, but got 'tensor<?xf32>'");
  std::error_code code;
  EXPECT_EQ(llvm::sys::fs::directory_iterator(folder, code),
            llvm::sys::fs::directory_iterator());
}

TEST_F(BundleTest, refusesWhatABundleCannotBe) {
  BundleOptions options;
  options.name = "9 lives";
  EXPECT_TRUE(failed(write(model, path("b"), options)));
  EXPECT_EQ(error,
            "expected a C identifier as the bundle's name, no keyword and not "
            "beginning with 'quantc', but got '9 lives'");
  for (StringRef name :
       {"", "int", "quantc_model", "QuantC", "a-b", "\xc3\xa9"}) {
    options.name = name.str();
    EXPECT_TRUE(failed(write(model, path("b"), options))) << name.str();
  }
  EXPECT_TRUE(failed(
      write("func.func @a() { return } func.func @b() { return }", path("b"))));
  EXPECT_EQ(error, "expected one public function, but got 2");
  EXPECT_TRUE(failed(write("func.func @a(%w: tensor<2xf32> {qnn.parameter = "
                           "\"w\"}) { return }",
                           path("b"))));
  EXPECT_EQ(error, "expected 8 bytes for parameter 'w', but got 0");
  EXPECT_TRUE(failed(write("func.func private @host()\n"
                           "func.func @a() { call @host() : () -> () return }",
                           path("b"))));
  EXPECT_EQ(error,
            "expected code that calls libc and libm only, but it calls 'host'");
  EXPECT_TRUE(failed(write(model, path("no/such/folder"))));
  EXPECT_NE(error.find("no such file or directory"), std::string::npos);
}

TEST_F(BundleTest, loaderRefusesForeignParameters) {
  ASSERT_TRUE(succeeded(write(model, path("b"))));
  std::string parameters = read(path("b/parameters.safetensors"));
  auto openWith = [&](StringRef bytes) {
    std::error_code code;
    llvm::raw_fd_ostream(path("b/parameters.safetensors"), code) << bytes;
    char message[512] = {};
    EXPECT_FALSE(
        quantc_bundle_open(path("b").c_str(), message, sizeof(message)));
    return std::string(message);
  };
  EXPECT_NE(openWith(StringRef(parameters).drop_back()).find("bytes, but got"),
            std::string::npos);
  std::string other = parameters;
  other[20] ^= 1;
  EXPECT_NE(openWith(other).find("that the model was compiled with"),
            std::string::npos);
}

TEST_F(BundleTest, loaderRefusesDamagedLibraries) {
  ASSERT_TRUE(succeeded(write(model, path("b"))));
  std::string library = read(path("b/model.so"));
  auto openWith = [&](StringRef bytes) {
    std::error_code code;
    llvm::raw_fd_ostream(path("b/model.so"), code) << bytes;
    char message[512] = {};
    EXPECT_FALSE(
        quantc_bundle_open(path("b").c_str(), message, sizeof(message)));
    return std::string(message);
  };
  // Cut off anywhere, and every 61st byte changed: a message, never a signal.
  for (size_t size = 0; size < library.size(); size += 997)
    EXPECT_NE(openWith(StringRef(library).take_front(size))
                  .find("model.so: expected a compiled model with"),
              std::string::npos);
  for (size_t at = 0; at < library.size() - 4; at += 61) {
    std::string damaged = library;
    damaged[at] ^= 0x40;
    EXPECT_NE(openWith(damaged).find("model.so: expected "), std::string::npos);
  }
  // A whole library of another architecture; e_machine is at byte 18.
  std::string code = library.substr(0, library.size() - 24);
  code[18] = 40;
  EXPECT_NE(openWith(code + runtime::makeLibrarySeal(code))
                .find("but got one for ELF machine 40"),
            std::string::npos);
  std::error_code error;
  llvm::raw_fd_ostream(path("b/model.so"), error) << library;
  quantc_bundle *bundle = quantc_bundle_open(path("b").c_str(), nullptr, 0);
  EXPECT_TRUE(bundle);
  quantc_bundle_close(bundle);
}

TEST_F(BundleTest, loaderRefusesLesserProcessors) {
  ASSERT_TRUE(succeeded(write(model, path("b"))));
  std::string manifest = read(path("b/manifest.json"));
  char message[512] = {};
  auto openWith = [&](StringRef features) {
    std::string edited = manifest;
    size_t at = edited.find("\"cpu_features\": [") + 17;
    edited.insert(at, features);
    std::error_code code;
    llvm::raw_fd_ostream(path("b/manifest.json"), code) << edited;
    quantc_bundle *bundle =
        quantc_bundle_open(path("b").c_str(), message, sizeof(message));
    quantc_bundle_close(bundle);
    return bundle != nullptr;
  };
  EXPECT_TRUE(openWith("")) << message;
  EXPECT_FALSE(openWith("\"x87\", \"warp-drive\","));
  EXPECT_EQ(std::string(message),
            path("b/manifest.json") +
                ": expected a processor with the features that the model was "
                "compiled for, but this one lacks 'x87', 'warp-drive'");
}

TEST(CpuFeaturesTest, agreeWithLLVM) {
  // Of features that LLVM does not know here, the processor has none.
  llvm::StringMap<bool> host = llvm::sys::getHostCPUFeatures();
  bool isX86 = llvm::Triple(llvm::sys::getDefaultTargetTriple()).isX86();
  for (std::string_view name : runtime::listCpuFeatures(isX86))
    EXPECT_EQ(runtime::hasCpuFeature(name), host.lookup(name)) << name;
}

TEST(LibrarySealTest, matchesThePublishedCheckValue) {
  EXPECT_EQ(runtime::computeCRC32("123456789"), 0xCBF43926u);
  EXPECT_EQ(runtime::computeCRC32(""), 0u);
}

TEST_F(BundleTest, loaderReportsMissingFiles) {
  char message[512] = {};
  EXPECT_FALSE(quantc_bundle_open(path("none").c_str(), message, 512));
  EXPECT_NE(std::string(message).find("cannot load the model"),
            std::string::npos);
  EXPECT_FALSE(quantc_bundle_open(path("none").c_str(), nullptr, 0));
}

} // namespace
