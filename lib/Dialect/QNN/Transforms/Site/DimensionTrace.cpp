//===- DimensionTrace.cpp - where a tensor's dimensions come from ---------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DimensionTrace.h"

#include "quantc/Dialect/QNN/IR/QNNOps.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace quantc::qnn;

DimensionTrace::DimensionTrace(func::FuncOp function, ArrayRef<int64_t> shape)
    : shape(shape) {
  for (BlockArgument argument : function.getArguments()) {
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    if (!type || !function.getArgAttr(argument.getArgNumber(), "qnn.input") ||
        type.getRank() < int64_t(shape.size()) ||
        type.getShape().take_front(shape.size()) != shape)
      continue;
    SmallVector<Source> &dims = sources[argument];
    dims.resize(type.getRank());
    for (size_t dim = 0; dim < shape.size(); ++dim)
      dims[dim].push_back(dim);
  }
  for (Operation &op : function.getBody().getOps())
    visit(op);
}

SmallVector<DimensionTrace::Source> DimensionTrace::lookup(Value value) const {
  auto it = sources.find(value);
  if (it != sources.end())
    return it->second;
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return SmallVector<Source>(type ? type.getRank() : 0);
}

void DimensionTrace::visitLinalg(linalg::LinalgOp op) {
  SmallVector<Source> loops(op.getNumLoops());
  SmallVector<bool> contradictory(op.getNumLoops());
  auto follow = [&](unsigned loop, const Source &source) {
    if (source.empty())
      return;
    if (loops[loop].empty())
      loops[loop] = source;
    else if (loops[loop] != source)
      contradictory[loop] = true;
  };
  for (OpOperand &operand : op->getOpOperands()) {
    AffineMap map = op.getMatchingIndexingMap(&operand);
    for (auto [expr, source] :
         llvm::zip_equal(map.getResults(), lookup(operand.get())))
      if (auto dim = dyn_cast<AffineDimExpr>(expr))
        follow(dim.getPosition(), source);
  }
  // Embeddings read their indices at the loops' own positions.
  for (auto extract : op.getBlock()->getOps<tensor::ExtractOp>())
    for (auto [index, source] :
         llvm::zip_equal(extract.getIndices(), lookup(extract.getTensor())))
      if (auto loop = index.getDefiningOp<linalg::IndexOp>())
        follow(loop.getDim(), source);
  for (OpResult result : op->getResults()) {
    AffineMap map = op.getMatchingIndexingMap(op.getTiedOpOperand(result));
    SmallVector<Source> dims(map.getNumResults());
    for (auto [i, expr] : llvm::enumerate(map.getResults()))
      if (auto dim = dyn_cast<AffineDimExpr>(expr))
        if (!contradictory[dim.getPosition()])
          dims[i] = loops[dim.getPosition()];
    sources[result] = dims;
  }
}

void DimensionTrace::visit(Operation &op) {
  if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op))
    return visitLinalg(linalgOp);
  if (auto observe = dyn_cast<ObserveOp>(op)) {
    sources[observe.getResult()] = lookup(observe.getInput());
    return;
  }
  if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op)) {
    SmallVector<Source> from = lookup(collapse.getSrc());
    ArrayRef<int64_t> sizes = collapse.getSrcType().getShape();
    SmallVector<Source> &to = sources[collapse.getResult()];
    for (ArrayRef<int64_t> group : collapse.getReassociationIndices()) {
      Source source;
      // A dimension that is not traced mixes in, unless there is one index.
      bool mixed = false;
      for (int64_t dim : group) {
        mixed |= from[dim].empty() && sizes[dim] != 1;
        llvm::append_range(source, from[dim]);
      }
      to.push_back(mixed ? Source() : source);
    }
    return;
  }
  if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op)) {
    SmallVector<Source> from = lookup(expand.getSrc());
    ArrayRef<int64_t> sizes = expand.getResultType().getShape();
    SmallVector<Source> to(sizes.size());
    for (auto [source, group] :
         llvm::zip_equal(from, expand.getReassociationIndices())) {
      ArrayRef<int64_t> rest = source;
      for (int64_t dim : group)
        if (!rest.empty() && sizes[dim] == shape[rest.front()]) {
          to[dim].push_back(rest.front());
          rest = rest.drop_front();
        }
      // Other sizes: the dimensions were taken apart elsewhere.
      if (!rest.empty())
        for (int64_t dim : group)
          to[dim].clear();
    }
    sources[expand.getResult()] = to;
    return;
  }
  if (auto slice = dyn_cast<tensor::ExtractSliceOp>(op)) {
    SmallVector<Source> from = lookup(slice.getSource());
    llvm::SmallBitVector dropped = slice.getDroppedDims();
    ArrayRef<int64_t> sourceSizes = slice.getSourceType().getShape();
    SmallVector<Source> &to = sources[slice.getResult()];
    for (auto [dim, size] : llvm::enumerate(slice.getStaticSizes()))
      if (!dropped.test(dim))
        to.push_back(size == sourceSizes[dim] ? from[dim] : Source());
  }
}

SmallVector<AffineMap> DimensionTrace::getMaps(Value value) const {
  SmallVector<Source> dims = lookup(value);
  MLIRContext *context = value.getContext();
  SmallVector<SmallVector<AffineExpr>> candidates(shape.size());
  for (auto [i, source] : llvm::enumerate(dims)) {
    // An index of collapsed dimensions, taken apart from the innermost on.
    AffineExpr rest = getAffineDimExpr(i, context);
    for (ArrayRef<int64_t> outer = source; !outer.empty();
         outer = outer.drop_back()) {
      int64_t dim = outer.back();
      candidates[dim].push_back(outer.size() == 1 ? rest : rest % shape[dim]);
      rest = rest.floorDiv(shape[dim]);
    }
  }
  for (auto [size, exprs] : llvm::zip_equal(shape, candidates))
    if (exprs.empty() && size == 1)
      exprs.push_back(getAffineConstantExpr(0, context));
  if (llvm::any_of(candidates, [](const auto &exprs) { return exprs.empty(); }))
    return {};
  SmallVector<AffineMap> maps;
  for (AffineExpr last : candidates.back()) {
    SmallVector<AffineExpr> results;
    for (ArrayRef<AffineExpr> exprs : ArrayRef(candidates).drop_back())
      results.push_back(exprs.front());
    results.push_back(last);
    maps.push_back(AffineMap::get(dims.size(), 0, results, context));
  }
  return maps;
}
