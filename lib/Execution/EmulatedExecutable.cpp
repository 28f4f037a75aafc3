//===- EmulatedExecutable.cpp - GPU kernels in this process ---------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Execution/EmulatedExecutable.h"

#include "quantc/Emulator/CudaDriver.h"
#include "quantc/Emulator/Emulator.h"
#include "quantc/Pipelines/ToNVVM.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace quantc;

/// What device memory holds before it is written.
static constexpr unsigned char noise = 0xA5;

static size_t getElementBytes(MemRefType type) {
  return llvm::divideCeil(type.getElementTypeBitWidth(), 8);
}

static size_t getBytes(Type type) {
  auto memref = cast<MemRefType>(type);
  return memref.getNumElements() * getElementBytes(memref);
}

namespace {

/// Runs one function.
class Interpreter {
public:
  explicit Interpreter(MutableArrayRef<EmulatedExecutable::Image> images)
      : images(images) {}
  ~Interpreter() {
    for (CUdeviceptr address : allocations)
      cuMemFree_v2(address);
  }

  /// Device memory for a value, filled with `data`, or noise.
  CUdeviceptr bind(Value value, size_t bytes, const void *data) {
    CUdeviceptr address = 0;
    cuMemAlloc_v2(&address, std::max<size_t>(bytes, 1));
    allocations.push_back(address);
    if (data && bytes)
      cuMemcpyHtoD_v2(address, data, bytes);
    else
      cuMemsetD8_v2(address, noise, bytes);
    return addresses[value] = address;
  }
  CUdeviceptr lookup(Value value) const { return addresses.lookup(value); }

  std::string run(Operation &op);

private:
  /// A scalar or an address, as a kernel's parameter (little endian).
  uint64_t argumentBits(Value value) const;
  std::string launch(gpu::LaunchFuncOp op);
  std::string copy(memref::CopyOp op);
  void bindGlobal(memref::GetGlobalOp op);

  MutableArrayRef<EmulatedExecutable::Image> images;
  llvm::DenseMap<Value, CUdeviceptr> addresses;
  std::vector<CUdeviceptr> allocations;
};

uint64_t Interpreter::argumentBits(Value value) const {
  Attribute constant;
  if (!matchPattern(value, m_Constant(&constant)))
    return lookup(value);
  if (auto number = dyn_cast<FloatAttr>(constant))
    return number.getValue().bitcastToAPInt().getZExtValue();
  return cast<IntegerAttr>(constant).getValue().getZExtValue();
}

std::string Interpreter::launch(gpu::LaunchFuncOp op) {
  std::string name = op.getKernelName().str();
  auto image = llvm::find_if(images, [&](const auto &each) {
    return each.name == op.getKernelModuleName();
  });
  if (image == images.end())
    return "expected a binary for kernel '" + name + "'";
  if (!image->module && cuModuleLoadData(&image->module, image->ptx.c_str()))
    return quantcEmulatorReport();
  CUfunction function;
  if (cuModuleGetFunction(&function, image->module, name.c_str()))
    return "expected a kernel '" + name + "', but there is none";
  auto number = [](Value value) {
    return unsigned(value ? *getConstantIntValue(value) : 0);
  };
  SmallVector<uint64_t> arguments;
  for (Value operand : op.getKernelOperands())
    arguments.push_back(argumentBits(operand));
  SmallVector<void *> pointers;
  for (uint64_t &argument : arguments)
    pointers.push_back(&argument);
  CUlaunchConfig config = {};
  config.gridDimX = number(op.getGridSizeX());
  config.gridDimY = number(op.getGridSizeY());
  config.gridDimZ = number(op.getGridSizeZ());
  config.blockDimX = number(op.getBlockSizeX());
  config.blockDimY = number(op.getBlockSizeY());
  config.blockDimZ = number(op.getBlockSizeZ());
  config.sharedMemBytes = number(op.getDynamicSharedMemorySize());
  if (config.sharedMemBytes > 48 * 1024)
    cuFuncSetAttribute(function,
                       CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES,
                       int(config.sharedMemBytes));
  CUresult result =
      cuLaunchKernelEx(&config, function, pointers.data(), nullptr);
  if (result == CUDA_SUCCESS)
    return "";
  const char *error = "?";
  cuGetErrorString(result, &error);
  return "kernel '" + name + "': " + error + ": " + quantcEmulatorReport();
}

std::string Interpreter::copy(memref::CopyOp op) {
  // The address of a view is that of its buffer; its type has the offset.
  auto addressOf = [&](Value buffer) -> CUdeviceptr {
    auto type = cast<MemRefType>(buffer.getType());
    auto [strides, offset] = type.getStridesAndOffset();
    return lookup(buffer) + offset * getElementBytes(type);
  };
  for (Value buffer : {op.getSource(), op.getTarget()}) {
    auto type = cast<MemRefType>(buffer.getType());
    if (!type.areTrailingDimsContiguous(type.getRank()))
      return "expected copies of buffers in one piece";
  }
  cuMemcpyDtoD_v2(addressOf(op.getTarget()), addressOf(op.getSource()),
                  getBytes(op.getSource().getType()));
  return "";
}

void Interpreter::bindGlobal(memref::GetGlobalOp op) {
  auto global = SymbolTable::lookupNearestSymbolFrom<memref::GlobalOp>(
      op, op.getNameAttr());
  auto value = cast<DenseElementsAttr>(*global.getInitialValue());
  ArrayRef<char> raw = value.getRawData();
  SmallVector<char> data(raw);
  while (data.size() < getBytes(op.getType())) // a splat
    data.append(raw.begin(), raw.end());
  bind(op, getBytes(op.getType()), data.data());
}

std::string Interpreter::run(Operation &op) {
  return llvm::TypeSwitch<Operation *, std::string>(&op)
      .Case([&](memref::AllocOp alloc) {
        bind(alloc, getBytes(alloc.getType()), nullptr);
        return "";
      })
      .Case([&](memref::GetGlobalOp get) {
        bindGlobal(get);
        return "";
      })
      .Case([&](memref::ViewOp view) {
        addresses[view] = lookup(view.getSource()) +
                          *getConstantIntValue(view.getByteShift());
        return "";
      })
      .Case<memref::SubViewOp, memref::ReinterpretCastOp, memref::CastOp,
            memref::CollapseShapeOp, memref::ExpandShapeOp>([&](auto view) {
        // Offsets are part of the type: the kernel adds them.
        addresses[view->getResult(0)] = lookup(view->getOperand(0));
        return "";
      })
      .Case([&](memref::CopyOp op) { return copy(op); })
      .Case([&](gpu::LaunchFuncOp op) { return launch(op); })
      .Case<memref::DeallocOp, func::ReturnOp>([](auto) { return ""; })
      .Default([](Operation *other) -> std::string {
        if (matchPattern(other, m_Constant()))
          return "";
        return "expected launches, copies and views alone, but got '" +
               other->getName().getStringRef().str() + "'";
      });
}

} // namespace

