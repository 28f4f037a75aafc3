//===- FormKernels.cpp - contractions and epilogues to kernels ------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ContractionView.h"
#include "EpilogueSums.h"
#include "PassTarget.h"
#include "quantc/Codegen/CPU/Passes.h"
#include "quantc/Codegen/CPU/Schedule.h"
#include "quantc/Dialect/CPU/IR/CPUOps.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"

namespace quantc::cpu {
#define GEN_PASS_DEF_CODEGENCPUFORMKERNELSPASS
#include "quantc/Codegen/CPU/Passes.h.inc"
} // namespace quantc::cpu

using namespace mlir;
using namespace quantc::cpu;

namespace {

/// A value that is read through a map over the kernel's iteration space.
struct MappedValue {
  Value value;
  AffineMap map;
};

/// Builds the kernel of one contraction.
class KernelBuilder {
public:
  KernelBuilder(OpBuilder &builder, linalg::LinalgOp op,
                linalg::GenericOp epilogue, ContractionView &view,
                const Target &target)
      : builder(builder), loc(op.getLoc()), op(op), epilogue(epilogue),
        view(view), target(target) {}

  /// Fails with an error on a schedule that the user asked for and the target
  /// or the operands do not allow.
  FailureOr<SmallVector<Value>> build(ArrayRef<AffineExpr> epilogueLoops);

private:
  LogicalResult chooseSchedule();
  Value prepareLhs();
  PackOp pack();
  std::optional<MappedValue> getInit();
  /// The destination of the sums over each panel's columns; adds its map.
  Value createPanelSums(ArrayRef<AffineExpr> epilogueLoops,
                        SmallVectorImpl<AffineMap> &maps);
  Value addPanels(Value sums, Value init);
  UnitAttr getRhsUnsigned() {
    return view.isRhsUnsigned ? builder.getUnitAttr() : UnitAttr();
  }
  Value empty(ArrayRef<int64_t> shape, Type element) {
    return tensor::EmptyOp::create(builder, loc, shape, element);
  }

  OpBuilder &builder;
  Location loc;
  linalg::LinalgOp op;
  linalg::GenericOp epilogue;
  ContractionView &view;
  const Target &target;
  ScheduleAttr schedule;
  LhsKind lhsKind = LhsKind::Signed;
};

} // namespace

LogicalResult KernelBuilder::chooseSchedule() {
  schedule = op->getAttrOfType<ScheduleAttr>(kScheduleAttrName);
  bool isWide = llvm::any_of(ValueRange{view.lhs, view.rhs}, [](Value value) {
    return getElementTypeOrSelf(value).isInteger(16);
  });
  lhsKind = view.isLhsUnsigned ? LhsKind::Unsigned : LhsKind::Signed;
  if (!schedule) {
    KernelOperands operands = {view.isFloat, isWide, lhsKind,
                               view.isRhsUnsigned};
    operands.lhs = lhsKind = chooseLhsKind(operands, target);
    ArrayRef<int64_t> bounds = view.bounds;
    KernelShape shape = {
        llvm::product_of(bounds.slice(view.numBatch, view.numM)),
        bounds[view.getNDim()],
        llvm::product_of(bounds.drop_front(view.getNDim() + 1))};
    schedule =
        quantc::cpu::chooseSchedule(op.getContext(), shape, operands, target);
    return success();
  }
  if (schedule.isFloat() != view.isFloat || (schedule.isOfBytes() && isWide))
    return op.emitOpError() << "expected a schedule for "
                            << (view.isFloat ? "f32"
                                : isWide     ? "i16"
                                             : "i8")
                            << ", but got " << schedule;
  if (!isSupported(schedule, target))
    return op.emitOpError() << "expected a schedule that " << target.getCPU()
                            << " supports, but got " << schedule;
  return success();
}

Value KernelBuilder::prepareLhs() {
  Value lhs = view.lhs;
  auto type = cast<RankedTensorType>(lhs.getType());
  if (!view.lhsPermutation.empty()) {
    SmallVector<int64_t> shape;
    for (int64_t dim : view.lhsPermutation)
      shape.push_back(type.getDimSize(dim));
    lhs = linalg::TransposeOp::create(builder, loc, lhs,
                                      empty(shape, type.getElementType()),
                                      view.lhsPermutation)
              ->getResult(0);
    type = cast<RankedTensorType>(lhs.getType());
  }
  if (lhsKind != LhsKind::Offset)
    return lhs;
  // A byte of the other signedness: the sign bit flipped. The producer of lhs
  // takes this over where it can (codegen-cpu-fold-offsets).
  AffineMap identity = builder.getMultiDimIdentityMap(type.getRank());
  SmallVector<utils::IteratorType> iterators(type.getRank(),
                                             utils::IteratorType::parallel);
  auto shift = linalg::GenericOp::create(
      builder, loc, type, lhs, empty(type.getShape(), type.getElementType()),
      ArrayRef<AffineMap>{identity, identity}, iterators,
      [](OpBuilder &b, Location loc, ValueRange args) {
        Value sign =
            arith::ConstantOp::create(b, loc, b.getI8IntegerAttr(-128));
        Value flipped = arith::XOrIOp::create(b, loc, args[0], sign);
        linalg::YieldOp::create(b, loc, flipped);
      });
  return shift.getResult(0);
}

