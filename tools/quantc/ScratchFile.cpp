//===- ScratchFile.cpp - a file between two steps -------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ScratchFile.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Signals.h"

using namespace quantc::tool;

llvm::Expected<ScratchFile> ScratchFile::create() {
  llvm::SmallString<128> path;
  if (std::error_code code =
          llvm::sys::fs::createTemporaryFile("quantc", "tmp", path))
    return llvm::createStringError("cannot create a temporary file: " +
                                   code.message());
  llvm::sys::RemoveFileOnSignal(path);
  return ScratchFile(path.str().str());
}

ScratchFile::~ScratchFile() {
  if (path.empty())
    return;
  // One that cannot be removed is no reason to fail.
  llvm::sys::fs::remove(path);
  llvm::sys::DontRemoveFileOnSignal(path);
}
