//===- Compare.cpp - comparisons ------------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// PTX ISA, "Comparison and Selection Instructions": setp, set, testp.
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "Numbers.h"

#include <cmath>

using namespace quantc::emulator;
using ptx::Operand;

namespace {

enum class Relation : uint8_t {
  Eq,
  Ne,
  Lt,
  Le,
  Gt,
  Ge,
  Equ,
  Neu,
  Ltu,
  Leu,
  Gtu,
  Geu,
  Num,
  Nan
};

struct RelationName {
  const char *name;
  Relation relation;
  bool forFloat; ///< else for integers too
};

// lo, ls, hi, hs: lt, le, gt, ge of unsigned integers.
constexpr RelationName relations[] = {
    {"eq", Relation::Eq, false},  {"ne", Relation::Ne, false},
    {"lt", Relation::Lt, false},  {"le", Relation::Le, false},
    {"gt", Relation::Gt, false},  {"ge", Relation::Ge, false},
    {"lo", Relation::Lt, false},  {"ls", Relation::Le, false},
    {"hi", Relation::Gt, false},  {"hs", Relation::Ge, false},
    {"equ", Relation::Equ, true}, {"neu", Relation::Neu, true},
    {"ltu", Relation::Ltu, true}, {"leu", Relation::Leu, true},
    {"gtu", Relation::Gtu, true}, {"geu", Relation::Geu, true},
    {"num", Relation::Num, true}, {"nan", Relation::Nan, true},
};

/// Unordered operands make ordered relations false and the u-forms true.
template <class T>
bool holds(Relation relation, T a, T b) {
  bool unordered = !(a == a) || !(b == b);
  switch (relation) {
  case Relation::Eq:
    return a == b;
  case Relation::Ne:
    return !unordered && a != b;
  case Relation::Lt:
    return a < b;
  case Relation::Le:
    return a <= b;
  case Relation::Gt:
    return a > b;
  case Relation::Ge:
    return a >= b;
  case Relation::Equ:
    return unordered || a == b;
  case Relation::Neu:
    return unordered || a != b;
  case Relation::Ltu:
    return unordered || a < b;
  case Relation::Leu:
    return unordered || a <= b;
  case Relation::Gtu:
    return unordered || a > b;
  case Relation::Geu:
    return unordered || a >= b;
  case Relation::Num:
    return !unordered;
  case Relation::Nan:
    return unordered;
  }
  return false;
}

struct Comparison : Payload {
  Relation relation;
  Type type;
  bool ftz = false;
  int combine = -1; ///< and, or, xor with `third`
  Slot third = noSlot;
  Slot inverse = noSlot;    ///< second destination: the other way round
  Type result = Type::Pred; ///< of set: u32, s32 or f32
};

template <class T>
uint32_t compareRows(Exec &x, const Inst &i, Relation relation) {
  const T *a = x.source<T>(i.op[1]), *b = x.source<T>(i.op[2]);
  uint32_t result = 0;
  auto rows = [&](auto test) {
    if (x.mask == allLanes)
      for (unsigned lane = 0; lane < warpSize; ++lane)
        result |= uint32_t(test(a[lane], b[lane])) << lane;
    else
      x.forLanes([&](unsigned lane) {
        result |= uint32_t(test(a[lane], b[lane])) << lane;
      });
  };
  // The most frequent relations without a switch per lane.
  if (relation == Relation::Eq)
    rows([](T p, T q) { return p == q; });
  else if (relation == Relation::Lt)
    rows([](T p, T q) { return p < q; });
  else
    rows([&](T p, T q) { return holds(relation, p, q); });
  return result;
}

float flush(float value) {
  return std::fpclassify(value) == FP_SUBNORMAL ? std::copysign(0.0f, value)
                                                : value;
}

/// f16, bf16 (element `part` of `width`), and f32 with .ftz.
uint32_t compareSmall(Exec &x, const Inst &i, const Comparison &how,
                      unsigned part, unsigned width) {
  uint32_t result = 0;
  Format format = formatOf(how.type);
  x.forLanes([&](unsigned lane) {
    double a, b;
    if (how.type == Type::F32) {
      a = flush(x.source<float>(i.op[1])[lane]);
      b = flush(x.source<float>(i.op[2])[lane]);
    } else {
      a = fromBits(x.source<uint16_t>(i.op[1])[lane * width + part], format);
      b = fromBits(x.source<uint16_t>(i.op[2])[lane * width + part], format);
    }
    result |= uint32_t(holds(how.relation, a, b)) << lane;
  });
  return result;
}

uint32_t compare(Exec &x, const Inst &i, const Comparison &how) {
  switch (how.type) {
  case Type::U16:
  case Type::B16:
    return compareRows<uint16_t>(x, i, how.relation);
  case Type::S16:
    return compareRows<int16_t>(x, i, how.relation);
  case Type::U32:
  case Type::B32:
    return compareRows<uint32_t>(x, i, how.relation);
  case Type::S32:
    return compareRows<int32_t>(x, i, how.relation);
  case Type::U64:
  case Type::B64:
    return compareRows<uint64_t>(x, i, how.relation);
  case Type::S64:
    return compareRows<int64_t>(x, i, how.relation);
  case Type::F64:
    return compareRows<double>(x, i, how.relation);
  case Type::F32:
    return how.ftz ? compareSmall(x, i, how, 0, 1)
                   : compareRows<float>(x, i, how.relation);
  default:
    return compareSmall(x, i, how, 0, 1);
  }
}

uint32_t combineWith(const Exec &x, const Comparison &how, uint32_t result) {
  if (how.combine < 0)
    return result;
  uint32_t third = x.predicate(how.third);
  return how.combine == 0   ? result & third
         : how.combine == 1 ? result | third
                            : result ^ third;
}

Outcome setPredicates(Exec &x, const Inst &i) {
  const auto &how = *static_cast<const Comparison *>(i.payload);
  uint32_t result = compare(x, i, how);
  // The inverse is of the comparison, not of the combination.
  uint32_t inverse = how.inverse == noSlot ? 0 : combineWith(x, how, ~result);
  x.setPredicate(i.op[0], combineWith(x, how, result));
  if (how.inverse != noSlot)
    x.setPredicate(how.inverse, inverse);
  return Outcome::Next;
}

/// setp of f16x2 and bf16x2: one predicate per half.
Outcome setPredicatePair(Exec &x, const Inst &i) {
  const auto &how = *static_cast<const Comparison *>(i.payload);
  uint32_t low = combineWith(x, how, compareSmall(x, i, how, 0, 2));
  uint32_t high = combineWith(x, how, compareSmall(x, i, how, 1, 2));
  x.setPredicate(i.op[0], low);
  x.setPredicate(how.inverse, high);
  return Outcome::Next;
}

/// The value that stands for true: all ones, or one.
uint32_t trueOf(Type type) {
  switch (type) {
  case Type::F32:
    return bitCast<uint32_t>(1.0f);
  case Type::F16:
  case Type::F16x2:
    return 0x3c00;
  case Type::BF16:
  case Type::BF16x2:
    return 0x3f80;
  default:
    return ~0u;
  }
}

template <class T>
Outcome setValue(Exec &x, const Inst &i) {
  const auto &how = *static_cast<const Comparison *>(i.payload);
  uint32_t result = combineWith(x, how, compare(x, i, how));
  T yes = static_cast<T>(trueOf(how.result)), *target = x.target<T>(i.op[0]);
  x.forLanes(
      [&](unsigned lane) { target[lane] = result >> lane & 1 ? yes : T(0); });
  return Outcome::Next;
}

/// Halves compared and set on their own.
Outcome setHalves(Exec &x, const Inst &i) {
  const auto &how = *static_cast<const Comparison *>(i.payload);
  uint32_t low = combineWith(x, how, compareSmall(x, i, how, 0, 2));
  uint32_t high = combineWith(x, how, compareSmall(x, i, how, 1, 2));
  uint32_t yes = trueOf(how.result) & 0xffff,
           *target = x.target<uint32_t>(i.op[0]);
  x.forLanes([&](unsigned lane) {
    target[lane] =
        (low >> lane & 1 ? yes : 0) | (high >> lane & 1 ? yes << 16 : 0);
  });
  return Outcome::Next;
}

Comparison &decodeComparison(InstDecoder &d) {
  auto &how = d.payload<Comparison>();
  std::string name = d.next();
  const RelationName *found = nullptr;
  for (const RelationName &entry : relations)
    if (name == entry.name)
      found = &entry;
  if (!found)
    d.fail("unknown comparison '." + name + "'");
  how.relation = found->relation;
  how.combine = d.acceptOneOf({"and", "or", "xor"});
  how.ftz = d.accept("ftz");
  return how;
}

void decodeSources(InstDecoder &d, Comparison &how) {
  bool packed = how.type == Type::F16x2 || how.type == Type::BF16x2;
  d.operands(how.combine < 0 ? 3 : 4);
  d.inst.op[1] = d.from(1, how.type);
  d.inst.op[2] = d.from(2, how.type);
  if (how.combine >= 0)
    how.third = d.fromPredicate(d.operand(3));
  d.run(packed ? setPredicatePair : setPredicates);
}

void setp(InstDecoder &d) {
  Comparison &how = decodeComparison(d);
  how.type = d.type();
  decodeSources(d, how);
  const Operand &target = d.operand(0);
  if (target.kind == Operand::Kind::Pair) {
    d.inst.op[0] = d.toPredicate(target.elements[0]);
    how.inverse = d.toPredicate(target.elements[1]);
  } else if (how.type == Type::F16x2 || how.type == Type::BF16x2) {
    d.fail("expected p|q as destination");
  } else {
    d.inst.op[0] = d.toPredicate(target);
  }
}

void set(InstDecoder &d) {
  Comparison &how = decodeComparison(d);
  how.result = d.type();
  how.type = d.type();
  bool packed = how.type == Type::F16x2 || how.type == Type::BF16x2;
  if ((sizeOf(how.result) != 4 && (packed || sizeOf(how.result) != 2)))
    d.fail("unsupported type");
  decodeSources(d, how);
  d.inst.op[0] = d.to(0, how.result);
  d.run(packed                    ? setHalves
        : sizeOf(how.result) == 2 ? setValue<uint16_t>
                                  : setValue<uint32_t>);
}

enum : uint32_t { finite, infinite, number, notANumber, normal, subnormal };

template <class T>
Outcome testProperty(Exec &x, const Inst &i) {
  const T *a = x.source<T>(i.op[1]);
  uint32_t result = 0;
  x.forLanes([&](unsigned lane) {
    T v = a[lane];
    bool is = i.immediate == finite       ? std::isfinite(v)
              : i.immediate == infinite   ? std::isinf(v)
              : i.immediate == number     ? !std::isnan(v)
              : i.immediate == notANumber ? std::isnan(v)
              : i.immediate == normal     ? std::isnormal(v)
                                          : std::fpclassify(v) == FP_SUBNORMAL;
    result |= uint32_t(is) << lane;
  });
  x.setPredicate(i.op[0], result);
  return Outcome::Next;
}

void testp(InstDecoder &d) {
  int property = d.acceptOneOf(
      {"finite", "infinite", "number", "notanumber", "normal", "subnormal"});
  if (property < 0)
    d.fail("expected a property");
  d.inst.immediate = static_cast<uint32_t>(property);
  Type type = d.type();
  d.operands(2);
  d.inst.op[0] = d.toPredicate(d.operand(0));
  d.inst.op[1] = d.from(1, type);
  d.run(type == Type::F64 ? testProperty<double> : testProperty<float>);
}

} // namespace

const OpcodeTable quantc::emulator::compareOpcodes = {
    {"setp", setp}, {"set", set}, {"testp", testp}};
