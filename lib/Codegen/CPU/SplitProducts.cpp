//===- SplitProducts.cpp - products of rank one from words of 16 bits -----===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "IntegerBounds.h"
#include "PassTarget.h"
#include "quantc/Codegen/CPU/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace quantc::cpu {
#define GEN_PASS_DEF_CODEGENCPUSPLITPRODUCTSPASS
#include "quantc/Codegen/CPU/Passes.h.inc"
} // namespace quantc::cpu

using namespace mlir;
using namespace quantc::cpu;

namespace {

/// narrow * wide in the body of an elementwise op, each computed from one
/// input: the narrow one x is such that x * 2^bits fits 16 bits, and so does
/// wide / 2^bits.
struct Product {
  arith::MulIOp op;
  unsigned narrow, wide;
  bool isUnsigned;
  unsigned bits;
};

} // namespace

/// The input of the body that `value` is, possibly extended from fewer bits.
static std::optional<unsigned> findInput(Value value, linalg::GenericOp op) {
  Operation *def = value.getDefiningOp();
  if (isa_and_nonnull<arith::ExtSIOp, arith::ExtUIOp>(def))
    value = def->getOperand(0);
  auto arg = dyn_cast<BlockArgument>(value);
  if (!arg || arg.getOwner() != op.getBody() ||
      arg.getArgNumber() >= op.getNumDpsInputs())
    return std::nullopt;
  return arg.getArgNumber();
}

static std::optional<Product> matchProduct(arith::MulIOp mul,
                                           linalg::GenericOp op) {
  for (unsigned i : {0, 1}) {
    Value x = mul->getOperand(i), y = mul->getOperand(1 - i);
    auto narrow = findInput(x, op), wide = findInput(y, op);
    if (!narrow || !wide || !isa<BlockArgument>(y))
      continue;
    IntegerBounds bounds = boundScalar(x, op);
    // x takes so many bits beside its sign.
    unsigned width = 0;
    while (width < 16 && !bounds.isWithin({-(int64_t(1) << width),
                                           (int64_t(1) << width) - 1}))
      ++width;
    if (width > 14)
      continue;
    unsigned bits = 15 - width;
    // The negated factor has to fit as well.
    int64_t limit = (int64_t(1) << (15 + bits)) - 1;
    if (!boundScalar(y, op).isWithin({-limit, limit}))
      continue;
    return Product{mul, *narrow, *wide,
                   isa_and_nonnull<arith::ExtUIOp>(x.getDefiningOp()), bits};
  }
  return std::nullopt;
}

/// Whether the products are so many that the words of their factors cost
/// nothing, and belong to the tail of a contraction.
static bool isWorthwhile(linalg::GenericOp op, const Product &product) {
  auto count = [](Value value) {
    auto type = cast<RankedTensorType>(value.getType());
    return type.hasStaticShape() ? type.getNumElements() : 0;
  };
  Value narrow = op.getInputs()[product.narrow],
        wide = op.getInputs()[product.wide];
  return count(narrow) > 1 && count(wide) > 1 &&
         count(op->getResult(0)) >= 2 * (count(narrow) + count(wide)) &&
         llvm::any_of(op.getInputs(), [](Value input) {
           auto producer = input.getDefiningOp<linalg::LinalgOp>();
           return producer && (linalg::isaContractionOpInterface(producer) ||
                               linalg::isaConvolutionOpInterface(producer));
         });
}

/// A tensor of words, computed from one of integers.
static Value
createWords(OpBuilder &builder, Location loc, Value tensor,
            function_ref<Value(OpBuilder &, Location, Value)> compute) {
  auto type = cast<RankedTensorType>(tensor.getType());
  Type i32 = builder.getI32Type();
  Value empty = tensor::EmptyOp::create(builder, loc, type.getShape(), i32);
  AffineMap identity = builder.getMultiDimIdentityMap(type.getRank());
  SmallVector<utils::IteratorType> iterators(type.getRank(),
                                             utils::IteratorType::parallel);
  return linalg::GenericOp::create(
             builder, loc, empty.getType(), tensor, empty,
             ArrayRef<AffineMap>{identity, identity}, iterators,
             [&](OpBuilder &body, Location loc, ValueRange args) {
               linalg::YieldOp::create(body, loc, compute(body, loc, args[0]));
             })
      .getResult(0);
}

static Value createConstant(OpBuilder &builder, Location loc, int64_t value) {
  return arith::ConstantOp::create(builder, loc,
                                   builder.getI32IntegerAttr(value));
}

/// x in the lower half, x * 2^bits in the upper.
static Value packNarrow(OpBuilder &builder, Location loc, Value x,
                        const Product &product) {
  Type i32 = builder.getI32Type();
  if (x.getType() != i32)
    x = product.isUnsigned
            ? arith::ExtUIOp::create(builder, loc, i32, x).getResult()
            : arith::ExtSIOp::create(builder, loc, i32, x).getResult();
  Value low = arith::AndIOp::create(builder, loc, x,
                                    createConstant(builder, loc, 0xFFFF));
  Value high = arith::ShLIOp::create(
      builder, loc, x, createConstant(builder, loc, 16 + product.bits));
  return arith::OrIOp::create(builder, loc, low, high);
}

