//===- Elementwise.cpp - elementwise operations to linalg -----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Builders.h"
#include "Scalars.h"
#include "quantc/Conversion/StableHLOToLinalg/StableHLOToLinalg.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace quantc;

namespace {

/// Any elementwise op. Operands of rank 0 are read for every element, which is
/// what select's predicate and clamp's bounds mean.
struct ElementwisePattern : ConversionPattern {
  ElementwisePattern(const TypeConverter &converter, MLIRContext *context)
      : ConversionPattern(converter, MatchAnyOpTypeTag(), /*benefit=*/1,
                          context) {}

  LogicalResult
  matchAndRewrite(Operation *op, ArrayRef<Value> operands,
                  ConversionPatternRewriter &rewriter) const override {
    if (!isElementwise(op))
      return failure();
    auto type = getTypeConverter()->convertType<RankedTensorType>(
        op->getResult(0).getType());
    if (!type)
      return rewriter.notifyMatchFailure(op, "unsupported result type");

    Value result;
    bool isEmitted = false;
    if (type.getRank() == 0) {
      auto scalars = llvm::map_to_vector(operands, [&](Value operand) {
        return extractScalar(rewriter, op->getLoc(), operand);
      });
      if (Value scalar = emitScalar(rewriter, op, scalars)) {
        result = tensor::FromElementsOp::create(rewriter, op->getLoc(), type,
                                                scalar);
        isEmitted = true;
      }
    } else {
      auto maps = llvm::map_to_vector(operands, [&](Value operand) {
        return getShape(operand).empty()
                   ? AffineMap::get(type.getRank(), 0, rewriter.getContext())
                   : rewriter.getMultiDimIdentityMap(type.getRank());
      });
      result = createElementwise(
          rewriter, op->getLoc(), type, operands, maps,
          [&](OpBuilder &b, Location loc, ValueRange arguments) -> Value {
            Value scalar = emitScalar(b, op, arguments.drop_back());
            isEmitted = bool(scalar);
            // The rewrite is undone; the block needs an operand until then.
            return scalar ? scalar : arguments.back();
          });
    }
    if (!isEmitted)
      return rewriter.notifyMatchFailure(op,
                                         "no arithmetic for " + describe(op));
    rewriter.replaceOp(op, result);
    return success();
  }

private:
  static std::string describe(Operation *op) {
    std::string text;
    llvm::raw_string_ostream os(text);
    os << "operands of type ";
    llvm::interleaveComma(op->getOperandTypes(), os);
    return text;
  }
};

} // namespace

void quantc::populateStableHLOElementwisePatterns(
    const TypeConverter &converter, RewritePatternSet &patterns) {
  patterns.add<ElementwisePattern>(converter, patterns.getContext());
}
