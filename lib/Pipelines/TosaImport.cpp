//===- TosaImport.cpp - the pipeline tosa-import --------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Pipelines/TosaImport.h"
#include "quantc/Conversion/LinalgToQNN/Passes.h"

#include "mlir/Conversion/TosaToArith/TosaToArith.h"
#include "mlir/Conversion/TosaToLinalg/TosaToLinalg.h"
#include "mlir/Conversion/TosaToTensor/TosaToTensor.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

void quantc::buildTosaImportPipeline(OpPassManager &pm) {
  // No validation: it would refuse extensions that compile all the same.
  tosa::addTosaToLinalgPasses(pm, TosaToLinalgOptions(),
                              TosaToLinalgNamedOptions(), std::nullopt);
  OpPassManager &functions = pm.nest<func::FuncOp>();
  functions.addPass(createTosaToTensorPass());
  TosaToArithPassOptions arith;
  arith.includeApplyRescale = true;
  functions.addPass(createTosaToArithPass(arith));
  pm.addPass(createCanonicalizerPass());
  // Zero points leave the summation.
  pm.addPass(createLinalgQuantizedToQNNPass());
}

void quantc::registerTosaImportPipeline() {
  PassPipelineRegistration<>("tosa-import",
                             "Convert TOSA to linalg with explicit zero points",
                             buildTosaImportPipeline);
}
