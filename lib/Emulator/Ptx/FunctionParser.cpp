//===- FunctionParser.cpp - bodies of PTX functions -----------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Parser.h"

#include <cstring>

using namespace quantc::emulator;
using namespace quantc::emulator::ptx;

void Parser::block(Function &function, int parent) {
  int line = current.line;
  expect('{');
  int scope = static_cast<int>(function.scopes.size());
  function.scopes.push_back({});
  function.scopes.back().parent = parent;
  registerScopes.emplace_back();
  while (!current.is('}')) {
    if (current.kind == Token::Kind::End)
      throw Error(line, "expected the end of the block that begins here");
    statement(function, scope);
  }
  advance();
  registerScopes.pop_back();
}

void Parser::statement(Function &function, int scope) {
  if (current.is('{'))
    return block(function, scope);
  if (accept(';'))
    return;
  if (current.kind == Token::Kind::Word && current.text[0] == '.') {
    std::string name(current.text);
    advance();
    return bodyDirective(function, scope, name);
  }
  instruction(function, scope);
}

void Parser::bodyDirective(Function &function, int scope,
                           const std::string &name) {
  if (name == ".reg")
    return registers(function);
  if (name == ".loc")
    return location();
  if (name == ".pragma") {
    advance();
    return expect(';');
  }
  Space space = name == ".local"    ? Space::Local
                : name == ".shared" ? Space::Shared
                : name == ".param"  ? Space::Param
                : name == ".global" ? Space::Global
                : name == ".const"  ? Space::Const
                                    : Space::None;
  if (space == Space::None)
    throw Error(current.line, "unknown directive '" + name + "' in a function");
  do {
    Variable declared = variable(space);
    auto &names = function.scopes[scope].variables;
    if (!names.emplace(declared.name, function.variables.size()).second)
      throw Error(declared.line, "second declaration of " + declared.name);
    function.variables.push_back(std::move(declared));
  } while (accept(','));
  expect(';');
}

void Parser::registers(Function &function) {
  std::string typeName = word("the type of the registers");
  auto type = parseType(std::string_view(typeName).substr(1));
  if (!type)
    throw Error(current.line, "unknown register type '" + typeName + "'");
  do {
    int line = current.line;
    std::string name = word("a register");
    RegisterRange range = {function.registers.size(), 0};
    if (accept('<')) {
      range.count = count(1 << 20);
      expect('>');
      for (size_t i = 0; i < range.count; ++i)
        function.registers.push_back({name + std::to_string(i), *type});
    } else {
      function.registers.push_back({name, *type});
    }
    if (!registerScopes.back().emplace(name, range).second)
      throw Error(line, "second declaration of register " + name);
  } while (accept(','));
  expect(';');
}

int Parser::findRegister(std::string_view name) const {
  size_t digits = name.size();
  while (digits > 0 &&
         std::isdigit(static_cast<unsigned char>(name[digits - 1])))
    --digits;
  for (size_t i = registerScopes.size(); i-- > 0;) {
    const RegisterScope &scope = registerScopes[i];
    auto exact = scope.find(name);
    if (exact != scope.end() && exact->second.count == 0)
      return static_cast<int>(exact->second.first);
    if (digits == name.size() || name.size() - digits > 9)
      continue;
    auto range = scope.find(name.substr(0, digits));
    if (range == scope.end())
      continue;
    size_t index = std::stoul(std::string(name.substr(digits)));
    if (index < range->second.count)
      return static_cast<int>(range->second.first + index);
  }
  return -1;
}

/// .loc file line column [, function_name label [+ n], inlined_at f l c]
void Parser::location() {
  lastLocation.file = static_cast<int>(integer());
  lastLocation.line = static_cast<int>(integer());
  lastLocation.column = static_cast<int>(integer());
  while (accept(',')) {
    if (accept("function_name")) {
      word("a label");
      if (accept('+'))
        integer();
    } else if (accept("inlined_at")) {
      for (int i = 0; i < 3; ++i)
        integer();
    } else {
      fail("function_name or inlined_at");
    }
  }
}

