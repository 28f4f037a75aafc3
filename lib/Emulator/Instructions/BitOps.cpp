//===- BitOps.cpp - counts, fields and dot products of bits ---------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// PTX ISA, "Integer Arithmetic Instructions": popc, clz, bfind, brev, bfe,
// bfi, szext, bmsk, dp4a, dp2a.
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "Lanewise.h"

#include <algorithm>

using namespace quantc::emulator;

namespace {

template <class T>
using Unsigned = std::make_unsigned_t<T>;

template <class T>
uint32_t popc(T a) {
  return __builtin_popcountll(Unsigned<T>(a));
}
template <class T>
uint32_t clz(T a) {
  return a ? __builtin_clzll(a) - (64 - sizeof(T) * 8) : sizeof(T) * 8;
}
/// Position of the most significant bit that differs from the sign.
template <class T>
uint32_t bfind(T a) {
  Unsigned<T> bits = Unsigned<T>(a < T(0) ? ~a : a);
  return bits ? 63 - __builtin_clzll(bits) : ~0u;
}
template <class T>
uint32_t bfindShift(T a) {
  uint32_t position = bfind<T>(a);
  return position == ~0u ? ~0u : uint32_t(sizeof(T) * 8 - 1 - position);
}
template <class T>
T brev(T a) {
  T result = 0;
  for (unsigned i = 0; i < sizeof(T) * 8; ++i)
    result |= T(a >> i & 1) << (sizeof(T) * 8 - 1 - i);
  return result;
}
/// PTX ISA, "bfe": bits beyond the msb are copies of the field's sign.
template <class T>
struct Bfe {
  static T apply(T a, uint32_t b, uint32_t c) {
    unsigned position = b & 0xff, length = c & 0xff;
    constexpr unsigned msb = sizeof(T) * 8 - 1;
    bool sign = std::is_signed_v<T> && length &&
                (a >> std::min(position + length - 1, msb) & 1);
    T result = 0;
    for (unsigned i = 0; i <= msb; ++i) {
      bool bit =
          i < length && position + i <= msb ? (a >> (position + i) & 1) : sign;
      result |= T(Unsigned<T>(bit) << i);
    }
    return result;
  }
};
template <class T>
struct Bfi {
  static T apply(T a, T b, uint32_t c, uint32_t d) {
    unsigned position = c & 0xff, length = d & 0xff;
    for (unsigned i = 0; i < length && position + i < sizeof(T) * 8; ++i) {
      T bit = T(1) << (position + i);
      b = (a >> i & 1) ? b | bit : b & ~bit;
    }
    return b;
  }
};
/// PTX ISA, "szext": extends the low b bits of a; clamp or wrap of b.
template <bool sign, bool clamp>
uint32_t szext(uint32_t a, uint32_t b) {
  unsigned length = clamp ? std::min(b, 32u) : b & 31;
  if (length == 0)
    return 0;
  if (length == 32)
    return a;
  uint32_t low = a & ((1u << length) - 1);
  return sign && (low >> (length - 1) & 1) ? low | ~((1u << length) - 1) : low;
}
template <bool clamp>
uint32_t bmsk(uint32_t a, uint32_t b) {
  unsigned start = clamp ? std::min(a, 32u) : a & 31;
  unsigned length = clamp ? std::min(b, 32u) : b & 31;
  uint64_t mask = ((uint64_t(1) << length) - 1) << start;
  return uint32_t(mask);
}

/// PTX ISA, "dp4a": four 8-bit products added to c.
template <class A, class B>
uint32_t dp4a(uint32_t a, uint32_t b, uint32_t c) {
  for (unsigned i = 0; i < 4; ++i)
    c += uint32_t(int32_t(A(a >> i * 8)) * int32_t(B(b >> i * 8)));
  return c;
}
template <class A, class B, bool high>
uint32_t dp2a(uint32_t a, uint32_t b, uint32_t c) {
  for (unsigned i = 0; i < 2; ++i)
    c +=
        uint32_t(int32_t(A(a >> i * 16)) * int32_t(B(b >> (i + 2 * high) * 8)));
  return c;
}

void countBits(InstDecoder &d) {
  bool leading = d.source.opcode == "clz";
  Type type = d.type();
  operandsFrom(d, Type::U32, {type});
  bool wide = sizeOf(type) == 8;
  d.run(leading ? wide ? lanewise<&clz<uint64_t>> : lanewise<&clz<uint32_t>>
        : wide  ? lanewise<&popc<uint64_t>>
                : lanewise<&popc<uint32_t>>);
}

void findBit(InstDecoder &d) {
  bool shift = d.accept("shiftamt");
  Type type = d.type();
  operandsFrom(d, Type::U32, {type});
  switch (type) {
  case Type::U32:
    return d.run(shift ? lanewise<&bfindShift<uint32_t>>
                       : lanewise<&bfind<uint32_t>>);
  case Type::S32:
    return d.run(shift ? lanewise<&bfindShift<int32_t>>
                       : lanewise<&bfind<int32_t>>);
  case Type::U64:
    return d.run(shift ? lanewise<&bfindShift<uint64_t>>
                       : lanewise<&bfind<uint64_t>>);
  case Type::S64:
    return d.run(shift ? lanewise<&bfindShift<int64_t>>
                       : lanewise<&bfind<int64_t>>);
  default:
    d.fail("unsupported type");
  }
}

void reverseBits(InstDecoder &d) {
  Type type = d.type();
  operandsFrom(d, type, {type});
  d.run(sizeOf(type) == 8 ? lanewise<&brev<uint64_t>>
                          : lanewise<&brev<uint32_t>>);
}

void extractField(InstDecoder &d) {
  Type type = d.type();
  operandsFrom(d, type, {type, Type::U32, Type::U32});
  runFound(d, sizeOf(type) < 4 ? nullptr : lanewiseInteger<Bfe>(type));
}

void insertField(InstDecoder &d) {
  Type type = d.type();
  operandsFrom(d, type, {type, type, Type::U32, Type::U32});
  runFound(d, sizeOf(type) < 4 ? nullptr : lanewiseBits<Bfi>(type));
}

void extend(InstDecoder &d) {
  int mode = d.acceptOneOf({"clamp", "wrap"});
  bool sign = isSigned(d.type());
  operandsFrom(d, Type::B32, {Type::B32, Type::B32});
  d.run(mode == 0 ? sign ? lanewise<&szext<true, true>>
                         : lanewise<&szext<false, true>>
        : sign    ? lanewise<&szext<true, false>>
                  : lanewise<&szext<false, false>>);
}

void makeMask(InstDecoder &d) {
  int mode = d.acceptOneOf({"clamp", "wrap"});
  d.type();
  operandsFrom(d, Type::B32, {Type::B32, Type::B32});
  d.run(mode == 0 ? lanewise<&bmsk<true>> : lanewise<&bmsk<false>>);
}

void dotProduct4(InstDecoder &d) {
  bool a = isSigned(d.type()), b = isSigned(d.type());
  operandsFrom(d, Type::B32, {Type::B32, Type::B32, Type::B32});
  d.run(a   ? b ? lanewise<&dp4a<int8_t, int8_t>>
                : lanewise<&dp4a<int8_t, uint8_t>>
        : b ? lanewise<&dp4a<uint8_t, int8_t>>
            : lanewise<&dp4a<uint8_t, uint8_t>>);
}

template <bool high>
Handler dot2(bool a, bool b) {
  return a   ? b ? lanewise<&dp2a<int16_t, int8_t, high>>
                 : lanewise<&dp2a<int16_t, uint8_t, high>>
         : b ? lanewise<&dp2a<uint16_t, int8_t, high>>
             : lanewise<&dp2a<uint16_t, uint8_t, high>>;
}

void dotProduct2(InstDecoder &d) {
  bool high = d.acceptOneOf({"lo", "hi"}) == 1;
  bool a = isSigned(d.type()), b = isSigned(d.type());
  operandsFrom(d, Type::B32, {Type::B32, Type::B32, Type::B32});
  d.run(high ? dot2<true>(a, b) : dot2<false>(a, b));
}

} // namespace

const OpcodeTable quantc::emulator::bitOpcodes = {
    {"popc", countBits},   {"clz", countBits},    {"bfind", findBit},
    {"brev", reverseBits}, {"bfe", extractField}, {"bfi", insertField},
    {"szext", extend},     {"bmsk", makeMask},    {"dp4a", dotProduct4},
    {"dp2a", dotProduct2},
};
