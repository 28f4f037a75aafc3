//===- Threads.cpp - threads that share the pieces of a task --------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Threads.h"

#include "quantc/Runtime/quantc_runtime.h"

#include <algorithm>
#include <new>
#include <system_error>

using quantc::runtime::Threads;

namespace {

constexpr uint64_t openBit = 1, joinedUnit = 2, numberUnit = uint64_t(1) << 32;

/// Some tens of microseconds: what waking a thread that sleeps takes.
constexpr int spins = 1000;

void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// Whether `condition` came true soon.
template <typename Condition>
bool spinUntil(Condition condition) {
  for (int i = 0; i < spins; ++i) {
    if (condition())
      return true;
    relax();
  }
  return false;
}

uint64_t getNumber(uint64_t state) { return state / numberUnit; }

} // namespace

Threads::Threads(int64_t count) : shares(count < 1 ? 1 : count) {
  parallel.context = this;
  parallel.threads = count;
  parallel.run = [](void *context, int64_t count, Task *task, void *argument) {
    static_cast<Threads *>(context)->run(count, task, argument);
  };
  try {
    for (size_t self = 1; self < shares.size(); ++self)
      threads.emplace_back([this, self] { work(self); });
  } catch (...) {
    stop();
    throw;
  }
}

Threads::~Threads() { stop(); }

void Threads::stop() {
  {
    std::lock_guard<std::mutex> lock(mutex);
    stopping = true;
  }
  started.notify_all();
  for (std::thread &thread : threads)
    thread.join();
}

void Threads::takeIndices(size_t self) {
  for (size_t i = 0; i < shares.size(); ++i) {
    Share &share = shares[(self + i) % shares.size()];
    for (int64_t index; (index = share.next.fetch_add(
                             1, std::memory_order_relaxed)) < share.end;)
      current.task(current.argument, index);
  }
}

void Threads::run(int64_t count, Task *task, void *argument) {
  if (count < 2 || threads.empty() ||
      busy.exchange(true, std::memory_order_acquire)) {
    for (int64_t index = 0; index < count; ++index)
      task(argument, index);
    return;
  }
  current.task = task;
  current.argument = argument;
  std::fegetenv(&current.environment);
  int64_t size = shares.size();
  // Without a product that could overflow.
  auto begin = [&](int64_t i) {
    return count / size * i + std::min(i, count % size);
  };
  for (int64_t i = 0; i < size; ++i) {
    shares[i].next.store(begin(i), std::memory_order_relaxed);
    shares[i].end = begin(i + 1);
  }
  // Before `sleepers` is read: a thread counts itself before it looks at the
  // state for the last time, so that one of the two sees the other.
  uint64_t number = getNumber(state.load(std::memory_order_relaxed)) + 1;
  state.store(number * numberUnit + openBit, std::memory_order_seq_cst);
  if (sleepers.load(std::memory_order_seq_cst) > 0) {
    {
      std::lock_guard<std::mutex> lock(mutex);
    }
    started.notify_all();
  }

  takeIndices(/*self=*/0);
  // Nobody joins any more; whoever has is at its last index.
  state.fetch_sub(openBit, std::memory_order_acq_rel);
  auto isDone = [&] {
    return state.load(std::memory_order_acquire) % numberUnit == 0;
  };
  if (!spinUntil(isDone)) {
    std::unique_lock<std::mutex> lock(mutex);
    finished.wait(lock, isDone);
  }
  busy.store(false, std::memory_order_release);
}

/// Joins the current task, if it is another than `lastTask`.
void Threads::join(size_t self, uint64_t &lastTask) {
  uint64_t seen = state.load(std::memory_order_relaxed);
  do {
    if (!(seen & openBit) || getNumber(seen) == lastTask)
      return;
  } while (!state.compare_exchange_weak(seen, seen + joinedUnit,
                                        std::memory_order_acquire,
                                        std::memory_order_relaxed));
  lastTask = getNumber(seen);
  std::fesetenv(&current.environment);
  takeIndices(self);
  uint64_t before = state.fetch_sub(joinedUnit, std::memory_order_acq_rel);
  if (before % numberUnit == joinedUnit) {
    // The last one, and the caller may have given up spinning.
    {
      std::lock_guard<std::mutex> lock(mutex);
    }
    finished.notify_one();
  }
}

void Threads::work(size_t self) {
  uint64_t lastTask = 0;
  auto hasTask = [&] {
    uint64_t seen = state.load(std::memory_order_seq_cst);
    return (seen & openBit) && getNumber(seen) != lastTask;
  };
  while (!stopping.load(std::memory_order_acquire)) {
    if (spinUntil(hasTask)) {
      join(self, lastTask);
      continue;
    }
    std::unique_lock<std::mutex> lock(mutex);
    sleepers.fetch_add(1, std::memory_order_seq_cst);
    started.wait(lock, [&] { return stopping || hasTask(); });
    sleepers.fetch_sub(1, std::memory_order_relaxed);
  }
}

//===----------------------------------------------------------------------===//
// The C interface
//===----------------------------------------------------------------------===//

struct quantc_threads {
  explicit quantc_threads(int64_t count) : threads(count) {}
  Threads threads;
};

quantc_threads *quantc_threads_start(int64_t count) {
  // More is a mistake, and each would take memory before it is noticed.
  constexpr int64_t maxThreads = 1 << 16;
  if (count > maxThreads)
    return nullptr;
  try {
    return new quantc_threads(count);
  } catch (const std::exception &) {
    return nullptr;
  }
}

const quantc_parallel *quantc_threads_parallel(const quantc_threads *threads) {
  return &threads->threads.getParallel();
}

void quantc_threads_stop(quantc_threads *threads) { delete threads; }
