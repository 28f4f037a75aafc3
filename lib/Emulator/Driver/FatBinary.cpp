//===- FatBinary.cpp - PTX out of fat binaries ----------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FatBinary.h"

#include <cstdint>
#include <cstring>
#include <dlfcn.h>

using namespace quantc::emulator;

namespace {

constexpr uint32_t wrapperMagic = 0x466243b1, binaryMagic = 0xba55ed50;

/// What nvcc embeds: points to the fat binary.
struct Wrapper {
  uint32_t magic, version;
  const void *binary;
  const char *file;
};

struct BinaryHeader {
  uint32_t magic;
  uint16_t version, headerBytes;
  uint64_t bytes; ///< of what follows
};

struct EntryHeader {
  uint16_t kind; ///< 1: PTX, 2: cubin
  uint16_t version;
  uint32_t headerBytes;
  uint64_t bytes;           ///< of the content, padding included
  uint32_t compressedBytes; ///< without padding; 0 where nothing is compressed
  uint32_t optionsOffset;
  uint16_t minor, major; ///< of the PTX ISA
  uint32_t architecture; ///< capability times ten
  uint64_t name;
  uint64_t flags;
  uint64_t unused;
  uint64_t contentBytes; ///< when decompressed
};
static_assert(sizeof(EntryHeader) == 64);

constexpr uint16_t kindPtx = 1;
constexpr uint64_t flagLz4 = 1 << 13, flagZstandard = 1 << 15;
/// Larger PTX is not credible: a damaged header must not allocate it.
constexpr uint64_t mostBytes = uint64_t(1) << 30;

/// One block of LZ4 (the format's public description): literals and matches in
/// turn, lengths of 15 go on in further bytes.
bool decompressLz4(const uint8_t *in, size_t bytes, std::string &out,
                   size_t expected) {
  const uint8_t *end = in + bytes;
  auto more = [&](size_t length) {
    if (length != 15)
      return length;
    uint8_t byte = 255;
    while (byte == 255 && in < end)
      length += byte = *in++;
    return length;
  };
  while (in < end) {
    unsigned token = *in++;
    size_t literals = more(token >> 4);
    if (literals > size_t(end - in) || literals > expected - out.size())
      return false;
    out.append(reinterpret_cast<const char *>(in), literals);
    in += literals;
    if (in == end) // the last sequence has no match
      break;
    if (end - in < 2)
      return false;
    size_t distance = in[0] | in[1] << 8;
    in += 2;
    size_t length = more(token & 15) + 4;
    if (distance == 0 || distance > out.size() ||
        length > expected - out.size())
      return false;
    for (size_t i = 0; i < length; ++i) // may overlap what it writes
      out.push_back(out[out.size() - distance]);
  }
  return out.size() == expected;
}

/// Zstandard's library is loaded when it is needed: the emulator depends on
/// nothing else.
bool decompressZstandard(const uint8_t *in, size_t bytes, std::string &out,
                         size_t expected, std::string &error) {
  void *library = dlopen("libzstd.so.1", RTLD_NOW);
  auto *decompress =
      reinterpret_cast<size_t (*)(void *, size_t, const void *, size_t)>(
          library ? dlsym(library, "ZSTD_decompress") : nullptr);
  if (!decompress) {
    error = "the fat binary is compressed with Zstandard, but libzstd.so.1 is "
            "not there: write it with --compress-mode=none";
    return false;
  }
  out.resize(expected);
  return decompress(&out[0], expected, in, bytes) == expected;
}

bool readContent(const EntryHeader &entry, const uint8_t *content,
                 std::string &ptx, std::string &error) {
  size_t stored = entry.compressedBytes ? entry.compressedBytes : entry.bytes;
  ptx.clear();
  if (entry.contentBytes > mostBytes || stored > entry.bytes)
    return false;
  if (entry.flags & flagLz4)
    return decompressLz4(content, stored, ptx, entry.contentBytes);
  if (entry.flags & flagZstandard)
    return decompressZstandard(content, stored, ptx, entry.contentBytes, error);
  ptx.assign(reinterpret_cast<const char *>(content), stored);
  return true;
}

} // namespace

bool quantc::emulator::isFatBinary(const void *image) {
  // The text of a module may be shorter than a magic number.
  const auto *text = static_cast<const char *>(image);
  return std::strncmp(text, "\xb1\x43\x62\x46", 4) == 0 ||
         std::strncmp(text, "\x50\xed\x55\xba", 4) == 0;
}

bool quantc::emulator::extractPtx(const void *image, unsigned architecture,
                                  std::string &ptx, std::string &error) {
  Wrapper wrapper;
  std::memcpy(&wrapper.magic, image, sizeof wrapper.magic);
  if (wrapper.magic == wrapperMagic) {
    std::memcpy(&wrapper, image, sizeof wrapper);
    image = wrapper.binary;
  }
  error = "damaged fat binary";
  BinaryHeader header;
  if (!image)
    return false;
  std::memcpy(&header, image, sizeof header);
  if (header.magic != binaryMagic || header.headerBytes < sizeof header)
    return false;
  const uint8_t *at = static_cast<const uint8_t *>(image) + header.headerBytes;
  EntryHeader best = {};
  const uint8_t *bestContent = nullptr;
  std::string found;
  for (uint64_t left = header.bytes; left;) {
    EntryHeader entry;
    if (left < sizeof entry)
      return false;
    std::memcpy(&entry, at, sizeof entry);
    if (entry.headerBytes < sizeof entry || entry.headerBytes > left ||
        entry.bytes > left - entry.headerBytes)
      return false;
    found += std::string(found.empty() ? "" : ", ") +
             (entry.kind == kindPtx ? "PTX" : "a cubin") + " for sm_" +
             std::to_string(entry.architecture);
    if (entry.kind == kindPtx && entry.architecture <= architecture &&
        entry.architecture >= best.architecture) {
      best = entry;
      bestContent = at + entry.headerBytes;
    }
    at += entry.headerBytes + entry.bytes;
    left -= entry.headerBytes + entry.bytes;
  }
  if (!bestContent) {
    error = "expected PTX for sm_" + std::to_string(architecture) +
            " or earlier in the fat binary, but got " +
            (found.empty() ? "nothing" : found);
    return false;
  }
  return readContent(best, bestContent, ptx, error);
}
