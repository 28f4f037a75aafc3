//===- KernelForm.cpp - a contraction and its epilogue as one -------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Codegen/Contraction/KernelForm.h"
#include "quantc/Codegen/Contraction/EpilogueSums.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace quantc;

AffineMap KernelForm::translateEpilogue(AffineMap map) const {
  linalg::LinalgOp contraction = op;
  return view.translate(map.replaceDimsAndSymbols(
      epilogueLoops, {}, contraction.getNumLoops(), 0));
}

Operation *KernelForm::getLastOp() const {
  Operation *last = op;
  if (epilogue)
    last = epilogue;
  return last;
}

FailureOr<KernelForm> quantc::findKernel(linalg::LinalgOp op,
                                         const ContractionOptions &options) {
  KernelForm form;
  form.op = op;
  form.epilogue = findEpilogue(op, form.epilogueLoops);
  FailureOr<ContractionView> view = failure();
  AffineMap outMap = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  if (form.epilogue) {
    AffineMap map = form.epilogue.getMatchingIndexingMap(
        form.epilogue.getDpsInitOperand(0));
    map =
        map.replaceDimsAndSymbols(form.epilogueLoops, {}, op.getNumLoops(), 0);
    // The initial value is read along the same n.
    if (map.getResults().back() == outMap.getResults().back())
      view = viewContraction(op, map, options);
  }
  if (failed(view)) {
    form.epilogue = {};
    view = viewContraction(op, outMap, options);
  }
  if (failed(view))
    return failure();
  form.view = std::move(*view);
  return form;
}

//===----------------------------------------------------------------------===//
// The initial value
//===----------------------------------------------------------------------===//

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

std::optional<MappedValue> quantc::getInitialValue(OpBuilder &builder,
                                                   const KernelForm &form) {
  linalg::LinalgOp op = form.op;
  const ContractionView &view = form.view;
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
        builder, op.getLoc(), RankedTensorType::get({}, fill.getType()), fill);
    init.map = AffineMap::get(view.bounds.size(), 0, builder.getContext());
  } else if (matchPattern(init.value, m_Constant(&constant)) &&
             isZero(constant)) {
    return std::nullopt;
  }
  return init;
}

//===----------------------------------------------------------------------===//
// The epilogue
//===----------------------------------------------------------------------===//

KernelEpilogue quantc::buildEpilogue(OpBuilder &builder,
                                     const KernelForm &form) {
  linalg::LinalgOp op = form.op;
  linalg::GenericOp generic = form.epilogue;
  Location loc = op.getLoc();
  KernelEpilogue kernel;
  kernel.body = std::make_unique<Block>();
  Value result =
      kernel.body->addArgument(getElementTypeOrSelf(op->getResult(0)), loc);
  if (!generic) {
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    kernel.dest = {tensor::EmptyOp::create(builder, loc, type.getShape(),
                                           type.getElementType()),
                   form.view.translate(
                       op.getMatchingIndexingMap(op.getDpsInitOperand(0)))};
    kernel.yielded = {result};
    return kernel;
  }

  OpBuilder bodyBuilder(builder.getContext());
  bodyBuilder.setInsertionPointToEnd(kernel.body.get());
  IRMapping mapping;
  for (OpOperand *input : generic.getDpsInputOperands()) {
    BlockArgument argument = generic.getMatchingBlockArgument(input);
    Attribute constant;
    if (input->get() == op->getResult(0)) {
      mapping.map(argument, result);
    } else if (!isa<ShapedType>(input->get().getType())) {
      mapping.map(argument, input->get());
    } else if (matchPattern(input->get(), m_Constant(&constant)) &&
               isa<SplatElementsAttr>(constant)) {
      auto value = cast<SplatElementsAttr>(constant).getSplatValue<TypedAttr>();
      mapping.map(argument, arith::ConstantOp::create(bodyBuilder, loc, value));
    } else {
      mapping.map(argument, kernel.body->addArgument(argument.getType(), loc));
      kernel.captures.push_back(
          {input->get(),
           form.translateEpilogue(generic.getMatchingIndexingMap(input))});
    }
  }
  // The addition to the sums is the kernel's own.
  BlockArgument total = generic.getBody()->getArguments().back();
  for (Operation &inner : generic.getBody()->without_terminator())
    if (!llvm::is_contained(inner.getOperands(), total))
      bodyBuilder.clone(inner, mapping);
  Operation *yield = generic.getBody()->getTerminator();
  kernel.yielded = {mapping.lookupOrDefault(yield->getOperand(0))};
  if (generic.getNumResults() == 2) {
    auto add = yield->getOperand(1).getDefiningOp<arith::AddIOp>();
    kernel.yielded.push_back(mapping.lookupOrDefault(add.getRhs()));
  }
  OpOperand *dest = generic.getDpsInitOperand(0);
  kernel.dest = {dest->get(),
                 form.translateEpilogue(generic.getMatchingIndexingMap(dest))};
  return kernel;
}

MappedValue quantc::getSums(const KernelForm &form) {
  linalg::GenericOp generic = form.epilogue;
  OpOperand *operand = generic.getDpsInitOperand(1);
  return {operand->get(),
          form.translateEpilogue(generic.getMatchingIndexingMap(operand))};
}

//===----------------------------------------------------------------------===//
// All kernels
//===----------------------------------------------------------------------===//

LogicalResult quantc::formKernels(
    Operation *root, const ContractionOptions &options, StringRef schedule,
    function_ref<FailureOr<SmallVector<Value>>(const KernelForm &)> build) {
  SmallVector<linalg::LinalgOp> ops;
  root->walk([&](linalg::LinalgOp op) {
    if (op.getNumDpsInputs() == 2 && op.getNumReductionLoops() != 0 &&
        op->getNumResults() == 1)
      ops.push_back(op);
  });
  // Sums that a kernel cannot write are better apart from its epilogue.
  for (linalg::LinalgOp op : ops)
    splitOtherSums(op);
  DenseSet<Operation *> erased;
  for (linalg::LinalgOp op : ops) {
    if (erased.contains(op))
      continue;
    FailureOr<KernelForm> form = findKernel(op, options);
    if (failed(form))
      continue;
    FailureOr<SmallVector<Value>> results = build(*form);
    if (failed(results))
      return failure();
    if (results->empty())
      continue;
    Operation *last = form->getLastOp();
    last->replaceAllUsesWith(*results);
    for (Operation *dead : {last, op.getOperation()})
      if (erased.insert(dead).second)
        dead->erase();
  }
  root->walk(
      [&](linalg::LinalgOp op) {
        if (op->hasAttr(schedule))
          op->emitWarning()
              << "expected a contraction that a kernel is made of for '"
              << schedule << "', which has no effect here";
      });
  return success();
}
