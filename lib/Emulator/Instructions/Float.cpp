//===- Float.cpp - f32 and f64 arithmetic ---------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// PTX ISA, "Floating Point Instructions". Compiled with -frounding-math and
// without contraction: the host's arithmetic is the reference, in the rounding
// mode of the instruction. NaN results are canonical.
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "Half.h"
#include "Lanewise.h"
#include "Numbers.h"

#include <cfenv>
#include <cmath>
#include <limits>

using namespace quantc::emulator;

namespace {

enum : uint32_t {
  roundingMask = 3,
  ftz = 4,
  saturates = 8,
  absolute = 16,
  keepsNan = 32,
  xorSign = 64
};

template <class T>
T canonicalNan();
template <>
float canonicalNan() {
  return bitCast<float>(0x7fffffffu);
}
template <>
double canonicalNan() {
  return bitCast<double>(uint64_t(0x7ff8000000000000));
}

float flush(float value) {
  return std::fabs(value) < std::numeric_limits<float>::min()
             ? std::copysign(0.0f, value)
             : value;
}
double flush(double value) { return value; }

template <class T>
T finishResult(T value, uint32_t flags) {
  if (flags & saturates)
    return std::isnan(value) ? T(0)
           : value < T(0)    ? T(0)
           : value > T(1)    ? T(1)
                             : value + T(0);
  if (std::isnan(value))
    return canonicalNan<T>();
  return flags & ftz ? flush(value) : value;
}

/// Sets the host's rounding mode for one instruction.
class RoundingScope {
public:
  explicit RoundingScope(uint32_t flags) : changed(flags & roundingMask) {
    static constexpr int modes[] = {FE_TONEAREST, FE_TOWARDZERO, FE_DOWNWARD,
                                    FE_UPWARD};
    if (changed)
      std::fesetround(modes[flags & roundingMask]);
  }
  ~RoundingScope() {
    if (changed)
      std::fesetround(FE_TONEAREST);
  }

private:
  bool changed;
};

template <class T>
struct AddF {
  static T apply(T a, T b, T) { return a + b; }
};
template <class T>
struct SubF {
  static T apply(T a, T b, T) { return a - b; }
};
template <class T>
struct MulF {
  static T apply(T a, T b, T) { return a * b; }
};
template <class T>
struct DivF {
  static T apply(T a, T b, T) { return a / b; }
};
template <class T>
struct FmaF {
  static T apply(T a, T b, T c) { return std::fma(a, b, c); }
};
template <class T>
struct RcpF {
  static T apply(T a, T, T) { return T(1) / a; }
};
template <class T>
struct SqrtF {
  static T apply(T a, T, T) { return std::sqrt(a); }
};

template <class T, template <class> class Op, unsigned count>
Outcome arithmetic(Exec &x, const Inst &i) {
  RoundingScope scope(i.immediate);
  T *target = x.target<T>(i.op[0]);
  const T *a = x.source<T>(i.op[1]);
  const T *b = count > 1 ? x.source<T>(i.op[2]) : a;
  const T *c = count > 2 ? x.source<T>(i.op[3]) : a;
  uint32_t flags = i.immediate;
  if (flags & ftz)
    x.forLanes([&](unsigned lane) {
      target[lane] = finishResult(
          Op<T>::apply(flush(a[lane]), flush(b[lane]), flush(c[lane])), flags);
    });
  else
    x.forLanes([&](unsigned lane) {
      target[lane] =
          finishResult(Op<T>::apply(a[lane], b[lane], c[lane]), flags);
    });
  return Outcome::Next;
}

/// Minimum and maximum: a NaN loses unless .NaN, -0 is less than +0.
template <class T, bool isMin>
T pick(T a, T b, uint32_t flags) {
  if (flags & ftz) {
    a = flush(a);
    b = flush(b);
  }
  bool negative = flags & xorSign && std::signbit(a) != std::signbit(b);
  if (flags & absolute) {
    a = std::fabs(a);
    b = std::fabs(b);
  }
  T result;
  if (std::isnan(a) || std::isnan(b)) {
    if (flags & keepsNan || (std::isnan(a) && std::isnan(b)))
      return canonicalNan<T>();
    result = std::isnan(a) ? b : a;
  } else if (a == b) {
    result = std::signbit(a) == isMin ? a : b;
  } else {
    result = (a < b) == isMin ? a : b;
  }
  return negative ? -result : result;
}

template <class T, bool isMin>
Outcome extremum(Exec &x, const Inst &i) {
  T *target = x.target<T>(i.op[0]);
  const T *a = x.source<T>(i.op[1]), *b = x.source<T>(i.op[2]);
  x.forLanes([&](unsigned lane) {
    target[lane] = pick<T, isMin>(a[lane], b[lane], i.immediate);
  });
  return Outcome::Next;
}

template <class T, bool negates>
Outcome changeSign(Exec &x, const Inst &i) {
  T *target = x.target<T>(i.op[0]);
  const T *a = x.source<T>(i.op[1]);
  x.forLanes([&](unsigned lane) {
    T value = i.immediate & ftz ? flush(a[lane]) : a[lane];
    target[lane] = negates ? -value : std::fabs(value);
  });
  return Outcome::Next;
}

uint32_t acceptFlags(InstDecoder &d) {
  int rounding = d.acceptOneOf({"rn", "rz", "rm", "rp"});
  uint32_t flags = rounding > 0 ? static_cast<uint32_t>(rounding) : 0;
  flags |= d.accept("ftz") ? ftz : 0;
  flags |= d.accept("sat") ? saturates : 0;
  return flags;
}

bool isHalf(Type type) {
  return type == Type::F16 || type == Type::F16x2 || type == Type::BF16 ||
         type == Type::BF16x2;
}

template <template <class> class Op, unsigned count>
void decodeArithmetic(InstDecoder &d, uint32_t flags, Type type) {
  d.operands(count + 1);
  d.inst.immediate = flags;
  d.inst.op[0] = d.to(0, type);
  for (unsigned index = 1; index <= count; ++index)
    d.inst.op[index] = d.from(index, type);
  if (type == Type::F32)
    d.run(arithmetic<float, Op, count>);
  else if (type == Type::F64)
    d.run(arithmetic<double, Op, count>);
  else
    d.fail("unsupported type");
}

template <template <class> class Op, unsigned count>
void decode(InstDecoder &d, HalfOp half) {
  bool relu = d.accept("relu"), oob = d.accept("oob");
  uint32_t flags = acceptFlags(d);
  Type type = d.type();
  if (isHalf(type) && !oob)
    return decodeHalf(d, half, type, flags & ftz, flags & saturates, relu);
  if (relu || oob)
    d.fail("expected an f16 or bf16 type with .relu");
  decodeArithmetic<Op, count>(d, flags, type);
}

template <bool isMin>
void decodeExtremum(InstDecoder &d) {
  uint32_t flags = d.accept("ftz") ? ftz : 0;
  flags |= d.accept("NaN") ? keepsNan : 0;
  if (d.accept("xorsign")) {
    d.require("abs");
    flags |= xorSign | absolute;
  }
  Type type = d.type();
  if (isHalf(type)) {
    if (flags & xorSign)
      d.fail("unsupported modifier '.xorsign'");
    HalfOp op = flags & keepsNan ? isMin ? HalfOp::MinNan : HalfOp::MaxNan
                : isMin          ? HalfOp::Min
                                 : HalfOp::Max;
    return decodeHalf(d, op, type, flags & ftz, false, false);
  }
  d.operands(3);
  d.inst.immediate = flags;
  d.inst.op[0] = d.to(0, type);
  d.inst.op[1] = d.from(1, type);
  d.inst.op[2] = d.from(2, type);
  if (type == Type::F32)
    d.run(extremum<float, isMin>);
  else if (type == Type::F64)
    d.run(extremum<double, isMin>);
  else
    d.fail("unsupported type");
}

template <bool negates>
void decodeSign(InstDecoder &d) {
  uint32_t flags = d.accept("ftz") ? ftz : 0;
  Type type = d.type();
  if (isHalf(type))
    return decodeHalf(d, negates ? HalfOp::Neg : HalfOp::Abs, type, flags,
                      false, false);
  d.operands(2);
  d.inst.immediate = flags;
  d.inst.op[0] = d.to(0, type);
  d.inst.op[1] = d.from(1, type);
  if (type == Type::F32)
    d.run(changeSign<float, negates>);
  else if (type == Type::F64)
    d.run(changeSign<double, negates>);
  else
    d.fail("unsupported type");
}

/// div.approx and div.full give a correctly rounded quotient too.
void divide(InstDecoder &d) {
  d.acceptOneOf({"approx", "full"});
  uint32_t flags = acceptFlags(d);
  decodeArithmetic<DivF, 2>(d, flags, d.type());
}

template <template <class> class Op>
void approximable(InstDecoder &d) {
  d.accept("approx");
  uint32_t flags = acceptFlags(d);
  decodeArithmetic<Op, 1>(d, flags, d.type());
}

template <class T>
Outcome copySign(Exec &x, const Inst &i) {
  T *target = x.target<T>(i.op[0]);
  const T *sign = x.source<T>(i.op[1]), *magnitude = x.source<T>(i.op[2]);
  x.forLanes([&](unsigned lane) {
    target[lane] = std::copysign(magnitude[lane], sign[lane]);
  });
  return Outcome::Next;
}

void decodeCopySign(InstDecoder &d) {
  Type type = d.type();
  d.operands(3);
  d.inst.op[0] = d.to(0, type);
  d.inst.op[1] = d.from(1, type);
  d.inst.op[2] = d.from(2, type);
  d.run(type == Type::F64 ? copySign<double> : copySign<float>);
}

void fma(InstDecoder &d) { decodeFloatFma(d); }

} // namespace

