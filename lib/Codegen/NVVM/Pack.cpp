//===- Pack.cpp - constant weights in rows along k ------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Codegen/Contraction/LinearAccess.h"
#include "quantc/Codegen/NVVM/Passes.h"
#include "quantc/Dialect/GPU/IR/GPUOps.h"
#include "quantc/Parameters/ConstantTensor.h"

#include "mlir/IR/Matchers.h"

namespace quantc::nvvm {
#define GEN_PASS_DEF_CODEGENNVVMPACKPASS
#include "quantc/Codegen/NVVM/Passes.h.inc"
} // namespace quantc::nvvm

using namespace mlir;
using namespace quantc;
using namespace quantc::nvvm;

namespace {

/// The right operand of a kernel by its strides over (batch..., n, k...).
struct RightOperand {
  ArrayRef<int64_t> batchBounds, kBounds, batchStrides, kStrides;
  int64_t n, nStride;

  RightOperand(SpaceAttr space, ArrayRef<int64_t> strides)
      : batchBounds(space.getBatch()), kBounds(space.getK()),
        batchStrides(strides.take_front(batchBounds.size())),
        kStrides(strides.take_back(kBounds.size())), n(space.getN()),
        nStride(strides[space.getNDim()]) {}

  /// Whether rows along k begin at multiples of `width` elements.
  bool isInRows(int64_t width) const {
    auto isMultiple = [&](int64_t stride) { return stride % width == 0; };
    return kStrides.back() == 1 &&
           countMergeable(kBounds, kStrides) == int64_t(kBounds.size()) &&
           llvm::all_of(batchStrides, isMultiple) && isMultiple(nStride);
  }
};

} // namespace

/// Copies elements of `size` bytes to rows of `length` elements.
static void pack(const RightOperand &operand, ArrayRef<char> from,
                 MutableArrayRef<char> to, int64_t length, size_t size) {
  SmallVector<int64_t> batches =
      getOffsets(operand.batchBounds, operand.batchStrides);
  SmallVector<int64_t> ks = getOffsets(operand.kBounds, operand.kStrides);
  char *row = to.data();
  for (int64_t batch : batches)
    for (int64_t n = 0; n < operand.n; ++n, row += length * size)
      for (auto [i, k] : llvm::enumerate(ks))
        std::memcpy(row + i * size,
                    from.data() + (batch + n * operand.nStride + k) * size,
                    size);
}

/// (batch..., n, all k as one) of the iteration space.
static AffineMap getRowMap(SpaceAttr space, MLIRContext *context) {
  SmallVector<AffineExpr> exprs;
  for (unsigned i = 0; i < space.getNumBatch(); ++i)
    exprs.push_back(getAffineDimExpr(i, context));
  exprs.push_back(getAffineDimExpr(space.getNDim(), context));
  AffineExpr linear = getAffineConstantExpr(0, context);
  for (auto [i, stride] : llvm::enumerate(getRowMajorStrides(space.getK())))
    linear =
        linear + getAffineDimExpr(space.getNDim() + 1 + i, context) * stride;
  exprs.push_back(linear);
  return AffineMap::get(space.getNumDims(), 0, exprs, context);
}

static void packConstant(ContractOp op) {
  if (op.getScales())
    return; // In rows already.
  std::optional<ConstantTensor> source = ConstantTensor::get(op.getRhs());
  if (!source || source->isSplat())
    return;
  SpaceAttr space = op.getSpace();
  auto strides = getAccessStrides(
      op.getRhsMap(), getRowMajorStrides(source->getType().getShape()));
  if (failed(strides))
    return;
  RightOperand operand(space, *strides);
  int64_t size = source->getElementType().getIntOrFloatBitWidth() / 8;
  int64_t width = 16 / size;
  if (operand.isInRows(width))
    return;

  int64_t length = llvm::alignTo(space.getKSize(), width);
  SmallVector<int64_t> shape(space.getBatch());
  shape.push_back(space.getN());
  shape.push_back(length);
  Attribute attr;
  matchPattern(op.getRhs(), m_Constant(&attr));
  std::string name = getResourceName(attr).str();
  OpBuilder builder(op);
  Value packed = createConstantTensor(
      builder, op.getLoc(),
      RankedTensorType::get(shape, source->getElementType()),
      (name.empty() ? "weights" : name) + ".packed",
      [&](MutableArrayRef<char> buffer) {
        pack(operand, source->getBytes(), buffer, length, size);
      });
  op.getRhsMutable().assign(packed);
  SmallVector<Attribute> maps(op.getMaps().getValue());
  maps[1] = AffineMapAttr::get(getRowMap(space, op.getContext()));
  op.setMapsAttr(builder.getArrayAttr(maps));
}

namespace {

class CodegenNVVMPackPass
    : public quantc::nvvm::impl::CodegenNVVMPackPassBase<CodegenNVVMPackPass> {
public:
  using Base::Base;

  void runOnOperation() override {
    getOperation().walk([](ContractOp op) { packConstant(op); });
  }
};

} // namespace
