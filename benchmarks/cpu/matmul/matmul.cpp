//===- matmul.cpp - matrix products against oneDNN ------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One thread, weights prepacked on both sides. The candidates take turns, so
// that a busy moment of the machine hits all of them: ratios are medians over
// the rounds of the quotient within a round.
//
// A wrong result of ours is an error. oneDNN's is marked: without VNNI it adds
// products of bytes in 16 bits, which saturate.
//
//===----------------------------------------------------------------------===//

#include "Candidates.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"
#include <algorithm>
#include <chrono>
#include <cmath>
#include <random>
#include <unistd.h>

using namespace matmul;
using llvm::formatv;

namespace {

llvm::cl::list<std::string>
    shapes("shape",
           llvm::cl::desc("MxNxK; the four of docs/benchmarks.md by default"),
           llvm::cl::CommaSeparated);
llvm::cl::opt<unsigned> rounds("rounds", llvm::cl::desc("Samples"),
                               llvm::cl::init(40));
llvm::cl::opt<std::string>
    output("output", llvm::cl::desc("Also write OUTPUT.json and OUTPUT.md"));

double now() {
  return std::chrono::duration<double>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

double quantile(std::vector<double> values, double q) {
  std::sort(values.begin(), values.end());
  return values[size_t(q * (values.size() - 1) + 0.5)];
}

double median(const std::vector<double> &values) {
  return quantile(values, 0.5);
}

std::string getMachine() {
  auto buffer = llvm::MemoryBuffer::getFileAsStream("/proc/cpuinfo");
  if (buffer)
    for (llvm::StringRef line : llvm::split((*buffer)->getBuffer(), '\n'))
      if (line.consume_front("model name"))
        return line.ltrim(" \t:").str();
  return "unknown machine";
}

/// Whether the results agree with the definition, on up to 64 rows.
bool check(const Problem &p, const Candidate &candidate) {
  int64_t rows = std::min<int64_t>(p.m, 64);
  for (int64_t m = 0; m < rows; ++m) {
    std::vector<int32_t> sums(p.n);
    std::vector<double> reals(p.n);
    for (int64_t k = 0; k < p.k; ++k)
      for (int64_t n = 0; n < p.n; ++n) {
        sums[n] += p.a[m * p.k + k] * p.b[k * p.n + n];
        reals[n] += double(p.aFloat[m * p.k + k]) * p.bFloat[k * p.n + n];
      }
    for (int64_t n = 0; n < p.n; ++n) {
      float scaled = float(sums[n]) * p.scale[n];
      float clamped =
          std::min(127.0f, std::max(-128.0f, std::nearbyint(scaled)));
      if (candidate.int8Result &&
          candidate.int8Result[m * p.n + n] != int8_t(clamped))
        return false;
      if (candidate.floatResult &&
          std::fabs(candidate.floatResult[m * p.n + n] - reals[n]) >
              1e-4 * std::sqrt(double(p.k)))
        return false;
    }
  }
  return true;
}

struct Result {
  std::string name;
  double gops, low, high, ratio;
};

/// Times all candidates in turns. Ratios refer to oneDNN's f32 for floats and
/// to the last candidate, s8 x s8 -> s8, for integers.
std::vector<Result> measure(const Problem &problem,
                            const std::vector<Candidate> &candidates) {
  std::vector<unsigned> repetitions;
  for (const Candidate &candidate : candidates) {
    candidate.run();
    double start = now();
    candidate.run();
    repetitions.push_back(std::max(1, int(3e-3 / (now() - start))));
  }
  std::vector<std::vector<double>> times(candidates.size());
  for (unsigned round = 0; round < rounds; ++round)
    for (size_t i = 0; i < candidates.size(); ++i) {
      double start = now();
      for (unsigned r = 0; r < repetitions[i]; ++r)
        candidates[i].run();
      times[i].push_back((now() - start) / repetitions[i]);
    }
  std::vector<Result> results;
  double operations = problem.getOperations() / 1e9;
  for (size_t i = 0; i < candidates.size(); ++i) {
    size_t peer = candidates.size() - 1;
    if (candidates[i].floatResult)
      while (!candidates[peer].floatResult)
        --peer;
    std::vector<double> ratios;
    for (unsigned round = 0; round < rounds; ++round)
      ratios.push_back(times[peer][round] / times[i][round]);
    results.push_back({candidates[i].name, operations / median(times[i]),
                       operations / quantile(times[i], 0.9),
                       operations / quantile(times[i], 0.1), median(ratios)});
  }
  return results;
}

int fail(const llvm::Twine &message) {
  llvm::errs() << "error: " << message << '\n';
  return 1;
}

} // namespace

Problem::Problem(int64_t m, int64_t n, int64_t k)
    : m(m), n(n), k(k), a(m * k), b(k * n), scale(n), aFloat(m * k),
      bFloat(k * n) {
  std::mt19937 random(1);
  // u8 and s8 candidates read the same bytes: no sign bit in a.
  for (size_t i = 0; i < a.size(); ++i)
    aFloat[i] = (a[i] = int8_t(random() & 127)) / 127.0f;
  for (size_t i = 0; i < b.size(); ++i)
    bFloat[i] = (b[i] = int8_t(random())) / 127.0f;
  for (float &value : scale)
    value = (random() % 1000 + 500) * 1e-5f / std::sqrt(float(k));
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  llvm::cl::ParseCommandLineOptions(argc, argv,
                                    "matrix products against oneDNN\n");
  // oneDNN's OpenMP reads this before main: start again where it is missing.
  const char *threads = getenv("OMP_NUM_THREADS");
  if (!threads || llvm::StringRef(threads) != "1") {
    setenv("OMP_NUM_THREADS", "1", /*overwrite=*/1);
    execv("/proc/self/exe", argv);
    return fail("cannot restart with OMP_NUM_THREADS=1");
  }
  std::vector<std::string> names(shapes.begin(), shapes.end());
  if (names.empty())
    names = {"1024x1024x1024", "128x3072x768", "1x4096x4096", "256x1024x1024"};

  std::string table;
  llvm::raw_string_ostream os(table);
  os << "One thread of " << getMachine() << "; median of " << rounds
     << " interleaved samples, 10th to 90th percentile in brackets. Inexact: "
        "other integers than the definition's.\n\n"
     << "| MxNxK | candidate | GOP/s | x oneDNN f32 or s8s8->s8 "
        "|\n|---|---|---|---|\n";
  llvm::json::Array json;
  for (llvm::StringRef name : names) {
    llvm::SmallVector<llvm::StringRef> parts;
    int64_t m, n, k;
    name.split(parts, 'x');
    if (parts.size() != 3 || parts[0].getAsInteger(10, m) ||
        parts[1].getAsInteger(10, n) || parts[2].getAsInteger(10, k) ||
        std::min({m, n, k}) < 1)
      return fail("expected a shape MxNxK, but got '" + name + "'");
    Problem problem(m, n, k);
    std::vector<Candidate> candidates = makeOurs(problem);
    if (candidates.empty())
      return 1;
    for (const Candidate &candidate : candidates) {
      candidate.run();
      if (!check(problem, candidate))
        return fail(candidate.name + " computes something else for " + name);
    }
    for (Candidate &candidate : makeOneDNN(problem)) {
      candidate.run();
      if (!check(problem, candidate))
        candidate.name += ", inexact";
      candidates.push_back(std::move(candidate));
    }
    for (const Result &r : measure(problem, candidates)) {
      os << formatv("| {0} | {1} | {2:F1} ({3:F1}..{4:F1}) | {5:F3} |\n", name,
                    r.name, r.gops, r.low, r.high, r.ratio);
      json.push_back(llvm::json::Object{{"shape", name},
                                        {"candidate", r.name},
                                        {"gops", r.gops},
                                        {"gops_p10", r.low},
                                        {"gops_p90", r.high},
                                        {"ratio_to_onednn", r.ratio}});
    }
  }
  llvm::outs() << table;
  if (output.empty())
    return 0;
  llvm::json::Value document = llvm::json::Object{{"machine", getMachine()},
                                                  {"rounds", unsigned(rounds)},
                                                  {"threads", 1},
                                                  {"results", std::move(json)}};
  auto write = [](const std::string &path, const std::string &text) {
    return llvm::writeToOutput(path, [&](llvm::raw_ostream &stream) {
      stream << text;
      return llvm::Error::success();
    });
  };
  for (auto [path, text] :
       {std::pair(output + ".md", table),
        std::pair(output + ".json", formatv("{0:2}\n", document).str())})
    if (llvm::Error error = write(path, text))
      return fail(llvm::toString(std::move(error)));
  return 0;
}
