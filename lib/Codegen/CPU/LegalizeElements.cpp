//===- LegalizeElements.cpp - element types that memory can hold ----------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// In registers an i1, i4 or f8 is a scalar like any other; tensors of them
// become tensors of i8. A tensor's type changes wherever the tensor goes, and
// where a scalar leaves or enters one it is converted:
//
//   i1   0 or 1; a vector of i1 would be one of bits in LLVM's memory, where
//        the scalars are bytes
//   ui8  the same bits
//   i4   sign extended
//   f8   the same bits
//
//===----------------------------------------------------------------------===//

#include "PackedBoundary.h"
#include "quantc/Codegen/CPU/Passes.h"
#include "quantc/Dialect/QNN/IR/Arithmetic.h"
#include "quantc/Dialect/QNN/IR/BoundaryType.h"
#include "quantc/Dialect/QNN/Transforms/F8Conversion.h"
#include "quantc/Parameters/ConstantTensor.h"

#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/DialectResourceBlobManager.h"

namespace quantc::cpu {
#define GEN_PASS_DEF_CODEGENCPULEGALIZEELEMENTSPASS
#include "quantc/Codegen/CPU/Passes.h.inc"
} // namespace quantc::cpu

using namespace mlir;
using namespace quantc;
using quantc::qnn::isF8;

/// Whether a scalar of this type stands in memory as an i8.
static bool isHeldInByte(Type type) {
  return type.isSignlessInteger(1) || type.isSignlessInteger(4) ||
         type.isUnsignedInteger(8) || isF8(type);
}

static bool isHeldInBytes(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && isHeldInByte(tensor.getElementType());
}

/// The type in which a tensor or scalar stands in memory.
static Type getMemoryType(Type type) {
  Type byte = IntegerType::get(type.getContext(), 8);
  if (isHeldInBytes(type))
    return cast<RankedTensorType>(type).clone(byte);
  return isHeldInByte(type) ? byte : type;
}

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

/// The constant in its memory type; null where its bytes are not known.
static TypedAttr getMemoryConstant(TypedAttr attr) {
  auto type = cast<RankedTensorType>(getMemoryType(attr.getType()));
  auto elementType = cast<ShapedType>(attr.getType()).getElementType();
  if (!elementType.isInteger(4)) {
    if (auto resource = dyn_cast<DenseResourceElementsAttr>(attr))
      return DenseResourceElementsAttr::get(type, resource.getRawHandle());
    std::optional<ConstantTensor> tensor = ConstantTensor::get(attr);
    if (!tensor)
      return {};
    return DenseElementsAttr::getFromRawBuffer(type, tensor->getStoredBytes());
  }
  std::optional<ConstantTensor> tensor = ConstantTensor::get(attr);
  if (!tensor)
    return {};
  StringRef name = getResourceName(attr);
  return makeConstantTensor(
      type, name.empty() ? "constant" : name,
      [&](MutableArrayRef<char> output) {
        llvm::transform(tensor->getBytes(), output.begin(), [](char nibble) {
          return char(llvm::SignExtend32<4>(nibble & 0xf));
        });
      });
}

/// The f32 constant with the values of an f8 one.
static TypedAttr decodeConstant(ConstantTensor &tensor) {
  auto f8 = cast<FloatType>(tensor.getElementType());
  std::array<float, 256> values;
  for (unsigned bits = 0; bits < values.size(); ++bits)
    values[bits] = qnn::decodeF8(bits, f8);
  return makeConstantTensor(
      tensor.getType().clone(Float32Type::get(f8.getContext())), "decoded",
      [&](MutableArrayRef<char> output) {
        auto *out = reinterpret_cast<float *>(output.data());
        for (char bits : tensor.getBytes())
          *out++ = values[uint8_t(bits)];
      });
}

//===----------------------------------------------------------------------===//
// f8 operands of contractions
//===----------------------------------------------------------------------===//

/// The values of an f8 tensor as f32: a constant, or one elementwise op.
static Value createDecoded(RewriterBase &rewriter, Value value) {
  Location loc = value.getLoc();
  if (std::optional<ConstantTensor> tensor = ConstantTensor::get(value))
    return arith::ConstantOp::create(rewriter, loc, decodeConstant(*tensor));
  auto type = cast<RankedTensorType>(value.getType());
  Value empty = tensor::EmptyOp::create(
      rewriter, loc, tensor::getMixedSizes(rewriter, loc, value),
      rewriter.getF32Type());
  AffineMap identity = rewriter.getMultiDimIdentityMap(type.getRank());
  SmallVector<utils::IteratorType> iterators(type.getRank(),
                                             utils::IteratorType::parallel);
  return linalg::GenericOp::create(
             rewriter, loc, empty.getType(), value, empty,
             ArrayRef<AffineMap>{identity, identity}, iterators,
             [](OpBuilder &body, Location loc, ValueRange args) {
               Value number =
                   arith::ExtFOp::create(body, loc, body.getF32Type(), args[0]);
               linalg::YieldOp::create(body, loc, number);
             })
      .getResult(0);
}

