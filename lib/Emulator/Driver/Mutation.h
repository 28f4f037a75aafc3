//===- Mutation.h - modules without one synchronisation ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_EMULATOR_DRIVER_MUTATION_H
#define QUANTC_EMULATOR_DRIVER_MUTATION_H

#include <string>
#include <vector>

namespace quantc::emulator {

/// A synchronising instruction of a module, and what stands in for it.
struct Mutation {
  int line; ///< 1-based
  size_t begin, end;
  std::string replacement;

  /// The instruction as it is written.
  std::string original(const std::string &text) const {
    return text.substr(begin, end - begin);
  }
  /// The module without it; line numbers stay what they are.
  std::string apply(const std::string &text) const;
};

/// In the order of the text; throws ptx::Error.
std::vector<Mutation> mutationsOf(const std::string &text);

} // namespace quantc::emulator

#endif // QUANTC_EMULATOR_DRIVER_MUTATION_H
