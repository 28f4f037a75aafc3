//===- OutputFiles.h - outputs that appear whole or not at all --*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TOOLS_QUANTC_OUTPUTFILES_H
#define QUANTC_TOOLS_QUANTC_OUTPUTFILES_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace quantc::tool {

/// The files that a command writes, and those that it reads: no output may
/// replace an input, and no two outputs may be the same file, by whatever path,
/// symbolic or hard link. Every path of a command is told to its OutputFiles,
/// in any order; the first one that collides with an earlier one fails.
///
/// Each output is written under a temporary name beside its own; `commit`
/// renames them all, and without it none is left.
class OutputFiles {
public:
  OutputFiles() = default;
  OutputFiles(const OutputFiles &) = delete;
  OutputFiles &operator=(const OutputFiles &) = delete;
  ~OutputFiles();

  /// A file that the command reads, and that need not be there.
  llvm::Error addInput(llvm::StringRef path);

  /// A directory that the command reads, whose files are of a piece: nothing is
  /// written into it.
  llvm::Error addInputDirectory(llvm::StringRef path);

  /// Returns the name to write to. Creates that file, so that an output that
  /// cannot be written is refused before the work begins.
  llvm::Expected<std::string> add(llvm::StringRef path);

  /// The name to write to that `add` returned for `path`.
  llvm::StringRef getTemporary(llvm::StringRef path) const;

  /// A file that the command writes by itself, before the others.
  llvm::Error addUnmanaged(llvm::StringRef path);

  /// A directory that the command replaces by itself.
  llvm::Error addUnmanagedDirectory(llvm::StringRef path);

  /// Lets `write` write the output `path` to the name it gets. Errors name the
  /// output.
  llvm::Error
  write(llvm::StringRef path,
        llvm::function_ref<llvm::Error(llvm::StringRef temporary)> write) const;

  /// Writes `text` as the output `path`.
  llvm::Error write(llvm::StringRef path, llvm::StringRef text) const;

  llvm::Error commit();

  /// Whether both paths lead to one file.
  static bool areSame(llvm::StringRef a, llvm::StringRef b);

private:
  struct Entry {
    std::string path;
    bool isOutput, isDirectory;
  };
  struct Output {
    std::string path, temporary;
  };

  llvm::Error addEntry(Entry entry);

  std::vector<Entry> entries;
  std::vector<Output> outputs;
};

} // namespace quantc::tool

#endif // QUANTC_TOOLS_QUANTC_OUTPUTFILES_H
