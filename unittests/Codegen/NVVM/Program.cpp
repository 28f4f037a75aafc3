//===- Program.cpp - linalg text, run on the emulator ---------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Program.h"
#include "quantc/Codegen/NVVM/Target.h"
#include "quantc/Emulator/Emulator.h"
#include "quantc/InitAll.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Matchers.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::nvvm::test;

static const DialectRegistry &getRegistry() {
  static const DialectRegistry *registry = [] {
    auto *all = new DialectRegistry();
    mlir::registerAllDialects(*all);
    mlir::registerAllExtensions(*all);
    quantc::registerAllDialects(*all);
    return all;
  }();
  return *registry;
}

static int64_t getBytes(Type type) {
  auto memref = cast<MemRefType>(type);
  return (memref.getNumElements() * memref.getElementTypeBitWidth() + 7) / 8;
}

Program::Program(StringRef text, StringRef chip)
    : context(std::make_unique<MLIRContext>(getRegistry(),
                                            MLIRContext::Threading::DISABLED)) {
  ScopedDiagnosticHandler handler(context.get(), [&](Diagnostic &diagnostic) {
    messages += diagnostic.str() + "\n";
    return success();
  });
  module = parseSourceString<ModuleOp>(text, context.get());
  auto target = quantc::nvvm::Target::resolve(chip);
  if (!target) {
    messages += llvm::toString(target.takeError());
    module = nullptr;
  }
  if (!module)
    return;
  PassManager pm(context.get());
  buildToNVVMPipeline(pm, *target);
  buildNVVMToPTXPipeline(pm);
  if (failed(pm.run(*module))) {
    module = nullptr;
    return;
  }
  module->walk([&](mlir::gpu::BinaryOp binary) {
    auto object = cast<mlir::gpu::ObjectAttr>(binary.getObjects()[0]);
    ptx = object.getObject().getValue().rtrim('\0').str();
  });
}

Program::~Program() {
  if (image)
    cuModuleUnload(image);
}

unsigned Program::getNumLaunches() {
  unsigned count = 0;
  module->walk([&](mlir::gpu::LaunchFuncOp) { ++count; });
  return count;
}

CUdeviceptr Program::allocate(size_t bytes, const void *data) {
  CUdeviceptr address = 0;
  cuMemAlloc_v2(&address, std::max<size_t>(bytes, 1));
  allocations.push_back(address);
  if (data && bytes)
    cuMemcpyHtoD_v2(address, data, bytes);
  return address;
}

static std::string launchKernel(mlir::gpu::LaunchFuncOp launch, CUmodule image,
                                DenseMap<Value, CUdeviceptr> &addresses) {
  CUfunction function;
  if (cuModuleGetFunction(&function, image,
                          launch.getKernelName().str().c_str()))
    return "no kernel " + launch.getKernelName().str();
  auto number = [](Value value) {
    return unsigned(value ? *getConstantIntValue(value) : 0);
  };
  SmallVector<CUdeviceptr> arguments;
  SmallVector<void *> pointers;
  for (Value operand : launch.getKernelOperands())
    arguments.push_back(addresses.lookup(operand));
  for (CUdeviceptr &argument : arguments)
    pointers.push_back(&argument);
  CUlaunchConfig config = {};
  config.gridDimX = number(launch.getGridSizeX());
  config.gridDimY = number(launch.getGridSizeY());
  config.gridDimZ = number(launch.getGridSizeZ());
  config.blockDimX = number(launch.getBlockSizeX());
  config.blockDimY = number(launch.getBlockSizeY());
  config.blockDimZ = number(launch.getBlockSizeZ());
  config.sharedMemBytes = number(launch.getDynamicSharedMemorySize());
  if (config.sharedMemBytes > 48 * 1024)
    cuFuncSetAttribute(function,
                       CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES,
                       int(config.sharedMemBytes));
  if (cuLaunchKernelEx(&config, function, pointers.data(), nullptr))
    return std::string("launch failed: ") + quantcEmulatorReport();
  return "";
}

std::string Program::interpret(Operation &op) {
  std::string error;
  llvm::TypeSwitch<Operation *>(&op)
      .Case([&](memref::AllocOp alloc) {
        addresses[alloc] = allocate(getBytes(alloc.getType()), nullptr);
      })
      .Case([&](memref::GetGlobalOp get) {
        auto global = SymbolTable::lookupNearestSymbolFrom<memref::GlobalOp>(
            get, get.getNameAttr());
        auto value = cast<DenseElementsAttr>(*global.getInitialValue());
        SmallVector<char> data(value.getRawData());
        while (int64_t(data.size()) < getBytes(get.getType()))
          llvm::append_range(data, value.getRawData());
        addresses[get] = allocate(getBytes(get.getType()), data.data());
      })
      .Case([&](memref::ViewOp view) {
        addresses[view] = addresses.lookup(view.getSource()) +
                          *getConstantIntValue(view.getByteShift());
      })
      .Case<memref::SubViewOp, memref::ReinterpretCastOp, memref::CastOp,
            memref::CollapseShapeOp, memref::ExpandShapeOp>([&](auto view) {
        // Offsets are part of the type: the kernel adds them.
        addresses[view->getResult(0)] = addresses.lookup(view->getOperand(0));
      })
      .Case([&](memref::CopyOp copy) {
        auto from = cast<MemRefType>(copy.getSource().getType());
        auto to = cast<MemRefType>(copy.getTarget().getType());
        if (!from.getLayout().isIdentity() || !to.getLayout().isIdentity())
          error = "a copy with strides";
        else
          cuMemcpyDtoD_v2(addresses.lookup(copy.getTarget()),
                          addresses.lookup(copy.getSource()), getBytes(from));
      })
      .Case([&](mlir::gpu::LaunchFuncOp launch) {
        error = launchKernel(launch, image, addresses);
      })
      .Case<memref::DeallocOp, func::ReturnOp>([](auto) {})
      .Default([&](Operation *other) {
        if (!matchPattern(other, m_Constant()))
          error = "cannot interpret " + other->getName().getStringRef().str();
      });
  return error;
}

std::string Program::run(ArrayRef<const void *> inputs,
                         ArrayRef<void *> outputs, StringRef emulatorOptions) {
  std::string options =
      "print=off,order=earliest,async=latest,seed=1,races=on,uninitialized=on,"
      "counts=off,threads=1,architecture=90";
  if (!emulatorOptions.empty())
    options += "," + emulatorOptions.str();
  if (const char *error = quantcEmulatorConfigure(options.c_str()))
    return error;
  cuInit(0);
  cuCtxSynchronize();
  if (!image && !ptx.empty() && cuModuleLoadData(&image, ptx.c_str()))
    return std::string("module: ") + quantcEmulatorReport();
  auto main = module->lookupSymbol<func::FuncOp>("main");
  if (main.getNumArguments() != inputs.size() + outputs.size())
    return "wrong number of arguments";
  for (auto [i, argument] : llvm::enumerate(main.getArguments()))
    addresses[argument] = allocate(getBytes(argument.getType()),
                                   i < inputs.size() ? inputs[i] : nullptr);
  std::string error;
  for (Operation &op : main.getBody().front()) {
    error = interpret(op);
    if (!error.empty())
      break;
  }
  for (auto [i, output] : llvm::enumerate(outputs)) {
    Value argument = main.getArgument(inputs.size() + i);
    cuMemcpyDtoH_v2(output, addresses.lookup(argument),
                    getBytes(argument.getType()));
  }
  for (CUdeviceptr address : allocations)
    cuMemFree_v2(address);
  allocations.clear();
  addresses.clear();
  return error;
}
