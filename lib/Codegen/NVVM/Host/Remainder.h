//===- Remainder.h - remainders of floats by integers -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CODEGEN_NVVM_HOST_REMAINDER_H
#define QUANTC_LIB_CODEGEN_NVVM_HOST_REMAINDER_H

#include "mlir/Dialect/Arith/IR/Arith.h"

namespace quantc::nvvm {

/// x - n y for the whole n = trunc(x / y), with the sign of x, of scalars of at
/// most 32 bits: the exact number, as C's fmod has it. NaN where x is infinite
/// or y is zero.
mlir::Value buildRemainder(mlir::OpBuilder &builder, mlir::arith::RemFOp op);

} // namespace quantc::nvvm

#endif // QUANTC_LIB_CODEGEN_NVVM_HOST_REMAINDER_H
