//===- Traits.h - traits of stablehlo and chlo ------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_STABLEHLO_IR_TRAITS_H
#define QUANTC_DIALECT_STABLEHLO_IR_TRAITS_H

#include "mlir/IR/OpDefinition.h"

namespace quantc::stablehlo {

/// Each element of the one result follows from the elements of the operands at
/// the same place, and from those of operands of rank 0.
template <typename ConcreteType>
class Elementwise : public mlir::OpTrait::TraitBase<ConcreteType, Elementwise> {
};

} // namespace quantc::stablehlo

#endif // QUANTC_DIALECT_STABLEHLO_IR_TRAITS_H
