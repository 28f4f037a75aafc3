//===- Warp.cpp - 32 lanes and where each of them is ----------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Exec.h"

#include <algorithm>
#include <cstring>

using namespace quantc::emulator;

/// How long a split runs before others get their turn: spinning lanes must
/// not starve those they wait for.
static constexpr uint64_t turnLength = 4096;

Frame *Warp::enter(const Function &function, Frame *parent, uint32_t returnPc,
                   uint32_t lanes) {
  // Lanes that make the same call at different times share its frame, so that
  // they can join inside.
  for (Frame &known : frames)
    if (known.parent == parent && known.returnPc == returnPc &&
        known.function == &function && parent) {
      known.lanes |= lanes;
      return &known;
    }
  Frame &fresh = frames.emplace_back();
  fresh.function = &function;
  fresh.parent = parent;
  fresh.returnPc = returnPc;
  fresh.localBase =
      parent ? parent->localBase + parent->function->localBytes : 0;
  fresh.lanes = lanes;
  fresh.registers.reset(new char[function.frameBytes]);
  // Registers start undefined: zeros, or noise where order is random.
  if (cta->cluster->launch.options.order == Order::Random)
    for (uint32_t i = 0; i < function.frameBytes; ++i)
      fresh.registers[i] = static_cast<char>(cta->cluster->random.next());
  else
    std::memset(fresh.registers.get(), 0, function.frameBytes);
  reserveLocal(fresh.localBase + function.localBytes);
  return &fresh;
}

void Warp::leave(Frame *frame, uint32_t lanes) {
  frame->lanes &= ~lanes;
  if (frame->lanes == 0)
    frames.remove_if([&](const Frame &each) { return &each == frame; });
}

void Warp::reserveLocal(uint32_t bytes) {
  if (bytes <= localStride)
    return;
  uint32_t stride = (std::max(bytes, localStride * 2) + 15) / 16 * 16;
  std::vector<char> larger(uint64_t(stride) * warpSize);
  for (unsigned lane = 0; lane < warpSize && localStride; ++lane)
    std::memcpy(larger.data() + uint64_t(lane) * stride,
                local.data() + uint64_t(lane) * localStride, localStride);
  local = std::move(larger);
  localStride = stride;
}

Split *Warp::choose() {
  if (splits.size() == 1)
    return splits[0].state == Split::State::Ready ? &splits[0] : nullptr;
  Split *ready[warpSize];
  size_t count = 0;
  for (Split &split : splits)
    if (split.state == Split::State::Ready)
      ready[count++] = &split;
  if (count == 0)
    return nullptr;
  Order order = cta->cluster->launch.options.order;
  if (order == Order::Random)
    return ready[cta->cluster->random.below(count)];
  // Lanes that are behind catch up first, so that paths join where they meet.
  std::sort(ready, ready + count, [&](Split *a, Split *b) {
    return order == Order::Latest ? a->pc > b->pc : a->pc < b->pc;
  });
  return ready[turn / turnLength % count];
}

uint64_t Warp::run(uint64_t budget) {
  for (Split &split : splits)
    if (split.state == Split::State::Waiting && split.wait.ready &&
        split.wait.ready(*this, split)) {
      split.state = Split::State::Ready;
      split.resumed = true;
    }
  uint64_t count = 0;
  while (count < budget && !finished()) {
    if (splits.size() > 1)
      mergeSplits();
    Split *split = choose();
    if (!split)
      break;
    Split before = *split; // stepping may move the splits
    try {
      step(*split);
    } catch (const Fault &fault) {
      raise(fault, before);
    }
    ++turn;
    ++count;
  }
  executed += count;
  return count;
}

void Warp::mergeSplits() {
  auto joinable = [](const Split &split) {
    return split.state != Split::State::Waiting && !split.resumed;
  };
  for (size_t i = 0; i < splits.size(); ++i)
    for (size_t j = i + 1; j < splits.size();) {
      Split &a = splits[i], &b = splits[j];
      if (a.frame != b.frame || a.pc != b.pc || !joinable(a) || !joinable(b)) {
        ++j;
        continue;
      }
      a.lanes |= b.lanes;
      a.state = Split::State::Ready; // may be complete now
      splits.erase(splits.begin() + j);
    }
}

