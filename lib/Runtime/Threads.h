//===- Threads.h - threads that share the pieces of a task ------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_RUNTIME_THREADS_H
#define QUANTC_LIB_RUNTIME_THREADS_H

#include "quantc/Runtime/quantc_model.h"

#include <atomic>
#include <cfenv>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace quantc::runtime {

/// A fixed number of threads, of which the caller of `run` is one. Each has its
/// share of the indices of a task, the same one of every task, because what it
/// has written is in its cache; who is done with it takes from the others'.
/// They spin for a moment after a task, because models have the next one ready
/// soon, and then sleep.
class Threads {
public:
  using Task = void(void *argument, int64_t index);

  /// Throws std::system_error where a thread cannot be started.
  explicit Threads(int64_t count);
  Threads(const Threads &) = delete;
  Threads &operator=(const Threads &) = delete;
  ~Threads();

  const quantc_parallel &getParallel() const { return parallel; }

  /// Calls `task` for each index below `count` and returns when all calls have.
  /// A second call at the same time, or from inside a task, runs on its own
  /// thread alone.
  void run(int64_t count, Task *task, void *argument);

private:
  /// Indices that one of the threads takes first.
  struct alignas(64) Share {
    std::atomic<int64_t> next{0};
    int64_t end = 0;
  };

  void work(size_t self);
  void join(size_t self, uint64_t &lastTask);
  void takeIndices(size_t self);
  void stop();

  /// The task that is being run, written while nobody has joined.
  struct {
    Task *task = nullptr;
    void *argument = nullptr;
    /// The caller's rounding and denormal modes: results must not depend on
    /// who computes them.
    std::fenv_t environment;
  } current;
  std::vector<Share> shares;
  /// Bit 0: there is a task to join; bits 1 to 31: how many threads have; bits
  /// 32 and up: the task's number.
  alignas(64) std::atomic<uint64_t> state{0};
  std::atomic<bool> busy{false}, stopping{false};
  std::atomic<int64_t> sleepers{0};

  std::mutex mutex;
  std::condition_variable started, finished;
  quantc_parallel parallel;
  std::vector<std::thread> threads;
};

} // namespace quantc::runtime

#endif // QUANTC_LIB_RUNTIME_THREADS_H