PackOp KernelBuilder::pack() {
  // m does not occur in rhs: its dimensions are left out.
  SmallVector<AffineExpr> dims;
  SmallVector<int64_t> bounds;
  for (auto [i, bound] : llvm::enumerate(view.bounds)) {
    bool isM = int64_t(i) >= view.numBatch && int64_t(i) < view.getNDim();
    dims.push_back(isM ? builder.getAffineConstantExpr(0)
                       : builder.getAffineDimExpr(bounds.size()));
    if (!isM)
      bounds.push_back(bound);
  }
  AffineMap map = view.rhsMap.replaceDimsAndSymbols(dims, {}, bounds.size(), 0);
  Type element = cast<ShapedType>(view.rhs.getType()).getElementType();
  Value packed =
      empty(getPackedShape(bounds, view.numBatch, view.segmentDims, schedule),
            element);
  SmallVector<Type> types = {packed.getType()};
  Value correction;
  if (schedule.needsCorrection(lhsKind, view.isRhsUnsigned)) {
    correction = empty(getCorrectionShape(bounds, view.numBatch, schedule),
                       builder.getI32Type());
    types.push_back(correction.getType());
  }
  return PackOp::create(
      builder, loc, types, view.rhs, packed, correction,
      AffineMapAttr::get(map), builder.getDenseI64ArrayAttr(bounds),
      builder.getI64IntegerAttr(view.numBatch),
      builder.getI64IntegerAttr(view.segmentDims), getRhsUnsigned(), schedule);
}

/// The source of a broadcast and its map, given that of the result; null for
/// anything else.
static MappedValue getBroadcastSource(Value value, AffineMap map) {
  if (auto broadcast = value.getDefiningOp<linalg::BroadcastOp>()) {
    SmallVector<AffineExpr> exprs;
    for (auto [i, expr] : llvm::enumerate(map.getResults()))
      if (!llvm::is_contained(broadcast.getDimensions(), int64_t(i)))
        exprs.push_back(expr);
    return {broadcast.getInput(),
            AffineMap::get(map.getNumDims(), 0, exprs, map.getContext())};
  }
  auto generic = value.getDefiningOp<linalg::GenericOp>();
  if (!generic || generic.getNumDpsInputs() != 1 ||
      generic.getNumResults() != 1 || !generic.isAllParallelLoops() ||
      generic.getBody()->getTerminator()->getOperand(0) !=
          generic.getBody()->getArgument(0))
    return {};
  auto [sourceMap, resultMap] = std::make_pair(
      generic.getIndexingMapsArray()[0], generic.getIndexingMapsArray()[1]);
  auto sourceType =
      dyn_cast<RankedTensorType>(generic.getInputs()[0].getType());
  if (!sourceType || !resultMap.isPermutation())
    return {};
  return {generic.getInputs()[0],
          sourceMap.compose(inversePermutation(resultMap)).compose(map)};
}

/// The scalar that fills a tensor; null where its elements may differ.
static Value getFillValue(Value value) {
  if (auto fill = value.getDefiningOp<linalg::FillOp>())
    return fill.getInputs()[0];
  auto generic = value.getDefiningOp<linalg::GenericOp>();
  if (!generic || generic.getNumResults() != 1 ||
      !generic.isAllParallelLoops() ||
      !generic.getIndexingMapsArray().back().isPermutation())
    return {};
  Value yielded = generic.getBody()->getTerminator()->getOperand(0);
  return yielded.getParentBlock() == generic.getBody() ? Value() : yielded;
}

