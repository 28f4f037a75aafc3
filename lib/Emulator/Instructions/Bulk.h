//===- Bulk.h - bulk asynchronous copies ------------------------*- C++ -*- C++
//-*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_EMULATOR_INSTRUCTIONS_BULK_H
#define QUANTC_EMULATOR_INSTRUCTIONS_BULK_H

#include "Atomic.h"
#include "TensorMap.h"

namespace quantc::emulator {

/// A run of bytes that an operation moves; without a source it is filled.
struct Piece {
  char *to;
  const char *from;
  uint32_t bytes;
};

/// How a bulk operation is waited for.
struct Completion {
  Cta *cta = nullptr; ///< of the mbarrier; null: bulk groups
  uint32_t offset = 0;
  uint32_t bytes = 0;
};

/// Copies, or reduces into, the pieces; then completes its transactions.
struct BulkOp : AsyncOp {
  std::vector<Piece> pieces;
  std::vector<Completion> completions;
  std::optional<AtomicOp> reduction;
  Type type = Type::U8;    ///< of the elements of a reduction
  uint64_t fill = 0;       ///< element of 8 bytes for pieces without source
  unsigned fillBytes = 1;  ///< its period
  std::vector<char> value; ///< owns the source of a store from registers
  void apply(uint32_t lanes) override;
};

/// How one instruction of the family copies.
struct BulkUse : Payload {
  AddressOperand to, from, barrier, map;
  ptx::Space toSpace = ptx::Space::Shared, fromSpace = ptx::Space::Global;
  ptx::Space barrierSpace = ptx::Space::Shared, mapSpace = ptx::Space::Generic;
  bool completesOnBarrier = false, multicast = false;
  bool asyncProxy = true; ///< else an asynchronous access of the generic proxy
  Slot ctaMask = noSlot, bytes = noSlot;
  std::optional<AtomicOp> reduction;
  Type type = Type::U8;
  unsigned rank = 0; ///< of a tensor
  Slot coordinates[maxTensorRank];
};

/// The race check's origin of what a lane's operation writes (or reads).
Origin bulkOrigin(Exec &x, unsigned lane, const BulkUse &use,
                  const MBarrier *barrier, bool reads);
/// The CTAs that the operation writes to, with their mbarriers.
void findCompletions(Exec &x, unsigned lane, const BulkUse &use, Cta &first,
                     uint32_t bytes, std::vector<Completion> &result);

Outcome copyTensor(Exec &x, const Inst &i);

} // namespace quantc::emulator

#endif // QUANTC_EMULATOR_INSTRUCTIONS_BULK_H
