//===- Lexer.h - tokens of PTX ----------------------------------*- C++ -*- C++
//-*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_EMULATOR_PTX_LEXER_H
#define QUANTC_EMULATOR_PTX_LEXER_H

#include "Ast.h"

#include <string_view>

namespace quantc::emulator::ptx {

struct Token {
  enum class Kind : uint8_t {
    End,
    Word,    ///< identifier, directive, register or opcode with its modifiers
    Integer, ///< `value`
    Float,   ///< `value`: bits of a f64
    Float32, ///< `value`: bits of a f32
    String,  ///< `text` without quotes
    Mark,    ///< one character of punctuation
  };
  Kind kind = Kind::End;
  std::string_view text;
  uint64_t value = 0;
  int line = 1;

  bool is(char mark) const { return kind == Kind::Mark && text[0] == mark; }
  bool is(std::string_view word) const {
    return kind == Kind::Word && text == word;
  }
};

/// One token ahead of the text; comments and white space are skipped.
class Lexer {
public:
  explicit Lexer(std::string_view text) : text(text) {}
  /// Reads the next token; throws Error on a character that starts none.
  Token next();

private:
  void skipBlank();
  Token number();

  std::string_view text;
  size_t position = 0;
  int line = 1;
};

} // namespace quantc::emulator::ptx

#endif // QUANTC_EMULATOR_PTX_LEXER_H
