//===- zero_points.cpp - what zero points cost ----------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The same site with zero points on both sides and without any, from the float
// activation to the requantized result, on one thread. The two take turns, in
// alternating order; the ratio is the median over the rounds of the quotient
// within a round. Where buffers lie in memory changes times by more than zero
// points do: both are made anew several times.
//
//===----------------------------------------------------------------------===//

#include "Site.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"
#include <algorithm>
#include <ctime>

using namespace zeropoints;
using llvm::formatv;

namespace {

/// The most that zero points may cost.
constexpr double kGate = 1.02;

llvm::cl::opt<unsigned> rounds("rounds", llvm::cl::desc("Pairs of samples"),
                               llvm::cl::init(100));
llvm::cl::opt<unsigned>
    placements("placements",
               llvm::cl::desc("How often to allocate everything anew; the "
                              "pairs are spread evenly"),
               llvm::cl::init(5));
llvm::cl::opt<std::string>
    output("output", llvm::cl::desc("Also write OUTPUT.json and OUTPUT.md"));

/// Seconds of processor time of this thread, which computes everything: on a
/// busy machine the time that others get does not count.
double now() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return double(time.tv_sec) + 1e-9 * double(time.tv_nsec);
}

double quantile(std::vector<double> values, double q) {
  std::sort(values.begin(), values.end());
  return values[size_t(q * (values.size() - 1) + 0.5)];
}

std::string getMachine() {
  auto buffer = llvm::MemoryBuffer::getFileAsStream("/proc/cpuinfo");
  if (buffer)
    for (llvm::StringRef line : llvm::split((*buffer)->getBuffer(), '\n'))
      if (line.consume_front("model name"))
        return line.ltrim(" \t:").str();
  return "unknown machine";
}

/// Seconds of each round.
struct Samples {
  std::vector<double> symmetric, asymmetric;

  std::vector<double> getRatios() const {
    std::vector<double> ratios;
    for (size_t i = 0; i < symmetric.size(); ++i)
      ratios.push_back(asymmetric[i] / symmetric[i]);
    return ratios;
  }
};

/// Adds `rounds` pairs to the samples.
void measure(Site &symmetric, Site &asymmetric, unsigned rounds,
             Samples &samples) {
  double start = now();
  symmetric.run();
  unsigned repetitions = std::max(1, int(3e-3 / (now() - start)));
  auto sample = [&](Site &site, std::vector<double> &times) {
    double begin = now();
    for (unsigned r = 0; r < repetitions; ++r)
      site.run();
    times.push_back((now() - begin) / repetitions);
  };
  for (unsigned round = 0; round < rounds; ++round) {
    if (round % 2)
      sample(asymmetric, samples.asymmetric);
    sample(symmetric, samples.symmetric);
    if (round % 2 == 0)
      sample(asymmetric, samples.asymmetric);
  }
}

int fail(const llvm::Twine &message) {
  llvm::errs() << "error: " << message << '\n';
  return 1;
}

llvm::Error write(const std::string &path, const std::string &text) {
  return llvm::writeToOutput(path, [&](llvm::raw_ostream &stream) {
    stream << text;
    return llvm::Error::success();
  });
}

} // namespace

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  llvm::cl::ParseCommandLineOptions(argc, argv, "what zero points cost\n");
  if (placements == 0 || rounds < placements)
    return fail("expected at least one placement and a round for each");
  const Shape shapes[] = {
      {"1024x1024x1024", false, 1024, 1024, 1024},
      {"128x3072x768", false, 128, 3072, 768},
      {"1x4096x4096", false, 1, 4096, 4096},
      {"3x3 convolution 28x28x128x128", true, 28, 128, 128},
  };
  std::string table;
  llvm::raw_string_ostream os(table);
  os << "One thread of " << getMachine() << "; median processor time of "
     << rounds << " pairs of samples, 10th to 90th percentile in brackets.\n\n"
     << "| MxNxK | symmetric, us | asymmetric, us | ratio | at most "
     << formatv("{0:F2}", kGate) << " |\n|---|---|---|---|---|\n";
  llvm::json::Array json;
  for (const Shape &shape : shapes) {
    Samples samples;
    // The sites of one placement stay where they are until all are measured, or
    // the next one would get the same memory.
    std::vector<std::unique_ptr<Site>> sites;
    for (unsigned i = 0; i < placements; ++i) {
      auto create = [&](bool asymmetric) -> Site & {
        return *sites.emplace_back(std::make_unique<Site>(shape, asymmetric));
      };
      // Which of the two comes first alternates, too.
      bool asymmetricFirst = i % 2;
      Site &first = create(asymmetricFirst), &second = create(!asymmetricFirst);
      if (!first.isValid() || !second.isValid())
        return fail(shape.name + " does not compile");
      if (!first.isCorrect() || !second.isCorrect())
        return fail(shape.name + " computes something else");
      measure(asymmetricFirst ? second : first,
              asymmetricFirst ? first : second, rounds / placements, samples);
    }
    std::vector<double> ratios = samples.getRatios();
    double ratio = quantile(ratios, 0.5);
    os << formatv("| {0} | {1:F1} | {2:F1} | {3:F3} ({4:F3}..{5:F3}) | {6} |\n",
                  shape.name, quantile(samples.symmetric, 0.5) * 1e6,
                  quantile(samples.asymmetric, 0.5) * 1e6, ratio,
                  quantile(ratios, 0.1), quantile(ratios, 0.9),
                  ratio <= kGate ? "yes" : "no");
    json.push_back(llvm::json::Object{
        {"shape", shape.name},
        {"symmetric_seconds", quantile(samples.symmetric, 0.5)},
        {"asymmetric_seconds", quantile(samples.asymmetric, 0.5)},
        {"ratio", ratio},
        {"ratio_p10", quantile(ratios, 0.1)},
        {"ratio_p90", quantile(ratios, 0.9)}});
  }
  llvm::outs() << table;
  if (output.empty())
    return 0;
  llvm::json::Value document = llvm::json::Object{{"machine", getMachine()},
                                                  {"rounds", unsigned(rounds)},
                                                  {"threads", 1},
                                                  {"results", std::move(json)}};
  for (auto [path, text] :
       {std::pair(output + ".md", table),
        std::pair(output + ".json", formatv("{0:2}\n", document).str())})
    if (llvm::Error error = write(path, text))
      return fail(llvm::toString(std::move(error)));
  return 0;
}
