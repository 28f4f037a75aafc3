//===- TensorMap.h - tensor maps as the emulator encodes them ---*- C++ -*- C++
//-*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The contents of a CUtensorMap are the driver's own; ours hold the arguments
// of cuTensorMapEncodeTiled.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_EMULATOR_INSTRUCTIONS_TENSORMAP_H
#define QUANTC_EMULATOR_INSTRUCTIONS_TENSORMAP_H

#include "../Ptx/Types.h"

#include <cstdint>

namespace quantc::emulator {

constexpr unsigned maxTensorRank = 5;
constexpr uint32_t tensorMapMark = 0x7a3e51c0;

struct TensorMap {
  uint32_t mark = tensorMapMark;
  uint8_t dataType = 0, rank = 0, swizzle = 0, fillsWithNan = 0;
  uint64_t address = 0;
  uint64_t strides[maxTensorRank - 1] = {}; ///< bytes, of dimensions 1 ..
  uint32_t last[maxTensorRank] = {};        ///< dimension - 1, innermost first
  uint16_t box[maxTensorRank] = {};
  uint8_t steps[maxTensorRank] = {}; ///< element strides

  unsigned elementBytes() const;
  /// For reductions and the NaN pattern.
  Type elementType() const;
  /// Elements that a box visits along a dimension.
  unsigned boxCount(unsigned axis) const {
    return axis == 0 ? box[0] : (box[axis] + steps[axis] - 1u) / steps[axis];
  }
  uint64_t boxBytes() const;
};

/// Address of a byte of a tile in swizzled shared memory: 16-byte chunks are
/// exchanged within 32, 64 or 128 bytes by the row they are in (CUDA driver
/// API, CUtensorMapSwizzle; PTX ISA, "Swizzling Modes").
inline uint32_t swizzled(uint32_t address, unsigned swizzle) {
  uint32_t bits = swizzle == 3 ? 7 : swizzle == 2 ? 3 : swizzle == 1 ? 1 : 0;
  return address ^ ((address >> 7 & bits) << 4);
}

} // namespace quantc::emulator

#endif // QUANTC_EMULATOR_INSTRUCTIONS_TENSORMAP_H
