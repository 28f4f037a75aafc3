//===- ConstantEvaluation.cpp - linalg over constants, now ----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ConstantEvaluation.h"
#include "quantc/Parameters/ConstantTensor.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "llvm/Support/MathExtras.h"
#include <cstring>
#include <vector>

using namespace mlir;
using namespace quantc;
using namespace quantc::qnn;

namespace {

/// One element; which member counts follows from the element's type. Integers
/// are kept sign-extended from their width.
union Scalar {
  int64_t i;
  double f;
};

int64_t wrap(int64_t value, unsigned width) {
  return width >= 64 ? value : llvm::SignExtend64(value, width);
}

double roundTo(unsigned width, double value) {
  return width == 32 ? float(value) : value;
}

Scalar load(const char *data, Type type, int64_t index) {
  Scalar result;
  if (type.isF32()) {
    float value;
    std::memcpy(&value, data + index * sizeof(float), sizeof(float));
    result.f = value;
    return result;
  }
  if (type.isF64()) {
    std::memcpy(&result.f, data + index * sizeof(double), sizeof(double));
    return result;
  }
  unsigned width = type.getIntOrFloatBitWidth();
  unsigned bytes = llvm::divideCeil(width, 8);
  uint64_t bits = 0;
  std::memcpy(&bits, data + index * bytes, bytes);
  result.i = wrap(bits, width);
  return result;
}

void store(char *data, Type type, int64_t index, Scalar value) {
  if (type.isF32()) {
    float rounded = value.f;
    std::memcpy(data + index * sizeof(float), &rounded, sizeof(float));
    return;
  }
  if (type.isF64()) {
    std::memcpy(data + index * sizeof(double), &value.f, sizeof(double));
    return;
  }
  unsigned width = type.getIntOrFloatBitWidth();
  unsigned bytes = llvm::divideCeil(width, 8);
  uint64_t bits = value.i;
  if (width < 8)
    bits &= llvm::maskTrailingOnes<uint64_t>(width);
  std::memcpy(data + index * bytes, &bits, bytes);
}

bool isSupported(Type type) {
  return type.isF32() || type.isF64() || type.isSignlessInteger(1) ||
         type.isSignlessInteger(4) || type.isSignlessInteger(8) ||
         type.isSignlessInteger(16) || type.isSignlessInteger(32) ||
         type.isSignlessInteger(64);
}

/// The body of a linalg op as a list of instructions over slots. f32 arithmetic
/// is done in double and rounded after each instruction, which gives the same
/// bits for the four basic operations.
class Program {
public:
  static std::optional<Program> compile(Block &body);

  unsigned getNumSlots() const { return numSlots; }
  /// Slots that hold constants are set once.
  void initialize(MutableArrayRef<Scalar> slots) const {
    for (auto [slot, value] : constants)
      slots[slot] = value;
  }
  Scalar run(MutableArrayRef<Scalar> slots) const {
    for (const Instruction &instruction : instructions)
      slots[instruction.result] = execute(instruction, slots);
    return slots[yielded];
  }

private:
  enum class Opcode { Add, Sub, Mul, Sext, Zext, FAdd, FSub, FMul, FDiv, Round, ToF };
  struct Instruction {
    Opcode opcode;
    /// Of the result; of the operand for Zext.
    unsigned width;
    unsigned a, b, result;
  };

  static std::optional<std::pair<Opcode, unsigned>> classify(Operation &op);
  static Scalar execute(const Instruction &instruction,
                        ArrayRef<Scalar> slots);

