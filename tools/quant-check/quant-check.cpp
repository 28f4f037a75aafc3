//===- quant-check.cpp - lowered and executed against the reference -------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Draws random quantized programs, lowers them without and with fusion,
// compiles and runs them, and compares every result bit for bit with the
// reference evaluator.
//
//===----------------------------------------------------------------------===//

#include "Check.h"
#include "Emit.h"
#include "Families.h"
#include "Minimise.h"
#include "Replay.h"
#include "SiteCheck.h"

#include "quantc/Codegen/NVVM/Target.h"
#include "quantc/Dialect/QNN/Transforms/Passes.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/CrashRecoveryContext.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/PrettyStackTrace.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::check;
namespace cl = llvm::cl;

/// Keeps LLVM's own options out of --help.
static cl::OptionCategory category("options of quant-check");

static cl::list<std::string>
    files(cl::Positional, cl::cat(category),
          cl::desc("[cases written before, to run instead of random ones]"));
static cl::opt<uint64_t> firstSeed("seed", cl::cat(category),
                                   cl::desc("seed of the first case"),
                                   cl::init(0));
static cl::opt<uint64_t> numCases("cases", cl::cat(category),
                                  cl::desc("number of cases"), cl::init(2000));
static cl::opt<std::string>
    familyName("family", cl::cat(category),
               cl::desc("draw from one family instead of all in turn"));
static cl::opt<bool> listFamilies("families", cl::cat(category),
                                  cl::desc("list the families"));
static cl::opt<uint64_t> batchSize("batch", cl::cat(category),
                                   cl::desc("cases compiled together"),
                                   cl::init(25));
// Level 1 gives the same floating point as 3 in a fraction of the time.
static cl::opt<unsigned>
    optimizationLevel("opt-level", cl::cat(category),
                      cl::desc("LLVM's optimization level of the fused form"),
                      cl::init(1));
static cl::opt<uint64_t>
    unfusedEvery("unfused-every", cl::cat(category),
                 cl::desc("compile only every n-th batch without fusion too"),
                 cl::init(1));
static cl::opt<std::string>
    deviceName("device", cl::cat(category),
               cl::desc("where programs run: cpu, or emulator (of an NVIDIA "
                        "GPU)"),
               cl::init("cpu"));
static cl::opt<std::string> chipName("chip", cl::cat(category),
                                     cl::desc("chip of the emulator's kernels"),
                                     cl::init("sm_80"));
static cl::opt<unsigned>
    schedules("schedules", cl::cat(category),
              cl::desc("schedules of the emulator that each case runs with"),
              cl::init(1));
static cl::opt<bool>
    sitesOnly("sites", cl::cat(category),
              cl::desc("the files are quantized models: compare each of their "
                       "quantized sites with this machine's"));
static cl::opt<bool> minimiseFailures("minimise", cl::cat(category),
                                      cl::desc("shrink failing cases"));
static cl::opt<bool>
    printOnly("print", cl::cat(category),
              cl::desc("print the cases as self-contained modules"));
static cl::opt<std::string> failureFolder("failures", cl::cat(category),
                                          cl::desc("folder for failing cases"),
                                          cl::value_desc("folder"),
                                          cl::init("."));
static cl::opt<std::string>
    loweringPasses("lowering", cl::cat(category),
                   cl::desc("passes of both forms"),
                   cl::init("qnn-lower-symmetric{overflow=split},"
                            "qnn-lower-asymmetric{overflow=split}"));
static cl::opt<std::string> fusionPasses(
    "fusion", cl::cat(category),
    cl::desc("passes of the fused form after these"),
    cl::init("qnn-fuse-zero-points,qnn-fuse-epilogue,qnn-fuse-sums"));

