//===- WarpOps.cpp - exchanges between the lanes of a warp ----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// PTX ISA: shfl.sync, vote.sync, match.sync, redux.sync, elect.sync,
// activemask. The member mask is operand Inst::memberOperand.
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "Numbers.h"

#include <algorithm>
#include <cmath>

using namespace quantc::emulator;
using ptx::Operand;

namespace {

enum : uint32_t { up, down, bfly, idx };

struct Shuffle : Payload {
  uint32_t mode;
  Slot valid = noSlot; ///< predicate of d|p
};

/// PTX ISA, "shfl.sync", with its names.
Outcome shuffle(Exec &x, const Inst &i) {
  const auto &how = *static_cast<const Shuffle *>(i.payload);
  const uint32_t *a = x.source<uint32_t>(i.op[1]);
  const uint32_t *b = x.source<uint32_t>(i.op[2]),
                 *c = x.source<uint32_t>(i.op[3]);
  uint32_t result[warpSize], valid = 0;
  x.forLanes([&](unsigned lane) {
    int bval = b[lane] & 31, cval = c[lane] & 31, mask = c[lane] >> 8 & 31;
    int self = int(lane);
    int maxLane = (self & mask) | (cval & ~mask);
    int minLane = self & mask;
    int j = 0;
    bool p = false;
    switch (how.mode) {
    case up:
      j = self - bval;
      p = j >= maxLane;
      break;
    case down:
      j = self + bval;
      p = j <= maxLane;
      break;
    case bfly:
      j = self ^ bval;
      p = j <= maxLane;
      break;
    case idx:
      j = minLane | (bval & ~mask);
      p = j <= maxLane;
      break;
    }
    if (!p)
      j = self;
    if (!(x.mask >> j & 1))
      x.fault(Check::Other, lane,
              "reads lane " + std::to_string(j) + ", which does not take part");
    result[lane] = a[j];
    valid |= uint32_t(p) << lane;
  });
  x.forLanes(
      [&](unsigned lane) { x.target<uint32_t>(i.op[0])[lane] = result[lane]; });
  if (how.valid != noSlot)
    x.setPredicate(how.valid, valid);
  return Outcome::Next;
}

void decodeShuffle(InstDecoder &d) {
  d.require("sync");
  auto &how = d.payload<Shuffle>();
  int mode = d.acceptOneOf({"up", "down", "bfly", "idx"});
  if (mode < 0)
    d.fail("expected .up, .down, .bfly or .idx");
  how.mode = static_cast<uint32_t>(mode);
  d.require("b32");
  d.operands(5);
  const Operand *target = &d.operand(0);
  if (target->kind == Operand::Kind::Pair) {
    how.valid = d.toPredicate(target->elements[1]);
    target = &target->elements[0];
  }
  d.inst.op[0] = d.to(*target, Type::B32);
  for (size_t s = 1; s < 4; ++s)
    d.inst.op[s] = d.from(s, Type::B32);
  d.inst.op[Inst::memberOperand] = d.from(4, Type::B32);
  d.run(shuffle, Flow::Collective, Gather::Member);
}

enum : uint32_t { voteAll, voteAny, voteUniform, voteBallot };

Outcome vote(Exec &x, const Inst &i) {
  uint32_t yes = x.predicate(i.op[1]) & x.mask;
  if (i.immediate == voteBallot) {
    x.forLanes([&](unsigned lane) { x.target<uint32_t>(i.op[0])[lane] = yes; });
    return Outcome::Next;
  }
  bool result = i.immediate == voteAll   ? yes == x.mask
                : i.immediate == voteAny ? yes != 0
                                         : yes == 0 || yes == x.mask;
  x.setPredicate(i.op[0], result ? allLanes : 0);
  return Outcome::Next;
}

void decodeVote(InstDecoder &d) {
  d.require("sync");
  int mode = d.acceptOneOf({"all", "any", "uni", "ballot"});
  if (mode < 0)
    d.fail("expected .all, .any, .uni or .ballot");
  d.inst.immediate = static_cast<uint32_t>(mode);
  Type type = d.type();
  d.operands(3);
  d.inst.op[0] = d.to(0, type);
  d.inst.op[1] = d.fromPredicate(d.operand(1));
  d.inst.op[Inst::memberOperand] = d.from(2, Type::B32);
  d.run(vote, Flow::Collective, Gather::Member);
}

struct Match : Payload {
  bool all;
  Slot equal = noSlot;
};

template <class T>
Outcome match(Exec &x, const Inst &i) {
  const auto &how = *static_cast<const Match *>(i.payload);
  const T *a = x.source<T>(i.op[1]);
  uint32_t result[warpSize], equal = 0;
  x.forLanes([&](unsigned lane) {
    uint32_t same = 0;
    x.forLanes([&](unsigned other) {
      same |= uint32_t(a[other] == a[lane]) << other;
    });
    bool complete = same == x.mask;
    equal |= uint32_t(complete) << lane;
    result[lane] = how.all && !complete ? 0 : same;
  });
  x.forLanes(
      [&](unsigned lane) { x.target<uint32_t>(i.op[0])[lane] = result[lane]; });
  if (how.equal != noSlot)
    x.setPredicate(how.equal, equal);
  return Outcome::Next;
}

void decodeMatch(InstDecoder &d) {
  auto &how = d.payload<Match>();
  how.all = d.acceptOneOf({"any", "all"}) == 1;
  d.require("sync");
  Type type = d.type();
  d.operands(3);
  const Operand *target = &d.operand(0);
  if (target->kind == Operand::Kind::Pair) {
    how.equal = d.toPredicate(target->elements[1]);
    target = &target->elements[0];
  }
  d.inst.op[0] = d.to(*target, Type::B32);
  d.inst.op[1] = d.from(1, type);
  d.inst.op[Inst::memberOperand] = d.from(2, Type::B32);
  d.run(sizeOf(type) == 8 ? match<uint64_t> : match<uint32_t>, Flow::Collective,
        Gather::Member);
}

template <class T>
using Combine = T (*)(T, T);

template <class T, Combine<T> combine>
Outcome reduce(Exec &x, const Inst &i) {
  const T *a = x.source<T>(i.op[1]);
  T result = a[__builtin_ctz(x.mask)];
  bool first = true;
  x.forLanes([&](unsigned lane) {
    if (!first)
      result = combine(result, a[lane]);
    first = false;
  });
  x.forLanes([&](unsigned lane) { x.target<T>(i.op[0])[lane] = result; });
  return Outcome::Next;
}

template <class T>
T sum(T a, T b) {
  return T(uint32_t(a) + uint32_t(b));
}
template <class T>
T least(T a, T b) {
  return std::min(a, b);
}
template <class T>
T most(T a, T b) {
  return std::max(a, b);
}
uint32_t both(uint32_t a, uint32_t b) { return a & b; }
uint32_t either(uint32_t a, uint32_t b) { return a | b; }
uint32_t unlike(uint32_t a, uint32_t b) { return a ^ b; }
float leastF(float a, float b) { return std::fmin(a, b); }
float mostF(float a, float b) { return std::fmax(a, b); }

void decodeReduce(InstDecoder &d) {
  d.require("sync");
  int op = d.acceptOneOf({"add", "min", "max", "and", "or", "xor"});
  Type type = d.type();
  static const Handler onSigned[] = {reduce<int32_t, sum<int32_t>>,
                                     reduce<int32_t, least<int32_t>>,
                                     reduce<int32_t, most<int32_t>>};
  static const Handler onUnsigned[] = {
      reduce<uint32_t, sum<uint32_t>>,  reduce<uint32_t, least<uint32_t>>,
      reduce<uint32_t, most<uint32_t>>, reduce<uint32_t, both>,
      reduce<uint32_t, either>,         reduce<uint32_t, unlike>};
  if (op < 0)
    d.fail("expected an operation");
  Handler handler = onUnsigned[op];
  if (type == Type::S32 && op < 3)
    handler = onSigned[op];
  else if (type == Type::F32 && (op == 1 || op == 2))
    handler = op == 1 ? reduce<float, leastF> : reduce<float, mostF>;
  else if (type != (op < 3 ? Type::U32 : Type::B32))
    d.fail("unsupported type");
  d.operands(3);
  d.inst.op[0] = d.to(0, type);
  d.inst.op[1] = d.from(1, type);
  d.inst.op[Inst::memberOperand] = d.from(2, Type::B32);
  d.run(handler, Flow::Collective, Gather::Member);
}

struct Elect : Payload {
  Slot isLeader = noSlot;
};

/// The leader is the lowest lane; the ISA leaves the choice open.
Outcome elect(Exec &x, const Inst &i) {
  uint32_t leader = __builtin_ctz(x.mask);
  x.forLanes(
      [&](unsigned lane) { x.target<uint32_t>(i.op[0])[lane] = leader; });
  x.setPredicate(static_cast<const Elect *>(i.payload)->isLeader, 1u << leader);
  return Outcome::Next;
}

void decodeElect(InstDecoder &d) {
  d.require("sync");
  d.operands(2);
  const Operand &target = d.operand(0);
  if (target.kind != Operand::Kind::Pair)
    d.fail("expected d|p as destination");
  d.inst.op[0] = d.to(target.elements[0], Type::B32);
  d.payload<Elect>().isLeader = d.toPredicate(target.elements[1]);
  d.inst.op[Inst::memberOperand] = d.from(1, Type::B32);
  d.run(elect, Flow::Collective, Gather::Member);
}

Outcome activeMask(Exec &x, const Inst &i) {
  x.forLanes(
      [&](unsigned lane) { x.target<uint32_t>(i.op[0])[lane] = x.mask; });
  return Outcome::Next;
}

void decodeActiveMask(InstDecoder &d) {
  d.type();
  d.operands(1);
  d.inst.op[0] = d.to(0, Type::B32);
  d.run(activeMask);
}

} // namespace

const OpcodeTable quantc::emulator::warpOpcodes = {
    {"shfl", decodeShuffle}, {"vote", decodeVote},
    {"match", decodeMatch},  {"redux", decodeReduce},
    {"elect", decodeElect},  {"activemask", decodeActiveMask},
};
