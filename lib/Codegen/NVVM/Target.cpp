//===- Target.cpp - the chip that kernels are generated for ---------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Codegen/NVVM/Target.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace quantc::nvvm;

static constexpr Chip chips[] = {
    {"sm_80", "+ptx71", 80, 108, 2048, 163 << 10, 164 << 10, 2048, 32},
    {"sm_86", "+ptx71", 86, 84, 1024, 99 << 10, 100 << 10, 1536, 16},
    {"sm_89", "+ptx84", 89, 128, 1024, 99 << 10, 100 << 10, 1536, 24},
    {"sm_90", "+ptx84", 90, 132, 2048, 227 << 10, 228 << 10, 2048, 32},
};

llvm::Expected<Target> Target::resolve(llvm::StringRef name) {
  for (const Chip &chip : chips)
    if (chip.name == name)
      return Target(&chip);
  std::string known = llvm::join(
      llvm::map_range(chips, [](const Chip &chip) { return chip.name.str(); }),
      ", ");
  return llvm::createStringError("expected a chip of " + known + ", but got '" +
                                 name + "'");
}
