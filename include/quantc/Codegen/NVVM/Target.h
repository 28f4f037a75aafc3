//===- Target.h - the chip that kernels are generated for -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_CODEGEN_NVVM_TARGET_H
#define QUANTC_CODEGEN_NVVM_TARGET_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

namespace quantc::nvvm {

/// What code generation knows of a chip (CUDA C++ programming guide, compute
/// capabilities; PTX ISA, release notes).
struct Chip {
  llvm::StringLiteral name;
  /// The PTX version in the form of an LLVM feature: the first that has all
  /// instructions we use on this chip.
  llvm::StringLiteral ptxFeature;
  /// Compute capability times ten.
  unsigned capability;
  /// Of the chip's usual product: the schedule balances waves of CTAs by it,
  /// results do not depend on it.
  int64_t multiprocessors;
  /// Products of bytes that a multiprocessor's tensor cores add up in a cycle.
  int64_t bytesPerCycle;
  /// Bytes of shared memory that one CTA can have, and that a multiprocessor
  /// has.
  int64_t sharedBytesPerCTA, sharedBytesPerMultiprocessor;
  /// Threads and CTAs that are resident on a multiprocessor.
  int64_t threadsPerMultiprocessor, ctasPerMultiprocessor;

  /// Registers of a multiprocessor, which a warp gets by the 256: eight for
  /// each thread.
  static constexpr int64_t registersPerMultiprocessor = 65536,
                           registerGranularity = 8;
  /// Instructions name no more.
  static constexpr int64_t registersPerThread = 255;
  /// Shared memory of each CTA that CUDA keeps for itself.
  static constexpr int64_t reservedSharedBytes = 1024;

  /// Registers that each thread can have where `ctas` CTAs of `threads` threads
  /// share a multiprocessor.
  static constexpr int64_t getRegisterBudget(int64_t threads, int64_t ctas) {
    int64_t each = registersPerMultiprocessor / (threads * ctas) /
                   registerGranularity * registerGranularity;
    return each < registersPerThread ? each : registersPerThread;
  }
};

/// A chip of the table.
class Target {
public:
  /// The error names the chip and the ones that are known.
  static llvm::Expected<Target> resolve(llvm::StringRef chip);

  llvm::StringRef getChipName() const { return chip->name; }
  /// For LLVM's NVPTX target machine, "+ptx84" for example.
  llvm::StringRef getFeatures() const { return chip->ptxFeature; }
  const Chip &getChip() const { return *chip; }

  /// Tensor cores on f8E4M3FN and f8E5M2 by mma.sync, and conversions.
  bool hasF8() const { return chip->capability >= 89; }

private:
  explicit Target(const Chip *chip) : chip(chip) {}
  const Chip *chip;
};

} // namespace quantc::nvvm

#endif // QUANTC_CODEGEN_NVVM_TARGET_H
