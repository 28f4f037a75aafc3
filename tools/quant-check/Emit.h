//===- Emit.h - programs as MLIR --------------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TOOLS_QUANT_CHECK_EMIT_H
#define QUANTC_TOOLS_QUANT_CHECK_EMIT_H

#include "Program.h"
#include "Reference.h"

namespace quantc::check {

/// What a program's function takes, in order: inputs, sizes known at run time,
/// parameters known at run time.
struct Argument {
  std::string name, type;
  /// Row-major elements as compiled code reads them.
  std::string bytes;
};
std::vector<Argument> argumentsOf(const Program &program);

/// A tensor in the bytes that compiled code writes.
std::string bytesOf(const Tensor &tensor, std::optional<Storage> storage);

/// A function `@name` in linalg with qnn.quantize and qnn.dequantize.
std::string emitFunction(const Program &program, const std::string &name);

/// A module that runs the program alone: inputs and expected result inside.
std::string emitSelfContained(const Program &program);

} // namespace quantc::check

#endif // QUANTC_TOOLS_QUANT_CHECK_EMIT_H
