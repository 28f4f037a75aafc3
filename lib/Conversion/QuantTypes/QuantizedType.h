//===- QuantizedType.h - quantized types of explicit ops --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CONVERSION_QUANTTYPES_QUANTIZEDTYPE_H
#define QUANTC_LIB_CONVERSION_QUANTTYPES_QUANTIZEDTYPE_H

#include "quantc/Dialect/QNN/IR/QNNOps.h"

namespace quantc {

/// The tensor of `!quant.uniform` that an op writes or reads. Fails after an
/// error where a type cannot hold its parameters: those that are no constants,
/// storage other than integers of up to 32 bits, blocks that are cut short.
mlir::FailureOr<mlir::RankedTensorType> getQuantizedType(qnn::QuantizeOp op);
mlir::FailureOr<mlir::RankedTensorType> getQuantizedType(qnn::DequantizeOp op,
                                                         bool narrowRange);

/// The same in StableHLO, which knows parameters per tensor and along one
/// dimension: neighbouring dimensions that have parameters become one, so that
/// the shape may be another than the op's. Everything else is an error.
mlir::FailureOr<mlir::RankedTensorType> getPerAxisType(qnn::QuantizeOp op);
mlir::FailureOr<mlir::RankedTensorType> getPerAxisType(qnn::DequantizeOp op,
                                                       bool narrowRange);

} // namespace quantc

#endif // QUANTC_LIB_CONVERSION_QUANTTYPES_QUANTIZEDTYPE_H
