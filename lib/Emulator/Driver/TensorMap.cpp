//===- TensorMap.cpp - cuTensorMapEncodeTiled -----------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../Instructions/TensorMap.h"

#include "State.h"

#include <cstring>

using namespace quantc::emulator;

static_assert(sizeof(TensorMap) <= sizeof(CUtensorMap));

namespace {

/// In the order of CUtensorMapDataType, up to TFLOAT32_FTZ.
constexpr Type elementTypes[] = {
    Type::U8,  Type::U16, Type::U32, Type::S32, Type::U64,
    Type::S64, Type::F16, Type::F32, Type::F64, Type::BF16,
    Type::F32, Type::F32, Type::F32,
};

bool isFloat(Type type) {
  return type == Type::F16 || type == Type::BF16 || type == Type::F32 ||
         type == Type::F64;
}

} // namespace

Type TensorMap::elementType() const { return elementTypes[dataType]; }

unsigned TensorMap::elementBytes() const { return sizeOf(elementType()); }

uint64_t TensorMap::boxBytes() const {
  uint64_t bytes = elementBytes();
  for (unsigned axis = 0; axis < rank; ++axis)
    bytes *= boxCount(axis);
  return bytes;
}

/// Limits as the driver API documents them, for tiles without interleaving.
CUresult cuTensorMapEncodeTiled(CUtensorMap *map, int dataType, uint32_t rank,
                                void *address, const uint64_t *dimensions,
                                const uint64_t *strides, const uint32_t *box,
                                const uint32_t *elementStrides, int interleave,
                                int swizzle, int l2Promotion, int fill) {
  QUANTC_ENTER(state);
  constexpr int types = sizeof elementTypes / sizeof *elementTypes;
  if (!map || reinterpret_cast<uint64_t>(map) % 64 || !dimensions || !box ||
      !elementStrides || (rank > 1 && !strides) || rank < 1 ||
      rank > maxTensorRank || reinterpret_cast<uint64_t>(address) % 16 ||
      l2Promotion < 0 || l2Promotion > 3 || fill < 0 || fill > 1 ||
      dataType < 0)
    return CUDA_ERROR_INVALID_VALUE;
  if (dataType >= types || interleave != 0 || swizzle < 0 || swizzle > 3)
    return CUDA_ERROR_NOT_SUPPORTED; // packed 4 and 6 bits, interleaving
  TensorMap result;
  result.dataType = static_cast<uint8_t>(dataType);
  result.rank = static_cast<uint8_t>(rank);
  result.swizzle = static_cast<uint8_t>(swizzle);
  result.fillsWithNan = static_cast<uint8_t>(fill);
  result.address = reinterpret_cast<uint64_t>(address);
  if (fill && !isFloat(result.elementType()))
    return CUDA_ERROR_INVALID_VALUE;
  for (uint32_t axis = 0; axis < rank; ++axis) {
    if (dimensions[axis] == 0 || dimensions[axis] > uint64_t(1) << 32 ||
        box[axis] == 0 || box[axis] > 256 || elementStrides[axis] == 0 ||
        elementStrides[axis] > 8)
      return CUDA_ERROR_INVALID_VALUE;
    result.last[axis] = static_cast<uint32_t>(dimensions[axis] - 1);
    result.box[axis] = static_cast<uint16_t>(box[axis]);
    result.steps[axis] = static_cast<uint8_t>(elementStrides[axis]);
    if (axis == 0)
      continue;
    if (strides[axis - 1] % 16 || strides[axis - 1] >= uint64_t(1) << 40)
      return CUDA_ERROR_INVALID_VALUE;
    result.strides[axis - 1] = strides[axis - 1];
  }
  uint32_t inner = box[0] * result.elementBytes();
  if (inner % 16 || (swizzle && inner > 16u << swizzle))
    return CUDA_ERROR_INVALID_VALUE;
  std::memset(map, 0, sizeof *map);
  std::memcpy(static_cast<void *>(map), &result, sizeof result);
  return CUDA_SUCCESS;
}

CUresult cuTensorMapReplaceAddress(CUtensorMap *map, void *address) {
  QUANTC_ENTER(state);
  TensorMap decoded;
  if (!map || reinterpret_cast<uint64_t>(address) % 16)
    return CUDA_ERROR_INVALID_VALUE;
  std::memcpy(&decoded, map, sizeof decoded);
  if (decoded.mark != tensorMapMark)
    return CUDA_ERROR_INVALID_VALUE;
  decoded.address = reinterpret_cast<uint64_t>(address);
  std::memcpy(static_cast<void *>(map), &decoded, sizeof decoded);
  return CUDA_SUCCESS;
}
