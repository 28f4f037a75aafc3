//===- QNNToStableHLO.cpp - qnn-to-stablehlo ------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "QuantizedType.h"
#include "StableHLOExport/Export.h"
#include "quantc/Conversion/QuantTypes/Passes.h"
#include "quantc/Dialect/QNN/IR/BoundaryType.h"
#include "quantc/Dialect/StableHLO/IR/CHLO.h"
#include "quantc/Dialect/StableHLO/IR/StableHLO.h"
#include "quantc/Parameters/ConstantTensor.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Transforms/WalkPatternRewriteDriver.h"

namespace quantc {
#define GEN_PASS_DEF_QNNTOSTABLEHLOPASS
#include "quantc/Conversion/QuantTypes/Passes.h.inc"
} // namespace quantc

using namespace mlir;
using namespace quantc;
using namespace quantc::stablehlo_export;

//===----------------------------------------------------------------------===//
// Quantization
//===----------------------------------------------------------------------===//

/// Storage as the quantized tensor that it stands for, whose shape may have
/// dimensions merged.
static Value createQuantized(OpBuilder &builder, Value storage,
                             RankedTensorType type) {
  Location loc = storage.getLoc();
  auto storageType = cast<RankedTensorType>(storage.getType());
  if (std::optional<ConstantTensor> constant = ConstantTensor::get(storage))
    return stablehlo::ConstantOp::create(
        builder, loc, type,
        DenseElementsAttr::getFromRawBuffer(storageType.clone(type.getShape()),
                                            constant->getBytes()));
  storage = createReshape(builder, loc, storage, type.getShape());
  return stablehlo::BitcastConvertOp::create(builder, loc, type, storage);
}

static LogicalResult exportDequantize(RewriterBase &rewriter,
                                      qnn::DequantizeOp op) {
  auto producer = op.getInput().getDefiningOp<qnn::QuantizeOp>();
  FailureOr<RankedTensorType> type =
      getPerAxisType(op, producer && producer.getNarrowRange());
  if (failed(type))
    return failure();
  rewriter.setInsertionPoint(op);
  RankedTensorType result = op.getResult().getType();
  Value value = stablehlo::UniformDequantizeOp::create(
      rewriter, op.getLoc(), result.clone(type->getShape()),
      createQuantized(rewriter, op.getInput(), *type));
  rewriter.replaceOp(
      op, createReshape(rewriter, op.getLoc(), value, result.getShape()));
  return success();
}

/// Reads the quantized tensor itself where `storage` became one.
static void forwardQuantized(RewriterBase &rewriter, Value storage,
                             Value quantized) {
  for (Operation *user : llvm::make_early_inc_range(storage.getUsers())) {
    auto cast = dyn_cast<stablehlo::BitcastConvertOp>(user);
    if (cast && cast.getType() == quantized.getType())
      rewriter.replaceOp(cast, quantized);
    else if (auto reshape = dyn_cast<stablehlo::ReshapeOp>(user)) {
      forwardQuantized(rewriter, reshape, quantized);
      if (reshape->use_empty())
        rewriter.eraseOp(reshape);
    }
  }
}

static LogicalResult exportQuantize(RewriterBase &rewriter,
                                    qnn::QuantizeOp op) {
  FailureOr<RankedTensorType> type = getPerAxisType(op);
  if (failed(type))
    return failure();
  rewriter.setInsertionPoint(op);
  Location loc = op.getLoc();
  RankedTensorType storage = op.getResult().getType();
  Value quantized = stablehlo::UniformQuantizeOp::create(
      rewriter, loc, *type,
      createReshape(rewriter, loc, op.getInput(), type->getShape()));
  forwardQuantized(rewriter, op.getResult(), quantized);
  if (op->use_empty()) {
    rewriter.eraseOp(op);
    return success();
  }
  Value bits = stablehlo::BitcastConvertOp::create(
      rewriter, loc, storage.clone(type->getShape()), quantized);
  rewriter.replaceOp(op,
                     createReshape(rewriter, loc, bits, storage.getShape()));
  return success();
}

/// The quantized types say what the ops and their parameters said.
static LogicalResult exportQuantization(RewriterBase &rewriter,
                                        ModuleOp module) {
  SmallVector<qnn::DequantizeOp> dequantizes;
  SmallVector<qnn::QuantizeOp> quantizes;
  module.walk([&](qnn::DequantizeOp op) { dequantizes.push_back(op); });
  module.walk([&](qnn::QuantizeOp op) { quantizes.push_back(op); });
  for (qnn::DequantizeOp op : dequantizes)
    if (failed(exportDequantize(rewriter, op)))
      return failure();
  for (qnn::QuantizeOp op : quantizes)
    if (failed(exportQuantize(rewriter, op)))
      return failure();
  return success();
}

