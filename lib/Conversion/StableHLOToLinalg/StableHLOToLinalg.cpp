//===- StableHLOToLinalg.cpp - stablehlo-to-linalg ------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Conversion/StableHLOToLinalg/StableHLOToLinalg.h"
#include "quantc/Conversion/StableHLOToLinalg/Passes.h"
#include "quantc/Dialect/QNN/IR/BoundaryType.h"
#include "quantc/Dialect/QNN/IR/QNNDialect.h"
#include "quantc/Dialect/StableHLO/IR/CHLO.h"
#include "quantc/Dialect/StableHLO/IR/StableHLO.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Func/Transforms/FuncConversions.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace quantc {
#define GEN_PASS_DEF_STABLEHLOTOLINALGPASS
#include "quantc/Conversion/StableHLOToLinalg/Passes.h.inc"
} // namespace quantc

using namespace mlir;
using namespace quantc;

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

static bool isSupportedElement(Type type) {
  return type.isIntOrFloat() && type.getIntOrFloatBitWidth() <= 64;
}

StableHLOTypeConverter::StableHLOTypeConverter() {
  addConversion([](Type type) { return type; });
  addConversion([](RankedTensorType type) -> std::optional<Type> {
    Type element = type.getElementType();
    if (!type.hasStaticShape() || !isSupportedElement(element))
      return Type();
    auto integer = dyn_cast<IntegerType>(element);
    if (!integer || integer.isSignless())
      return type;
    return type.clone(IntegerType::get(type.getContext(), integer.getWidth()));
  });
  auto materialize = [](OpBuilder &builder, Type type, ValueRange inputs,
                        Location loc) -> Value {
    return UnrealizedConversionCastOp::create(builder, loc, type, inputs)
        .getResult(0);
  };
  addSourceMaterialization(materialize);
  addTargetMaterialization(materialize);
}

/// Reports the first value that the import has no type for.
static LogicalResult verifyTypes(ModuleOp module) {
  auto check = [](Location loc, Type type) -> LogicalResult {
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!tensor)
      return success();
    if (!tensor.hasStaticShape())
      return emitError(loc) << "expected a static shape, but got " << type;
    if (!isSupportedElement(tensor.getElementType()))
      return emitError(loc) << "unsupported element type in " << type;
    return success();
  };
  WalkResult result = module.walk([&](Operation *op) {
    for (Type type : op->getResultTypes())
      if (failed(check(op->getLoc(), type)))
        return WalkResult::interrupt();
    for (Region &region : op->getRegions())
      for (BlockArgument argument : region.getArguments())
        if (failed(check(argument.getLoc(), argument.getType())))
          return WalkResult::interrupt();
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

/// What is unsigned for a caller is signless in the function.
static void keepUnsignedTypes(ModuleOp module) {
  for (auto function : module.getOps<func::FuncOp>())
    for (bool isResult : {false, true})
      for (auto [index, type] :
           llvm::enumerate(isResult ? function.getResultTypes()
                                    : function.getArgumentTypes()))
        if (getElementTypeOrSelf(type).isUnsignedInteger())
          qnn::keepBoundaryType(function, index, isResult, type);
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

/// An input is called what JAX calls it.
static void nameInputs(ModuleOp module) {
  for (auto function : module.getOps<func::FuncOp>())
    for (unsigned i = 0, e = function.getNumArguments(); i < e; ++i) {
      auto path =
          function.getArgAttrOfType<StringAttr>(i, qnn::kJaxArgumentAttrName);
      if (!path)
        continue;
      function.removeArgAttr(i, qnn::kJaxArgumentAttrName);
      StringRef name = qnn::getLeafName(path.getValue());
      if (!name.empty() && !function.getArgAttr(i, qnn::kInputAttrName) &&
          !function.getArgAttr(i, "qnn.parameter"))
        function.setArgAttr(i, qnn::kInputAttrName,
                            StringAttr::get(module.getContext(), name));
    }
}

namespace {

struct StableHLOToLinalgPass
    : quantc::impl::StableHLOToLinalgPassBase<StableHLOToLinalgPass> {
  using Base::Base;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    dropAnnotations(module);
    nameInputs(module);
    if (failed(inlineCalls(module)) || failed(verifyTypes(module)))
      return signalPassFailure();
    keepUnsignedTypes(module);
    if (failed(convert(module)) || failed(foldIntoIndexingMaps(module)))
      signalPassFailure();
  }

private:
  LogicalResult convert(ModuleOp module);
  LogicalResult foldIntoIndexingMaps(ModuleOp module);
};

} // namespace

static bool isForeign(Operation *op) {
  return isa_and_nonnull<stablehlo::StableHLODialect, chlo::CHLODialect>(
      op->getDialect());
}

LogicalResult StableHLOToLinalgPass::convert(ModuleOp module) {
  StableHLOTypeConverter converter;
  ConversionTarget target(getContext());
  target.addLegalDialect<arith::ArithDialect, linalg::LinalgDialect,
                         math::MathDialect, scf::SCFDialect,
                         tensor::TensorDialect>();
  target.addDynamicallyLegalOp<func::FuncOp>([&](func::FuncOp op) {
    return converter.isSignatureLegal(op.getFunctionType()) &&
           converter.isLegal(&op.getBody());
  });
  target.addDynamicallyLegalOp<func::ReturnOp>(
      [&](func::ReturnOp op) { return converter.isLegal(op); });

  RewritePatternSet patterns(&getContext());
  populateStableHLOElementwisePatterns(converter, patterns);
  populateStableHLOShapePatterns(converter, patterns);
  populateStableHLOSlicePatterns(converter, patterns);
  populateStableHLOContractionPatterns(converter, patterns);
  populateStableHLOConvolutionPatterns(converter, patterns);
  populateStableHLOReductionPatterns(converter, patterns);
  populateStableHLOControlFlowPatterns(converter, patterns);
  populateFunctionOpInterfaceTypeConversionPattern<func::FuncOp>(patterns,
                                                                 converter);
  populateReturnOpTypeConversionPattern(patterns, converter);

  // The dialects stay of unknown legality, and what is left of them is reported
  // afterwards, in this project's words.
  if (failed(applyPartialConversion(module, target, std::move(patterns))))
    return failure();
  WalkResult result = module.walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (!isForeign(op))
      return WalkResult::advance();
    op->emitError("unsupported operation '")
        << op->getName() << "' on operands of type (" << op->getOperandTypes()
        << ")";
    return WalkResult::interrupt();
  });
  return failure(result.wasInterrupted());
}

LogicalResult StableHLOToLinalgPass::foldIntoIndexingMaps(ModuleOp module) {
  RewritePatternSet patterns(&getContext());
  populateFoldIntoIndexingMapsPatterns(patterns);
  tensor::CollapseShapeOp::getCanonicalizationPatterns(patterns, &getContext());
  tensor::ExpandShapeOp::getCanonicalizationPatterns(patterns, &getContext());
  tensor::ExtractOp::getCanonicalizationPatterns(patterns, &getContext());
  return applyPatternsGreedily(module, std::move(patterns));
}
