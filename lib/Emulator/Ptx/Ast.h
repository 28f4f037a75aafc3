//===- Ast.h - a parsed PTX module ------------------------------*- C++ -*- C++
//-*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the text of a PTX module says, before anything is known about the
// meaning of its instructions. Registers are resolved by the parser, labels
// and variables by the decoder.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_EMULATOR_PTX_AST_H
#define QUANTC_EMULATOR_PTX_AST_H

#include "Types.h"

#include <array>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace quantc::emulator::ptx {

/// An error in the text of a module: message and line (1-based).
struct Error : std::runtime_error {
  Error(int line, const std::string &message)
      : std::runtime_error("line " + std::to_string(line) + ": " + message) {}
};

/// A place in the program the PTX was made from, given by .loc; file 0: none.
struct Location {
  int file = 0, line = 0, column = 0;
};

enum class Space : uint8_t {
  None,
  Generic,
  Global,
  Shared,
  Local,
  Const,
  Param
};

struct Operand {
  enum class Kind : uint8_t {
    Register, ///< `value` indexes Function::registers
    Special,  ///< `name` is the special register with its %
    Integer,  ///< `value`
    Float,    ///< `value` holds the bits of a f64
    Float32,  ///< `value` holds the bits of a f32 (0f...)
    Symbol,   ///< `name` (variable, label or function) plus `value` bytes
    Sink,     ///< the bit bucket `_`
    Vector,   ///< {a, b, ...}
    Pair,     ///< p|q
    Address,  ///< [base + value]: elements[0] is the base, [1] coordinates
    List,     ///< (a, b, ...) of a call
  };
  Kind kind = Kind::Sink;
  bool negated = false; ///< !p
  int64_t value = 0;
  std::string name;
  std::vector<Operand> elements;
};

struct Instruction {
  std::string opcode;                 ///< up to the first dot
  std::vector<std::string> modifiers; ///< the rest, split at dots
  int guard = -1;                     ///< index of the guarding predicate
  bool guardNegated = false;
  std::vector<Operand> operands;
  int line = 0;
  int scope = 0;
  size_t begin = 0, end = 0; ///< in the module's text, with guard and ';'
  Location location;
  std::string spelling() const;
};

struct Register {
  std::string name;
  Type type;
};

/// A variable: global, shared, local, constant, or a parameter.
struct Variable {
  struct Initializer {
    uint64_t value = 0;      ///< element value (floats: their bits)
    std::string symbol;      ///< address of this variable plus `value`, if set
    bool generic = false;    ///< generic(symbol)
    unsigned byteMask = ~0u; ///< 0xff00(symbol): which byte, as a mask
  };
  std::string name;
  Space space = Space::None;
  Type type = Type::B8;
  unsigned alignment = 0; ///< bytes; natural where not given
  uint64_t count = 1;     ///< elements
  bool isExtern = false;  ///< declared elsewhere, or dynamic shared memory
  std::vector<Initializer> initializers;
  int line = 0;
  uint64_t bytes() const { return count * sizeOf(type); }
};

struct Scope {
  int parent = -1;
  std::map<std::string, size_t> labels;    ///< to an instruction index
  std::map<std::string, size_t> variables; ///< to Function::variables
  std::map<std::string, std::vector<std::string>> branchTargets;
};

struct Function {
  std::string name;
  bool isEntry = false;
  bool hasBody = false;
  std::vector<Variable> returns, parameters;
  std::vector<Register> registers;
  std::vector<Variable> variables; ///< declared in the body
  std::vector<Scope> scopes;       ///< [0] is the body
  std::vector<Instruction> body;
  std::array<unsigned, 3> requiredThreads = {0, 0, 0}; ///< .reqntid
  std::array<unsigned, 3> maximalThreads = {0, 0, 0};  ///< .maxntid
  std::array<unsigned, 3> clusterShape = {0, 0, 0};    ///< .reqnctapercluster
  bool explicitCluster = false;
  int line = 0;
};

struct Module {
  std::string version, target;
  unsigned addressSize = 64;
  std::vector<Variable> variables;
  std::vector<Function> functions;
  std::map<std::string, std::string> aliases;
  std::map<int, std::string> files; ///< of .file
  std::vector<std::string> lines;   ///< the text, for reports

  /// The line of the text that an instruction stands in, without indentation.
  std::string textOf(const Instruction &instruction) const;
  /// "file:line:column" of what it was made of; empty without a .loc line.
  std::string sourceOf(const Instruction &instruction) const;
};

/// Parses the text of a module; throws Error.
Module parse(std::string_view text);

} // namespace quantc::emulator::ptx

#endif // QUANTC_EMULATOR_PTX_AST_H
