//===- DeviceMemory.cpp - allocations of global memory --------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DeviceMemory.h"

#include <cstring>

using namespace quantc::emulator;

uint64_t DeviceMemory::allocate(uint64_t bytes, bool readOnly) {
  constexpr uint64_t alignment = 256;
  std::lock_guard<std::mutex> lock(mutex);
  Allocation fresh;
  fresh.storage.reset(new char[bytes + alignment]);
  fresh.base =
      (reinterpret_cast<uint64_t>(fresh.storage.get()) + alignment - 1) /
      alignment * alignment;
  fresh.size = bytes;
  fresh.readOnly = readOnly;
  // Contents of new memory are undefined: a pattern that shows.
  std::memset(reinterpret_cast<char *>(fresh.base), 0xcd, bytes);
  total += bytes;
  uint64_t base = fresh.base;
  allocations.emplace(base, std::move(fresh));
  return base;
}

bool DeviceMemory::release(uint64_t address) {
  std::lock_guard<std::mutex> lock(mutex);
  auto found = allocations.find(address);
  if (found == allocations.end())
    return false;
  total -= found->second.size;
  allocations.erase(found);
  return true;
}

Allocation *DeviceMemory::find(uint64_t address) {
  std::lock_guard<std::mutex> lock(mutex);
  auto next = allocations.upper_bound(address);
  if (next == allocations.begin())
    return nullptr;
  return &std::prev(next)->second;
}

void DeviceMemory::beginLaunch(bool races) {
  std::lock_guard<std::mutex> lock(mutex);
  for (auto &entry : allocations) {
    Allocation &allocation = entry.second;
    if (!races || allocation.readOnly)
      allocation.shadow.reset();
    else if (!allocation.shadow)
      allocation.shadow = std::make_unique<GlobalShadow>(allocation.size);
    else
      allocation.shadow->reset();
  }
}
