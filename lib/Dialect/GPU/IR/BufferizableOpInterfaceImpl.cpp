//===- BufferizableOpInterfaceImpl.cpp - kernels on memrefs ---------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Codegen/Contraction/KernelBufferization.h"
#include "quantc/Codegen/Contraction/LinearAccess.h"
#include "quantc/Dialect/GPU/IR/GPUOps.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::nvvm;

namespace quantc::nvvm {

/// A kernel knows where its operands begin and how far their elements are
/// apart, at compile time.
static bool isWalkable(ContractOp op, unsigned operand, MemRefType type) {
  SmallVector<int64_t> strides;
  int64_t offset;
  return succeeded(type.getStridesAndOffset(strides, offset)) &&
         !ShapedType::isDynamic(offset) &&
         llvm::none_of(strides, ShapedType::isDynamic);
}

} // namespace quantc::nvvm

namespace {

/// The kernel adds to the sums: it reads them.
struct ContractOpInterface
    : KernelOpInterfaceBase<ContractOpInterface, ContractOp> {
  bool bufferizesToMemoryRead(Operation *op, OpOperand &operand,
                              const bufferization::AnalysisState &) const {
    auto contract = cast<ContractOp>(op);
    return operand.get() == contract.getSums() ||
           operand.get() != contract.getDest();
  }
};

} // namespace

void quantc::nvvm::registerBufferizableOpInterfaceExternalModels(
    DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, GPUDialect *dialect) {
    ContractOp::attachInterface<ContractOpInterface>(*context);
    context->loadDialect<bufferization::BufferizationDialect,
                         memref::MemRefDialect>();
  });
}
