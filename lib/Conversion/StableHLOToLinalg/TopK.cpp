//===- TopK.cpp - chlo.top_k to linalg ------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The elements are replaced by integer keys that sort like them, NaN above all
// else. Each of k steps finds, in every row, the largest element behind the one
// found before in the order (key descending, index ascending).
//
//===----------------------------------------------------------------------===//

#include "TopK.h"
#include "Builders.h"
#include "quantc/Dialect/StableHLO/IR/CHLO.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace quantc;

namespace {

/// Between the elements of a tensor and keys whose signed order is theirs.
class KeyCodec {
public:
  KeyCodec(MLIRContext *context, Type original, Type element)
      : element(element), isUnsigned(original.isUnsignedInteger()) {
    // One bit has no room for a sign.
    unsigned width = std::max(element.getIntOrFloatBitWidth(), 8u);
    keyType = IntegerType::get(context, width);
  }

  IntegerType getKeyType() const { return keyType; }

  Value encode(OpBuilder &b, Location loc, Value value) const {
    if (element.isInteger(1))
      return arith::ExtUIOp::create(b, loc, keyType, value);
    if (isa<FloatType>(element))
      value = arith::BitcastOp::create(b, loc, keyType, value);
    return flip(b, loc, value);
  }

  Value decode(OpBuilder &b, Location loc, Value key) const {
    if (element.isInteger(1))
      return arith::TruncIOp::create(b, loc, element, key);
    key = flip(b, loc, key);
    if (isa<FloatType>(element))
      key = arith::BitcastOp::create(b, loc, element, key);
    return key;
  }

private:
  Value constant(OpBuilder &b, Location loc, const APInt &value) const {
    return arith::ConstantOp::create(b, loc, b.getIntegerAttr(keyType, value));
  }

  /// Its own inverse: of negative floats all bits but the sign change, of
  /// unsigned integers the sign.
  Value flip(OpBuilder &b, Location loc, Value bits) const {
    unsigned width = keyType.getWidth();
    if (isUnsigned)
      return arith::XOrIOp::create(b, loc, bits,
                                   constant(b, loc, APInt::getSignMask(width)));
    if (!isa<FloatType>(element))
      return bits;
    Value sign = arith::ShRSIOp::create(
        b, loc, bits, constant(b, loc, APInt(width, width - 1)));
    Value mask = arith::AndIOp::create(
        b, loc, sign, constant(b, loc, APInt::getSignedMaxValue(width)));
    return arith::XOrIOp::create(b, loc, bits, mask);
  }

  Type element;
  IntegerType keyType;
  bool isUnsigned;
};

struct TopKPattern : OpConversionPattern<chlo::TopKOp> {
  using Base::Base;

