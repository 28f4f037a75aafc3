//===- Exec.h - what an instruction sees ------------------------*- C++ -*- C++
//-*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_EMULATOR_MACHINE_EXEC_H
#define QUANTC_EMULATOR_MACHINE_EXEC_H

#include "Cluster.h"

namespace quantc::emulator {

/// State spaces as the machine tells them apart. Generic addresses outside of
/// the windows below are global.
constexpr uint64_t windowShift = 56;
constexpr uint64_t sharedWindow = uint64_t(1) << windowShift;
constexpr uint64_t localWindow = uint64_t(2) << windowShift;
constexpr uint64_t paramWindow = uint64_t(3) << windowShift;
/// Shared memory of another CTA of the cluster: rank + 1 above the offset; 0
/// is the executing CTA's own.
constexpr unsigned rankShift = 24;

/// [base + offset]; a base of 32 bits is extended with zeros.
struct AddressOperand {
  Slot base = noSlot; ///< none: the offset alone
  int64_t offset = 0;
  bool wide = true;
  bool frameRelative = false; ///< offset from Frame::localBase
};

struct Accessed {
  char *data = nullptr;
  Cta *cta = nullptr;               ///< of shared memory
  Allocation *allocation = nullptr; ///< of global memory
  uint64_t offset = 0;              ///< in either
};

enum class Access : uint8_t { Read, Write };

struct Exec {
  Warp &warp;
  Split &split;
  Frame &frame;
  uint32_t mask; ///< active lanes whose guard holds
  char *registers;
  const char *constants;

  Exec(Warp &warp, Split &split, uint32_t mask)
      : warp(warp), split(split), frame(*split.frame), mask(mask),
        registers(frame.registers.get()),
        constants(frame.function->constants.data()) {}

  Cta &cta() const { return *warp.cta; }
  Cluster &cluster() const { return *warp.cta->cluster; }
  Launch &launch() const { return cluster().launch; }
  const Inst &inst() const { return frame.function->code[split.pc]; }

  template <class T>
  const T *source(Slot slot) const {
    return reinterpret_cast<const T *>(slot & constantSlot
                                           ? constants + (slot & ~constantSlot)
                                           : registers + slot);
  }
  template <class T>
  T *target(Slot slot) const {
    return reinterpret_cast<T *>(registers + slot);
  }
  uint32_t predicate(Slot slot) const { return *source<uint32_t>(slot); }
  /// Sets the active lanes of a predicate.
  void setPredicate(Slot slot, uint32_t value) const {
    uint32_t &row = *target<uint32_t>(slot);
    row = (row & ~mask) | (value & mask);
  }

  template <class F>
  void forLanes(F &&function) const {
    for (uint32_t rest = mask; rest; rest &= rest - 1)
      function(static_cast<unsigned>(__builtin_ctz(rest)));
  }

  uint64_t address(const AddressOperand &operand, unsigned lane) const {
    uint64_t base = operand.frameRelative ? frame.localBase : 0;
    if (operand.base != noSlot)
      base += operand.wide ? source<uint64_t>(operand.base)[lane]
                           : source<uint32_t>(operand.base)[lane];
    return base + operand.offset;
  }

  /// Where `bytes` at `address` are; faults unless they are inside, and
  /// aligned to `alignment`.
  Accessed locate(ptx::Space space, uint64_t address, uint64_t bytes,
                  uint64_t alignment, unsigned lane) const;
  /// Checks an access of a lane for races and unwritten memory.
  void check(const Accessed &place, uint64_t bytes, Access access,
             unsigned lane, bool strong = false) const;
  /// The same for an asynchronous operation.
  void check(const Accessed &place, uint64_t bytes, Access access,
             unsigned lane, const Origin &origin) const;
  char *reach(ptx::Space space, uint64_t address, uint64_t bytes, Access access,
              unsigned lane, bool strong = false) const {
    Accessed place = locate(space, address, bytes, bytes, lane);
    check(place, bytes, access, lane, strong);
    return place.data;
  }

  /// The mbarrier at a shared address; faults when there is none.
  MBarrier &mbarrier(ptx::Space space, uint64_t address, unsigned lane,
                     Cta *&owner) const;

  // Race check: synchronisation.
  Origin origin(unsigned lane) const;
  /// Of an asynchronous operation of a lane's stream, in its current group.
  Origin origin(unsigned lane, Stream stream) const;
  /// What the lane's accesses so far publish; starts a new epoch.
  View release(unsigned lane) const;
  void acquire(unsigned lane, const View &view) const;
  /// The same for all active lanes.
  View releaseAll() const;
  void acquireAll(const View &view) const;
  /// The lanes know of the stream's groups but the last `allowed` ones.
  void learn(Stream stream, uint32_t allowed) const;
  bool checksRaces() const { return cluster().checksRaces(); }

  [[noreturn]] void fault(Check check, int lane,
                          const std::string &message) const {
    throw Fault{check, lane, message};
  }
  /// A finding that does not end the kernel.
  void find(Check check, int lane, const std::string &message) const;
  Outcome block(Wait::Ready ready, const char *what, uint64_t a = 0,
                uint64_t b = 0) const {
    split.wait = {ready, what, a, b};
    return Outcome::Block;
  }

private:
  Accessed locateGlobal(uint64_t address, uint64_t bytes, unsigned lane) const;
};

/// "0x1f"
std::string hex(uint64_t value);

} // namespace quantc::emulator

#endif // QUANTC_EMULATOR_MACHINE_EXEC_H
