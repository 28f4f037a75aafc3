//===- ScratchFile.h - a file between two steps -----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TOOLS_QUANTC_SCRATCHFILE_H
#define QUANTC_TOOLS_QUANTC_SCRATCHFILE_H

#include "llvm/Support/Error.h"
#include <string>
#include <utility>

namespace quantc::tool {

/// An empty file among the system's temporary ones, for what one step of a
/// command writes and the next one reads. Removed at the end, also where a
/// signal ends the program.
class ScratchFile {
public:
  static llvm::Expected<ScratchFile> create();
  ScratchFile(ScratchFile &&other) : path(std::exchange(other.path, {})) {}
  ScratchFile &operator=(ScratchFile &&) = delete;
  ~ScratchFile();

  llvm::StringRef getPath() const { return path; }

private:
  explicit ScratchFile(std::string path) : path(std::move(path)) {}

  /// Empty where another object has the file now.
  std::string path;
};

} // namespace quantc::tool

#endif // QUANTC_TOOLS_QUANTC_SCRATCHFILE_H
