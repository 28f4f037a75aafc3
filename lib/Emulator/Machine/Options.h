//===- Options.h - how the emulator runs a kernel ---------------*- C++ -*- C++
//-*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_EMULATOR_MACHINE_OPTIONS_H
#define QUANTC_EMULATOR_MACHINE_OPTIONS_H

#include <cstdint>
#include <string>

namespace quantc::emulator {

enum class Order : uint8_t { Earliest, Latest, Random };

struct Options {
  /// Which warp and which diverged lanes run first.
  Order order = Order::Earliest;
  /// When asynchronous operations take effect, between issue and wait.
  Order async = Order::Latest;
  uint64_t seed = 1; ///< of Order::Random
  bool races = true;
  bool uninitialized = true; ///< reads of unwritten shared memory
  bool counts = false;       ///< bank conflicts, uncoalesced accesses
  unsigned threads = 0;      ///< host threads; 0: as many as cores
  /// Warp instructions without a store, barrier or arrival before a
  /// cluster is said to be stuck.
  uint64_t patience = uint64_t(1) << 26;
  /// Compute capability that the device claims, times ten.
  unsigned architecture = 90;
  /// Synchronising instruction to leave out, counted over the modules in the
  /// order in which they are loaded; none: all stay.
  static constexpr uint64_t noMutation = ~uint64_t(0);
  uint64_t mutate = noMutation;

  /// Applies "key=value,..."; returns an error, or an empty string.
  std::string parse(const std::string &text);
};

/// Small and reproducible (splitmix64, Steele et al. 2014).
class Random {
public:
  explicit Random(uint64_t seed = 0) : state(seed) {}
  uint64_t next() {
    uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  /// 0 .. bound - 1
  uint64_t below(uint64_t bound) { return next() % bound; }

private:
  uint64_t state;
};

} // namespace quantc::emulator

#endif // QUANTC_EMULATOR_MACHINE_OPTIONS_H
