//===- Cluster.cpp - CTAs that run together -------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Exec.h"

#include <algorithm>
#include <cstring>

using namespace quantc::emulator;

static void initWarp(Warp &warp, Cta &cta, uint32_t index, Launch &launch) {
  warp.cta = &cta;
  warp.index = index;
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    uint32_t thread = index * warpSize + lane;
    if (thread < launch.threadsPerCta)
      warp.started |= 1u << lane;
    warp.tid[0][lane] = thread % launch.block[0];
    warp.tid[1][lane] = thread / launch.block[0] % launch.block[1];
    warp.tid[2][lane] = thread / launch.block[0] / launch.block[1];
  }
  warp.live = warp.started;
  if (launch.options.races)
    warp.clocks.resize(warpSize);
  Split split;
  split.lanes = warp.started;
  split.frame =
      warp.enter(*launch.program->functions[0], nullptr, 0, split.lanes);
  warp.splits.push_back(split);
}

Cluster::Cluster(Launch &launch, uint32_t linear)
    : launch(launch), linear(linear), ctas(launch.clusterSize),
      random(launch.options.seed * 0x10001 + linear) {
  nextActor = launch.clusterSize * launch.threadsPerCta;
  const uint32_t *shape = launch.cluster;
  uint32_t across[3];
  for (int axis = 0; axis < 3; ++axis)
    across[axis] = launch.grid[axis] / shape[axis];
  uint32_t origin[3] = {linear % across[0], linear / across[0] % across[1],
                        linear / across[0] / across[1]};
  for (uint32_t rank = 0; rank < launch.clusterSize; ++rank) {
    Cta &cta = ctas[rank];
    cta.cluster = this;
    cta.rank = rank;
    uint32_t local[3] = {rank % shape[0], rank / shape[0] % shape[1],
                         rank / shape[0] / shape[1]};
    for (int axis = 0; axis < 3; ++axis)
      cta.id[axis] = origin[axis] * shape[axis] + local[axis];
    cta.liveThreads = launch.threadsPerCta;
    cta.sharedSize =
        reservedShared + launch.program->staticShared + launch.dynamicShared;
    constexpr uint64_t alignment = 1024;
    cta.sharedStorage.assign(cta.sharedSize + alignment, '\xcd');
    uint64_t start = reinterpret_cast<uint64_t>(cta.sharedStorage.data());
    cta.shared = cta.sharedStorage.data() +
                 ((start + alignment - 1) / alignment * alignment - start);
    if (launch.options.races || launch.options.uninitialized)
      cta.shadow.resize(cta.sharedSize);
    cta.warps.resize((launch.threadsPerCta + warpSize - 1) / warpSize);
    for (uint32_t i = 0; i < cta.warps.size(); ++i) {
      initWarp(cta.warps[i], cta, i, launch);
      order.push_back(&cta.warps[i]);
    }
  }
  if (launch.options.order == Order::Latest)
    std::reverse(order.begin(), order.end());
}

Cluster::Progress Cluster::step() {
  constexpr uint64_t budget = 2048;
  bool chance = launch.options.order == Order::Random;
  if (chance)
    for (size_t i = order.size(); i > 1; --i)
      std::swap(order[i - 1], order[random.below(i)]);
  uint64_t before = executed;
  bool applied = false;
  for (Warp *warp : order) {
    if (warp->finished())
      continue;
    executed += warp->run(chance ? 1 + random.below(64) : budget);
    if (launch.options.async == Order::Random && random.below(4) == 0)
      applied |= applyOne(true);
  }
  if (liveThreads() == 0)
    return Progress::Done;
  // Waiting in vain, also by testing again and again, forces the hand of an
  // operation that may take effect late.
  bool stuck = executed == before && !applied;
  if ((stuck || polls > 64) && applyOne(stuck))
    return Progress::Some;
  if (executed - lastProgress > launch.options.patience)
    return Progress::None;
  return stuck ? Progress::None : Progress::Some;
}

uint32_t Cluster::liveThreads() const {
  uint32_t live = 0;
  for (const Cta &cta : ctas)
    live += cta.liveThreads;
  return live;
}

void Cluster::updateClusterBarrier() {
  if (arrived == 0 || arrived < liveThreads())
    return;
  arrived = 0;
  ++generation;
  completed = std::exchange(view, View());
  progress();
}

