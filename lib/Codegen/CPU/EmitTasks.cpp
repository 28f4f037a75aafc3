//===- EmitTasks.cpp - tasks on the caller's threads ----------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Codegen/CPU/Passes.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/SymbolTable.h"

namespace quantc::cpu {
#define GEN_PASS_DEF_CODEGENCPUEMITTASKSPASS
#include "quantc/Codegen/CPU/Passes.h.inc"
} // namespace quantc::cpu

using namespace mlir;

namespace {

/// Fields of quantc_parallel.
enum ParallelField : int32_t { kContext, kThreads, kRun };

class CodegenCPUEmitTasksPass
    : public quantc::cpu::impl::CodegenCPUEmitTasksPassBase<
          CodegenCPUEmitTasksPass> {
public:
  using Base::Base;

  void runOnOperation() override {
    MLIRContext *context = &getContext();
    pointer = LLVM::LLVMPointerType::get(context);
    word = IntegerType::get(context, 64);
    nothing = LLVM::LLVMVoidType::get(context);
    runTask = nullptr;
    SymbolTable table(getOperation());
    symbols = &table;
    SmallVector<LLVM::LLVMFuncOp> entries;
    for (auto func : getOperation().getOps<LLVM::LLVMFuncOp>())
      if (func->hasAttr("qnn.parallel") && !func.isExternal())
        entries.push_back(func);
    for (LLVM::LLVMFuncOp entry : entries)
      emitTasks(entry);
  }

private:
  void emitTasks(LLVM::LLVMFuncOp entry) {
    Value parallel = addArgument(entry);
    SmallVector<LLVM::CallOp> calls;
    entry.walk([&](LLVM::CallOp call) { calls.push_back(call); });
    for (LLVM::CallOp call : calls) {
      auto task = call.getCallee()
                      ? symbols->lookup<LLVM::LLVMFuncOp>(*call.getCallee())
                      : nullptr;
      if (task && task->hasAttr("qnn.task"))
        emitDispatch(call, task, parallel);
    }
  }

  /// FunctionOpInterface cannot add to functions without results.
  Value addArgument(LLVM::LLVMFuncOp func) {
    LLVM::LLVMFunctionType type = func.getFunctionType();
    SmallVector<Type> arguments(type.getParams());
    arguments.push_back(pointer);
    SmallVector<DictionaryAttr> attributes;
    func.getAllArgAttrs(attributes);
    attributes.push_back(DictionaryAttr::get(&getContext()));
    func.setFunctionType(
        LLVM::LLVMFunctionType::get(type.getReturnType(), arguments));
    func.setAllArgAttrs(attributes);
    return func.getBody().front().addArgument(pointer, func.getLoc());
  }

  /// Replaces `call` of all iterations of `task`.
  void emitDispatch(LLVM::CallOp call, LLVM::LLVMFuncOp task, Value parallel) {
    Location loc = call.getLoc();
    OperandRange captured = call.getArgOperands().drop_front(2);
    auto record = LLVM::LLVMStructType::getLiteral(
        &getContext(), SmallVector<Type>(captured.getTypes()));
    Block &entry = call->getParentOfType<LLVM::LLVMFuncOp>().getBody().front();
    auto builder = OpBuilder::atBlockBegin(&entry);
    Value one = LLVM::ConstantOp::create(builder, loc, word, 1);
    Value argument = LLVM::AllocaOp::create(builder, loc, pointer, record, one);
    builder.setInsertionPoint(call);
    for (auto [field, value] : llvm::enumerate(captured))
      LLVM::StoreOp::create(builder, loc, value,
                            getField(builder, loc, record, argument, field));
    Value piece =
        LLVM::AddressOfOp::create(builder, loc, emitPiece(task, record));
    LLVM::CallOp::create(
        builder, loc, getRunTask(),
        ValueRange{parallel, call.getArgOperands()[1], piece, argument});
    call.erase();
  }

  Value getField(OpBuilder &builder, Location loc, Type record, Value address,
                 int32_t field) {
    return LLVM::GEPOp::create(builder, loc, pointer, record, address,
                               ArrayRef<LLVM::GEPArg>{0, field});
  }

  LLVM::LLVMFuncOp startFunction(OpBuilder &builder, Location loc,
                                 const Twine &name, ArrayRef<Type> arguments) {
    auto func = LLVM::LLVMFuncOp::create(
        builder, loc, name.str(),
        LLVM::LLVMFunctionType::get(nothing, arguments),
        LLVM::Linkage::Internal);
    symbols->insert(func);
    builder.setInsertionPointToStart(func.addEntryBlock(builder));
    return func;
  }

  /// void piece(void *record, int64_t index): one iteration.
  LLVM::LLVMFuncOp emitPiece(LLVM::LLVMFuncOp task,
                             LLVM::LLVMStructType record) {
    Location loc = task.getLoc();
    OpBuilder builder(task);
    task.setLinkage(LLVM::Linkage::Internal);
    // What is known of its pointers holds in a function of its own.
    task.setNoInline(true);
    auto piece =
        startFunction(builder, loc, task.getName() + "_piece", {pointer, word});
    Value index = piece.getArgument(1);
    Value one = LLVM::ConstantOp::create(builder, loc, word, 1);
    Value next = LLVM::AddOp::create(builder, loc, index, one);
    SmallVector<Value> operands = {index, next};
    for (auto [field, type] : llvm::enumerate(record.getBody()))
      operands.push_back(LLVM::LoadOp::create(
          builder, loc, type,
          getField(builder, loc, record, piece.getArgument(0), field)));
    LLVM::CallOp::create(builder, loc, task, operands);
    LLVM::ReturnOp::create(builder, loc, ValueRange());
    return piece;
  }

  /// void run_task(parallel, count, task, argument): on the caller's threads,
  /// or one index after the other where there are none.
  LLVM::LLVMFuncOp getRunTask() {
    if (runTask)
      return runTask;
    Location loc = getOperation().getLoc();
    auto builder = OpBuilder::atBlockEnd(getOperation().getBody());
    runTask = startFunction(builder, loc, "run_task",
                            {pointer, word, pointer, pointer});
    // Every task calls it, none is worth a copy.
    runTask.setNoInline(true);
    Value parallel = runTask.getArgument(0), count = runTask.getArgument(1),
          task = runTask.getArgument(2), argument = runTask.getArgument(3);
    auto addBlock = [&](ArrayRef<Type> arguments = {}) {
      return builder.createBlock(&runTask.getBody(), runTask.getBody().end(),
                                 arguments,
                                 SmallVector<Location>(arguments.size(), loc));
    };
    Block *entry = builder.getInsertionBlock();
    Block *given = addBlock(), *shared = addBlock(), *loop = addBlock({word}),
          *step = addBlock(), *done = addBlock();

    auto record = LLVM::LLVMStructType::getLiteral(&getContext(),
                                                   {pointer, word, pointer});
    auto load = [&](ParallelField field) -> Value {
      return LLVM::LoadOp::create(
          builder, loc, record.getBody()[field],
          getField(builder, loc, record, parallel, field));
    };
    builder.setInsertionPointToEnd(entry);
    Value zero = LLVM::ConstantOp::create(builder, loc, word, 0);
    Value one = LLVM::ConstantOp::create(builder, loc, word, 1);
    Value null = LLVM::ZeroOp::create(builder, loc, pointer);
    Value absent = LLVM::ICmpOp::create(builder, loc, LLVM::ICmpPredicate::eq,
                                        parallel, null);
    LLVM::CondBrOp::create(builder, loc, absent, loop, ValueRange(zero), given,
                           ValueRange());
    builder.setInsertionPointToEnd(given);
    Value several = LLVM::ICmpOp::create(builder, loc, LLVM::ICmpPredicate::sgt,
                                         load(kThreads), one);
    LLVM::CondBrOp::create(builder, loc, several, shared, ValueRange(), loop,
                           ValueRange(zero));
    builder.setInsertionPointToEnd(shared);
    callPointer(builder, loc, {pointer, word, pointer, pointer},
                {load(kRun), load(kContext), count, task, argument});
    LLVM::BrOp::create(builder, loc, ValueRange(), done);

    builder.setInsertionPointToEnd(loop);
    Value index = loop->getArgument(0);
    Value more = LLVM::ICmpOp::create(builder, loc, LLVM::ICmpPredicate::slt,
                                      index, count);
    LLVM::CondBrOp::create(builder, loc, more, step, done);
    builder.setInsertionPointToEnd(step);
    callPointer(builder, loc, {pointer, word}, {task, argument, index});
    LLVM::BrOp::create(
        builder, loc, ValueRange{LLVM::AddOp::create(builder, loc, index, one)},
        loop);
    builder.setInsertionPointToEnd(done);
    LLVM::ReturnOp::create(builder, loc, ValueRange());
    return runTask;
  }

  /// `operands`: the function, then what it takes.
  void callPointer(OpBuilder &builder, Location loc, ArrayRef<Type> arguments,
                   ValueRange operands) {
    LLVM::CallOp::create(builder, loc,
                         LLVM::LLVMFunctionType::get(nothing, arguments),
                         operands);
  }

  Type pointer, word, nothing;
  SymbolTable *symbols = nullptr;
  LLVM::LLVMFuncOp runTask;
};

} // namespace
