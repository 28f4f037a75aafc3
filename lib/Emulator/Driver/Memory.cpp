//===- Memory.cpp - device memory and copies ------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "State.h"

#include <cstdlib>
#include <cstring>
#include <new>

using namespace quantc::emulator;

static constexpr size_t deviceBytes = size_t(64) << 30;

CUresult cuMemAlloc_v2(CUdeviceptr *address, size_t bytes) {
  QUANTC_ENTER(state);
  if (!address || bytes == 0)
    return CUDA_ERROR_INVALID_VALUE;
  if (state.memory.used() + bytes > deviceBytes)
    return CUDA_ERROR_OUT_OF_MEMORY;
  try {
    *address = state.memory.allocate(bytes);
  } catch (const std::bad_alloc &) {
    return CUDA_ERROR_OUT_OF_MEMORY;
  }
  return CUDA_SUCCESS;
}

CUresult cuMemFree_v2(CUdeviceptr address) {
  QUANTC_ENTER(state);
  if (address == 0)
    return CUDA_SUCCESS;
  return state.memory.release(address) ? CUDA_SUCCESS
                                       : CUDA_ERROR_INVALID_VALUE;
}

CUresult cuMemAllocAsync(CUdeviceptr *address, size_t bytes, CUstream) {
  return cuMemAlloc_v2(address, bytes);
}

CUresult cuMemFreeAsync(CUdeviceptr address, CUstream) {
  return cuMemFree_v2(address);
}

/// Host memory that kernels may access, at the same address.
CUresult cuMemHostAlloc(void **address, size_t bytes, unsigned int) {
  CUdeviceptr memory = 0;
  CUresult result =
      address ? cuMemAlloc_v2(&memory, bytes) : CUDA_ERROR_INVALID_VALUE;
  if (result == CUDA_SUCCESS)
    *address = reinterpret_cast<void *>(memory);
  return result;
}

CUresult cuMemAllocHost_v2(void **address, size_t bytes) {
  return cuMemHostAlloc(address, bytes, 0);
}

CUresult cuMemFreeHost(void *address) {
  return cuMemFree_v2(reinterpret_cast<CUdeviceptr>(address));
}

CUresult cuMemGetInfo_v2(size_t *available, size_t *total) {
  QUANTC_ENTER(state);
  if (!available || !total)
    return CUDA_ERROR_INVALID_VALUE;
  *total = deviceBytes;
  *available = deviceBytes - state.memory.used();
  return CUDA_SUCCESS;
}

static bool inDevice(DriverState &state, CUdeviceptr address, size_t bytes) {
  if (bytes == 0)
    return true;
  Allocation *allocation = state.memory.find(address);
  return allocation && allocation->contains(address, bytes);
}

static CUresult copy(DriverState &state, CUstream stream, void *to,
                     const void *from, size_t bytes, bool toDevice,
                     bool fromDevice) {
  if (bytes && (!to || !from))
    return CUDA_ERROR_INVALID_VALUE;
  if (toDevice && !inDevice(state, reinterpret_cast<CUdeviceptr>(to), bytes))
    return CUDA_ERROR_INVALID_VALUE;
  if (fromDevice &&
      !inDevice(state, reinterpret_cast<CUdeviceptr>(from), bytes))
    return CUDA_ERROR_INVALID_VALUE;
  return state.submit(stream, [=] {
    if (bytes)
      std::memmove(to, from, bytes);
    return CUDA_SUCCESS;
  });
}

CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void *from, size_t bytes,
                              CUstream stream) {
  QUANTC_ENTER(state);
  return copy(state, stream, reinterpret_cast<void *>(to), from, bytes, true,
              false);
}

CUresult cuMemcpyDtoHAsync_v2(void *to, CUdeviceptr from, size_t bytes,
                              CUstream stream) {
  QUANTC_ENTER(state);
  return copy(state, stream, to, reinterpret_cast<void *>(from), bytes, false,
              true);
}

CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes,
                              CUstream stream) {
  QUANTC_ENTER(state);
  return copy(state, stream, reinterpret_cast<void *>(to),
              reinterpret_cast<void *>(from), bytes, true, true);
}

/// Synchronous copies also report what failed before.
static CUresult afterPending(CUresult result) {
  DriverState &state = DriverState::get();
  CUresult pending = std::exchange(state.pending, CUDA_SUCCESS);
  return pending != CUDA_SUCCESS ? pending : result;
}

CUresult cuMemcpyHtoD_v2(CUdeviceptr to, const void *from, size_t bytes) {
  return afterPending(cuMemcpyHtoDAsync_v2(to, from, bytes, nullptr));
}

CUresult cuMemcpyDtoH_v2(void *to, CUdeviceptr from, size_t bytes) {
  return afterPending(cuMemcpyDtoHAsync_v2(to, from, bytes, nullptr));
}

CUresult cuMemcpyDtoD_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes) {
  return cuMemcpyDtoDAsync_v2(to, from, bytes, nullptr);
}

CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t count,
                         CUstream stream) {
  QUANTC_ENTER(state);
  if (!inDevice(state, to, count))
    return CUDA_ERROR_INVALID_VALUE;
  return state.submit(stream, [=] {
    std::memset(reinterpret_cast<void *>(to), value, count);
    return CUDA_SUCCESS;
  });
}

CUresult cuMemsetD32Async(CUdeviceptr to, unsigned int value, size_t count,
                          CUstream stream) {
  QUANTC_ENTER(state);
  if (to % 4 || !inDevice(state, to, count * 4))
    return CUDA_ERROR_INVALID_VALUE;
  return state.submit(stream, [=] {
    std::fill_n(reinterpret_cast<uint32_t *>(to), count, value);
    return CUDA_SUCCESS;
  });
}

CUresult cuMemsetD8_v2(CUdeviceptr to, unsigned char value, size_t count) {
  return cuMemsetD8Async(to, value, count, nullptr);
}

CUresult cuMemsetD32_v2(CUdeviceptr to, unsigned int value, size_t count) {
  return cuMemsetD32Async(to, value, count, nullptr);
}

/// CU_POINTER_ATTRIBUTE_MEMORY_TYPE (2): device memory (2) or an error.
CUresult cuPointerGetAttribute(void *data, int attribute, CUdeviceptr address) {
  QUANTC_ENTER(state);
  constexpr int memoryType = 2, deviceOrdinal = 9;
  if (!data || (attribute != memoryType && attribute != deviceOrdinal) ||
      !inDevice(state, address, 1))
    return CUDA_ERROR_INVALID_VALUE;
  *static_cast<int *>(data) = attribute == memoryType ? 2 : 0;
  return CUDA_SUCCESS;
}
