//===- BundleWriter.cpp - ahead-of-time compiled models -------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Execution/Bundle.h"

#include "BundleFiles.h"
#include "BundleTexts.h"
#include "DeviceWriter.h"
#include "Linker.h"
#include "ModelInfo.h"
#include "quantc/Runtime/CpuFeatures.h"
#include "quantc/Support/WriteFile.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace quantc;

namespace {

/// Whether the exported functions can begin with `name`. Names of the ABI do so
/// themselves, and its header is part of the bundle's.
bool isModelName(StringRef name) {
  static constexpr StringRef keywords[] = {
      "alignas",  "alignof", "auto",    "bool",     "break",    "case",
      "char",     "class",   "const",   "continue", "default",  "delete",
      "do",       "double",  "else",    "enum",     "extern",   "false",
      "float",    "for",     "goto",    "if",       "inline",   "int",
      "long",     "new",     "nullptr", "register", "restrict", "return",
      "short",    "signed",  "sizeof",  "static",   "struct",   "switch",
      "template", "this",    "true",    "typedef",  "typename", "union",
      "unsigned", "using",   "void",    "volatile", "while"};
  return !name.empty() && !llvm::isDigit(name.front()) &&
         llvm::all_of(name,
                      [](char c) { return llvm::isAlnum(c) || c == '_'; }) &&
         !llvm::is_contained(keywords, name) &&
         !name.starts_with_insensitive("quantc");
}

/// Whether a folder is a bundle and nothing else, so that it may be replaced.
llvm::Error checkReplaceable(StringRef directory) {
  auto fail = [&](const llvm::Twine &actual) {
    return llvm::createStringError(
        directory + ": expected a bundle or nothing, but got " + actual);
  };
  if (!llvm::sys::fs::exists(directory))
    return llvm::Error::success();
  auto manifest = llvm::MemoryBuffer::getFile(directory + "/manifest.json");
  if (!manifest || !isBundleManifest((*manifest)->getBuffer()))
    return fail("something else");
  std::error_code code;
  for (llvm::sys::fs::directory_iterator it(directory, code), end;
       it != end && !code; it.increment(code)) {
    StringRef name = llvm::sys::path::filename(it->path());
    if (!llvm::is_contained({"model.so", "model.h", "parameters.safetensors",
                             "manifest.json", "cuda"},
                            name))
      return fail("a bundle with '" + name + "', which is not of it");
  }
  return code ? fail(code.message()) : llvm::Error::success();
}

/// Puts the finished folder in its place.
llvm::Error publish(StringRef temporary, StringRef directory) {
  auto fail = [&](std::error_code code) {
    return llvm::createStringError(directory + ": " + code.message());
  };
  std::string old;
  if (llvm::sys::fs::exists(directory)) {
    old = (temporary + ".old").str();
    if (std::error_code code = llvm::sys::fs::rename(directory, old))
      return fail(code);
  }
  if (std::error_code code = llvm::sys::fs::rename(temporary, directory)) {
    if (!old.empty())
      llvm::sys::fs::rename(old, directory);
    return fail(code);
  }
  if (!old.empty())
    llvm::sys::fs::remove_directories(old);
  return llvm::Error::success();
}

class BundleWriter {
public:
  BundleWriter(ModuleOp module, StringRef directory, const cpu::Target &target,
               const BundleOptions &options)
      : module(module), directory(directory), target(target), options(options) {
  }

  llvm::Error writeTo(StringRef temporary) {
    folder = temporary.str();
    if (auto fingerprint = module->getAttrOfType<StringAttr>("qnn.fingerprint"))
      model.fingerprint = fingerprint.str();
    model.name = options.name;
    model.target = (target.getTriple() + " " + target.getCPU()).str();
    for (std::string_view feature : runtime::listCpuFeatures(target.isX86()))
      if (target.has(feature))
        model.cpuFeatures.emplace_back(feature);
    model.compiler = "quantc " QUANTC_VERSION;

    // The offsets of the parameters are part of the code, so the file is
    // written in the middle of the compilation.
    CompileOptions compile = options.compile;
    llvm::Error extension = llvm::Error::success();
    compile.extend = [&](llvm::Module &code, ArrayRef<EntryPoint> entries) {
      extension = extend(code, entries);
      return success(!extension);
    };
    FailureOr<ObjectCode> code = compileModule(module, target, compile);
    if (extension)
      return extension;
    if (failed(code))
      return llvm::createStringError("");
    model.entry = &code->entries.front();
    if (llvm::Error error =
            linkSharedLibrary(code->bytes, target, folder + "/model.so"))
      return error;
    if (llvm::Error error =
            writeFile(folder + "/model.h", makeBundleHeader(model)))
      return error;
    auto devices =
        writeDeviceFiles(module, folder + "/cuda", options, model.fingerprint);
    if (!devices)
      return devices.takeError();
    model.devices = std::move(*devices);
    return writeFile(folder + "/manifest.json", makeBundleManifest(model));
  }

private:
  llvm::Error extend(llvm::Module &code, ArrayRef<EntryPoint> entries) {
    if (entries.size() != 1)
      return llvm::createStringError("expected one public function, but got " +
                                     llvm::Twine(entries.size()));
    auto layout = writeBundleParameters(folder + "/parameters.safetensors",
                                        entries.front(), model.fingerprint);
    if (!layout)
      return layout.takeError();
    model.parameters = *layout;
    model.entry = &entries.front();
    addModelInfo(code, model);
    return llvm::Error::success();
  }

  ModuleOp module;
  StringRef directory;
  const cpu::Target &target;
  const BundleOptions &options;
  std::string folder;
  ModelDescription model;
};

} // namespace

LogicalResult quantc::writeBundle(ModuleOp module, StringRef directory,
                                  const cpu::Target &target,
                                  const BundleOptions &options) {
  // What is wrong with the bundle has no place in the module's text.
  auto emitError = [&] {
    return mlir::emitError(UnknownLoc::get(module.getContext()));
  };
  if (!isModelName(options.name))
    return emitError() << "expected a C identifier as the bundle's name, no "
                          "keyword and not beginning with 'quantc', but got '"
                       << options.name << "'";
  directory = directory.rtrim('/');
  if (llvm::Error error = checkReplaceable(directory))
    return emitError() << llvm::toString(std::move(error));
  // A rename would replace a link instead of what it leads to.
  SmallString<128> linked;
  if (llvm::sys::fs::is_symlink_file(directory) &&
      !llvm::sys::fs::real_path(directory, linked))
    directory = linked;
  // A relative pattern would be taken as one in the system's folder for
  // temporary files, from where nothing can be renamed.
  SmallString<128> pattern(directory), temporary;
  pattern += ".tmp";
  std::error_code located = llvm::sys::fs::make_absolute(pattern);
  if (std::error_code code =
          located ? located
                  : llvm::sys::fs::createUniqueDirectory(pattern, temporary))
    return emitError() << directory
                       << ": expected a directory that can be made, but got: "
                       << StringRef(code.message()).lower();
  auto cleanUp =
      llvm::scope_exit([&] { llvm::sys::fs::remove_directories(temporary); });
  llvm::Error error =
      BundleWriter(module, directory, target, options).writeTo(temporary);
  if (!error)
    error = publish(temporary, directory);
  if (!error)
    return success();
  // Failures of compilation have been reported where they arose.
  std::string message = llvm::toString(std::move(error));
  // Nobody has heard of the unfinished directory.
  if (size_t at = message.find(temporary.str()); at != std::string::npos)
    message.replace(at, temporary.size(), directory.str());
  if (!message.empty())
    emitError() << message;
  return failure();
}
