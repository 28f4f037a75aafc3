//===- Async.cpp - operations between issue and wait ----------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Cluster.h"

#include <algorithm>

using namespace quantc::emulator;

void Warp::issue(std::unique_ptr<AsyncOp> op) {
  unsigned stream = static_cast<unsigned>(op->stream);
  for (unsigned lane = 0; lane < warpSize; ++lane)
    op->group[lane] = committed[stream][lane];
  if (cta->cluster->launch.options.async == Order::Earliest) {
    uint32_t lanes = std::exchange(op->lanes, 0);
    op->apply(lanes);
    cta->cluster->progress();
    return;
  }
  asyncOps.push_back(std::move(op));
}

/// PTX ISA, "cp.async.wait_group": waits until at most `allowed` of the most
/// recent groups are pending.
void Warp::waitForGroups(Stream stream, uint32_t lanes, uint32_t allowed) {
  unsigned s = static_cast<unsigned>(stream);
  for (size_t i = 0; i < asyncOps.size(); ++i) {
    AsyncOp &op = *asyncOps[i];
    if (op.stream != stream || !op.grouped)
      continue;
    uint32_t due = 0;
    for (uint32_t rest = op.lanes & lanes; rest; rest &= rest - 1) {
      unsigned lane = __builtin_ctz(rest);
      if (op.group[lane] + allowed < committed[s][lane])
        due |= 1u << lane;
    }
    if (due) {
      op.lanes &= ~due;
      op.apply(due);
    }
  }
  asyncOps.erase(std::remove_if(asyncOps.begin(), asyncOps.end(),
                                [](const auto &op) { return !op->lanes; }),
                 asyncOps.end());
}

bool Cluster::applyOne(bool any) {
  std::vector<std::pair<Warp *, size_t>> pending;
  for (Cta &cta : ctas)
    for (Warp &warp : cta.warps)
      for (size_t i = 0; i < warp.asyncOps.size(); ++i)
        if (any || !warp.asyncOps[i]->grouped)
          pending.emplace_back(&warp, i);
  if (pending.empty())
    return false;
  bool chance = launch.options.async == Order::Random;
  auto [warp, index] = pending[chance ? random.below(pending.size()) : 0];
  // wgmmas of a warp share accumulators and execute in order.
  if (warp->asyncOps[index]->stream == Stream::Wgmma)
    for (index = 0; warp->asyncOps[index]->stream != Stream::Wgmma;)
      ++index;
  std::unique_ptr<AsyncOp> op = std::move(warp->asyncOps[index]);
  warp->asyncOps.erase(warp->asyncOps.begin() + index);
  op->apply(std::exchange(op->lanes, 0));
  progress();
  return true;
}
