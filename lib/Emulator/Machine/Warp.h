//===- Warp.h - 32 lanes and where each of them is --------------*- C++ -*- C++
//-*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Lanes that are at the same instruction form a split and execute together;
// a divergent branch makes two splits, which join when they meet again. Every
// split makes progress (independent thread scheduling since Volta), so
// collective instructions wait for the lanes they name.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_EMULATOR_MACHINE_WARP_H
#define QUANTC_EMULATOR_MACHINE_WARP_H

#include "../Checks/Clock.h"
#include "../Checks/Report.h"
#include "Program.h"

#include <list>
#include <memory>
#include <vector>

namespace quantc::emulator {

struct Cta;
struct Warp;
struct Split;

/// Registers of one call of a function, for the lanes that take part.
struct Frame {
  const Function *function = nullptr;
  Frame *parent = nullptr;
  uint32_t returnPc = 0;
  uint32_t localBase = 0; ///< of its variables in the lanes' local memory
  uint32_t lanes = 0;     ///< that have not returned
  std::unique_ptr<char[]> registers;
};

/// Why a split does not run, and when it will.
struct Wait {
  using Ready = bool (*)(const Warp &, const Split &);
  Ready ready = nullptr; ///< null: woken by others
  const char *what = "";
  uint64_t a = 0, b = 0; ///< of the instruction family
};

struct Split {
  enum class State : uint8_t {
    Ready,
    Gathering, ///< waits for more lanes at a collective instruction
    Waiting,
  };
  Frame *frame = nullptr;
  uint32_t pc = 0;
  uint32_t lanes = 0;
  State state = State::Ready;
  bool resumed = false; ///< the wait of the instruction at pc is over
  Wait wait;
};

/// What the race check keeps of a thread.
struct ThreadClock {
  View view;
  uint32_t epoch = 1;
  View released; ///< at its last fence: what a relaxed store then publishes
  View acquired; ///< by relaxed loads: known after the next fence
};

/// Streams of asynchronous operations that a thread waits for by groups. Bulk
/// copies read (BulkRead) and write (Bulk) as two actors, since a thread may
/// wait for the reads alone.
enum class Stream : uint8_t { Copy, Bulk, BulkRead, Wgmma };
constexpr unsigned streamCount = 4;

/// An operation that takes effect some time between issue and wait.
struct AsyncOp {
  virtual ~AsyncOp() = default;
  /// Takes effect for some of the remaining lanes.
  virtual void apply(uint32_t lanes) = 0;

  Stream stream = Stream::Copy;
  bool grouped = true;      ///< waited for by groups, else by an mbarrier
  uint32_t lanes = 0;       ///< for which it has not taken effect
  uint32_t group[warpSize]; ///< of each lane's stream
};

struct Warp {
  Cta *cta = nullptr;
  uint32_t index = 0;
  uint32_t live = 0;    ///< lanes that have not exited
  uint32_t started = 0; ///< lanes that exist
  std::vector<Split> splits;
  std::list<Frame> frames;
  std::vector<char> local; ///< localStride bytes per lane
  uint32_t localStride = 0;
  uint32_t tid[3][warpSize];
  std::vector<ThreadClock> clocks; ///< empty when races are not checked
  std::vector<std::unique_ptr<AsyncOp>> asyncOps;
  /// Groups committed so far, and the actor of each stream (0: none yet).
  uint32_t committed[streamCount][warpSize] = {};
  Actor streamActor[streamCount][warpSize] = {};
  uint32_t clusterArrived = 0; ///< lanes between arrive and wait
  uint64_t clusterPhase[warpSize] = {};
  View barrierView; ///< of the last bar.warp.sync
  /// Checksum of the accumulators as the last wgmma left them, 0: none yet.
  uint64_t wgmmaSum = 0;
  bool wgmmaFenced = false; ///< since the last wgmma
  uint64_t turn = 0;        ///< splits take turns
  uint64_t executed = 0;

  /// Executes up to `budget` instructions; returns how many.
  uint64_t run(uint64_t budget);
  bool finished() const { return live == 0; }

  Frame *enter(const Function &function, Frame *parent, uint32_t returnPc,
               uint32_t lanes);
  /// Lanes that leave a frame; frees it with the last.
  void leave(Frame *frame, uint32_t lanes);
  /// Local memory of a lane; grows on demand.
  void reserveLocal(uint32_t bytes);

  /// Applies what has to be complete: groups up to `allowed` may be pending.
  void waitForGroups(Stream stream, uint32_t lanes, uint32_t allowed);
  /// Starts an operation; it takes effect now or later as the options say.
  void issue(std::unique_ptr<AsyncOp> op);

  [[noreturn]] void raise(const Fault &fault, const Split &split) const;
  Finding describe(Check check, int lane, const std::string &message,
                   const Split &split) const;

private:
  Split *choose();
  void step(Split &split);
  uint32_t gather(Split &split, const Inst &inst, uint32_t active);
  uint32_t membersPresent(Split &split, const Inst &inst, uint32_t active);
  void branch(Split &split, uint32_t taken, uint32_t target);
  void call(Split &split, const Inst &inst);
  void returnFrom(Split &split, uint32_t lanes);
  void exit(Split &split, uint32_t lanes);
  void separate(size_t index, uint32_t lanes, uint32_t otherPc);
  void mergeSplits();
};

} // namespace quantc::emulator

#endif // QUANTC_EMULATOR_MACHINE_WARP_H
