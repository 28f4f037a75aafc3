//===- Lexer.cpp - tokens of PTX ------------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Lexer.h"

#include <cctype>
#include <cstring>

using namespace quantc::emulator::ptx;

static bool startsWord(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) || c == '_' || c == '$' ||
         c == '%' || c == '.';
}

static bool continuesWord(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$' ||
         c == '.';
}

void Lexer::skipBlank() {
  while (position < text.size()) {
    char c = text[position];
    if (c == '\n') {
      ++line;
      ++position;
    } else if (std::isspace(static_cast<unsigned char>(c)) || c == '\0') {
      ++position;
    } else if (text.compare(position, 2, "//") == 0) {
      position = std::min(text.find('\n', position), text.size());
    } else if (text.compare(position, 2, "/*") == 0) {
      size_t end = text.find("*/", position + 2);
      if (end == text.npos)
        throw Error(line, "expected the end of a comment");
      for (; position < end + 2; ++position)
        line += text[position] == '\n';
    } else {
      return;
    }
  }
}

/// PTX ISA, "Constants": decimal, 0x, 0b, octal, 0f and 0d bit patterns, and
/// decimal floating point.
Token Lexer::number() {
  Token token;
  token.line = line;
  size_t begin = position;
  char form = begin + 1 < text.size() && text[begin] == '0'
                  ? static_cast<char>(std::tolower(text[begin + 1]))
                  : ' ';
  auto digits = [&](size_t from, int base) {
    uint64_t value = 0;
    for (position = from; position < text.size(); ++position) {
      char c = static_cast<char>(std::tolower(text[position]));
      int digit = c >= '0' && c <= '9'   ? c - '0'
                  : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                         : 99;
      if (digit >= base)
        break;
      value = value * base + digit;
    }
    return value;
  };
  token.kind = Token::Kind::Integer;
  if (form == 'x') {
    token.value = digits(begin + 2, 16);
  } else if (form == 'b') {
    token.value = digits(begin + 2, 2);
  } else if (form == 'f' || form == 'd') {
    token.kind = form == 'f' ? Token::Kind::Float32 : Token::Kind::Float;
    token.value = digits(begin + 2, 16);
    if (position - begin - 2 != (form == 'f' ? 8u : 16u))
      throw Error(line, "expected " + std::string(form == 'f' ? "8" : "16") +
                            " digits in the floating-point constant " +
                            std::string(text.substr(begin, position - begin)));
  } else {
    size_t end = begin;
    while (end < text.size() &&
           std::isdigit(static_cast<unsigned char>(text[end])))
      ++end;
    bool exponent = end + 1 < text.size() && std::tolower(text[end]) == 'e' &&
                    (std::isdigit(static_cast<unsigned char>(text[end + 1])) ||
                     text[end + 1] == '-' || text[end + 1] == '+');
    if ((end < text.size() && text[end] == '.') || exponent) {
      std::string copy(text.substr(begin, 64));
      char *stop = nullptr;
      double value = std::strtod(copy.c_str(), &stop);
      position = begin + (stop - copy.c_str());
      token.kind = Token::Kind::Float;
      std::memcpy(&token.value, &value, sizeof value);
    } else {
      bool octal = form >= '0' && form <= '7';
      token.value = digits(octal ? begin + 1 : begin, octal ? 8 : 10);
    }
  }
  if (position < text.size() && text[position] == 'U')
    ++position;
  token.text = text.substr(begin, position - begin);
  return token;
}

Token Lexer::next() {
  skipBlank();
  Token token;
  token.line = line;
  if (position >= text.size())
    return token;
  char c = text[position];
  if (std::isdigit(static_cast<unsigned char>(c)))
    return number();
  size_t begin = position;
  if (startsWord(c)) {
    ++position;
    while (position < text.size()) {
      if (c == '.' && text[position] == '.')
        break; // .reg.b16: two directives
      if (continuesWord(text[position])) {
        ++position;
      } else if (text.compare(position, 2, "::") == 0 &&
                 position + 2 < text.size() &&
                 continuesWord(text[position + 2])) {
        position += 2; // shared::cta, mbarrier::complete_tx::bytes
      } else {
        break;
      }
    }
    token.kind = Token::Kind::Word;
    token.text = text.substr(begin, position - begin);
    return token;
  }
  if (c == '"') {
    size_t end = text.find('"', begin + 1);
    if (end == text.npos)
      throw Error(line, "expected the end of a string");
    token.kind = Token::Kind::String;
    token.text = text.substr(begin + 1, end - begin - 1);
    position = end + 1;
    return token;
  }
  if (!std::strchr("{}[]()<>,;:=+-*!|@&~^/", c))
    throw Error(line, std::string("unexpected character '") + c + "'");
  token.kind = Token::Kind::Mark;
  token.text = text.substr(begin, 1);
  ++position;
  return token;
}
