//===- Vectorize.cpp - linalg on buffers to vector loops ------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Codegen/CPU/Passes.h"

#include "LaneReduction.h"
#include "VectorPlan.h"
#include "WorkPieces.h"
#include "quantc/Codegen/Reduction/SumOrder.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"

namespace quantc::cpu {
#define GEN_PASS_DEF_CODEGENCPUVECTORIZEPASS
#include "quantc/Codegen/CPU/Passes.h.inc"
} // namespace quantc::cpu

using namespace mlir;
using namespace quantc::cpu;
using quantc::isAccumulated;
using quantc::matchCombiner;

namespace {

/// Writes the loop nest of one op: parallel loops outside, then the reductions.
/// Every load and every operation of the body stands in the outermost loop that
/// allows it; along the vector dimension there is a main loop of full vectors,
/// and what is left is a shorter step behind it.
class LoopNestEmitter {
public:
  LoopNestEmitter(OpBuilder &builder, linalg::LinalgOp op, VectorPlan plan)
      : b(builder), op(op), loc(op.getLoc()), plan(plan),
        extents(op.getStaticLoopRanges()), ivs(extents.size()) {
    auto kinds = op.getIteratorTypesArray();
    auto addLoops = [&](utils::IteratorType kind) {
      for (unsigned dim = 0; dim < kinds.size(); ++dim)
        if (kinds[dim] == kind && dim != plan.dim)
          loops.push_back(dim);
      if (plan.dim && kinds[*plan.dim] == kind)
        loops.push_back(*plan.dim);
    };
    addLoops(utils::IteratorType::parallel);
    numParallel = loops.size();
    addLoops(utils::IteratorType::reduction);
    for (unsigned index = 0; index < op.getNumDpsInits(); ++index)
      if (isAccumulated(op, index))
        accumulated.push_back(index);
    if (plan.dim)
      varying = findVarying(op, *plan.dim);
    assignLevels();
  }

  /// `parallel`: in pieces for threads, where there is enough work.
  void emit(bool parallel) {
    if (llvm::is_contained(extents, 0))
      return;
    SmallVector<int64_t> outer, pieces;
    for (unsigned level = 0; level < numParallel && loops[level] != plan.dim;
         ++level)
      outer.push_back(extents[loops[level]]);
    if (parallel && canSplit(op, ArrayRef(loops).take_front(outer.size())))
      pieces = choosePieces(outer, countInstructions());
    forPieces(b, loc, outer, pieces, [&](ArrayRef<IndexRange> pieceRanges) {
      ranges.assign(pieceRanges.begin(), pieceRanges.end());
      emitLevel(0, {});
    });
  }

private:
  /// A load of an operand or an operation of the body; it stands inside of
  /// `level` loops.
  struct Node {
    unsigned level;
    OpOperand *operand;
    Operation *nested;
  };

  bool isVectorDimReduction() const {
    return plan.dim &&
           llvm::find(loops, *plan.dim) - loops.begin() >= numParallel;
  }

  /// Loads and operations, each on vectors where there are any.
  double countInstructions() {
    double steps = llvm::product_of(extents) / double(plan.lanes);
    double instructions = 0;
    for (const Node &node : nodes) {
      bool isFunction =
          node.nested && isa<math::MathDialect>(node.nested->getDialect());
      instructions += isFunction ? 16 : 1;
    }
    return steps * (instructions + op.getNumDpsInits());
  }

  void assignLevels() {
    DenseMap<Value, unsigned> levels;
    for (OpOperand &operand : op->getOpOperands()) {
      BlockArgument argument = op.getMatchingBlockArgument(&operand);
      unsigned level = 0;
      AffineMap map = op.getMatchingIndexingMap(&operand);
      for (auto [position, dim] : llvm::enumerate(loops))
        if (map.isFunctionOfDim(dim))
          level = position + 1;
      // An output is read where it is written, or lives in a register.
      if (op.isDpsInit(&operand))
        level = loops.size();
      levels[argument] = level;
      bool inRegister =
          op.isDpsInit(&operand) &&
          llvm::is_contained(accumulated,
                             argument.getArgNumber() - op.getNumDpsInputs());
      if (!argument.use_empty() && !inRegister)
        nodes.push_back({level, &operand, nullptr});
    }
    for (Operation &nested : op.getBlock()->without_terminator()) {
      unsigned level = 0;
      if (auto index = dyn_cast<linalg::IndexOp>(nested))
        level = llvm::find(loops, index.getDim()) - loops.begin() + 1;
      // Regions may refer to anything.
      if (nested.getNumRegions())
        level = loops.size();
      for (Value operand : nested.getOperands())
        level = std::max(level, levels.lookup(operand));
      for (Value result : nested.getResults())
        levels[result] = level;
      nodes.push_back({level, nullptr, &nested});
    }
  }

