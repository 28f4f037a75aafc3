//===- Shadow.h - who wrote and read each byte ------------------*- C++ -*- C++
//-*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Race detection by happens-before: two accesses to a byte, at least one a
// write, not both strong (atomic, volatile, relaxed and stronger), race unless
// the later thread knows the earlier's epoch (Clock.h). Writes by the async
// proxy after generic writes, and its reads of them, need the generic accesses
// to be known through a proxy fence.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_EMULATOR_CHECKS_SHADOW_H
#define QUANTC_EMULATOR_CHECKS_SHADOW_H

#include "Clock.h"

#include <atomic>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

namespace quantc::emulator {

/// Who accesses: the actor, its epoch, and what the issuing thread knows.
struct Origin {
  uint32_t cluster = 0;
  Actor thread = 0;   ///< the issuing thread
  Actor actor = 0;    ///< `thread`, or a stream of asynchronous operations
  uint32_t epoch = 0; ///< of `actor`
  bool asyncProxy = false;
  bool strong = false;
  uint32_t line = 0; ///< of the PTX
  const View *view = nullptr;
};

/// The other side of a race.
struct Conflict {
  bool otherWrote = false;
  bool unfenced = false; ///< ordered, but for the missing proxy fence
  uint32_t cluster = 0;
  Actor actor = 0;
  uint32_t line = 0; ///< 0: not known
};

/// Sets of readers since the last write, each stored once.
class ReaderSets {
public:
  struct Reader {
    Actor actor;
    uint32_t epoch, line;
    bool strong;
  };
  /// The set with the reader of `origin`; readers it knows of are dropped.
  uint32_t with(uint32_t set, const Origin &origin);
  const std::vector<Reader> &operator[](uint32_t set) const {
    return sets[set];
  }

private:
  std::vector<std::vector<Reader>> sets{1};
  struct Key {
    uint32_t set, actor, epoch;
    bool operator==(const Key &other) const {
      return set == other.set && actor == other.actor && epoch == other.epoch;
    }
  };
  struct Hash {
    size_t operator()(const Key &key) const {
      return (key.set * 0x9e3779b97f4a7c15u) ^
             (key.actor * 0xc2b2ae3d27d4eb4fu) ^
             (key.epoch * 0x165667b19e3779f9u);
    }
  };
  std::unordered_map<Key, uint32_t, Hash> transitions;
  Key lastKey = {~0u, 0, 0};
  uint32_t lastResult = 0;
};

/// Shadow of a CTA's shared memory: exact.
class SharedShadow {
public:
  void resize(size_t bytes) { cells.resize(bytes); }
  bool enabled() const { return !cells.empty(); }
  std::optional<Conflict> read(size_t offset, size_t bytes,
                               const Origin &origin);
  std::optional<Conflict> write(size_t offset, size_t bytes,
                                const Origin &origin);
  /// Offset of the first byte never written, relative to `offset`; or `bytes`.
  size_t firstUnwritten(size_t offset, size_t bytes) const;

private:
  struct Cell {
    uint32_t writer = 0; ///< actor + 1, 0: never written
    uint32_t epoch : 30, asyncProxy : 1, strong : 1;
    uint32_t readers = 0;
    uint32_t line = 0;
    Cell() : epoch(0), asyncProxy(0), strong(0) {}
    bool operator==(const Cell &other) const {
      return writer == other.writer && epoch == other.epoch &&
             asyncProxy == other.asyncProxy && strong == other.strong &&
             readers == other.readers && line == other.line;
    }
  };
  std::optional<Conflict> afterWrite(const Cell &cell, const Origin &origin,
                                     bool writes) const;
  std::vector<Cell> cells;
  ReaderSets readers;
};

/// Shadow of an allocation of global memory, for the length of one launch. It
/// keeps one reader a byte, and whether readers of several clusters came, so
/// a race with an earlier reader of the same cluster may go unnoticed.
class GlobalShadow {
public:
  explicit GlobalShadow(size_t bytes);
  ~GlobalShadow();
  GlobalShadow(const GlobalShadow &) = delete;
  GlobalShadow &operator=(const GlobalShadow &) = delete;
  std::optional<Conflict> access(size_t offset, size_t bytes, bool write,
                                 const Origin &origin);
  /// Forgets everything: a new launch begins.
  void reset();

private:
  /// cluster:22 actor:14 epoch:24 several:1 async:1 strong:1 valid:1
  struct Cell {
    uint64_t writer, reader;
  };
  static uint64_t pack(const Origin &origin);
  static bool known(uint64_t packed, const Origin &origin, bool toWriter);
  static Conflict conflict(uint64_t packed, bool wrote);
  static std::optional<Conflict> accessCell(Cell &cell, bool write,
                                            const Origin &origin);

  size_t size;
  Cell *cells = nullptr; ///< lazily zeroed pages
  std::atomic<bool> touched{false};
  static constexpr size_t stripeBytes = 256, lockCount = 64;
  std::mutex locks[lockCount]; ///< of stripes of addresses
};

} // namespace quantc::emulator

#endif // QUANTC_EMULATOR_CHECKS_SHADOW_H
