//===- InstDecoder.cpp - modifiers and operands ---------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Decoder.h"

#include <algorithm>
#include <cstring>

using namespace quantc::emulator;
using ptx::Operand;
using ptx::Space;

InstDecoder::InstDecoder(FunctionDecoder &function,
                         const ptx::Instruction &source)
    : source(source), parent(function), consumed(source.modifiers.size()) {
  if (source.guard >= 0) {
    inst.guarded = true;
    inst.guardNegated = source.guardNegated;
    inst.guard = function.slotOf(source.guard);
    if (function.source.registers[source.guard].type != Type::Pred)
      fail("expected a predicate as guard");
  }
}

void InstDecoder::fail(const std::string &message) const {
  throw ptx::Error(source.line, message + " in '" + source.spelling() + "'");
}

bool InstDecoder::accept(const char *modifier) {
  for (size_t i = 0; i < consumed.size(); ++i)
    if (!consumed[i] && source.modifiers[i] == modifier)
      return consumed[i] = true;
  return false;
}

int InstDecoder::acceptOneOf(std::initializer_list<const char *> modifiers) {
  int index = 0;
  for (const char *modifier : modifiers) {
    if (accept(modifier))
      return index;
    ++index;
  }
  return -1;
}

bool InstDecoder::acceptPrefix(const std::string &prefix) {
  bool found = false;
  for (size_t i = 0; i < consumed.size(); ++i)
    if (!consumed[i] &&
        source.modifiers[i].compare(0, prefix.size(), prefix) == 0)
      found = consumed[i] = true;
  return found;
}

void InstDecoder::require(const char *modifier) {
  if (!accept(modifier))
    fail("expected modifier '." + std::string(modifier) + "'");
}

bool InstDecoder::hasType() const {
  for (size_t i = 0; i < consumed.size(); ++i)
    if (!consumed[i] && parseType(source.modifiers[i]))
      return true;
  return false;
}

Type InstDecoder::type() {
  for (size_t i = 0; i < consumed.size(); ++i)
    if (!consumed[i])
      if (auto type = parseType(source.modifiers[i])) {
        consumed[i] = true;
        return *type;
      }
  fail("expected a type");
}

std::string InstDecoder::next() {
  for (size_t i = 0; i < consumed.size(); ++i)
    if (!consumed[i]) {
      consumed[i] = true;
      return source.modifiers[i];
    }
  return "";
}

std::string InstDecoder::peek() const {
  for (size_t i = 0; i < consumed.size(); ++i)
    if (!consumed[i])
      return source.modifiers[i];
  return "";
}

void InstDecoder::finish() const {
  std::string left = peek();
  if (!left.empty())
    fail("unknown modifier '." + left + "'");
}

void InstDecoder::operands(size_t least, size_t most) {
  size_t count = source.operands.size();
  if (count < least || count > most)
    fail("expected " + std::to_string(least) +
         (most > least ? " to " + std::to_string(most) : "") +
         " operands, but got " + std::to_string(count));
}

static bool fits(const ptx::Register &reg, Type type) {
  if (type == Type::Pred || reg.type == Type::Pred)
    return type == reg.type;
  return sizeOf(reg.type) == sizeOf(type);
}

Type InstDecoder::registerType(const Operand &operand) const {
  if (operand.kind != Operand::Kind::Register)
    return Type::None;
  return parent.source.registers[operand.value].type;
}