//===----------------------------------------------------------------------===//
// The rest
//===----------------------------------------------------------------------===//

/// Constants, empty tensors and the like that nothing reads any more.
static void eraseDead(ModuleOp module) {
  SmallVector<Operation *> ops;
  module.walk([&](Operation *op) { ops.push_back(op); });
  for (Operation *op : llvm::reverse(ops))
    if (isOpTriviallyDead(op))
      op->erase();
}

/// Inputs and outputs keep their names in the form that JAX writes.
static void renameBoundary(ModuleOp module) {
  for (auto function : module.getOps<func::FuncOp>()) {
    for (unsigned i = 0, e = function.getNumArguments(); i < e; ++i)
      if (auto name =
              function.getArgAttrOfType<StringAttr>(i, qnn::kInputAttrName))
        function.setArgAttr(i, qnn::kJaxArgumentAttrName, name);
    for (unsigned i = 0, e = function.getNumResults(); i < e; ++i)
      if (auto name =
              function.getResultAttrOfType<StringAttr>(i, qnn::kOutputAttrName))
        function.setResultAttr(i, qnn::kJaxResultAttrName, name);
  }
}

/// Attributes of this project mean nothing to others, who refuse them.
static void eraseAttributes(ModuleOp module) {
  auto isOurs = [](NamedAttribute attribute) {
    return attribute.getName().getValue().starts_with("qnn.");
  };
  module.walk([&](Operation *op) {
    for (NamedAttribute attribute : llvm::to_vector(op->getDiscardableAttrs()))
      if (isOurs(attribute))
        op->removeDiscardableAttr(attribute.getName());
  });
  auto collect = [&](DictionaryAttr attributes) {
    SmallVector<StringAttr> names;
    if (attributes)
      for (NamedAttribute attribute : attributes)
        if (isOurs(attribute))
          names.push_back(attribute.getName());
    return names;
  };
  for (auto function : module.getOps<func::FuncOp>()) {
    for (unsigned i = 0, e = function.getNumArguments(); i < e; ++i)
      for (StringAttr name : collect(function.getArgAttrDict(i)))
        function.removeArgAttr(i, name);
    for (unsigned i = 0, e = function.getNumResults(); i < e; ++i)
      for (StringAttr name : collect(function.getResultAttrDict(i)))
        function.removeResultAttr(i, name);
  }
}

static LogicalResult verifyExported(ModuleOp module) {
  Operation *left = nullptr;
  module.walk<WalkOrder::PreOrder>([&](Operation *op) {
    bool isExported =
        isa<ModuleOp>(op) ||
        isa_and_nonnull<stablehlo::StableHLODialect, chlo::CHLODialect,
                        func::FuncDialect>(op->getDialect());
    if (isExported)
      return WalkResult::advance();
    // Constants are left because of who reads them.
    if (!left || left->getNumOperands() == 0)
      left = op;
    return left->getNumOperands() == 0 ? WalkResult::skip()
                                       : WalkResult::interrupt();
  });
  if (!left)
    return success();
  return left->emitError() << "expected operations that StableHLO has a form "
                              "for, but got '"
                           << left->getName() << "' on operands of type ("
                           << left->getOperandTypes() << ")";
}

namespace {
struct QNNToStableHLOPass
    : quantc::impl::QNNToStableHLOPassBase<QNNToStableHLOPass> {
  using Base::Base;

  LogicalResult initialize(MLIRContext *context) override {
    RewritePatternSet set(context);
    populateExportContractionPatterns(set);
    populateExportLoopPatterns(set);
    populateExportTensorPatterns(set);
    patterns = std::move(set);
    return success();
  }

  void runOnOperation() override {
    ModuleOp module = getOperation();
    IRRewriter rewriter(&getContext());
    if (failed(exportQuantization(rewriter, module)))
      return signalPassFailure();
    eraseDead(module);
    walkAndApplyPatterns(module, patterns);
    writeQuantizedForms(rewriter, module);
    eraseDead(module);
    renameBoundary(module);
    eraseAttributes(module);
    if (failed(verifyExported(module)))
      signalPassFailure();
  }

  FrozenRewritePatternSet patterns;
};
} // namespace
