//===- KernelVerifiers.h - what the kernel ops of targets share -*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_CODEGEN_CONTRACTION_KERNELVERIFIERS_H
#define QUANTC_CODEGEN_CONTRACTION_KERNELVERIFIERS_H

#include "mlir/IR/AffineMap.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace quantc {

/// On memrefs a kernel writes its destinations and reads its other operands.
void getKernelEffects(mlir::DestinationStyleOpInterface op,
                      llvm::SmallVectorImpl<mlir::SideEffects::EffectInstance<
                          mlir::MemoryEffects::Effect>> &effects);

/// Checks that `map` reads from inside `type` over the iteration space.
mlir::LogicalResult verifyAccess(mlir::Operation *op, llvm::StringRef what,
                                 mlir::AffineMap map, mlir::Type type,
                                 llvm::ArrayRef<int64_t> bounds);

/// Results are the tensor destinations, in order.
mlir::LogicalResult verifyResults(mlir::Operation *op,
                                  mlir::ValueRange destinations);

/// Checks that k, the dimensions behind `n`, and n itself unless it is
/// innermost, do not appear in `map`.
mlir::LogicalResult verifyParallelMap(mlir::Operation *op, llvm::StringRef what,
                                      mlir::AffineMap map, unsigned n);

/// Checks that an epilogue makes, of an accumulator and one element of each
/// capture, one element of each destination.
mlir::LogicalResult verifyEpilogue(mlir::Operation *op, mlir::Block &body,
                                   mlir::Type accumulator,
                                   mlir::ValueRange captures,
                                   mlir::ValueRange destinations);

} // namespace quantc

#endif // QUANTC_CODEGEN_CONTRACTION_KERNELVERIFIERS_H
