//===- Parser.h - the grammar of PTX modules --------------------*- C++ -*- C++
//-*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_EMULATOR_PTX_PARSER_H
#define QUANTC_EMULATOR_PTX_PARSER_H

#include "Lexer.h"

namespace quantc::emulator::ptx {

/// Recursive descent over the tokens, one token of look-ahead.
class Parser {
public:
  explicit Parser(std::string_view text);
  Module parseModule();

private:
  // Tokens.
  void advance() { current = lexer.next(); }
  [[noreturn]] void fail(const std::string &expected) const;
  bool accept(char mark);
  bool accept(std::string_view word);
  void expect(char mark);
  int64_t integer();
  /// An integer from 0 to `most`.
  uint64_t count(uint64_t most);
  std::string word(const char *what);

  // Module level.
  void directive();
  void fileDirective();
  void skipBraces();
  Variable variable(Space space);
  void initializer(Variable &result);
  Variable::Initializer initializerElement();
  std::vector<Variable> parameters();
  void function(bool isEntry);
  void functionDirectives(Function &result);
  std::array<unsigned, 3> shape();

  // Function bodies.
  void block(Function &function, int parent);
  void statement(Function &function, int scope);
  void bodyDirective(Function &function, int scope, const std::string &name);
  void registers(Function &function);
  void location();
  void instruction(Function &function, int scope);
  Operand operand();
  Operand plainOperand();
  Operand wordOperand();
  Operand numberOperand(bool minus);
  Operand address();
  Operand sequence(Operand::Kind kind, char close);
  int findRegister(std::string_view name) const;
  /// Where the current token begins in the text.
  size_t offset() const { return current.text.data() - text.data(); }

  /// Registers of one scope: "%r" -> (first index, count) for %r<count>, or a
  /// name of its own with count 0.
  struct RegisterRange {
    size_t first, count;
  };
  using RegisterScope = std::map<std::string, RegisterRange, std::less<>>;

  std::string_view text;
  Lexer lexer;
  Token current;
  Module module;
  std::vector<RegisterScope> registerScopes;
  Location lastLocation;
};

} // namespace quantc::emulator::ptx

#endif // QUANTC_EMULATOR_PTX_PARSER_H
