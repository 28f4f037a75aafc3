//===- ConstantEvaluation.cpp - linalg over constants, now ----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ConstantEvaluation.h"
#include "ScalarProgram.h"
#include "quantc/Parameters/ConstantTensor.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "llvm/Support/MathExtras.h"
#include <vector>

using namespace mlir;
using namespace quantc;
using namespace quantc::qnn;

namespace {

/// Where the elements of one operand lie: element offset = constant + sum over
/// loops of stride * index.
struct Layout {
  int64_t constant = 0;
  SmallVector<int64_t> strides;
};

/// Adds `factor` times a linear expression over the loops.
bool addTerms(AffineExpr expr, int64_t factor, Layout &layout) {
  if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
    layout.strides[dim.getPosition()] += factor;
    return true;
  }
  if (auto constant = dyn_cast<AffineConstantExpr>(expr)) {
    layout.constant += factor * constant.getValue();
    return true;
  }
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return false;
  if (binary.getKind() == AffineExprKind::Add)
    return addTerms(binary.getLHS(), factor, layout) &&
           addTerms(binary.getRHS(), factor, layout);
  auto multiple = dyn_cast<AffineConstantExpr>(binary.getRHS());
  return binary.getKind() == AffineExprKind::Mul && multiple &&
         addTerms(binary.getLHS(), factor * multiple.getValue(), layout);
}

std::optional<Layout> getLayout(AffineMap map, ArrayRef<int64_t> shape) {
  Layout layout;
  layout.strides.assign(map.getNumDims(), 0);
  int64_t stride = 1;
  for (int64_t dim = int64_t(shape.size()) - 1; dim >= 0; --dim) {
    if (!addTerms(map.getResult(dim), stride, layout))
      return std::nullopt;
    stride *= shape[dim];
  }
  return layout;
}

/// Offsets of `layout` at all points of the given loops, row major.
SmallVector<int64_t> getOffsets(const Layout &layout, ArrayRef<unsigned> loops,
                                ArrayRef<int64_t> sizes) {
  SmallVector<int64_t> offsets = {0};
  for (unsigned loop : loops) {
    SmallVector<int64_t> next;
    next.reserve(offsets.size() * sizes[loop]);
    for (int64_t offset : offsets)
      for (int64_t i = 0; i < sizes[loop]; ++i)
        next.push_back(offset + i * layout.strides[loop]);
    offsets = std::move(next);
  }
  return offsets;
}

/// One operand of the evaluation. Splats have no strides.
struct Operand {
  ConstantBytes constant;
  Type type;
  int64_t offset = 0;
  SmallVector<int64_t> parallelOffsets, reductionOffsets;
};

/// The scalar that fills `operand`, or any where the body does not look at it;
/// null where the operand has elements of its own.
Attribute getFillValue(OpOperand &operand) {
  Value value = operand.get();
  auto op = cast<linalg::LinalgOp>(operand.getOwner());
  Attribute fill;
  if (auto fillOp = value.getDefiningOp<linalg::FillOp>())
    matchPattern(fillOp.getInputs()[0], m_Constant(&fill));
  else if (!isa<ShapedType>(value.getType()))
    matchPattern(value, m_Constant(&fill));
  if (!fill && op.getMatchingBlockArgument(&operand).use_empty())
    fill = Builder(value.getContext())
               .getZeroAttr(getElementTypeOrSelf(value.getType()));
  return fill;
}

bool isView(Operation *op) {
  return isa<tensor::BitcastOp, tensor::ExpandShapeOp, tensor::CollapseShapeOp>(
      op);
}

/// Where the elements of a slice lie in its source; nullopt where that is not
/// known at compile time.
struct SliceLayout {
  SmallVector<int64_t> offsets, sizes, strides;

  static std::optional<SliceLayout> get(tensor::ExtractSliceOp op);
};

std::optional<SliceLayout> SliceLayout::get(tensor::ExtractSliceOp op) {
  std::optional<SmallVector<int64_t>> offsets =
      getConstantIntValues(op.getMixedOffsets());
  std::optional<SmallVector<int64_t>> sizes =
      getConstantIntValues(op.getMixedSizes());
  std::optional<SmallVector<int64_t>> strides =
      getConstantIntValues(op.getMixedStrides());
  if (!offsets || !sizes || !strides || !op.getType().hasStaticShape() ||
      !op.getSourceType().hasStaticShape())
    return std::nullopt;
  for (auto [offset, size, stride, whole] : llvm::zip_equal(
           *offsets, *sizes, *strides, op.getSourceType().getShape()))
    if (offset < 0 || size < 0 || stride < 1 ||
        (size > 0 && offset + (size - 1) * stride >= whole))
      return std::nullopt;
  return SliceLayout{*offsets, *sizes, *strides};
}

