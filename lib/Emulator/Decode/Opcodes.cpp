//===- Opcodes.cpp - all opcodes ------------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../Instructions/Families.h"

using namespace quantc::emulator;

namespace {

std::unordered_map<std::string, OpcodeEntry> collect() {
  std::unordered_map<std::string, OpcodeEntry> result;
  for (const OpcodeTable *table :
       {&integerOpcodes, &bitOpcodes,      &carryOpcodes,   &logicOpcodes,
        &moveOpcodes,    &compareOpcodes,  &floatOpcodes,   &approximateOpcodes,
        &convertOpcodes, &memoryOpcodes,   &atomicOpcodes,  &controlOpcodes,
        &barrierOpcodes, &warpOpcodes,     &matrixOpcodes,  &matrixMoveOpcodes,
        &copyOpcodes,    &mbarrierOpcodes, &clusterOpcodes, &wgmmaOpcodes})
    for (const OpcodeEntry &entry : *table)
      result.emplace(entry.name, entry);
  return result;
}

bool isFloating(const ptx::Instruction &instruction) {
  for (size_t i = instruction.modifiers.size(); i-- > 0;)
    if (auto type = parseType(instruction.modifiers[i]))
      return *type >= Type::F16;
  return false;
}

} // namespace

DecodeFunction
quantc::emulator::findOpcode(const ptx::Instruction &instruction) {
  static const auto opcodes = collect();
  auto found = opcodes.find(instruction.opcode);
  if (found == opcodes.end())
    return nullptr;
  const OpcodeEntry &entry = found->second;
  return entry.decodeFloat && isFloating(instruction) ? entry.decodeFloat
                                                      : entry.decode;
}
