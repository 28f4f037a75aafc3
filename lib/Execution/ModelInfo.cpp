//===- ModelInfo.cpp - the exported side of a bundle ----------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ModelInfo.h"

#include "quantc/Runtime/quantc_model.h"

#include "llvm/ADT/StringSwitch.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Module.h"
#include "llvm/Transforms/Utils/ModuleUtils.h"

using namespace llvm;
using namespace quantc;

uint32_t quantc::getRuntimeDType(StringRef dtype) {
  return StringSwitch<uint32_t>(dtype)
      .Case("bool", QUANTC_BOOL)
      .Case("i4", QUANTC_I4)
      .Case("i8", QUANTC_I8)
      .Case("i16", QUANTC_I16)
      .Case("i32", QUANTC_I32)
      .Case("i64", QUANTC_I64)
      .Case("u8", QUANTC_U8)
      .Case("u16", QUANTC_U16)
      .Case("u32", QUANTC_U32)
      .Case("u64", QUANTC_U64)
      .Case("f8_e4m3", QUANTC_F8_E4M3)
      .Case("f8_e5m2", QUANTC_F8_E5M2)
      .Case("f16", QUANTC_F16)
      .Case("bf16", QUANTC_BF16)
      .Case("f32", QUANTC_F32)
      .Default(QUANTC_F64);
}

namespace {

class ModelInfoEmitter {
public:
  ModelInfoEmitter(Module &module, const ModelDescription &model)
      : module(module), model(model), builder(module.getContext()) {}

  void emit() {
    Function *inner = module.getFunction(model.entry->getSymbol());
    inner->setName(model.name + "_run_with_workspace");
    Function *parallel = nullptr;
    if (model.entry->isParallel)
      parallel = emitRunParallel();
    Function *run = parallel ? emitSerialRun(parallel) : emitRun(inner);
    Constant *info = emitInfo(run, inner, parallel);
    for (const std::string &name :
         {model.name + "_info", std::string("quantc_model")}) {
      startFunction(builder.getPtrTy(), {}, name, Function::ExternalLinkage);
      builder.CreateRet(info);
    }
  }

private:
  Function *startFunction(Type *result, ArrayRef<Type *> arguments,
                          const Twine &name, Function::LinkageTypes linkage) {
    auto *function = Function::Create(
        FunctionType::get(result, arguments, false), linkage, name, module);
    builder.SetInsertPoint(
        BasicBlock::Create(module.getContext(), "entry", function));
    return function;
  }

  FunctionCallee declare(StringRef name, Type *result,
                         ArrayRef<Type *> arguments) {
    return module.getOrInsertFunction(
        name, FunctionType::get(result, arguments, false));
  }

  Value *takeWorkspace(GlobalVariable *kept, Value *replacement) {
    return builder.CreateAtomicRMW(AtomicRMWInst::Xchg, kept, replacement,
                                   MaybeAlign(8),
                                   AtomicOrdering::AcquireRelease);
  }

  Function *startRun(const Twine &suffix, unsigned numArguments) {
    return startFunction(builder.getInt32Ty(),
                         SmallVector<Type *>(numArguments, builder.getPtrTy()),
                         model.name + suffix, Function::ExternalLinkage);
  }

  /// NAME_run of a model for one thread.
  Function *emitRun(Function *inner) {
    Function *run = startRun("_run", 3);
    emitCallWithKeptWorkspace(
        inner, {run->getArg(0), run->getArg(1), run->getArg(2)}, {});
    return run;
  }

  /// NAME_run of a model for several threads.
  Function *emitSerialRun(Function *parallel) {
    Function *run = startRun("_run", 3);
    Constant *null = ConstantPointerNull::get(builder.getPtrTy());
    builder.CreateRet(
        builder.CreateCall(parallel, {run->getArg(0), run->getArg(1),
                                      run->getArg(2), null, null}));
    return run;
  }

  /// NAME_run_parallel, which takes null for the kept workspace.
  Function *emitRunParallel() {
    Function *inner = module.getFunction(model.entry->getParallelSymbol());
    inner->setName("run_with_workspace_parallel");
    inner->setLinkage(Function::InternalLinkage);
    Function *run = startRun("_run_parallel", 5);
    SmallVector<Value *> arguments(make_pointer_range(run->args()));
    LLVMContext &context = module.getContext();
    auto *given = BasicBlock::Create(context, "given", run);
    auto *keep = BasicBlock::Create(context, "keep", run);
    builder.CreateCondBr(builder.CreateIsNull(run->getArg(3)), keep, given);
    builder.SetInsertPoint(given);
    builder.CreateRet(builder.CreateCall(inner, arguments));
    builder.SetInsertPoint(keep);
    emitCallWithKeptWorkspace(inner, ArrayRef(arguments).take_front(3),
                              run->getArg(4));
    return run;
  }

  /// Where the workspace stays from call to call; it is freed when the library
  /// is unloaded.
  GlobalVariable *emitKeptWorkspace(FunctionCallee release) {
    IRBuilder<>::InsertPointGuard guard(builder);
    Constant *null = ConstantPointerNull::get(builder.getPtrTy());
    auto *kept = new GlobalVariable(
        module, builder.getPtrTy(), /*isConstant=*/false,
        GlobalValue::InternalLinkage, null, "kept_workspace");
    Function *unload = startFunction(builder.getVoidTy(), {}, "free_workspace",
                                     Function::InternalLinkage);
    builder.CreateCall(release, {takeWorkspace(kept, null)});
    builder.CreateRetVoid();
    appendToGlobalDtors(module, unload, /*Priority=*/65535);
    return kept;
  }