  //===--------------------------------------------------------------------===//
  // Loops
  //===--------------------------------------------------------------------===//

  using BodyFn = llvm::function_ref<SmallVector<Value>(ArrayRef<Value>)>;

  /// A loop over `dim` from `begin` that carries `state`; none for one step.
  SmallVector<Value> emitLoop(unsigned dim, int64_t begin, int64_t end,
                              int64_t step, ArrayRef<Value> state,
                              BodyFn body) {
    auto constant = [&](int64_t value) -> Value {
      return arith::ConstantIndexOp::create(b, loc, value);
    };
    if (end - begin <= step) {
      ivs[dim] = constant(begin);
      return body(state);
    }
    auto loop = scf::ForOp::create(b, loc, constant(begin), constant(end),
                                   constant(step), state);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    ivs[dim] = loop.getInductionVar();
    SmallVector<Value> next =
        body(SmallVector<Value>(loop.getRegionIterArgs()));
    // Without carried values the builder has made the terminator already.
    if (!state.empty())
      scf::YieldOp::create(b, loc, next);
    return loop.getResults();
  }

  SmallVector<Value> emitLevel(unsigned level, ArrayRef<Value> state) {
    bool innermost = level == loops.size();
    if (innermost)
      for (auto [index, value] : llvm::zip(accumulated, state))
        values.map(op.getRegionOutputArgs()[index], value);
    for (const Node &node : nodes)
      if (node.level == level)
        node.operand ? emitLoad(node.operand) : emitOperation(node.nested);
    if (level == numParallel && state.empty() && !accumulated.empty() &&
        !innermost) {
      emitAccumulation(level);
      return {};
    }
    return innermost ? emitResults() : emitLoopOf(level, state);
  }

  SmallVector<Value> emitLoopOf(unsigned level, ArrayRef<Value> state) {
    unsigned dim = loops[level];
    auto inside = [&](ArrayRef<Value> carried) {
      return emitLevel(level + 1, carried);
    };
    if (level < ranges.size()) {
      forRange(b, loc, ranges[level], [&](Value position) {
        ivs[dim] = position;
        emitLevel(level + 1, {});
      });
      return {};
    }
    if (dim != plan.dim)
      return emitLoop(dim, 0, extents[dim], 1, state, inside);

    // `state` is that of each of the vectors of a step.
    int64_t step = plan.lanes * plan.vectors;
    int64_t full = extents[dim] / step * step;
    size_t count = state.size() / plan.vectors;
    auto emitVectors = [&](ArrayRef<Value> carried, int64_t size) {
      SmallVector<Value> next(carried);
      Value first = ivs[dim];
      for (int64_t vector = 0; vector * plan.lanes < size; ++vector) {
        int64_t offset = vector * plan.lanes;
        ivs[dim] = arith::AddIOp::create(
            b, loc, first, arith::ConstantIndexOp::create(b, loc, offset));
        lanes = std::min(plan.lanes, size - offset);
        // A shorter vector is reduced into as many lanes of a full one.
        bool isPart = lanes != plan.lanes && isVectorDimReduction();
        auto part = MutableArrayRef(next).slice(vector * count, count);
        SmallVector<Value> taken(part);
        for (Value &value : taken)
          value = isPart ? takeFirstLanes(b, value, lanes) : value;
        for (auto [result, value] : llvm::zip_equal(inside(taken), part))
          value = isPart ? putFirstLanes(b, result, value) : result;
      }
      lanes = 1;
      return next;
    };
    SmallVector<Value> results(state);
    if (full > 0)
      results = emitLoop(dim, 0, full, step, state, [&](auto carried) {
        return emitVectors(carried, step);
      });
    if (full < extents[dim]) {
      ivs[dim] = arith::ConstantIndexOp::create(b, loc, full);
      results = emitVectors(results, extents[dim] - full);
    }
    return results;
  }

  /// The reduction loops, with the outputs in registers.
  void emitAccumulation(unsigned level) {
    int64_t outerLanes = lanes;
    SmallVector<Value> state;
    if (isVectorDimReduction()) {
      for (int64_t vector = 0; vector < plan.vectors; ++vector)
        for (unsigned index : accumulated)
          state.push_back(makeNeutral(matchCombiner(op, index), plan.lanes));
    } else {
      for (unsigned index : accumulated)
        state.push_back(load(op.getDpsInitOperand(index)));
    }
    SmallVector<Value> results = emitLoopOf(level, state);
    lanes = outerLanes;
    for (auto [position, index] : llvm::enumerate(accumulated)) {
      OpOperand *output = op.getDpsInitOperand(index);
      Value value = results[position];
      if (isVectorDimReduction()) {
        Operation *combiner = matchCombiner(op, index);
        SmallVector<Value> vectors;
        for (size_t at = position; at < results.size();
             at += accumulated.size())
          vectors.push_back(results[at]);
        value = combineLanes(b, combiner, load(output),
                             reduceVectors(b, combiner, vectors));
      }
      store(value, output);
    }
  }