FailureOr<std::unique_ptr<EmulatedExecutable>>
EmulatedExecutable::compile(ModuleOp module, const nvvm::Target &target,
                            bool verifyEach) {
  std::unique_ptr<EmulatedExecutable> result(new EmulatedExecutable);
  result->module = module.clone();
  PassManager pm(module.getContext());
  pm.enableVerifier(verifyEach);
  buildToNVVMPipeline(pm, target);
  buildNVVMToPTXPipeline(pm);
  if (failed(pm.run(*result->module)))
    return failure();
  result->module->walk([&](gpu::BinaryOp binary) {
    auto object = cast<gpu::ObjectAttr>(binary.getObjects()[0]);
    result->images.push_back({binary.getName().str(),
                              object.getObject().getValue().rtrim('\0').str()});
  });
  for (auto function : result->module->getOps<func::FuncOp>())
    if (auto signature =
            function->getAttrOfType<DictionaryAttr>("qnn.signature"))
      result->entries.push_back(
          EntryPoint::fromAttribute(function.getName(), signature, 0));
  return result;
}

EmulatedExecutable::~EmulatedExecutable() {
  for (Image &image : images)
    if (image.module)
      cuModuleUnload(image.module);
}

void EmulatedExecutable::setPTX(size_t index, std::string text) {
  Image &image = images[index];
  if (image.module)
    cuModuleUnload(image.module);
  image.module = nullptr;
  image.ptx = std::move(text);
}

const EntryPoint *EmulatedExecutable::lookup(StringRef name) const {
  for (const EntryPoint &entry : entries)
    if (entry.name == name)
      return &entry;
  return nullptr;
}

llvm::Error EmulatedExecutable::run(const EntryPoint &entry,
                                    ArrayRef<const void *> inputs,
                                    ArrayRef<void *> outputs,
                                    StringRef options) {
  std::string all = "print=off,order=earliest,async=latest,seed=1,races=on,"
                    "uninitialized=on,counts=off,threads=1,architecture=90,"
                    "patience=1000000,mutate=none";
  if (!options.empty())
    all += "," + options.str();
  if (const char *error = quantcEmulatorConfigure(all.c_str()))
    return llvm::createStringError(error);
  cuInit(0);
  cuCtxSynchronize(); // takes the error of an earlier run
  auto function = module->lookupSymbol<func::FuncOp>(entry.name);
  auto signature = function->getAttrOfType<DictionaryAttr>("qnn.signature");
  Interpreter interpreter(images);
  auto bindAll = [&](StringRef table, auto dataOf) {
    for (auto [index, attribute] :
         llvm::enumerate(signature.getAs<ArrayAttr>(table))) {
      auto number =
          cast<DictionaryAttr>(attribute).getAs<IntegerAttr>("argument");
      Value argument = function.getArgument(number.getInt());
      interpreter.bind(argument, getBytes(argument.getType()), dataOf(index));
    }
  };
  bindAll("parameters",
          [&](size_t index) { return entry.parameters[index].data.data(); });
  bindAll("inputs", [&](size_t index) { return inputs[index]; });
  size_t first = entry.parameters.size() + entry.inputs.size();
  for (Value argument : function.getArguments().drop_front(first))
    interpreter.bind(argument, getBytes(argument.getType()), nullptr);
  for (Operation &op : function.front())
    if (std::string error = interpreter.run(op); !error.empty())
      return llvm::createStringError(error);
  for (auto [output, argument] :
       llvm::zip(outputs, function.getArguments().drop_front(first)))
    cuMemcpyDtoH_v2(output, interpreter.lookup(argument),
                    getBytes(argument.getType()));
  return llvm::Error::success();
}