/// Splits off `lanes`, which stay at the pc; the rest goes to `otherPc`.
void Warp::separate(size_t index, uint32_t lanes, uint32_t otherPc) {
  Split rest = splits[index];
  rest.lanes &= ~lanes;
  rest.pc = otherPc;
  rest.resumed = false;
  splits[index].lanes = lanes;
  splits.push_back(rest);
}

/// Which of the active lanes may execute a collective instruction now; none
/// when all of them have to wait for others.
uint32_t Warp::gather(Split &split, const Inst &inst, uint32_t active) {
  uint32_t needed = active;
  if (inst.gather == Gather::Any)
    return active;
  if (inst.gather == Gather::Member) {
    uint32_t complete = membersPresent(split, inst, active);
    if (complete)
      return complete;
    needed = Exec(*this, split, active)
                 .source<uint32_t>(
                     inst.op[Inst::memberOperand])[__builtin_ctz(active)];
  } else {
    needed = live;
    if (inst.gather == Gather::Full && live != allLanes)
      throw Fault{Check::DivergentBarrier, -1,
                  "needs all 32 lanes of the warp, but some have exited or "
                  "never existed"};
    if ((active & needed) == needed)
      return active;
  }
  split.state = Split::State::Gathering;
  split.wait = {nullptr, "other lanes of its warp", needed, 0};
  return 0;
}

/// The first group of lanes that name each other and are all here.
uint32_t Warp::membersPresent(Split &split, const Inst &inst, uint32_t active) {
  Exec exec(*this, split, active);
  const uint32_t *members = exec.source<uint32_t>(inst.op[Inst::memberOperand]);
  for (uint32_t rest = active; rest;) {
    unsigned first = __builtin_ctz(rest);
    uint32_t needed = members[first], same = 0;
    exec.forLanes([&](unsigned lane) {
      same |= uint32_t(members[lane] == needed) << lane;
    });
    if (uint32_t unnamed = same & ~needed)
      throw Fault{Check::DivergentBarrier, __builtin_ctz(unnamed),
                  "the member mask " + hex(needed) +
                      " does not name the executing lane"};
    if (needed & ~live)
      throw Fault{Check::DivergentBarrier, static_cast<int>(first),
                  "the member mask " + hex(needed) +
                      " names lanes that have exited: " + hex(needed & ~live)};
    if ((same & needed) == needed)
      return same;
    rest &= ~same;
  }
  return 0;
}

void Warp::step(Split &split) {
  const Inst &inst = split.frame->function->code[split.pc];
  uint32_t active = split.lanes;
  if (inst.guarded) {
    Exec exec(*this, split, active);
    uint32_t guard = exec.predicate(inst.guard);
    active &= inst.guardNegated ? ~guard : guard;
  }
  switch (inst.flow) {
  case Flow::Plain:
    if (active) {
      Exec exec(*this, split, active);
      inst.run(exec, inst);
    }
    ++split.pc;
    return;
  case Flow::Branch:
    return branch(split, active, inst.immediate);
  case Flow::Collective: {
    if (!active) {
      ++split.pc;
      return;
    }
    size_t index = &split - splits.data();
    if (active != split.lanes)
      separate(index, active, split.pc + 1);
    if (!splits[index].resumed) {
      uint32_t present = gather(splits[index], inst, active);
      if (!present)
        return;
      if (present != active)
        separate(index, active = present, splits[index].pc);
    }
    Split &mine = splits[index];
    Exec exec(*this, mine, active);
    if (inst.run(exec, inst) == Outcome::Next) {
      mine.resumed = false;
      ++mine.pc;
    } else {
      mine.state = Split::State::Waiting;
      mine.resumed = false;
    }
    return;
  }
  case Flow::IndirectBranch: {
    Exec exec(*this, split, active);
    if (!active)
      ++split.pc;
    else { // the lanes that go where the first one goes
      const uint32_t *index = exec.source<uint32_t>(inst.op[0]);
      unsigned first = __builtin_ctz(active);
      uint32_t same = 0, chosen = index[first];
      exec.forLanes([&](unsigned lane) {
        same |= uint32_t(index[lane] == chosen) << lane;
      });
      const auto &targets =
          static_cast<const BranchTargets *>(inst.payload)->targets;
      if (chosen >= targets.size())
        throw Fault{Check::OutOfBounds, static_cast<int>(first),
                    "index " + std::to_string(chosen) + " of " +
                        std::to_string(targets.size()) + " branch targets"};
      uint32_t target = targets[chosen];
      if (same != split.lanes) {
        size_t at = &split - splits.data();
        separate(at, same, active == split.lanes ? split.pc : split.pc + 1);
        splits[at].pc = target;
      } else {
        split.pc = target;
      }
    }
    return;
  }
  case Flow::Call:
  case Flow::Return:
  case Flow::Exit:
    break;
  }
  if (!active) {
    ++split.pc;
    return;
  }
  size_t index = &split - splits.data();
  if (active != split.lanes)
    separate(index, active, split.pc + 1);
  if (inst.flow == Flow::Call)
    call(splits[index], inst);
  else if (inst.flow == Flow::Return && splits[index].frame->parent)
    returnFrom(splits[index], active);
  else
    exit(splits[index], active);
}

