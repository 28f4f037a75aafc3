//===- OutputFiles.cpp - outputs that appear whole or not at all ----------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OutputFiles.h"
#include "Tool.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Signals.h"
#include "llvm/Support/raw_ostream.h"

using namespace quantc::tool;
using llvm::StringRef;

OutputFiles::~OutputFiles() {
  for (const Output &output : outputs) {
    llvm::sys::fs::remove(output.temporary);
    llvm::sys::DontRemoveFileOnSignal(output.temporary);
  }
}

llvm::Expected<std::string> OutputFiles::add(StringRef path) {
  for (const Output &output : outputs)
    if (output.path == path)
      return output.temporary;
  // A rename would replace a device by a file.
  if (llvm::sys::fs::exists(path) && !llvm::sys::fs::is_regular_file(path))
    return makeFileError(path, "expected a file to write, but got a directory "
                               "or a device");
  int fd;
  llvm::SmallString<128> temporary;
  if (std::error_code error = llvm::sys::fs::createUniqueFile(
          path + ".%%%%%%%%.tmp", fd, temporary))
    return makeFileError(path,
                         "expected a file that can be written, but got: " +
                             llvm::StringRef(error.message()).lower());
  llvm::sys::Process::SafelyCloseFileDescriptor(fd);
  llvm::sys::RemoveFileOnSignal(temporary);
  outputs.push_back({path.str(), temporary.str().str()});
  return outputs.back().temporary;
}

llvm::Error OutputFiles::write(StringRef temporary, StringRef text) {
  std::error_code error;
  llvm::raw_fd_ostream os(temporary, error);
  if (!error) {
    os << text;
    os.close();
    error = os.error();
    os.clear_error();
  }
  if (error)
    return makeFileError(
        temporary,
        "expected to write " + llvm::Twine(text.size()) +
            " bytes, but got: " + llvm::StringRef(error.message()).lower());
  return llvm::Error::success();
}

llvm::Error OutputFiles::commit() {
  for (const Output &output : outputs)
    if (std::error_code error =
            llvm::sys::fs::rename(output.temporary, output.path))
      return makeFileError(output.path,
                           "expected a file that can be replaced, but got: " +
                               llvm::StringRef(error.message()).lower());
  for (const Output &output : outputs)
    llvm::sys::DontRemoveFileOnSignal(output.temporary);
  outputs.clear();
  return llvm::Error::success();
}
