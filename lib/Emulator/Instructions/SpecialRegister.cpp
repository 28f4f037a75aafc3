//===- SpecialRegister.cpp - %tid and the like ----------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// PTX ISA, "Special Registers".
//
//===----------------------------------------------------------------------===//

#include "Families.h"

#include <chrono>

using namespace quantc::emulator;

namespace {

using Reader = uint64_t (*)(const Exec &, unsigned lane);

struct SpecialRegister {
  const char *name;
  Reader read;
};

const uint32_t *gridInClusters(const Exec &x, uint32_t *out) {
  for (int axis = 0; axis < 3; ++axis)
    out[axis] = x.launch().grid[axis] / x.launch().cluster[axis];
  return out;
}

template <int axis>
uint64_t tid(const Exec &x, unsigned lane) {
  return x.warp.tid[axis][lane];
}
template <int axis>
uint64_t ntid(const Exec &x, unsigned) {
  return x.launch().block[axis];
}
template <int axis>
uint64_t ctaid(const Exec &x, unsigned) {
  return x.cta().id[axis];
}
template <int axis>
uint64_t nctaid(const Exec &x, unsigned) {
  return x.launch().grid[axis];
}
template <int axis>
uint64_t clusterid(const Exec &x, unsigned) {
  return x.cta().id[axis] / x.launch().cluster[axis];
}
template <int axis>
uint64_t nclusterid(const Exec &x, unsigned) {
  uint32_t shape[3];
  return gridInClusters(x, shape)[axis];
}
template <int axis>
uint64_t clusterCtaid(const Exec &x, unsigned) {
  return x.cta().id[axis] % x.launch().cluster[axis];
}
template <int axis>
uint64_t clusterNctaid(const Exec &x, unsigned) {
  return x.launch().cluster[axis];
}

uint64_t nanoseconds() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

const SpecialRegister specialRegisters[] = {
    {"%tid.x", tid<0>},
    {"%tid.y", tid<1>},
    {"%tid.z", tid<2>},
    {"%ntid.x", ntid<0>},
    {"%ntid.y", ntid<1>},
    {"%ntid.z", ntid<2>},
    {"%ctaid.x", ctaid<0>},
    {"%ctaid.y", ctaid<1>},
    {"%ctaid.z", ctaid<2>},
    {"%nctaid.x", nctaid<0>},
    {"%nctaid.y", nctaid<1>},
    {"%nctaid.z", nctaid<2>},
    {"%clusterid.x", clusterid<0>},
    {"%clusterid.y", clusterid<1>},
    {"%clusterid.z", clusterid<2>},
    {"%nclusterid.x", nclusterid<0>},
    {"%nclusterid.y", nclusterid<1>},
    {"%nclusterid.z", nclusterid<2>},
    {"%cluster_ctaid.x", clusterCtaid<0>},
    {"%cluster_ctaid.y", clusterCtaid<1>},
    {"%cluster_ctaid.z", clusterCtaid<2>},
    {"%cluster_nctaid.x", clusterNctaid<0>},
    {"%cluster_nctaid.y", clusterNctaid<1>},
    {"%cluster_nctaid.z", clusterNctaid<2>},
    {"%cluster_ctarank",
     [](const Exec &x, unsigned) { return uint64_t(x.cta().rank); }},
    {"%cluster_nctarank",
     [](const Exec &x, unsigned) { return uint64_t(x.launch().clusterSize); }},
    {"%is_explicit_cluster",
     [](const Exec &x, unsigned) {
       return uint64_t(x.launch().clusterSize > 1);
     }},
    {"%laneid", [](const Exec &, unsigned lane) { return uint64_t(lane); }},
    {"%warpid", [](const Exec &x, unsigned) { return uint64_t(x.warp.index); }},
    {"%nwarpid",
     [](const Exec &x, unsigned) { return uint64_t(x.cta().warps.size()); }},
    {"%smid", [](const Exec &x,
                 unsigned) { return uint64_t(x.cluster().linear % 132); }},
    {"%nsmid", [](const Exec &, unsigned) { return uint64_t(132); }},
    {"%gridid", [](const Exec &, unsigned) { return uint64_t(1); }},
    {"%lanemask_eq",
     [](const Exec &, unsigned lane) { return uint64_t(1) << lane; }},
    {"%lanemask_lt",
     [](const Exec &, unsigned lane) { return (uint64_t(1) << lane) - 1; }},
    {"%lanemask_le",
     [](const Exec &, unsigned lane) { return (uint64_t(2) << lane) - 1; }},
    {"%lanemask_ge",
     [](const Exec &, unsigned lane) { return uint64_t(~((1u << lane) - 1)); }},
    {"%lanemask_gt",
     [](const Exec &, unsigned lane) {
       return uint64_t(uint32_t(~((uint64_t(2) << lane) - 1)));
     }},
    {"%clock",
     [](const Exec &x, unsigned) { return x.warp.executed + x.warp.turn; }},
    {"%clock_hi", [](const Exec &, unsigned) { return uint64_t(0); }},
    {"%clock64",
     [](const Exec &x, unsigned) { return x.warp.executed + x.warp.turn; }},
    {"%globaltimer", [](const Exec &, unsigned) { return nanoseconds(); }},
    {"%globaltimer_lo",
     [](const Exec &, unsigned) { return nanoseconds() & 0xffffffff; }},
    {"%globaltimer_hi",
     [](const Exec &, unsigned) { return nanoseconds() >> 32; }},
    {"%dynamic_smem_size",
     [](const Exec &x, unsigned) {
       return uint64_t(x.launch().dynamicShared);
     }},
    {"%total_smem_size",
     [](const Exec &x, unsigned) {
       return uint64_t(x.cta().sharedSize - reservedShared);
     }},
    {"%aggr_smem_size",
     [](const Exec &x, unsigned) {
       return uint64_t(x.cta().sharedSize - reservedShared);
     }},
};

template <class T>
Outcome readSpecial(Exec &x, const Inst &i) {
  T *target = x.target<T>(i.op[0]);
  Reader read = specialRegisters[i.immediate].read;
  x.forLanes([&](unsigned lane) { target[lane] = T(read(x, lane)); });
  return Outcome::Next;
}

} // namespace

Inst quantc::emulator::readSpecialRegister(const std::string &name, Slot target,
                                           Type type, InstDecoder &decoder) {
  for (const SpecialRegister &entry : specialRegisters)
    if (name == entry.name) {
      Inst result;
      result.op[0] = target;
      result.immediate = static_cast<uint32_t>(&entry - specialRegisters);
      result.run = sizeOf(type) == 8   ? readSpecial<uint64_t>
                   : sizeOf(type) == 2 ? readSpecial<uint16_t>
                                       : readSpecial<uint32_t>;
      return result;
    }
  decoder.fail("unknown register '" + name + "'");
}
