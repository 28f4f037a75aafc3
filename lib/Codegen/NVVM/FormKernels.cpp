//===- FormKernels.cpp - contractions and epilogues to kernels ------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Int4Weights.h"
#include "PassTarget.h"
#include "quantc/Codegen/Contraction/KernelForm.h"
#include "quantc/Codegen/NVVM/Passes.h"
#include "quantc/Codegen/NVVM/Schedule.h"
#include "quantc/Dialect/GPU/IR/GPUOps.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"

namespace quantc::nvvm {
#define GEN_PASS_DEF_CODEGENNVVMFORMKERNELSPASS
#include "quantc/Codegen/NVVM/Passes.h.inc"
} // namespace quantc::nvvm

using namespace mlir;
using namespace quantc;
using namespace quantc::nvvm;

/// What bytes stand for, unless they are signed integers.
static TypeAttr getFormat(bool isUnsigned, Type f8, MLIRContext *context) {
  if (f8)
    return TypeAttr::get(f8);
  if (isUnsigned)
    return TypeAttr::get(IntegerType::get(context, 8, IntegerType::Unsigned));
  return {};
}

/// Whether the kernels multiply elements of both operands' types.
static bool areSupported(const ContractionView &view) {
  Type lhs = getElementTypeOrSelf(view.lhs);
  return lhs == getElementTypeOrSelf(view.rhs) && !view.lhsF8 == !view.rhsF8 &&
         (lhs.isInteger(8) || lhs.isF16() || lhs.isBF16() || lhs.isF32());
}

/// Whether rows of the right operand lie along k, or will where
/// codegen-nvvm-pack has rearranged a constant.
static bool isRhsAlongK(const ContractionView &view) {
  if (matchPattern(view.rhs, m_Constant()))
    return true;
  AffineMap map = view.rhsMap;
  unsigned last = map.getNumDims() - 1;
  return map.getNumResults() > 0 &&
         map.getResult(map.getNumResults() - 1) ==
             getAffineDimExpr(last, map.getContext());
}

static FailureOr<ScheduleAttr> getSchedule(const KernelForm &form,
                                           SpaceAttr space, Type type,
                                           const Target &target,
                                           const Int4Weights *int4) {
  linalg::LinalgOp op = form.op;
  auto asked = op->getAttrOfType<ScheduleAttr>(kScheduleAttrName);
  ScheduleAttr schedule =
      asked ? asked
            : chooseSchedule(space, type, !int4 && isRhsAlongK(form.view),
                             target);
  if (int4 && !asked)
    schedule = planOccupancy(int4->adapt(schedule), type, target);
  if (int4 && schedule.getTile()[2] != ContractOp::kInt4TileK)
    return op.emitOpError()
           << "expected a schedule with a tile of " << ContractOp::kInt4TileK
           << " along k for weights of i4, but got " << schedule;
  std::string objection = checkSchedule(schedule, space, type, target);
  if (!objection.empty())
    return op.emitOpError() << objection;
  return schedule;
}

static FailureOr<SmallVector<Value>> buildKernel(const KernelForm &form,
                                                 const Target &target) {
  linalg::LinalgOp op = form.op;
  const ContractionView &view = form.view;
  Location loc = op.getLoc();
  OpBuilder builder(form.getLastOp());
  ArrayRef<int64_t> bounds = view.bounds;
  auto space = SpaceAttr::get(op.getContext(), bounds.take_front(view.numBatch),
                              bounds.slice(view.numBatch, view.numM),
                              bounds[view.getNDim()],
                              bounds.drop_front(view.getNDim() + 1));
  std::optional<Int4Weights> int4 = Int4Weights::match(view, space);
  FailureOr<ScheduleAttr> schedule = getSchedule(
      form, space, view.lhsF8 ? view.lhsF8 : getElementTypeOrSelf(view.lhs),
      target, int4 ? &*int4 : nullptr);
  if (failed(schedule))
    return failure();

  MLIRContext *context = op.getContext();
  Value rhs = view.rhs, scales;
  AffineMap rhsMap = view.rhsMap;
  TypeAttr rhsFormat = getFormat(view.isRhsUnsigned, view.rhsF8, context);
  if (int4) {
    std::tie(rhs, scales) = int4->pack(builder, loc, *schedule);
    unsigned n = view.getNDim();
    rhsMap = AffineMap::get(
        n + 2, 0,
        {getAffineDimExpr(n, context), getAffineDimExpr(n + 1, context)},
        context);
    rhsFormat = TypeAttr::get(builder.getIntegerType(4));
  }
  std::optional<MappedValue> init = getInitialValue(builder, form);
  KernelEpilogue epilogue = buildEpilogue(builder, form);
  SmallVector<AffineMap> maps = {view.lhsMap, rhsMap};
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
    MappedValue mapped = getSums(form);
    sums = mapped.value;
    maps.push_back(mapped.map);
    types.push_back(sums.getType());
  }
  OpBuilder bodyBuilder(op.getContext());
  bodyBuilder.setInsertionPointToEnd(epilogue.body.get());
  YieldOp::create(bodyBuilder, loc, epilogue.yielded);

  auto contract = ContractOp::create(
      builder, loc, types, view.lhs, rhs, scales, init ? init->value : Value(),
      captures, epilogue.dest.value, sums, builder.getAffineMapArrayAttr(maps),
      space, getFormat(view.isLhsUnsigned, view.lhsF8, context), rhsFormat,
      *schedule);
  contract.getEpilogue().push_back(epilogue.body.release());
  if (Attribute site = op->getAttr("qnn.site"))
    contract->setAttr("qnn.site", site);
  return SmallVector<Value>(contract->getResults());
}

namespace {

class CodegenNVVMFormKernelsPass
    : public quantc::nvvm::impl::CodegenNVVMFormKernelsPassBase<
          CodegenNVVMFormKernelsPass> {
public:
  using Base::Base;

  void runOnOperation() override {
    FailureOr<Target> target = resolveTarget(getOperation(), chip);
    if (failed(target))
      return signalPassFailure();
    auto build = [&](const KernelForm &form) -> FailureOr<SmallVector<Value>> {
      if (!areSupported(form.view))
        return SmallVector<Value>();
      return buildKernel(form, *target);
    };
    if (failed(formKernels(getOperation(),
                           ContractionOptions{/*adjacentK=*/false},
                           kScheduleAttrName, build)))
      signalPassFailure();
  }
};

} // namespace
