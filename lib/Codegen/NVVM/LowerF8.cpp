//===- LowerF8.cpp - instructions that convert f8 -------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// cvt.rn.satfinite makes two f8 of two f32, with the bits of docs/arithmetic.md
// for every input; cvt to f16x2 is exact, as f16 has all values of both types.
//
//===----------------------------------------------------------------------===//

#include "quantc/Codegen/NVVM/Passes.h"
#include "quantc/Dialect/QNN/Transforms/F8Conversion.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace quantc::nvvm {
#define GEN_PASS_DEF_CODEGENNVVMLOWERF8PASS
#include "quantc/Codegen/NVVM/Passes.h.inc"
} // namespace quantc::nvvm

using namespace mlir;
using namespace quantc;
using quantc::qnn::isF8;

/// The f8 whose bits a byte is; null where it is no number's.
static Value getNumber(Value byte) {
  auto bitcast = byte.getDefiningOp<arith::BitcastOp>();
  return bitcast && isF8(bitcast.getIn().getType()) ? bitcast.getIn() : Value();
}

namespace {

class CodegenNVVMLowerF8Pass
    : public quantc::nvvm::impl::CodegenNVVMLowerF8PassBase<
          CodegenNVVMLowerF8Pass> {
public:
  using Base::Base;

  void runOnOperation() override {
    SmallVector<vector::FromElementsOp> vectors;
    SmallVector<arith::TruncFOp> encoded;
    SmallVector<arith::ExtFOp> decoded;
    getOperation().walk([&](gpu::LaunchOp launch) {
      launch.walk([&](vector::FromElementsOp op) { vectors.push_back(op); });
      launch.walk([&](arith::TruncFOp op) {
        if (isF8(op.getType()))
          encoded.push_back(op);
      });
      launch.walk([&](arith::ExtFOp op) {
        if (isF8(op.getIn().getType()))
          decoded.push_back(op);
      });
    });
    // What is stored together in pairs, then what is left.
    IRRewriter rewriter(&getContext());
    for (vector::FromElementsOp op : vectors)
      encodeVector(rewriter, op);
    for (arith::TruncFOp op : encoded)
      if (failed(encode(rewriter, op)))
        return signalPassFailure();
    for (arith::ExtFOp op : decoded)
      decode(rewriter, op);
  }

private:
  /// The bytes of two numbers, `low` in the lower half of the i16.
  static Value createPair(OpBuilder &builder, Location loc, Value low,
                          Value high, Type f8) {
    return NVVM::ConvertF32x2ToF8x2Op::create(
        builder, loc, builder.getI16Type(), high, low, NVVM::FPRoundingMode::RN,
        NVVM::SaturationMode::SATFINITE, /*relu=*/false, f8);
  }

  static void encodeVector(IRRewriter &rewriter, vector::FromElementsOp op) {
    SmallVector<Value> numbers;
    Type f8;
    for (Value element : op.getElements()) {
      Value number = getNumber(element);
      auto truncate =
          number ? number.getDefiningOp<arith::TruncFOp>() : arith::TruncFOp();
      Value source = truncate ? qnn::matchSaturateF8(truncate) : Value();
      if (!source || (f8 && f8 != truncate.getType()))
        return;
      f8 = truncate.getType();
      numbers.push_back(source);
    }
    if (numbers.size() % 2 != 0)
      return;
    rewriter.setInsertionPoint(op);
    Location loc = op.getLoc();
    SmallVector<Value> pairs;
    for (size_t i = 0; i < numbers.size(); i += 2)
      pairs.push_back(
          createPair(rewriter, loc, numbers[i], numbers[i + 1], f8));
    auto type = VectorType::get(pairs.size(), rewriter.getI16Type());
    Value vector = vector::FromElementsOp::create(rewriter, loc, type, pairs);
    rewriter.replaceOpWithNewOp<vector::BitCastOp>(op, op.getType(), vector);
  }

  static LogicalResult encode(IRRewriter &rewriter, arith::TruncFOp op) {
    FailureOr<Value> source = qnn::getSaturateF8(op);
    if (failed(source))
      return failure();
    rewriter.setInsertionPoint(op);
    Location loc = op.getLoc();
    // Those of vectors are converted already.
    for (Operation *user : llvm::make_early_inc_range(op->getUsers()))
      if (isOpTriviallyDead(user))
        rewriter.eraseOp(user);
    if (op.use_empty()) {
      rewriter.eraseOp(op);
      return success();
    }
    Value zero =
        arith::ConstantOp::create(rewriter, loc, rewriter.getF32FloatAttr(0));
    Value pair = createPair(rewriter, loc, *source, zero, op.getType());
    Value byte =
        arith::TruncIOp::create(rewriter, loc, rewriter.getI8Type(), pair);
    rewriter.replaceOpWithNewOp<arith::BitcastOp>(op, op.getType(), byte);
    return success();
  }

  static void decode(IRRewriter &rewriter, arith::ExtFOp op) {
    rewriter.setInsertionPoint(op);
    Location loc = op.getLoc();
    Type f8 = op.getIn().getType();
    auto twoBytes = VectorType::get(2, rewriter.getI8Type());
    auto read = op.getIn().getDefiningOp<arith::BitcastOp>();
    Value byte = read ? read.getIn()
                      : arith::BitcastOp::create(
                            rewriter, loc, rewriter.getI8Type(), op.getIn())
                            .getResult();
    // Neighbours of a vector share an instruction, as soon as LLVM has found
    // that theirs are the same.
    Value pair;
    int64_t position = 0;
    if (auto extract = byte.getDefiningOp<vector::ExtractOp>();
        extract && extract.getStaticPosition().size() == 1 &&
        extract.getSourceVectorType().getNumElements() % 2 == 0 &&
        !extract.hasDynamicPosition()) {
      int64_t index = extract.getStaticPosition()[0];
      position = index % 2;
      pair = vector::ExtractStridedSliceOp::create(
          rewriter, loc, extract.getSource(),
          ArrayRef<int64_t>{index - position}, ArrayRef<int64_t>{2},
          ArrayRef<int64_t>{1});
    } else {
      pair = vector::BroadcastOp::create(rewriter, loc, twoBytes, byte);
    }
    auto halves = VectorType::get(2, rewriter.getF16Type());
    Value numbers = NVVM::ConvertF8x2ToF16x2Op::create(
        rewriter, loc, halves, pair, /*relu=*/false, f8);
    Value half = vector::ExtractOp::create(rewriter, loc, numbers, position);
    if (op.getType().isF16())
      return rewriter.replaceOp(op, half);
    Value number =
        arith::ExtFOp::create(rewriter, loc, rewriter.getF32Type(), half);
    // All values of f8 are exact in every other type.
    rewriter.replaceOp(op,
                       convertScalarToDtype(rewriter, loc, number, op.getType(),
                                            /*isUnsignedCast=*/false));
  }
};

} // namespace
