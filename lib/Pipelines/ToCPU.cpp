//===- ToCPU.cpp - the pipeline qnn-to-cpu --------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Pipelines/ToCPU.h"

#include "BrainFloats.h"
#include "Bufferization.h"
#include "quantc/Codegen/CPU/Passes.h"
#include "quantc/Codegen/CPU/Target.h"
#include "quantc/Dialect/QNN/Transforms/Passes.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Bufferization/Pipelines/Passes.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace {

/// The options of a pass that knows the target.
template <typename Options>
Options withTarget(const quantc::cpu::Target &target) {
  Options options;
  options.triple = target.getTriple();
  options.processor = target.getCPU();
  options.features = target.getFeatures();
  return options;
}

/// Buffers that the program allocates and frees, in one workspace.
void addBufferization(OpPassManager &pm) {
  quantc::addOneShotBufferization(pm);
  bufferization::buildBufferDeallocationPipeline(pm);
  pm.addPass(createConvertBufferizationToMemRefPass());
  // Conditional deallocation comes as a call, with memrefs of dynamic size,
  // which have no bare pointers.
  pm.addPass(createInlinerPass());
  pm.addPass(createSymbolDCEPass());
  // The deallocation of what loops carry calls a helper on buffers of dynamic
  // size, which cannot be passed as bare pointers.
  pm.addPass(createInlinerPass());
  pm.addPass(createSymbolDCEPass());
  pm.addNestedPass<func::FuncOp>(
      bufferization::createOptimizeAllocationLivenessPass());
  pm.addPass(quantc::cpu::createCodegenCPUPlanMemoryPass());
}

/// Loops, vectors and buffers to the LLVM dialect.
void addLoweringToLLVM(OpPassManager &pm) {
  pm.addPass(createConvertVectorToSCFPass());
  pm.addPass(memref::createExpandStridedMetadataPass());
  pm.addPass(createLowerAffinePass());
  pm.addPass(createSCFToControlFlowPass());
  // Canonicalization has merged conversions from integers and from f32 into
  // ones that LLVM would call a library function for.
  quantc::addBrainFloatEmulation(pm);
  pm.addPass(quantc::cpu::createCodegenCPUExpandArithPass());
  // Functions of libm take scalars: their vectors are taken apart.
  pm.addPass(createConvertMathToLLVMPass());
  pm.addPass(createConvertMathToLibmPass());
  pm.addPass(createConvertVectorToLLVMPass());
  pm.addPass(createFinalizeMemRefToLLVMConversionPass());
  ConvertFuncToLLVMPassOptions functions;
  functions.useBarePtrCallConv = true;
  pm.addPass(createConvertFuncToLLVMPass(functions));
  pm.addPass(createArithToLLVMConversionPass());
  pm.addPass(createConvertIndexToLLVMPass());
  pm.addPass(createConvertControlFlowToLLVMPass());
  pm.addPass(createUBToLLVMConversionPass());
  pm.addPass(createReconcileUnrealizedCastsPass());
  pm.addPass(quantc::cpu::createCodegenCPUEmitTasksPass());
  pm.addPass(quantc::cpu::createCodegenCPUEmitEntryPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

} // namespace

void quantc::buildToCPUPipeline(OpPassManager &pm, const cpu::Target &target,
                                bool parallel) {
  // 1. One function an entry, without calls: everything is visible to fusion.
  pm.addPass(createInlinerPass());
  pm.addPass(createSymbolDCEPass());
  // 2. linalg only, and of each elementwise chain one op. What follows a
  // contraction is its epilogue.
  pm.addPass(qnn::createQNNToLinalgPass());
  pm.addPass(createConvertElementwiseToLinalgPass());
  pm.addPass(cpu::createCodegenCPULegalizeElementsPass());
  pm.addPass(cpu::createCodegenCPUDropEmptyTensorsPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(cpu::createCodegenCPUFuseElementwisePass());
  // Dimensions of size 1 hide that two shapes are the same.
  pm.addPass(cpu::createCodegenCPUFoldUnitDimsPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(cpu::createCodegenCPUFuseElementwisePass());
  pm.addPass(createCSEPass());
  if (target.hasFMA())
    pm.addPass(cpu::createCodegenCPURoundQuotientsPass());
  // 3. Contractions and their epilogues become kernels, while weights are still
  // constants. Operands that have to be shifted are where they are produced.
  pm.addPass(cpu::createCodegenCPUSplitProductsPass(
      withTarget<cpu::CodegenCPUSplitProductsPassOptions>(target)));
  pm.addPass(cpu::createCodegenCPUFormKernelsPass(
      withTarget<cpu::CodegenCPUFormKernelsPassOptions>(target)));
  pm.addPass(createCSEPass());
  pm.addPass(cpu::createCodegenCPUFoldConversionsPass());
  pm.addPass(cpu::createCodegenCPUFuseElementwisePass());
  pm.addPass(cpu::createCodegenCPUPackPass());
  pm.addPass(createCanonicalizerPass());
  // 4. Parameters leave the code.
  pm.addPass(cpu::createCodegenCPUPrepareEntryPass());
  // 5. Buffers, loops, LLVM.
  addBufferization(pm);
  cpu::CodegenCPULowerKernelsPassOptions lowerKernels;
  lowerKernels.parallel = parallel;
  pm.addPass(cpu::createCodegenCPULowerKernelsPass(lowerKernels));
  cpu::CodegenCPUVectorizePassOptions vectorize;
  vectorize.vectorBits = target.getVectorBits();
  vectorize.parallel = parallel;
  pm.addPass(cpu::createCodegenCPUVectorizePass(vectorize));
  pm.addPass(cpu::createCodegenCPUFuseProductsPass(
      withTarget<cpu::CodegenCPUFuseProductsPassOptions>(target)));
  pm.addPass(cpu::createCodegenCPUFuseRoundingPass(
      withTarget<cpu::CodegenCPUFuseRoundingPassOptions>(target)));
  // Half precision is computed in f32: LLVM would call library functions.
  pm.addPass(math::createMathExtendToSupportedTypes());
  addBrainFloatEmulation(pm);
  cpu::CodegenCPUApproximateMathPassOptions math;
  math.splitFma = target.isX86() && !target.has("fma");
  pm.addPass(cpu::createCodegenCPUApproximateMathPass(math));
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  // What a loop has in common with the function around it is outside by now.
  if (parallel)
    pm.addPass(cpu::createCodegenCPUParallelizePass());
  addLoweringToLLVM(pm);
}

void quantc::registerToCPUPipeline() {
  // Not PassPipelineRegistration: its builder has no way to report an error.
  registerPassPipeline(
      "qnn-to-cpu",
      "Lower linalg on tensors, with qnn ops, to the LLVM dialect for a CPU",
      [](OpPassManager &pm, StringRef text,
         function_ref<LogicalResult(const Twine &)> errorHandler) {
        ToCPUOptions options;
        if (failed(options.parseFromString(text)))
          return failure();
        auto target = cpu::Target::resolve(
            {options.triple, options.cpu, options.features});
        if (!target)
          return errorHandler(llvm::toString(target.takeError()));
        buildToCPUPipeline(pm, *target, options.parallel);
        return success();
      },
      [](function_ref<void(const detail::PassOptions &)> handler) {
        handler(ToCPUOptions());
      });
}
