//===- AccumulatorTerm.h - integers added to an accumulator -----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_QNN_TRANSFORMS_ACCUMULATORTERM_H
#define QUANTC_LIB_DIALECT_QNN_TRANSFORMS_ACCUMULATORTERM_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace quantc::qnn {

/// An integer tensor that is added to an accumulator. Its dimensions follow the
/// accumulator's dimensions `dims`, increasing, and it is broadcast along the
/// others. A null value is zero.
struct AccumulatorTerm {
  mlir::Value value;
  llvm::SmallVector<int64_t> dims;
};

/// An elementwise op accumulator + t or accumulator - t, where t is computed
/// in the body from the op's other inputs.
struct AccumulatorTermUse {
  mlir::linalg::GenericOp op;
  mlir::Value accumulator;
  /// t, inside the body.
  mlir::Value scalar;
  bool negated;

  /// The `qnn.term` of the op, or "constant" in IR that somebody else wrote.
  llvm::StringRef getName() const;
};

/// The additions that follow `accumulator`, up to the first use that is not one
/// or not the only one.
llvm::SmallVector<AccumulatorTermUse> collectTerms(mlir::Value accumulator);

/// The value that an accumulator starts from, if it is known at compile time:
/// filled with zeros, or a broadcast of a constant.
std::optional<AccumulatorTerm> matchInitialValue(mlir::Value init);

/// The term as a constant, or nullopt if it depends on a run-time value or is a
/// table as large as the accumulator.
std::optional<AccumulatorTerm> evaluateTerm(mlir::OpBuilder &builder,
                                            const AccumulatorTermUse &use);

/// a + b or a - b, for constant terms of an accumulator shaped like `init`.
AccumulatorTerm addTerms(mlir::OpBuilder &builder, mlir::Location loc,
                         const AccumulatorTerm &a, const AccumulatorTerm &b,
                         bool negated, mlir::Value init);

/// The initial value of an accumulator shaped like `init`: a linalg.broadcast
/// of the term, or the term itself where it has all dimensions.
mlir::Value createInitialValue(mlir::OpBuilder &builder, mlir::Location loc,
                               const AccumulatorTerm &term, mlir::Value init);

} // namespace quantc::qnn

#endif // QUANTC_LIB_DIALECT_QNN_TRANSFORMS_ACCUMULATORTERM_H
