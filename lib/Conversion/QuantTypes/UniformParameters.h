//===- UniformParameters.h - parameters of quantized types ------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What `!quant.uniform` says of a tensor, per tensor, per axis or per block, in
// the terms of qnn ops. MLIR's own verifier accepts scales and zero points that
// mean nothing; here they are checked.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CONVERSION_QUANTTYPES_UNIFORMPARAMETERS_H
#define QUANTC_LIB_CONVERSION_QUANTTYPES_UNIFORMPARAMETERS_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"

namespace quantc {

/// Dimension i of `scales` and `zeroPoints` runs along dimension `axes[i]` of
/// the tensor, in blocks of `blocks[i]`, as in qnn ops.
struct UniformParameters {
  /// i4, i8, ui8, i16 or i32.
  mlir::Type storage;
  /// f32, f16 or bf16.
  mlir::Type expressed;
  bool narrowRange = false;
  /// f32.
  mlir::DenseElementsAttr scales;
  /// Of the storage type; null where all are zero.
  mlir::DenseElementsAttr zeroPoints;
  llvm::SmallVector<int64_t> axes, blocks;

  bool operator==(const UniformParameters &other) const {
    return storage == other.storage && expressed == other.expressed &&
           narrowRange == other.narrowRange && scales == other.scales &&
           zeroPoints == other.zeroPoints && axes == other.axes &&
           blocks == other.blocks;
  }
  bool isPerTensor() const { return axes.empty(); }
};

/// Whether a type is a tensor of quantized elements, or such an element.
bool isQuantized(mlir::Type type);

/// Reads the parameters of a tensor of quantized elements; one error says what
/// is wrong with them.
mlir::FailureOr<UniformParameters>
readUniformParameters(mlir::Type type,
                      llvm::function_ref<mlir::InFlightDiagnostic()> emitError);

} // namespace quantc

#endif // QUANTC_LIB_CONVERSION_QUANTTYPES_UNIFORMPARAMETERS_H
