//===- OutputFiles.h - outputs that appear whole or not at all --*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TOOLS_QUANTC_OUTPUTFILES_H
#define QUANTC_TOOLS_QUANTC_OUTPUTFILES_H

#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace quantc::tool {

/// The files that a command writes. Each is written under a temporary name
/// beside its own; `commit` renames them all, and without it none is left.
class OutputFiles {
public:
  OutputFiles() = default;
  OutputFiles(const OutputFiles &) = delete;
  OutputFiles &operator=(const OutputFiles &) = delete;
  ~OutputFiles();

  /// Returns the name to write to, the same each time. Creates that file, so
  /// that an output that cannot be written is refused before the work begins.
  llvm::Expected<std::string> add(llvm::StringRef path);

  /// Writes `text` to the temporary file of an output.
  static llvm::Error write(llvm::StringRef temporary, llvm::StringRef text);

  llvm::Error commit();

private:
  struct Output {
    std::string path, temporary;
  };
  std::vector<Output> outputs;
};

} // namespace quantc::tool

#endif // QUANTC_TOOLS_QUANTC_OUTPUTFILES_H
