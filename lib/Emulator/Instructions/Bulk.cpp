//===- Bulk.cpp - bulk asynchronous copies --------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// PTX ISA, "cp.async.bulk", "cp.reduce.async.bulk", "st.async", "red.async".
//
//===----------------------------------------------------------------------===//

#include "Bulk.h"

#include "Families.h"
#include "MBarrier.h"

#include <cstring>

using namespace quantc::emulator;
using ptx::Operand;
using ptx::Space;

void BulkOp::apply(uint32_t) {
  for (const Piece &piece : pieces) {
    if (reduction) {
      unsigned size = sizeOf(type);
      for (uint32_t at = 0; at < piece.bytes; at += size) {
        uint64_t old = 0, b = 0;
        std::memcpy(&old, piece.to + at, size);
        std::memcpy(&b, piece.from + at, size);
        uint64_t result = atomicResult(*reduction, type, old, b);
        std::memcpy(piece.to + at, &result, size);
      }
    } else if (piece.from) {
      std::memcpy(piece.to, piece.from, piece.bytes);
    } else {
      for (uint32_t at = 0; at < piece.bytes; at += fillBytes)
        std::memcpy(piece.to + at, &fill, fillBytes);
    }
  }
  for (const Completion &completion : completions)
    if (MBarrier *barrier = completion.cta->findMBarrier(completion.offset))
      changeTransactions(*completion.cta, *barrier, -int64_t(completion.bytes));
}

Origin quantc::emulator::bulkOrigin(Exec &x, unsigned lane, const BulkUse &use,
                                    const MBarrier *barrier, bool reads) {
  Origin origin = x.origin(lane, reads ? Stream::BulkRead : Stream::Bulk);
  origin.asyncProxy = use.asyncProxy;
  if (barrier) {
    origin.actor = barrier->actor;
    origin.epoch = static_cast<uint32_t>(barrier->phase) + 1;
  }
  origin.strong = use.reduction && !reads;
  return origin;
}

void quantc::emulator::findCompletions(Exec &x, unsigned lane,
                                       const BulkUse &use, Cta &first,
                                       uint32_t bytes,
                                       std::vector<Completion> &result) {
  if (!use.completesOnBarrier)
    return;
  uint64_t address = x.address(use.barrier, lane);
  Cta *owner = nullptr;
  MBarrier &barrier =
      useMBarrier(x, use.barrierSpace, address, lane, owner, use.asyncProxy);
  if (!use.multicast) {
    if (owner != &first && use.toSpace == Space::Shared)
      x.fault(Check::Asynchronous, lane,
              "expected the mbarrier in the CTA that is copied to");
    result.push_back({owner, barrier.offset, bytes});
    return;
  }
  uint32_t mask = x.source<uint16_t>(use.ctaMask)[lane];
  if (mask == 0 || mask >> x.launch().clusterSize)
    x.fault(Check::Asynchronous, lane,
            "the multicast mask " + hex(mask) +
                " names CTAs that are not in the cluster");
  for (Cta &cta : x.cluster().ctas)
    if (mask >> cta.rank & 1) {
      if (!cta.findMBarrier(barrier.offset))
        x.fault(Check::MBarrier, lane,
                "no mbarrier was initialised at shared address " +
                    hex(barrier.offset) + " of CTA " +
                    std::to_string(cta.rank) + " of the cluster");
      result.push_back({&cta, barrier.offset, bytes});
    }
}