  /// The end of the body: the next state; outputs that are not accumulated are
  /// stored.
  SmallVector<Value> emitResults() {
    SmallVector<Value> state;
    Operation *yield = op.getBlock()->getTerminator();
    for (auto [index, yielded] : llvm::enumerate(yield->getOperands())) {
      Value value = values.lookupOrDefault(yielded);
      OpOperand *output = op.getDpsInitOperand(index);
      if (llvm::is_contained(accumulated, index))
        state.push_back(
            toVector(value, isVectorDimReduction() ? lanes : lanesOf(output)));
      else
        store(value, output);
    }
    return state;
  }

  //===--------------------------------------------------------------------===//
  // Vectors
  //===--------------------------------------------------------------------===//

  Value toVector(Value value, int64_t width) {
    if (width == 1 || isa<VectorType>(value.getType()))
      return value;
    return vector::BroadcastOp::create(
        b, loc, VectorType::get(width, value.getType()), value);
  }

  Value makeNeutral(Operation *combiner, int64_t width) {
    return toVector(
        arith::ConstantOp::create(b, loc, *arith::getNeutralElement(combiner)),
        width);
  }

  //===--------------------------------------------------------------------===//
  // Memory
  //===--------------------------------------------------------------------===//

  Access accessOf(OpOperand *operand) {
    if (lanes == 1)
      return Access::Uniform;
    return classifyAccess(op.getMatchingIndexingMap(operand),
                          operand->get().getType(), *plan.dim);
  }

  int64_t lanesOf(OpOperand *operand) {
    return accessOf(operand) == Access::Uniform ? 1 : lanes;
  }

  SmallVector<Value> indicesOf(OpOperand *operand, int64_t lane = 0) {
    AffineMap map = op.getMatchingIndexingMap(operand);
    if (lane) {
      AffineExpr variable = b.getAffineDimExpr(*plan.dim);
      map = map.replace(variable, variable + lane, map.getNumDims(), 0);
    }
    SmallVector<OpFoldResult> inputs(ivs.size(), b.getIndexAttr(0));
    for (auto [input, iv] : llvm::zip(inputs, ivs))
      if (iv) // Dimensions of inner loops are not part of the map.
        input = iv;
    SmallVector<Value> indices;
    for (AffineExpr expr : map.getResults())
      indices.push_back(getValueOrCreateConstantIndexOp(
          b, loc,
          affine::makeComposedFoldedAffineApply(
              b, loc, AffineMap::get(map.getNumDims(), 0, expr), inputs)));
    return indices;
  }

  Value load(OpOperand *operand) {
    Value buffer = operand->get();
    auto type = dyn_cast<MemRefType>(buffer.getType());
    if (!type)
      return buffer;
    Access access = accessOf(operand);
    if (access == Access::Uniform)
      return memref::LoadOp::create(b, loc, buffer, indicesOf(operand));
    auto vector = VectorType::get(lanes, type.getElementType());
    if (access == Access::Contiguous)
      return vector::LoadOp::create(b, loc, vector, buffer, indicesOf(operand));
    SmallVector<Value> elements;
    for (int64_t lane = 0; lane < lanes; ++lane)
      elements.push_back(
          memref::LoadOp::create(b, loc, buffer, indicesOf(operand, lane)));
    return vector::FromElementsOp::create(b, loc, vector, elements);
  }

  void emitLoad(OpOperand *operand) {
    values.map(op.getMatchingBlockArgument(operand), load(operand));
  }

  void store(Value value, OpOperand *operand) {
    Access access = accessOf(operand);
    Value buffer = operand->get();
    if (access == Access::Uniform) {
      memref::StoreOp::create(b, loc, value, buffer, indicesOf(operand));
      return;
    }
    value = toVector(value, lanes);
    if (access == Access::Contiguous) {
      vector::StoreOp::create(b, loc, value, buffer, indicesOf(operand));
      return;
    }
    for (int64_t lane = 0; lane < lanes; ++lane)
      memref::StoreOp::create(b, loc,
                              vector::ExtractOp::create(b, loc, value, lane),
                              buffer, indicesOf(operand, lane));
  }