void quantc::emulator::decodeFloatAdd(InstDecoder &d) {
  decode<AddF, 2>(d, HalfOp::Add);
}
void quantc::emulator::decodeFloatSub(InstDecoder &d) {
  decode<SubF, 2>(d, HalfOp::Sub);
}
void quantc::emulator::decodeFloatMul(InstDecoder &d) {
  decode<MulF, 2>(d, HalfOp::Mul);
}
void quantc::emulator::decodeFloatFma(InstDecoder &d) {
  decode<FmaF, 3>(d, HalfOp::Fma);
}
void quantc::emulator::decodeFloatDiv(InstDecoder &d) { divide(d); }
void quantc::emulator::decodeFloatAbs(InstDecoder &d) { decodeSign<false>(d); }
void quantc::emulator::decodeFloatNeg(InstDecoder &d) { decodeSign<true>(d); }
void quantc::emulator::decodeFloatMin(InstDecoder &d) {
  decodeExtremum<true>(d);
}
void quantc::emulator::decodeFloatMax(InstDecoder &d) {
  decodeExtremum<false>(d);
}

const OpcodeTable quantc::emulator::floatOpcodes = {
    {"fma", fma},
    {"rcp", approximable<RcpF>},
    {"sqrt", approximable<SqrtF>},
    {"copysign", decodeCopySign},
};
