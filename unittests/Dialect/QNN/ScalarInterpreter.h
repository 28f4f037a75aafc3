//===- ScalarInterpreter.h - arith, with poison made visible ----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_UNITTESTS_DIALECT_QNN_SCALARINTERPRETER_H
#define QUANTC_UNITTESTS_DIALECT_QNN_SCALARINTERPRETER_H

#include "mlir/IR/Block.h"
#include "llvm/ADT/APInt.h"
#include "llvm/Support/Error.h"

namespace quantc::test {

/// A number of any scalar type: its bits.
using Bits = llvm::APInt;

/// Evaluates a block of scalar operations, the body of an elementwise
/// linalg.generic, and returns what its terminator takes first, by the
/// definitions of the arith and math dialects. Fails at the first operation
/// whose result is poison for its operands (a shift by the width or more, a
/// conversion to an integer of what does not fit, an overflow against a
/// no-wrap flag, an operand against a fast-math flag), and at operations that
/// it does not know.
llvm::Expected<Bits> interpret(mlir::Block &body, llvm::ArrayRef<Bits> inputs);

} // namespace quantc::test

#endif // QUANTC_UNITTESTS_DIALECT_QNN_SCALARINTERPRETER_H
