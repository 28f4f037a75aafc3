//===- Compiler.cpp - modules to object code ------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Execution/Compiler.h"

#include "quantc/Codegen/NVVM/Translations.h"
#include "quantc/Dialect/CPU/IR/CPUDialect.h"
#include "quantc/Dialect/GPU/IR/GPUDialect.h"
#include "quantc/Dialect/QNN/IR/QNNDialect.h"
#include "quantc/Pipelines/ToCPU.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Verifier.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Dialect/All.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir;
using namespace quantc;

namespace {

/// LLVM's standard pipeline of a level.
void optimize(llvm::Module &module, llvm::TargetMachine &machine,
              unsigned level) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
  llvm::PipelineTuningOptions tuning;
  llvm::PassBuilder builder(&machine, tuning);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);
  const llvm::OptimizationLevel levels[] = {
      llvm::OptimizationLevel::O0, llvm::OptimizationLevel::O1,
      llvm::OptimizationLevel::O2, llvm::OptimizationLevel::O3};
  llvm::OptimizationLevel chosen = levels[std::min(level, 3u)];
  (chosen == llvm::OptimizationLevel::O0
       ? builder.buildO0DefaultPipeline(chosen)
       : builder.buildPerModuleDefaultPipeline(chosen))
      .run(module, modules);
}

std::vector<EntryPoint> readEntries(ModuleOp module) {
  std::vector<EntryPoint> entries;
  for (auto func : module.getOps<LLVM::LLVMFuncOp>()) {
    auto signature = func->getAttrOfType<DictionaryAttr>("qnn.signature");
    StringRef name = func.getName();
    if (!signature || !name.consume_back("_run_with_workspace"))
      continue;
    auto workspace = func->getAttrOfType<IntegerAttr>("qnn.workspace_bytes");
    entries.push_back(EntryPoint::fromAttribute(
        name, signature, workspace ? workspace.getInt() : 0));
    entries.back().isParallel = func->hasAttr("qnn.parallel");
  }
  return entries;
}

} // namespace

const EntryPoint *ObjectCode::lookup(StringRef name) const {
  for (const EntryPoint &entry : entries)
    if (entry.name == name)
      return &entry;
  return nullptr;
}

void quantc::registerCompilerDialects(DialectRegistry &registry) {
  registerAllDialects(registry);
  registerAllExtensions(registry);
  registerAllToLLVMIRTranslations(registry);
  registry.insert<cpu::CPUDialect, nvvm::GPUDialect, qnn::QNNDialect>();
  cpu::registerBufferizableOpInterfaceExternalModels(registry);
  nvvm::registerBufferizableOpInterfaceExternalModels(registry);
  nvvm::registerTranslations(registry);
}

FailureOr<ObjectCode> quantc::compileModule(ModuleOp module,
                                            const cpu::Target &target,
                                            const CompileOptions &options) {
  OwningOpRef<ModuleOp> lowered = module.clone();
  PassManager pm(module.getContext());
  buildToCPUPipeline(pm, target, options.parallel);
  pm.enableVerifier(options.verifyEach);
  if (failed(pm.run(*lowered)) ||
      (!options.verifyEach && failed(verify(*lowered))))
    return failure();

  auto machine = target.createTargetMachine(options.optimizationLevel);
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> translated =
      translateModuleToLLVMIR(*lowered, context, "model");
  if (!translated)
    return failure();
  translated->setTargetTriple(machine->getTargetTriple());
  translated->setDataLayout(machine->createDataLayout());
  ObjectCode code;
  code.entries = readEntries(*lowered);
  if (options.extend && failed(options.extend(*translated, code.entries)))
    return failure();
  for (llvm::Function &function : *translated) {
    function.addFnAttr("target-cpu", target.getCPU());
    function.addFnAttr("target-features", target.getFeatures());
  }
  std::string message;
  llvm::raw_string_ostream stream(message);
  if (llvm::verifyModule(*translated, &stream))
    return module.emitError() << "expected valid LLVM IR, but " << message;
  optimize(*translated, *machine, options.optimizationLevel);

  llvm::raw_svector_ostream object(code.bytes);
  llvm::legacy::PassManager emit;
  if (machine->addPassesToEmitFile(emit, object, nullptr,
                                   llvm::CodeGenFileType::ObjectFile))
    return module.emitError() << "expected a target that emits object files";
  emit.run(*translated);
  return code;
}
