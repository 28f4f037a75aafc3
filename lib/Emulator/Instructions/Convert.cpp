//===- Convert.cpp - cvt --------------------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// PTX ISA, "cvt" and "cvt.pack".
//
//===----------------------------------------------------------------------===//

#include "Convert.h"

#include "Families.h"
#include "Lanewise.h"
#include "Numbers.h"

#include <algorithm>
#include <cfenv>
#include <cmath>

using namespace quantc::emulator;
using ptx::Operand;

namespace {

int64_t readInteger(const char *row, unsigned lane, Type type, unsigned width) {
  uint64_t bits = 0;
  std::memcpy(&bits, row + lane * width, width);
  unsigned shift = 64 - sizeOf(type) * 8;
  return isSigned(type) ? int64_t(bits << shift) >> shift
                        : int64_t(bits << shift >> shift);
}

/// Registers wider than the type hold it extended by its sign or zeros.
void writeInteger(char *row, unsigned lane, Type type, unsigned width,
                  uint64_t value) {
  unsigned shift = 64 - sizeOf(type) * 8;
  uint64_t extended = isSigned(type)
                          ? uint64_t(int64_t(value << shift) >> shift)
                          : value << shift >> shift;
  std::memcpy(row + lane * width, &extended, width);
}

double readFloat(const char *row, unsigned lane, Type type, unsigned width,
                 bool ftz) {
  if (type == Type::F64) {
    double value;
    std::memcpy(&value, row + lane * width, sizeof value);
    return value;
  }
  uint32_t bits = 0;
  std::memcpy(&bits, row + lane * width, sizeOf(type));
  if (type != Type::F32)
    return fromBits(bits, formatOf(type));
  float value = bitCast<float>(bits);
  return ftz && std::fpclassify(value) == FP_SUBNORMAL
             ? std::copysign(0.0, value)
             : value;
}

struct Limits {
  int64_t low;
  uint64_t high;
};

Limits limitsOf(Type type) {
  unsigned bits = sizeOf(type) * 8;
  if (isSigned(type))
    return {int64_t(uint64_t(-1) << (bits - 1)),
            (uint64_t(1) << (bits - 1)) - 1};
  return {0, ~uint64_t(0) >> (64 - bits)};
}

/// Floating point to integer saturates; NaN gives 0, but the upper bit alone
/// where one of the types has 64 bits.
uint64_t toInteger(double value, const Conversion &how) {
  if (std::isnan(value))
    return sizeOf(how.to) == 8 || how.from == Type::F64
               ? uint64_t(1) << (sizeOf(how.to) * 8 - 1)
               : 0;
  switch (how.rounding) {
  case Rounding::Nearest:
  case Rounding::Away:
    value = std::nearbyint(value);
    break;
  case Rounding::Zero:
    value = std::trunc(value);
    break;
  case Rounding::Down:
    value = std::floor(value);
    break;
  case Rounding::Up:
    value = std::ceil(value);
    break;
  }
  Limits limits = limitsOf(how.to);
  if (value <= double(limits.low))
    return uint64_t(limits.low);
  if (value >= double(limits.high))
    return limits.high;
  return isSigned(how.to) ? uint64_t(int64_t(value)) : uint64_t(value);
}

uint64_t clampInteger(int64_t value, const Conversion &how) {
  Limits limits = limitsOf(how.to);
  bool huge = !isSigned(how.from) && value < 0; // above 2^63
  if (huge || (value > 0 && uint64_t(value) > limits.high))
    return limits.high;
  return value < limits.low ? uint64_t(limits.low) : uint64_t(value);
}

double roundToIntegral(double value, Rounding rounding) {
  switch (rounding) {
  case Rounding::Zero:
    return std::trunc(value);
  case Rounding::Down:
    return std::floor(value);
  case Rounding::Up:
    return std::ceil(value);
  default:
    return std::nearbyint(value);
  }
}

void writeFloat(char *row, unsigned lane, double value, const Conversion &how) {
  if (how.sat)
    value = value > 0 ? std::min(value, 1.0) : 0; // NaN and -0 give +0
  if (how.to == Type::F64) {
    if (std::isnan(value))
      value = bitCast<double>(uint64_t(0x7ff8000000000000));
    std::memcpy(row + lane * how.toWidth, &value, sizeof value);
    return;
  }
  RoundingOptions options = how.options;
  options.rounding = how.rounding;
  Format format = formatOf(how.to);
  uint32_t bits = toBits(value, format, options);
  if (how.ftz && how.to == Type::F32 && !(bits & 0x7f800000))
    bits &= 0x80000000;
  uint64_t wide = bits;
  std::memcpy(row + lane * how.toWidth, &wide, how.toWidth);
}

enum class Kind { IntInt, IntFloat, FloatInt, FloatFloat };

template <Kind kind>
Outcome convert(Exec &x, const Inst &i) {
  const auto &how = *static_cast<const Conversion *>(i.payload);
  char *target = x.target<char>(i.op[0]);
  const char *source = x.source<char>(i.op[1]);
  x.forLanes([&](unsigned lane) {
    if constexpr (kind == Kind::IntInt || kind == Kind::IntFloat) {
      int64_t value = readInteger(source, lane, how.from, how.fromWidth);
      if constexpr (kind == Kind::IntInt) {
        writeInteger(target, lane, how.to, how.toWidth,
                     how.sat ? clampInteger(value, how) : uint64_t(value));
      } else if (how.to == Type::F64) {
        static constexpr int modes[] = {FE_TONEAREST, FE_TOWARDZERO,
                                        FE_DOWNWARD, FE_UPWARD};
        std::fesetround(modes[static_cast<unsigned>(how.rounding)]);
        double result =
            isSigned(how.from) ? double(value) : double(uint64_t(value));
        std::fesetround(FE_TONEAREST);
        // The host may make zero a difference, which is negative rounding down.
        writeFloat(target, lane, value ? result : 0.0, how);
      } else {
        writeFloat(target, lane,
                   isSigned(how.from) ? toOdd(value) : toOdd(uint64_t(value)),
                   how);
      }
    } else {
      double value = readFloat(source, lane, how.from, how.fromWidth, how.ftz);
      if constexpr (kind == Kind::FloatInt)
        writeInteger(target, lane, how.to, how.toWidth, toInteger(value, how));
      else
        writeFloat(target, lane,
                   how.integerRounding ? roundToIntegral(value, how.rounding)
                                       : value,
                   how);
    }
  });
  return Outcome::Next;
}

template <class To, class From>
To cast(From value) {
  return To(value);
}

/// Conversions between integers of 32 and 64 bits, without saturation.
Handler quickInteger(const Conversion &how) {
  unsigned to = how.toWidth, from = how.fromWidth;
  if (how.sat || to != sizeOf(how.to) || from != sizeOf(how.from))
    return nullptr;
  if (to == 8 && from == 4)
    return isSigned(how.from) ? lanewise<&cast<uint64_t, int32_t>>
                              : lanewise<&cast<uint64_t, uint32_t>>;
  if (to == 4 && from == 8)
    return lanewise<&cast<uint32_t, uint64_t>>;
  if (to == 4 && from == 2)
    return isSigned(how.from) ? lanewise<&cast<uint32_t, int16_t>>
                              : lanewise<&cast<uint32_t, uint16_t>>;
  if (to == 2 && from == 4)
    return lanewise<&cast<uint16_t, uint32_t>>;
  return nullptr;
}

/// Several values into, or out of, one register: f16x2, e4m3x2 and the like.
struct PackedConversion : Payload {
  Type to, from;
  unsigned sources; ///< 2: (high, low) f32; 1: a packed register
  RoundingOptions options;
};

Outcome convertPacked(Exec &x, const Inst &i) {
  const auto &how = *static_cast<const PackedConversion *>(i.payload);
  Format to = formatOf(how.to), from = formatOf(how.from);
  unsigned toBytes = sizeOf(how.to) / 2, fromBytes = sizeOf(how.from) / 2;
  x.forLanes([&](unsigned lane) {
    uint32_t result = 0;
    for (unsigned part = 0; part < 2; ++part) {
      double value;
      if (how.sources == 2) { // the first source is the upper half
        value = x.source<float>(i.op[part ? 1 : 2])[lane];
      } else {
        uint32_t bits = 0;
        std::memcpy(&bits,
                    x.source<char>(i.op[1]) + lane * fromBytes * 2 +
                        part * fromBytes,
                    fromBytes);
        value = fromBits(bits, from);
      }
      result |= toBits(value, to, how.options) << part * toBytes * 8;
    }
    std::memcpy(x.target<char>(i.op[0]) + lane * toBytes * 2, &result,
                toBytes * 2);
  });
  return Outcome::Next;
}

bool isPacked(Type type) {
  return type == Type::F16x2 || type == Type::BF16x2 || type == Type::E4M3x2 ||
         type == Type::E5M2x2;
}

void decodePacked(InstDecoder &d, Type to, Type from, bool rounded,
                  const RoundingOptions &options) {
  auto &how = d.payload<PackedConversion>();
  how.to = to;
  how.from = from;
  how.options = options;
  how.sources = from == Type::F32 ? 2 : 1;
  bool narrow = to == Type::E4M3x2 || to == Type::E5M2x2;
  bool halves = to == Type::F16x2 || to == Type::BF16x2;
  bool known = how.sources == 2 ? narrow || halves
               : narrow ? from == Type::F16x2
                        : to == Type::F16x2 &&
                              (from == Type::E4M3x2 || from == Type::E5M2x2);
  if (!known)
    d.fail("unsupported conversion");
  if (narrow && !options.satfinite)
    d.fail("expected modifier '.satfinite'");
  if (how.sources == 1 && !narrow && options.satfinite)
    d.fail("expected no .satfinite of this conversion");
  bool exact = how.sources == 1 || narrow; // .rn alone
  if (!rounded || (options.rounding != Rounding::Nearest &&
                   (exact || options.rounding != Rounding::Zero)))
    d.fail(exact ? "expected modifier '.rn'" : "expected rounding .rn or .rz");
  d.operands(1 + how.sources);
  d.inst.op[0] = d.to(0, to);
  for (unsigned s = 0; s < how.sources; ++s)
    d.inst.op[1 + s] = d.from(1 + s, from);
  d.run(convertPacked);
}

struct Pack : Payload {
  Type to;
  unsigned count; ///< 1 with a third source, which keeps its low part
};

/// cvt.pack.sat: d = (sat(a), sat(b)), with c: the low half of c above them.
Outcome packIntegers(Exec &x, const Inst &i) {
  const auto &how = *static_cast<const Pack *>(i.payload);
  unsigned bits = sizeOf(how.to) * 8;
  Limits limits = limitsOf(how.to);
  const int32_t *a = x.source<int32_t>(i.op[1]),
                *b = x.source<int32_t>(i.op[2]);
  uint32_t *target = x.target<uint32_t>(i.op[0]);
  auto clamp = [&](int32_t value) {
    int64_t kept = std::min<int64_t>(std::max<int64_t>(value, limits.low),
                                     int64_t(limits.high));
    return uint32_t(uint64_t(kept) & ((uint64_t(1) << bits) - 1));
  };
  x.forLanes([&](unsigned lane) {
    uint32_t low = clamp(b[lane]) | clamp(a[lane]) << bits;
    if (how.count == 3)
      low |= x.source<uint32_t>(i.op[3])[lane] << 2 * bits;
    target[lane] = low;
  });
  return Outcome::Next;
}

void decodePack(InstDecoder &d) {
  d.require("sat");
  auto &how = d.payload<Pack>();
  how.to = d.type();
  d.type(); // .s32
  if (d.hasType())
    d.type(); // .b32 of c
  how.count = d.hasOperand(3) ? 3 : 2;
  if (sizeOf(how.to) > 2 || (how.count == 3 && sizeOf(how.to) == 2))
    d.fail("unsupported type");
  d.operands(1 + how.count);
  d.inst.op[0] = d.to(0, Type::B32);
  for (unsigned s = 1; s <= how.count; ++s)
    d.inst.op[s] = d.from(s, Type::B32);
  d.run(packIntegers);
}

void decodeConvert(InstDecoder &d) {
  if (d.accept("pack"))
    return decodePack(d);
  Conversion how;
  int integer = d.acceptOneOf({"rni", "rzi", "rmi", "rpi"});
  int real = d.acceptOneOf({"rn", "rz", "rm", "rp", "rna"});
  how.integerRounding = integer >= 0;
  how.realRounding = real >= 0;
  if (integer >= 0 || real >= 0)
    how.rounding = static_cast<Rounding>(std::max(integer, real));
  how.ftz = d.accept("ftz");
  how.sat = d.accept("sat");
  how.options.relu = d.accept("relu");
  how.options.satfinite = d.accept("satfinite");
  how.options.rounding = how.rounding;
  how.to = d.type();
  how.from = d.type();
  if (isPacked(how.to) || isPacked(how.from))
    return how.ftz || how.sat || how.integerRounding
               ? d.fail("unsupported conversion")
               : decodePacked(d, how.to, how.from, how.realRounding,
                              how.options);
  d.operands(2);
  bool toFloat = isScalarFloat(how.to), fromFloat = isScalarFloat(how.from);
  if ((!toFloat && !isInteger(how.to)) || (!fromFloat && !isInteger(how.from)))
    d.fail("unsupported conversion");
  if (const char *objection = objectionTo(how))
    d.fail(objection);
  d.inst.op[0] = d.toWide(d.operand(0), how.to, how.toWidth);
  d.inst.op[1] = d.fromWide(d.operand(1), how.from, how.fromWidth);
  d.payload<Conversion>() = how;
  Handler quick = !toFloat && !fromFloat ? quickInteger(how) : nullptr;
  d.run(quick ? quick
        : toFloat
            ? fromFloat ? convert<Kind::FloatFloat> : convert<Kind::IntFloat>
        : fromFloat ? convert<Kind::FloatInt>
                    : convert<Kind::IntInt>);
}

} // namespace

const OpcodeTable quantc::emulator::convertOpcodes = {{"cvt", decodeConvert}};
