//===- Parser.cpp - module level of PTX -----------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Parser.h"

using namespace quantc::emulator;
using namespace quantc::emulator::ptx;

Module ptx::parse(std::string_view text) { return Parser(text).parseModule(); }

std::string Instruction::spelling() const {
  std::string result = opcode;
  for (const std::string &modifier : modifiers)
    result += "." + modifier;
  return result;
}

std::string Module::textOf(const Instruction &instruction) const {
  std::string text =
      instruction.line >= 1 && size_t(instruction.line) <= lines.size()
          ? lines[instruction.line - 1]
          : instruction.spelling();
  size_t begin = text.find_first_not_of(" \t");
  return begin == text.npos ? text : text.substr(begin);
}

std::string Module::sourceOf(const Instruction &instruction) const {
  const Location &location = instruction.location;
  if (!location.file)
    return "";
  auto file = files.find(location.file);
  return (file == files.end() ? "?" : file->second) + ":" +
         std::to_string(location.line) + ":" + std::to_string(location.column);
}

Parser::Parser(std::string_view text) : text(text), lexer(text) {
  for (size_t begin = 0; begin < text.size();) {
    size_t end = std::min(text.find('\n', begin), text.size());
    module.lines.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  advance();
}

void Parser::fail(const std::string &expected) const {
  std::string actual = current.kind == Token::Kind::End
                           ? "the end of the module"
                           : "'" + std::string(current.text) + "'";
  throw Error(current.line, "expected " + expected + ", but got " + actual);
}

bool Parser::accept(char mark) {
  if (!current.is(mark))
    return false;
  advance();
  return true;
}

bool Parser::accept(std::string_view word) {
  if (!current.is(word))
    return false;
  advance();
  return true;
}

void Parser::expect(char mark) {
  if (!accept(mark))
    fail(std::string("'") + mark + "'");
}

int64_t Parser::integer() {
  bool minus = accept('-');
  if (current.kind != Token::Kind::Integer)
    fail("an integer");
  int64_t value = static_cast<int64_t>(current.value);
  advance();
  return minus ? -value : value;
}

uint64_t Parser::count(uint64_t most) {
  int line = current.line;
  int64_t value = integer();
  if (value < 0 || static_cast<uint64_t>(value) > most)
    throw Error(line, "expected a number from 0 to " + std::to_string(most) +
                          ", but got " + std::to_string(value));
  return static_cast<uint64_t>(value);
}

std::string Parser::word(const char *what) {
  if (current.kind != Token::Kind::Word)
    fail(what);
  std::string result(current.text);
  advance();
  return result;
}

Module Parser::parseModule() {
  while (current.kind != Token::Kind::End)
    directive();
  if (module.version.empty())
    throw Error(1, "expected a .version directive");
  return std::move(module);
}

void Parser::directive() {
  if (accept(".version")) {
    module.version = std::string(current.text);
    return advance();
  }
  if (accept(".target")) {
    module.target = word("a target");
    while (accept(','))
      word("a target option");
    return;
  }
  if (accept(".address_size")) {
    module.addressSize = static_cast<unsigned>(integer());
    if (module.addressSize != 64)
      throw Error(current.line, "expected .address_size 64, but got " +
                                    std::to_string(module.addressSize));
    return;
  }
  if (accept(".file"))
    return fileDirective();
  if (accept(".section")) {
    word("a section name");
    return skipBraces();
  }
  if (accept(".pragma")) {
    advance();
    return expect(';');
  }
  if (accept(".alias")) {
    std::string name = word("a function");
    expect(',');
    module.aliases[name] = word("a function");
    return expect(';');
  }
  bool isExtern = false;
  while (current.is(".visible") || current.is(".extern") ||
         current.is(".weak") || current.is(".common")) {
    isExtern |= current.is(".extern");
    advance();
  }
  if (accept(".entry"))
    return function(true);
  if (accept(".func"))
    return function(false);
  Space space = current.is(".global")   ? Space::Global
                : current.is(".shared") ? Space::Shared
                : current.is(".const")  ? Space::Const
                                        : Space::None;
  if (space == Space::None)
    fail("a directive of a module");
  advance();
  do {
    Variable declared = variable(space);
    declared.isExtern = isExtern;
    module.variables.push_back(std::move(declared));
  } while (accept(','));
  expect(';');
}

void Parser::fileDirective() {
  int number = static_cast<int>(integer());
  if (current.kind != Token::Kind::String)
    fail("a file name");
  module.files[number] = std::string(current.text);
  advance();
  while (accept(',')) // time stamp and size
    integer();
}

void Parser::skipBraces() {
  expect('{');
  for (int depth = 1; depth; advance()) {
    if (current.kind == Token::Kind::End)
      fail("'}'");
    depth += current.is('{');
    depth -= current.is('}');
  }
}

/// [.align N] [.ptr [.space] [.align N]] .type name[N][M]... [= initialiser];
/// the state space has been read. `name<N>` declares N variables: not emitted
/// by code generators, and refused.
Variable Parser::variable(Space space) {
  constexpr uint64_t maxBytes = uint64_t(1) << 30;
  Variable result;
  result.space = space;
  result.line = current.line;
  Type element = Type::None;
  unsigned vector = 1;
  bool pointer = false;
  while (current.kind == Token::Kind::Word && current.text[0] == '.') {
    std::string name = word("a type");
    if (name == ".align") {
      auto alignment = static_cast<unsigned>(count(4096));
      if (alignment & (alignment - 1))
        throw Error(result.line,
                    "expected a power of two as alignment, but got " +
                        std::to_string(alignment));
      if (!pointer) // the alignment of what a .ptr parameter points to
        result.alignment = alignment;
    } else if (name == ".ptr") {
      pointer = true;
    } else if (name == ".v2" || name == ".v4") {
      vector = name[2] - '0';
    } else if (auto type = parseType(name.substr(1))) {
      element = *type;
    } else if (!pointer && name != ".managed" && name != ".attribute") {
      throw Error(result.line,
                  "unknown attribute '" + name + "' of a variable");
    }
    if (name == ".attribute")
      skipBraces();
  }
  if (element == Type::None)
    fail("a type");
  result.type = element;
  result.name = word("the name of a variable");
  result.count = vector;
  bool open = false;
  while (accept('[')) {
    open = current.is(']');
    if (!open)
      result.count *= count(maxBytes);
    if (result.bytes() > maxBytes)
      throw Error(result.line, "variable " + result.name + " has more than " +
                                   std::to_string(maxBytes) + " bytes");
    expect(']');
  }
  if (open)
    result.count = 0;
  if (!result.alignment)
    result.alignment = sizeOf(element) * vector;
  if (accept('='))
    initializer(result);
  if (open && !result.initializers.empty())
    result.count = result.initializers.size();
  return result;
}

/// Nested braces of several dimensions are flattened: code generators write
/// every element.
void Parser::initializer(Variable &result) {
  if (accept('{')) {
    if (!current.is('}')) {
      do
        initializer(result);
      while (accept(','));
    }
    return expect('}');
  }
  result.initializers.push_back(initializerElement());
}

Variable::Initializer Parser::initializerElement() {
  Variable::Initializer element;
  bool minus = accept('-');
  switch (current.kind) {
  case Token::Kind::Integer:
    element.value = minus ? -current.value : current.value;
    advance();
    if (accept('(')) { // a mask: one byte of an address
      element.byteMask = static_cast<unsigned>(element.value);
      element.value = 0;
      Variable::Initializer address = initializerElement();
      element.symbol = address.symbol;
      element.generic = address.generic;
      element.value = address.value;
      expect(')');
    }
    return element;
  case Token::Kind::Float:
  case Token::Kind::Float32:
    element.value = current.value;
    advance();
    return element;
  default:
    break;
  }
  if (accept("generic")) {
    expect('(');
    element = initializerElement();
    element.generic = true;
    expect(')');
  } else {
    element.symbol = word("an initial value");
  }
  if (accept('+'))
    element.value += static_cast<uint64_t>(integer());
  return element;
}

std::vector<Variable> Parser::parameters() {
  std::vector<Variable> result;
  if (!accept('('))
    return result;
  if (accept(')'))
    return result;
  do {
    if (!accept(".param"))
      fail(".param");
    result.push_back(variable(Space::Param));
  } while (accept(','));
  expect(')');
  return result;
}

std::array<unsigned, 3> Parser::shape() {
  std::array<unsigned, 3> result = {1, 1, 1};
  for (unsigned axis = 0; axis < 3; ++axis) {
    result[axis] = static_cast<unsigned>(integer());
    if (axis == 2 || !accept(','))
      break;
  }
  return result;
}

void Parser::functionDirectives(Function &result) {
  while (true) {
    if (accept(".reqntid"))
      result.requiredThreads = shape();
    else if (accept(".maxntid"))
      result.maximalThreads = shape();
    else if (accept(".reqnctapercluster"))
      result.clusterShape = shape();
    else if (accept(".explicitcluster"))
      result.explicitCluster = true;
    else if (accept(".minnctapersm") || accept(".maxnreg") ||
             accept(".maxclusterrank") || accept(".maxnctapersm"))
      integer();
    else if (accept(".noreturn") || accept(".blocksareclusters"))
      continue;
    else if (accept(".abi_preserve") || accept(".abi_preserve_control"))
      integer();
    else if (accept(".pragma")) {
      advance();
      expect(';');
    } else
      return;
  }
}

void Parser::function(bool isEntry) {
  Function result;
  result.isEntry = isEntry;
  result.line = current.line;
  if (!isEntry)
    result.returns = parameters();
  result.name = word("the name of a function");
  result.parameters = parameters();
  functionDirectives(result);
  if (current.is('{')) {
    result.hasBody = true;
    lastLocation = Location();
    block(result, -1);
  } else {
    expect(';');
  }
  // A forward declaration and its definition are one function.
  for (Function &known : module.functions)
    if (known.name == result.name) {
      if (known.hasBody && result.hasBody)
        throw Error(result.line,
                    "second definition of function " + result.name);
      if (!known.hasBody)
        known = std::move(result);
      return;
    }
  module.functions.push_back(std::move(result));
}
