//===- SinkScalars.cpp - scalars of the host into its ops -----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Codegen/NVVM/Host/Passes.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Transforms/RegionUtils.h"

namespace quantc::nvvm {
#define GEN_PASS_DEF_CODEGENNVVMSINKSCALARSPASS
#include "quantc/Codegen/NVVM/Host/Passes.h.inc"
} // namespace quantc::nvvm

using namespace mlir;

namespace {

/// A scalar that the host would have to read from memory and compute.
class HostScalar {
public:
  explicit HostScalar(Value value) : value(value) {
    isComputed = value.getType().isIntOrIndexOrFloat() && collect(value);
  }

  /// Whether all of it can be done elsewhere, and something is read.
  bool canSink() const { return isComputed && !reads.empty(); }

  /// The element that is read, as a tensor of rank 0, of each read.
  SmallVector<Value> getElements(OpBuilder &b) const {
    SmallVector<Value> elements;
    for (tensor::ExtractOp read : reads)
      elements.push_back(getElement(b, read));
    return elements;
  }

  /// The computation once more; `elements` are what the reads give, or nothing
  /// where they are cloned too.
  Value clone(OpBuilder &b, ValueRange elements) const {
    IRMapping mapping;
    for (auto [read, element] : llvm::zip(reads, elements))
      mapping.map(tensor::ExtractOp(read).getResult(), element);
    for (Operation *op : ops)
      if (!mapping.contains(op->getResult(0)))
        b.clone(*op, mapping);
    return mapping.lookup(value);
  }

private:
  /// In the order of the computation. False: something cannot be done again.
  bool collect(Value scalar) {
    Operation *op = scalar.getDefiningOp();
    if (!op || op->getNumResults() != 1 || op->getNumRegions() != 0 ||
        !isMemoryEffectFree(op))
      return false;
    if (llvm::is_contained(ops, op))
      return true;
    if (auto read = dyn_cast<tensor::ExtractOp>(op)) {
      if (!llvm::all_of(read.getIndices(), [](Value index) {
            return getConstantIntValue(index).has_value();
          }))
        return false;
      for (Value index : read.getIndices())
        if (!llvm::is_contained(ops, index.getDefiningOp()))
          ops.push_back(index.getDefiningOp());
      reads.push_back(read);
      ops.push_back(op);
      return true;
    }
    for (Value operand : op->getOperands())
      if (!collect(operand))
        return false;
    ops.push_back(op);
    return true;
  }

  static Value getElement(OpBuilder &b, tensor::ExtractOp read) {
    auto type = cast<RankedTensorType>(read.getTensor().getType());
    if (type.getRank() == 0)
      return read.getTensor();
    SmallVector<OpFoldResult> offsets = getAsOpFoldResult(read.getIndices());
    for (OpFoldResult &offset : offsets)
      offset = b.getIndexAttr(*getConstantIntValue(offset));
    SmallVector<OpFoldResult> ones(type.getRank(), b.getIndexAttr(1));
    return tensor::ExtractSliceOp::create(
        b, read.getLoc(), RankedTensorType::get({}, type.getElementType()),
        read.getTensor(), offsets, ones, ones);
  }

