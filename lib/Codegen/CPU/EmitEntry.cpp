//===- EmitEntry.cpp - the C calling convention ---------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Codegen/CPU/Passes.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinOps.h"

namespace quantc::cpu {
#define GEN_PASS_DEF_CODEGENCPUEMITENTRYPASS
#include "quantc/Codegen/CPU/Passes.h.inc"
} // namespace quantc::cpu

using namespace mlir;

namespace {

class CodegenCPUEmitEntryPass
    : public quantc::cpu::impl::CodegenCPUEmitEntryPassBase<
          CodegenCPUEmitEntryPass> {
public:
  using Base::Base;

  void runOnOperation() override {
    SmallVector<LLVM::LLVMFuncOp> entries;
    for (auto func : getOperation().getOps<LLVM::LLVMFuncOp>()) {
      // Said what bufferization had to know of a declaration's tensors; LLVM
      // would warn of it.
      if (func.isExternal())
        for (unsigned index = 0; index < func.getNumArguments(); ++index)
          func.removeArgAttr(index, "bufferization.access");
      else if (func->hasAttr("qnn.signature"))
        entries.push_back(func);
    }
    for (LLVM::LLVMFuncOp func : entries)
      if (failed(wrap(func)))
        return signalPassFailure();
  }

private:
  /// `func` takes its arguments in the order of the source, then one pointer
  /// per output, then the workspace where the function needs one, then the
  /// caller's threads where it can use them.
  LogicalResult wrap(LLVM::LLVMFuncOp func) {
    auto signature = func->getAttrOfType<DictionaryAttr>("qnn.signature");
    auto parameters = signature.getAs<ArrayAttr>("parameters");
    auto inputs = signature.getAs<ArrayAttr>("inputs");
    auto outputs = signature.getAs<ArrayAttr>("outputs");
    bool hasWorkspace = func->hasAttr("qnn.workspace_bytes");
    bool isParallel = func->hasAttr("qnn.parallel");
    if (!parameters || !inputs || !outputs ||
        func.getNumArguments() != parameters.size() + inputs.size() +
                                      outputs.size() + hasWorkspace +
                                      isParallel)
      return func.emitOpError()
             << "expected one argument for each parameter, input and output of "
                "'qnn.signature', but got "
             << func.getNumArguments();

    MLIRContext *context = &getContext();
    auto pointer = LLVM::LLVMPointerType::get(context);
    auto status = IntegerType::get(context, 32);
    Location loc = func.getLoc();
    OpBuilder builder(func);
    auto startWrapper = [&](StringRef suffix, unsigned numTables) {
      builder.setInsertionPoint(func);
      auto wrapper = LLVM::LLVMFuncOp::create(
          builder, loc, (func.getName() + suffix).str(),
          LLVM::LLVMFunctionType::get(
              status,
              SmallVector<Type>(numTables, static_cast<Type>(pointer))));
      builder.setInsertionPointToStart(wrapper.addEntryBlock(builder));
      return wrapper;
    };
    LLVM::LLVMFuncOp serial = startWrapper("_run_with_workspace", 4);
    LLVM::LLVMFuncOp wrapper = serial;
    if (isParallel) {
      Value none = LLVM::ZeroOp::create(builder, loc, pointer);
      SmallVector<Value> operands(serial.getArguments());
      operands.push_back(none);
      OpBuilder::InsertionGuard guard(builder);
      wrapper = startWrapper("_run_parallel", 5);
      builder.setInsertionPointToEnd(&serial.getBody().front());
      auto call = LLVM::CallOp::create(builder, loc, wrapper, operands);
      LLVM::ReturnOp::create(builder, loc, call.getResult());
    }
    for (StringRef carried :
         {"qnn.signature", "qnn.workspace_bytes", "qnn.parallel"})
      if (Attribute value = func->removeAttr(carried))
        serial->setAttr(carried, value);

    builder.setInsertionPointToStart(&wrapper.getBody().front());
    SmallVector<Value> operands(func.getNumArguments());
    auto load = [&](unsigned table, unsigned slot) -> Value {
      Value address = LLVM::GEPOp::create(
          builder, loc, pointer, pointer, wrapper.getArgument(table),
          ArrayRef<LLVM::GEPArg>{static_cast<int>(slot)});
      return LLVM::LoadOp::create(builder, loc, pointer, address);
    };
    auto loadTable = [&](unsigned table, ArrayAttr entries) {
      for (auto [slot, entry] : llvm::enumerate(entries)) {
        auto index = cast<DictionaryAttr>(entry).getAs<IntegerAttr>("argument");
        operands[index.getInt()] = load(table, slot);
      }
    };
    loadTable(0, parameters);
    loadTable(1, inputs);
    unsigned firstOutput = parameters.size() + inputs.size();
    for (unsigned slot = 0; slot < outputs.size(); ++slot)
      operands[firstOutput + slot] = load(2, slot);
    if (hasWorkspace)
      operands[firstOutput + outputs.size()] = wrapper.getArgument(3);
    if (isParallel)
      operands.back() = wrapper.getArgument(4);
    LLVM::CallOp::create(builder, loc, func, operands);
    LLVM::ReturnOp::create(builder, loc,
                           LLVM::ConstantOp::create(builder, loc, status, 0));

    func.setLinkage(LLVM::Linkage::Internal);
    // The signature says what else is known of the arguments; LLVM would warn
    // of attributes that it does not know.
    NamedAttribute noAlias(LLVM::LLVMDialect::getNoAliasAttrName(),
                           builder.getUnitAttr());
    for (unsigned index = 0; index < func.getNumArguments(); ++index)
      func.setArgAttrs(index, noAlias);
    return success();
  }
};

} // namespace
