//===- ToNVVM.cpp - the pipeline qnn-to-nvvm ------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Pipelines/ToNVVM.h"

#include "BrainFloats.h"
#include "Bufferization.h"
#include "quantc/Codegen/CPU/Passes.h"
#include "quantc/Codegen/NVVM/Host/Passes.h"
#include "quantc/Codegen/NVVM/Passes.h"
#include "quantc/Codegen/NVVM/Target.h"
#include "quantc/Dialect/QNN/Transforms/Passes.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/GPU/Transforms/Passes.h"
#include "mlir/Dialect/LLVMIR/Transforms/Passes.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace quantc;

/// The kernels to the LLVM dialect; pointers are what they are launched with.
static void addKernelLowering(OpPassManager &pm) {
  OpPassManager &kernels = pm.nest<gpu::GPUModuleOp>();
  // Indices that are known to fit are computed in 32 bits: 64 take two
  // instructions to add and many to divide.
  arith::ArithIntRangeNarrowingOptions narrow;
  narrow.bitwidthsSupported = {32};
  kernels.addPass(arith::createArithIntRangeNarrowing(narrow));
  kernels.addPass(createCanonicalizerPass());
  kernels.addPass(createCSEPass());
  kernels.addPass(memref::createExpandStridedMetadataPass());
  kernels.addPass(createLowerAffinePass());
  kernels.addPass(createCanonicalizerPass());
  kernels.addPass(createCSEPass());
  kernels.addPass(createConvertNVGPUToNVVMPass());
  kernels.addPass(createSCFToControlFlowPass());
  // Canonicalization has merged conversions from integers and from f32 into
  // ones that round once.
  addBrainFloatEmulation(kernels);
  kernels.addPass(cpu::createCodegenCPUExpandArithPass());
  kernels.addPass(nvvm::createCodegenNVVMAlignPointersPass());
  ConvertGpuOpsToNVVMOpsOptions toNVVM;
  toNVVM.useBarePtrCallConv = true;
  kernels.addPass(createConvertGpuOpsToNVVMOps(toNVVM));
  kernels.addPass(createConvertVectorToLLVMPass());
  kernels.addPass(createConvertIndexToLLVMPass());
  kernels.addPass(createArithToLLVMConversionPass());
  kernels.addPass(createConvertNVVMToLLVMPass());
  kernels.addPass(createReconcileUnrealizedCastsPass());
  kernels.addPass(quantc::nvvm::createCodegenNVVMFinalizeKernelsPass());
  kernels.addPass(createCanonicalizerPass());
  kernels.addPass(createCSEPass());
}

