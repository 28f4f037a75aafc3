//===- Threads.cpp - threads that share the pieces of a task --------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Threads.h"

#include "quantc/Runtime/quantc_runtime.h"

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

Threads::Threads(int64_t count) {
  parallel.context = this;
  parallel.threads = count;
  parallel.run = [](void *context, int64_t count, Task *task, void *argument) {
    static_cast<Threads *>(context)->run(count, task, argument);
  };
  try {
    for (int64_t i = 1; i < count; ++i)
      threads.emplace_back([this] { work(); });
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

void Threads::takeIndices() {
  for (int64_t index;
       (index = next.fetch_add(1, std::memory_order_relaxed)) < current.count;)
    current.task(current.argument, index);
}

void Threads::run(int64_t count, Task *task, void *argument) {
  if (count < 2 || threads.empty() ||
      busy.exchange(true, std::memory_order_acquire)) {
    for (int64_t index = 0; index < count; ++index)
      task(argument, index);
    return;
  }
  current.count = count;
  current.task = task;
  current.argument = argument;
  std::fegetenv(&current.environment);
  next.store(0, std::memory_order_relaxed);
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

  takeIndices();
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

/// Joins the current task, if it is another than `lastTask`, and returns
/// whether there was one.
bool Threads::join(uint64_t &lastTask) {
  uint64_t seen = state.load(std::memory_order_relaxed);
  do {
    if (!(seen & openBit) || getNumber(seen) == lastTask)
      return false;
  } while (!state.compare_exchange_weak(seen, seen + joinedUnit,
                                        std::memory_order_acquire,
                                        std::memory_order_relaxed));
  lastTask = getNumber(seen);
  std::fesetenv(&current.environment);
  takeIndices();
  uint64_t before = state.fetch_sub(joinedUnit, std::memory_order_acq_rel);
  if (before % numberUnit == joinedUnit) {
    // The last one, and the caller may have given up spinning.
    {
      std::lock_guard<std::mutex> lock(mutex);
    }
    finished.notify_one();
  }
  return true;
}

void Threads::work() {
  uint64_t lastTask = 0;
  auto hasTask = [&] {
    uint64_t seen = state.load(std::memory_order_seq_cst);
    return (seen & openBit) && getNumber(seen) != lastTask;
  };
  while (!stopping.load(std::memory_order_acquire)) {
    if (spinUntil(hasTask)) {
      join(lastTask);
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
