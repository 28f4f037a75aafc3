//===- ScalarCase.h - one instruction against its formula -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every instruction runs alone in a small kernel on edge values and random
// bits; the expected result is the PTX ISA's formula, computed here by the
// host's own types (also _Float16) or by search.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_UNITTESTS_EMULATOR_SCALARCASE_H
#define QUANTC_UNITTESTS_EMULATOR_SCALARCASE_H

#include "Harness.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace quantc::emulator::test {

template <class To, class From>
To bits(From from) {
  To to = {};
  std::memcpy(&to, &from, std::min(sizeof to, sizeof from));
  return to;
}

using Reference = std::function<uint64_t(uint64_t, uint64_t, uint64_t)>;
/// How far a GPU's result of .approx.f32 may be from the reference, by the
/// ISA's tables; infinite where it promises nothing.
using Bound = std::function<double(float a, float b, float reference)>;

struct Case {
  const char *instruction;
  int target; ///< width in bits; 1: a predicate
  std::vector<int> sources;
  Reference reference;
  bool isFloat = false; ///< NaN of any sign and payload is NaN
  int needs = 80;       ///< compute capability times ten
  Bound bound = {};     ///< of a GPU; the emulator rounds correctly
};

inline const std::vector<uint64_t> edges = {0,
                                            1,
                                            2,
                                            7,
                                            15,
                                            31,
                                            32,
                                            33,
                                            63,
                                            64,
                                            127,
                                            128,
                                            255,
                                            256,
                                            0x7fff,
                                            0x8000,
                                            0xffff,
                                            0x7c00,
                                            0x3c00,
                                            0x3f80,
                                            0x7f80,
                                            0x3f000000,
                                            0x3f800000,
                                            0xbf800000,
                                            0x40200000,
                                            0x7f7fffff,
                                            0x7f800000,
                                            0xff800000,
                                            0x7fc00000,
                                            0x00000003,
                                            0x807fffff,
                                            0x7fffffff,
                                            0x80000000,
                                            0xffffffff,
                                            0x4effffff,
                                            0x4f000000,
                                            0xcf000000,
                                            0x43000000,
                                            0xc3008000,
                                            0x3ff0000000000000,
                                            0x7ff0000000000000,
                                            0x7fffffffffffffff,
                                            0x8000000000000000,
                                            0xffffffffffffffff,
                                            0x43f0000000000000};

inline std::string kernelFor(const Case &each) {
  std::string text = ".visible .entry k(.param .u64 in, .param .u64 out) {\n"
                     ".reg .pred %p<4>; .reg .b16 %h<4>; .reg .b32 %r<4>; .reg "
                     ".b64 %d<4>; .reg .b64 %a<4>; .reg .b32 %t<4>;\n"
                     "ld.param.u64 %a0, [in]; ld.param.u64 %a1, [out];\n"
                     "mov.u32 %t0, %ctaid.x; mov.u32 %t1, %tid.x; mad.lo.u32 "
                     "%t0, %t0, 32, %t1;\n"
                     "mad.wide.u32 %a2, %t0, 24, %a0; mad.wide.u32 %a3, %t0, "
                     "8, %a1; mov.u64 %d0, 0;\n";
  auto name = [](int width, size_t index) {
    std::string prefix = width == 1    ? "%p"
                         : width <= 16 ? "%h"
                         : width == 32 ? "%r"
                                       : "%d";
    return prefix + std::to_string(index);
  };
  std::string operands = name(each.target, 0);
  for (size_t s = 0; s < each.sources.size(); ++s) {
    int width = each.sources[s];
    std::string source = name(width, s + 1), offset = std::to_string(8 * s);
    if (width == 1) {
      text += "ld.global.b32 %t1, [%a2+" + offset +
              "]; and.b32 %t1, %t1, 1; setp.ne.u32 " + source + ", %t1, 0;\n";
    } else {
      text += "ld.global.b" + std::to_string(width) + " " + source + ", [%a2+" +
              offset + "];\n";
    }
    operands += ", " + source;
  }
  std::string instruction = each.instruction;
  size_t at = instruction.find('#');
  if (at != instruction.npos) // operands in between: "lop3.b32 #, 0x96"
    instruction.replace(at, 1, operands);
  else
    instruction += " " + operands;
  text += instruction + ";\n";
  if (each.target == 1)
    text += "selp.b64 %d0, 1, 0, %p0; st.global.b64 [%a3], %d0;\n";
  else
    text += "st.global.b64 [%a3], 0; st.global.b" +
            std::to_string(each.target) + " [%a3], " + name(each.target, 0) +
            ";\n";
  return text + "ret; }\n";
}

