//===- Parallelize.cpp - parallel loops to tasks --------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Codegen/CPU/Passes.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/SetVector.h"

namespace quantc::cpu {
#define GEN_PASS_DEF_CODEGENCPUPARALLELIZEPASS
#include "quantc/Codegen/CPU/Passes.h.inc"
} // namespace quantc::cpu

using namespace mlir;

namespace {

/// What a task needs of the function around it: values that it is passed, and
/// operations that it repeats on them, in order.
class Captures {
public:
  /// Fails where a value cannot be passed.
  LogicalResult add(Value value);

  ArrayRef<Value> getValues() const { return values.getArrayRef(); }
  ArrayRef<Operation *> getRepeated() const { return repeated.getArrayRef(); }

private:
  llvm::SetVector<Value> values;
  llvm::SetVector<Operation *> repeated;
};

/// Constants, and views of buffers: they cost nothing, and a pointer's origin
/// remains known.
bool isRepeatable(Operation *op) {
  return matchPattern(op, m_Constant()) ||
         (op->getNumRegions() == 0 && isMemoryEffectFree(op) &&
          llvm::any_of(op->getOperandTypes(), llvm::IsaPred<MemRefType>));
}

/// Buffers pass as bare pointers, so that their types must say the rest.
bool isPassable(Type type) {
  auto memref = dyn_cast<MemRefType>(type);
  return memref ? memref.hasStaticShape() && memref.getLayout().isIdentity()
                : type.isIntOrIndexOrFloat() || isa<VectorType>(type);
}

LogicalResult Captures::add(Value value) {
  if (Operation *op = value.getDefiningOp(); op && isRepeatable(op)) {
    if (repeated.contains(op))
      return success();
    for (Value operand : op->getOperands())
      if (failed(add(operand)))
        return failure();
    repeated.insert(op);
    return success();
  }
  values.insert(value);
  return success(isPassable(value.getType()));
}

/// The number of iterations of each dimension, where they are constant and
/// count from 0 by 1.
FailureOr<SmallVector<int64_t>> getCounts(scf::ParallelOp loop) {
  SmallVector<int64_t> counts;
  for (auto [from, to, step] :
       llvm::zip(loop.getLowerBound(), loop.getUpperBound(), loop.getStep())) {
    auto count = getConstantIntValue(to);
    if (getConstantIntValue(from) != 0 || getConstantIntValue(step) != 1 ||
        !count || *count < 0)
      return failure();
    counts.push_back(*count);
  }
  return counts;
}

class CodegenCPUParallelizePass
    : public quantc::cpu::impl::CodegenCPUParallelizePassBase<
          CodegenCPUParallelizePass> {
public:
  using Base::Base;

  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    SmallVector<func::FuncOp> entries;
    for (auto func : getOperation().getOps<func::FuncOp>())
      if (func->hasAttr("qnn.signature") && !func.isExternal())
        entries.push_back(func);
    for (func::FuncOp func : entries) {
      func->setAttr("qnn.parallel", UnitAttr::get(&getContext()));
      SmallVector<scf::ParallelOp> loops;
      func.walk<WalkOrder::PreOrder>([&](scf::ParallelOp loop) {
        loops.push_back(loop);
        return WalkResult::skip();
      });
      for (scf::ParallelOp loop : loops)
        outline(func, loop, symbols);
    }
  }

private:
  void outline(func::FuncOp entry, scf::ParallelOp loop, SymbolTable &symbols) {
    FailureOr<SmallVector<int64_t>> counts = getCounts(loop);
    if (failed(counts) || loop.getNumResults() != 0)
      return;
    llvm::SetVector<Value> used;
    getUsedValuesDefinedAbove(loop.getRegion(), used);
    Captures captures;
    for (Value value : used)
      if (failed(captures.add(value)))
        return;

    Location loc = loop.getLoc();
    OpBuilder builder(loop);
    SmallVector<Value> operands = {
        arith::ConstantIndexOp::create(builder, loc, 0),
        arith::ConstantIndexOp::create(builder, loc,
                                       llvm::product_of(*counts))};
    llvm::append_range(operands, captures.getValues());
    builder.setInsertionPoint(entry);
    auto task = func::FuncOp::create(
        builder, loc, (entry.getName() + "_task").str(),
        builder.getFunctionType(TypeRange(ValueRange(operands)), {}));
    task.setPrivate();
    task->setAttr("qnn.task", builder.getUnitAttr());
    symbols.insert(task);
    addNoAlias(entry, captures, task);
    fillTask(task, loop, *counts, captures);
    builder.setInsertionPoint(loop);
    func::CallOp::create(builder, loc, task, operands);
    loop.erase();
  }

  /// The pointers of an entry function do not alias (codegen-cpu-emit-entry),
  /// and neither do those of a task that gets no others.
  void addNoAlias(func::FuncOp entry, const Captures &captures,
                  func::FuncOp task) {
    SmallVector<unsigned> pointers;
    for (auto [index, value] : llvm::enumerate(captures.getValues())) {
      if (!isa<MemRefType>(value.getType()))
        continue;
      auto argument = dyn_cast<BlockArgument>(value);
      if (!argument || argument.getOwner() != &entry.getBody().front())
        return;
      pointers.push_back(index + 2);
    }
    for (unsigned index : pointers)
      task.setArgAttr(index, LLVM::LLVMDialect::getNoAliasAttrName(),
                      UnitAttr::get(&getContext()));
  }

  void fillTask(func::FuncOp task, scf::ParallelOp loop,
                ArrayRef<int64_t> counts, const Captures &captures) {
    Location loc = loop.getLoc();
    Block *body = task.addEntryBlock();
    auto builder = OpBuilder::atBlockBegin(body);
    IRMapping mapping;
    mapping.map(captures.getValues(), body->getArguments().drop_front(2));
    for (Operation *op : captures.getRepeated())
      builder.clone(*op, mapping);
    Value one = arith::ConstantIndexOp::create(builder, loc, 1);
    auto iterations = scf::ForOp::create(builder, loc, body->getArgument(0),
                                         body->getArgument(1), one);
    func::ReturnOp::create(builder, loc);
    builder.setInsertionPointToStart(iterations.getBody());
    SmallVector<Value> position = {iterations.getInductionVar()};
    if (counts.size() > 1)
      position = affine::AffineDelinearizeIndexOp::create(
                     builder, loc, iterations.getInductionVar(), counts)
                     .getResults();
    mapping.map(loop.getInductionVars(), position);
    for (Operation &op : loop.getBody()->without_terminator())
      builder.clone(op, mapping);
  }
};

} // namespace
