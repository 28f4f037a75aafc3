//===- FormKernels.cpp - contractions and epilogues to kernels ------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OperandConversion.h"
#include "PassTarget.h"
#include "quantc/Codegen/CPU/Passes.h"
#include "quantc/Codegen/CPU/Schedule.h"
#include "quantc/Codegen/Contraction/KernelForm.h"
#include "quantc/Dialect/CPU/IR/CPUOps.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace quantc::cpu {
#define GEN_PASS_DEF_CODEGENCPUFORMKERNELSPASS
#include "quantc/Codegen/CPU/Passes.h.inc"
} // namespace quantc::cpu

using namespace mlir;
using namespace quantc;
using namespace quantc::cpu;

namespace {

/// Builds the kernel of one contraction.
class KernelBuilder {
public:
  KernelBuilder(OpBuilder &builder, const KernelForm &form,
                const Target &target)
      : builder(builder), loc(form.op->getLoc()), form(form), op(form.op),
        view(form.view), target(target) {}

  /// Fails with an error on a schedule that the user asked for and the target
  /// or the operands do not allow.
  FailureOr<SmallVector<Value>> build();

private:
  LogicalResult chooseSchedule();
  /// What has to happen to the bytes of the left operand first.
  std::optional<OperandConversion> getLhsConversion();
  Value prepareLhs();
  PackOp pack();
  /// The destination of the sums over each panel's columns; adds its map.
  Value createPanelSums(SmallVectorImpl<AffineMap> &maps);
  Value addPanels(Value sums, Value init);
  UnitAttr getRhsUnsigned() {
    return view.isRhsUnsigned ? builder.getUnitAttr() : UnitAttr();
  }
  Value empty(ArrayRef<int64_t> shape, Type element) {
    return tensor::EmptyOp::create(builder, loc, shape, element);
  }

  OpBuilder &builder;
  Location loc;
  const KernelForm &form;
  linalg::LinalgOp op;
  const ContractionView &view;
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
  if (schedule.getDot() == DotKind::VPMADDWD)
    lhsKind = LhsKind::Signed; // With 16 bits every byte is.
  return success();
}

/// vpmaddwd multiplies pairs of i16. A pair of bytes would be extended between
/// its load and its broadcast, for every row and panel again: two instructions
/// for as few updates as a panel has registers. A pair of i16 is broadcast by
/// the load itself. Weights are read once for all rows, and stay bytes.
std::optional<OperandConversion> KernelBuilder::getLhsConversion() {
  if (schedule.getDot() == DotKind::VPMADDWD &&
      getElementTypeOrSelf(view.lhs).isInteger(8))
    return view.isLhsUnsigned ? OperandConversion::ZeroExtend
                              : OperandConversion::SignExtend;
  if (lhsKind == LhsKind::Offset)
    return OperandConversion::FlipSign;
  return std::nullopt;
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
  std::optional<OperandConversion> conversion = getLhsConversion();
  // The producer of lhs takes this over where it can
  // (codegen-cpu-fold-conversions).
  return conversion ? convertTensor(builder, loc, lhs, *conversion) : lhs;
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

Value KernelBuilder::createPanelSums(SmallVectorImpl<AffineMap> &maps) {
  auto [sums, map] = getSums(form);
  SmallVector<AffineExpr> exprs(map.getResults());
  exprs.push_back(builder.getAffineConstantExpr(0));
  maps.push_back(
      AffineMap::get(map.getNumDims(), 0, exprs, builder.getContext()));
  SmallVector<int64_t> shape(cast<RankedTensorType>(sums.getType()).getShape());
  shape.push_back(
      llvm::divideCeil(view.bounds[view.getNDim()], schedule.getPanelWidth()));
  return empty(shape, builder.getI32Type());
}

FailureOr<SmallVector<Value>> KernelBuilder::build() {
  if (failed(chooseSchedule()))
    return failure();
  builder.setInsertionPoint(form.getLastOp());
  Value lhs = prepareLhs();
  PackOp packed = pack();
  std::optional<MappedValue> init = getInitialValue(builder, form);
  KernelEpilogue epilogue = buildEpilogue(builder, form);

  SmallVector<AffineMap> maps = {view.lhsMap};
  if (init)
    maps.push_back(init->map);
  SmallVector<Value> captures;
  for (const MappedValue &capture : epilogue.captures) {
    captures.push_back(capture.value);
    maps.push_back(capture.map);
  }
  maps.push_back(epilogue.dest.map);
  SmallVector<Type> types = {epilogue.dest.value.getType()};
  Value sums;
  if (epilogue.yielded.size() == 2) {
    sums = createPanelSums(maps);
    types.push_back(sums.getType());
  }
  OpBuilder bodyBuilder(builder.getContext());
  bodyBuilder.setInsertionPointToEnd(epilogue.body.get());
  YieldOp::create(bodyBuilder, loc, epilogue.yielded);

  auto contract = ContractOp::create(
      builder, loc, types, lhs, packed->getResult(0),
      packed->getNumResults() > 1 ? packed->getResult(1) : Value(),
      init ? init->value : Value(), captures, epilogue.dest.value, sums,
      builder.getAffineMapArrayAttr(maps),
      builder.getDenseI64ArrayAttr(view.bounds),
      builder.getI64IntegerAttr(view.numBatch),
      builder.getI64IntegerAttr(view.numM),
      builder.getI64IntegerAttr(view.segmentDims),
      LhsKindAttr::get(builder.getContext(), lhsKind), getRhsUnsigned(),
      schedule);
  contract.getEpilogue().push_back(epilogue.body.release());
  for (NamedAttribute attribute : op->getDiscardableAttrs())
    if (attribute.getName() == "qnn.site")
      contract->setAttr(attribute.getName(), attribute.getValue());
  SmallVector<Value> results = contract->getResults();
  if (sums)
    results[1] = addPanels(results[1], getSums(form).value);
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

/// What the kernels multiply; f8 and halves have become f32 before.
static bool isSupportedElement(Value operand) {
  Type type = getElementTypeOrSelf(operand);
  return type.isInteger(8) || type.isInteger(16) || type.isF32();
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
    // Integers are read in groups along k, in place.
    auto build = [&](const KernelForm &form) -> FailureOr<SmallVector<Value>> {
      if (!isSupportedElement(form.view.lhs) ||
          !isSupportedElement(form.view.rhs) || form.view.lhsF8 ||
          form.view.rhsF8)
        return SmallVector<Value>();
      OpBuilder builder(form.op->getContext());
      return KernelBuilder(builder, form, *target).build();
    };
    if (failed(formKernels(getOperation(),
                           ContractionOptions{/*adjacentK=*/true},
                           kScheduleAttrName, build)))
      signalPassFailure();
  }
};

} // namespace