void Warp::branch(Split &split, uint32_t taken, uint32_t target) {
  if (taken == split.lanes) {
    split.pc = target;
  } else if (taken == 0) {
    ++split.pc;
  } else {
    uint32_t next = split.pc + 1;
    size_t index = &split - splits.data();
    separate(index, taken, next);
    splits[index].pc = target;
  }
}

void Warp::call(Split &split, const Inst &inst) {
  const auto &target = *static_cast<const CallTarget *>(inst.payload);
  constexpr unsigned maxDepth = 1024;
  unsigned depth = 0;
  for (Frame *each = split.frame; each; each = each->parent)
    if (++depth > maxDepth)
      throw Fault{Check::OutOfBounds, -1, "more than 1024 nested calls"};
  Frame *caller = split.frame;
  Frame *callee = enter(*target.function, caller, split.pc + 1, split.lanes);
  Exec exec(*this, split, split.lanes);
  for (const CallTarget::Copy &copy : target.arguments)
    exec.forLanes([&](unsigned lane) {
      char *base = local.data() + uint64_t(lane) * localStride;
      std::memcpy(base + callee->localBase + copy.callee,
                  base + caller->localBase + copy.caller, copy.bytes);
    });
  split.frame = callee;
  split.pc = 0;
}

void Warp::returnFrom(Split &split, uint32_t lanes) {
  Frame *callee = split.frame, *caller = callee->parent;
  split.pc = callee->returnPc;
  split.frame = caller;
  const Inst &inst = caller->function->code[split.pc - 1];
  const auto &target = *static_cast<const CallTarget *>(inst.payload);
  Exec exec(*this, split, lanes);
  for (const CallTarget::Copy &copy : target.results)
    exec.forLanes([&](unsigned lane) {
      char *base = local.data() + uint64_t(lane) * localStride;
      std::memcpy(base + caller->localBase + copy.caller,
                  base + callee->localBase + copy.callee, copy.bytes);
    });
  leave(callee, lanes);
}

void Warp::exit(Split &split, uint32_t lanes) {
  live &= ~lanes;
  splits.erase(splits.begin() + (&split - splits.data()));
  cta->liveThreads -= __builtin_popcount(lanes);
  cta->cluster->progress();
  if (!live) { // what is still in flight takes effect
    for (auto &op : asyncOps)
      if (op->lanes) {
        uint32_t rest = std::exchange(op->lanes, 0);
        op->apply(rest);
      }
    asyncOps.clear();
  }
  for (NamedBarrier &barrier : cta->barriers)
    cta->update(barrier);
  cta->cluster->updateClusterBarrier();
  for (Split &other : splits) // fewer lanes to wait for
    if (other.state == Split::State::Gathering)
      other.state = Split::State::Ready;
}
