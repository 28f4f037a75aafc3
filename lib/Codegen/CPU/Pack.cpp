//===- Pack.cpp - packing constant weights at compile time ----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Codegen/CPU/Passes.h"
#include "quantc/Codegen/Contraction/LinearAccess.h"
#include "quantc/Dialect/CPU/IR/CPUOps.h"
#include "quantc/Parameters/ConstantTensor.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "llvm/Support/MathExtras.h"

namespace quantc::cpu {
#define GEN_PASS_DEF_CODEGENCPUPACKPASS
#include "quantc/Codegen/CPU/Passes.h.inc"
} // namespace quantc::cpu

using namespace mlir;
using namespace quantc;
using namespace quantc::cpu;

namespace {

/// The loops of a pack, in elements of source and destination.
struct PackLoops {
  /// Offset in source of each batch and of each segment of k.
  SmallVector<int64_t> batches, segments;
  int64_t columns, width, panels;
  int64_t length, groupsOfSegment, group;
  int64_t columnStride, kStride;

  explicit PackLoops(PackOp op, ArrayRef<int64_t> strides);
};

} // namespace

PackLoops::PackLoops(PackOp op, ArrayRef<int64_t> strides) {
  size_t n = op.getNumBatch(), segmentDims = op.getSegmentDims();
  ArrayRef<int64_t> bounds = op.getBounds();
  batches = getOffsets(bounds.take_front(n), strides.take_front(n));
  segments = getOffsets(bounds.drop_front(n + 1).drop_back(segmentDims),
                        strides.drop_front(n + 1).drop_back(segmentDims));
  columns = bounds[n];
  width = op.getSchedule().getPanelWidth();
  panels = llvm::divideCeil(columns, width);
  group = op.getSchedule().getGroup();
  length = op.getSegments().second;
  groupsOfSegment = llvm::divideCeil(length, group);
  columnStride = strides[n];
  kStride = strides.back();
}

/// Packs into zeroed buffers; `correction`, null where there is none, receives
/// `factor` times the sum of each column.
template <typename T>
static void pack(MLIRContext *context, const PackLoops &loops,
                 ConstantTensor &tensor, MutableArrayRef<char> buffer,
                 int32_t *correction = nullptr, int32_t factor = 0) {
  const T *source = tensor.getAs<T>().data();
  T *packed = reinterpret_cast<T *>(buffer.data());
  int64_t numGroups = loops.segments.size() * loops.groupsOfSegment;
  int64_t panelElements = numGroups * loops.width * loops.group;
  auto packPanel = [&](int64_t index) {
    const T *from = source + loops.batches[index / loops.panels];
    int64_t firstColumn = index % loops.panels * loops.width;
    int64_t columns = std::min(loops.width, loops.columns - firstColumn);
    T *to = packed + index * panelElements;
    for (auto [s, segment] : llvm::enumerate(loops.segments))
      for (int64_t k = 0; k < loops.length; ++k) {
        const T *row = from + segment + k * loops.kStride +
                       firstColumn * loops.columnStride;
        int64_t groupIndex = s * loops.groupsOfSegment + k / loops.group;
        T *place =
            to + groupIndex * loops.width * loops.group + k % loops.group;
        for (int64_t c = 0; c < columns; ++c) {
          T value = row[c * loops.columnStride];
          place[c * loops.group] = value;
          if (correction)
            correction[index * loops.width + c] += factor * int32_t(value);
        }
      }
  };
  parallelForRange(context, loops.batches.size() * loops.panels, /*grain=*/1,
                   [&](int64_t begin, int64_t end) {
                     for (int64_t i = begin; i < end; ++i)
                       packPanel(i);
                   });
}

