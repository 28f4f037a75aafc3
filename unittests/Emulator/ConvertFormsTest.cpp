//===- ConvertFormsTest.cpp - every form of cvt ---------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The table has every combination of types and modifiers that ptxas accepts for
// sm_90, the reference is the ISA's text in long double arithmetic, which holds
// every source exactly.
//
//===----------------------------------------------------------------------===//

#include "ScalarCase.h"

#include <cfenv>
#include <set>
#include <sstream>

using namespace quantc::emulator::test;

namespace {

/// Modifiers as rounding|others; pairs as to<-from.
struct Row {
  const char *modifiers, *pairs;
};

const Row table[] = {
    {"|", "u8<-u8 s8<-s8 u16<-u8 u16<-u16 s16<-u8 s16<-s8 s16<-s16 u32<-u8 "
          "u32<-u16 u32<-u32 s32<-u8 s32<-s8 s32<-u16 s32<-s16 s32<-s32 "
          "u64<-u8 u64<-u16 u64<-u32 u64<-u64 s64<-u8 s64<-s8 s64<-u16 "
          "s64<-s16 s64<-u32 s64<-s32 s64<-s64"},
    {"| |sat", "u8<-s8 u8<-u16 u8<-s16 u8<-u32 u8<-s32 u8<-u64 u8<-s64 s8<-u8 "
               "s8<-u16 s8<-s16 s8<-u32 s8<-s32 s8<-u64 s8<-s64 u16<-s8 "
               "u16<-s16 u16<-u32 u16<-s32 u16<-u64 u16<-s64 s16<-u16 s16<-u32 "
               "s16<-s32 s16<-u64 s16<-s64 u32<-s8 u32<-s16 u32<-s32 u32<-u64 "
               "u32<-s64 s32<-u32 s32<-u64 s32<-s64 u64<-s8 u64<-s16 u64<-s32 "
               "u64<-s64 s64<-u64 f64<-f16"},
    {"rni| rni|sat rzi| rzi|sat rmi| rmi|sat rpi| rpi|sat",
     "u8<-f16 u8<-f64 s8<-f16 s8<-f64 u16<-f16 u16<-f64 s16<-f16 s16<-f64 "
     "u32<-f16 u32<-f64 s32<-f16 s32<-f64 u64<-f16 u64<-f64 s64<-f16 s64<-f64"},
    {"rni| rni|ftz rni|sat rni|ftz.sat rzi| rzi|ftz rzi|sat rzi|ftz.sat rmi| "
     "rmi|ftz rmi|sat rmi|ftz.sat rpi| rpi|ftz rpi|sat rpi|ftz.sat",
     "u8<-f32 s8<-f32 u16<-f32 s16<-f32 u32<-f32 s32<-f32 u64<-f32 s64<-f32"},
    {"rni| rzi| rmi| rpi|",
     "u16<-bf16 s16<-bf16 u32<-bf16 s32<-bf16 u64<-bf16 s64<-bf16"},
    {"rn| rn|sat rz| rz|sat rm| rm|sat rp| rp|sat",
     "f16<-u8 f16<-s8 f16<-u16 f16<-s16 f16<-u32 f16<-s32 f16<-u64 f16<-s64 "
     "f16<-f64 f64<-u8 f64<-s8 f64<-u16 f64<-s16 f64<-u32 f64<-s32 f64<-u64 "
     "f64<-s64"},
    {"| |sat rni| rni|sat rzi| rzi|sat rmi| rmi|sat rpi| rpi|sat",
     "f16<-f16 f64<-f64"},
    {"| rn| rz| rm| rp|", "f16<-bf16 bf16<-f16 f64<-bf16"},
    {"rn| rn|ftz rn|sat rn|ftz.sat rn|relu rn|satfinite rn|relu.satfinite rz| "
     "rz|ftz rz|sat rz|ftz.sat rz|relu rz|satfinite rz|relu.satfinite rm| "
     "rm|ftz rm|sat rm|ftz.sat rp| rp|ftz rp|sat rp|ftz.sat",
     "f16<-f32"},
    {"rn| rz| rm| rp|", "bf16<-u16 bf16<-s16 bf16<-u32 bf16<-s32 bf16<-u64 "
                        "bf16<-s64 bf16<-f64"},
    {"| rni| rzi| rmi| rpi|", "bf16<-bf16"},
    {"rn| rn|ftz rn|relu rn|satfinite rn|relu.satfinite rz| rz|ftz rz|relu "
     "rz|satfinite rz|relu.satfinite rm| rm|ftz rp| rp|ftz",
     "bf16<-f32"},
    {"rn| rn|ftz rn|sat rn|ftz.sat rz| rz|ftz rz|sat rz|ftz.sat rm| rm|ftz "
     "rm|sat rm|ftz.sat rp| rp|ftz rp|sat rp|ftz.sat",
     "f32<-u8 f32<-s8 f32<-u16 f32<-s16 f32<-u32 f32<-s32 f32<-u64 f32<-s64 "
     "f32<-f64"},
    {"| |ftz |sat |ftz.sat", "f32<-f16 f64<-f32"},
    {"| |ftz rn| rn|ftz rz| rz|ftz rm| rm|ftz rp| rp|ftz", "f32<-bf16"},
    {"| |ftz |sat |ftz.sat rni| rni|ftz rni|sat rni|ftz.sat rzi| rzi|ftz "
     "rzi|sat rzi|ftz.sat rmi| rmi|ftz rmi|sat rmi|ftz.sat rpi| rpi|ftz "
     "rpi|sat rpi|ftz.sat",
     "f32<-f32"},
    {"rn| rn|relu rn|satfinite rn|relu.satfinite rz| rz|relu rz|satfinite "
     "rz|relu.satfinite",
     "f16x2<-f32 bf16x2<-f32"},
    {"rn| rn|relu", "f16x2<-e4m3x2 f16x2<-e5m2x2"},
    {"rn|satfinite rn|relu.satfinite",
     "e4m3x2<-f32 e4m3x2<-f16x2 e5m2x2<-f32 e5m2x2<-f16x2"},
    {"rn| rn|relu rz| rz|relu rna| rna|satfinite", "tf32<-f32"},
};

struct Kind {
  const char *name;
  int bits;      ///< of one element
  int mantissa;  ///< 0: an integer
  int exponent;  ///< bits
  bool isSigned; ///< integers
  int parts;     ///< elements of a register
  int registers; ///< its bits
};

const Kind kinds[] = {
    {"u8", 8, 0, 0, false, 1, 16},     {"s8", 8, 0, 0, true, 1, 16},
    {"u16", 16, 0, 0, false, 1, 16},   {"s16", 16, 0, 0, true, 1, 16},
    {"u32", 32, 0, 0, false, 1, 32},   {"s32", 32, 0, 0, true, 1, 32},
    {"u64", 64, 0, 0, false, 1, 64},   {"s64", 64, 0, 0, true, 1, 64},
    {"f16", 16, 10, 5, true, 1, 16},   {"bf16", 16, 7, 8, true, 1, 16},
    {"f32", 32, 23, 8, true, 1, 32},   {"f64", 64, 52, 11, true, 1, 64},
    {"tf32", 32, 10, 8, true, 1, 32},  {"f16x2", 16, 10, 5, true, 2, 32},
    {"bf16x2", 16, 7, 8, true, 2, 32}, {"e4m3x2", 8, 3, 4, true, 2, 16},
    {"e5m2x2", 8, 2, 5, true, 2, 16}};

const Kind &kindOf(const std::string &name) {
  for (const Kind &kind : kinds)
    if (name == kind.name)
      return kind;
  ADD_FAILURE() << name;
  return kinds[0];
}

struct Form {
  Kind to, from;
  std::string rounding, others;

