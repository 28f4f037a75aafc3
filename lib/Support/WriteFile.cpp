//===- WriteFile.cpp - files that appear whole or not at all --------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Support/WriteFile.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"

using llvm::Error;
using llvm::StringRef;

static Error makeError(StringRef path, Error error) {
  return llvm::createStringError(
      path + ": expected a file that can be written, but got: " +
      StringRef(llvm::toString(std::move(error))).lower());
}

Error quantc::writeFile(StringRef path,
                        llvm::function_ref<void(llvm::raw_ostream &)> write) {
  auto temporary = llvm::sys::fs::TempFile::create(path + ".tmp-%%%%%%");
  if (!temporary)
    return makeError(path, temporary.takeError());
  std::error_code code;
  {
    llvm::raw_fd_ostream os(temporary->FD, /*shouldClose=*/false);
    write(os);
    os.flush();
    code = os.error();
    // The destructor would end the process on an error that nobody looked at.
    os.clear_error();
  }
  if (code) {
    llvm::consumeError(temporary->discard());
    return makeError(path, llvm::errorCodeToError(code));
  }
  if (Error error = temporary->keep(path))
    return makeError(path, std::move(error));
  return Error::success();
}

Error quantc::writeFile(StringRef path, StringRef contents) {
  return writeFile(path, [&](llvm::raw_ostream &os) { os << contents; });
}
