//===- gemm.cpp - compiled contractions beside cuBLASLt -------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// gpu-gemm DEVICE FOLDER ROUNDS [--turns]: times every bundle that
// FOLDER/problems.txt names and, where it is there, cuBLASLt on the plain
// product, in turns, warm, on random data. A line of that file is
//
//   name operations m n k baseline
//
// with "s8", "e4m3", "e5m2" or "-" for the baseline. One JSON object a line
// goes to the standard output: medians and quartiles of a call in microseconds.
//
// With --turns another program has turns as well (torch_baseline.py): each line
// of the standard input is a problem's name, which is answered by one sample of
// the bundle and one of cuBLASLt, or "-".
//
//===----------------------------------------------------------------------===//

#include "CublasLt.h"
#include "quantc/Runtime/quantc_runtime.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <random>
#include <sstream>
#include <vector>

using namespace quantc::benchmark;

namespace {

struct Problem {
  std::string name, baseline;
  double operations = 0;
  int64_t m = 0, n = 0, k = 0;
};

[[noreturn]] void stop(const std::string &error) {
  std::fprintf(stderr, "gpu-gemm: error: %s\n", error.c_str());
  std::exit(1);
}

void check(CUresult result, const char *what) {
  if (result != CUDA_SUCCESS)
    stop(std::string(what) + " failed with " + std::to_string(result));
}

class DeviceMemory {
public:
  /// Random bytes; those of floats make numbers of about 1.
  DeviceMemory(size_t bytes, bool isFloat) {
    check(cuMemAlloc_v2(&address, std::max<size_t>(bytes, 256)), "cuMemAlloc");
    std::vector<uint8_t> data(bytes);
    std::mt19937 random(7);
    for (uint8_t &byte : data)
      byte = uint8_t(random() >> 8);
    if (isFloat)
      for (size_t at = 3; at < bytes; at += 4)
        data[at] = uint8_t(0x3f | (data[at] & 0x80));
    if (bytes)
      check(cuMemcpyHtoD_v2(address, data.data(), bytes), "cuMemcpyHtoD");
  }
  ~DeviceMemory() { cuMemFree_v2(address); }
  DeviceMemory(const DeviceMemory &) = delete;
  DeviceMemory &operator=(const DeviceMemory &) = delete;

  CUdeviceptr address = 0;
};

/// Something that is put on a stream; returns "" or what went wrong.
class Candidate {
public:
  virtual ~Candidate() = default;
  virtual std::string submit(CUstream stream) = 0;
};

class BundleCandidate : public Candidate {
public:
  BundleCandidate(const std::string &path, const char *device) {
    char error[512] = "";
    bundle = quantc_bundle_open_on(path.c_str(), device, error, sizeof error);
    if (!bundle)
      stop(error);
    const quantc_model_info *info = quantc_bundle_info(bundle);
    auto add = [&](const quantc_tensor_info &tensor,
                   std::vector<void *> &pointers) {
      memory.push_back(std::make_unique<DeviceMemory>(
          tensor.bytes, tensor.dtype == QUANTC_F32));
      pointers.push_back(reinterpret_cast<void *>(memory.back()->address));
    };
    for (uint32_t i = 0; i < info->num_inputs; ++i)
      add(info->inputs[i], inputs);
    for (uint32_t i = 0; i < info->num_outputs; ++i)
      add(info->outputs[i], outputs);
  }
  ~BundleCandidate() override { quantc_bundle_close(bundle); }

  std::string submit(CUstream stream) override {
    return quantc_bundle_launch(bundle, inputs.data(), outputs.data(), stream)
               ? quantc_last_error()
               : "";
  }

private:
  quantc_bundle *bundle;
  std::vector<std::unique_ptr<DeviceMemory>> memory;
  std::vector<void *> inputs, outputs;
};

class CublasCandidate : public Candidate {
public:
  CublasCandidate(std::unique_ptr<CublasLt> product, const Problem &problem)
      : product(std::move(product)), a(problem.m * problem.k, false),
        b(problem.n * problem.k, false),
        d(this->product->resultBytes(), false) {}
  std::string submit(CUstream stream) override {
    return product->multiply(a.address, b.address, d.address, stream);
  }

private:
  std::unique_ptr<CublasLt> product;
  DeviceMemory a, b, d;
};

class Clock {
public:
  Clock() {
    check(cuStreamCreate(&stream, 0), "cuStreamCreate");
    check(cuEventCreate(&begin, 0), "cuEventCreate");
    check(cuEventCreate(&end, 0), "cuEventCreate");
  }
  /// Microseconds of one of `calls` calls.
  double time(Candidate &candidate, int calls) {
    check(cuEventRecord(begin, stream), "cuEventRecord");
    for (int i = 0; i < calls; ++i)
      if (std::string error = candidate.submit(stream); !error.empty())
        stop(error);
    check(cuEventRecord(end, stream), "cuEventRecord");
    check(cuEventSynchronize(end), "cuEventSynchronize");
    float milliseconds = 0;
    check(cuEventElapsedTime(&milliseconds, begin, end), "cuEventElapsedTime");
    return milliseconds * 1000.0 / calls;
  }

private:
  CUstream stream;
  CUevent begin, end;
};

/// Calls of one sample: about two milliseconds of them.
int callsOf(Clock &clock, Candidate &candidate, int rounds) {
  if (rounds < 2) // not a measurement
    return 1;
  clock.time(candidate, 3);
  return int(
      std::clamp(2000 / std::max(clock.time(candidate, 3), 0.5), 1.0, 1000.0));
}

std::string quartiles(std::vector<double> samples) {
  std::sort(samples.begin(), samples.end());
  char text[96];
  std::snprintf(text, sizeof text,
                "{\"median\": %.3f, \"low\": %.3f, \"high\": %.3f}",
                samples[samples.size() / 2], samples[samples.size() / 4],
                samples[samples.size() * 3 / 4]);
  return text;
}

/// One sample, in microseconds.
struct Turn {
  double ours;
  std::optional<double> baseline;
};

/// A problem's candidates, warm.
class Measurement {
public:
  Measurement(const Problem &problem, const std::string &folder,
              const char *device, int rounds)
      : ours(folder + "/" + problem.name, device) {
    if (problem.baseline != "-")
      if (auto product = CublasLt::create(problem.baseline, problem.m,
                                          problem.n, problem.k, why))
        baseline =
            std::make_unique<CublasCandidate>(std::move(product), problem);
    calls = callsOf(clock, ours, rounds);
    baselineCalls = baseline ? callsOf(clock, *baseline, rounds) : 0;
  }

