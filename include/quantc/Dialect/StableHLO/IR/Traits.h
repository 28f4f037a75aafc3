//===- Traits.h - traits of stablehlo and chlo ------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_STABLEHLO_IR_TRAITS_H
#define QUANTC_DIALECT_STABLEHLO_IR_TRAITS_H

#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/IR/OpDefinition.h"

namespace quantc::stablehlo {

/// Each element of the one result follows from the elements of the operands at
/// the same place, and from those of operands of rank 0.
template <typename ConcreteType>
class Elementwise : public mlir::OpTrait::TraitBase<ConcreteType, Elementwise> {
};

/// A type without what may differ between the operands of an operation: for
/// quantized types, scales and zero points (`baseline_type` of the
/// specification). Other types are their own baseline.
mlir::Type getBaselineType(mlir::Type type);

/// An element type without the dimension along which it is quantized.
mlir::Type getMovedElementType(mlir::Type type);

/// Fails, with an error, unless all operands and results have one type, or
/// quantized types of one baseline.
llvm::LogicalResult verifySameBaselineTypes(mlir::Operation *op);

template <typename ConcreteType>
class SameBaselineTypes
    : public mlir::OpTrait::TraitBase<ConcreteType, SameBaselineTypes> {
public:
  static llvm::LogicalResult verifyTrait(mlir::Operation *op) {
    return verifySameBaselineTypes(op);
  }
};

} // namespace quantc::stablehlo

#endif // QUANTC_DIALECT_STABLEHLO_IR_TRAITS_H
