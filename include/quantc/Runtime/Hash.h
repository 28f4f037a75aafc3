//===- Hash.h - hashes of a bundle's files ----------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_RUNTIME_HASH_H
#define QUANTC_RUNTIME_HASH_H

#include <cstdint>
#include <string_view>

namespace quantc::runtime {

/// 64-bit FNV-1a.
inline uint64_t fnv1a(std::string_view data) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (unsigned char byte : data)
    hash = (hash ^ byte) * 0x100000001b3u;
  return hash;
}

} // namespace quantc::runtime

#endif // QUANTC_RUNTIME_HASH_H
