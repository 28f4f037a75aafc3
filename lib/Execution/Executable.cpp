//===- Executable.cpp - compiled code in this process ---------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Execution/Executable.h"

#include "quantc/Runtime/quantc_runtime.h"

#include "llvm/ExecutionEngine/Orc/ExecutionUtils.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/Support/Alignment.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace mlir;
using namespace quantc;

namespace {

/// Finds host functions under the names that compiled code declares.
class HostSymbolGenerator : public llvm::orc::DefinitionGenerator {
public:
  explicit HostSymbolGenerator(ArrayRef<HostSymbol> symbols)
      : symbols(symbols) {}

  llvm::Error tryToGenerate(llvm::orc::LookupState &, llvm::orc::LookupKind,
                            llvm::orc::JITDylib &library,
                            llvm::orc::JITDylibLookupFlags,
                            const llvm::orc::SymbolLookupSet &wanted) override {
    llvm::orc::SymbolMap found;
    for (const auto &[name, flags] : wanted)
      for (const HostSymbol &symbol : symbols)
        if ((*name).split('$').first == symbol.name)
          found[name] = {llvm::orc::ExecutorAddr::fromPtr(symbol.address),
                         llvm::JITSymbolFlags::Exported};
    if (found.empty())
      return llvm::Error::success();
    return library.define(llvm::orc::absoluteSymbols(std::move(found)));
  }

private:
  std::vector<HostSymbol> symbols;
};

template <typename Pointer>
llvm::Error checkCount(const EntryPoint &entry, StringRef what, size_t expected,
                       ArrayRef<Pointer> given) {
  if (expected == given.size())
    return llvm::Error::success();
  return llvm::createStringError("expected " + llvm::Twine(expected) + " " +
                                 what + " for '" + entry.name + "', but got " +
                                 llvm::Twine(given.size()));
}

} // namespace

Executable::Executable(ObjectCode code, std::unique_ptr<llvm::orc::LLJIT> jit)
    : code(std::move(code)), jit(std::move(jit)),
      threads(nullptr, quantc_threads_stop), workspace(getWorkspaceBytes()) {}

Executable::~Executable() = default;

void *Workspace::getPointer() {
  return reinterpret_cast<void *>(
      llvm::alignAddr(storage.data(), llvm::Align(kAlignment)));
}

size_t Executable::getWorkspaceBytes() const {
  size_t bytes = 0;
  for (const EntryPoint &entry : code.entries)
    bytes = std::max<size_t>(bytes, entry.workspaceBytes);
  return bytes;
}

llvm::Expected<std::unique_ptr<Executable>>
Executable::load(ObjectCode code, ArrayRef<HostSymbol> symbols) {
  auto jit = llvm::orc::LLJITBuilder().create();
  if (!jit)
    return jit.takeError();
  llvm::orc::JITDylib &library = (*jit)->getMainJITDylib();
  library.addGenerator(std::make_unique<HostSymbolGenerator>(symbols));
  // libc and libm.
  auto process = llvm::orc::DynamicLibrarySearchGenerator::GetForCurrentProcess(
      (*jit)->getDataLayout().getGlobalPrefix());
  if (!process)
    return process.takeError();
  library.addGenerator(std::move(*process));
  auto buffer = llvm::MemoryBuffer::getMemBuffer(
      StringRef(code.bytes.data(), code.bytes.size()), "model.o",
      /*RequiresNullTerminator=*/false);
  if (llvm::Error error = (*jit)->addObjectFile(std::move(buffer)))
    return error;
  std::unique_ptr<Executable> executable(
      new Executable(std::move(code), std::move(*jit)));
  // Links now: an unknown symbol is an error here, not in the first call. The
  // lookup says only that it failed; the reason goes to the session's reporter.
  executable->jit->getExecutionSession().setErrorReporter(
      [&errors = executable->linkErrors](llvm::Error error) {
        errors += llvm::toString(std::move(error));
      });
  for (const EntryPoint &entry : executable->getEntries()) {
    auto address = executable->jit->lookup(
        entry.isParallel ? entry.getParallelSymbol() : entry.getSymbol());
    if (!address) {
      llvm::consumeError(address.takeError());
      return llvm::createStringError("cannot link '" + entry.name +
                                     "': " + executable->linkErrors);
    }
    executable->functions[entry.name] = address->toPtr<void *>();
  }
  return executable;
}

