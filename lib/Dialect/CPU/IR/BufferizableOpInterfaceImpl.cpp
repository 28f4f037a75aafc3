//===- BufferizableOpInterfaceImpl.cpp - kernels on memrefs ---------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"
#include "quantc/Dialect/CPU/IR/CPUOps.h"
#include "quantc/Dialect/CPU/IR/LinearAccess.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Bufferization/IR/DstBufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace mlir::bufferization;
using namespace quantc::cpu;

/// True if the kernel generator can walk `type` as it is: static strides, n
/// adjacent in memory where it occurs, and segments of k adjacent in lhs.
static bool isWalkable(ContractOp op, unsigned operand, MemRefType type) {
  FailureOr<SmallVector<int64_t>> elementStrides = getElementStrides(type);
  if (failed(elementStrides))
    return false;
  // rhs and correction have no map: they are read as dense arrays.
  Value value = op->getOperand(operand);
  if (value == op.getRhs() || value == op.getCorrection())
    return *elementStrides == getRowMajorStrides(type.getShape());
  SmallVector<Value> mapped = {op.getLhs()};
  if (op.getInit())
    mapped.push_back(op.getInit());
  llvm::append_range(mapped, op.getCaptures());
  mapped.push_back(op.getDest());
  if (op.getSums())
    mapped.push_back(op.getSums());
  for (auto [map, other] : llvm::zip_equal(op.getMaps(), mapped)) {
    if (other != value)
      continue;
    auto strides =
        getAccessStrides(cast<AffineMapAttr>(map).getValue(), *elementStrides);
    if (failed(strides))
      return false;
    if ((*strides)[op.getNDim()] > 1)
      return false;
    if (other != op.getLhs())
      continue;
    size_t segment = op.getSegmentDims();
    if (countMergeable(op.getBounds().take_back(segment),
                       ArrayRef(*strides).take_back(segment)) !=
            int64_t(segment) ||
        (op.getSchedule().getGroup() > 1 && strides->back() != 1 &&
         op.getSegments().second > 1))
      return false;
  }
  return true;
}

static bool isWalkable(PackOp op, unsigned operand, MemRefType type) {
  FailureOr<SmallVector<int64_t>> strides = getElementStrides(type);
  if (failed(strides))
    return false;
  if (operand != 0)
    return *strides == getRowMajorStrides(type.getShape());
  auto access = getAccessStrides(op.getMap(), *strides);
  size_t segment = op.getSegmentDims();
  return succeeded(access) &&
         countMergeable(op.getBounds().take_back(segment),
                        ArrayRef(*access).take_back(segment)) ==
             int64_t(segment);
}

namespace {

/// Bufferizes in place of the destination; an operand with a layout that the
/// kernel generator cannot walk is copied to (or from) a dense one.
template <typename OpTy>
struct KernelOpInterface
    : DstBufferizableOpInterfaceExternalModel<KernelOpInterface<OpTy>, OpTy> {
  bool bufferizesToMemoryRead(Operation *op, OpOperand &operand,
                              const AnalysisState &state) const {
    return !cast<DestinationStyleOpInterface>(op).isDpsInit(&operand);
  }

  LogicalResult bufferize(Operation *op, RewriterBase &rewriter,
                          const BufferizationOptions &options,
                          BufferizationState &state) const {
    auto kernel = cast<OpTy>(op);
    auto dstOp = cast<DestinationStyleOpInterface>(op);
    rewriter.setInsertionPoint(op);
    SmallVector<Value> buffers, results;
    SmallVector<std::pair<Value, Value>> copiesBack;
    for (OpOperand &operand : op->getOpOperands()) {
      if (!isa<RankedTensorType>(operand.get().getType())) {
        buffers.push_back(operand.get());
        continue;
      }
      FailureOr<Value> buffer =
          getBuffer(rewriter, operand.get(), options, state);
      if (failed(buffer))
        return failure();
      auto type = dyn_cast<MemRefType>(buffer->getType());
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
      auto dense = MemRefType::get(type.getShape(), type.getElementType());
      FailureOr<Value> copy =
          options.createAlloc(rewriter, op->getLoc(), dense, ValueRange());
      if (failed(copy))
        return failure();
      if (isDest)
        copiesBack.push_back({*copy, *buffer});
      else if (failed(options.createMemCpy(rewriter, op->getLoc(), *buffer,
                                           *copy)))
        return failure();
      buffers.push_back(*copy);
    }

    OperationState newState(op->getLoc(), op->getName(), buffers, TypeRange(),
                            op->getAttrs());
    newState.propertiesAttr = op->getPropertiesAsAttribute();
    for (Region &region : op->getRegions())
      newState.addRegion()->takeBody(region);
    rewriter.create(newState);
    for (auto [from, to] : copiesBack)
      if (failed(options.createMemCpy(rewriter, op->getLoc(), from, to)))
        return failure();
    replaceOpWithBufferizedValues(rewriter, op, results);
    return success();
  }
};

} // namespace

void quantc::cpu::registerBufferizableOpInterfaceExternalModels(
    DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, CPUDialect *dialect) {
    ContractOp::attachInterface<KernelOpInterface<ContractOp>>(*context);
    PackOp::attachInterface<KernelOpInterface<PackOp>>(*context);
    context->loadDialect<bufferization::BufferizationDialect,
                         memref::MemRefDialect>();
  });
}
