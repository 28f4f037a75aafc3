//===- ClusterOps.cpp - barriers and addresses of clusters ----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// PTX ISA: barrier.cluster, mapa, getctarank.
//
//===----------------------------------------------------------------------===//

#include "Families.h"

#include <algorithm>

using namespace quantc::emulator;
using ptx::Space;

namespace {

Outcome arrive(Exec &x, const Inst &i) {
  Cluster &cluster = x.cluster();
  if (uint32_t twice = x.warp.clusterArrived & x.mask)
    x.fault(Check::DivergentBarrier, __builtin_ctz(twice),
            "arrives at the cluster barrier twice without waiting");
  x.warp.clusterArrived |= x.mask;
  x.forLanes(
      [&](unsigned lane) { x.warp.clusterPhase[lane] = cluster.generation; });
  cluster.arrived += __builtin_popcount(x.mask);
  if (i.immediate) // .release
    cluster.view.join(x.releaseAll());
  cluster.progress();
  cluster.updateClusterBarrier();
  return Outcome::Next;
}

bool clusterCompleted(const Warp &warp, const Split &split) {
  return warp.cta->cluster->generation > split.wait.a;
}

Outcome wait(Exec &x, const Inst &i) {
  uint64_t latest = 0;
  x.forLanes([&](unsigned lane) {
    if (!(x.warp.clusterArrived >> lane & 1))
      x.fault(Check::DivergentBarrier, lane,
              "waits at the cluster barrier without having arrived");
    latest = std::max(latest, x.warp.clusterPhase[lane]);
  });
  if (x.cluster().generation <= latest)
    return x.block(clusterCompleted, "the other threads of the cluster",
                   latest);
  x.warp.clusterArrived &= ~x.mask;
  x.acquireAll(x.cluster().completed);
  return Outcome::Next;
}

/// Address of the same variable in another CTA; that there is such a CTA is
/// checked when the address is used.
template <class T>
Outcome mapAddress(Exec &x, const Inst &i) {
  T *target = x.target<T>(i.op[0]);
  const T *address = x.source<T>(i.op[1]);
  const uint32_t *rank = x.source<uint32_t>(i.op[2]);
  x.forLanes([&](unsigned lane) {
    constexpr T field = T(0xff) << rankShift;
    target[lane] = (address[lane] & ~field) | T(std::min(rank[lane], 254u) + 1)
                                                  << rankShift;
  });
  return Outcome::Next;
}

template <class T>
Outcome rankOf(Exec &x, const Inst &i) {
  const T *address = x.source<T>(i.op[1]);
  x.forLanes([&](unsigned lane) {
    uint32_t field = address[lane] >> rankShift & 0xff;
    x.target<uint32_t>(i.op[0])[lane] = field ? field - 1 : x.cta().rank;
  });
  return Outcome::Next;
}

void decodeMap(InstDecoder &d) {
  d.space();
  Type type = d.type();
  d.operands(3);
  d.inst.op[0] = d.to(0, type);
  d.inst.op[1] = d.from(1, type);
  d.inst.op[2] = d.from(2, Type::U32);
  d.run(sizeOf(type) == 8 ? mapAddress<uint64_t> : mapAddress<uint32_t>);
}

void decodeRank(InstDecoder &d) {
  d.space();
  Type type = d.type();
  d.operands(2);
  d.inst.op[0] = d.to(0, Type::U32);
  d.inst.op[1] = d.from(1, type);
  d.run(sizeOf(type) == 8 ? rankOf<uint64_t> : rankOf<uint32_t>);
}

} // namespace

void quantc::emulator::decodeClusterBarrier(InstDecoder &d) {
  int kind = d.acceptOneOf({"arrive", "wait"});
  if (kind < 0)
    d.fail("expected .arrive or .wait");
  bool relaxed = d.accept("relaxed");
  d.acceptOneOf({"release", "acquire"});
  bool aligned = d.accept("aligned");
  d.operands(0);
  d.inst.immediate = !relaxed;
  d.run(kind == 0 ? arrive : wait, Flow::Collective,
        aligned ? Gather::Warp : Gather::Any);
}

const OpcodeTable quantc::emulator::clusterOpcodes = {
    {"mapa", decodeMap},
    {"getctarank", decodeRank},
};
