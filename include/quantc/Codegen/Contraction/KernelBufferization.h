//===- KernelBufferization.h - kernels on memrefs ---------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_CODEGEN_CONTRACTION_KERNELBUFFERIZATION_H
#define QUANTC_CODEGEN_CONTRACTION_KERNELBUFFERIZATION_H

#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"
#include "mlir/Dialect/Bufferization/IR/DstBufferizableOpInterfaceImpl.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"

namespace quantc {

/// Bufferizes in place of the destination; an operand with a layout that the
/// kernel generator cannot walk is copied to (or from) a dense one. Which those
/// are `isWalkable(OpTy, unsigned operand, mlir::MemRefType)` says, found by
/// the namespace of the op.
template <typename Interface, typename OpTy>
struct KernelOpInterfaceBase
    : mlir::bufferization::DstBufferizableOpInterfaceExternalModel<Interface,
                                                                   OpTy> {
  mlir::LogicalResult
  bufferize(mlir::Operation *op, mlir::RewriterBase &rewriter,
            const mlir::bufferization::BufferizationOptions &options,
            mlir::bufferization::BufferizationState &state) const {
    auto kernel = mlir::cast<OpTy>(op);
    auto dstOp = mlir::cast<mlir::DestinationStyleOpInterface>(op);
    rewriter.setInsertionPoint(op);
    llvm::SmallVector<mlir::Value> buffers, results;
    llvm::SmallVector<std::pair<mlir::Value, mlir::Value>> copiesBack;
    for (mlir::OpOperand &operand : op->getOpOperands()) {
      if (!mlir::isa<mlir::RankedTensorType>(operand.get().getType())) {
        buffers.push_back(operand.get());
        continue;
      }
      mlir::FailureOr<mlir::Value> buffer = mlir::bufferization::getBuffer(
          rewriter, operand.get(), options, state);
      if (mlir::failed(buffer))
        return mlir::failure();
      auto type = mlir::dyn_cast<mlir::MemRefType>(buffer->getType());
      if (!type)
        return op->emitOpError()
               << "expected ranked buffers, but got " << buffer->getType();
      bool isDest = dstOp.isDpsInit(&operand);
      if (isDest)
        results.push_back(*buffer);
      if (isWalkable(kernel, operand.getOperandNumber(), type)) {
        buffers.push_back(*buffer);
        continue;
      }
      auto dense =
          mlir::MemRefType::get(type.getShape(), type.getElementType());
      mlir::FailureOr<mlir::Value> copy = options.createAlloc(
          rewriter, op->getLoc(), dense, mlir::ValueRange());
      if (mlir::failed(copy))
        return mlir::failure();
      if (isDest)
        copiesBack.push_back({*copy, *buffer});
      else if (mlir::failed(options.createMemCpy(rewriter, op->getLoc(),
                                                 *buffer, *copy)))
        return mlir::failure();
      buffers.push_back(*copy);
    }

    mlir::OperationState newState(op->getLoc(), op->getName(), buffers,
                                  mlir::TypeRange(), op->getAttrs());
    newState.propertiesAttr = op->getPropertiesAsAttribute();
    for (mlir::Region &region : op->getRegions())
      newState.addRegion()->takeBody(region);
    rewriter.create(newState);
    for (auto [from, to] : copiesBack)
      if (mlir::failed(options.createMemCpy(rewriter, op->getLoc(), from, to)))
        return mlir::failure();
    mlir::bufferization::replaceOpWithBufferizedValues(rewriter, op, results);
    return mlir::success();
  }
};

/// A kernel that only writes its destinations.
template <typename OpTy>
struct KernelOpInterface
    : KernelOpInterfaceBase<KernelOpInterface<OpTy>, OpTy> {
  bool
  bufferizesToMemoryRead(mlir::Operation *op, mlir::OpOperand &operand,
                         const mlir::bufferization::AnalysisState &) const {
    return !mlir::cast<mlir::DestinationStyleOpInterface>(op).isDpsInit(
        &operand);
  }
};

} // namespace quantc

#endif // QUANTC_CODEGEN_CONTRACTION_KERNELBUFFERIZATION_H
