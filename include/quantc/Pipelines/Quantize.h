//===- Quantize.h - the pipeline qnn-quantize -------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_PIPELINES_QUANTIZE_H
#define QUANTC_PIPELINES_QUANTIZE_H

#include "quantc/Dialect/QNN/Transforms/Passes.h"
#include "quantc/Recipe/Recipe.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"

namespace quantc {

struct QuantizeOptions : mlir::PassPipelineOptions<QuantizeOptions> {
  Option<std::string> statistics{
      *this, "statistics",
      llvm::cl::desc("Statistics file; empty where the observers carry their "
                     "statistics already")};
  Option<std::string> recipe{*this, "recipe", llvm::cl::desc("Recipe file")};
  Option<std::string> smooth{
      *this, "smooth",
      llvm::cl::desc("SmoothQuant's alpha in [0, 1], 'auto' to search one for "
                     "each group, 'none', or 'recipe' to follow the recipe"),
      llvm::cl::init("recipe")};
  Option<double> maxError{
      *this, "max-error",
      llvm::cl::desc("For a recipe with 'auto': the largest sum of "
                     "noise-to-signal ratios"),
      llvm::cl::init(0)};
  Option<double> maxCost{
      *this, "max-cost",
      llvm::cl::desc("For a recipe with 'auto': the largest cost in seconds"),
      llvm::cl::init(0)};
  Option<std::string> pareto{
      *this, "pareto",
      llvm::cl::desc("For a recipe with 'auto': file to write the front of all "
                     "choices to")};
  Option<std::string> candidate{
      *this, "candidate",
      llvm::cl::desc(
          "For a recipe with 'auto': give every site this candidate, "
          "or 'float', instead of a joint choice")};
  Option<std::string> sensitivity{
      *this, "sensitivity",
      llvm::cl::desc(
          "For a recipe with 'auto': file with the measured error of "
          "each site's candidates, see quantc sensitivity")};
};

/// How to smooth, or nullopt not to, by the option `smooth` and the recipe,
/// which was read from `recipePath`.
llvm::Expected<std::optional<qnn::QNNSmoothPassOptions>>
getSmoothOptions(const Recipe &recipe, llvm::StringRef recipePath,
                 llvm::StringRef smooth);

/// Statistics onto observers, then SmoothQuant unless `smooth` is nullopt. To
/// have histograms of the smoothed activations, calibrate the module once more
/// after this and go on with `buildQuantizePipeline` without statistics.
void buildSmoothPipeline(
    mlir::OpPassManager &pm, llvm::StringRef statistics,
    const std::optional<qnn::QNNSmoothPassOptions> &smooth);

/// Calibrated sites to sites with a scheme or a reason for float.
void buildSelectPipeline(mlir::OpPassManager &pm,
                         const QuantizeOptions &options);

/// Sites with a scheme to integer form.
void buildMaterializePipeline(mlir::OpPassManager &pm, const Recipe &recipe);

/// Sites on dequantized operands to integer form, with fused epilogues: the
/// last part of the quantize pipeline, and all that a module needs that arrives
/// with explicit quantization. `requantize` is how one scale becomes another,
/// `overflow` what becomes of sums that may not fit.
void buildIntegerPipeline(
    mlir::OpPassManager &pm,
    qnn::RequantizeMode requantize = qnn::RequantizeMode::Float,
    qnn::OverflowAction overflow = qnn::OverflowAction::Error);

/// An annotated module to integer form. Fails where the recipe cannot be read.
llvm::Error buildQuantizePipeline(mlir::OpPassManager &pm,
                                  const QuantizeOptions &options);

/// Registers `--qnn-quantize`.
void registerQuantizePipeline();

} // namespace quantc

#endif // QUANTC_PIPELINES_QUANTIZE_H