  LogicalResult
  matchAndRewrite(chlo::TopKOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override;
};

} // namespace

/// One step: the keys and indices, one a row, that follow `last`.
static SmallVector<Value> createStep(OpBuilder &builder, Location loc,
                                     Value keys, ValueRange last) {
  ArrayRef<int64_t> shape = getShape(keys);
  int64_t rank = shape.size();
  auto keyType = cast<IntegerType>(getElementType(keys));
  Value lowest = arith::ConstantOp::create(
      builder, loc,
      builder.getIntegerAttr(keyType,
                             APInt::getSignedMinValue(keyType.getWidth())));
  Value behindAll =
      arith::ConstantIntOp::create(builder, loc, shape.back(), 32);
  SmallVector<Value> inits = {
      createFilled(builder, loc, shape.drop_back(), lowest),
      createFilled(builder, loc, shape.drop_back(), behindAll)};

  AffineMap all = builder.getMultiDimIdentityMap(rank);
  AffineMap row = getLeadingMap(builder.getContext(), rank, rank - 1);
  SmallVector<utils::IteratorType> iterators(rank,
                                             utils::IteratorType::parallel);
  iterators.back() = utils::IteratorType::reduction;
  auto step = linalg::GenericOp::create(
      builder, loc, ValueRange(inits).getTypes(),
      ValueRange{keys, last[0], last[1]}, inits,
      ArrayRef<AffineMap>{all, row, row, row, row}, iterators,
      [&](OpBuilder &b, Location loc, ValueRange arguments) {
        Value index = linalg::IndexOp::create(b, loc, rank - 1);
        index = arith::IndexCastOp::create(b, loc, b.getI32Type(), index);
        // Whether (key, index) comes before (otherKey, otherIndex).
        auto isBefore = [&](Value key, Value index, Value otherKey,
                            Value otherIndex) -> Value {
          using P = arith::CmpIPredicate;
          Value isLarger = arith::CmpIOp::create(b, loc, P::sgt, key, otherKey);
          Value isEqual = arith::CmpIOp::create(b, loc, P::eq, key, otherKey);
          Value isEarlier =
              arith::CmpIOp::create(b, loc, P::slt, index, otherIndex);
          Value isTie = arith::AndIOp::create(b, loc, isEqual, isEarlier);
          return arith::OrIOp::create(b, loc, isLarger, isTie);
        };
        Value isNew = isBefore(arguments[1], arguments[2], arguments[0], index);
        Value isBest =
            isBefore(arguments[0], index, arguments[3], arguments[4]);
        Value take = arith::AndIOp::create(b, loc, isNew, isBest);
        Value key =
            arith::SelectOp::create(b, loc, take, arguments[0], arguments[3]);
        Value best = arith::SelectOp::create(b, loc, take, index, arguments[4]);
        linalg::YieldOp::create(b, loc, ValueRange{key, best});
      });
  return SmallVector<Value>(step.getResults());
}

LogicalResult
TopKPattern::matchAndRewrite(chlo::TopKOp op, OpAdaptor adaptor,
                             ConversionPatternRewriter &rewriter) const {
  Location loc = op.getLoc();
  Value input = adaptor.getOperand();
  auto inputType = cast<RankedTensorType>(input.getType());
  KeyCodec codec(getContext(), getElementType(op.getOperand()),
                 inputType.getElementType());
  IntegerType keyType = codec.getKeyType();
  ArrayRef<int64_t> rows = inputType.getShape().drop_back();
  SmallVector<int64_t> resultShape(getShape(op.getIndices()));
  AffineMap identity = rewriter.getMultiDimIdentityMap(inputType.getRank());

  Value keys = createElementwise(
      rewriter, loc, inputType.clone(keyType), input, identity,
      [&](OpBuilder &b, Location loc, ValueRange arguments) {
        return codec.encode(b, loc, arguments[0]);
      });

  auto constantIndex = [&](int64_t value) -> Value {
    return arith::ConstantIndexOp::create(rewriter, loc, value);
  };
  // Before the first element: larger than the largest, earlier than the first.
  Value highest = arith::ConstantOp::create(
      rewriter, loc,
      rewriter.getIntegerAttr(keyType,
                              APInt::getSignedMaxValue(keyType.getWidth())));
  Value minusOne = arith::ConstantIntOp::create(rewriter, loc, -1, 32);
  SmallVector<Value> carried = {
      createEmpty(rewriter, loc, resultShape, keyType),
      createEmpty(rewriter, loc, resultShape, rewriter.getI32Type()),
      createFilled(rewriter, loc, rows, highest),
      createFilled(rewriter, loc, rows, minusOne)};
  auto loop = scf::ForOp::create(
      rewriter, loc, constantIndex(0), constantIndex(op.getK()),
      constantIndex(1), carried,
      [&](OpBuilder &b, Location loc, Value position, ValueRange arguments) {
        SmallVector<Value> found =
            createStep(b, loc, keys, arguments.take_back(2));
        SmallVector<OpFoldResult> offsets(rows.size(), b.getIndexAttr(0));
        offsets.push_back(position);
        SmallVector<OpFoldResult> sizes =
            getAsIndexOpFoldResult(b.getContext(), rows);
        sizes.push_back(b.getIndexAttr(1));
        SmallVector<OpFoldResult> strides(offsets.size(), b.getIndexAttr(1));
        SmallVector<Value> next;
        for (auto [column, target] :
             llvm::zip_equal(found, arguments.take_front(2)))
          next.push_back(tensor::InsertSliceOp::create(
              b, loc, column, target, offsets, sizes, strides));
        llvm::append_range(next, found);
        scf::YieldOp::create(b, loc, next);
      });

  Value values = createElementwise(
      rewriter, loc, inputType.clone(resultShape), loop.getResult(0), identity,
      [&](OpBuilder &b, Location loc, ValueRange arguments) {
        return codec.decode(b, loc, arguments[0]);
      });
  rewriter.replaceOp(op, {values, loop.getResult(1)});
  return success();
}

void quantc::populateTopKPattern(const TypeConverter &converter,
                                 RewritePatternSet &patterns) {
  patterns.add<TopKPattern>(converter, patterns.getContext());
}
