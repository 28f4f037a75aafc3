//===- Plan.h - what a model does on a device -------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_RUNTIME_CUDA_PLAN_H
#define QUANTC_LIB_RUNTIME_CUDA_PLAN_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace quantc::runtime {

/// A file of the bundle and what it must be.
struct PlanFile {
  std::string name;
  uint64_t bytes = 0;
  /// 64-bit FNV-1a of the first `hashedBytes`.
  uint64_t hashedBytes = 0;
  uint64_t hash = 0;
};

/// A place on the device: an offset into the arena or into a tensor of the
/// model.
struct PlanPointer {
  enum Base { Arena, Parameter, Input, Output } base = Arena;
  uint32_t index = 0;
  uint64_t offset = 0;
};

/// What a kernel is passed: a pointer, or a scalar of `bytes` bytes.
struct PlanArgument {
  bool isPointer = true;
  PlanPointer pointer;
  uint32_t bytes = 8;
  uint64_t bits = 0;
};

struct PlanStep {
  enum Kind { Launch, Copy, Fill } kind = Launch;
  /// Launch.
  uint32_t kernel = 0;
  uint32_t grid[3] = {1, 1, 1}, block[3] = {1, 1, 1};
  uint32_t sharedBytes = 0;
  std::vector<PlanArgument> arguments;
  /// Copy, from `from`, and Fill, with the byte `value`.
  PlanPointer to, from;
  uint64_t bytes = 0;
  uint32_t value = 0;
};

/// A parameter lies at `offset` in the parameter file.
struct PlanParameter {
  uint64_t offset = 0, bytes = 0;
};

/// One model for one chip, as `quantc compile --target` writes it
/// (docs/bundle.md describes the text). Every pointer is inside what it points
/// into.
struct Plan {
  /// Compute capability times ten.
  uint32_t chip = 0;
  /// The driver that knows the PTX, as cuDriverGetVersion counts.
  int32_t driver = 0;
  uint64_t arenaBytes = 0;
  PlanFile ptx, cubin, parameterFile; ///< no name: there is none
  std::vector<PlanParameter> parameters;
  std::vector<uint64_t> inputs, outputs; ///< bytes
  std::vector<std::string> kernels;
  std::vector<PlanStep> steps;

  /// Returns "" or what is wrong with the text and in which line.
  std::string parse(std::string_view text);
};

} // namespace quantc::runtime

#endif // QUANTC_LIB_RUNTIME_CUDA_PLAN_H
