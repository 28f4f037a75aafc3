//===- Commands.h - quantc's commands ---------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TOOLS_QUANTC_COMMANDS_H
#define QUANTC_TOOLS_QUANTC_COMMANDS_H

#include "Tool.h"

namespace quantc::tool {

extern Command importCommand;
extern Command calibrateCommand;
extern Command mergeStatsCommand;
extern Command quantizeCommand;
extern Command exportCommand;
extern Command explainCommand;
extern Command sensitivityCommand;
extern Command reportCommand;
extern Command compileCommand;
extern Command runCommand;
extern Command evalCommand;
extern Command benchCommand;

} // namespace quantc::tool

#endif // QUANTC_TOOLS_QUANTC_COMMANDS_H