namespace {

/// Two lists of passes, either of which may be empty.
std::string join(const std::string &first, const std::string &second) {
  return first.empty() || second.empty() ? first + second
                                         : first + "," + second;
}

std::vector<Leg> makeLegs() {
  std::vector<Leg> legs = {{"unfused", loweringPasses, Form::Unfused, 0},
                           {"fused", join(loweringPasses, fusionPasses),
                            Form::Fused, optimizationLevel}};
  for (Leg &leg : legs) {
    leg.chip = deviceName == "emulator" ? chipName.getValue() : "";
    leg.schedules = schedules;
  }
  return legs;
}

/// Runs the files; the exit code.
int replayFiles() {
  int failed = 0;
  for (const std::string &path : files) {
    Outcome outcome = replay(path, makeLegs());
    if (outcome.status == Outcome::Agrees)
      continue;
    ++failed;
    llvm::outs() << "failed: " << path << "\n  " << outcome.text << "\n";
  }
  llvm::outs() << files.size() - failed << " files agree bit for bit, "
               << failed << " do not\n";
  return failed ? 1 : 0;
}

/// Compares the sites of the files' models; the exit code.
int compareSites() {
  unsigned same = 0, different = 0;
  for (const std::string &path : files) {
    llvm::Expected<SiteReport> report = checkSites(path, makeLegs().back());
    if (!report) {
      llvm::errs() << llvm::toString(report.takeError()) << "\n";
      return 1;
    }
    same += report->same;
    different += report->different.size();
    for (const auto &[site, failure] : report->different)
      llvm::outs() << "failed: site " << site << "\n  " << failure << "\n";
  }
  llvm::outs() << same << " sites agree bit for bit, " << different
               << " do not\n";
  return different || !same ? 1 : 0;
}

struct Tally {
  uint64_t cases = 0, refused = 0, different = 0;
  std::map<std::string, uint64_t> reasons;
};

class Driver {
public:
  explicit Driver(std::vector<const Family *> chosen)
      : chosen(std::move(chosen)), checker(makeLegs()) {}

  Program makeCase(uint64_t seed) const {
    return makeProgram(*chosen[seed % chosen.size()], seed);
  }

  /// Checks the cases with seeds in [begin, end).
  void run(uint64_t begin, uint64_t end) {
    std::vector<Program> programs;
    for (uint64_t seed = begin; seed < end; ++seed)
      programs.push_back(makeCase(seed));
    llvm::PrettyStackTraceFormat trace("checking seeds %llu to %llu",
                                       (unsigned long long)begin,
                                       (unsigned long long)end);
    bool onlyFused = begin / batchSize % unfusedEvery != 0;
    std::vector<Outcome> outcomes = checker.check(programs, onlyFused);
    for (size_t i = 0; i < programs.size(); ++i)
      count(programs[i], outcomes[i]);
  }

  void printTable();
  uint64_t numCases() const { return total().cases; }
  uint64_t numDifferent() const { return total().different; }

private:
  Tally total() const {
    Tally sum;
    for (const auto &[name, tally] : tallies) {
      sum.cases += tally.cases;
      sum.refused += tally.refused;
      sum.different += tally.different;
    }
    return sum;
  }

  /// A smaller program that fails in the same way.
  Program shrink(const Program &program, const Outcome &outcome) {
    bool compiles = compilesAt(outcome);
    return minimise(program, [&](const Program &candidate) {
      Outcome found = checker.check(candidate)[0];
      return found.status == Outcome::Differs && compilesAt(found) == compiles;
    });
  }
  static bool compilesAt(const Outcome &outcome) {
    return !StringRef(outcome.text).contains("does not compile");
  }

  void count(const Program &program, const Outcome &outcome) {
    Tally &tally = tallies[program.family];
    ++tally.cases;
    if (outcome.status == Outcome::Refused) {
      ++tally.refused;
      ++tally.reasons[outcome.text];
    }
    if (outcome.status != Outcome::Differs)
      return;
    ++tally.different;
    std::string path = failureFolder + "/quant-check-" + program.family + "-" +
                       std::to_string(program.seed) + ".mlir";
    std::error_code error;
    llvm::raw_fd_ostream file(path, error);
    Program smaller = minimiseFailures ? shrink(program, outcome) : program;
    if (!error)
      file << emitSelfContained(smaller);
    llvm::outs() << "failed: " << smaller.describe() << "\n  " << outcome.text
                 << "\n  "
                 << (error ? "cannot write " + path : "reproduce with " + path)
                 << "\n";
  }

