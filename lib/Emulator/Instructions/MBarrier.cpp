//===- MBarrier.cpp - mbarrier --------------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// PTX ISA, "mbarrier". The phase that is not complete yet is number
// MBarrier::phase; a state is that number and the pending count.
//
//===----------------------------------------------------------------------===//

#include "MBarrier.h"

#include "Families.h"

#include <algorithm>

using namespace quantc::emulator;
using ptx::Space;

MBarrier &quantc::emulator::useMBarrier(Exec &x, Space space, uint64_t address,
                                        unsigned lane, Cta *&owner,
                                        bool asyncProxy) {
  MBarrier &barrier = x.mbarrier(space, address, lane, owner);
  if (x.checksRaces()) {
    Accessed place;
    place.cta = owner;
    place.offset = barrier.offset;
    Origin origin = x.origin(lane);
    origin.strong = true;
    origin.asyncProxy = asyncProxy;
    x.check(place, 8, Access::Read, lane, origin);
  }
  return barrier;
}

const char *quantc::emulator::arrive(Cta &owner, MBarrier &barrier,
                                     uint32_t count, const View &view) {
  if (count > barrier.pending)
    return "more arrivals than the mbarrier expects in this phase";
  barrier.pending -= count;
  barrier.view.join(view);
  owner.cluster->progress();
  owner.update(barrier);
  return nullptr;
}

const char *quantc::emulator::changeTransactions(Cta &owner, MBarrier &barrier,
                                                 int64_t change) {
  constexpr int64_t limit = (1 << 20) - 1; // valid range of tx-count
  barrier.transactions += change;
  if (barrier.transactions > limit || barrier.transactions < -limit)
    return "the tx-count of the mbarrier leaves its range of 2^20 - 1";
  if (change < 0)
    owner.cluster->progress();
  owner.update(barrier);
  return nullptr;
}