  bool has(const char *modifier) const {
    return ("." + others + ".").find("." + std::string(modifier) + ".") !=
           std::string::npos;
  }
  std::string spelling() const {
    return "cvt." + rounding + (rounding.empty() ? "" : ".") + others +
           (others.empty() ? "" : ".") + to.name + "." + from.name;
  }
};

std::vector<std::string> words(const std::string &text) {
  std::istringstream in(text);
  return {std::istream_iterator<std::string>(in), {}};
}

std::vector<Form> allForms() {
  std::vector<Form> result;
  for (const Row &row : table)
    for (const std::string &pair : words(row.pairs))
      for (const std::string &modifiers : words(row.modifiers)) {
        size_t arrow = pair.find("<-"), bar = modifiers.find('|');
        result.push_back({kindOf(pair.substr(0, arrow)),
                          kindOf(pair.substr(arrow + 2)),
                          modifiers.substr(0, bar), modifiers.substr(bar + 1)});
      }
  return result;
}

bool hasInfinity(const Kind &kind) { return kind.exponent != 4; }
int bias(const Kind &kind) { return (1 << (kind.exponent - 1)) - 1; }
uint64_t fieldMask(int bits) { return (uint64_t(1) << bits) - 1; }

long double decode(uint64_t bits, const Kind &kind) {
  if (!kind.mantissa) {
    if (!kind.isSigned)
      return kind.bits == 64 ? bits : bits & fieldMask(kind.bits);
    return int64_t(bits << (64 - kind.bits)) >> (64 - kind.bits);
  }
  uint64_t fraction = bits & fieldMask(kind.mantissa),
           field = bits >> kind.mantissa & fieldMask(kind.exponent),
           top = fieldMask(kind.exponent);
  long double sign = bits >> (kind.bits - 1) & 1 ? -1 : 1;
  bool special = field == top && (hasInfinity(kind) || fraction == 7);
  if (special)
    return fraction ? NAN : sign * std::numeric_limits<long double>::infinity();
  if (field)
    fraction |= uint64_t(1) << kind.mantissa;
  int exponent = int(field ? field : 1) - bias(kind) - kind.mantissa;
  return sign * std::ldexp((long double)fraction, exponent);
}

/// To an integer in the rounding that a modifier names.
long double rounded(long double value, const std::string &rounding) {
  if (rounding == "rna")
    return std::round(value);
  char mode = rounding.empty() ? 'n' : rounding[1];
  int modes[] = {FE_TONEAREST, FE_TOWARDZERO, FE_DOWNWARD, FE_UPWARD};
  std::fesetround(modes[std::string("nzmp").find(mode)]);
  volatile long double in = value;
  volatile long double result = std::rint(in);
  std::fesetround(FE_TONEAREST);
  return result;
}

long double largest(const Kind &kind) {
  long double top = hasInfinity(kind) ? 2 - std::ldexp(1.0L, -kind.mantissa)
                                      : 1.75L; // 1.75 * 2^8 is the last
  return std::ldexp(top, hasInfinity(kind) ? bias(kind) : bias(kind) + 1);
}

uint64_t encode(long double value, const Kind &kind) { // exact, or not finite
  uint64_t sign = std::signbit(value) ? uint64_t(1) << (kind.bits - 1) : 0;
  uint64_t top = fieldMask(kind.exponent) << kind.mantissa;
  int low = kind.bits - 1 - kind.exponent - kind.mantissa; // tf32: 13
  if (std::isnan(value))
    return hasInfinity(kind) ? (fieldMask(kind.bits - 1) >> low) << low
                             : fieldMask(kind.bits - 1);
  if (std::isinf(value))
    return sign | top << low;
  if (value == 0)
    return sign;
  int exponent = std::max(std::ilogb(value), 1 - bias(kind));
  auto fraction =
      uint64_t(std::ldexp(std::fabs(value), kind.mantissa - exponent));
  uint64_t hidden = uint64_t(1) << kind.mantissa;
  uint64_t field = fraction & hidden ? uint64_t(exponent + bias(kind)) : 0;
  return sign | (field << kind.mantissa | (fraction & (hidden - 1))) << low;
}

bool isSubnormalF32(long double value) {
  return value != 0 && std::fabs(value) < std::ldexp(1.0L, -126);
}

uint64_t toInteger(long double value, const Form &form) {
  const Kind &to = form.to;
  if (std::isnan(value))
    return to.bits == 64 || form.from.bits == 64 ? uint64_t(1) << (to.bits - 1)
                                                 : 0;
  if (!form.from.mantissa && !form.has("sat")) // wraps
    return value < 0 ? uint64_t(int64_t(value)) : uint64_t(value);
  value = rounded(value, form.rounding);
  long double low = to.isSigned ? -std::ldexp(1.0L, to.bits - 1) : 0,
              high = std::ldexp(1.0L, to.bits - to.isSigned) - 1;
  value = std::min(std::max(value, low), high);
  return value < 0 ? uint64_t(int64_t(value)) : uint64_t(value);
}

uint64_t toFloat(long double value, const Form &form) {
  const Kind &to = form.to;
  if (form.has("sat"))
    value = value > 0 ? std::min(value, 1.0L) : 0; // also of NaN and -0
  if (form.has("relu") && std::signbit(value) && !std::isnan(value))
    value = 0;
  if (std::isfinite(value) && value != 0) {
    if (form.rounding.size() == 3 && form.rounding != "rna")
      value = std::copysign(rounded(value, form.rounding), value);
    int exponent = value == 0 ? 0 : std::max(std::ilogb(value), 1 - bias(to));
    int unit = exponent - to.mantissa;
    long double result =
        std::ldexp(rounded(std::ldexp(value, -unit), form.rounding), unit);
    if (std::fabs(result) > largest(to)) {
      bool inward = form.rounding == "rz" ||
                    (form.rounding == "rm" && value > 0) ||
                    (form.rounding == "rp" && value < 0);
      result =
          inward ? largest(to) : std::numeric_limits<long double>::infinity();
    }
    value = std::copysign(result, value);
  }
  if (std::isinf(value) && form.has("satfinite"))
    value = std::copysign(largest(to), value);
  if (form.has("ftz") && to.bits == 32 && isSubnormalF32(value))
    value = std::copysign(0.0L, value);
  return encode(value, to);
}

uint64_t convert(uint64_t bits, const Form &form) {
  long double value = decode(bits, form.from);
  if (form.has("ftz") && form.from.bits == 32 && form.from.mantissa &&
      isSubnormalF32(value))
    value = std::copysign(0.0L, value);
  return form.to.mantissa ? toFloat(value, form) : toInteger(value, form);
}

/// Registers wider than the type hold its extension.
uint64_t extended(uint64_t bits, const Kind &kind) {
  if (kind.mantissa || kind.bits == 64)
    return bits;
  uint64_t shift = 64 - kind.bits;
  return kind.isSigned ? uint64_t(int64_t(bits << shift) >> shift)
                       : bits << shift >> shift;
}

uint64_t expected(const Form &form, uint64_t a, uint64_t b) {
  if (form.to.parts == 1)
    return extended(convert(a, form), form.to);
  uint64_t high = form.from.parts == 2 ? a >> form.from.bits : a,
           low = form.from.parts == 2 ? a : b;
  return (convert(high, form) & fieldMask(form.to.bits)) << form.to.bits |
         (convert(low, form) & fieldMask(form.to.bits));
}

/// Edges, random bits, and values about the limits and halves of integers and
/// of formats, in the source's own type.
std::vector<uint64_t> operands(const Kind &from) {
  std::vector<uint64_t> in = operandsOfCase();
  if (!from.mantissa)
    return in;
  Bits random(from.bits + from.exponent);
  for (size_t i = 0; i < in.size(); i += 2) {
    int magnitude = int(random.next() % 40) - 20;
    long double value =
        std::ldexp((long double)(int32_t(random.next()) >> 16), magnitude - 8);
    if (i % 4 == 0)
      value = std::round(2 * value) / 2;
    if (std::fabs(value) > largest(from))
      continue;
    Form form = {from, from, "rn", ""};
    uint64_t bits = toFloat(value, form);
    in[i] = from.parts == 2 ? bits << from.bits | (in[i] & fieldMask(from.bits))
                            : bits;
  }
  return in;
}

std::string operandList(const Form &form) {
  auto name = [](const Kind &kind, int index) {
    return std::string(kind.registers == 64   ? "%d"
                       : kind.registers == 32 ? "%r"
                                              : "%h") +
           std::to_string(index);
  };
  std::string result = name(form.to, 0) + ", " + name(form.from, 1);
  if (form.to.parts == 2 && form.from.parts == 1)
    result += ", " + name(form.from, 2);
  return result;
}

TEST(ConvertForms, EveryOneIsExact) {
  Options options;
  for (const Form &form : allForms()) {
    std::string spelling = form.spelling();
    std::vector<int> sources(form.to.parts == 2 && form.from.parts == 1 ? 2 : 1,
                             form.from.registers);
    // e4m3 and e5m2 came with sm_89, most of bf16 and the rounding of tf32
    // with sm_90.
    auto contains = [&](const char *text) {
      return spelling.find(text) != std::string::npos;
    };
    bool eight = contains("e4m3") || contains("e5m2"),
         brain = contains("bf16") &&
                 spelling.find("bf16.f32") == std::string::npos &&
                 !contains("bf16x2"),
         tf32 = contains("tf32") && !contains("rna");
    bool single = form.to.parts == 1 && form.to.mantissa;
    Case each = {
        spelling.c_str(),
        form.to.registers,
        sources,
        [&](uint64_t a, uint64_t b, uint64_t) { return expected(form, a, b); },
        single,
        eight           ? 89
        : brain || tf32 ? 90
                        : 80};
    check(each, operands(form.from));
  }
}

// Everything else that the types and modifiers could spell is refused, as by
// ptxas.
TEST(ConvertForms, ThereAreNoOthers) {
  EMULATOR_ONLY();
  Options options;
  std::set<std::string> known;
  for (const Form &form : allForms())
    known.insert(form.spelling());
  EXPECT_EQ(known.size(), 840u);
  for (const Kind &to : kinds)
    for (const Kind &from : kinds)
      for (const char *rounding :
           {"", "rn", "rz", "rm", "rp", "rna", "rni", "rzi", "rmi", "rpi"})
        for (const char *others : {"", "ftz", "sat", "ftz.sat", "relu",
                                   "satfinite", "relu.satfinite"}) {
          Form form = {to, from, rounding, others};
          std::string spelling = form.spelling();
          if (known.count(spelling))
            continue;
          Module module(".visible .entry k() { .reg .b16 %h<4>; .reg .b32 "
                        "%r<4>; .reg .b64 %d<4>; " +
                        spelling + " " + operandList(form) + "; ret; }");
          ASSERT_EQ(module.result, CUDA_ERROR_INVALID_PTX) << spelling;
        }
}

} // namespace