FailureOr<std::unique_ptr<Executable>>
Executable::compile(ModuleOp module, ArrayRef<HostSymbol> symbols,
                    const CompileOptions &options) {
  auto target = cpu::Target::resolve({});
  if (!target)
    return module.emitError() << llvm::toString(target.takeError());
  FailureOr<ObjectCode> code = compileModule(module, *target, options);
  if (failed(code))
    return failure();
  auto executable = load(std::move(*code), symbols);
  if (!executable)
    return module.emitError() << llvm::toString(executable.takeError());
  return std::move(*executable);
}

llvm::Error Executable::setThreads(int64_t count) {
  threads.reset(count > 1 ? quantc_threads_start(count) : nullptr);
  if (count > 1 && !threads)
    return llvm::createStringError("cannot start " + llvm::Twine(count) +
                                   " threads");
  return llvm::Error::success();
}

/// The parameters that came with the code; fails where one has no data.
static llvm::Expected<SmallVector<const void *>>
getParameters(const EntryPoint &entry) {
  SmallVector<const void *> parameters;
  for (const ParameterSpec &parameter : entry.parameters) {
    if (parameter.data.size() != parameter.getBytes())
      return llvm::createStringError(
          "expected " + llvm::Twine(parameter.getBytes()) +
          " bytes for parameter '" + parameter.name + "', but got " +
          llvm::Twine(parameter.data.size()));
    parameters.push_back(parameter.data.data());
  }
  return parameters;
}

llvm::Error Executable::run(const EntryPoint &entry,
                            ArrayRef<const void *> inputs,
                            ArrayRef<void *> outputs) {
  return run(entry, inputs, outputs, workspace);
}

llvm::Error Executable::run(const EntryPoint &entry,
                            ArrayRef<const void *> inputs,
                            ArrayRef<void *> outputs, Workspace &own) const {
  auto parameters = getParameters(entry);
  if (!parameters)
    return parameters.takeError();
  return call(entry, *parameters, inputs, outputs, own);
}

llvm::Error Executable::run(const EntryPoint &entry,
                            ArrayRef<const void *> parameters,
                            ArrayRef<const void *> inputs,
                            ArrayRef<void *> outputs) {
  return call(entry, parameters, inputs, outputs, workspace);
}

llvm::Error Executable::call(const EntryPoint &entry,
                             ArrayRef<const void *> parameters,
                             ArrayRef<const void *> inputs,
                             ArrayRef<void *> outputs,
                             Workspace &workspace) const {
  if (llvm::Error error =
          checkCount(entry, "parameters", entry.parameters.size(), parameters))
    return error;
  if (llvm::Error error =
          checkCount(entry, "inputs", entry.inputs.size(), inputs))
    return error;
  if (llvm::Error error =
          checkCount(entry, "outputs", entry.outputs.size(), outputs))
    return error;
  void *function = functions.lookup(entry.name);
  void *scratch = workspace.getPointer();
  int32_t status =
      entry.isParallel
          ? reinterpret_cast<quantc_run_parallel_function *>(function)(
                parameters.data(), inputs.data(), outputs.data(), scratch,
                threads ? quantc_threads_parallel(threads.get()) : nullptr)
          : reinterpret_cast<quantc_run_with_workspace_function *>(function)(
                parameters.data(), inputs.data(), outputs.data(), scratch);
  if (status != 0)
    return llvm::createStringError("'" + entry.name + "' failed with status " +
                                   llvm::Twine(status));
  return llvm::Error::success();
}