/// Whether `op` multiplies and adds elements of f8.
static bool multipliesF8(linalg::LinalgOp op) {
  auto isF8Tensor = [](Value value) {
    return isF8(getElementTypeOrSelf(value));
  };
  return op.getNumReductionLoops() != 0 && op.getNumDpsInputs() == 2 &&
         llvm::all_of(op.getDpsInputs(), isF8Tensor);
}

/// A reduction reads elements many times: its f8 operands are decoded before.
static void decodeOperands(RewriterBase &rewriter, linalg::LinalgOp op) {
  rewriter.setInsertionPoint(op);
  for (OpOperand *operand : op.getDpsInputOperands()) {
    BlockArgument argument = op.getMatchingBlockArgument(operand);
    auto isExtension = [](Operation *user) {
      auto extend = dyn_cast<arith::ExtFOp>(user);
      return extend && extend.getType().isF32();
    };
    if (!isF8(argument.getType()) || argument.use_empty() ||
        !isa<RankedTensorType>(operand->get().getType()) ||
        !llvm::all_of(argument.getUsers(), isExtension))
      continue;
    operand->set(createDecoded(rewriter, operand->get()));
    argument.setType(rewriter.getF32Type());
    for (Operation *user : llvm::make_early_inc_range(argument.getUsers()))
      rewriter.replaceOp(user, argument);
  }
}

//===----------------------------------------------------------------------===//
// Scalars at the border of tensors
//===----------------------------------------------------------------------===//

/// The byte that stands in memory for an i1, i4 or f8 scalar.
static Value toMemory(OpBuilder &builder, Location loc, Value value) {
  Type byte = builder.getI8Type();
  if (value.getType().isInteger(1))
    return builder.createOrFold<arith::ExtUIOp>(loc, byte, value);
  if (isF8(value.getType()))
    return builder.createOrFold<arith::BitcastOp>(loc, byte, value);
  // Shifts instead of a truncation to i4: vectors of i4 are slow.
  auto truncate = value.getDefiningOp<arith::TruncIOp>();
  if (!truncate)
    return arith::ExtSIOp::create(builder, loc, byte, value);
  Value wide = truncate.getIn();
  unsigned width = wide.getType().getIntOrFloatBitWidth();
  if (width > 8) {
    wide = arith::TruncIOp::create(builder, loc, byte, wide);
  } else if (width < 8) {
    wide = arith::ExtSIOp::create(builder, loc, byte, wide);
  }
  Value four =
      arith::ConstantOp::create(builder, loc, builder.getI8IntegerAttr(4));
  Value shifted = arith::ShLIOp::create(builder, loc, wide, four);
  return arith::ShRSIOp::create(builder, loc, shifted, four);
}

/// The scalar of `type` that a byte stands for.
static Value fromMemory(OpBuilder &builder, Location loc, Value byte,
                        Type type) {
  if (isF8(type))
    return arith::BitcastOp::create(builder, loc, type, byte);
  if (type.isInteger(1)) {
    Value zero =
        arith::ConstantOp::create(builder, loc, builder.getI8IntegerAttr(0));
    return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ne, byte,
                                 zero);
  }
  return arith::TruncIOp::create(builder, loc, type, byte);
}

/// Whether an operation can take the byte itself instead of the scalar that it
/// stands for.
static bool takesByte(OpOperand &use) {
  Operation *user = use.getOwner();
  if (isa<linalg::YieldOp, tensor::YieldOp>(user))
    return true;
  // The byte is the sign extended i4.
  return use.get().getType().isInteger(4) &&
         isa<arith::ExtSIOp, arith::SIToFPOp>(user);
}

/// Turns a scalar that is read from a tensor into a byte and its conversion.
static void legalizeRead(OpBuilder &builder, Value value) {
  Type type = value.getType();
  if (!isHeldInByte(type))
    return;
  SmallVector<OpOperand *> uses;
  for (OpOperand &use : value.getUses())
    if (!takesByte(use))
      uses.push_back(&use);
  value.setType(builder.getI8Type());
  if (uses.empty())
    return;
  builder.setInsertionPointAfterValue(value);
  Value scalar = fromMemory(builder, value.getLoc(), value, type);
  for (OpOperand *use : uses)
    use->set(scalar);
}