/// What the accumulators start with: nothing where that is zero.
std::optional<MappedValue> KernelBuilder::getInit() {
  OpOperand *operand = op.getDpsInitOperand(0);
  MappedValue init = {operand->get(),
                      view.translate(op.getMatchingIndexingMap(operand))};
  auto isZero = [](Attribute attr) {
    if (auto splat = dyn_cast<SplatElementsAttr>(attr))
      attr = splat.getSplatValue<Attribute>();
    if (auto integer = dyn_cast<IntegerAttr>(attr))
      return integer.getValue().isZero();
    // Adding to -0.0 is not adding to 0.0, if only for a sum of no terms.
    auto number = dyn_cast<FloatAttr>(attr);
    return number && number.getValue().isPosZero();
  };
  unsigned n = view.getNDim();
  auto isReadable = [&](AffineMap map) {
    return llvm::all_of(llvm::enumerate(map.getResults()), [&](auto result) {
      return !result.value().isFunctionOfDim(n) ||
             result.index() + 1 == map.getNumResults();
    });
  };
  for (MappedValue source = getBroadcastSource(init.value, init.map);
       source.value && isReadable(source.map);
       source = getBroadcastSource(init.value, init.map))
    init = source;
  Attribute constant;
  if (Value fill = getFillValue(init.value)) {
    if (matchPattern(fill, m_Constant(&constant)) && isZero(constant))
      return std::nullopt;
    init.value = tensor::FromElementsOp::create(
        builder, loc, RankedTensorType::get({}, fill.getType()), fill);
    init.map = AffineMap::get(view.bounds.size(), 0, builder.getContext());
  } else if (matchPattern(init.value, m_Constant(&constant)) &&
             isZero(constant)) {
    return std::nullopt;
  }
  return init;
}

Value KernelBuilder::createPanelSums(ArrayRef<AffineExpr> epilogueLoops,
                                     SmallVectorImpl<AffineMap> &maps) {
  OpOperand *operand = epilogue.getDpsInitOperand(1);
  AffineMap map = epilogue.getMatchingIndexingMap(operand);
  map = view.translate(
      map.replaceDimsAndSymbols(epilogueLoops, {}, op.getNumLoops(), 0));
  SmallVector<AffineExpr> exprs(map.getResults());
  exprs.push_back(builder.getAffineConstantExpr(0));
  maps.push_back(
      AffineMap::get(map.getNumDims(), 0, exprs, builder.getContext()));
  SmallVector<int64_t> shape(
      cast<RankedTensorType>(operand->get().getType()).getShape());
  shape.push_back(
      llvm::divideCeil(view.bounds[view.getNDim()], schedule.getPanelWidth()));
  return empty(shape, builder.getI32Type());
}

FailureOr<SmallVector<Value>>
KernelBuilder::build(ArrayRef<AffineExpr> epilogueLoops) {
  if (failed(chooseSchedule()))
    return failure();
  builder.setInsertionPoint(epilogue ? epilogue : op);
  Value lhs = prepareLhs();
  PackOp packed = pack();
  std::optional<MappedValue> init = getInit();

  SmallVector<AffineMap> maps = {view.lhsMap};
  if (init)
    maps.push_back(init->map);
  SmallVector<Value> captures;
  Type accumulator =
      view.isFloat ? Type(builder.getF32Type()) : Type(builder.getI32Type());
  auto body = std::make_unique<Block>();
  Value result = body->addArgument(accumulator, loc);
  OpOperand *destOperand = op.getDpsInitOperand(0);
  AffineMap destMap = op.getMatchingIndexingMap(destOperand);
  Value dest;
  OpBuilder bodyBuilder(builder.getContext());
  bodyBuilder.setInsertionPointToEnd(body.get());
  IRMapping mapping;
  if (epilogue) {
    auto toOpLoops = [&](AffineMap map) {
      return map.replaceDimsAndSymbols(epilogueLoops, {}, op.getNumLoops(), 0);
    };
    for (OpOperand *input : epilogue.getDpsInputOperands()) {
      BlockArgument argument = epilogue.getMatchingBlockArgument(input);
      Attribute constant;
      if (input->get() == op->getResult(0)) {
        mapping.map(argument, result);
      } else if (!isa<ShapedType>(input->get().getType())) {
        mapping.map(argument, input->get());
      } else if (matchPattern(input->get(), m_Constant(&constant)) &&
                 isa<SplatElementsAttr>(constant)) {
        auto value =
            cast<SplatElementsAttr>(constant).getSplatValue<TypedAttr>();
        mapping.map(argument,
                    arith::ConstantOp::create(bodyBuilder, loc, value));
      } else {
        captures.push_back(input->get());
        mapping.map(argument, body->addArgument(argument.getType(), loc));
        maps.push_back(
            view.translate(toOpLoops(epilogue.getMatchingIndexingMap(input))));
      }
    }
    // The addition to the sums is the kernel's own.
    BlockArgument total = epilogue.getBody()->getArguments().back();
    for (Operation &inner : epilogue.getBody()->without_terminator())
      if (!llvm::is_contained(inner.getOperands(), total))
        bodyBuilder.clone(inner, mapping);
    result = mapping.lookupOrDefault(
        epilogue.getBody()->getTerminator()->getOperand(0));
    OpOperand *epilogueDest = epilogue.getDpsInitOperand(0);
    destMap = toOpLoops(epilogue.getMatchingIndexingMap(epilogueDest));
    dest = epilogueDest->get();
  } else {
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    dest = empty(type.getShape(), type.getElementType());
  }
  maps.push_back(view.translate(destMap));
  SmallVector<Value> yielded = {result};
  Value sums;
  if (epilogue && epilogue.getNumResults() == 2) {
    auto add = epilogue.getBody()
                   ->getTerminator()
                   ->getOperand(1)
                   .getDefiningOp<arith::AddIOp>();
    yielded.push_back(mapping.lookupOrDefault(add.getRhs()));
    sums = createPanelSums(epilogueLoops, maps);
  }
  YieldOp::create(bodyBuilder, loc, yielded);

  SmallVector<Type> types = {dest.getType()};
  if (sums)
    types.push_back(sums.getType());
  auto contract = ContractOp::create(
      builder, loc, types, lhs, packed->getResult(0),
      packed->getNumResults() > 1 ? packed->getResult(1) : Value(),
      init ? init->value : Value(), captures, dest, sums,
      builder.getAffineMapArrayAttr(maps),
      builder.getDenseI64ArrayAttr(view.bounds),
      builder.getI64IntegerAttr(view.numBatch),
      builder.getI64IntegerAttr(view.numM),
      builder.getI64IntegerAttr(view.segmentDims),
      LhsKindAttr::get(builder.getContext(), lhsKind), getRhsUnsigned(),
      schedule);
  contract.getEpilogue().push_back(body.release());
  for (NamedAttribute attribute : op->getDiscardableAttrs())
    if (attribute.getName() == "qnn.site")
      contract->setAttr(attribute.getName(), attribute.getValue());
  SmallVector<Value> results = contract->getResults();
  if (sums)
    results[1] = addPanels(results[1], epilogue.getDpsInits()[1]);
  return results;
}