  Turn next() {
    Turn turn = {clock.time(ours, calls), std::nullopt};
    if (baseline)
      turn.baseline = clock.time(*baseline, baselineCalls);
    return turn;
  }
  int getCalls() const { return calls; }
  /// Why there is no baseline.
  const std::string &getWhy() const { return why; }

private:
  Clock clock;
  BundleCandidate ours;
  std::string why = "none asked for";
  std::unique_ptr<CublasCandidate> baseline;
  int calls, baselineCalls;
};

void measure(const Problem &problem, const std::string &folder,
             const char *device, int rounds) {
  Measurement measurement(problem, folder, device, rounds);
  std::vector<double> times, baselineTimes;
  for (int round = 0; round < rounds; ++round) {
    Turn turn = measurement.next();
    times.push_back(turn.ours);
    if (turn.baseline)
      baselineTimes.push_back(*turn.baseline);
  }
  std::printf("{\"part\": \"gemm\", \"problem\": \"%s\", \"operations\": %.0f, "
              "\"rounds\": %d, \"calls\": %d, \"microseconds\": %s, ",
              problem.name.c_str(), problem.operations, rounds,
              measurement.getCalls(), quartiles(times).c_str());
  if (!baselineTimes.empty())
    std::printf("\"cublaslt\": %s}\n", quartiles(baselineTimes).c_str());
  else
    std::printf("\"cublaslt\": null, \"why\": \"%s\"}\n",
                measurement.getWhy().c_str());
  std::fflush(stdout);
}

/// Samples of the problems that are named, until the input ends.
void takeTurns(const std::vector<Problem> &problems, const std::string &folder,
               const char *device, int rounds) {
  std::unique_ptr<Measurement> measurement;
  std::string name, current;
  while (std::getline(std::cin, name)) {
    if (name != current) {
      auto found = std::find_if(
          problems.begin(), problems.end(),
          [&](const Problem &problem) { return problem.name == name; });
      if (found == problems.end())
        stop("expected a problem of problems.txt, but got '" + name + "'");
      measurement.reset(); // its memory, first
      measurement =
          std::make_unique<Measurement>(*found, folder, device, rounds);
      current = name;
    }
    Turn turn = measurement->next();
    std::printf("%.3f ", turn.ours);
    if (turn.baseline)
      std::printf("%.3f\n", *turn.baseline);
    else
      std::printf("-\n");
    std::fflush(stdout);
  }
}

std::vector<Problem> readProblems(const std::string &path) {
  std::ifstream file(path);
  if (!file)
    stop("cannot read " + path);
  std::vector<Problem> problems;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    std::istringstream fields(line);
    Problem problem;
    if (!(fields >> problem.name >> problem.operations >> problem.m >>
          problem.n >> problem.k >> problem.baseline))
      stop(path + ":" + std::to_string(number) +
           ": expected 'name operations m n k baseline', but got '" + line +
           "'");
    problems.push_back(problem);
  }
  return problems;
}

} // namespace

int main(int argc, char **argv) {
  bool inTurns = argc == 5 && std::string(argv[4]) == "--turns";
  int rounds = argc == 4 || inTurns ? std::atoi(argv[3]) : 0;
  if (rounds < 1)
    stop("usage: gpu-gemm DEVICE FOLDER ROUNDS [--turns]");
  check(cuInit(0), "cuInit");
  CUdevice device = 0;
  CUcontext context = nullptr;
  check(cuDeviceGet(&device, 0), "cuDeviceGet");
  check(cuDevicePrimaryCtxRetain(&context, device), "cuDevicePrimaryCtxRetain");
  check(cuCtxSetCurrent(context), "cuCtxSetCurrent");
  std::string folder = argv[2];
  std::vector<Problem> problems = readProblems(folder + "/problems.txt");
  if (inTurns) {
    takeTurns(problems, folder, argv[1], rounds);
    return 0;
  }
  for (const Problem &problem : problems)
    measure(problem, folder, argv[1], rounds);
  return 0;
}
