//===- Integer.cpp - integer arithmetic -----------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// PTX ISA, "Integer Arithmetic Instructions". Overflow wraps; division by
// zero gives all ones, as on the devices (the ISA leaves it open).
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "Lanewise.h"

#include <limits>

using namespace quantc::emulator;

namespace {

template <class T>
using Unsigned = std::make_unsigned_t<T>;
template <class T>
using Wide = std::conditional_t<
    sizeof(T) == 2, std::conditional_t<std::is_signed_v<T>, int32_t, uint32_t>,
    std::conditional_t<std::is_signed_v<T>, int64_t, uint64_t>>;
template <class T>
using Wider = std::conditional_t<
    sizeof(T) == 8,
    std::conditional_t<std::is_signed_v<T>, __int128, unsigned __int128>,
    Wide<T>>;

template <class T>
struct Add {
  static T apply(T a, T b) { return T(Unsigned<T>(a) + Unsigned<T>(b)); }
};
template <class T>
struct Sub {
  static T apply(T a, T b) { return T(Unsigned<T>(a) - Unsigned<T>(b)); }
};
template <class T>
struct MulLo {
  static T apply(T a, T b) { return T(Wider<T>(a) * Wider<T>(b)); }
};
template <>
int64_t MulLo<int64_t>::apply(int64_t a, int64_t b) {
  return int64_t(uint64_t(a) * uint64_t(b));
}
template <class T>
struct MulHi {
  static T apply(T a, T b) {
    return T((Wider<T>(a) * Wider<T>(b)) >> (sizeof(T) * 8));
  }
};
template <class T>
struct MulWide {
  static Wide<T> apply(T a, T b) { return Wide<T>(a) * Wide<T>(b); }
};
template <class T>
struct MadLo {
  static T apply(T a, T b, T c) {
    return Add<T>::apply(MulLo<T>::apply(a, b), c);
  }
};
template <class T>
struct MadHi {
  static T apply(T a, T b, T c) {
    return Add<T>::apply(MulHi<T>::apply(a, b), c);
  }
};
template <class T>
struct MadWide {
  static Wide<T> apply(T a, T b, Wide<T> c) {
    return Add<Wide<T>>::apply(MulWide<T>::apply(a, b), c);
  }
};
template <class T>
struct Div {
  static T apply(T a, T b) {
    if (b == 0)
      return T(-1);
    if (std::is_signed_v<T> && b == T(-1))
      return Sub<T>::apply(0, a);
    return T(a / b);
  }
};
template <class T>
struct Rem {
  static T apply(T a, T b) {
    if (b == 0)
      return a;
    if (std::is_signed_v<T> && b == T(-1))
      return 0;
    return T(a % b);
  }
};
template <class T>
struct Abs {
  static T apply(T a) { return a < T(0) ? Sub<T>::apply(0, a) : a; }
};
template <class T>
struct Neg {
  static T apply(T a) { return Sub<T>::apply(0, a); }
};
template <class T>
struct Min {
  static T apply(T a, T b) { return a < b ? a : b; }
};
template <class T>
struct Max {
  static T apply(T a, T b) { return a < b ? b : a; }
};
template <class T>
struct MinRelu {
  static T apply(T a, T b) { return Max<T>::apply(Min<T>::apply(a, b), 0); }
};
template <class T>
struct MaxRelu {
  static T apply(T a, T b) { return Max<T>::apply(Max<T>::apply(a, b), 0); }
};
template <class T>
struct Sad {
  static T apply(T a, T b, T c) {
    return Add<T>::apply(c, a < b ? Sub<T>::apply(b, a) : Sub<T>::apply(a, b));
  }
};

int32_t saturate(int64_t value) {
  return value > INT32_MAX   ? INT32_MAX
         : value < INT32_MIN ? INT32_MIN
                             : int32_t(value);
}
int32_t addSat(int32_t a, int32_t b) { return saturate(int64_t(a) + b); }
int32_t subSat(int32_t a, int32_t b) { return saturate(int64_t(a) - b); }
int32_t madHiSat(int32_t a, int32_t b, int32_t c) {
  return saturate((int64_t(a) * b >> 32) + c);
}

uint32_t low24(uint32_t a) { return a & 0xffffff; }
int32_t signed24(int32_t a) { return int32_t(uint32_t(a) << 8) >> 8; }
uint32_t mul24(uint32_t a, uint32_t b) { return low24(a) * low24(b); }
uint32_t mul24s(uint32_t a, uint32_t b) {
  return uint32_t(int64_t(signed24(a)) * signed24(b));
}
uint32_t mad24(uint32_t a, uint32_t b, uint32_t c) { return mul24(a, b) + c; }
uint32_t mad24s(uint32_t a, uint32_t b, uint32_t c) { return mul24s(a, b) + c; }

/// Two 16-bit halves.
template <class T, T (*function)(T, T)>
uint32_t halves(uint32_t a, uint32_t b) {
  uint32_t low = uint16_t(function(T(a), T(b)));
  uint32_t high = uint16_t(function(T(a >> 16), T(b >> 16)));
  return high << 16 | low;
}

template <template <class> class Op>
void binary(InstDecoder &d) {
  Type type = d.type();
  operandsFrom(d, type, {type, type});
  runFound(d, lanewiseInteger<Op>(type));
}

template <template <class> class Op, int32_t (*saturating)(int32_t, int32_t)>
void addOrSub(InstDecoder &d) {
  bool sat = d.accept("sat");
  Type type = d.type();
  operandsFrom(d, type, {type, type});
  if (sat && type != Type::S32)
    d.fail("expected .s32 with .sat");
  if (sat)
    d.run(lanewise<saturating>);
  else if (type == Type::U16x2 || type == Type::S16x2)
    d.run(lanewise<&halves<uint16_t, &Op<uint16_t>::apply>>);
  else
    runFound(d, lanewiseInteger<Op>(type));
}

template <template <class> class Op, template <class> class Relu>
void minOrMax(InstDecoder &d) {
  bool relu = d.accept("relu");
  Type type = d.type();
  operandsFrom(d, type, {type, type});
  if (type == Type::U16x2)
    d.run(lanewise<&halves<uint16_t, &Op<uint16_t>::apply>>);
  else if (type == Type::S16x2)
    d.run(relu ? lanewise<&halves<int16_t, &Relu<int16_t>::apply>>
               : lanewise<&halves<int16_t, &Op<int16_t>::apply>>);
  else if (relu && type == Type::S32)
    d.run(lanewise<&Relu<int32_t>::apply>);
  else
    runFound(d, lanewiseInteger<Op>(type));
  if (relu && type != Type::S16x2 && type != Type::S32)
    d.fail("expected a signed type with .relu");
}

template <template <class> class Op>
Handler widening(Type type) {
  switch (type) {
  case Type::U16:
    return lanewise<&Op<uint16_t>::apply>;
  case Type::S16:
    return lanewise<&Op<int16_t>::apply>;
  case Type::U32:
    return lanewise<&Op<uint32_t>::apply>;
  case Type::S32:
    return lanewise<&Op<int32_t>::apply>;
  default:
    return nullptr;
  }
}

Type widened(Type type) { return sizeOf(type) == 2 ? Type::B32 : Type::B64; }

void multiply(InstDecoder &d) {
  int part = d.acceptOneOf({"lo", "hi", "wide"});
  Type type = d.type();
  operandsFrom(d, part == 2 ? widened(type) : type, {type, type});
  runFound(d, part == 0   ? lanewiseInteger<MulLo>(type)
              : part == 1 ? lanewiseInteger<MulHi>(type)
              : part == 2 ? widening<MulWide>(type)
                          : nullptr);
}

void multiplyAdd(InstDecoder &d) {
  int part = d.acceptOneOf({"lo", "hi", "wide"});
  bool sat = d.accept("sat");
  if (d.accept("cc"))
    return decodeCarryMad(d, part);
  Type type = d.type();
  Type result = part == 2 ? widened(type) : type;
  operandsFrom(d, result, {type, type, result});
  if (sat && (part != 1 || type != Type::S32))
    d.fail("expected .hi and .s32 with .sat");
  runFound(d, sat         ? lanewise<&madHiSat>
              : part == 0 ? lanewiseInteger<MadLo>(type)
              : part == 1 ? lanewiseInteger<MadHi>(type)
              : part == 2 ? widening<MadWide>(type)
                          : nullptr);
}

template <bool adds>
void multiply24(InstDecoder &d) {
  d.require("lo");
  Type type = d.type();
  bool sign = isSigned(type);
  if constexpr (adds) {
    operandsFrom(d, type, {type, type, type});
    d.run(sign ? lanewise<&mad24s> : lanewise<&mad24>);
  } else {
    operandsFrom(d, type, {type, type});
    d.run(sign ? lanewise<&mul24s> : lanewise<&mul24>);
  }
}

template <template <class> class Op>
void unary(InstDecoder &d) {
  Type type = d.type();
  operandsFrom(d, type, {type});
  runFound(d, lanewiseInteger<Op>(type));
}

void sumOfDifferences(InstDecoder &d) {
  Type type = d.type();
  operandsFrom(d, type, {type, type, type});
  runFound(d, lanewiseInteger<Sad>(type));
}

void addition(InstDecoder &d) {
  if (d.accept("cc"))
    return decodeCarryAdd(d, false);
  addOrSub<Add, addSat>(d);
}

void subtraction(InstDecoder &d) {
  if (d.accept("cc"))
    return decodeCarryAdd(d, true);
  addOrSub<Sub, subSat>(d);
}

} // namespace

const OpcodeTable quantc::emulator::integerOpcodes = {
    {"add", addition, decodeFloatAdd},
    {"sub", subtraction, decodeFloatSub},
    {"mul", multiply, decodeFloatMul},
    {"mad", multiplyAdd, decodeFloatFma},
    {"div", binary<Div>, decodeFloatDiv},
    {"rem", binary<Rem>},
    {"abs", unary<Abs>, decodeFloatAbs},
    {"neg", unary<Neg>, decodeFloatNeg},
    {"min", minOrMax<Min, MinRelu>, decodeFloatMin},
    {"max", minOrMax<Max, MaxRelu>, decodeFloatMax},
    {"mul24", multiply24<false>},
    {"mad24", multiply24<true>},
    {"sad", sumOfDifferences},
};