/// The sums of all panels, which are few.
Value KernelBuilder::addPanels(Value sums, Value init) {
  int64_t rank = cast<RankedTensorType>(sums.getType()).getRank();
  AffineMap identity = builder.getMultiDimIdentityMap(rank);
  SmallVector<utils::IteratorType> iterators(rank,
                                             utils::IteratorType::parallel);
  iterators.back() = utils::IteratorType::reduction;
  // Not getMajorSubMap, which has no map without results.
  AffineMap rows = identity.dropResult(rank - 1);
  return linalg::GenericOp::create(
             builder, loc, init.getType(), sums, init,
             ArrayRef<AffineMap>{identity, rows}, iterators,
             [](OpBuilder &b, Location loc, ValueRange args) {
               Value sum = arith::AddIOp::create(b, loc, args[1], args[0]);
               linalg::YieldOp::create(b, loc, sum);
             })
      .getResult(0);
}

namespace {

class CodegenCPUFormKernelsPass
    : public quantc::cpu::impl::CodegenCPUFormKernelsPassBase<
          CodegenCPUFormKernelsPass> {
public:
  using Base::Base;

  void runOnOperation() override {
    FailureOr<Target> target =
        resolveTarget(getOperation(), {triple, processor, features});
    if (failed(target))
      return signalPassFailure();
    SmallVector<linalg::LinalgOp> ops;
    getOperation().walk([&](linalg::LinalgOp op) {
      if (op.getNumDpsInputs() == 2 && op.getNumReductionLoops() != 0 &&
          op->getNumResults() == 1)
        ops.push_back(op);
    });
    // Sums that a kernel cannot write are better apart from its epilogue.
    for (linalg::LinalgOp op : ops)
      splitOtherSums(op);
    DenseSet<Operation *> erased;
    for (linalg::LinalgOp op : ops)
      if (!erased.contains(op) && failed(form(op, *target, erased)))
        return signalPassFailure();
  }

private:
  LogicalResult form(linalg::LinalgOp op, const Target &target,
                     DenseSet<Operation *> &erased) {
    SmallVector<AffineExpr> loops;
    linalg::GenericOp epilogue = findEpilogue(op, loops);
    FailureOr<ContractionView> view = failure();
    AffineMap outMap = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
    if (epilogue) {
      AffineMap map =
          epilogue.getMatchingIndexingMap(epilogue.getDpsInitOperand(0));
      map = map.replaceDimsAndSymbols(loops, {}, op.getNumLoops(), 0);
      // The initial value is read along the same n.
      if (map.getResults().back() == outMap.getResults().back())
        view = viewContraction(op, map);
    }
    if (failed(view)) {
      epilogue = {};
      view = viewContraction(op, outMap);
    }
    if (failed(view))
      return success();
    OpBuilder builder(op);
    FailureOr<SmallVector<Value>> kernel =
        KernelBuilder(builder, op, epilogue, *view, target).build(loops);
    if (failed(kernel))
      return failure();
    Operation *replaced = epilogue ? epilogue : op;
    replaced->replaceAllUsesWith(*kernel);
    for (Operation *dead : {replaced, op.getOperation()})
      if (erased.insert(dead).second)
        dead->erase();
    return success();
  }
};

} // namespace
