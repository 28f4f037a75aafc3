//===- SensitivityMeasurement.h - what quantizing does --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TOOLS_QUANTC_SENSITIVITYMEASUREMENT_H
#define QUANTC_TOOLS_QUANTC_SENSITIVITYMEASUREMENT_H

#include "Quantization.h"
#include "SwitchedSites.h"
#include "quantc/CostModel/SensitivityFile.h"
#include "quantc/Dialect/QNN/IR/QNNOps.h"
#include "quantc/Evaluation/Metrics.h"
#include "quantc/Execution/Executable.h"

namespace quantc::tool {

struct SensitivityOptions {
  /// The recipe's file, and how to smooth.
  const CalibratedModelOptions &calibrated;
  /// A data file, or a directory of them, and what is padding in it.
  std::string data, mask;
  /// The output to compare; empty for the only one, or 'logits'.
  std::string output;
  /// Only the first samples of each file are run, in whole batches.
  int64_t maxSamples = std::numeric_limits<int64_t>::max();
  /// With more than one, ranges are those of the data without the fold that is
  /// measured: no sample is measured with ranges that know it.
  int64_t folds = 1;
};

/// Quantizes sites of a model one by one, and, for a recipe with 'auto', some
/// choices for all of them at once: each candidate everywhere, and what the
/// joint choice makes of its cost and of the recipe's own limit. Each of these
/// variants runs over the data and is compared with the float model.
class SensitivityMeasurement {
public:
  /// `model` is smoothed, with statistics on its observers; `unsmoothed` is the
  /// annotated model that it was, which folds smooth by what they know.
  SensitivityMeasurement(Tool &tool, Model &model, Model &unsmoothed,
                         const Recipe &recipe,
                         const SensitivityOptions &options)
      : tool(tool), model(model), unsmoothed(unsmoothed), recipe(recipe),
        options(options) {}

  llvm::Expected<SensitivityFile> measure();

private:
  /// How sites get their schemes: one candidate for all, or by the sites'
  /// sensitivities.
  struct Selection {
    std::string candidate = "";
    /// The file with them.
    std::string sensitivity = "";
    /// Seconds; 0 for the recipe's own limit.
    double maxCost = 0;
    /// Where the choice is to be written; empty for nowhere.
    std::string front = "";
  };

  /// What is compared with the float model.
  struct Variant {
    /// The candidate of each site; all others, and 'float', stay in float.
    std::map<std::string, std::string> sites;
    bool isChoice = false;
    /// Of the one site, where it is no choice.
    qnn::SchemeAttr scheme;
    LogitSums sums;
  };
  using Variants = llvm::MutableArrayRef<Variant>;

  /// All variants, with the ranges that a fold is measured with.
  struct Program {
    DataFold fold;
    std::vector<SwitchedSites::Site> sites;
    std::unique_ptr<Executable> executable;

    /// What a variant makes of each site.
    std::vector<int32_t> getForms(const Variant &variant) const;
  };

  /// The candidates; one that is empty where the recipe has none.
  std::vector<std::string> getCandidates() const;

  llvm::Error compileReference();
  llvm::Error openData();
  /// The batches of each file that a fold runs.
  std::vector<DataSet> getParts(DataFold fold) const;
  llvm::Error compilePrograms();
  /// The model with the ranges that a fold is measured with.
  llvm::Expected<Model> calibrateWithout(DataFold fold);
  llvm::Expected<Program> compileProgram(Model &calibrated, DataFold fold);

  /// One for each site and candidate, in the model's order, the candidates of
  /// each next to each other.
  void addSites();
  /// The whole models, by the sites' sensitivities in the file at `path`.
  llvm::Error addChoices(llvm::StringRef path);
  /// What the cheapest choice costs, in seconds.
  llvm::Expected<double> getCheapestCost(llvm::StringRef path);
  /// Returns what it costs, in seconds.
  llvm::Expected<double> addChoice(Selection selection);

  /// Runs some variants over all data.
  llvm::Error run(Variants some);
  llvm::Error runPart(const DataSet &data, const Program &program,
                      Variants some, Progress &progress);

  llvm::Expected<Model> select(Model &calibrated, const Selection &selection);
  llvm::Expected<std::unique_ptr<Executable>> compile(Model &selected);

  /// Refuses divergences that are none.
  llvm::Error checkFinite() const;
  SensitivityFile getResult() const;

  Tool &tool;
  Model &model, &unsmoothed;
  const Recipe &recipe;
  const SensitivityOptions &options;
  std::unique_ptr<Executable> reference;
  std::vector<Program> programs;
  std::vector<Variant> variants;
  std::vector<DataSpec> inputs, outputs;
  std::vector<DataSet> shards;
  size_t output = 0;
};

} // namespace quantc::tool

#endif // QUANTC_TOOLS_QUANTC_SENSITIVITYMEASUREMENT_H
