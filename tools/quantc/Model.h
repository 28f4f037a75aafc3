//===- Model.h - models in memory and on disk -------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TOOLS_QUANTC_MODEL_H
#define QUANTC_TOOLS_QUANTC_MODEL_H

#include "Tool.h"
#include "quantc/Parameters/ParameterFile.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Pass/PassManager.h"

namespace quantc::tool {

/// linalg on tensors whose parameters are constants over the mapped file.
struct Model {
  std::string path;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  /// Null for a model without parameters.
  std::shared_ptr<const SafetensorsFile> parameters;
};

/// One of its own, of the same parameters.
Model copyModel(const Model &model);

/// Reads the model at `path`, StableHLO or linalg, and converts the former.
/// `parameterPath` overrides where the parameters are.
llvm::Expected<Model> readModel(Tool &tool, llvm::StringRef path,
                                llvm::StringRef parameterPath);

/// Writes the model as `path`, an output of the tool already, and as another
/// one its parameters beside it. Those that are all still those of the file
/// that they came from stay there.
llvm::Error writeModel(Tool &tool, Model &model, llvm::StringRef path);

/// Gives sites that the program itself quantizes their integer form; a model
/// without such sites stays as it is.
llvm::Error lowerExplicitQuantization(Tool &tool, Model &model);

/// Runs `passes` on the model.
llvm::Error runPasses(Tool &tool, Model &model, mlir::PassManager &passes);

} // namespace quantc::tool

#endif // QUANTC_TOOLS_QUANTC_MODEL_H
