//===- quant-opt.cpp - mlir-opt with quantc's dialects and passes
//---------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Codegen/CPU/Passes.h"
#include "quantc/Conversion/StableHLOToLinalg/Passes.h"
#include "quantc/Dialect/CPU/IR/CPUDialect.h"
#include "quantc/Dialect/QNN/IR/QNNDialect.h"
#include "quantc/Dialect/QNN/Transforms/Passes.h"
#include "quantc/Dialect/StableHLO/IR/CHLO.h"
#include "quantc/Dialect/StableHLO/IR/Shardy.h"
#include "quantc/Dialect/StableHLO/IR/StableHLO.h"
#include "quantc/Parameters/Passes.h"
#include "quantc/Pipelines/Quantize.h"
#include "quantc/Pipelines/ToCPU.h"

#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  registry.insert<quantc::cpu::CPUDialect, quantc::qnn::QNNDialect,
                  quantc::stablehlo::StableHLODialect,
                  quantc::chlo::CHLODialect, quantc::sdy::ShardyDialect>();
  quantc::cpu::registerBufferizableOpInterfaceExternalModels(registry);

  mlir::registerAllPasses();
  quantc::cpu::registerCodegenCPUPasses();
  quantc::qnn::registerQNNPasses();
  quantc::registerParametersPasses();
  quantc::registerStableHLOToLinalgPasses();
  quantc::registerQuantizePipeline();
  quantc::registerToCPUPipeline();

  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "quantc pass driver\n", registry));
}