  Value value;
  SmallVector<Operation *> ops;
  SmallVector<tensor::ExtractOp> reads;
  bool isComputed;
};

/// The scalars of the host that the region of `op` uses.
SmallVector<Value> listScalars(Operation *op) {
  llvm::SetVector<Value> captured;
  getUsedValuesDefinedAbove(op->getRegions(), captured);
  return llvm::filter_to_vector(
      captured, [](Value value) { return HostScalar(value).canSink(); });
}

/// Scalar operands become captured values.
linalg::GenericOp captureOperands(IRRewriter &b, linalg::GenericOp op) {
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps = op.getIndexingMapsArray(), kept;
  llvm::BitVector dropped(op.getBody()->getNumArguments());
  for (auto [index, input] : llvm::enumerate(op.getInputs())) {
    if (HostScalar(input).canSink()) {
      op.getBody()->getArgument(index).replaceAllUsesWith(input);
      dropped.set(index);
    } else {
      inputs.push_back(input);
      kept.push_back(maps[index]);
    }
  }
  if (dropped.none())
    return op;
  llvm::append_range(kept, ArrayRef(maps).drop_front(op.getNumDpsInputs()));
  op.getBody()->eraseArguments(dropped);
  b.modifyOpInPlace(op, [&] {
    op.getInputsMutable().assign(inputs);
    op.setIndexingMapsAttr(b.getAffineMapArrayAttr(kept));
  });
  return op;
}

/// The elements that are read become operands of rank 0.
void sinkIntoGeneric(IRRewriter &b, linalg::GenericOp op) {
  op = captureOperands(b, op);
  for (Value captured : listScalars(op)) {
    HostScalar scalar(captured);
    b.setInsertionPoint(op);
    SmallVector<Value> elements = scalar.getElements(b), arguments;
    unsigned first = op.getNumDpsInputs();
    SmallVector<AffineMap> maps = op.getIndexingMapsArray();
    for (auto [index, element] : llvm::enumerate(elements)) {
      arguments.push_back(op.getBody()->insertArgument(
          first + index, getElementTypeOrSelf(element), op.getLoc()));
      maps.insert(maps.begin() + first + index,
                  AffineMap::get(op.getNumLoops(), 0, b.getContext()));
    }
    b.modifyOpInPlace(op, [&] {
      op.getInputsMutable().append(elements);
      op.setIndexingMapsAttr(b.getAffineMapArrayAttr(maps));
    });
    b.setInsertionPointToStart(op.getBody());
    replaceAllUsesInRegionWith(captured, scalar.clone(b, arguments),
                               op.getRegion());
  }
}

/// Scalars that become a tensor, as those that arithmetic on tensors of rank 0
/// is imported as: fills, which take what they compute with them.
void fillFromElements(IRRewriter &b, tensor::FromElementsOp op) {
  if (llvm::none_of(op.getElements(),
                    [](Value v) { return HostScalar(v).canSink(); }))
    return;
  b.setInsertionPoint(op);
  Location loc = op.getLoc();
  RankedTensorType type = op.getType();
  auto makeEmpty = [&](ArrayRef<int64_t> shape) {
    return tensor::EmptyOp::create(b, loc, shape, type.getElementType())
        .getResult();
  };
  auto makeFill = [&](Value scalar, Value destination) {
    return linalg::FillOp::create(b, loc, scalar, destination).getResult(0);
  };
  Value result = makeEmpty(type.getShape());
  if (type.getNumElements() == 1) {
    result = makeFill(op.getElements().front(), result);
  } else {
    SmallVector<OpFoldResult> ones(type.getRank(), b.getIndexAttr(1));
    for (auto [number, scalar] : llvm::enumerate(op.getElements())) {
      SmallVector<OpFoldResult> place = getAsIndexOpFoldResult(
          b.getContext(),
          delinearize(number, computeStrides(type.getShape())));
      result = tensor::InsertSliceOp::create(
          b, loc, makeFill(scalar, makeEmpty({})), result, place, ones, ones);
    }
  }
  b.replaceOp(op, result);
}

struct CodegenNVVMSinkScalarsPass
    : quantc::nvvm::impl::CodegenNVVMSinkScalarsPassBase<
          CodegenNVVMSinkScalarsPass> {
  using Base::Base;

  void runOnOperation() override {
    IRRewriter b(&getContext());
    getOperation().walk(
        [&](tensor::FromElementsOp op) { fillFromElements(b, op); });
    SmallVector<Operation *> ops;
    getOperation().walk([&](Operation *op) {
      if (isa<linalg::LinalgOp, tensor::PadOp>(op))
        ops.push_back(op);
    });
    for (Operation *op : ops) {
      if (auto pad = dyn_cast<tensor::PadOp>(op)) {
        for (Value captured : listScalars(pad)) {
          b.setInsertionPointToStart(&pad.getRegion().front());
          replaceAllUsesInRegionWith(
              captured, HostScalar(captured).clone(b, {}), pad.getRegion());
        }
        continue;
      }
      auto structured = cast<linalg::LinalgOp>(op);
      bool hasScalars = !listScalars(op).empty() ||
                        llvm::any_of(op->getOperands(), [](Value v) {
                          return HostScalar(v).canSink();
                        });
      if (!hasScalars)
        continue;
      auto generic = dyn_cast<linalg::GenericOp>(op);
      if (!generic) {
        b.setInsertionPoint(op);
        FailureOr<linalg::GenericOp> named =
            linalg::generalizeNamedOp(b, structured);
        if (failed(named))
          continue;
        generic = *named;
      }
      sinkIntoGeneric(b, generic);
    }
  }
};

} // namespace