void quantc::buildToNVVMPipeline(OpPassManager &pm,
                                 const nvvm::Target &target) {
  std::string chip = target.getChipName().str();
  // 1. One function an entry, without calls: everything is visible to fusion.
  pm.addPass(createInlinerPass());
  pm.addPass(createSymbolDCEPass());
  // The host launches kernels, one after the other.
  pm.addNestedPass<func::FuncOp>(nvvm::createCodegenNVVMUnrollLoopsPass());
  // 2. linalg only, and of each elementwise chain one op. What follows a
  // contraction is its epilogue.
  pm.addPass(qnn::createQNNToLinalgPass());
  pm.addPass(createConvertElementwiseToLinalgPass());
  cpu::CodegenCPULegalizeElementsPassOptions elements;
  elements.keepF8Contractions = true;
  elements.keepF8Conversions = target.hasF8();
  pm.addPass(cpu::createCodegenCPULegalizeElementsPass(elements));
  pm.addPass(cpu::createCodegenCPUDropEmptyTensorsPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(cpu::createCodegenCPUFuseElementwisePass());
  // The host reads no memory of the device.
  pm.addNestedPass<func::FuncOp>(nvvm::createCodegenNVVMSinkScalarsPass());
  // Dimensions of size 1 hide that two shapes are the same.
  pm.addPass(cpu::createCodegenCPUFoldUnitDimsPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(cpu::createCodegenCPUFuseElementwisePass());
  pm.addPass(createCSEPass());
  pm.addPass(cpu::createCodegenCPURoundQuotientsPass());
  // 3. Contractions and their epilogues become kernels, while weights are still
  // constants.
  pm.addPass(nvvm::createCodegenNVVMFormKernelsPass({chip}));
  pm.addPass(nvvm::createCodegenNVVMPackPass());
  // f8 that no kernel multiplies is decoded.
  elements.keepF8Contractions = false;
  pm.addPass(cpu::createCodegenCPULegalizeElementsPass(elements));
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  // 4. Parameters leave the code.
  pm.addPass(nvvm::createCodegenNVVMPromoteConstantsPass());
  pm.addPass(cpu::createCodegenCPUPrepareEntryPass());
  // 5. Buffers. Nothing frees them: a plan gives them their places later.
  addOneShotBufferization(pm);
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  // 6. Kernels of everything that is no contraction.
  pm.addNestedPass<func::FuncOp>(nvvm::createCodegenNVVMLowerStructuredPass());
  // 7. Contractions: what a CTA does, when it loads, what its threads do.
  pm.addPass(nvvm::createCodegenNVVMTilePass());
  pm.addPass(nvvm::createCodegenNVVMPipelinePass());
  pm.addPass(nvvm::createCodegenNVVMLowerFragmentsPass());
  pm.addPass(nvvm::createCodegenNVVMFuseRoundingPass());
  if (target.hasF8())
    pm.addPass(nvvm::createCodegenNVVMLowerF8Pass());
  // Half precision is computed in f32, and functions are those of the CPU, bit
  // for bit.
  pm.addPass(math::createMathExtendToSupportedTypes());
  addBrainFloatEmulation(pm);
  pm.addPass(cpu::createCodegenCPUApproximateMathPass());
  pm.addPass(nvvm::createCodegenNVVMLowerMathPass());
  // 8. Launches on the host, functions on the device.
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  // Constants are the kernels' own, not arguments.
  pm.addPass(createGpuLaunchSinkIndexComputationsPass());
  pm.addPass(createGpuKernelOutliningPass());
  GpuNVVMAttachTargetOptions attach;
  attach.chip = chip;
  attach.features = target.getFeatures().str();
  attach.optLevel = 3;
  pm.addPass(createGpuNVVMAttachTarget(attach));
  addKernelLowering(pm);
}

void quantc::buildNVVMPlanPipeline(OpPassManager &pm) {
  pm.addNestedPass<func::FuncOp>(nvvm::createCodegenNVVMFreeBuffersPass());
  cpu::CodegenCPUPlanMemoryPassOptions arena;
  arena.alignment = nvvm::bufferAlignment;
  pm.addPass(cpu::createCodegenCPUPlanMemoryPass(arena));
  pm.addPass(nvvm::createCodegenNVVMEmitPlanPass());
}

void quantc::buildNVVMToPTXPipeline(OpPassManager &pm) {
  // .loc lines, and no sections of debug information.
  LLVM::DIScopeForLLVMFuncOpPassOptions lines;
  lines.emissionKind = LLVM::DIEmissionKind::DebugDirectivesOnly;
  pm.addPass(LLVM::createDIScopeForLLVMFuncOpPass(lines));
  GpuModuleToBinaryPassOptions binary;
  binary.compilationTarget = "isa";
  pm.addPass(createGpuModuleToBinaryPass(binary));
}

void quantc::registerToNVVMPipeline() {
  // Not PassPipelineRegistration: its builder has no way to report an error.
  registerPassPipeline(
      "qnn-to-nvvm",
      "Lower linalg on tensors, with qnn ops, to kernels for an NVIDIA GPU",
      [](OpPassManager &pm, StringRef text,
         function_ref<LogicalResult(const Twine &)> errorHandler) {
        ToNVVMOptions options;
        if (failed(options.parseFromString(text)))
          return failure();
        auto target = nvvm::Target::resolve(options.chip);
        if (!target)
          return errorHandler(llvm::toString(target.takeError()));
        buildToNVVMPipeline(pm, *target);
        if (options.plan)
          buildNVVMPlanPipeline(pm);
        if (options.ptx)
          buildNVVMToPTXPipeline(pm);
        return success();
      },
      [](function_ref<void(const detail::PassOptions &)> handler) {
        handler(ToNVVMOptions());
      });
}
