//===- Mutation.cpp - modules without one synchronisation -----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Mutation.h"

#include "../Ptx/Ast.h"

#include "quantc/Emulator/Emulator.h"

#include <algorithm>

using namespace quantc::emulator;
using namespace quantc::emulator::ptx;

namespace {

bool hasModifier(const Instruction &instruction, const char *modifier) {
  const auto &list = instruction.modifiers;
  return std::find(list.begin(), list.end(), modifier) != list.end();
}

bool synchronizes(const Instruction &instruction) {
  const std::string &opcode = instruction.opcode;
  for (const char *name : {"bar", "barrier", "fence", "membar"})
    if (opcode == name)
      return true;
  if (opcode == "mbarrier")
    return !hasModifier(instruction, "init") &&
           !hasModifier(instruction, "inval") &&
           !hasModifier(instruction, "pending_count");
  if (opcode == "wgmma")
    return !hasModifier(instruction, "mma_async");
  if (opcode == "cp")
    for (const char *name :
         {"commit_group", "wait_group", "wait_all", "arrive"})
      if (hasModifier(instruction, name))
        return true;
  return false;
}

/// What stands in for the instruction: nothing, or success of a test.
std::string replacementOf(const Function &function,
                          const Instruction &instruction) {
  if (!hasModifier(instruction, "try_wait") &&
      !hasModifier(instruction, "test_wait"))
    return "";
  const Operand &result = instruction.operands.at(0);
  std::string guard;
  if (instruction.guard >= 0)
    guard = std::string("@") + (instruction.guardNegated ? "!" : "") +
            function.registers[instruction.guard].name + " ";
  return guard + "setp.eq.u32 " + function.registers[result.value].name +
         ", 0, 0;";
}

} // namespace

std::vector<Mutation> quantc::emulator::mutationsOf(const std::string &text) {
  std::vector<Mutation> result;
  Module module = parse(text);
  for (const Function &function : module.functions)
    for (const Instruction &instruction : function.body)
      if (synchronizes(instruction))
        result.push_back({instruction.line, instruction.begin, instruction.end,
                          replacementOf(function, instruction)});
  return result;
}

std::string Mutation::apply(const std::string &text) const {
  std::string removed = original(text);
  std::string breaks(std::count(removed.begin(), removed.end(), '\n'), '\n');
  return text.substr(0, begin) + replacement + breaks + text.substr(end);
}

int quantcEmulatorMutationCount(const char *ptx) {
  try {
    return static_cast<int>(mutationsOf(ptx).size());
  } catch (const Error &) {
    return -1;
  }
}

const char *quantcEmulatorMutate(const char *ptx, int index, int *line) {
  static thread_local std::string result;
  try {
    auto mutations = mutationsOf(ptx);
    if (index < 0 || static_cast<size_t>(index) >= mutations.size())
      return nullptr;
    const Mutation &mutation = mutations[index];
    if (line)
      *line = mutation.line;
    result = mutation.apply(ptx);
    return result.c_str();
  } catch (const Error &) {
    return nullptr;
  }
}