  SmallVector<Instruction> instructions;
  SmallVector<std::pair<unsigned, Scalar>> constants;
  unsigned numSlots = 0;
  unsigned yielded = 0;
};

std::optional<std::pair<Program::Opcode, unsigned>>
Program::classify(Operation &op) {
  Type type = op.getResult(0).getType();
  unsigned width = type.isIntOrFloat() ? type.getIntOrFloatBitWidth() : 0;
  if (isa<arith::AddIOp>(op))
    return std::pair(Opcode::Add, width);
  if (isa<arith::SubIOp>(op))
    return std::pair(Opcode::Sub, width);
  if (isa<arith::MulIOp>(op))
    return std::pair(Opcode::Mul, width);
  if (isa<arith::ExtSIOp, arith::TruncIOp>(op))
    return std::pair(Opcode::Sext, width);
  if (isa<arith::ExtUIOp>(op))
    return std::pair(Opcode::Zext,
                     op.getOperand(0).getType().getIntOrFloatBitWidth());
  if (!type.isF32() && !type.isF64())
    return std::nullopt;
  if (isa<arith::ExtFOp, arith::TruncFOp>(op) &&
      isSupported(op.getOperand(0).getType()))
    return std::pair(Opcode::Round, width);
  if (isa<arith::AddFOp>(op))
    return std::pair(Opcode::FAdd, width);
  if (isa<arith::SubFOp>(op))
    return std::pair(Opcode::FSub, width);
  if (isa<arith::MulFOp>(op))
    return std::pair(Opcode::FMul, width);
  if (isa<arith::DivFOp>(op))
    return std::pair(Opcode::FDiv, width);
  // i64 to double would round a first time.
  if (isa<arith::SIToFPOp>(op) &&
      op.getOperand(0).getType().getIntOrFloatBitWidth() <= 32)
    return std::pair(Opcode::ToF, width);
  return std::nullopt;
}

std::optional<Program> Program::compile(Block &body) {
  Program program;
  DenseMap<Value, unsigned> slots;
  for (BlockArgument arg : body.getArguments())
    slots[arg] = program.numSlots++;
  auto getSlot = [&](Value value) -> std::optional<unsigned> {
    if (auto it = slots.find(value); it != slots.end())
      return it->second;
    Attribute attr;
    if (!isSupported(value.getType()) ||
        !matchPattern(value, m_Constant(&attr)))
      return std::nullopt;
    Scalar constant;
    if (auto integer = dyn_cast<IntegerAttr>(attr))
      constant.i = integer.getValue().getSExtValue();
    else
      constant.f = cast<FloatAttr>(attr).getValueAsDouble();
    program.constants.push_back({program.numSlots, constant});
    return slots[value] = program.numSlots++;
  };

  for (Operation &op : body) {
    if (isa<arith::ConstantOp>(op))
      continue;
    if (isa<linalg::YieldOp>(op)) {
      std::optional<unsigned> slot = getSlot(op.getOperand(0));
      if (!slot)
        return std::nullopt;
      program.yielded = *slot;
      continue;
    }
    if (op.getNumResults() != 1 || op.getNumOperands() > 2)
      return std::nullopt;
    auto opcode = classify(op);
    if (!opcode)
      return std::nullopt;
    SmallVector<unsigned, 2> operands(2, 0);
    for (auto [i, operand] : llvm::enumerate(op.getOperands())) {
      std::optional<unsigned> slot = getSlot(operand);
      if (!slot)
        return std::nullopt;
      operands[i] = *slot;
    }
    slots[op.getResult(0)] = program.numSlots;
    program.instructions.push_back({opcode->first, opcode->second, operands[0],
                                    operands[1], program.numSlots++});
  }
  return program;
}

Scalar Program::execute(const Instruction &instruction,
                        ArrayRef<Scalar> slots) {
  Scalar a = slots[instruction.a], b = slots[instruction.b], result;
  unsigned width = instruction.width;
  switch (instruction.opcode) {
  case Opcode::Add:
    result.i = wrap(uint64_t(a.i) + uint64_t(b.i), width);
    break;
  case Opcode::Sub:
    result.i = wrap(uint64_t(a.i) - uint64_t(b.i), width);
    break;
  case Opcode::Mul:
    result.i = wrap(uint64_t(a.i) * uint64_t(b.i), width);
    break;
  case Opcode::Sext:
    result.i = wrap(a.i, width);
    break;
  case Opcode::Zext:
    result.i = a.i & llvm::maskTrailingOnes<uint64_t>(width);
    break;
  case Opcode::FAdd:
    result.f = roundTo(width, a.f + b.f);
    break;
  case Opcode::FSub:
    result.f = roundTo(width, a.f - b.f);
    break;
  case Opcode::FMul:
    result.f = roundTo(width, a.f * b.f);
    break;
  case Opcode::FDiv:
    result.f = roundTo(width, a.f / b.f);
    break;
  case Opcode::Round:
    result.f = roundTo(width, a.f);
    break;
  case Opcode::ToF:
    result.f = roundTo(width, double(a.i));
    break;
  }
  return result;
}

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

/// A linalg operation over known operands.
class Evaluation {
public:
  /// Whether `op` itself can be evaluated; its operands are another matter.
  static bool supports(linalg::LinalgOp op);

  /// Returns nullopt if an operand is not known.
  static std::optional<Evaluation> prepare(linalg::LinalgOp op);

  RankedTensorType getResultType() const { return resultType; }
  void run(MLIRContext *context, MutableArrayRef<char> output) const {
    parallelForRange(context, numPoints, /*grain=*/64,
                     [&](int64_t begin, int64_t end) {
                       runRange(begin, end, output);
                     });
  }

private:
  bool addOperand(OpOperand &operand, AffineMap map);
  void runRange(int64_t begin, int64_t end,
                MutableArrayRef<char> output) const;

  Program program;
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
      !Program::compile(*op.getBlock()))
    return false;
  for (OpOperand &operand : op->getOpOperands()) {
    auto type = dyn_cast<RankedTensorType>(operand.get().getType());
    if (!isSupported(getElementTypeOrSelf(operand.get().getType())) ||
        (type && !getLayout(op.getMatchingIndexingMap(&operand),
                            type.getShape())))
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
    store(bytes->data(), result.type, 0, scalar);
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
  evaluation.program = *Program::compile(*op.getBlock());
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
    sums[point - begin] = load(init.constant.bytes.data(), init.type,
                               init.offset + init.parallelOffsets[point]);
  // The reduction runs outside: neighbouring results read neighbouring bytes.
  for (int64_t reduction = 0; reduction < numReductions; ++reduction) {
    for (int64_t point = begin; point < end; ++point) {
      for (size_t i = 0; i < accumulator; ++i) {
        const Operand &operand = operands[i];
        slots[i] = load(operand.constant.bytes.data(), operand.type,
                        operand.offset + operand.parallelOffsets[point] +
                            operand.reductionOffsets[reduction]);
      }
      slots[accumulator] = sums[point - begin];
      sums[point - begin] = program.run(slots);
    }
  }
  for (int64_t point = begin; point < end; ++point)
    store(output.data(), resultType.getElementType(), point,
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
  auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
  if (!linalgOp)
    return std::nullopt;
  std::optional<Evaluation> evaluation = Evaluation::prepare(linalgOp);
  if (!evaluation)
    return std::nullopt;
  result.type = evaluation->getResultType();
  unsigned width = llvm::divideCeil(result.type.getElementTypeBitWidth(), 8);
  auto buffer = std::make_shared<std::vector<char>>(
      result.type.getNumElements() * width);
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
  return makeConstantTensor(
      evaluation->getResultType(), "folded",
      [&](MutableArrayRef<char> output) {
        evaluation->run(op.getContext(), output);
      });
}