  /// Returns what `inner` does with the arguments around the workspace.
  void emitCallWithKeptWorkspace(Function *inner, ArrayRef<Value *> before,
                                 ArrayRef<Value *> behind) {
    Type *pointer = builder.getPtrTy();
    Constant *null = ConstantPointerNull::get(builder.getPtrTy());
    auto callInner = [&](Value *workspace) {
      SmallVector<Value *> arguments(before);
      arguments.push_back(workspace);
      append_range(arguments, behind);
      return builder.CreateCall(inner, arguments);
    };
    uint64_t bytes = model.entry->workspaceBytes;
    if (bytes == 0) {
      builder.CreateRet(callInner(null));
      return;
    }
    FunctionCallee release = declare("free", builder.getVoidTy(), {pointer});
    GlobalVariable *kept = emitKeptWorkspace(release);
    LLVMContext &context = module.getContext();
    BasicBlock *entry = builder.GetInsertBlock();
    Function *run = entry->getParent();
    auto *allocate = BasicBlock::Create(context, "allocate", run);
    auto *full = BasicBlock::Create(context, "full", run);
    auto *call = BasicBlock::Create(context, "call", run);
    Value *old = takeWorkspace(kept, null);
    builder.CreateCondBr(builder.CreateIsNull(old), allocate, call);
    builder.SetInsertPoint(allocate);
    Type *size = builder.getInt64Ty();
    // C wants a size that is a multiple of the alignment.
    Value *fresh = builder.CreateCall(
        declare("aligned_alloc", pointer, {size, size}),
        {builder.getInt64(64), builder.getInt64(alignTo(bytes, 64))});
    builder.CreateCondBr(builder.CreateIsNull(fresh), full, call);
    builder.SetInsertPoint(full);
    builder.CreateRet(builder.getInt32(QUANTC_OUT_OF_MEMORY));
    builder.SetInsertPoint(call);
    PHINode *workspace = builder.CreatePHI(pointer, 2);
    workspace->addIncoming(old, entry);
    workspace->addIncoming(fresh, allocate);
    Value *status = callInner(workspace);
    builder.CreateCall(release, {takeWorkspace(kept, workspace)});
    builder.CreateRet(status);
  }

  Constant *emitData(Constant *data, const Twine &name) {
    auto *global = new GlobalVariable(module, data->getType(),
                                      /*isConstant=*/true,
                                      GlobalValue::InternalLinkage, data, name);
    return global;
  }

  Constant *emitString(StringRef text) {
    return emitData(ConstantDataArray::getString(module.getContext(), text),
                    "string");
  }

  Constant *emitTensor(const TensorSpec &spec) {
    SmallVector<uint64_t> shape(spec.shape.begin(), spec.shape.end());
    return ConstantStruct::getAnon(
        {emitString(spec.name),
         emitData(ConstantDataArray::get(module.getContext(), shape), "shape"),
         builder.getInt32(spec.shape.size()),
         builder.getInt32(getRuntimeDType(spec.dtype)),
         builder.getInt64(spec.getBytes()),
         ConstantFP::get(builder.getDoubleTy(), spec.scale.value_or(0)),
         builder.getInt64(spec.zeroPoint.value_or(0))});
  }

  Constant *emitTable(ArrayRef<Constant *> rows) {
    if (rows.empty())
      return ConstantPointerNull::get(builder.getPtrTy());
    auto *type = ArrayType::get(rows.front()->getType(), rows.size());
    return emitData(ConstantArray::get(type, rows), "table");
  }

  Constant *emitTensors(ArrayRef<TensorSpec> specs) {
    SmallVector<Constant *> rows;
    for (const TensorSpec &spec : specs)
      rows.push_back(emitTensor(spec));
    return emitTable(rows);
  }

  Constant *emitInfo(Function *run, Function *inner, Function *parallel) {
    const EntryPoint &entry = *model.entry;
    SmallVector<Constant *> parameters;
    for (auto [spec, offset] :
         llvm::zip(entry.parameters, model.parameters.offsets))
      parameters.push_back(ConstantStruct::getAnon(
          {emitTensor(spec), builder.getInt64(offset)}));
    return emitData(
        ConstantStruct::getAnon(
            {builder.getInt32(QUANTC_ABI_VERSION),
             builder.getInt32(entry.parameters.size()),
             builder.getInt32(entry.inputs.size()),
             builder.getInt32(entry.outputs.size()), emitTable(parameters),
             emitTensors(entry.inputs), emitTensors(entry.outputs),
             emitString(model.name), emitString(model.fingerprint),
             emitString(model.target), emitString(model.compiler),
             builder.getInt64(model.parameters.fileBytes),
             builder.getInt64(model.parameters.headerBytes),
             builder.getInt64(model.parameters.headerHash),
             builder.getInt64(entry.workspaceBytes), run, inner,
             parallel ? parallel
                      : static_cast<Constant *>(
                            ConstantPointerNull::get(builder.getPtrTy()))}),
        "info");
  }

  Module &module;
  const ModelDescription &model;
  IRBuilder<> builder;
};

} // namespace

void quantc::addModelInfo(Module &module, const ModelDescription &model) {
  ModelInfoEmitter(module, model).emit();
}
