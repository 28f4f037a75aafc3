//===- Emitter.h - one function as MLIR -------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TOOLS_QUANT_CHECK_EMITTER_H
#define QUANTC_TOOLS_QUANT_CHECK_EMITTER_H

#include "Program.h"
#include "Text.h"

#include <sstream>

namespace quantc::check {

/// Builds the body of one function.
class Emitter {
public:
  Emitter(const Program &program, const std::string &name)
      : program(program), name(name) {}

  std::string run();

private:
  void emit(size_t index);
  void emitParameters(size_t index);
  void emitParametrised(const char *op, size_t index);
  void emitRequantize(size_t index);
  void emitSite(size_t index);
  void emitElementwise(size_t index, const std::vector<std::string> &operands,
                       const std::vector<std::string> &types,
                       const std::vector<std::string> &maps,
                       const std::string &lines);
  void emitOnOne(size_t index, const std::string &lines);
  void emitConcat(size_t index);
  void emitReshape(size_t index);
  void emitSlice(size_t index);
  void emitPad(size_t index);
  void emitPool(size_t index);
  void emitRestore(size_t index);

  static std::string value(size_t index) {
    return "%v" + std::to_string(index);
  }
  /// A name that belongs to a node.
  static std::string local(const char *what, size_t index) {
    return "%" + std::string(what) + std::to_string(index);
  }
  std::string operand(size_t index, size_t number = 0) {
    return value(program.nodes[index].operands[number]);
  }
  std::string operandType(size_t index, size_t number = 0) {
    return typeOf(program.nodes[program.nodes[index].operands[number]]);
  }
  /// The run-time size of a dynamic dimension, by the node that introduced it.
  std::string dynamicSize(size_t index);
  /// An uninitialised tensor of the node's type.
  std::string empty(size_t index);
  /// Such a tensor filled with a float.
  std::string filled(size_t index, float fill);

  const Program &program;
  std::string name;
  std::ostringstream body;
  size_t numBuffers = 0;
};

} // namespace quantc::check

#endif // QUANTC_TOOLS_QUANT_CHECK_EMITTER_H
