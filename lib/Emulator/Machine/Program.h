//===- Program.h - a decoded kernel -----------------------------*- C++ -*- C++
//-*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A kernel and the functions it calls, decoded once: registers are rows of 32
// lanes in a frame, constants are rows of a pool, every instruction holds a
// pointer to the function that executes it for a whole warp.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_EMULATOR_MACHINE_PROGRAM_H
#define QUANTC_EMULATOR_MACHINE_PROGRAM_H

#include "../Ptx/Ast.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace quantc::emulator {

constexpr unsigned warpSize = 32;
constexpr uint32_t allLanes = ~0u;

/// Byte offset of a row: 32 elements of a register, one per lane (a predicate
/// is one mask). The top bit selects the constant pool.
using Slot = uint32_t;
constexpr Slot constantSlot = 0x80000000;
/// A destination nobody reads.
constexpr Slot noSlot = 0x7fffffff;

struct Exec;
struct Inst;

enum class Outcome : uint8_t {
  Next,  ///< go on with the next instruction
  Block, ///< wait as Split::wait says, then execute the instruction again
};

using Handler = Outcome (*)(Exec &, const Inst &);

enum class Flow : uint8_t {
  Plain,      ///< runs with any set of lanes
  Collective, ///< may block, or needs certain lanes together: see Gather
  Branch,
  IndirectBranch,
  Call,
  Return,
  Exit,
};

/// Which lanes must have arrived before a collective instruction executes.
enum class Gather : uint8_t {
  Any,   ///< those that have
  Warp,  ///< all lanes of the warp that have not exited (.aligned)
  Full,  ///< all 32 lanes
  Member ///< those of the member mask in row `op[memberOperand]`
};

/// Decoded operands of one instruction family, beyond what fits in Inst.
struct Payload {
  virtual ~Payload() = default;
};

struct Inst {
  static constexpr unsigned memberOperand = 4;

  Handler run = nullptr;
  const Payload *payload = nullptr;
  Slot op[5] = {noSlot, noSlot, noSlot, noSlot, noSlot};
  Slot guard = 0;
  uint32_t immediate = 0; ///< of the family; a branch: the target
  uint32_t source = 0;    ///< index of the instruction in the parsed function
  Flow flow = Flow::Plain;
  Gather gather = Gather::Any;
  bool guarded = false;
  bool guardNegated = false;
};

/// Of brx.idx: instruction indices.
struct BranchTargets : Payload {
  std::vector<uint32_t> targets;
};

struct Function;

/// Of call: offsets in the local memory of both frames.
struct CallTarget : Payload {
  struct Copy {
    uint32_t caller, callee, bytes;
  };
  const Function *function = nullptr;
  std::vector<Copy> arguments, results;
};

struct Function {
  const ptx::Function *source = nullptr;
  std::vector<Inst> code;
  std::vector<std::unique_ptr<Payload>> payloads;
  std::vector<char> constants;
  uint32_t frameBytes = 0; ///< of registers
  uint32_t localBytes = 0; ///< of .local and .param variables, per lane
};

/// A kernel ready to launch.
struct Program {
  const ptx::Module *module = nullptr;
  const ptx::Function *entry = nullptr;
  std::vector<std::unique_ptr<Function>> functions; ///< [0] is the entry
  uint32_t parameterBytes = 0;
  std::vector<uint32_t> parameterOffsets, parameterSizes;
  uint32_t staticShared = 0;  ///< bytes after the reserved ones
  uint32_t registerCount = 0; ///< declared 32-bit registers of the entry
  /// Uses atomics on global memory or waits for values in it: CTAs may depend
  /// on each other, so they run interleaved, in one thread.
  bool communicates = false;
};

} // namespace quantc::emulator

#endif // QUANTC_EMULATOR_MACHINE_PROGRAM_H
