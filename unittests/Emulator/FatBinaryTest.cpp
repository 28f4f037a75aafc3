//===- FatBinaryTest.cpp - modules in fat binaries ------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Containers are put together here byte by byte; test/Codegen/sass has some
// that the toolkit's fatbinary wrote.
//
//===----------------------------------------------------------------------===//

#include "Harness.h"

using namespace quantc::emulator::test;

namespace {

constexpr uint64_t lz4 = 1 << 13, zstandard = 1 << 15;

template <class T>
void append(std::string &to, T value) {
  to.append(reinterpret_cast<const char *>(&value), sizeof value);
}

std::string ptxFor(unsigned architecture, unsigned value) {
  return ".version 8.4\n.target sm_" + std::to_string(architecture) +
         "\n.address_size 64\n.visible .entry k(.param .u64 out) { .reg .b64 "
         "%d<2>; ld.param.u64 %d0, [out]; st.global.u32 [%d0], " +
         std::to_string(value) + "; ret; }\n";
}

/// An entry: its header and the content, which `stored` holds as it is kept.
std::string entry(uint16_t kind, uint32_t architecture,
                  const std::string &stored, uint64_t flags = 0,
                  uint64_t contentBytes = 0) {
  std::string padded = stored;
  padded.resize((stored.size() + 8) / 8 * 8);
  std::string result;
  append<uint16_t>(result, kind);
  append<uint16_t>(result, 0x101);
  append<uint32_t>(result, 64);
  append<uint64_t>(result, padded.size());
  append<uint32_t>(result, flags ? uint32_t(stored.size()) : 0);
  append<uint32_t>(result, 0);
  append<uint32_t>(result, 0x00080004);
  append<uint32_t>(result, architecture);
  append<uint64_t>(result, 0);
  append<uint64_t>(result, 0x11 | flags);
  append<uint64_t>(result, 0);
  append<uint64_t>(result, contentBytes);
  return result + padded;
}

std::string container(const std::string &entries) {
  std::string result;
  append<uint32_t>(result, 0xba55ed50);
  append<uint16_t>(result, 1);
  append<uint16_t>(result, 16);
  append<uint64_t>(result, entries.size());
  return result + entries;
}

/// LZ4 of "ABABAB...": a literal run, one match that overlaps itself, a run.
std::string packLz4(const std::string &text, const std::string &repeated,
                    unsigned times) {
  auto run = [](size_t count) {
    std::string more;
    for (count -= 15; count >= 255; count -= 255)
      more += '\xff';
    return more + char(count);
  };
  size_t literals = text.size() + repeated.size(),
         match = repeated.size() * (times - 1);
  std::string result = "\xff" + run(literals) + text + repeated;
  result += char(repeated.size());
  result += char(repeated.size() >> 8);
  return result + run(match - 4);
}

/// A frame of Zstandard with one raw block.
std::string packZstandard(const std::string &text) {
  std::string result("\x28\xb5\x2f\xfd\xa0", 5); // content size in 4 bytes
  append<uint32_t>(result, uint32_t(text.size()));
  uint32_t block = uint32_t(text.size()) << 3 | 1;
  result.append(reinterpret_cast<const char *>(&block), 3);
  return result + text;
}

/// What the kernel of an image stores; -1 when it does not load.
int64_t storedBy(const void *image) {
  CUmodule module;
  if (cuModuleLoadData(&module, image) != CUDA_SUCCESS)
    return -1;
  Buffer<uint32_t> out(1, 0);
  CUfunction function;
  EXPECT_EQ(cuModuleGetFunction(&function, module, "k"), CUDA_SUCCESS);
  void *parameters[] = {&out.address};
  EXPECT_EQ(cuLaunchKernel(function, 1, 1, 1, 1, 1, 1, 0, nullptr, parameters,
                           nullptr),
            CUDA_SUCCESS)
      << quantcEmulatorReport();
  uint32_t value = out.values()[0];
  cuModuleUnload(module);
  return value;
}

bool reports(const char *text) {
  return std::string(quantcEmulatorReport()).find(text) != std::string::npos;
}

TEST(FatBinary, TakesTheLatestPtxOfTheDevice) {
  std::string image =
      container(entry(2, 90, "cubin") + entry(1, 80, ptxFor(80, 80)) +
                entry(1, 89, ptxFor(89, 89)) + entry(1, 100, ptxFor(100, 100)));
  for (auto [architecture, expected] :
       {std::pair<int, int>{80, 80}, {86, 80}, {89, 89}, {90, 89}}) {
    Options options("architecture=" + std::to_string(architecture));
    EXPECT_EQ(storedBy(image.data()), expected) << quantcEmulatorReport();
  }
  struct {
    uint32_t magic, version;
    const void *binary;
    const char *file;
  } wrapper = {0x466243b1, 1, image.data(), nullptr};
  Options options;
  EXPECT_EQ(storedBy(&wrapper), 89) << quantcEmulatorReport();
}

TEST(FatBinary, Decompresses) {
  Options options;
  std::string text = ptxFor(80, 7), comment = "// again\n", whole = text;
  for (int i = 0; i < 100; ++i)
    whole += comment;
  std::string image =
      container(entry(1, 80, packLz4(text, comment, 100), lz4, whole.size()));
  EXPECT_EQ(storedBy(image.data()), 7) << quantcEmulatorReport();
  image = container(entry(1, 80, packZstandard(text), zstandard, text.size()));
  EXPECT_EQ(storedBy(image.data()), 7) << quantcEmulatorReport();
}

TEST(FatBinary, RefusesWhatIsDamaged) {
  Options options("architecture=80");
  std::string image = container(entry(2, 80, "") + entry(1, 90, "text"));
  EXPECT_EQ(storedBy(image.data()), -1);
  EXPECT_TRUE(reports("expected PTX for sm_80 or earlier in the fat binary, "
                      "but got a cubin for sm_80, PTX for sm_90"))
      << quantcEmulatorReport();
  std::string text = ptxFor(80, 7);
  std::string whole = container(entry(1, 80, text)), damaged = whole;
  damaged[8] = char(damaged[8] - 1); // shorter than its entry
  EXPECT_EQ(storedBy(damaged.data()), -1);
  EXPECT_TRUE(reports("damaged fat binary"));
  damaged = whole;
  damaged[20] = 16; // the entry's header
  EXPECT_EQ(storedBy(damaged.data()), -1);
  EXPECT_TRUE(reports("damaged fat binary"));
  // Every damaged byte of compressed content is refused, or gives other text.
  for (uint64_t flag : {lz4, zstandard})
    for (size_t at = 0; at < 24; ++at) {
      std::string packed =
          flag == lz4 ? packLz4(text, "// again\n", 4) : packZstandard(text);
      packed[at] = char(packed[at] ^ 0x55);
      std::string other =
          container(entry(1, 80, packed, flag, text.size() + 36));
      storedBy(other.data());
    }
}

} // namespace
