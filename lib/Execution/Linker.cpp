//===- Linker.cpp - objects to shared libraries ---------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Linker.h"
#include "quantc/Runtime/LibrarySeal.h"
#include "quantc/Support/WriteFile.h"

#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/Object/ObjectFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Triple.h"

using namespace llvm;

namespace {

Expected<std::string> findLinker() {
  for (StringRef name : {"ld.lld-22", "ld.lld"})
    for (StringRef folder : {QUANTC_LLVM_TOOLS_DIR, ""}) {
      auto found = folder.empty() ? sys::findProgramByName(name)
                                  : sys::findProgramByName(name, {folder});
      if (found)
        return *found;
    }
  return createStringError("expected the linker ld.lld-22 on the PATH or in " +
                           Twine(QUANTC_LLVM_TOOLS_DIR) +
                           "; the Debian package lld-22 has it");
}

/// Appends the seal that a loader looks for.
Error sealLibrary(StringRef path) {
  auto library = MemoryBuffer::getFile(path);
  if (!library)
    return createStringError(path + ": " + library.getError().message());
  std::string bytes = (*library)->getBuffer().str();
  bytes += quantc::runtime::makeLibrarySeal(bytes);
  return quantc::writeFile(path, bytes);
}

/// Code that calls anything but the C library would fail to load elsewhere.
Error checkUndefinedSymbols(ArrayRef<char> bytes, const Triple &triple) {
  auto object = object::ObjectFile::createObjectFile(
      MemoryBufferRef(StringRef(bytes.data(), bytes.size()), "model.o"));
  if (!object)
    return object.takeError();
  TargetLibraryInfoImpl library(triple);
  for (object::SymbolRef symbol : (*object)->symbols()) {
    auto flags = symbol.getFlags();
    auto name = symbol.getName();
    if (!flags || !name)
      return joinErrors(flags.takeError(), name.takeError());
    LibFunc function;
    if ((*flags & object::SymbolRef::SF_Undefined) && !name->empty() &&
        *name != "_GLOBAL_OFFSET_TABLE_" &&
        !library.getLibFunc(*name, function))
      return createStringError(
          "expected code that calls libc and libm only, but it calls '" +
          *name + "'");
  }
  return Error::success();
}

SmallVector<char, 0> compileEmptyObject(TargetMachine &machine) {
  LLVMContext context;
  Module module("empty", context);
  module.setTargetTriple(machine.getTargetTriple());
  module.setDataLayout(machine.createDataLayout());
  SmallVector<char, 0> bytes;
  raw_svector_ostream stream(bytes);
  legacy::PassManager emit;
  if (!machine.addPassesToEmitFile(emit, stream, nullptr,
                                   CodeGenFileType::ObjectFile))
    emit.run(module);
  return bytes;
}

Error runLinker(StringRef linker, ArrayRef<StringRef> arguments,
                StringRef logPath) {
  SmallVector<StringRef> command = {
      linker,  "-shared",      "--build-id=none", "--hash-style=gnu",
      "-znow", "-znoexecstack"};
  append_range(command, arguments);
  std::string message;
  int status = sys::ExecuteAndWait(
      linker, command, /*Env=*/std::nullopt, {StringRef(""), logPath, logPath},
      /*SecondsToWait=*/0, /*MemoryLimit=*/0, &message);
  if (status == 0)
    return Error::success();
  if (auto log = MemoryBuffer::getFile(logPath))
    message += (*log)->getBuffer().trim().str();
  return createStringError(linker + " failed: " + message);
}

} // namespace

Error quantc::linkSharedLibrary(ArrayRef<char> object,
                                const cpu::Target &target, StringRef path) {
  if (Error error = checkUndefinedSymbols(object, Triple(target.getTriple())))
    return error;
  auto linker = findLinker();
  if (!linker)
    return linker.takeError();

  SmallString<128> folder;
  if (std::error_code code =
          sys::fs::createUniqueDirectory(Twine(path) + ".link", folder))
    return createStringError(path + ": " + code.message());
  auto inFolder = [&](StringRef name) { return (folder + "/" + name).str(); };
  std::string model = inFolder("model.o"), empty = inFolder("empty.o"),
              libc = inFolder("libc.so.6"), libm = inFolder("libm.so.6"),
              log = inFolder("log");
  auto link = [&]() -> Error {
    auto machine = target.createTargetMachine(/*optimizationLevel=*/0);
    SmallVector<char, 0> emptyObject = compileEmptyObject(*machine);
    if (Error error =
            quantc::writeFile(model, StringRef(object.data(), object.size())))
      return error;
    if (Error error = quantc::writeFile(
            empty, StringRef(emptyObject.data(), emptyObject.size())))
      return error;
    // Libraries without symbols stand in for the target's: all that the linker
    // needs of them is their name.
    for (const std::string &stub : {libc, libm})
      if (Error error = runLinker(
              *linker,
              {"-soname", sys::path::filename(stub), empty, "-o", stub}, log))
        return error;
    return runLinker(*linker,
                     {"-soname", sys::path::filename(path), "--no-as-needed",
                      model, libm, libc, "-o", path},
                     log);
  };
  Error error = link();
  if (!error)
    error = sealLibrary(path);
  sys::fs::remove_directories(folder);
  return error;
}