/// The elements of a slice, copied only where they do not lie side by side.
ConstantBytes evaluateSlice(ConstantBytes source, const SliceLayout &layout,
                            RankedTensorType type) {
  ArrayRef<int64_t> shape = source.type.getShape();
  source.type = type;
  if (source.splat || type.getNumElements() == 0) {
    if (!source.splat)
      source.bytes = {};
    return source;
  }
  // Dimensions from `inner` on are taken whole.
  size_t inner = shape.size();
  while (inner > 0 && layout.sizes[inner - 1] == shape[inner - 1] &&
         layout.strides[inner - 1] == 1)
    --inner;
  // Of the next one outwards a run lies side by side.
  if (inner > 0 && layout.strides[inner - 1] == 1)
    --inner;
  int64_t width = llvm::divideCeil(type.getElementTypeBitWidth(), 8);
  int64_t run = width, stride = width;
  SmallVector<int64_t> strides(shape.size());
  for (int64_t dim = int64_t(shape.size()) - 1; dim >= 0; --dim) {
    strides[dim] = stride;
    stride *= shape[dim];
    if (size_t(dim) >= inner)
      run *= layout.sizes[dim];
  }
  int64_t first = 0;
  for (auto [offset, step] : llvm::zip_equal(layout.offsets, strides))
    first += offset * step;
  SmallVector<int64_t> starts = {first};
  for (size_t dim = 0; dim < inner; ++dim) {
    SmallVector<int64_t> next;
    for (int64_t start : starts)
      for (int64_t i = 0; i < layout.sizes[dim]; ++i)
        next.push_back(start + i * layout.strides[dim] * strides[dim]);
    starts = std::move(next);
  }
  if (starts.size() == 1) {
    source.bytes = source.bytes.slice(first, run);
    return source;
  }
  auto buffer = std::make_shared<std::vector<char>>();
  buffer->reserve(starts.size() * run);
  for (int64_t start : starts)
    llvm::append_range(*buffer, source.bytes.slice(start, run));
  source.bytes = *buffer;
  source.owner = buffer;
  return source;
}

/// A linalg operation over known operands.
class Evaluation {
public:
  /// Whether `op` itself can be evaluated; its operands are another matter.
  static bool supports(linalg::LinalgOp op);

  /// Returns nullopt if an operand is not known.
  static std::optional<Evaluation> prepare(linalg::LinalgOp op);

  RankedTensorType getResultType() const { return resultType; }
  void run(MLIRContext *context, MutableArrayRef<char> output) const {
    parallelForRange(
        context, numPoints, /*grain=*/64,
        [&](int64_t begin, int64_t end) { runRange(begin, end, output); });
  }

private:
  bool addOperand(OpOperand &operand, AffineMap map);
  void runRange(int64_t begin, int64_t end, MutableArrayRef<char> output) const;

  ScalarProgram program;
  SmallVector<Operand> operands;
  SmallVector<unsigned> parallelLoops, reductionLoops;
  SmallVector<int64_t> sizes;
  int64_t numPoints = 1, numReductions = 1;
  RankedTensorType resultType;
};

bool Evaluation::supports(linalg::LinalgOp op) {
  if (!op.hasPureTensorSemantics() || op->getNumResults() != 1 ||
      op.hasIndexSemantics() ||
      ShapedType::isDynamicShape(op.getStaticLoopRanges()) ||
      !op.getIndexingMapsArray().back().isProjectedPermutation() ||
      !ScalarProgram::compile(*op.getBlock()))
    return false;
  for (OpOperand &operand : op->getOpOperands()) {
    auto type = dyn_cast<RankedTensorType>(operand.get().getType());
    if (!isSupportedScalar(getElementTypeOrSelf(operand.get().getType())) ||
        (type &&
         !getLayout(op.getMatchingIndexingMap(&operand), type.getShape())))
      return false;
  }
  return true;
}

bool Evaluation::addOperand(OpOperand &operand, AffineMap map) {
  Operand result;
  result.type = getElementTypeOrSelf(operand.get().getType());
  result.parallelOffsets.assign(numPoints, 0);
  result.reductionOffsets.assign(numReductions, 0);
  if (Attribute fill = getFillValue(operand)) {
    auto bytes = std::make_shared<std::array<char, 8>>();
    Scalar scalar;
    if (auto integer = dyn_cast<IntegerAttr>(fill))
      scalar.i = integer.getValue().getSExtValue();
    else
      scalar.f = cast<FloatAttr>(fill).getValueAsDouble();
    storeScalar(bytes->data(), result.type, 0, scalar);
    result.constant.bytes = *bytes;
    result.constant.owner = bytes;
  } else {
    std::optional<ConstantBytes> constant = evaluate(operand.get());
    if (!constant)
      return false;
    result.constant = std::move(*constant);
    if (!result.constant.splat) {
      Layout layout = *getLayout(map, result.constant.type.getShape());
      result.offset = layout.constant;
      result.parallelOffsets = getOffsets(layout, parallelLoops, sizes);
      result.reductionOffsets = getOffsets(layout, reductionLoops, sizes);
    }
  }
  operands.push_back(std::move(result));
  return true;
}

