//===- Target.h - the machine that code is generated for --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_CODEGEN_CPU_TARGET_H
#define QUANTC_CODEGEN_CPU_TARGET_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <memory>
#include <string>

namespace llvm {
class MCSubtargetInfo;
class Target;
class TargetMachine;
} // namespace llvm

namespace quantc::cpu {

/// What a user says about the machine. An empty triple is the host's; an empty
/// cpu is the host's with the host's triple, else the triple's baseline.
/// `features` is a comma-separated list of "+name" and "-name" on top of it.
struct TargetOptions {
  std::string triple;
  std::string cpu;
  std::string features;
};

/// A machine that LLVM can generate code for; names are checked, so that no
/// later step meets an unknown one.
class Target {
public:
  /// The error names the triple, cpu or feature that is unknown.
  static llvm::Expected<Target> resolve(const TargetOptions &options);

  llvm::StringRef getTriple() const { return triple; }
  llvm::StringRef getCPU() const { return cpu; }
  llvm::StringRef getFeatures() const { return features; }

  /// Whether the cpu has one of LLVM's features, such as "avx512vnni". A
  /// feature of another architecture is absent.
  bool has(llvm::StringRef feature) const;
  bool isX86() const;
  /// Whether a multiplication and an addition round once.
  bool hasFMA() const { return !isX86() || has("fma") || has("avx512f"); }
  bool isHost() const;

  /// Bits of the vector registers that code should use.
  unsigned getVectorBits() const;

  /// Floating point is never contracted: quantized arithmetic is exact.
  std::unique_ptr<llvm::TargetMachine>
  createTargetMachine(unsigned optimizationLevel) const;

private:
  std::string triple, cpu, features;
  const llvm::Target *target = nullptr;
  std::shared_ptr<llvm::MCSubtargetInfo> subtarget;
};

} // namespace quantc::cpu

#endif // QUANTC_CODEGEN_CPU_TARGET_H
