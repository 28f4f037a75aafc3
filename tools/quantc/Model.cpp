//===- Model.cpp - models in memory and on disk ---------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Model.h"
#include "quantc/Conversion/QuantTypes/Passes.h"
#include "quantc/Conversion/StableHLOToLinalg/Passes.h"
#include "quantc/Dialect/QNN/Transforms/SiteOperands.h"
#include "quantc/Pipelines/Quantize.h"
#include "quantc/Pipelines/TosaImport.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::tool;
using llvm::Error;
using llvm::Expected;

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

/// LLVM 22 reads the maps of a transposition when it verifies one, and without
/// dimensions reads what is not there.
static LogicalResult refuseEmptyTranspositions(ModuleOp module) {
  return failure(module
                     .walk([](linalg::TransposeOp op) -> WalkResult {
                       DenseI64ArrayAttr permutation = op.getPermutationAttr();
                       if (!permutation || !permutation.empty())
                         return WalkResult::advance();
                       emitError(op->getLoc())
                           << "expected 'linalg.transpose' of a tensor with "
                              "dimensions, but got an empty permutation";
                       return WalkResult::interrupt();
                     })
                     .wasInterrupted());
}

static Expected<OwningOpRef<ModuleOp>> parseModel(Tool &tool, StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFile(path);
  if (!buffer)
    return makeFileError(path, "expected a model that can be read, but got: " +
                                   buffer.getError().message());
  llvm::SourceMgr sources;
  sources.AddNewSourceBuffer(std::move(*buffer), llvm::SMLoc());
  ParserConfig config(&tool.getContext(), /*verifyAfterParse=*/false);
  auto module = parseSourceFile<ModuleOp>(sources, config);
  if (!module || failed(refuseEmptyTranspositions(*module)) ||
      failed(verify(*module)))
    return tool.diagnosed();
  auto main = module->lookupSymbol<func::FuncOp>("main");
  if (!main || main.isExternal())
    return makeFileError(path, "expected a function @main, but got none");
  return module;
}

/// The bytes of a tensor have to be a number, for whatever is compiled from it.
static bool hasSize(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || !tensor.hasStaticShape() ||
      llvm::is_contained(tensor.getShape(), 0))
    return true;
  constexpr int64_t maxElementBytes = 16;
  int64_t bytes = maxElementBytes;
  return llvm::none_of(tensor.getShape(), [&](int64_t size) {
    return llvm::MulOverflow(bytes, size, bytes);
  });
}

static Error checkSizes(Tool &tool, ModuleOp module) {
  auto refuse = [](Location loc, Type type) -> WalkResult {
    emitError(loc) << "expected tensors of less than 2^63 bytes, but got "
                   << type;
    return WalkResult::interrupt();
  };
  WalkResult result = module.walk([&](Operation *op) -> WalkResult {
    for (Type type : op->getResultTypes())
      if (!hasSize(type))
        return refuse(op->getLoc(), type);
    for (Region &region : op->getRegions())
      for (BlockArgument argument : region.getArguments())
        if (!hasSize(argument.getType()))
          return refuse(argument.getLoc(), argument.getType());
    return WalkResult::advance();
  });
  return result.wasInterrupted() ? tool.diagnosed() : Error::success();
}

/// Whether the module has an operation of one of the dialects.
static bool hasDialect(ModuleOp module, ArrayRef<StringRef> dialects) {
  return module
      .walk([&](Operation *op) {
        return llvm::is_contained(dialects, op->getName().getDialectNamespace())
                   ? WalkResult::interrupt()
                   : WalkResult::advance();
      })
      .wasInterrupted();
}

Error quantc::tool::runPasses(Tool &tool, Model &model, PassManager &passes) {
  if (failed(passes.run(*model.module)))
    return tool.diagnosed();
  return Error::success();
}

/// StableHLO, TOSA and quantized types to linalg and qnn.
static Error convertToLinalg(Tool &tool, Model &model) {
  ModuleOp module = *model.module;
  PassManager passes(&tool.getContext());
  if (hasDialect(module, {"tosa"}))
    buildTosaImportPipeline(passes);
  else if (hasDialect(module, {"stablehlo", "chlo", "quant"})) {
    passes.addPass(createQuantTypesToQNNPass());
    passes.addPass(createStableHLOToLinalgPass());
    passes.addPass(createQNNSinkDequantizePass());
  } else
    return Error::success();
  passes.addPass(createVerifyImportedPass());
  return runPasses(tool, model, passes);
}

