//===- WarpReport.cpp - where in a kernel something happened --------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Exec.h"

#include <algorithm>

using namespace quantc::emulator;

Finding Warp::describe(Check check, int lane, const std::string &message,
                       const Split &split) const {
  const Function &function = *split.frame->function;
  const Launch &launch = cta->cluster->launch;
  size_t index = std::min<size_t>(split.pc, function.code.size() - 1);
  const ptx::Instruction &source =
      function.source->body[function.code[index].source];
  Finding result;
  result.check = check;
  result.kernel = launch.program->entry->name;
  result.message = message;
  result.line = source.line;
  auto triple = [](const uint32_t *v) {
    return "(" + std::to_string(v[0]) + "," + std::to_string(v[1]) + "," +
           std::to_string(v[2]) + ")";
  };
  unsigned first = lane >= 0 ? lane : __builtin_ctz(split.lanes | 0x80000000);
  uint32_t thread[3] = {tid[0][first], tid[1][first], tid[2][first]};
  result.place = ", CTA " + triple(cta->id) + ", " +
                 (lane >= 0 ? "thread " + triple(thread)
                            : "warp " + std::to_string(this->index));
  const ptx::Module &module = *launch.program->module;
  result.place += "\n  PTX line " + std::to_string(source.line) + ": " +
                  module.textOf(source);
  if (std::string from = module.sourceOf(source); !from.empty())
    result.place += "\n  from " + from;
  return result;
}

void Warp::raise(const Fault &fault, const Split &split) const {
  throw describe(fault.check, fault.lane, fault.message, split);
}