/// Turns the scalar operands of an op that writes to tensors into bytes.
static void legalizeWrites(OpBuilder &builder, Operation *op) {
  builder.setInsertionPoint(op);
  for (OpOperand &operand : op->getOpOperands())
    if (isHeldInByte(operand.get().getType()))
      operand.set(toMemory(builder, op->getLoc(), operand.get()));
}

namespace {

class CodegenCPULegalizeElementsPass
    : public quantc::cpu::impl::CodegenCPULegalizeElementsPassBase<
          CodegenCPULegalizeElementsPass> {
public:
  using Base::Base;

  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    kept.clear();
    changed.clear();
    if (keepF8Contractions)
      getOperation().walk([&](linalg::LinalgOp op) {
        if (multipliesF8(op))
          kept.insert(op);
      });
    if (failed(keepBoundary()))
      return signalPassFailure();
    prepareLinalgOps(rewriter);
    if (failed(legalizeConstants()))
      return signalPassFailure();
    legalizeScalars(rewriter);
    legalizeTensors(rewriter);
    for (auto func : getOperation().getOps<func::FuncOp>())
      if (changed.contains(func))
        legalizeBoundary(rewriter, func);
    if (failed(convertScalars(rewriter)))
      signalPassFailure();
  }

private:
  /// The contractions that go on multiplying f8.
  DenseSet<Operation *> kept;
  /// The functions whose arguments or results change.
  DenseSet<Operation *> changed;

  /// Writes down what the caller of each function passes.
  LogicalResult keepBoundary() {
    for (auto func : getOperation().getOps<func::FuncOp>())
      for (bool isResult : {false, true})
        for (auto [index, type] : llvm::enumerate(
                 isResult ? func.getResultTypes() : func.getArgumentTypes())) {
          if (!isHeldInBytes(type))
            continue;
          // Who calls a function of another program passes what that expects.
          if (func.isExternal())
            return func.emitOpError()
                   << "expected a body in a function of " << type;
          if (!cast<RankedTensorType>(type).hasStaticShape())
            return func.emitOpError()
                   << "expected a static shape, but got " << type;
          qnn::keepBoundaryType(func, index, isResult, type);
          changed.insert(func);
        }
    return success();
  }

  /// Gives i4 its packed form and the function the types of its body.
  static void legalizeBoundary(IRRewriter &rewriter, func::FuncOp func) {
    auto getPacked = [&](unsigned index, bool isResult) {
      auto type = dyn_cast<RankedTensorType>(
          qnn::getBoundaryType(func, index, isResult));
      return type && type.getElementType().isInteger(4) ? type
                                                        : RankedTensorType();
    };
    Block &body = func.getBody().front();
    for (BlockArgument argument : body.getArguments()) {
      RankedTensorType type = getPacked(argument.getArgNumber(), false);
      if (!type)
        continue;
      SmallVector<OpOperand *> uses;
      for (OpOperand &use : argument.getUses())
        uses.push_back(&use);
      argument.setType(cpu::getPackedType(type));
      rewriter.setInsertionPointToStart(&body);
      Value elements = cpu::createUnpacked(rewriter, argument, type);
      for (OpOperand *use : uses)
        use->set(elements);
    }
    Operation *terminator = body.getTerminator();
    rewriter.setInsertionPoint(terminator);
    for (OpOperand &operand : terminator->getOpOperands())
      if (getPacked(operand.getOperandNumber(), true))
        operand.set(cpu::createPacked(rewriter, operand.get()));
    func.setFunctionType(rewriter.getFunctionType(
        body.getArgumentTypes(), terminator->getOperandTypes()));
  }

  void prepareLinalgOps(IRRewriter &rewriter) {
    SmallVector<linalg::LinalgOp> ops;
    getOperation().walk([&](linalg::LinalgOp op) { ops.push_back(op); });
    for (linalg::LinalgOp op : ops) {
      bool keep = kept.contains(op);
      if (op.getNumReductionLoops() != 0 && !keep)
        decodeOperands(rewriter, op);
      // A named op's body is not its own to change.
      bool changes = llvm::any_of(
          op.getBlock()->without_terminator(), [](Operation &nested) {
            return llvm::any_of(nested.getOpOperands(), [](OpOperand &use) {
              return isHeldInByte(use.get().getType()) && !takesByte(use);
            });
          });
      rewriter.setInsertionPoint(op);
      if (!changes || isa<linalg::GenericOp>(op))
        continue;
      FailureOr<linalg::GenericOp> generic =
          linalg::generalizeNamedOp(rewriter, op);
      if (keep && succeeded(generic))
        kept.insert(*generic);
    }
  }