namespace {

class CodegenCPUPackPass
    : public quantc::cpu::impl::CodegenCPUPackPassBase<CodegenCPUPackPass> {
public:
  using Base::Base;

  void runOnOperation() override {
    SmallVector<PackOp> ops;
    getOperation().walk([&](PackOp op) {
      if (op.getNumResults() > 0)
        ops.push_back(op);
    });
    for (PackOp op : ops)
      packConstant(op);
    getOperation().walk([&](ContractOp op) { foldInit(op); });
  }

private:
  /// One vector initialises the accumulators: the site's terms (zero points,
  /// bias) and the correction of the instruction's signedness add up here.
  void foldInit(ContractOp op);

  void packConstant(PackOp op) {
    std::optional<ConstantTensor> source = ConstantTensor::get(op.getSource());
    if (!source)
      return;
    auto strides = getAccessStrides(
        op.getMap(), getRowMajorStrides(source->getType().getShape()));
    size_t segmentDims = op.getSegmentDims();
    if (failed(strides) ||
        countMergeable(op.getBounds().take_back(segmentDims),
                       ArrayRef(*strides).take_back(segmentDims)) !=
            int64_t(segmentDims))
      return;
    PackLoops loops(op, *strides);

    Attribute attr;
    matchPattern(op.getSource(), m_Constant(&attr));
    std::string name = getResourceName(attr).str();
    name = (name.empty() ? "weights" : name) + ".packed";
    OpBuilder builder(op);
    SmallVector<int32_t> sums;
    if (op.getCorrection())
      sums.resize(loops.batches.size() * loops.panels * loops.width);
    auto type = cast<RankedTensorType>(op.getPacked().getType());
    Value packed = createConstantTensor(
        builder, op.getLoc(), type, name, [&](MutableArrayRef<char> buffer) {
          MLIRContext *context = &getContext();
          int32_t *correction = op.getCorrection() ? sums.data() : nullptr;
          bool isUnsigned = op.getRhsUnsigned();
          DotKind dot = op.getSchedule().getDot();
          // What the instruction reads on the left is 128 too large, or too
          // small.
          int32_t factor =
              readsUnsignedLhs(dot, isUnsigned).value_or(false) ? -128 : 128;
          if (type.getElementType().isF32())
            pack<float>(context, loops, *source, buffer);
          else if (type.getElementType().isInteger(16))
            pack<int16_t>(context, loops, *source, buffer);
          else if (isUnsigned)
            pack<uint8_t>(context, loops, *source, buffer, correction, factor);
          else
            pack<int8_t>(context, loops, *source, buffer, correction, factor);
        });
    SmallVector<Value> results = {packed};
    if (op.getCorrection())
      results.push_back(createConstantTensor(
          builder, op.getLoc(),
          cast<RankedTensorType>(op.getCorrection().getType()),
          name + ".correction", [&](MutableArrayRef<char> buffer) {
            std::memcpy(buffer.data(), sums.data(), buffer.size());
          }));
    op->replaceAllUsesWith(results);
    op->erase();
  }
};

} // namespace

/// The initial value of each column where it is known and depends on nothing
/// else.
static std::optional<SmallVector<int32_t>> getColumnInit(ContractOp op) {
  Value init = op.getInit();
  int64_t n = op.getNDim(), columns = op.getBounds()[n];
  APInt scalar;
  if (auto elements = init.getDefiningOp<tensor::FromElementsOp>())
    if (elements.getType().getRank() == 0 &&
        matchPattern(elements.getElements()[0], m_ConstantInt(&scalar)))
      return SmallVector<int32_t>(columns, int32_t(scalar.getSExtValue()));
  std::optional<ConstantTensor> constant = ConstantTensor::get(init);
  AffineMap map = op.getInitMap();
  if (!constant || map.getNumResults() != 1 ||
      map.getResult(0) != getAffineDimExpr(n, op.getContext()))
    return std::nullopt;
  ArrayRef<int32_t> values = constant->getAs<int32_t>();
  if (int64_t(values.size()) != columns)
    return std::nullopt;
  return SmallVector<int32_t>(values);
}

void CodegenCPUPackPass::foldInit(ContractOp op) {
  if (!op.getInit() || !op.getCorrection() || op.getNumBatch() != 0)
    return;
  std::optional<SmallVector<int32_t>> init = getColumnInit(op);
  std::optional<ConstantTensor> correction =
      ConstantTensor::get(op.getCorrection());
  if (!init || !correction)
    return;
  SmallVector<int32_t> sums(correction->getAs<int32_t>());
  for (auto [sum, value] : llvm::zip(sums, *init))
    sum = int32_t(uint32_t(sum) + uint32_t(value));
  OpBuilder builder(op);
  Value folded = createConstantTensor(
      builder, op.getLoc(), correction->getType(), "init",
      [&](MutableArrayRef<char> buffer) {
        std::memcpy(buffer.data(), sums.data(), buffer.size());
      });
  SmallVector<Attribute> maps(op.getMaps().getValue());
  maps.erase(maps.begin() + 1);
  op.setMapsAttr(builder.getArrayAttr(maps));
  op.getInitMutable().clear();
  op.getCorrectionMutable().assign(folded);
}
