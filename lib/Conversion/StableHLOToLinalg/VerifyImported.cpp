//===- VerifyImported.cpp - verify-imported -------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Conversion/StableHLOToLinalg/Passes.h"
#include "quantc/Dialect/QNN/IR/QNNDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace quantc {
#define GEN_PASS_DEF_VERIFYIMPORTEDPASS
#include "quantc/Conversion/StableHLOToLinalg/Passes.h.inc"
} // namespace quantc

using namespace mlir;

/// Only explicit quantization knows unsigned storage.
static bool isStorageOp(Operation *op) {
  return isa<arith::ConstantOp, tensor::BitcastOp>(op) ||
         isa_and_nonnull<quantc::qnn::QNNDialect>(op->getDialect());
}

static LogicalResult verifyType(Operation *op, Type type) {
  auto tensor = dyn_cast<TensorType>(type);
  if (!tensor)
    return success();
  if (!tensor.hasStaticShape())
    return op->emitError("expected a static shape, but got ") << type;
  Type element = tensor.getElementType();
  if (!element.isSignlessIntOrIndexOrFloat() &&
      !(element.isUnsignedInteger(8) && isStorageOp(op)))
    return op->emitError(
               "expected signless integer or floating-point elements, but got ")
           << type;
  return success();
}

/// Whether the op sums up products of two different tensors' elements.
static bool multipliesAndSums(linalg::LinalgOp op) {
  if (op.getNumReductionLoops() == 0 || op.getNumDpsInits() != 1)
    return false;
  Block *body = op.getBlock();
  Value sum = body->getTerminator()->getOperand(0);
  Operation *add = sum.getDefiningOp();
  if (!isa_and_nonnull<arith::AddFOp, arith::AddIOp>(add) ||
      !llvm::is_contained(add->getOperands(), body->getArguments().back()))
    return false;
  for (Value operand : add->getOperands()) {
    Operation *mul = operand.getDefiningOp();
    if (isa_and_nonnull<arith::MulFOp, arith::MulIOp>(mul) &&
        mul->getOperand(0) != mul->getOperand(1))
      return true;
  }
  return false;
}

static LogicalResult verifyOp(Operation *op) {
  if (!isa<ModuleOp, func::FuncOp, func::ReturnOp>(op) &&
      !isa_and_nonnull<arith::ArithDialect, linalg::LinalgDialect,
                       math::MathDialect, quantc::qnn::QNNDialect,
                       scf::SCFDialect, tensor::TensorDialect>(
          op->getDialect()))
    return op->emitError("expected linalg, tensor, arith, math, scf or qnn "
                         "after import, but got '")
           << op->getName() << "'";
  for (Type type : op->getResultTypes())
    if (failed(verifyType(op, type)))
      return failure();
  for (Region &region : op->getRegions())
    for (Type type : region.getArgumentTypes())
      if (failed(verifyType(op, type)))
        return failure();
  auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
  if (linalgOp && multipliesAndSums(linalgOp) &&
      !linalg::isaContractionOpInterface(linalgOp) &&
      !linalg::isaConvolutionOpInterface(linalgOp))
    return op->emitError("expected sums of products to have the contraction or "
                         "convolution interface");
  return success();
}

namespace {
struct VerifyImportedPass
    : quantc::impl::VerifyImportedPassBase<VerifyImportedPass> {
  using Base::Base;

  void runOnOperation() override {
    WalkResult result =
        getOperation()->walk<WalkOrder::PreOrder>([](Operation *op) {
          return failed(verifyOp(op)) ? WalkResult::interrupt()
                                      : WalkResult::advance();
        });
    if (result.wasInterrupted())
      return signalPassFailure();
    markAllAnalysesPreserved();
  }
};
} // namespace
