//===- PackedBoundary.h - i4 at the boundary --------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A caller passes i4 two in a byte: the row-major elements 2j and 2j + 1 are
// the low and the high half of byte j. Between the boundaries each has a byte
// of its own.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CODEGEN_CPU_PACKEDBOUNDARY_H
#define QUANTC_LIB_CODEGEN_CPU_PACKEDBOUNDARY_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"

namespace quantc::cpu {

/// The bytes that hold a tensor of so many elements.
mlir::RankedTensorType getPackedType(mlir::RankedTensorType type);

/// A tensor of i8 of the shape of `type` with the sign extended elements that
/// `bytes` holds. The half that an odd number of elements leaves is ignored.
mlir::Value createUnpacked(mlir::OpBuilder &builder, mlir::Value bytes,
                           mlir::RankedTensorType type);

/// The inverse; the half that an odd number of elements leaves is zero.
mlir::Value createPacked(mlir::OpBuilder &builder, mlir::Value elements);

} // namespace quantc::cpu

#endif // QUANTC_LIB_CODEGEN_CPU_PACKEDBOUNDARY_H
