//===- LibrarySeal.h - a bundle's library, whole and undamaged --*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// dlopen believes a library: a truncated or damaged one ends the process. So
// `quantc compile` appends a seal to model.so, behind all that the library's
// headers speak of, and the loaders check it before they open the library:
//
//   char magic[8]    "quantcso"
//   u64 bytes        of the file before the seal
//   u32 crc, u32 0   CRC-32 (ISO 3309, as in zlib) of those bytes
//
// in little-endian order.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_RUNTIME_LIBRARYSEAL_H
#define QUANTC_RUNTIME_LIBRARYSEAL_H

#include <cstdint>
#include <string>
#include <string_view>

namespace quantc::runtime {

/// CRC-32 of the polynomial 0xEDB88320 (reflected), as zlib computes it.
uint32_t computeCRC32(std::string_view data);

/// The seal to append to a library of these bytes.
std::string makeLibrarySeal(std::string_view library);

/// Checks that the file at `path` is a sealed library for this machine's
/// architecture. Returns "" or what is wrong, beginning with the path.
std::string checkLibrarySeal(const std::string &path);

} // namespace quantc::runtime

#endif // QUANTC_RUNTIME_LIBRARYSEAL_H