  LogicalResult legalizeConstants() {
    WalkResult result = getOperation().walk([](arith::ConstantOp op) {
      if (!isHeldInBytes(op.getType()))
        return WalkResult::advance();
      TypedAttr legal = getMemoryConstant(op.getValue());
      if (!legal) {
        op.emitOpError() << "expected elements in memory for " << op.getType();
        return WalkResult::interrupt();
      }
      op.setValueAttr(legal);
      op.getResult().setType(legal.getType());
      return WalkResult::advance();
    });
    return failure(result.wasInterrupted());
  }

  void legalizeScalars(IRRewriter &rewriter) {
    // A body's arguments before what it yields.
    getOperation().walk<WalkOrder::PreOrder>([&](Operation *op) {
      if (isa<linalg::LinalgOp>(op)) {
        for (BlockArgument argument : op->getRegion(0).getArguments())
          legalizeRead(rewriter, argument);
        legalizeWrites(rewriter, op);
      } else if (isa<linalg::YieldOp, tensor::YieldOp, tensor::InsertOp,
                     tensor::FromElementsOp, tensor::SplatOp>(op)) {
        legalizeWrites(rewriter, op);
      } else if (auto extract = dyn_cast<tensor::ExtractOp>(op)) {
        legalizeRead(rewriter, extract.getResult());
      }
    });
  }

  void legalizeTensors(IRRewriter &rewriter) {
    getOperation().walk([&](Operation *op) {
      auto legalize = [](Value value) {
        if (isHeldInBytes(value.getType()))
          value.setType(getMemoryType(value.getType()));
      };
      for (Region &region : op->getRegions())
        for (Block &block : region)
          llvm::for_each(block.getArguments(), legalize);
      llvm::for_each(op->getResults(), legalize);
      auto bitcast = dyn_cast<tensor::BitcastOp>(op);
      if (bitcast && bitcast.getType() == bitcast.getSource().getType())
        rewriter.replaceOp(bitcast, bitcast.getSource());
    });
  }

  /// What is left are f8 scalars: conversions become integer arithmetic, unless
  /// the target has them; anything else is refused.
  LogicalResult convertScalars(IRRewriter &rewriter) {
    WalkResult result = getOperation().walk([&](Operation *op) {
      if (kept.contains(op->getParentOp()))
        return WalkResult::advance();
      rewriter.setInsertionPoint(op);
      if (auto truncate = dyn_cast<arith::TruncFOp>(op);
          truncate && isF8(truncate.getType()))
        return encodeScalar(rewriter, truncate);
      if (auto extend = dyn_cast<arith::ExtFOp>(op);
          extend && isF8(extend.getIn().getType())) {
        decodeScalar(rewriter, extend);
        return WalkResult::advance();
      }
      if (isa<arith::BitcastOp, arith::ConstantOp>(op) ||
          (llvm::none_of(op->getOperandTypes(), isF8) &&
           llvm::none_of(op->getResultTypes(), isF8)))
        return WalkResult::advance();
      op->emitOpError() << "expected arithmetic on f32: f8 is for storage";
      return WalkResult::interrupt();
    });
    return failure(result.wasInterrupted());
  }

  WalkResult encodeScalar(IRRewriter &rewriter, arith::TruncFOp op) {
    FailureOr<Value> number = qnn::getSaturateF8(op);
    if (failed(number))
      return WalkResult::interrupt();
    if (keepF8Conversions)
      return WalkResult::advance();
    Value bits =
        qnn::buildEncodeF8(rewriter, op.getLoc(), *number, op.getType());
    rewriter.replaceOpWithNewOp<arith::BitcastOp>(op, op.getType(), bits);
    return WalkResult::advance();
  }

  void decodeScalar(IRRewriter &rewriter, arith::ExtFOp op) {
    if (keepF8Conversions)
      return;
    Value bits = rewriter.createOrFold<arith::BitcastOp>(
        op.getLoc(), rewriter.getI8Type(), op.getIn());
    Value number =
        qnn::buildDecodeF8(rewriter, op.getLoc(), bits, op.getIn().getType());
    rewriter.replaceOp(op, convertScalarToDtype(rewriter, op.getLoc(), number,
                                                op.getType(),
                                                /*isUnsignedCast=*/false));
  }
};

} // namespace
