//===- CpuFeatures.cpp - what a model needs of the processor --------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Runtime/CpuFeatures.h"

#include "MappedFile.h"

#include <cstdint>
#include <unistd.h>

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__)
#include <sys/auxv.h>
#endif

using namespace quantc::runtime;

namespace {

enum Register : uint8_t { EAX, EBX, ECX, EDX };

/// Bits of XCR0 that the operating system sets where it saves the registers.
enum State : uint8_t { None = 0, Ymm = 0x06, Zmm = 0xe6 };

/// Where CPUID says it: Intel's manual, volume 2, CPUID; AMD's, volume 3,
/// appendix E.
struct X86Feature {
  std::string_view name;
  uint32_t leaf, subleaf;
  Register where;
  uint8_t bit;
  State state;
};

constexpr X86Feature x86Features[] = {
    {"sse3", 1, 0, ECX, 0, None},
    {"ssse3", 1, 0, ECX, 9, None},
    {"sse4.1", 1, 0, ECX, 19, None},
    {"sse4.2", 1, 0, ECX, 20, None},
    {"movbe", 1, 0, ECX, 22, None},
    {"popcnt", 1, 0, ECX, 23, None},
    {"fma", 1, 0, ECX, 12, Ymm},
    {"avx", 1, 0, ECX, 28, Ymm},
    {"f16c", 1, 0, ECX, 29, Ymm},
    {"bmi", 7, 0, EBX, 3, None},
    {"avx2", 7, 0, EBX, 5, Ymm},
    {"bmi2", 7, 0, EBX, 8, None},
    {"avx512f", 7, 0, EBX, 16, Zmm},
    {"avx512dq", 7, 0, EBX, 17, Zmm},
    {"avx512ifma", 7, 0, EBX, 21, Zmm},
    {"avx512cd", 7, 0, EBX, 28, Zmm},
    {"avx512bw", 7, 0, EBX, 30, Zmm},
    {"avx512vl", 7, 0, EBX, 31, Zmm},
    {"avx512vbmi", 7, 0, ECX, 1, Zmm},
    {"avx512vbmi2", 7, 0, ECX, 6, Zmm},
    {"gfni", 7, 0, ECX, 8, None},
    {"vpclmulqdq", 7, 0, ECX, 10, Ymm},
    {"avx512vnni", 7, 0, ECX, 11, Zmm},
    {"avx512bitalg", 7, 0, ECX, 12, Zmm},
    {"avx512vpopcntdq", 7, 0, ECX, 14, Zmm},
    {"avx512fp16", 7, 0, EDX, 23, Zmm},
    {"avxvnni", 7, 1, EAX, 4, Ymm},
    {"avx512bf16", 7, 1, EAX, 5, Zmm},
    {"avxifma", 7, 1, EAX, 23, Ymm},
    {"avxvnniint8", 7, 1, EDX, 4, Ymm},
    {"avxneconvert", 7, 1, EDX, 5, Ymm},
    {"avxvnniint16", 7, 1, EDX, 10, Ymm},
    {"lzcnt", 0x80000001, 0, ECX, 5, None},
    {"sse4a", 0x80000001, 0, ECX, 6, None},
    {"xop", 0x80000001, 0, ECX, 11, Ymm},
    {"fma4", 0x80000001, 0, ECX, 16, Ymm},
};

/// Where Linux says it: arch/arm64/include/uapi/asm/hwcap.h.
struct ArmFeature {
  std::string_view name;
  bool isSecondWord;
  uint8_t bit;
};

constexpr ArmFeature armFeatures[] = {
    {"lse", false, 8},      {"fullfp16", false, 10}, {"rdm", false, 12},
    {"dotprod", false, 20}, {"sve", false, 22},      {"fp16fml", false, 23},
    {"sve2", true, 1},      {"i8mm", true, 13},      {"bf16", true, 14},
};

#if defined(__x86_64__)
bool isPresent(const X86Feature &feature) {
  uint32_t registers[4] = {};
  auto read = [&](uint32_t leaf, uint32_t subleaf) {
    return __get_cpuid_count(leaf, subleaf, &registers[EAX], &registers[EBX],
                             &registers[ECX], &registers[EDX]);
  };
  constexpr uint32_t osxsave = 1u << 27;
  if (feature.state != None) {
    if (!read(1, 0) || !(registers[ECX] & osxsave))
      return false;
    uint32_t low, high;
    asm("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    if ((low & feature.state) != feature.state)
      return false;
  }
  // Leaf 7 says how many leaves below it there are.
  if (feature.subleaf > 0 &&
      (!read(feature.leaf, 0) || registers[EAX] < feature.subleaf))
    return false;
  return read(feature.leaf, feature.subleaf) &&
         (registers[feature.where] >> feature.bit & 1);
}
#elif defined(__aarch64__)
bool isPresent(const ArmFeature &feature) {
  unsigned long words = getauxval(feature.isSecondWord ? AT_HWCAP2 : AT_HWCAP);
  return words >> feature.bit & 1;
}
#endif

/// The strings of the list `key` in a manifest. Its strings have no unescaped
/// quotes, so that the key is found nowhere else.
std::vector<std::string_view> readNames(std::string_view text,
                                        std::string_view key) {
  std::vector<std::string_view> names;
  size_t begin = text.find("\"" + std::string(key) + "\":");
  if (begin == text.npos)
    return names;
  begin = text.find('[', begin);
  size_t end = text.find(']', begin);
  if (begin == text.npos || end == text.npos)
    return names;
  text = text.substr(begin, end - begin);
  while (true) {
    size_t open = text.find('"');
    size_t close = open == text.npos ? open : text.find('"', open + 1);
    if (close == text.npos)
      return names;
    names.push_back(text.substr(open + 1, close - open - 1));
    text.remove_prefix(close + 1);
  }
}

} // namespace

std::vector<std::string_view> quantc::runtime::listCpuFeatures(bool isX86) {
  std::vector<std::string_view> names;
  if (isX86)
    for (const X86Feature &feature : x86Features)
      names.push_back(feature.name);
  else
    for (const ArmFeature &feature : armFeatures)
      names.push_back(feature.name);
  return names;
}

bool quantc::runtime::hasCpuFeature(std::string_view name) {
#if defined(__x86_64__)
  for (const X86Feature &feature : x86Features)
#elif defined(__aarch64__)
  for (const ArmFeature &feature : armFeatures)
#endif
    if (feature.name == name)
      return isPresent(feature);
  return false;
}

std::string quantc::runtime::checkCpuFeatures(const std::string &path) {
  if (access(path.c_str(), F_OK) != 0)
    return "";
  MappedFile file;
  if (std::string error = file.map(path); !error.empty())
    return error;
  std::string missing;
  for (std::string_view name : readNames(file.text(), "cpu_features"))
    if (!hasCpuFeature(name))
      missing += (missing.empty() ? "'" : ", '") + std::string(name) + "'";
  if (missing.empty())
    return "";
  return path +
         ": expected a processor with the features that the model was "
         "compiled for, but this one lacks " +
         missing;
}
