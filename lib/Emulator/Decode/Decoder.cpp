//===- Decoder.cpp - functions and programs -------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Decoder.h"

#include <algorithm>
#include <cstring>

using namespace quantc::emulator;
using ptx::Space;

uint32_t quantc::emulator::layOut(const std::vector<ptx::Variable> &variables,
                                  std::vector<uint32_t> &offsets) {
  uint64_t end = 0;
  for (const ptx::Variable &variable : variables) {
    uint64_t alignment = std::max(variable.alignment, 1u);
    end = (end + alignment - 1) / alignment * alignment;
    offsets.push_back(static_cast<uint32_t>(end));
    end += variable.bytes();
  }
  return static_cast<uint32_t>(end);
}

//===----------------------------------------------------------------------===//
// ProgramDecoder
//===----------------------------------------------------------------------===//

std::unique_ptr<Program> ProgramDecoder::decode(const ptx::Function &entry) {
  program = std::make_unique<Program>();
  program->module = &module;
  program->entry = &entry;
  program->parameterBytes = layOut(entry.parameters, program->parameterOffsets);
  for (const ptx::Variable &parameter : entry.parameters)
    program->parameterSizes.push_back(static_cast<uint32_t>(parameter.bytes()));
  layOutShared(entry);
  const ptx::Function *source = nullptr;
  callee(entry.name, entry.line, source);
  for (const ptx::Register &reg : entry.registers)
    program->registerCount += (sizeOf(reg.type) + 3) / 4;
  return std::move(program);
}

static void forSymbols(const ptx::Operand &operand,
                       const std::function<void(const std::string &)> &use) {
  if (operand.kind == ptx::Operand::Kind::Symbol)
    use(operand.name);
  for (const ptx::Operand &element : operand.elements)
    forSymbols(element, use);
}

/// Shared variables of the entry and of what it calls; dynamic shared memory
/// begins after the static variables.
void ProgramDecoder::layOutShared(const ptx::Function &entry) {
  std::vector<const ptx::Function *> reached = {&entry};
  std::vector<const ptx::Variable *> statics, dynamics;
  auto add = [&](const ptx::Variable &variable) {
    if (variable.space != Space::Shared)
      return;
    auto &list = variable.isExtern || variable.count == 0 ? dynamics : statics;
    if (std::find(list.begin(), list.end(), &variable) == list.end())
      list.push_back(&variable);
  };
  for (size_t i = 0; i < reached.size(); ++i) {
    for (const ptx::Variable &variable : reached[i]->variables)
      add(variable);
    auto use = [&](const std::string &name) {
      for (const ptx::Variable &variable : module.variables)
        if (variable.name == name)
          add(variable);
      for (const ptx::Function &function : module.functions)
        if (function.name == name && std::find(reached.begin(), reached.end(),
                                               &function) == reached.end())
          reached.push_back(&function);
    };
    for (const ptx::Instruction &instruction : reached[i]->body)
      for (const ptx::Operand &operand : instruction.operands)
        forSymbols(operand, use);
  }
  uint64_t end = reservedShared;
  auto align = [&](uint64_t alignment) {
    end = (end + alignment - 1) / alignment * alignment;
  };
  for (const ptx::Variable *variable : statics) {
    align(std::max(variable->alignment, 1u));
    sharedPlaces[variable] = end;
    end += variable->bytes();
  }
  for (const ptx::Variable *variable : dynamics)
    align(std::max(variable->alignment, 1u));
  for (const ptx::Variable *variable : dynamics)
    sharedPlaces[variable] = end;
  constexpr uint64_t maxShared = 227 * 1024; // of the largest device
  if (end - reservedShared > maxShared)
    throw ptx::Error(entry.line,
                     "expected at most " + std::to_string(maxShared) +
                         " bytes of shared memory, but " + entry.name +
                         " has " + std::to_string(end - reservedShared));
  program->staticShared = static_cast<uint32_t>(end - reservedShared);
}

/// Functions are decoded when they are first called; recursion finds the
/// function that is being decoded.
const Function *ProgramDecoder::callee(const std::string &name, int line,
                                       const ptx::Function *&source) {
  auto alias = module.aliases.find(name);
  const std::string &target =
      alias == module.aliases.end() ? name : alias->second;
  source = nullptr;
  for (const ptx::Function &function : module.functions)
    if (function.name == target)
      source = &function;
  if (!source)
    throw ptx::Error(line, "undeclared function '" + target + "'");
  if (!source->hasBody)
    throw ptx::Error(line, "function '" + target + "' has no body");
  auto found = known.find(target);
  if (found != known.end())
    return found->second;
  program->functions.push_back(std::make_unique<Function>());
  Function *fresh = program->functions.back().get();
  known[target] = fresh;
  FunctionDecoder(*this, *source, *fresh).decode();
  return fresh;
}

//===----------------------------------------------------------------------===//
// FunctionDecoder
//===----------------------------------------------------------------------===//

FunctionDecoder::FunctionDecoder(ProgramDecoder &program,
                                 const ptx::Function &source, Function &result)
    : program(program), source(source), result(result) {
  result.source = &source;
  for (const ptx::Register &reg : source.registers)
    slots.push_back(temporary(reg.type));
  uint64_t end = 0;
  auto place = [&](const ptx::Variable &variable) {
    uint64_t alignment = std::max(variable.alignment, 1u);
    end = (end + alignment - 1) / alignment * alignment;
    localOffsets[&variable] = static_cast<uint32_t>(end);
    end += variable.bytes();
  };
  if (!source.isEntry) {
    for (const ptx::Variable &variable : source.returns)
      place(variable);
    for (const ptx::Variable &variable : source.parameters)
      place(variable);
  }
  for (const ptx::Variable &variable : source.variables)
    if (variable.space == Space::Local || variable.space == Space::Param)
      place(variable);
  constexpr uint64_t maxLocal = 512 * 1024; // per thread, on every device
  if (end > maxLocal)
    throw ptx::Error(source.line,
                     "expected at most " + std::to_string(maxLocal) +
                         " bytes of local memory, but " + source.name +
                         " has " + std::to_string(end));
  // Keeps callees' frames aligned.
  result.localBytes = static_cast<uint32_t>((end + 15) / 16 * 16);
}

