//===- Report.h - faults and findings of a kernel run -----------*- C++ -*- C++
//-*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_EMULATOR_CHECKS_REPORT_H
#define QUANTC_EMULATOR_CHECKS_REPORT_H

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace quantc::emulator {

enum class Check : uint8_t {
  OutOfBounds,
  Misaligned,
  Uninitialized,
  Race,
  DivergentBarrier,
  Deadlock,
  MBarrier,
  Asynchronous, ///< misuse of asynchronous operations
  Trap,
  Unsupported, ///< operands the emulator does not model
  Other,
};

/// "out-of-bounds", "race", ...
const char *nameOf(Check check);

/// Ends the kernel; the machine adds where it happened.
struct Fault {
  Check check;
  int lane; ///< -1: the whole warp
  std::string message;
};

/// One finding with its place, ready to print.
struct Finding {
  Check check = Check::Other;
  std::string kernel;
  std::string message;
  std::string place; ///< thread, instruction, PTX line, source line
  int line = 0;      ///< of the PTX
  uint64_t times = 1;
  std::string str() const;
};

namespace ptx {
struct Instruction;
} // namespace ptx

/// Memory accesses of one instruction, for the counts of bank conflicts and
/// uncoalesced accesses.
struct AccessCount {
  const ptx::Instruction *source = nullptr;
  uint64_t accesses = 0; ///< executions by a warp
  uint64_t units = 0;    ///< shared: wavefronts; global: 32-byte sectors
  uint64_t ideal = 0;    ///< least units for as many bytes

  AccessCount &operator+=(const AccessCount &other) {
    accesses += other.accesses;
    units += other.units;
    ideal += other.ideal;
    return *this;
  }
};

/// Findings of a launch, one per instruction and check; thread-safe.
class Report {
public:
  void add(Finding finding);
  bool empty() const { return findings.empty(); }
  std::vector<Finding> sorted() const;

private:
  mutable std::mutex mutex;
  std::map<std::pair<int, Check>, Finding> findings;
};

} // namespace quantc::emulator

#endif // QUANTC_EMULATOR_CHECKS_REPORT_H
