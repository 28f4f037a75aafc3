//===- Copy.cpp - cp.async ------------------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// PTX ISA, "Data Movement and Conversion Instructions: Asynchronous copy":
// non-bulk copies, waited for by groups of the thread or by an mbarrier.
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "MBarrier.h"

#include <cstring>

using namespace quantc::emulator;
using ptx::Space;

namespace {

struct Copy : Payload {
  AddressOperand to, from;
  unsigned bytes;
  Slot sourceBytes = noSlot;  ///< fewer: the rest is zero
  Slot ignoreSource = noSlot; ///< predicate: all zero
};

struct CopyOp : AsyncOp {
  const Copy *copy = nullptr;
  char *to[warpSize];
  const char *from[warpSize];
  uint8_t sourceBytes[warpSize];

  void apply(uint32_t which) override {
    for (; which; which &= which - 1) {
      unsigned lane = __builtin_ctz(which);
      char buffer[16] = {};
      std::memcpy(buffer, from[lane], sourceBytes[lane]);
      std::memcpy(to[lane], buffer, copy->bytes);
    }
  }
};

Outcome issueCopy(Exec &x, const Inst &i) {
  const auto &copy = *static_cast<const Copy *>(i.payload);
  auto op = std::make_unique<CopyOp>();
  op->copy = &copy;
  op->stream = Stream::Copy;
  op->lanes = x.mask;
  uint32_t ignored =
      copy.ignoreSource == noSlot ? 0 : x.predicate(copy.ignoreSource);
  x.forLanes([&](unsigned lane) {
    uint32_t bytes = copy.sourceBytes == noSlot
                         ? copy.bytes
                         : x.source<uint32_t>(copy.sourceBytes)[lane];
    if (bytes > copy.bytes)
      x.fault(Check::Asynchronous, lane,
              "expected a source size of at most " +
                  std::to_string(copy.bytes) + ", but got " +
                  std::to_string(bytes));
    if (ignored >> lane & 1)
      bytes = 0;
    Accessed to = x.locate(Space::Shared, x.address(copy.to, lane), copy.bytes,
                           copy.bytes, lane);
    Accessed from;
    uint64_t address = x.address(copy.from, lane);
    if (address % copy.bytes)
      x.fault(Check::Misaligned, lane,
              "address " + hex(address) + " is not a multiple of " +
                  std::to_string(copy.bytes));
    if (bytes)
      from = x.locate(Space::Global, address, bytes, 1, lane);
    if (x.checksRaces()) {
      Origin origin = x.origin(lane, Stream::Copy);
      x.check(to, copy.bytes, Access::Write, lane, origin);
      if (bytes)
        x.check(from, bytes, Access::Read, lane, origin);
    } else {
      x.check(to, copy.bytes, Access::Write, lane);
    }
    op->to[lane] = to.data;
    op->from[lane] = from.data;
    op->sourceBytes[lane] = static_cast<uint8_t>(bytes);
  });
  x.warp.issue(std::move(op));
  return Outcome::Next;
}

constexpr unsigned copyStream = static_cast<unsigned>(Stream::Copy);

void commitGroup(Exec &x) {
  x.forLanes([&](unsigned lane) { ++x.warp.committed[copyStream][lane]; });
}

/// After the wait the thread knows of the copies of all but `allowed` groups.
void waitGroups(Exec &x, Stream stream, uint32_t allowed) {
  x.warp.waitForGroups(stream, x.mask, allowed);
  x.learn(stream, allowed);
}

Outcome commit(Exec &x, const Inst &) {
  commitGroup(x);
  return Outcome::Next;
}

Outcome waitGroup(Exec &x, const Inst &i) {
  waitGroups(x, Stream::Copy, i.immediate);
  return Outcome::Next;
}

Outcome waitAll(Exec &x, const Inst &) {
  commitGroup(x);
  waitGroups(x, Stream::Copy, 0);
  return Outcome::Next;
}

struct ArriveUse : Payload {
  AddressOperand address;
  Space space;
  bool counted; ///< .noinc: the arrival is among the expected ones
};

/// Arrives when the earlier copies of each lane have taken effect.
struct ArriveOp : AsyncOp {
  Warp *warp = nullptr;
  Cta *owner[warpSize];
  uint32_t offset[warpSize];
  View view[warpSize];

