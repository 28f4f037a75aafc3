//===- LibrarySeal.cpp - a bundle's library, whole and undamaged ----------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Runtime/LibrarySeal.h"

#include "MappedFile.h"

#include <array>
#include <cstring>
#include <elf.h>

using namespace quantc::runtime;

namespace {

struct Seal {
  char magic[8];
  uint64_t bytes;
  uint32_t crc;
  uint32_t reserved;
};
static_assert(sizeof(Seal) == 24, "the layout of files");

constexpr char sealMagic[] = "quantcso";

#if defined(__aarch64__)
constexpr uint16_t hostMachine = EM_AARCH64;
#else
constexpr uint16_t hostMachine = EM_X86_64;
#endif

std::string describeMachine(uint16_t machine) {
  switch (machine) {
  case EM_X86_64:
    return "x86-64";
  case EM_AARCH64:
    return "aarch64";
  default:
    return "ELF machine " + std::to_string(machine);
  }
}

} // namespace

uint32_t quantc::runtime::computeCRC32(std::string_view data) {
  static const std::array<uint32_t, 256> table = [] {
    std::array<uint32_t, 256> table;
    for (uint32_t byte = 0; byte < table.size(); ++byte) {
      uint32_t crc = byte;
      for (int bit = 0; bit < 8; ++bit)
        crc = (crc >> 1) ^ (crc & 1 ? 0xEDB88320u : 0);
      table[byte] = crc;
    }
    return table;
  }();
  uint32_t crc = ~0u;
  for (unsigned char byte : data)
    crc = (crc >> 8) ^ table[(crc ^ byte) & 0xFF];
  return ~crc;
}

std::string quantc::runtime::makeLibrarySeal(std::string_view library) {
  Seal seal = {{}, library.size(), computeCRC32(library), 0};
  std::memcpy(seal.magic, sealMagic, sizeof(seal.magic));
  return {reinterpret_cast<const char *>(&seal), sizeof(seal)};
}

std::string quantc::runtime::checkLibrarySeal(const std::string &path) {
  MappedFile file;
  if (std::string error = file.map(path); !error.empty())
    return error;
  std::string_view text = file.text();
  Seal seal = {};
  bool hasSeal = text.size() >= sizeof(seal);
  if (hasSeal) {
    std::memcpy(&seal, text.end() - sizeof(seal), sizeof(seal));
    text.remove_suffix(sizeof(seal));
    hasSeal = std::memcmp(seal.magic, sealMagic, sizeof(seal.magic)) == 0;
  }
  if (!hasSeal)
    return path + ": expected a compiled model with quantc's seal at its end, "
                  "but got a file that is truncated or of other origin";
  if (seal.bytes != text.size())
    return path + ": expected " + std::to_string(seal.bytes) +
           " bytes before the seal, but got " + std::to_string(text.size());
  if (seal.crc != computeCRC32(text))
    return path + ": expected the library that its seal was made for, but got "
                  "a damaged one";
  Elf64_Ehdr header = {};
  if (text.size() >= sizeof(header))
    std::memcpy(&header, text.data(), sizeof(header));
  if (header.e_machine != hostMachine)
    return path + ": expected a model compiled for " +
           describeMachine(hostMachine) + ", but got one for " +
           describeMachine(header.e_machine);
  return "";
}
