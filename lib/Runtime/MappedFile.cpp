//===- MappedFile.cpp - read-only file mappings ---------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MappedFile.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

using quantc::runtime::MappedFile;

MappedFile::~MappedFile() {
  if (address)
    munmap(const_cast<char *>(address), length);
}

std::string MappedFile::map(const std::string &path) {
  auto describe = [&] { return path + ": " + std::strerror(errno); };
  int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    return describe();
  std::string error;
  struct stat status;
  if (fstat(descriptor, &status) != 0) {
    error = describe();
  } else if (status.st_size > 0) { // An empty mapping is an error of its own.
    void *mapped =
        mmap(nullptr, status.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (mapped == MAP_FAILED) {
      error = describe();
    } else {
      address = static_cast<const char *>(mapped);
      length = status.st_size;
    }
  }
  close(descriptor);
  return error;
}