void Cluster::reportStuck() {
  // The most telling place: lanes that wait for others of their warp.
  const Warp *where = nullptr;
  const Split *which = nullptr;
  std::string others;
  unsigned count = 0;
  for (Cta &cta : ctas)
    for (Warp &warp : cta.warps)
      for (Split &split : warp.splits) {
        bool gathers = split.state == Split::State::Gathering;
        if (!which || (gathers && which->state != Split::State::Gathering)) {
          where = &warp;
          which = &split;
        }
        if (++count <= 8) {
          const Function &function = *split.frame->function;
          others +=
              "\n    CTA " + std::to_string(cta.rank) +
              " of the cluster, warp " + std::to_string(warp.index) +
              ", lanes " + hex(split.lanes) + ": PTX line " +
              std::to_string(
                  function.source->body[function.code[split.pc].source].line) +
              (split.state == Split::State::Ready
                   ? ", running"
                   : std::string(", waits for ") + split.wait.what);
        }
      }
  if (count > 8)
    others += "\n    and " + std::to_string(count - 8) + " more";
  bool divergent = which->state == Split::State::Gathering;
  bool running = which->state == Split::State::Ready;
  Finding finding = where->describe(
      divergent ? Check::DivergentBarrier : Check::Deadlock, -1,
      divergent
          ? "lanes " + hex(which->lanes) + " wait here for the others of " +
                hex(which->wait.a) + ", which never come"
      : running ? "no progress for " + std::to_string(launch.options.patience) +
                      " instructions"
                : "no thread can go on",
      *which);
  finding.place += "\n  threads:" + others;
  throw finding;
}

std::string Cluster::nameOf(Actor actor) const {
  auto triple = [](const uint32_t *v) {
    return "(" + std::to_string(v[0]) + "," + std::to_string(v[1]) + "," +
           std::to_string(v[2]) + ")";
  };
  auto thread = [&](const Cta &cta, uint32_t index) {
    const Warp &warp = cta.warps[index / warpSize];
    uint32_t tid[3];
    for (int axis = 0; axis < 3; ++axis)
      tid[axis] = warp.tid[axis][index % warpSize];
    return "thread " + triple(tid) + " of CTA " + triple(cta.id);
  };
  uint32_t threads = launch.threadsPerCta;
  if (actor < threads * ctas.size())
    return thread(ctas[actor / threads], actor % threads);
  static const char *const names[streamCount] = {"cp.async", "cp.async.bulk",
                                                 "cp.async.bulk", "wgmma"};
  for (const Cta &cta : ctas) {
    for (const Warp &warp : cta.warps)
      for (unsigned s = 0; s < streamCount; ++s)
        for (unsigned lane = 0; lane < warpSize; ++lane)
          if (warp.streamActor[s][lane] == actor)
            return std::string("a ") + names[s] + " of " +
                   thread(cta, warp.index * warpSize + lane);
    for (const MBarrier &barrier : cta.mbarriers)
      if (barrier.actor == actor)
        return "a bulk copy that completes on the mbarrier at " +
               hex(barrier.offset) + " of CTA " + triple(cta.id);
  }
  return "an asynchronous operation";
}

MBarrier *Cta::findMBarrier(uint32_t offset) {
  for (MBarrier &barrier : mbarriers)
    if (barrier.offset == offset)
      return &barrier;
  return nullptr;
}

void Cta::update(NamedBarrier &barrier) {
  uint32_t expected = barrier.expected ? barrier.expected : liveThreads;
  if (barrier.arrived == 0 || barrier.arrived < expected)
    return;
  barrier.completed = std::exchange(barrier.view, View());
  barrier.result = std::exchange(barrier.votes, 0);
  barrier.resultOf = barrier.arrived;
  barrier.arrived = 0;
  barrier.expected = 0;
  ++barrier.generation;
  cluster->progress();
}

void Cta::update(MBarrier &barrier) {
  while (barrier.pending == 0 && barrier.transactions == 0) {
    barrier.pending = barrier.expected;
    ++barrier.phase;
    barrier.completed = std::exchange(barrier.view, View());
    if (cluster->checksRaces()) // and the bulk copies of the phase
      barrier.completed.generic =
          raise(barrier.completed.generic,
                {{barrier.actor, static_cast<uint32_t>(barrier.phase)}});
    cluster->progress();
    if (barrier.expected)
      break;
  }
}