  /// A load in the body, as gathers have them.
  Value emitBodyLoad(memref::LoadOp loadOp) {
    SmallVector<Value> indices;
    for (Value index : loadOp.getIndices())
      indices.push_back(values.lookupOrDefault(index));
    bool varies = llvm::any_of(
        indices, [](Value index) { return isa<VectorType>(index.getType()); });
    Value buffer = loadOp.getMemRef();
    if (!varies)
      return memref::LoadOp::create(b, loc, buffer, indices);
    auto vector = VectorType::get(lanes, loadOp.getType());
    if (classifyLoad(loadOp, *plan.dim, varying) == Access::Contiguous) {
      indices.back() = ivs[*plan.dim];
      return vector::LoadOp::create(b, loc, vector, buffer, indices);
    }
    SmallVector<Value> elements;
    for (int64_t lane = 0; lane < lanes; ++lane) {
      SmallVector<Value> scalars;
      for (Value index : indices)
        scalars.push_back(isa<VectorType>(index.getType())
                              ? vector::ExtractOp::create(b, loc, index, lane)
                              : index);
      elements.push_back(memref::LoadOp::create(b, loc, buffer, scalars));
    }
    return vector::FromElementsOp::create(b, loc, vector, elements);
  }

  void emitOperation(Operation *nested) {
    if (auto index = dyn_cast<linalg::IndexOp>(nested)) {
      Value value = ivs[index.getDim()];
      if (index.getDim() == plan.dim && lanes > 1) {
        auto type = VectorType::get(lanes, b.getIndexType());
        Value steps = vector::StepOp::create(b, loc, type);
        value = arith::AddIOp::create(b, loc, toVector(value, lanes), steps);
      }
      values.map(index.getResult(), value);
      return;
    }
    if (auto load = dyn_cast<memref::LoadOp>(nested)) {
      values.map(load.getResult(), emitBodyLoad(load));
      return;
    }
    bool varies = llvm::any_of(nested->getOperands(), [&](Value operand) {
      return isa<VectorType>(values.lookupOrDefault(operand).getType());
    });
    Operation *clone = b.clone(*nested, values);
    if (!varies)
      return;
    b.setInsertionPoint(clone);
    for (OpOperand &operand : clone->getOpOperands())
      operand.set(toVector(operand.get(), lanes));
    b.setInsertionPointAfter(clone);
    for (OpResult result : clone->getResults())
      result.setType(VectorType::get(lanes, result.getType()));
  }

  OpBuilder &b;
  linalg::LinalgOp op;
  Location loc;
  VectorPlan plan;
  DenseSet<Value> varying;
  SmallVector<int64_t> extents;
  /// Loop dimensions, outermost first; the first `numParallel` are parallel.
  SmallVector<unsigned> loops;
  unsigned numParallel = 0;
  /// What of the outermost loops the code runs over.
  SmallVector<IndexRange> ranges;
  /// Outputs that live in registers during the reduction loops.
  SmallVector<unsigned> accumulated;
  std::vector<Node> nodes;
  /// Where the emission stands: induction variables by dimension, lanes of the
  /// values that vary along the vector dimension, values of the body.
  SmallVector<Value> ivs;
  int64_t lanes = 1;
  IRMapping values;
};

class CodegenCPUVectorizePass
    : public quantc::cpu::impl::CodegenCPUVectorizePassBase<
          CodegenCPUVectorizePass> {
public:
  using Base::Base;

  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    getOperation()->walk([&](memref::CopyOp copy) {
      if (copy.getSource().getType().getRank() == 0)
        return;
      // Copies of whole buffers become a memcpy.
      auto isWhole = [](Value buffer) {
        return cast<MemRefType>(buffer.getType()).getLayout().isIdentity();
      };
      if (isWhole(copy.getSource()) && isWhole(copy.getTarget()))
        return;
      rewriter.setInsertionPoint(copy);
      rewriter.replaceOpWithNewOp<linalg::CopyOp>(copy, copy.getSource(),
                                                  copy.getTarget());
    });
    SmallVector<linalg::LinalgOp> ops;
    getOperation()->walk([&](linalg::LinalgOp op) { ops.push_back(op); });
    for (linalg::LinalgOp op : ops) {
      if (!op.hasPureBufferSemantics()) {
        op.emitOpError() << "expected operands that are buffers";
        return signalPassFailure();
      }
      rewriter.setInsertionPoint(op);
      if (op.hasDynamicShape()) {
        // The plan needs extents. Sizes known at run time only are rare and
        // small; scalar loops do for them.
        if (failed(linalg::linalgOpToLoops(rewriter, op))) {
          op.emitOpError() << "expected an operation with a loop form";
          return signalPassFailure();
        }
        rewriter.eraseOp(op);
        continue;
      }
      LoopNestEmitter(rewriter, op, planVectors(op, vectorBits)).emit(parallel);
      rewriter.eraseOp(op);
    }
  }
};

} // namespace
