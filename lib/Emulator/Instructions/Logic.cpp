//===- Logic.cpp - logic and shifts ---------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// PTX ISA, "Logic and Shift Instructions" and "prmt".
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "Lanewise.h"

#include <algorithm>

using namespace quantc::emulator;

namespace {

template <class T>
struct And {
  static T apply(T a, T b) { return a & b; }
};
template <class T>
struct Or {
  static T apply(T a, T b) { return a | b; }
};
template <class T>
struct Xor {
  static T apply(T a, T b) { return a ^ b; }
};
template <class T>
struct Not {
  static T apply(T a) { return ~a; }
};
template <class T>
struct Cnot {
  static T apply(T a) { return a == 0; }
};
/// Shift amounts beyond the width are clamped to it.
template <class T>
struct Shl {
  static T apply(T a, uint32_t b) {
    return b < sizeof(T) * 8 ? T(a << b) : T(0);
  }
};
template <class T>
struct Shr {
  static T apply(T a, uint32_t b) {
    constexpr uint32_t width = sizeof(T) * 8;
    if (b < width)
      return T(a >> b);
    return a < T(0) ? T(-1) : T(0);
  }
};

template <bool left, bool clamp>
uint32_t funnel(uint32_t low, uint32_t high, uint32_t amount) {
  unsigned n = clamp ? std::min(amount, 32u) : amount & 31;
  uint64_t both = uint64_t(high) << 32 | low;
  return uint32_t(left ? (both << n) >> 32 : both >> n);
}

/// PTX ISA, "prmt" default mode: each nibble picks a byte, its top bit
/// replicates the byte's sign.
uint32_t permute(uint32_t a, uint32_t b, uint32_t selector) {
  uint64_t bytes = uint64_t(b) << 32 | a;
  uint32_t result = 0;
  for (unsigned i = 0; i < 4; ++i) {
    unsigned pick = selector >> i * 4 & 15;
    uint32_t byte = bytes >> (pick & 7) * 8 & 0xff;
    if (pick & 8)
      byte = byte & 0x80 ? 0xff : 0;
    result |= byte << i * 8;
  }
  return result;
}

enum class PermuteMode { F4e, B4e, Rc8, Ecl, Ecr, Rc16 };

template <PermuteMode mode>
uint32_t permuteMode(uint32_t a, uint32_t b, uint32_t selector) {
  unsigned s = selector & 3, pick[4];
  for (unsigned i = 0; i < 4; ++i)
    switch (mode) {
    case PermuteMode::F4e:
      pick[i] = s + i;
      break;
    case PermuteMode::B4e:
      pick[i] = (s + 8 - i) & 7;
      break;
    case PermuteMode::Rc8:
      pick[i] = s;
      break;
    case PermuteMode::Ecl:
      pick[i] = std::max(i, s);
      break;
    case PermuteMode::Ecr:
      pick[i] = std::min(i, s);
      break;
    case PermuteMode::Rc16:
      pick[i] = (s & 1) * 2 + (i & 1);
      break;
    }
  return permute(a, b, pick[0] | pick[1] << 4 | pick[2] << 8 | pick[3] << 12);
}

template <class Function>
Outcome onPredicates(Exec &x, const Inst &i) {
  x.setPredicate(i.op[0],
                 Function::apply(x.predicate(i.op[1]), x.predicate(i.op[2])));
  return Outcome::Next;
}

template <template <class> class Op>
void binary(InstDecoder &d) {
  Type type = d.type();
  d.operands(3);
  d.inst.op[0] = d.to(0, type);
  d.inst.op[1] = d.from(1, type);
  d.inst.op[2] = d.from(2, type);
  d.run(type == Type::Pred ? onPredicates<Op<uint32_t>>
                           : lanewiseBits<Op>(type));
}

Outcome notPredicate(Exec &x, const Inst &i) {
  x.setPredicate(i.op[0], ~x.predicate(i.op[1]));
  return Outcome::Next;
}

template <template <class> class Op>
void unary(InstDecoder &d) {
  Type type = d.type();
  d.operands(2);
  d.inst.op[0] = d.to(0, type);
  d.inst.op[1] = d.from(1, type);
  d.run(type == Type::Pred ? notPredicate : lanewiseBits<Op>(type));
}

void shiftLeft(InstDecoder &d) {
  Type type = d.type();
  d.operands(3);
  d.inst.op[0] = d.to(0, type);
  d.inst.op[1] = d.from(1, type);
  d.inst.op[2] = d.from(2, Type::U32);
  d.run(lanewiseBits<Shl>(type));
}

void shiftRight(InstDecoder &d) {
  Type type = d.type();
  d.operands(3);
  d.inst.op[0] = d.to(0, type);
  d.inst.op[1] = d.from(1, type);
  d.inst.op[2] = d.from(2, Type::U32);
  d.run(isSigned(type) ? lanewiseInteger<Shr>(type) : lanewiseBits<Shr>(type));
}

void funnelShift(InstDecoder &d) {
  bool left = d.acceptOneOf({"l", "r"}) == 0;
  bool clamp = d.acceptOneOf({"clamp", "wrap"}) == 0;
  d.type();
  d.operands(4);
  d.inst.op[0] = d.to(0, Type::B32);
  for (size_t i = 1; i < 4; ++i)
    d.inst.op[i] = d.from(i, Type::B32);
  d.run(left    ? clamp ? lanewise<&funnel<true, true>>
                        : lanewise<&funnel<true, false>>
        : clamp ? lanewise<&funnel<false, true>>
                : lanewise<&funnel<false, false>>);
}

/// PTX ISA, "lop3": immLut is the truth table over the bits of a, b, c.
Outcome lop3(Exec &x, const Inst &i) {
  uint32_t *target = x.target<uint32_t>(i.op[0]);
  const uint32_t *a = x.source<uint32_t>(i.op[1]);
  const uint32_t *b = x.source<uint32_t>(i.op[2]);
  const uint32_t *c = x.source<uint32_t>(i.op[3]);
  uint32_t table = i.immediate;
  x.forLanes([&](unsigned lane) {
    uint32_t result = 0;
    for (unsigned entry = 0; entry < 8; ++entry)
      if (table >> entry & 1)
        result |= (entry & 4 ? a[lane] : ~a[lane]) &
                  (entry & 2 ? b[lane] : ~b[lane]) &
                  (entry & 1 ? c[lane] : ~c[lane]);
    target[lane] = result;
  });
  return Outcome::Next;
}

struct LogicPredicate : Payload {
  bool isAnd;
  Slot predicate, input;
};

/// lop3.BoolOp: p = (d != 0) BoolOp q
Outcome lop3Predicate(Exec &x, const Inst &i) {
  const auto &more = *static_cast<const LogicPredicate *>(i.payload);
  lop3(x, i);
  const uint32_t *result = x.source<uint32_t>(i.op[0]);
  uint32_t nonZero = 0;
  x.forLanes(
      [&](unsigned lane) { nonZero |= uint32_t(result[lane] != 0) << lane; });
  uint32_t input = x.predicate(more.input);
  x.setPredicate(more.predicate,
                 more.isAnd ? nonZero & input : nonZero | input);
  return Outcome::Next;
}

void logic3(InstDecoder &d) {
  int combine = d.acceptOneOf({"and", "or"});
  d.type();
  d.operands(combine < 0 ? 5 : 6);
  const ptx::Operand *target = &d.operand(0);
  d.run(lop3);
  if (combine >= 0) {
    if (target->kind != ptx::Operand::Kind::Pair)
      d.fail("expected d|p as destination");
    auto &more = d.payload<LogicPredicate>();
    more.isAnd = combine == 0;
    more.predicate = d.toPredicate(target->elements[1]);
    more.input = d.fromPredicate(d.operand(5));
    target = &target->elements[0];
    d.run(lop3Predicate);
  }
  d.inst.op[0] = d.to(*target, Type::B32);
  for (size_t i = 1; i < 4; ++i)
    d.inst.op[i] = d.from(i, Type::B32);
  int64_t table = d.constant(d.operand(4));
  if (table < 0 || table > 255)
    d.fail("expected a table of 8 bits, but got " + std::to_string(table));
  d.inst.immediate = static_cast<uint32_t>(table);
}

void permuteBytes(InstDecoder &d) {
  d.type();
  static const Handler modes[] = {lanewise<&permuteMode<PermuteMode::F4e>>,
                                  lanewise<&permuteMode<PermuteMode::B4e>>,
                                  lanewise<&permuteMode<PermuteMode::Rc8>>,
                                  lanewise<&permuteMode<PermuteMode::Ecl>>,
                                  lanewise<&permuteMode<PermuteMode::Ecr>>,
                                  lanewise<&permuteMode<PermuteMode::Rc16>>};
  int mode = d.acceptOneOf({"f4e", "b4e", "rc8", "ecl", "ecr", "rc16"});
  d.operands(4);
  d.inst.op[0] = d.to(0, Type::B32);
  for (size_t i = 1; i < 4; ++i)
    d.inst.op[i] = d.from(i, Type::B32);
  d.run(mode < 0 ? lanewise<&permute> : modes[mode]);
}

} // namespace

const OpcodeTable quantc::emulator::logicOpcodes = {
    {"and", binary<And>},   {"or", binary<Or>},    {"xor", binary<Xor>},
    {"not", unary<Not>},    {"cnot", unary<Cnot>}, {"shl", shiftLeft},
    {"shr", shiftRight},    {"shf", funnelShift},  {"lop3", logic3},
    {"prmt", permuteBytes},
};
