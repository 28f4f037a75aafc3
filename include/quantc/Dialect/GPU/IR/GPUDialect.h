//===- GPUDialect.h - the qnn_gpu dialect -----------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_GPU_IR_GPUDIALECT_H
#define QUANTC_DIALECT_GPU_IR_GPUDIALECT_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Dialect.h"

#include "quantc/Dialect/GPU/IR/GPUDialect.h.inc"

#include "quantc/Dialect/GPU/IR/GPUEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "quantc/Dialect/GPU/IR/GPUAttributes.h.inc"

namespace quantc::nvvm {

/// The `#qnn_gpu.schedule` that a linalg op asks for.
inline constexpr llvm::StringLiteral kScheduleAttrName = "qnn_gpu.schedule";

/// Makes the operations of the dialect bufferizable.
void registerBufferizableOpInterfaceExternalModels(
    mlir::DialectRegistry &registry);

} // namespace quantc::nvvm

#endif // QUANTC_DIALECT_GPU_IR_GPUDIALECT_H