  std::vector<const Family *> chosen;
  Checker checker;
  std::map<std::string, Tally> tallies;
};

void Driver::printTable() {
  llvm::outs() << "family                   cases  refused  different\n";
  auto row = [](StringRef name, const Tally &tally) {
    llvm::outs() << llvm::left_justify(name, 22)
                 << llvm::format("%8llu %8llu %10llu\n",
                                 (unsigned long long)tally.cases,
                                 (unsigned long long)tally.refused,
                                 (unsigned long long)tally.different);
  };
  for (const Family *family : chosen) {
    const Tally &tally = tallies[family->name];
    row(family->name, tally);
    for (const auto &[reason, count] : tally.reasons)
      llvm::outs() << "  refused " << count << ": " << reason << "\n";
  }
  Tally sum = total();
  row("all", sum);
  llvm::outs() << sum.cases - sum.refused - sum.different
               << " cases agree bit for bit, " << sum.different << " do not, "
               << sum.refused << " stay in float\n";
}

/// The families to draw from, or none where the name is unknown.
std::vector<const Family *> chooseFamilies() {
  std::vector<const Family *> chosen;
  for (const Family &family : families())
    if (familyName.empty() || familyName == family.name)
      chosen.push_back(&family);
  if (chosen.empty())
    llvm::errs() << "expected a family that --families lists, but got '"
                 << familyName << "'\n";
  return chosen;
}

} // namespace

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  llvm::CrashRecoveryContext::Enable();
  qnn::registerQNNPasses();
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(
      argc, argv,
      "Compares random quantized programs, lowered without and with fusion and "
      "executed, bit for\n"
      "bit with an exact reference. Exit code 0 when all cases agree, else "
      "1.\n");
  if (listFamilies) {
    for (const Family &family : families())
      llvm::outs() << llvm::left_justify(family.name, 22) << family.what
                   << "\n";
    return 0;
  }
  std::vector<const Family *> chosen = chooseFamilies();
  if (chosen.empty())
    return 1;
  if (batchSize == 0 || unfusedEvery == 0) {
    llvm::errs() << "expected --batch and --unfused-every of at least 1, but "
                    "got 0\n";
    return 1;
  }
  if (deviceName != "cpu" && deviceName != "emulator") {
    llvm::errs() << "expected --device cpu or emulator, but got '" << deviceName
                 << "'\n";
    return 1;
  }
  if (auto target = nvvm::Target::resolve(chipName); !target) {
    llvm::errs() << llvm::toString(target.takeError()) << "\n";
    return 1;
  }
  if (schedules == 0) {
    llvm::errs() << "expected --schedules of at least 1, but got 0\n";
    return 1;
  }
  // A misspelt pass is the caller's mistake, not every case's.
  for (StringRef passes :
       {StringRef(loweringPasses), StringRef(fusionPasses)}) {
    OpPassManager check(ModuleOp::getOperationName());
    if (mlir::failed(parsePassPipeline(passes, check, llvm::errs())))
      return 1;
  }
  if (sitesOnly)
    return compareSites();
  if (!files.empty())
    return replayFiles();
  Driver driver(chosen);
  uint64_t end = firstSeed + numCases;
  if (printOnly) {
    for (uint64_t seed = firstSeed; seed < end; ++seed)
      llvm::outs() << emitSelfContained(driver.makeCase(seed))
                   << "\n// -----\n\n";
    return 0;
  }
  bool terminal = llvm::sys::Process::StandardErrIsDisplayed();
  for (uint64_t seed = firstSeed; seed < end; seed += batchSize) {
    driver.run(seed, std::min<uint64_t>(seed + batchSize, end));
    if (terminal)
      llvm::errs() << "\r" << driver.numCases() << " of " << numCases
                   << " cases";
  }
  if (terminal)
    llvm::errs() << "\n";
  driver.printTable();
  return driver.numDifferent() ? 1 : 0;
}
