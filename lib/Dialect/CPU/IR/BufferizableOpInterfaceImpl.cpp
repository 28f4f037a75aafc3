//===- BufferizableOpInterfaceImpl.cpp - kernels on memrefs ---------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Codegen/Contraction/KernelBufferization.h"
#include "quantc/Codegen/Contraction/LinearAccess.h"
#include "quantc/Dialect/CPU/IR/CPUOps.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::cpu;

namespace quantc::cpu {

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

} // namespace quantc::cpu

void quantc::cpu::registerBufferizableOpInterfaceExternalModels(
    DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, CPUDialect *dialect) {
    ContractOp::attachInterface<KernelOpInterface<ContractOp>>(*context);
    PackOp::attachInterface<KernelOpInterface<PackOp>>(*context);
    context->loadDialect<bufferization::BufferizationDialect,
                         memref::MemRefDialect>();
  });
}
