//===- DeviceCompiler.cpp - modules to kernels and a plan -----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Execution/DeviceCompiler.h"

#include "quantc/Pipelines/ToNVVM.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Pass/PassManager.h"

using namespace mlir;
using namespace quantc;

int DeviceCode::getDriverVersion() const {
  StringRef version = StringRef(ptx).split(".version ").second;
  unsigned major = 0, minor = 0;
  version.consumeInteger(10, major);
  version.consume_front(".");
  version.consumeInteger(10, minor);
  // PTX 7.y came with CUDA 11.y, 8.y with 12.y, but for 8.6 and up, as there
  // was no 8.x for CUDA 12.6; 9.y with 13.y.
  if (major == 8 && minor >= 6)
    ++minor;
  return (major + 4) * 1000 + minor * 10;
}

/// The text of the module's kernels; a module without any where there are none.
static FailureOr<std::string> readPTX(ModuleOp module,
                                      const nvvm::Target &target) {
  auto binaries = llvm::to_vector(module.getOps<gpu::BinaryOp>());
  if (binaries.empty())
    return (".version 7.0\n.target " + target.getChipName() +
            "\n.address_size 64\n")
        .str();
  if (binaries.size() != 1 || binaries.front().getObjects().size() != 1)
    return module.emitError()
           << "expected kernels in one module, but got " << binaries.size();
  auto object = cast<gpu::ObjectAttr>(binaries.front().getObjects()[0]);
  // The text ends where its terminating zero is.
  return object.getObject().getValue().rtrim('\0').str();
}

FailureOr<DeviceCode> quantc::compileForDevice(ModuleOp module,
                                               const nvvm::Target &target) {
  OwningOpRef<ModuleOp> lowered = module.clone();
  PassManager pm(module.getContext());
  buildToNVVMPipeline(pm, target);
  buildNVVMPlanPipeline(pm);
  buildNVVMToPTXPipeline(pm);
  if (failed(pm.run(*lowered)))
    return failure();
  FailureOr<std::string> ptx = readPTX(*lowered, target);
  if (failed(ptx))
    return failure();
  for (auto func : lowered->getOps<func::FuncOp>()) {
    auto plan = func->getAttrOfType<ArrayAttr>("qnn.plan");
    if (!plan)
      continue;
    auto arena = func->getAttrOfType<IntegerAttr>("qnn.workspace_bytes");
    DeviceCode code;
    code.ptx = std::move(*ptx);
    code.entry = EntryPoint::fromAttribute(
        func.getName(), func->getAttrOfType<DictionaryAttr>("qnn.signature"),
        arena ? arena.getInt() : 0);
    for (StringAttr line : plan.getAsRange<StringAttr>())
      code.plan.push_back(line.str());
    return code;
  }
  return module.emitError("expected a public function, but got none");
}
