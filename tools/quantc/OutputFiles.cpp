//===- OutputFiles.cpp - outputs that appear whole or not at all ----------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OutputFiles.h"
#include "Tool.h"
#include "quantc/Support/WriteFile.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Signals.h"

using namespace quantc::tool;
using llvm::Error;
using llvm::StringRef;
namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

//===----------------------------------------------------------------------===//
// Collisions
//===----------------------------------------------------------------------===//

/// The file's path without links; of one that is not there the directory's, and
/// its name.
static llvm::SmallString<256> resolve(StringRef file) {
  llvm::SmallString<256> resolved;
  if (!fs::real_path(file, resolved))
    return resolved;
  StringRef parent = path::parent_path(file);
  if (fs::real_path(parent.empty() ? "." : parent, resolved))
    resolved = parent;
  path::append(resolved, path::filename(file));
  return resolved;
}

bool OutputFiles::areSame(StringRef a, StringRef b) {
  bool equivalent = false;
  return resolve(a) == resolve(b) ||
         (!fs::equivalent(a, b, equivalent) && equivalent);
}

static bool isInside(StringRef file, StringRef directory) {
  llvm::SmallString<256> resolved = resolve(file);
  for (StringRef parent = path::parent_path(resolved); !parent.empty();
       parent = path::parent_path(parent))
    if (OutputFiles::areSame(parent, directory))
      return true;
  return false;
}

Error OutputFiles::addEntry(Entry entry) {
  for (const Entry &other : entries) {
    if (!entry.isOutput && !other.isOutput)
      continue;
    // The one to complain of is the output; of two, the later one.
    const Entry &output = entry.isOutput ? entry : other;
    const Entry &rest = entry.isOutput ? other : entry;
    StringRef kind = rest.isOutput ? "other outputs" : "inputs";
    StringRef verb = rest.isOutput ? "writes" : "reads";
    auto fail = [&](const llvm::Twine &relation) {
      return makeFileError(output.path, "expected an output apart from the " +
                                            kind + ", but " + relation + " '" +
                                            rest.path + "', which quantc " +
                                            verb);
    };
    if (areSame(output.path, rest.path))
      return fail("it is the same as");
    if (rest.isDirectory && isInside(output.path, rest.path))
      return fail("it lies in");
    if (output.isDirectory && isInside(rest.path, output.path))
      return fail("it contains");
  }
  entries.push_back(std::move(entry));
  return Error::success();
}

Error OutputFiles::addInput(StringRef path) {
  return addEntry({path.str(), /*isOutput=*/false, /*isDirectory=*/false});
}

Error OutputFiles::addInputDirectory(StringRef path) {
  return addEntry({path.str(), /*isOutput=*/false, /*isDirectory=*/true});
}

Error OutputFiles::addUnmanaged(StringRef path) {
  if (path.empty())
    return llvm::createStringError(
        "expected the name of a file to write, but got ''");
  // Writing to a device, or renaming over one, is nothing to be done by half.
  if (fs::exists(path) && !fs::is_regular_file(path))
    return makeFileError(path, "expected a file to write, but got a directory "
                               "or a device");
  return addEntry({path.str(), /*isOutput=*/true, /*isDirectory=*/false});
}

Error OutputFiles::addUnmanagedDirectory(StringRef path) {
  if (path.empty())
    return llvm::createStringError(
        "expected the name of a directory to write, but got ''");
  return addEntry({path.str(), /*isOutput=*/true, /*isDirectory=*/true});
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

OutputFiles::~OutputFiles() {
  for (const Output &output : outputs) {
    fs::remove(output.temporary);
    llvm::sys::DontRemoveFileOnSignal(output.temporary);
  }
}

llvm::Expected<std::string> OutputFiles::add(StringRef path) {
  if (Error error = addUnmanaged(path))
    return error;
  int fd;
  llvm::SmallString<128> temporary;
  if (std::error_code error =
          fs::createUniqueFile(path + ".%%%%%%%%.tmp", fd, temporary))
    return makeFileError(path,
                         "expected a file that can be written, but got: " +
                             StringRef(error.message()).lower());
  llvm::sys::Process::SafelyCloseFileDescriptor(fd);
  llvm::sys::RemoveFileOnSignal(temporary);
  outputs.push_back({path.str(), temporary.str().str()});
  return outputs.back().temporary;
}

StringRef OutputFiles::getTemporary(StringRef path) const {
  auto output = llvm::find_if(
      outputs, [&](const Output &output) { return output.path == path; });
  assert(output != outputs.end() && "expected an output that was added");
  return output->temporary;
}

Error OutputFiles::write(
    StringRef path,
    llvm::function_ref<Error(StringRef temporary)> write) const {
  StringRef temporary = getTemporary(path);
  Error error = write(temporary);
  if (!error)
    return error;
  // The user knows nothing of temporary names.
  std::string message = llvm::toString(std::move(error));
  if (size_t at = message.find(temporary.str()); at != std::string::npos)
    message.replace(at, temporary.size(), path.str());
  return llvm::createStringError(message);
}

Error OutputFiles::write(StringRef path, StringRef text) const {
  return write(path,
               [&](StringRef temporary) { return writeFile(temporary, text); });
}

Error OutputFiles::commit() {
  for (const Output &output : outputs)
    if (std::error_code error = fs::rename(output.temporary, output.path))
      return makeFileError(output.path,
                           "expected a file that can be replaced, but got: " +
                               StringRef(error.message()).lower());
  for (const Output &output : outputs)
    llvm::sys::DontRemoveFileOnSignal(output.temporary);
  outputs.clear();
  return Error::success();
}