inline bool isNan(uint64_t value, int width) {
  switch (width) {
  case 16:
    return (value & 0x7fff) > 0x7c00;
  case 32:
    return (value & 0x7fffffff) > 0x7f800000;
  default:
    return (value & ~(uint64_t(1) << 63)) > 0x7ff0000000000000;
  }
}

/// Three operands for each of 2048 lanes: edges in all pairs, random bits.
inline std::vector<uint64_t> operandsOfCase() {
  constexpr size_t count = 2048;
  Bits random(11);
  std::vector<uint64_t> in(count * 3);
  for (size_t i = 0; i < count; ++i)
    for (size_t s = 0; s < 3; ++s) {
      uint64_t any = uint64_t(random.next()) << 32 | random.next();
      uint64_t edge = edges[s == 0   ? i % edges.size()
                            : s == 1 ? i / edges.size() % edges.size()
                                     : random.next() % edges.size()];
      in[i * 3 + s] =
          i < edges.size() * edges.size() * 3 / 4 || random.next() % 4 == 0
              ? edge
              : any;
    }
  return in;
}

/// Runs the instruction on operands, three a lane; a multiple of 32 lanes.
inline void check(const Case &each,
                  const std::vector<uint64_t> &in = operandsOfCase()) {
  SCOPED_TRACE(each.instruction);
  if (architecture() < each.needs)
    return;
  const size_t count = in.size() / 3;
  Module module(kernelFor(each));
  Buffer<uint64_t> input(in), output(count, 0);
  ASSERT_EQ(module.launch("k", {unsigned(count / 32), 32}, input.address,
                          output.address),
            CUDA_SUCCESS)
      << quantcEmulatorReport();
  auto results = output.values();
  auto mask = [](uint64_t value, int width) {
    return width == 64 ? value : value & ((uint64_t(1) << width) - 1);
  };
  unsigned wrong = 0;
  for (size_t i = 0; i < count && wrong < 5; ++i) {
    uint64_t v[3] = {};
    for (size_t s = 0; s < each.sources.size(); ++s)
      v[s] = mask(in[i * 3 + s], each.sources[s]);
    uint64_t expected = mask(each.reference(v[0], v[1], v[2]), each.target);
    if (results[i] == expected ||
        (each.isFloat && isNan(results[i], each.target) &&
         isNan(expected, each.target)))
      continue;
    if (each.bound && !onEmulator()) {
      float reference = bits<float>(expected);
      double limit =
          each.bound(bits<float>(v[0]), bits<float>(v[1]), reference);
      if (std::isinf(limit) ||
          std::fabs(double(bits<float>(results[i])) - reference) <= limit)
        continue;
    }
    ++wrong;
    ADD_FAILURE() << std::hex << "a " << v[0] << " b " << v[1] << " c " << v[2]
                  << " gives " << results[i] << ", expected " << expected;
  }
}

template <class T>
T as(uint64_t value) {
  return bits<T>(value);
}
template <class T>
uint64_t raw(T value) {
  return bits<uint64_t>(value);
}

/// To nearest even: adds half of the last place that stays, less one if it is
/// even.
inline uint64_t bf16(float value) {
  uint32_t v = bits<uint32_t>(value);
  return std::isnan(value) ? 0x7fff : (v + 0x7fff + (v >> 16 & 1)) >> 16;
}

template <class T>
Reference two(T (*f)(T, T)) {
  return [f](uint64_t a, uint64_t b, uint64_t) {
    return raw(f(as<T>(a), as<T>(b)));
  };
}
template <class T>
Reference three(T (*f)(T, T, T)) {
  return [f](uint64_t a, uint64_t b, uint64_t c) {
    return raw(f(as<T>(a), as<T>(b), as<T>(c)));
  };
}

} // namespace quantc::emulator::test

#endif // QUANTC_UNITTESTS_EMULATOR_SCALARCASE_H