/// The bits of an immediate as an element of `type`.
static uint64_t immediateBits(const Operand &operand, Type type) {
  if (operand.kind == Operand::Kind::Integer)
    return static_cast<uint64_t>(operand.value);
  double value;
  if (operand.kind == Operand::Kind::Float32) {
    float narrow;
    uint32_t bits = static_cast<uint32_t>(operand.value);
    if (sizeOf(type) <= 4)
      return bits;
    std::memcpy(&narrow, &bits, sizeof narrow);
    value = narrow;
  } else {
    std::memcpy(&value, &operand.value, sizeof value);
    if (type == Type::F32 || type == Type::B32) {
      float narrow = static_cast<float>(value);
      uint32_t bits;
      std::memcpy(&bits, &narrow, sizeof bits);
      return bits;
    }
  }
  uint64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

Slot InstDecoder::from(const Operand &operand, Type type) {
  switch (operand.kind) {
  case Operand::Kind::Register: {
    if (type == Type::Pred)
      return fromPredicate(operand);
    const ptx::Register &reg = parent.source.registers[operand.value];
    if (!fits(reg, type))
      fail("expected a register as wide as ." + std::string(nameOf(type)) +
           ", but got " + reg.name + " of type ." +
           std::string(nameOf(reg.type)));
    return parent.slotOf(operand.value);
  }
  case Operand::Kind::Integer:
  case Operand::Kind::Float:
  case Operand::Kind::Float32:
    if (type == Type::Pred)
      return fromPredicate(operand);
    return constantRow(type, immediateBits(operand, type));
  case Operand::Kind::Special: {
    if (source.opcode != "mov" && source.opcode != "cvt")
      fail("expected a register, but got the special register " + operand.name +
           ", which only mov and cvt read");
    Slot row = temporary(type);
    before(readSpecialRegister(operand.name, row, type, *this));
    return row;
  }
  case Operand::Kind::Symbol:
    return symbolAddress(operand, type);
  default:
    break;
  }
  fail("expected a source of type ." + std::string(nameOf(type)));
}

Slot InstDecoder::to(const Operand &operand, Type type) {
  if (operand.kind == Operand::Kind::Sink)
    return temporary(type);
  if (operand.kind != Operand::Kind::Register)
    fail("expected a register as destination");
  const ptx::Register &reg = parent.source.registers[operand.value];
  if (!fits(reg, type))
    fail("expected a register as wide as ." + std::string(nameOf(type)) +
         ", but got " + reg.name + " of type ." +
         std::string(nameOf(reg.type)));
  return parent.slotOf(operand.value);
}

Slot InstDecoder::fromWide(const Operand &operand, Type type, unsigned &width) {
  width = sizeOf(type);
  Type actual = registerType(operand);
  if (actual == Type::None || actual == Type::Pred || sizeOf(actual) <= width)
    return from(operand, type);
  width = sizeOf(actual);
  return parent.slotOf(operand.value);
}

Slot InstDecoder::toWide(const Operand &operand, Type type, unsigned &width) {
  width = sizeOf(type);
  Type actual = registerType(operand);
  if (actual == Type::None || actual == Type::Pred || sizeOf(actual) <= width)
    return to(operand, type);
  width = sizeOf(actual);
  return parent.slotOf(operand.value);
}

static Outcome invertPredicate(Exec &x, const Inst &i) {
  x.setPredicate(i.op[0], ~x.predicate(i.op[1]));
  return Outcome::Next;
}

Slot InstDecoder::fromPredicate(const Operand &operand) {
  if (operand.kind == Operand::Kind::Integer) // the mask of all lanes or none
    return constantRow(Type::B32, operand.value ? ~uint64_t(0) : 0);
  if (registerType(operand) != Type::Pred)
    fail("expected a predicate");
  Slot slot = parent.slotOf(operand.value);
  if (!operand.negated)
    return slot;
  Inst helper;
  helper.run = invertPredicate;
  helper.op[0] = temporary(Type::Pred);
  helper.op[1] = slot;
  before(helper);
  return helper.op[0];
}

Slot InstDecoder::toPredicate(const Operand &operand) {
  return to(operand, Type::Pred);
}

std::vector<const Operand *>
InstDecoder::elements(const Operand &operand) const {
  std::vector<const Operand *> result;
  if (operand.kind != Operand::Kind::Vector)
    result.push_back(&operand);
  else
    for (const Operand &element : operand.elements)
      result.push_back(&element);
  return result;
}

std::vector<const Operand *> InstDecoder::vector(size_t index,
                                                 size_t count) const {
  auto result = elements(operand(index));
  if (result.size() != count)
    fail("expected " + std::to_string(count) + " registers in operand " +
         std::to_string(index + 1) + ", but got " +
         std::to_string(result.size()));
  return result;
}

int64_t InstDecoder::constant(const Operand &operand) const {
  if (operand.kind != Operand::Kind::Integer)
    fail("expected an integer constant");
  return operand.value;
}

Slot InstDecoder::temporary(Type type) { return parent.temporary(type); }

Slot InstDecoder::constantRow(Type type, uint64_t bits) {
  return parent.constantRow(type, bits);
}

void InstDecoder::before(const Inst &helper) {
  Inst copy = helper;
  copy.source = static_cast<uint32_t>(&source - parent.source.body.data());
  parent.result.code.push_back(copy);
}

void InstDecoder::keep(std::unique_ptr<Payload> payload) {
  parent.result.payloads.push_back(std::move(payload));
}

Program &InstDecoder::program() { return *parent.program.program; }

Space InstDecoder::space() {
  static constexpr struct {
    const char *name;
    Space space;
  } spaces[] = {
      {"global", Space::Global},      {"shared", Space::Shared},
      {"shared::cta", Space::Shared}, {"shared::cluster", Space::Shared},
      {"local", Space::Local},        {"const", Space::Const},
      {"param", Space::Param},        {"param::entry", Space::Param},
      {"param::func", Space::Param},
  };
  for (const auto &entry : spaces)
    if (accept(entry.name))
      return entry.space;
  return Space::Generic;
}

static Outcome frameAddress(Exec &x, const Inst &i) {
  uint64_t *target = x.target<uint64_t>(i.op[0]);
  x.forLanes([&](unsigned lane) {
    target[lane] = uint64_t(x.frame.localBase) + i.immediate;
  });
  return Outcome::Next;
}

Slot InstDecoder::symbolAddress(const Operand &operand, Type type) {
  if (sizeOf(type) != 8 && sizeOf(type) != 4)
    fail("expected 32 or 64 bits for the address of " + operand.name);
  VariablePlace place = parent.find(operand.name, source.scope);
  if (!place.variable)
    fail("undeclared name '" + operand.name + "'");
  if (!place.frameRelative)
    return constantRow(type, place.address + operand.value);
  if (sizeOf(type) != 8)
    fail("expected 64 bits for the address of " + operand.name);
  Inst helper;
  helper.run = frameAddress;
  helper.op[0] = temporary(Type::B64);
  helper.immediate = static_cast<uint32_t>(place.address + operand.value);
  before(helper);
  return helper.op[0];
}

AddressOperand InstDecoder::address(const Operand &operand, Space &space) {
  if (operand.kind != Operand::Kind::Address)
    fail("expected an address in brackets");
  const Operand &base = operand.elements[0];
  AddressOperand result;
  result.offset = operand.value;
  switch (base.kind) {
  case Operand::Kind::Register: {
    Type type = registerType(base);
    if (sizeOf(type) != 4 && sizeOf(type) != 8)
      fail("expected an address register of 32 or 64 bits");
    result.wide = sizeOf(type) == 8;
    result.base = parent.slotOf(base.value);
    return result;
  }
  case Operand::Kind::Integer:
    result.offset += base.value;
    return result;
  case Operand::Kind::Symbol: {
    VariablePlace place = parent.find(base.name, source.scope);
    if (!place.variable)
      fail("undeclared name '" + base.name + "'");
    result.offset += static_cast<int64_t>(place.address);
    result.frameRelative = place.frameRelative;
    if (place.frameRelative)
      space = Space::Local; // parameters of functions live there too
    else if (space == Space::Generic || space == Space::None)
      space = place.space;
    else if (place.space != space &&
             !(place.space == Space::Const && space == Space::Global))
      fail("variable '" + base.name + "' is in another state space");
    return result;
  }
  default:
    fail("expected a register, variable or constant as address");
  }
}