namespace {

constexpr uint32_t maxCount = (1 << 20) - 1;

struct Use : Payload {
  AddressOperand address;
  Space space;
  Slot state = noSlot, count = noSlot, transactions = noSlot, result = noSlot;
  bool drop = false, publishes = true, acquires = true, parity = false;
};

const Use &useOf(const Inst &i) { return *static_cast<const Use *>(i.payload); }

uint64_t stateOf(const MBarrier &barrier) {
  return barrier.phase << 20 | barrier.pending;
}

Outcome init(Exec &x, const Inst &i) {
  const Use &use = useOf(i);
  x.forLanes([&](unsigned lane) {
    Accessed place =
        x.locate(use.space, x.address(use.address, lane), 8, 8, lane);
    if (!place.cta)
      x.fault(Check::MBarrier, lane, "expected shared memory for an mbarrier");
    uint32_t count = x.source<uint32_t>(use.count)[lane];
    if (count == 0 || count > maxCount)
      x.fault(Check::MBarrier, lane,
              "expected a count from 1 to 2^20 - 1, but got " +
                  std::to_string(count));
    auto offset = static_cast<uint32_t>(place.offset);
    if (place.cta->findMBarrier(offset))
      x.fault(Check::MBarrier, lane,
              "there is an mbarrier at shared address " + hex(offset) +
                  " already; it was not invalidated");
    x.check(place, 8, Access::Write, lane);
    MBarrier barrier;
    barrier.offset = offset;
    barrier.expected = barrier.pending = count;
    barrier.actor = x.cluster().nextActor++;
    place.cta->mbarriers.push_back(barrier);
  });
  x.cluster().progress();
  return Outcome::Next;
}

Outcome invalidate(Exec &x, const Inst &i) {
  const Use &use = useOf(i);
  x.forLanes([&](unsigned lane) {
    Cta *owner = nullptr;
    MBarrier &barrier =
        x.mbarrier(use.space, x.address(use.address, lane), lane, owner);
    Accessed place;
    place.cta = owner;
    place.offset = barrier.offset;
    x.check(place, 8, Access::Write, lane);
    owner->mbarriers.erase(owner->mbarriers.begin() +
                           (&barrier - owner->mbarriers.data()));
  });
  return Outcome::Next;
}

/// arrive, arrive_drop and their expect_tx forms; expect_tx alone has no
/// count.
Outcome arriveAt(Exec &x, const Inst &i) {
  const Use &use = useOf(i);
  x.forLanes([&](unsigned lane) {
    Cta *owner = nullptr;
    MBarrier &barrier =
        useMBarrier(x, use.space, x.address(use.address, lane), lane, owner);
    uint64_t state = stateOf(barrier);
    const char *error = nullptr;
    if (use.transactions != noSlot) {
      int64_t bytes = x.source<uint32_t>(use.transactions)[lane];
      // Not yet complete: the arrival below is part of the same step.
      barrier.transactions += bytes;
      if (barrier.transactions > int64_t(maxCount))
        error = "the tx-count of the mbarrier leaves its range of 2^20 - 1";
      x.cluster().progress();
    }
    if (use.drop && barrier.expected)
      --barrier.expected;
    uint32_t count =
        use.count == noSlot ? 1 : x.source<uint32_t>(use.count)[lane];
    View view;
    if (x.checksRaces() && use.publishes)
      view = x.release(lane);
    if (!error)
      error = arrive(*owner, barrier, count, view);
    if (error)
      x.fault(Check::MBarrier, lane, error);
    if (use.result != noSlot)
      x.target<uint64_t>(use.result)[lane] = state;
  });
  return Outcome::Next;
}

/// expect_tx and complete_tx alone.
template <int sign>
Outcome transact(Exec &x, const Inst &i) {
  const Use &use = useOf(i);
  x.forLanes([&](unsigned lane) {
    Cta *owner = nullptr;
    MBarrier &barrier =
        useMBarrier(x, use.space, x.address(use.address, lane), lane, owner);
    int64_t bytes = x.source<uint32_t>(use.transactions)[lane];
    if (const char *error = changeTransactions(*owner, barrier, sign * bytes))
      x.fault(Check::MBarrier, lane, error);
  });
  return Outcome::Next;
}

bool isComplete(const MBarrier &barrier, bool parity, uint64_t wanted) {
  return parity ? (barrier.phase & 1) != (wanted & 1)
                : barrier.phase > wanted >> 20;
}

uint64_t wantedBy(const Exec &x, const Use &use, unsigned lane) {
  return use.parity ? x.source<uint32_t>(use.state)[lane]
                    : x.source<uint64_t>(use.state)[lane];
}

/// Lanes whose phase is complete.
uint32_t test(Exec &x, const Use &use) {
  uint32_t result = 0;
  x.forLanes([&](unsigned lane) {
    Cta *owner = nullptr;
    MBarrier &barrier =
        useMBarrier(x, use.space, x.address(use.address, lane), lane, owner);
    uint64_t wanted = wantedBy(x, use, lane);
    if (use.parity && wanted > 1)
      x.fault(Check::MBarrier, lane,
              "expected a parity of 0 or 1, but got " + std::to_string(wanted));
    if (!use.parity && wanted >> 20 > barrier.phase)
      x.fault(Check::MBarrier, lane,
              "the state is not of this mbarrier's phases");
    if (!isComplete(barrier, use.parity, wanted))
      return;
    result |= 1u << lane;
    if (use.acquires && x.checksRaces())
      x.acquire(lane, barrier.completed);
  });
  return result;
}

Outcome testWait(Exec &x, const Inst &i) {
  const Use &use = useOf(i);
  uint32_t done = test(x, use);
  if (done != x.mask)
    ++x.cluster().polls;
  x.setPredicate(i.op[0], done);
  return Outcome::Next;
}

bool phaseCompleted(const Warp &warp, const Split &split) {
  const Cta &cta = warp.cta->cluster->ctas[split.wait.a >> 32];
  auto offset = static_cast<uint32_t>(split.wait.a);
  for (const MBarrier &barrier : cta.mbarriers)
    if (barrier.offset == offset)
      return isComplete(barrier, split.wait.b >> 63,
                        split.wait.b & ~(uint64_t(1) << 63));
  return true; // invalidated: executing again finds out
}

/// try_wait suspends the thread for a while; it may give up at any time.
Outcome tryWait(Exec &x, const Inst &i) {
  const Use &use = useOf(i);
  uint32_t done = test(x, use);
  bool givesUp = x.launch().options.order == Order::Random &&
                 !x.split.resumed && x.cluster().random.below(8) == 0;
  if (done || givesUp || x.split.resumed) {
    if (done != x.mask)
      ++x.cluster().polls;
    x.setPredicate(i.op[0], done);
    return Outcome::Next;
  }
  unsigned first = __builtin_ctz(x.mask);
  Cta *owner = nullptr;
  MBarrier &barrier =
      x.mbarrier(use.space, x.address(use.address, first), first, owner);
  return x.block(phaseCompleted, "a phase of an mbarrier",
                 uint64_t(owner->rank) << 32 | barrier.offset,
                 wantedBy(x, use, first) | uint64_t(use.parity) << 63);
}

Outcome pendingCount(Exec &x, const Inst &i) {
  x.forLanes([&](unsigned lane) {
    x.target<uint32_t>(i.op[0])[lane] =
        x.source<uint64_t>(i.op[1])[lane] & maxCount;
  });
  return Outcome::Next;
}

void acceptScope(InstDecoder &d, Use &use, bool waits) {
  if (d.accept("relaxed"))
    (waits ? use.acquires : use.publishes) = false;
  d.acceptOneOf({"acquire", "release"});
  d.acceptOneOf({"cta", "cluster"});
}

void decodeWait(InstDecoder &d, Use &use, bool suspends) {
  use.parity = d.accept("parity");
  acceptScope(d, use, true);
  use.space = d.space();
  d.require("b64");
  d.operands(3, 4);
  d.inst.op[0] = d.toPredicate(d.operand(0));
  use.address = d.address(d.operand(1), use.space);
  use.state = d.from(2, use.parity ? Type::U32 : Type::U64);
  if (suspends)
    d.run(tryWait, Flow::Collective, Gather::Any);
  else
    d.run(testWait);
}

void decodeArrive(InstDecoder &d, Use &use) {
  bool transactions = d.accept("expect_tx");
  d.accept("noComplete");
  acceptScope(d, use, false);
  use.space = d.space();
  d.require("b64");
  // [state,] [address] [, count]; a remote mbarrier gives no state.
  size_t index = 0;
  if (d.operand(0).kind != ptx::Operand::Kind::Address) {
    if (d.operand(0).kind != ptx::Operand::Kind::Sink)
      use.result = d.to(0, Type::U64);
    ++index;
  }
  d.operands(index + 1, index + 2);
  use.address = d.address(d.operand(index++), use.space);
  if (d.hasOperand(index))
    (transactions ? use.transactions : use.count) = d.from(index, Type::U32);
  else if (transactions)
    d.fail("expected a number of bytes");
  d.run(arriveAt);
}

void decodeSimple(InstDecoder &d, Use &use, Handler handler, Slot *second) {
  acceptScope(d, use, false);
  use.space = d.space();
  d.accept("b64");
  d.operands(second ? 2 : 1);
  use.address = d.address(d.operand(0), use.space);
  if (second)
    *second = d.from(1, Type::U32);
  d.run(handler);
}

void decode(InstDecoder &d) {
  if (d.accept("pending_count")) {
    d.require("b64");
    d.operands(2);
    d.inst.op[0] = d.to(0, Type::U32);
    d.inst.op[1] = d.from(1, Type::U64);
    return d.run(pendingCount);
  }
  auto &use = d.payload<Use>();
  switch (d.acceptOneOf({"init", "inval", "arrive", "arrive_drop", "test_wait",
                         "try_wait", "complete_tx"})) {
  case 0:
    return decodeSimple(d, use, init, &use.count);
  case 1:
    return decodeSimple(d, use, invalidate, nullptr);
  case 3:
    use.drop = true;
    return decodeArrive(d, use);
  case 2:
    return decodeArrive(d, use);
  case 4:
    return decodeWait(d, use, false);
  case 5:
    return decodeWait(d, use, true);
  case 6:
    return decodeSimple(d, use, transact<-1>, &use.transactions);
  default:
    break;
  }
  d.require("expect_tx");
  decodeSimple(d, use, transact<1>, &use.transactions);
}

} // namespace

const OpcodeTable quantc::emulator::mbarrierOpcodes = {{"mbarrier", decode}};
