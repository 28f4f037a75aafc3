//===- Replay.h - written cases, run again ----------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TOOLS_QUANT_CHECK_REPLAY_H
#define QUANTC_TOOLS_QUANT_CHECK_REPLAY_H

#include "Check.h"

namespace quantc::check {

/// Runs a module that emitSelfContained wrote on every leg: `@checked` on what
/// `@inputs` returns has to give what `@expected` (for the unfused form, where
/// it exists, `@expected_unfused`) returns, bit for bit.
Outcome replay(const std::string &path, llvm::ArrayRef<Leg> legs);

} // namespace quantc::check

#endif // QUANTC_TOOLS_QUANT_CHECK_REPLAY_H