Error quantc::tool::lowerExplicitQuantization(Tool &tool, Model &model) {
  bool isExplicit =
      model.module
          ->walk([](Operation *op) {
            return qnn::isSite(op) && qnn::isExplicitlyQuantized(op)
                       ? WalkResult::interrupt()
                       : WalkResult::advance();
          })
          .wasInterrupted();
  if (!isExplicit)
    return Error::success();
  // What such a program computes in float stays there.
  model.module->walk([](linalg::LinalgOp op) {
    bool isFloat = qnn::isSite(op) && !qnn::isExplicitlyQuantized(op) &&
                   isa<FloatType>(getElementTypeOrSelf(op->getResult(0)));
    if (isFloat && !op->hasAttr(qnn::kFloatReasonAttrName))
      op->setDiscardableAttr(
          qnn::kFloatReasonAttrName,
          StringAttr::get(op.getContext(), "the program has it in float"));
  });
  PassManager passes(&tool.getContext());
  buildIntegerPipeline(passes);
  return runPasses(tool, model, passes);
}

Model quantc::tool::copyModel(const Model &model) {
  mlir::ModuleOp module = model.module.get();
  return {model.path, mlir::OwningOpRef<mlir::ModuleOp>(module.clone()),
          model.parameters};
}

Expected<Model> quantc::tool::readModel(Tool &tool, StringRef path,
                                        StringRef parameterPath) {
  Model model;
  model.path = path.str();
  if (Error error = tool.getOutputs().addInput(path))
    return error;
  if (Error error = parseModel(tool, path).moveInto(model.module))
    return error;
  if (Error error = checkSizes(tool, *model.module))
    return error;
  if (Error error = convertToLinalg(tool, model))
    return error;

  if (!hasParameterArguments(*model.module)) {
    if (!parameterPath.empty())
      return makeFileError(parameterPath,
                           "expected no file of parameters, because '" + path +
                               "' has none");
    return model;
  }
  std::string resolved =
      resolveParameterFile(*model.module, path, parameterPath);
  if (Error error = tool.getOutputs().addInput(resolved))
    return error;
  if (Error error = SafetensorsFile::open(resolved).moveInto(model.parameters))
    return error;
  if (failed(bindParameters(*model.module, model.parameters)))
    return tool.diagnosed();
  return model;
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

/// Whether `tensors` are tensors of `file`, under their names there.
static bool areUnchanged(ArrayRef<SafetensorsTensor> tensors,
                         const SafetensorsFile *file) {
  return file && llvm::all_of(tensors, [&](const SafetensorsTensor &tensor) {
           const SafetensorsTensor *original = file->lookup(tensor.name);
           return original && original->data.data() == tensor.data.data() &&
                  original->data.size() == tensor.data.size();
         });
}

/// Only names in locations are worth keeping: sites are called by them.
static bool hasNamedLocations(ModuleOp module) {
  return module
      .walk([](Operation *op) {
        return op->getLoc()->findInstanceOf<NameLoc>() ? WalkResult::interrupt()
                                                       : WalkResult::advance();
      })
      .wasInterrupted();
}

Error quantc::tool::writeModel(Tool &tool, Model &model, StringRef path) {
  OutputFiles &outputs = tool.getOutputs();
  ModuleOp module = *model.module;
  FailureOr<SmallVector<SafetensorsTensor>> tensors = unbindParameters(module);
  if (failed(tensors))
    return tool.diagnosed();
  if (!tensors->empty()) {
    std::string parameterPath;
    if (areUnchanged(*tensors, model.parameters.get())) {
      parameterPath = model.parameters->getPath().str();
    } else {
      llvm::SmallString<128> beside(path);
      llvm::sys::path::replace_extension(beside, "safetensors");
      parameterPath = beside.str().str();
      if (Error error = outputs.add(parameterPath).takeError())
        return error;
      // The user has not named this file: the parameters of a model that is
      // being replaced are all that it may cost.
      if (llvm::sys::fs::exists(parameterPath) && !llvm::sys::fs::exists(path))
        return makeFileError(
            parameterPath, "expected no file where the parameters of '" + path +
                               "' go, but there is one that belongs to no "
                               "such model; remove it or choose another -o");
      if (Error error = outputs.write(parameterPath, [&](StringRef temporary) {
            return writeSafetensors(temporary, *tensors);
          }))
        return error;
    }
    setParameterFile(module, path, parameterPath);
  }

  std::string text;
  llvm::raw_string_ostream os(text);
  OpPrintingFlags flags;
  if (hasNamedLocations(module))
    flags.enableDebugInfo();
  module.print(os, flags);
  os << '\n';
  return outputs.write(path, text);
}
