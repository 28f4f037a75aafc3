//===- ThreadsTest.cpp - threads that share the pieces of a task ----------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Runtime/quantc_runtime.h"

#include "gtest/gtest.h"
#include <atomic>
#include <cfenv>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

namespace {

struct Stop {
  void operator()(quantc_threads *threads) const {
    quantc_threads_stop(threads);
  }
};
using ThreadsPtr = std::unique_ptr<quantc_threads, Stop>;

ThreadsPtr start(int64_t count) {
  return ThreadsPtr(quantc_threads_start(count));
}

/// Calls `body(index)` on the threads.
template <typename Body>
void share(const ThreadsPtr &threads, int64_t count, Body body) {
  const quantc_parallel *parallel = quantc_threads_parallel(threads.get());
  parallel->run(
      parallel->context, count,
      [](void *argument, int64_t index) {
        (*static_cast<Body *>(argument))(index);
      },
      &body);
}

TEST(ThreadsTest, runEveryIndexOnce) {
  for (int64_t size : {1, 2, 3, 7, 16}) {
    ThreadsPtr threads = start(size);
    ASSERT_TRUE(threads);
    EXPECT_EQ(quantc_threads_parallel(threads.get())->threads, size);
    for (int64_t count = 0; count < 300; ++count) {
      // Without synchronization: no index runs twice, and all are done.
      std::vector<int> calls(count);
      share(threads, count, [&](int64_t index) { ++calls[index]; });
      EXPECT_EQ(calls, std::vector<int>(count, 1));
    }
  }
}

TEST(ThreadsTest, runAgainAfterSleep) {
  ThreadsPtr threads = start(4);
  for (int round = 0; round < 20; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    std::atomic<int64_t> sum{0};
    share(threads, 100, [&](int64_t index) { sum += index; });
    EXPECT_EQ(sum, 4950);
  }
}

TEST(ThreadsTest, workAtTheSameTime) {
  // Each index waits for the other: one thread alone would wait forever.
  ThreadsPtr threads = start(2);
  std::atomic<int> arrived{0};
  share(threads, 2, [&](int64_t) {
    ++arrived;
    while (arrived < 2)
      std::this_thread::yield();
  });
  EXPECT_EQ(arrived, 2);
}

TEST(ThreadsTest, slowIndicesKeepNobodyFromTheRest) {
  ThreadsPtr threads = start(2);
  std::atomic<int> done{0};
  share(threads, 50, [&](int64_t index) {
    // The first index ends when all others have been run by the other thread.
    if (index == 0)
      while (done < 49)
        std::this_thread::yield();
    ++done;
  });
  EXPECT_EQ(done, 50);
}

TEST(ThreadsTest, nestedRunsStayOnTheirThread) {
  ThreadsPtr threads = start(3);
  std::atomic<int> calls{0};
  share(threads, 20, [&](int64_t) {
    auto own = std::this_thread::get_id();
    share(threads, 20, [&](int64_t) {
      EXPECT_EQ(std::this_thread::get_id(), own);
      ++calls;
    });
  });
  EXPECT_EQ(calls, 400);
}

TEST(ThreadsTest, callersMayOverlap) {
  ThreadsPtr threads = start(3);
  std::vector<std::thread> callers;
  std::atomic<int64_t> total{0};
  for (int caller = 0; caller < 4; ++caller)
    callers.emplace_back([&] {
      for (int round = 0; round < 300; ++round) {
        std::vector<int64_t> results(37);
        share(threads, 37, [&](int64_t index) { results[index] = index; });
        for (int64_t result : results)
          total += result;
      }
    });
  for (std::thread &caller : callers)
    caller.join();
  EXPECT_EQ(total, 4 * 300 * (36 * 37 / 2));
}

TEST(ThreadsTest, startAndStop) {
  for (int round = 0; round < 200; ++round) {
    ThreadsPtr threads = start(round % 5);
    ASSERT_TRUE(threads);
    if (round % 3)
      share(threads, round % 7, [](int64_t) {});
  }
  quantc_threads_stop(nullptr);
}

TEST(ThreadsTest, computeInTheCallersRoundingMode) {
  ThreadsPtr threads = start(2);
  std::fesetround(FE_UPWARD);
  std::atomic<int> arrived{0};
  int modes[2] = {};
  share(threads, 2, [&](int64_t index) {
    modes[index] = std::fegetround();
    ++arrived;
    while (arrived < 2)
      std::this_thread::yield();
  });
  std::fesetround(FE_TONEAREST);
  EXPECT_EQ(modes[0], FE_UPWARD);
  EXPECT_EQ(modes[1], FE_UPWARD);
}

} // namespace
