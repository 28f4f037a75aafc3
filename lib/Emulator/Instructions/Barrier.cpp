//===- Barrier.cpp - barriers of CTAs, warps and clusters; fences ---------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// PTX ISA, "Parallel Synchronization and Communication Instructions": bar,
// barrier, bar.warp.sync, barrier.cluster, membar, fence.
//
//===----------------------------------------------------------------------===//

#include "Families.h"

using namespace quantc::emulator;

namespace {

enum class BarrierKind : uint8_t { Sync, Arrive, Popc, And, Or };

struct BarrierUse : Payload {
  BarrierKind kind;
  bool aligned;
  bool counted = false; ///< a number of threads is given
  Slot predicate = noSlot;
};

bool barrierCompleted(const Warp &warp, const Split &split) {
  return warp.cta->barriers[split.wait.a].generation > split.wait.b;
}

/// The value of a row that all active lanes must agree on.
uint32_t uniform(Exec &x, Slot slot, const char *what) {
  const uint32_t *row = x.source<uint32_t>(slot);
  unsigned first = __builtin_ctz(x.mask);
  x.forLanes([&](unsigned lane) {
    if (row[lane] != row[first])
      x.fault(Check::DivergentBarrier, lane,
              std::string("lanes disagree on the ") + what + ": " +
                  std::to_string(row[lane]) + " and " +
                  std::to_string(row[first]));
  });
  return row[first];
}

void giveResult(Exec &x, const Inst &i, const BarrierUse &use,
                const NamedBarrier &barrier) {
  x.acquireAll(barrier.completed);
  uint32_t value = barrier.result;
  if (use.kind == BarrierKind::Popc) {
    x.forLanes(
        [&](unsigned lane) { x.target<uint32_t>(i.op[0])[lane] = value; });
  } else if (use.kind == BarrierKind::And || use.kind == BarrierKind::Or) {
    bool holds =
        use.kind == BarrierKind::And ? value == barrier.resultOf : value != 0;
    x.setPredicate(i.op[0], holds ? allLanes : 0);
  }
}

/// op: [0] result, [1] barrier, [2] thread count.
Outcome useBarrier(Exec &x, const Inst &i) {
  const auto &use = *static_cast<const BarrierUse *>(i.payload);
  uint32_t id = uniform(x, i.op[1], "barrier");
  Cta &cta = x.cta();
  if (id >= cta.barriers.size())
    x.fault(Check::Other, __builtin_ctz(x.mask),
            "expected a barrier from 0 to 15, but got " + std::to_string(id));
  NamedBarrier &barrier = cta.barriers[id];
  if (x.split.resumed) {
    giveResult(x, i, use, barrier);
    return Outcome::Next;
  }
  uint32_t expected =
      use.counted ? uniform(x, i.op[2], "number of threads") : 0;
  if (use.counted && (expected == 0 || expected % warpSize))
    x.fault(Check::DivergentBarrier, __builtin_ctz(x.mask),
            "expected a multiple of 32 threads, but got " +
                std::to_string(expected));
  if (barrier.arrived && barrier.expected != expected)
    x.fault(Check::DivergentBarrier, __builtin_ctz(x.mask),
            "barrier " + std::to_string(id) + " is in use for " +
                (barrier.expected ? std::to_string(barrier.expected) : "all") +
                " threads, but here for " +
                (expected ? std::to_string(expected) : "all"));
  barrier.expected = expected;
  // A count is in whole warps, whether or not all lanes exist.
  bool whole = x.mask == x.warp.live;
  barrier.arrived +=
      use.counted && whole ? warpSize : __builtin_popcount(x.mask);
  if (expected && barrier.arrived > expected)
    x.fault(Check::DivergentBarrier, __builtin_ctz(x.mask),
            "more threads than the " + std::to_string(expected) +
                " expected arrive at barrier " + std::to_string(id));
  if (use.predicate != noSlot)
    barrier.votes += __builtin_popcount(x.predicate(use.predicate) & x.mask);
  barrier.view.join(x.releaseAll());
  uint64_t generation = barrier.generation;
  x.cluster().progress();
  cta.update(barrier);
  if (use.kind == BarrierKind::Arrive)
    return Outcome::Next;
  if (barrier.generation != generation) {
    giveResult(x, i, use, barrier);
    return Outcome::Next;
  }
  return x.block(barrierCompleted, "the other threads of a barrier", id,
                 generation);
}

bool warpBarrierCompleted(const Warp &, const Split &split) {
  return split.wait.b != 0;
}

/// bar.warp.sync: lanes may arrive at different instructions.
Outcome warpBarrier(Exec &x, const Inst &i) {
  if (x.split.resumed) {
    if (x.checksRaces())
      x.acquireAll(x.warp.barrierView);
    return Outcome::Next;
  }
  uint32_t members = uniform(x, i.op[1], "member mask");
  unsigned first = __builtin_ctz(x.mask);
  if (x.mask & ~members)
    x.fault(Check::DivergentBarrier, first,
            "the member mask " + hex(members) +
                " does not name the executing lane");
  if (members & ~x.warp.live)
    x.fault(Check::DivergentBarrier, first,
            "the member mask " + hex(members) +
                " names lanes that have exited");
  uint32_t arrived = x.mask;
  auto waitsHere = [&](const Split &other) {
    return &other != &x.split && other.state == Split::State::Waiting &&
           other.wait.ready == warpBarrierCompleted && other.wait.a == members;
  };
  for (const Split &other : x.warp.splits)
    if (waitsHere(other))
      arrived |= other.lanes;
  if (arrived != members)
    return x.block(warpBarrierCompleted, "lanes of bar.warp.sync", members, 0);
  Exec all(x.warp, x.split, members);
  x.warp.barrierView = all.releaseAll();
  all.acquireAll(x.warp.barrierView);
  for (Split &other : x.warp.splits)
    if (waitsHere(other))
      other.wait.b = 1;
  return Outcome::Next;
}

bool isConstant(const ptx::Operand &operand) {
  return operand.kind == ptx::Operand::Kind::Integer;
}

void barrier(InstDecoder &d) {
  if (d.accept("cluster"))
    return decodeClusterBarrier(d);
  if (d.accept("warp")) {
    d.require("sync");
    d.operands(1);
    d.inst.op[1] = d.from(0, Type::B32);
    return d.run(warpBarrier, Flow::Collective, Gather::Any);
  }
  auto &use = d.payload<BarrierUse>();
  d.accept("cta");
  bool isBar = d.source.opcode == "bar";
  use.aligned = d.accept("aligned") || isBar;
  int kind = d.acceptOneOf({"sync", "arrive", "red"});
  if (kind < 0)
    d.fail("expected .sync, .arrive or .red");
  use.kind = kind == 1 ? BarrierKind::Arrive : BarrierKind::Sync;
  size_t index = 0, last = d.source.operands.size();
  if (kind == 2) {
    int combine = d.acceptOneOf({"popc", "and", "or"});
    use.kind = static_cast<BarrierKind>(2 + combine);
    Type type = d.type();
    d.operands(3, 4);
    d.inst.op[0] = d.to(index++, type);
    use.predicate = d.fromPredicate(d.operand(--last));
  } else {
    d.operands(1, 2);
  }
  d.inst.op[1] = d.from(index++, Type::U32);
  if (isConstant(d.operand(index - 1)) &&
      uint64_t(d.operand(index - 1).value) > 15)
    d.fail("expected a barrier from 0 to 15");
  if (index < last) {
    use.counted = true;
    d.inst.op[2] = d.from(index, Type::U32);
  } else if (kind == 1) {
    d.fail("expected a number of threads");
  }
  d.run(useBarrier, Flow::Collective, use.aligned ? Gather::Warp : Gather::Any);
}

/// A fence of one thread: what it did before is published by its later relaxed
/// writes, and what relaxed reads saw is known from here on.
Outcome fence(Exec &x, const Inst &) {
  if (!x.checksRaces())
    return Outcome::Next;
  x.forLanes([&](unsigned lane) {
    ThreadClock &clock = x.warp.clocks[lane];
    clock.view.join(clock.acquired);
    clock.released = x.release(lane);
  });
  return Outcome::Next;
}

/// fence.proxy.async: generic accesses known so far are visible to the async
/// proxy too.
Outcome proxyFence(Exec &x, const Inst &) {
  if (!x.checksRaces())
    return Outcome::Next;
  x.forLanes([&](unsigned lane) {
    ThreadClock &clock = x.warp.clocks[lane];
    View now = x.release(lane);
    clock.view.async = join(clock.view.async, now.generic);
  });
  return Outcome::Next;
}

void decodeFence(InstDecoder &d) {
  d.operands(0, 2); // fence.proxy.tensormap has an address and a size
  if (d.accept("mbarrier_init")) {
    d.require("release");
    d.require("cluster");
    return d.run(proxyFence);
  }
  if (d.accept("proxy")) {
    // .alias and .tensormap order generic accesses with each other.
    std::string kind = d.next();
    while (!d.next().empty())
      ;
    return d.run(kind.compare(0, 5, "async") == 0 ? proxyFence : fence);
  }
  d.acceptOneOf({"sc", "acq_rel", "acquire", "release"});
  d.acceptPrefix("sync_restrict");
  d.acceptOneOf({"cta", "cluster", "gpu", "sys"});
  d.run(fence);
}

void decodeMembar(InstDecoder &d) {
  d.operands(0);
  d.acceptOneOf({"cta", "gl", "sys"});
  d.run(fence);
}

} // namespace

const OpcodeTable quantc::emulator::barrierOpcodes = {
    {"bar", barrier},
    {"barrier", barrier},
    {"membar", decodeMembar},
    {"fence", decodeFence},
};