std::optional<Evaluation> Evaluation::prepare(linalg::LinalgOp op) {
  if (!supports(op))
    return std::nullopt;
  Evaluation evaluation;
  evaluation.program = *ScalarProgram::compile(*op.getBlock());
  evaluation.sizes = op.getStaticLoopRanges();
  evaluation.resultType = cast<RankedTensorType>(op->getResult(0).getType());

  // Results are written in the order of the result's own elements.
  AffineMap resultMap = op.getIndexingMapsArray().back();
  for (AffineExpr expr : resultMap.getResults()) {
    unsigned loop = cast<AffineDimExpr>(expr).getPosition();
    evaluation.parallelLoops.push_back(loop);
    evaluation.numPoints *= evaluation.sizes[loop];
  }
  for (unsigned loop = 0; loop < op.getNumLoops(); ++loop) {
    if (resultMap.isFunctionOfDim(loop))
      continue;
    evaluation.reductionLoops.push_back(loop);
    evaluation.numReductions *= evaluation.sizes[loop];
  }
  for (OpOperand &operand : op->getOpOperands())
    if (!evaluation.addOperand(operand, op.getMatchingIndexingMap(&operand)))
      return std::nullopt;
  return evaluation;
}

void Evaluation::runRange(int64_t begin, int64_t end,
                          MutableArrayRef<char> output) const {
  SmallVector<Scalar> slots(program.getNumSlots());
  program.initialize(slots);
  size_t accumulator = operands.size() - 1;
  const Operand &init = operands.back();
  SmallVector<Scalar> sums(end - begin);
  for (int64_t point = begin; point < end; ++point)
    sums[point - begin] = loadScalar(init.constant.bytes.data(), init.type,
                                     init.offset + init.parallelOffsets[point]);
  // The reduction runs outside: neighbouring results read neighbouring bytes.
  for (int64_t reduction = 0; reduction < numReductions; ++reduction) {
    for (int64_t point = begin; point < end; ++point) {
      for (size_t i = 0; i < accumulator; ++i) {
        const Operand &operand = operands[i];
        slots[i] = loadScalar(operand.constant.bytes.data(), operand.type,
                              operand.offset + operand.parallelOffsets[point] +
                                  operand.reductionOffsets[reduction]);
      }
      slots[accumulator] = sums[point - begin];
      sums[point - begin] = program.run(slots);
    }
  }
  for (int64_t point = begin; point < end; ++point)
    storeScalar(output.data(), resultType.getElementType(), point,
                sums[point - begin]);
}

} // namespace

bool quantc::qnn::isEvaluable(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op)
    return false;
  if (op->hasTrait<OpTrait::ConstantLike>())
    return ConstantTensor::get(value).has_value();
  if (isView(op))
    return isEvaluable(op->getOperand(0));
  if (auto slice = dyn_cast<tensor::ExtractSliceOp>(op))
    return SliceLayout::get(slice) && isEvaluable(slice.getSource());
  auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
  if (!linalgOp || !Evaluation::supports(linalgOp))
    return false;
  return llvm::all_of(op->getOpOperands(), [](OpOperand &operand) {
    return getFillValue(operand) || isEvaluable(operand.get());
  });
}

std::optional<ConstantBytes> quantc::qnn::evaluate(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op)
    return std::nullopt;
  ConstantBytes result;
  if (op->hasTrait<OpTrait::ConstantLike>()) {
    std::optional<ConstantTensor> constant = ConstantTensor::get(value);
    if (!constant)
      return std::nullopt;
    auto owner = std::make_shared<ConstantTensor>(std::move(*constant));
    result.type = owner->getType();
    result.bytes = owner->getBytes();
    result.owner = owner;
    return result;
  }
  if (isView(op)) {
    std::optional<ConstantBytes> source = evaluate(op->getOperand(0));
    if (source)
      source->type = cast<RankedTensorType>(value.getType());
    return source;
  }
  if (auto slice = dyn_cast<tensor::ExtractSliceOp>(op)) {
    std::optional<SliceLayout> layout = SliceLayout::get(slice);
    std::optional<ConstantBytes> source;
    if (layout)
      source = evaluate(slice.getSource());
    if (source)
      source = evaluateSlice(std::move(*source), *layout, slice.getType());
    return source;
  }
  auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
  if (!linalgOp)
    return std::nullopt;
  std::optional<Evaluation> evaluation = Evaluation::prepare(linalgOp);
  if (!evaluation)
    return std::nullopt;
  result.type = evaluation->getResultType();
  unsigned width = llvm::divideCeil(result.type.getElementTypeBitWidth(), 8);
  auto buffer =
      std::make_shared<std::vector<char>>(result.type.getNumElements() * width);
  evaluation->run(op->getContext(), *buffer);
  result.bytes = *buffer;
  result.owner = buffer;
  return result;
}

TypedAttr quantc::qnn::evaluateConstant(linalg::LinalgOp op) {
  if (!isEvaluable(op->getResult(0)))
    return {};
  std::optional<Evaluation> evaluation = Evaluation::prepare(op);
  if (!evaluation)
    return {};
  return makeConstantTensor(evaluation->getResultType(), "folded",
                            [&](MutableArrayRef<char> output) {
                              evaluation->run(op.getContext(), output);
                            });
}