namespace {

Outcome copyBulk(Exec &x, const Inst &i) {
  const auto &use = *static_cast<const BulkUse *>(i.payload);
  x.forLanes([&](unsigned lane) {
    uint32_t bytes = x.source<uint32_t>(use.bytes)[lane];
    if (bytes % 16)
      x.fault(Check::Misaligned, lane,
              "expected a multiple of 16 bytes, but got " +
                  std::to_string(bytes));
    auto op = std::make_unique<BulkOp>();
    op->stream = Stream::Bulk;
    op->grouped = !use.completesOnBarrier;
    op->lanes = 1u << lane;
    op->reduction = use.reduction;
    op->type = use.type;
    if (bytes == 0)
      return x.warp.issue(std::move(op));
    Accessed from =
        x.locate(use.fromSpace, x.address(use.from, lane), bytes, 16, lane);
    Accessed to =
        x.locate(use.toSpace, x.address(use.to, lane), bytes, 16, lane);
    findCompletions(x, lane, use, to.cta ? *to.cta : x.cta(), bytes,
                    op->completions);
    auto write = [&](Accessed place, const MBarrier *barrier) {
      if (x.checksRaces())
        x.check(place, bytes, Access::Write, lane,
                bulkOrigin(x, lane, use, barrier, false));
      op->pieces.push_back({place.data, from.data, bytes});
    };
    if (x.checksRaces())
      x.check(from, bytes, Access::Read, lane,
              bulkOrigin(x, lane, use, nullptr, true));
    if (op->completions.empty()) {
      write(to, nullptr);
    } else {
      for (const Completion &completion : op->completions) {
        Accessed place = to;
        if (to.cta && use.multicast) {
          place.cta = completion.cta;
          place.data = completion.cta->shared + to.offset;
        }
        write(place, completion.cta->findMBarrier(completion.offset));
      }
    }
    x.warp.issue(std::move(op));
  });
  return Outcome::Next;
}

Outcome commit(Exec &x, const Inst &) {
  x.forLanes([&](unsigned lane) {
    ++x.warp.committed[static_cast<unsigned>(Stream::Bulk)][lane];
    ++x.warp.committed[static_cast<unsigned>(Stream::BulkRead)][lane];
  });
  return Outcome::Next;
}

Outcome waitGroup(Exec &x, const Inst &i) {
  bool onlyReads = i.op[0] == 0;
  x.warp.waitForGroups(Stream::Bulk, x.mask, i.immediate);
  x.learn(Stream::BulkRead, i.immediate);
  if (!onlyReads)
    x.learn(Stream::Bulk, i.immediate);
  return Outcome::Next;
}

/// st.async, red.async: registers to the shared memory of the cluster.
struct RemoteStore : Payload {
  BulkUse use;
  unsigned count = 1;
  Slot values[4];
};

Outcome storeRemote(Exec &x, const Inst &i) {
  const auto &store = *static_cast<const RemoteStore *>(i.payload);
  unsigned size = sizeOf(store.use.type), bytes = size * store.count;
  x.forLanes([&](unsigned lane) {
    auto op = std::make_unique<BulkOp>();
    op->stream = Stream::Bulk;
    op->grouped = false;
    op->lanes = 1u << lane;
    op->reduction = store.use.reduction;
    op->type = store.use.type;
    op->value.resize(bytes);
    for (unsigned e = 0; e < store.count; ++e)
      std::memcpy(op->value.data() + e * size,
                  x.source<char>(store.values[e]) + lane * size, size);
    Accessed to = x.locate(Space::Shared, x.address(store.use.to, lane), bytes,
                           bytes, lane);
    findCompletions(x, lane, store.use, *to.cta, bytes, op->completions);
    MBarrier *barrier = to.cta->findMBarrier(op->completions.front().offset);
    if (x.checksRaces())
      x.check(to, bytes, Access::Write, lane,
              bulkOrigin(x, lane, store.use, barrier, false));
    op->pieces.push_back({to.data, op->value.data(), bytes});
    x.warp.issue(std::move(op));
  });
  return Outcome::Next;
}

Space spaceNamed(InstDecoder &d, const std::string &name) {
  if (name == "global")
    return Space::Global;
  if (name == "shared::cta" || name == "shared::cluster")
    return Space::Shared;
  d.fail("unsupported state space '." + name + "'");
}

void decodeCompletion(InstDecoder &d, BulkUse &use) {
  use.completesOnBarrier = d.accept("mbarrier::complete_tx::bytes");
  if (!use.completesOnBarrier)
    d.require("bulk_group");
  use.multicast = d.accept("multicast::cluster");
  d.acceptPrefix("L2::");
}

void decodeReduction(InstDecoder &d, BulkUse &use, bool typed) {
  use.reduction = acceptAtomicOp(d);
  if (!use.reduction)
    d.fail("expected an operation");
  d.accept("noftz");
  if (typed)
    use.type = d.type();
  if (use.toSpace == Space::Global)
    d.program().communicates = true;
}

void decodeTensor(InstDecoder &d, bool reduces) {
  auto &use = d.payload<BulkUse>();
  std::string rank = d.next();
  use.rank = rank.empty() ? 0 : static_cast<unsigned>(rank[0] - '0');
  if (rank.size() != 2 || rank[1] != 'd' || use.rank < 1 ||
      use.rank > maxTensorRank)
    d.fail("expected a rank from .1d to .5d");
  use.toSpace = spaceNamed(d, d.next());
  use.fromSpace = spaceNamed(d, d.next());
  if (reduces)
    decodeReduction(d, use, false);
  d.accept("tile");
  d.accept("cta_group::1");
  decodeCompletion(d, use);
  bool loads = use.toSpace == Space::Shared;
  if (loads != use.completesOnBarrier)
    d.fail("expected .mbarrier::complete_tx::bytes for loads, .bulk_group for "
           "stores");
  d.operands(2, 5);
  const Operand &map = d.operand(loads ? 1 : 0);
  if (map.kind != Operand::Kind::Address || map.elements.size() != 2)
    d.fail("expected [map, {coordinates}]");
  use.map = d.address(map, use.mapSpace);
  auto coordinates = d.elements(map.elements[1]);
  if (coordinates.size() != use.rank)
    d.fail("expected " + std::to_string(use.rank) + " coordinates, but got " +
           std::to_string(coordinates.size()));
  for (unsigned axis = 0; axis < use.rank; ++axis)
    use.coordinates[axis] = d.from(*coordinates[axis], Type::S32);
  Space shared = Space::Shared;
  (loads ? use.to : use.from) = d.address(d.operand(loads ? 0 : 1), shared);
  if (loads) {
    if (!d.hasOperand(2))
      d.fail("expected an mbarrier");
    use.barrier = d.address(d.operand(2), use.barrierSpace);
    if (use.multicast) {
      if (!d.hasOperand(3))
        d.fail("expected a mask of CTAs");
      use.ctaMask = d.from(3, Type::U16);
    }
  }
  d.run(copyTensor);
}

void decodeCopy(InstDecoder &d, bool reduces) {
  auto &use = d.payload<BulkUse>();
  use.toSpace = spaceNamed(d, d.next());
  use.fromSpace = spaceNamed(d, d.next());
  decodeCompletion(d, use);
  if (reduces)
    decodeReduction(d, use, true);
  d.operands(3, 6);
  use.to = d.address(d.operand(0), use.toSpace);
  use.from = d.address(d.operand(1), use.fromSpace);
  use.bytes = d.from(2, Type::U32);
  if (use.completesOnBarrier) {
    if (!d.hasOperand(3))
      d.fail("expected an mbarrier");
    use.barrier = d.address(d.operand(3), use.barrierSpace);
    if (use.multicast) {
      if (!d.hasOperand(4))
        d.fail("expected a mask of CTAs");
      use.ctaMask = d.from(4, Type::U16);
    }
  }
  d.run(copyBulk);
}

Outcome nothing(Exec &, const Inst &) { return Outcome::Next; }

void decodeRemote(InstDecoder &d, bool reduces) {
  auto &store = d.payload<RemoteStore>();
  store.use.completesOnBarrier = true;
  store.use.asyncProxy = false;
  d.acceptOneOf({"weak", "relaxed", "release"});
  d.acceptOneOf({"cluster", "gpu", "sys"});
  d.require("shared::cluster");
  d.require("mbarrier::complete_tx::bytes");
  if (reduces)
    store.use.reduction = acceptAtomicOp(d);
  int vector = d.acceptOneOf({"v2", "v4"});
  store.count = vector < 0 ? 1 : 2u << vector;
  store.use.type = d.type();
  d.operands(3);
  store.use.to = d.address(d.operand(0), store.use.toSpace);
  auto values = d.vector(1, store.count);
  for (unsigned e = 0; e < store.count; ++e)
    store.values[e] = d.from(*values[e], store.use.type);
  store.use.barrier = d.address(d.operand(2), store.use.barrierSpace);
  d.run(storeRemote);
}

} // namespace

void quantc::emulator::decodeBulk(InstDecoder &d) {
  bool reduces = d.accept("reduce");
  d.require("async");
  if (d.accept("prefetch")) { // into the cache: nothing to see
    while (!d.next().empty())
      ;
    return d.run(nothing);
  }
  if (d.accept("commit_group")) {
    d.operands(0);
    return d.run(commit);
  }
  if (d.accept("wait_group")) {
    d.inst.op[0] = d.accept("read") ? 0 : 1;
    d.operands(1);
    d.inst.immediate = static_cast<uint32_t>(d.constant(d.operand(0)));
    return d.run(waitGroup);
  }
  if (d.accept("tensor"))
    return decodeTensor(d, reduces);
  decodeCopy(d, reduces);
}

void quantc::emulator::decodeRedAsync(InstDecoder &d) { decodeRemote(d, true); }
void quantc::emulator::decodeStoreAsync(InstDecoder &d) {
  decodeRemote(d, false);
}
