//===- MappedFile.h - read-only file mappings -------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_RUNTIME_MAPPEDFILE_H
#define QUANTC_LIB_RUNTIME_MAPPEDFILE_H

#include <cstdint>
#include <string>
#include <string_view>

namespace quantc::runtime {

/// A file mapped for reading until the object dies.
class MappedFile {
public:
  MappedFile() = default;
  MappedFile(const MappedFile &) = delete;
  MappedFile &operator=(const MappedFile &) = delete;
  ~MappedFile();

  /// Returns "" or the reason of a failure.
  std::string map(const std::string &path);

  const char *data() const { return address; }
  uint64_t size() const { return length; }
  std::string_view text() const { return {address, length}; }

private:
  const char *address = nullptr;
  uint64_t length = 0;
};

} // namespace quantc::runtime

#endif // QUANTC_LIB_RUNTIME_MAPPEDFILE_H
