//===- InitAll.h - all dialects, passes and pipelines -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What quant-opt, the plugin and any other tool register to have all of quantc.
// A tool that needs less calls less.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_INITALL_H
#define QUANTC_INITALL_H

#include "quantc/Codegen/CPU/Passes.h"
#include "quantc/Codegen/NVVM/Host/Passes.h"
#include "quantc/Codegen/NVVM/Passes.h"
#include "quantc/Codegen/NVVM/Translations.h"
#include "quantc/Conversion/LinalgToQNN/Passes.h"
#include "quantc/Conversion/QuantTypes/Passes.h"
#include "quantc/Conversion/StableHLOToLinalg/Passes.h"
#include "quantc/Dialect/CPU/IR/CPUDialect.h"
#include "quantc/Dialect/GPU/IR/GPUDialect.h"
#include "quantc/Dialect/QNN/IR/QNNDialect.h"
#include "quantc/Dialect/QNN/Transforms/Passes.h"
#include "quantc/Dialect/StableHLO/IR/CHLO.h"
#include "quantc/Dialect/StableHLO/IR/Shardy.h"
#include "quantc/Dialect/StableHLO/IR/StableHLO.h"
#include "quantc/Parameters/Passes.h"
#include "quantc/Pipelines/Quantize.h"
#include "quantc/Pipelines/ToCPU.h"
#include "quantc/Pipelines/ToNVVM.h"
#include "quantc/Pipelines/TosaImport.h"

namespace quantc {

/// Adds quantc's dialects and what they implement of MLIR's interfaces.
/// MLIR's own dialects are the caller's matter.
inline void registerAllDialects(mlir::DialectRegistry &registry) {
  registry.insert<cpu::CPUDialect, nvvm::GPUDialect, qnn::QNNDialect,
                  stablehlo::StableHLODialect, chlo::CHLODialect,
                  sdy::ShardyDialect>();
  nvvm::registerBufferizableOpInterfaceExternalModels(registry);
  nvvm::registerTranslations(registry);
  cpu::registerBufferizableOpInterfaceExternalModels(registry);
}

/// Registers quantc's passes and pipelines by their flags.
inline void registerAllPasses() {
  cpu::registerCodegenCPUPasses();
  nvvm::registerCodegenNVVMPasses();
  nvvm::registerCodegenNVVMHostPasses();
  qnn::registerQNNPasses();
  registerLinalgToQNNPasses();
  registerParametersPasses();
  registerQuantTypesPasses();
  registerStableHLOToLinalgPasses();
  registerQuantizePipeline();
  registerToCPUPipeline();
  registerToNVVMPipeline();
  registerTosaImportPipeline();
}

} // namespace quantc

#endif // QUANTC_INITALL_H