/// The lower bits of y in the lower half, the others in the upper.
static Value packWide(OpBuilder &builder, Location loc, Value y,
                      const Product &product, bool negate) {
  if (negate)
    y = arith::SubIOp::create(builder, loc, createConstant(builder, loc, 0), y);
  Value low = arith::AndIOp::create(
      builder, loc, y, createConstant(builder, loc, (1 << product.bits) - 1));
  Value high = arith::ShRSIOp::create(
      builder, loc, y, createConstant(builder, loc, product.bits));
  Value sixteen = createConstant(builder, loc, 16);
  high = arith::ShLIOp::create(builder, loc, high, sixteen);
  return arith::OrIOp::create(builder, loc, low, high);
}

/// The sum of the products of both halves.
static Value createHalves(OpBuilder &builder, Location loc, Value a, Value b) {
  Value sixteen = createConstant(builder, loc, 16);
  auto lower = [&](Value word) -> Value {
    Value up = arith::ShLIOp::create(builder, loc, word, sixteen);
    return arith::ShRSIOp::create(builder, loc, up, sixteen);
  };
  auto upper = [&](Value word) -> Value {
    return arith::ShRSIOp::create(builder, loc, word, sixteen);
  };
  Value low = arith::MulIOp::create(builder, loc, lower(a), lower(b));
  Value high = arith::MulIOp::create(builder, loc, upper(a), upper(b));
  return arith::AddIOp::create(builder, loc, low, high);
}

static void splitProduct(IRRewriter &rewriter, linalg::GenericOp op,
                         const Product &product) {
  // acc - x y as acc + x (-y): one instruction adds the sum of two products.
  arith::MulIOp mul = product.op;
  auto user = mul->hasOneUse() ? dyn_cast<arith::SubIOp>(*mul->user_begin())
                               : arith::SubIOp();
  bool negate = user && user.getRhs() == mul.getResult();
  Location loc = op.getLoc();
  rewriter.setInsertionPoint(op);
  Value words[] = {createWords(rewriter, loc, op.getInputs()[product.narrow],
                               [&](OpBuilder &body, Location loc, Value x) {
                                 return packNarrow(body, loc, x, product);
                               }),
                   createWords(rewriter, loc, op.getInputs()[product.wide],
                               [&](OpBuilder &body, Location loc, Value y) {
                                 return packWide(body, loc, y, product, negate);
                               })};
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  SmallVector<AffineMap> added = {maps[product.narrow], maps[product.wide]};
  unsigned numInputs = op.getNumDpsInputs();
  maps.insert(maps.begin() + numInputs, added.begin(), added.end());
  rewriter.modifyOpInPlace(op, [&] {
    op.getInputsMutable().append(words);
    op.setIndexingMapsAttr(rewriter.getAffineMapArrayAttr(maps));
    for (unsigned i : {0, 1})
      op.getBody()->insertArgument(numInputs + i, rewriter.getI32Type(), loc);
  });
  rewriter.setInsertionPoint(mul);
  Value product32 =
      createHalves(rewriter, mul.getLoc(), op.getBody()->getArgument(numInputs),
                   op.getBody()->getArgument(numInputs + 1));
  if (negate) {
    rewriter.setInsertionPoint(user);
    rewriter.replaceOpWithNewOp<arith::AddIOp>(user, user.getLhs(), product32);
    rewriter.eraseOp(mul);
  } else {
    rewriter.replaceOp(mul, product32);
  }
}

namespace {

class CodegenCPUSplitProductsPass
    : public quantc::cpu::impl::CodegenCPUSplitProductsPassBase<
          CodegenCPUSplitProductsPass> {
public:
  using Base::Base;

  void runOnOperation() override {
    FailureOr<Target> target =
        resolveTarget(getOperation(), {triple, processor, features});
    if (failed(target))
      return signalPassFailure();
    if (!target->isX86())
      return;
    SmallVector<linalg::GenericOp> ops;
    getOperation()->walk([&](linalg::GenericOp op) {
      if (op.hasPureTensorSemantics() && op.isAllParallelLoops())
        ops.push_back(op);
    });
    IRRewriter rewriter(&getContext());
    SmallVector<Operation *> changed;
    for (linalg::GenericOp op : ops) {
      SmallVector<Product> products;
      for (arith::MulIOp mul : op.getBody()->getOps<arith::MulIOp>())
        if (mul.getType().isInteger(32))
          if (auto product = matchProduct(mul, op);
              product && isWorthwhile(op, *product))
            products.push_back(*product);
      for (const Product &product : products)
        splitProduct(rewriter, op, product);
      if (!products.empty())
        changed.push_back(op);
    }
    // The factors themselves are not read any more.
    RewritePatternSet patterns(&getContext());
    linalg::populateEraseUnusedOperandsAndResultsPatterns(patterns);
    (void)applyOpPatternsGreedily(changed, std::move(patterns));
  }
};

} // namespace