void Parser::instruction(Function &function, int scope) {
  Instruction result;
  result.line = current.line;
  result.scope = scope;
  result.location = lastLocation;
  result.begin = offset();
  if (accept('@')) {
    result.guardNegated = accept('!');
    std::string name = word("a predicate");
    result.guard = findRegister(name);
    if (result.guard < 0)
      throw Error(result.line, "undeclared register " + name);
  }
  std::string name = word("an instruction");
  if (result.guard < 0 && accept(':')) {
    Scope &names = function.scopes[scope];
    // `name: .branchtargets a, b;` and prototypes belong to indirect jumps.
    if (accept(".branchtargets")) {
      auto &targets = names.branchTargets[name];
      do
        targets.push_back(word("a label"));
      while (accept(','));
      return expect(';');
    }
    if (accept(".callprototype")) {
      while (!current.is(';'))
        advance();
      return expect(';');
    }
    if (!names.labels.emplace(name, function.body.size()).second)
      throw Error(result.line, "second declaration of label " + name);
    return;
  }
  size_t begin = 0;
  for (size_t dot; (dot = name.find('.', begin)) != name.npos; begin = dot + 1)
    if (begin == 0)
      result.opcode = name.substr(0, dot);
    else
      result.modifiers.push_back(name.substr(begin, dot - begin));
  if (begin == 0)
    result.opcode = name;
  else
    result.modifiers.push_back(name.substr(begin));
  if (!current.is(';')) {
    do
      result.operands.push_back(operand());
    while (accept(','));
  }
  if (!current.is(';'))
    fail("',' or ';' after an operand of " + name);
  result.end = offset() + 1;
  advance();
  function.body.push_back(std::move(result));
}

Operand Parser::sequence(Operand::Kind kind, char close) {
  Operand result;
  result.kind = kind;
  if (accept(close))
    return result;
  do
    result.elements.push_back(operand());
  while (accept(','));
  expect(close);
  return result;
}

Operand Parser::operand() {
  Operand first = plainOperand();
  if (!accept('|'))
    return first;
  Operand pair;
  pair.kind = Operand::Kind::Pair;
  pair.elements.push_back(std::move(first));
  pair.elements.push_back(plainOperand());
  return pair;
}

Operand Parser::plainOperand() {
  if (accept('{'))
    return sequence(Operand::Kind::Vector, '}');
  if (accept('('))
    return sequence(Operand::Kind::List, ')');
  if (accept('['))
    return address();
  if (accept('!')) {
    Operand result = wordOperand();
    result.negated = true;
    return result;
  }
  if (accept('-'))
    return numberOperand(true);
  if (current.kind == Token::Kind::Word)
    return wordOperand();
  return numberOperand(false);
}

Operand Parser::numberOperand(bool minus) {
  Operand result;
  result.value = static_cast<int64_t>(current.value);
  switch (current.kind) {
  case Token::Kind::Integer:
    result.kind = Operand::Kind::Integer;
    result.value = minus ? -result.value : result.value;
    break;
  case Token::Kind::Float:
    result.kind = Operand::Kind::Float;
    result.value ^= minus ? INT64_MIN : 0;
    break;
  case Token::Kind::Float32:
    result.kind = Operand::Kind::Float32;
    result.value ^= minus ? 0x80000000 : 0;
    break;
  default:
    fail("an operand");
  }
  advance();
  return result;
}

Operand Parser::wordOperand() {
  Operand result;
  int line = current.line;
  result.name = word("an operand");
  if (result.name == "_") {
    result.kind = Operand::Kind::Sink;
    return result;
  }
  int index = findRegister(result.name);
  if (index >= 0) {
    result.kind = Operand::Kind::Register;
    result.value = index;
    return result;
  }
  if (result.name[0] == '%') {
    result.kind = Operand::Kind::Special;
    return result;
  }
  if (result.name[0] == '.')
    throw Error(line, "expected an operand, but got '" + result.name + "'");
  result.kind = Operand::Kind::Symbol;
  if (accept('+'))
    result.value = integer();
  else if (accept('-'))
    result.value = -integer();
  return result;
}

/// [base], [base + offset], [base, {coordinates}], [constant]
Operand Parser::address() {
  Operand result;
  result.kind = Operand::Kind::Address;
  Operand base = plainOperand();
  if (base.kind == Operand::Kind::Symbol)
    std::swap(result.value, base.value);
  if (accept('+'))
    result.value += integer();
  else if (accept('-'))
    result.value -= integer();
  result.elements.push_back(std::move(base));
  while (accept(','))
    result.elements.push_back(plainOperand());
  expect(']');
  return result;
}