Slot FunctionDecoder::temporary(Type type) {
  uint32_t row = type == Type::Pred ? 4 : sizeOf(type) * warpSize;
  uint32_t alignment = type == Type::Pred ? 4 : 16;
  uint32_t start = (result.frameBytes + alignment - 1) / alignment * alignment;
  result.frameBytes = start + row;
  return start;
}

Slot FunctionDecoder::constantRow(Type type, uint64_t bits) {
  unsigned size = sizeOf(type);
  if (size < 8)
    bits &= (uint64_t(1) << size * 8) - 1;
  auto [found, isNew] = constantRows.emplace(std::make_pair(size, bits), 0);
  if (isNew) {
    size_t start = (result.constants.size() + 15) / 16 * 16;
    result.constants.resize(start + size * warpSize);
    for (unsigned lane = 0; lane < warpSize; ++lane)
      std::memcpy(result.constants.data() + start + lane * size, &bits,
                  std::min(size, 8u));
    found->second = constantSlot | static_cast<Slot>(start);
  }
  return found->second;
}

Slot FunctionDecoder::carry() {
  if (carrySlot == noSlot)
    carrySlot = temporary(Type::Pred);
  return carrySlot;
}

VariablePlace FunctionDecoder::find(const std::string &name, int scope) const {
  VariablePlace place;
  for (int each = scope; each >= 0 && !place.variable;
       each = source.scopes[each].parent) {
    auto found = source.scopes[each].variables.find(name);
    if (found != source.scopes[each].variables.end())
      place.variable = &source.variables[found->second];
  }
  for (const auto *list : {&source.parameters, &source.returns})
    for (size_t i = 0; i < list->size() && !place.variable; ++i)
      if ((*list)[i].name == name) {
        place.variable = &(*list)[i];
        if (source.isEntry) {
          place.space = Space::Param;
          place.address = program.program->parameterOffsets[i];
          return place;
        }
      }
  for (const ptx::Variable &variable : program.module.variables)
    if (!place.variable && variable.name == name)
      place.variable = &variable;
  if (!place.variable)
    return place;
  place.space = place.variable->space;
  auto local = localOffsets.find(place.variable);
  if (local != localOffsets.end()) {
    place.address = local->second;
    place.frameRelative = true;
  } else if (place.space == Space::Shared) {
    place.address = program.sharedPlaces.at(place.variable);
  } else {
    auto symbol = program.symbols.find(name);
    if (symbol == program.symbols.end())
      return VariablePlace();
    place.address = symbol->second;
  }
  return place;
}

uint32_t FunctionDecoder::localOffset(const std::string &name, int scope,
                                      int line) const {
  VariablePlace place = find(name, scope);
  if (!place.variable || !place.frameRelative)
    throw ptx::Error(line,
                     "expected a .param variable, but got '" + name + "'");
  return static_cast<uint32_t>(place.address);
}

uint32_t FunctionDecoder::labelIndex(const std::string &name, int scope,
                                     int line) const {
  for (int each = scope; each >= 0; each = source.scopes[each].parent) {
    auto found = source.scopes[each].labels.find(name);
    if (found != source.scopes[each].labels.end())
      return static_cast<uint32_t>(found->second);
  }
  throw ptx::Error(line, "undeclared label '" + name + "'");
}

const std::vector<std::string> *
FunctionDecoder::branchTargets(const std::string &name, int scope) const {
  for (int each = scope; each >= 0; each = source.scopes[each].parent) {
    auto found = source.scopes[each].branchTargets.find(name);
    if (found != source.scopes[each].branchTargets.end())
      return &found->second;
  }
  return nullptr;
}

void FunctionDecoder::decode() {
  result.constants.resize(16); // source() may point at the pool's start
  for (size_t i = 0; i < source.body.size(); ++i)
    decodeInstruction(i);
  starts.push_back(static_cast<uint32_t>(result.code.size()));
  Inst end; // falling off the end returns
  end.flow = Flow::Return;
  end.source =
      source.body.empty() ? 0 : static_cast<uint32_t>(source.body.size() - 1);
  result.code.push_back(end);
  patchTargets();
}

void FunctionDecoder::decodeInstruction(size_t index) {
  const ptx::Instruction &parsed = source.body[index];
  starts.push_back(static_cast<uint32_t>(result.code.size()));
  DecodeFunction decode = findOpcode(parsed);
  if (!decode)
    throw ptx::Error(parsed.line,
                     "unknown instruction '" + parsed.spelling() + "'");
  InstDecoder decoder(*this, parsed);
  decode(decoder);
  decoder.finish();
  decoder.inst.source = static_cast<uint32_t>(index);
  result.code.push_back(decoder.inst);
}

/// Branches name parsed instructions until all are decoded.
void FunctionDecoder::patchTargets() {
  for (Inst &inst : result.code)
    if (inst.flow == Flow::Branch)
      inst.immediate = starts[inst.immediate];
  for (auto &payload : result.payloads)
    if (auto *targets = dynamic_cast<BranchTargets *>(payload.get()))
      for (uint32_t &target : targets->targets)
        target = starts[target];
}
