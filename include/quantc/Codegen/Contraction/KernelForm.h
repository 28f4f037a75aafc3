//===- KernelForm.h - a contraction and its epilogue as one -----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the kernels of all targets have in common: which ops they cover, what
// their accumulators start with, and what becomes of every element before it is
// stored.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_CODEGEN_CONTRACTION_KERNELFORM_H
#define QUANTC_CODEGEN_CONTRACTION_KERNELFORM_H

#include "quantc/Codegen/Contraction/ContractionView.h"

#include "mlir/IR/Builders.h"
#include <memory>

namespace quantc {

/// A value that is read through a map over the kernel's iteration space.
struct MappedValue {
  mlir::Value value;
  mlir::AffineMap map;
};

/// A contraction and the op that is its epilogue, if there is one, with the
/// contraction's loop for each of the epilogue's.
struct KernelForm {
  mlir::linalg::LinalgOp op;
  mlir::linalg::GenericOp epilogue;
  llvm::SmallVector<mlir::AffineExpr> epilogueLoops;
  ContractionView view;

  /// A map over the epilogue's loops as a map over the iteration space.
  mlir::AffineMap translateEpilogue(mlir::AffineMap map) const;
  /// The op whose results the kernel computes.
  mlir::Operation *getLastOp() const;
};

/// The kernel that `op` can become; fails, silently, where it can become none.
llvm::FailureOr<KernelForm> findKernel(mlir::linalg::LinalgOp op,
                                       const ContractionOptions &options);

/// What the accumulators start with, read before it is broadcast: nothing where
/// it is zero.
std::optional<MappedValue> getInitialValue(mlir::OpBuilder &builder,
                                           const KernelForm &form);

/// What a kernel does with an accumulator.
struct KernelEpilogue {
  llvm::SmallVector<MappedValue> captures;
  MappedValue dest;
  /// From the accumulator and one element of each capture; the terminator is
  /// for the target to add.
  std::unique_ptr<mlir::Block> body;
  /// The element that is stored and, where sums are written beside it, what is
  /// added to them.
  llvm::SmallVector<mlir::Value> yielded;
};

/// Builds the epilogue of `form`; scalars and splat constants are part of its
/// body. Without an op that is the epilogue, accumulators are stored.
KernelEpilogue buildEpilogue(mlir::OpBuilder &builder, const KernelForm &form);

/// Where the epilogue's second result, the sums over n, is read and written.
/// Only with an epilogue of two results.
MappedValue getSums(const KernelForm &form);

/// Replaces the contractions below `root`, and their epilogues, by the values
/// that `build` makes of each; none leaves the op alone. Fails where `build`
/// does, which has to report why. Warns of ops with the attribute `schedule`
/// that are left alone: nobody follows it.
mlir::LogicalResult
formKernels(mlir::Operation *root, const ContractionOptions &options,
            llvm::StringRef schedule,
            llvm::function_ref<llvm::FailureOr<llvm::SmallVector<mlir::Value>>(
                const KernelForm &)>
                build);

} // namespace quantc

#endif // QUANTC_CODEGEN_CONTRACTION_KERNELFORM_H