  void apply(uint32_t which) override {
    for (; which; which &= which - 1) {
      unsigned lane = __builtin_ctz(which);
      for (auto &other : warp->asyncOps)
        if (other && other.get() != this && other->stream == Stream::Copy &&
            other->grouped && other->lanes >> lane & 1 &&
            other->group[lane] < group[lane]) {
          other->lanes &= ~(1u << lane);
          other->apply(1u << lane);
        }
      if (MBarrier *barrier = owner[lane]->findMBarrier(offset[lane]))
        arrive(*owner[lane], *barrier, 1, view[lane]);
    }
  }
};

Outcome arriveAfterCopies(Exec &x, const Inst &i) {
  const auto &use = *static_cast<const ArriveUse *>(i.payload);
  auto op = std::make_unique<ArriveOp>();
  op->warp = &x.warp;
  op->grouped = false;
  op->lanes = x.mask;
  commitGroup(x);
  x.forLanes([&](unsigned lane) {
    Cta *owner = nullptr;
    MBarrier &barrier =
        useMBarrier(x, use.space, x.address(use.address, lane), lane, owner);
    if (!use.counted)
      ++barrier.pending;
    op->owner[lane] = owner;
    op->offset[lane] = barrier.offset;
    Actor actor = x.warp.streamActor[copyStream][lane];
    if (x.checksRaces() && actor)
      op->view[lane].generic =
          raise(ClockRef(), {{actor, x.warp.committed[copyStream][lane]}});
  });
  x.warp.issue(std::move(op));
  return Outcome::Next;
}

void decodeArrive(InstDecoder &d) {
  d.require("arrive");
  auto &use = d.payload<ArriveUse>();
  use.counted = d.accept("noinc");
  use.space = d.space();
  d.require("b64");
  d.operands(1);
  use.address = d.address(d.operand(0), use.space);
  d.run(arriveAfterCopies);
}

void decodeCopy(InstDecoder &d) {
  auto &copy = d.payload<Copy>();
  bool bypass = d.acceptOneOf({"ca", "cg"}) == 1;
  Space to = Space::Shared, from = Space::Global;
  if (!d.accept("shared"))
    d.require("shared::cta");
  d.require("global");
  d.acceptPrefix("L2::");
  d.operands(3, 5);
  copy.to = d.address(d.operand(0), to);
  copy.from = d.address(d.operand(1), from);
  int64_t bytes = d.constant(d.operand(2));
  if (bytes != 16 && (bypass || (bytes != 4 && bytes != 8)))
    d.fail("unsupported size of " + std::to_string(bytes) + " bytes");
  copy.bytes = static_cast<unsigned>(bytes);
  if (d.hasOperand(3)) { // src-size, ignore-src, or a 64-bit cache policy
    const ptx::Operand &more = d.operand(3);
    Type type = d.registerType(more);
    if (type == Type::Pred)
      copy.ignoreSource = d.fromPredicate(more);
    else if (sizeOf(type) != 8)
      copy.sourceBytes = d.from(more, Type::U32);
  }
  d.run(issueCopy);
}

void decodeAsync(InstDecoder &d) {
  if (d.accept("bulk"))
    return decodeBulk(d);
  d.require("async");
  switch (
      d.acceptOneOf({"commit_group", "wait_group", "wait_all", "mbarrier"})) {
  case 0:
    d.operands(0);
    return d.run(commit);
  case 1: {
    d.operands(1);
    int64_t allowed = d.constant(d.operand(0));
    if (allowed < 0)
      d.fail("expected a number of groups, but got " + std::to_string(allowed));
    d.inst.immediate = static_cast<uint32_t>(allowed);
    return d.run(waitGroup);
  }
  case 2:
    d.operands(0);
    return d.run(waitAll);
  case 3:
    return decodeArrive(d);
  default:
    return decodeCopy(d);
  }
}

} // namespace

const OpcodeTable quantc::emulator::copyOpcodes = {{"cp", decodeAsync}};
