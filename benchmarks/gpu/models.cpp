//===- models.cpp - bundles against results computed before ---------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// gpu-models DEVICE FOLDER...: each folder holds a bundle, `bundle`, the bytes
// of all inputs one after the other, `inputs.bin`, and of all outputs,
// `expected.bin`, which another device has computed. Numbers of f32 have to be
// within `tolerance`, NaN where NaN is expected and nowhere else; all other types
// have to be the same.
// One JSON object a line goes to the standard output; exit code 0 when all
// outputs agree.
//
//===----------------------------------------------------------------------===//

#include "quantc/Runtime/quantc_runtime.h"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace {

[[noreturn]] void stop(const std::string &error) {
  std::fprintf(stderr, "gpu-models: error: %s\n", error.c_str());
  std::exit(1);
}

std::vector<char> readFile(const std::string &path, uint64_t bytes) {
  std::ifstream file(path, std::ios::binary);
  std::vector<char> data((std::istreambuf_iterator<char>(file)), {});
  if (!file && data.empty() && bytes)
    stop("cannot read " + path);
  if (data.size() != bytes)
    stop(path + ": expected " + std::to_string(bytes) + " bytes, but got " +
         std::to_string(data.size()));
  return data;
}

template <class Pointer>
std::vector<Pointer> pointersInto(std::vector<char> &data,
                                  const quantc_tensor_info *tensors,
                                  uint32_t count) {
  std::vector<Pointer> pointers;
  char *at = data.data();
  for (uint32_t i = 0; i < count; ++i, at += tensors[i - 1].bytes)
    pointers.push_back(at);
  return pointers;
}

uint64_t bytesOf(const quantc_tensor_info *tensors, uint32_t count) {
  uint64_t bytes = 0;
  for (uint32_t i = 0; i < count; ++i)
    bytes += tensors[i].bytes;
  return bytes;
}

/// Of f32, times the largest number that is expected of the output. Devices
/// add floats in different orders, so a value may fall on the other side of a
/// quantization's tie and move logits by a few thousandths; a wrong layout or
/// scale moves them by as much as they are.
constexpr double tolerance = 0.02;

struct Difference {
  uint64_t elements = 0, different = 0;
  double largest = 0; ///< of floats
  bool agrees = true;
};

/// Calls `visit` with each pair of floats.
template <class Visit>
void forEachPair(const char *expected, const char *actual, uint64_t elements,
                 Visit visit) {
  for (uint64_t i = 0; i < elements; ++i) {
    float x, y;
    std::memcpy(&x, expected + i * sizeof x, sizeof x);
    std::memcpy(&y, actual + i * sizeof y, sizeof y);
    visit(double(x), double(y));
  }
}

Difference compare(const quantc_tensor_info &tensor, const char *expected,
                   const char *actual) {
  Difference result;
  size_t width = quantc_dtype_bytes(tensor.dtype);
  result.elements = tensor.bytes / width;
  for (uint64_t i = 0; i < tensor.bytes; i += width)
    result.different += std::memcmp(expected + i, actual + i, width) != 0;
  if (tensor.dtype != QUANTC_F32) {
    result.agrees = result.different == 0;
    return result;
  }
  double scale = 0;
  forEachPair(expected, actual, result.elements, [&](double x, double) {
    if (std::isfinite(x))
      scale = std::max(scale, std::fabs(x));
  });
  forEachPair(expected, actual, result.elements, [&](double x, double y) {
    if (x == y || (std::isnan(x) && std::isnan(y)))
      return;
    double difference = std::fabs(x - y);
    // Whatever is compared with NaN is false: that is a failure, too.
    result.agrees &= difference <= tolerance * scale;
    // JSON has neither NaN nor infinity.
    result.largest = std::max(
        result.largest, std::isfinite(difference) ? difference : DBL_MAX);
  });
  return result;
}

/// Whether all outputs agree.
bool runFolder(const std::string &folder, const char *device) {
  char error[512] = "";
  std::string path = folder + "/bundle";
  quantc_bundle *bundle =
      quantc_bundle_open_on(path.c_str(), device, error, sizeof error);
  if (!bundle)
    stop(error);
  const quantc_model_info *info = quantc_bundle_info(bundle);
  auto inputs =
      readFile(folder + "/inputs.bin", bytesOf(info->inputs, info->num_inputs));
  auto expected = readFile(folder + "/expected.bin",
                           bytesOf(info->outputs, info->num_outputs));
  std::vector<char> actual(expected.size());
  auto in = pointersInto<const void *>(inputs, info->inputs, info->num_inputs);
  auto out = pointersInto<void *>(actual, info->outputs, info->num_outputs);
  if (quantc_bundle_run(bundle, in.data(), out.data()))
    stop(folder + ": " + quantc_last_error());
  bool agrees = true;
  size_t at = 0;
  for (uint32_t i = 0; i < info->num_outputs; at += info->outputs[i++].bytes) {
    const quantc_tensor_info &tensor = info->outputs[i];
    Difference difference = compare(tensor, &expected[at], &actual[at]);
    if (!difference.agrees)
      std::fprintf(stderr,
                   "gpu-models: error: %s: expected other results in '%s', "
                   "largest difference %.9g\n",
                   folder.c_str(), tensor.name, difference.largest);
    agrees &= difference.agrees;
    std::printf("{\"part\": \"model\", \"model\": \"%s\", \"output\": \"%s\", "
                "\"elements\": %llu, \"different\": %llu, \"largest\": %.9g}\n",
                folder.c_str(), tensor.name,
                (unsigned long long)difference.elements,
                (unsigned long long)difference.different, difference.largest);
  }
  quantc_bundle_close(bundle);
  return agrees;
}

} // namespace

int main(int argc, char **argv) {
  if (argc < 3)
    stop("usage: gpu-models DEVICE FOLDER...");
  bool agrees = true;
  for (int i = 2; i < argc; ++i)
    agrees &= runFolder(argv[i], argv[1]);
  return agrees ? 0 : 1;
}
