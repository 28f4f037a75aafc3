//===- DeviceMemory.h - allocations of global memory ------------*- C++ -*- C++
//-*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_EMULATOR_MACHINE_DEVICEMEMORY_H
#define QUANTC_EMULATOR_MACHINE_DEVICEMEMORY_H

#include "../Checks/Shadow.h"

#include <map>
#include <memory>
#include <mutex>

namespace quantc::emulator {

/// A device address is the host's address of the same byte.
struct Allocation {
  uint64_t base = 0;
  uint64_t size = 0;
  bool readOnly = false; ///< constant memory
  std::unique_ptr<char[]> storage;
  std::unique_ptr<GlobalShadow> shadow; ///< made when a kernel is checked
  bool contains(uint64_t address, uint64_t bytes) const {
    return address >= base && address - base <= size &&
           bytes <= size - (address - base);
  }
};

class DeviceMemory {
public:
  /// Aligned to 256 bytes, as cuMemAlloc documents.
  uint64_t allocate(uint64_t bytes, bool readOnly = false);
  /// False when no allocation begins there.
  bool release(uint64_t address);
  /// The allocation that holds the address, or the last one before it.
  Allocation *find(uint64_t address);
  uint64_t used() const { return total; }
  /// Prepares all shadows for a new launch.
  void beginLaunch(bool races);

private:
  std::mutex mutex;
  std::map<uint64_t, Allocation> allocations;
  uint64_t total = 0;
};

} // namespace quantc::emulator

#endif // QUANTC_EMULATOR_MACHINE_DEVICEMEMORY_H
