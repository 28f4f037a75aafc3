//===- Tile.cpp - a CTA for every tile of a contraction -------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Codegen/Contraction/IndexArithmetic.h"
#include "quantc/Codegen/NVVM/Passes.h"
#include "quantc/Dialect/GPU/IR/GPUOps.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace quantc::nvvm {
#define GEN_PASS_DEF_CODEGENNVVMTILEPASS
#include "quantc/Codegen/NVVM/Passes.h.inc"
} // namespace quantc::nvvm

using namespace mlir;
using namespace quantc;
using namespace quantc::nvvm;

namespace {

/// Emits the launches of one contraction.
class ContractTiling {
public:
  explicit ContractTiling(ContractOp op)
      : op(op), space(op.getSpace()), loc(op.getLoc()), builder(op),
        index(builder, loc) {
    setSchedule(op.getSchedule());
  }

  LogicalResult run();

private:
  void setSchedule(ScheduleAttr newSchedule) {
    schedule = newSchedule;
    fragment =
        VectorType::get({schedule.getThreadRows(), schedule.getThreadColumns()},
                        op.getAccumulatorType());
  }
  void emitWhole();
  void emitSplit();
  gpu::LaunchOp createLaunch(StringRef name, int64_t splits,
                             int64_t sharedBytes);
  int64_t getStageBytes();
  Value createTile(Value shared, int64_t offset, int64_t rows, int64_t k,
                   Type element);
  void loadRight(Value k, Value tile);
  Value emitInit();
  Value emitSum(Value accumulators, Value from, Value to);
  void emitEpilogue(Value accumulators);

  ContractOp op;
  SpaceAttr space;
  ScheduleAttr schedule;
  Location loc;
  OpBuilder builder;
  IndexArithmetic index;
  VectorType fragment;
  /// Of the CTA's tile.
  Value batch, m, n;
};

} // namespace

static Type getElementType(Value value) {
  return cast<ShapedType>(value.getType()).getElementType();
}

int64_t ContractTiling::getStageBytes() {
  int64_t bits = getElementType(op.getLhs()).getIntOrFloatBitWidth();
  return schedule.getSharedBytes(bits / 8) / schedule.getStages();
}

gpu::LaunchOp ContractTiling::createLaunch(StringRef name, int64_t splits,
                                           int64_t sharedBytes) {
  // The number of CTAs in x is limited by 2^31, in y by 65535.
  int64_t tilesM = llvm::divideCeil(space.getMSize(), schedule.getTile()[0]);
  int64_t tilesN = llvm::divideCeil(space.getN(), schedule.getTile()[1]);
  Value one = index.constant(1);
  Value shared = arith::ConstantIntOp::create(builder, loc, sharedBytes, 32);
  auto launch = gpu::LaunchOp::create(
      builder, loc, index.constant(space.getBatchSize() * tilesM),
      index.constant(tilesN), index.constant(splits),
      index.constant(schedule.getNumThreads()), one, one, shared,
      /*asyncTokenType=*/Type(), /*asyncDependencies=*/{},
      /*workgroupAttributions=*/{}, /*privateAttributions=*/{},
      /*clusterSizeX=*/Value(), /*clusterSizeY=*/Value(),
      /*clusterSizeZ=*/Value(),
      FlatSymbolRefAttr::get(builder.getContext(), "kernels"),
      FlatSymbolRefAttr::get(builder.getContext(), name));
  builder.setInsertionPointToStart(&launch.getBody().front());
  OccupancyOp::create(builder, loc, schedule.getCtas());
  Value x = launch.getBlockIds().x;
  if (space.getBatchSize() > 1) {
    batch = index.div(x, tilesM);
    x = index.rem(x, tilesM);
  } else {
    batch = index.constant(0);
  }
  m = tilesM > 1 ? index.mul(x, schedule.getTile()[0]) : index.constant(0);
  n = tilesN > 1 ? index.mul(launch.getBlockIds().y, schedule.getTile()[1])
                 : index.constant(0);
  return launch;
}

Value ContractTiling::createTile(Value shared, int64_t offset, int64_t rows,
                                 int64_t k, Type element) {
  auto type =
      MemRefType::get({rows, k}, element, MemRefLayoutAttrInterface(),
                      cast<MemRefType>(shared.getType()).getMemorySpace());
  return memref::ViewOp::create(builder, loc, type, shared,
                                index.constant(offset), ValueRange());
}

Value ContractTiling::emitInit() {
  AffineMapAttr map;
  if (op.getInit())
    map = AffineMapAttr::get(op.getInitMap());
  return InitTileOp::create(builder, loc, fragment, op.getInit(), batch, m, n,
                            map, space, schedule);
}

/// Four-bit elements are loaded as the bytes that hold two of them, in rows
/// that fill whole tiles.
void ContractTiling::loadRight(Value k, Value tile) {
  SpaceAttr rows = space;
  ScheduleAttr rowSchedule = schedule;
  AffineMap map = op.getRhsMap();
  if (op.getScales()) {
    ArrayRef<int64_t> shape =
        cast<ShapedType>(op.getRhs().getType()).getShape();
    rows = SpaceAttr::get(builder.getContext(), {}, {}, shape[0], shape[1]);
    rowSchedule = getPackedSchedule(schedule);
    map = builder.getMultiDimIdentityMap(2);
  }
  LoadTileOp::create(builder, loc, op.getRhs(), batch, n, k, tile,
                     builder.getUnitAttr(),
                     op.getScales() ? builder.getUnitAttr() : UnitAttr(),
                     AffineMapAttr::get(map), rows, rowSchedule);
}

/// Adds the products of all k from `from` to `to`.
Value ContractTiling::emitSum(Value accumulators, Value from, Value to) {
  auto workgroup = gpu::AddressSpaceAttr::get(builder.getContext(),
                                              gpu::AddressSpace::Workgroup);
  Value shared = gpu::DynamicSharedMemoryOp::create(
      builder, loc,
      MemRefType::get({ShapedType::kDynamic}, builder.getI8Type(),
                      MemRefLayoutAttrInterface(), workgroup));
  ArrayRef<int64_t> tile = schedule.getTile();
  Type element = getElementType(op.getLhs());
  Value lhsTile = createTile(shared, 0, tile[0], tile[2], element);
  Value rhsTile = createTile(
      shared, tile[0] * tile[2] * (element.getIntOrFloatBitWidth() / 8),
      tile[1], op.getScales() ? tile[2] / 2 : tile[2],
      getElementType(op.getRhs()));
  Value scalesTile;
  if (op.getScales())
    scalesTile = createTile(shared, (tile[0] * 2 + tile[1] / 2) * tile[2],
                            tile[1], 2, builder.getF16Type());
  auto loop = scf::ForOp::create(builder, loc, from, to,
                                 index.constant(tile[2]), accumulators);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  Value k = loop.getInductionVar();
  LoadTileOp::create(builder, loc, op.getLhs(), batch, m, k, lhsTile,
                     /*rhs=*/UnitAttr(), /*packed=*/UnitAttr(),
                     AffineMapAttr::get(op.getLhsMap()), space, schedule);
  loadRight(k, rhsTile);
  if (Value scales = op.getScales()) {
    int64_t blocks = cast<ShapedType>(scales.getType()).getDimSize(0);
    LoadScalesOp::create(builder, loc, scales, n, k, scalesTile,
                         space.getKSize() / blocks, schedule);
  }
  NVVM::CpAsyncCommitGroupOp::create(builder, loc);
  NVVM::CpAsyncWaitGroupOp::create(builder, loc, 0);
  gpu::BarrierOp::create(builder, loc);
  Value next = MultiplyTileOp::create(
      builder, loc, fragment, lhsTile, rhsTile, loop.getRegionIterArg(0),
      scalesTile, op.getLhsFormatAttr(), op.getRhsFormatAttr(), schedule);
  gpu::BarrierOp::create(builder, loc);
  scf::YieldOp::create(builder, loc, next);
  return loop.getResult(0);
}

void ContractTiling::emitEpilogue(Value accumulators) {
  unsigned firstMap = op.getInit() ? 3 : 2;
  auto store = StoreTileOp::create(
      builder, loc, accumulators, batch, m, n, op.getCaptures(), op.getDest(),
      op.getSums(),
      builder.getArrayAttr(op.getMaps().getValue().drop_front(firstMap)), space,
      schedule);
  store.getEpilogue().takeBody(op.getEpilogue());
  gpu::TerminatorOp::create(builder, loc);
}

void ContractTiling::emitWhole() {
  createLaunch("contract", 1, getStageBytes());
  if (schedule.isDot()) {
    Value sum = DotTileOp::create(
        builder, loc, fragment, op.getLhs(), op.getRhs(), batch, m, n,
        emitInit(), AffineMapAttr::get(op.getLhsMap()),
        AffineMapAttr::get(op.getRhsMap()), op.getLhsFormatAttr(),
        op.getRhsFormatAttr(), space, schedule);
    return emitEpilogue(sum);
  }
  Value sum =
      emitSum(emitInit(), index.constant(0), index.constant(space.getKSize()));
  emitEpilogue(sum);
}

/// Of the kernel that adds parts of k, which reads and writes: threads with two
/// rows of four columns, 16 bytes, and as many of them as there can be.
static ScheduleAttr getSumSchedule(MLIRContext *context) {
  return ScheduleAttr::get(context, Unit::MMA, /*tile=*/{16, 64, 64},
                           /*warps=*/{1, 4}, /*stages=*/1, /*split_k=*/1,
                           /*ctas=*/8);
}

/// One launch stores the sums over parts of k, another one adds them, in order,
/// and has the epilogue.
void ContractTiling::emitSplit() {
  int64_t splits = schedule.getSplitK(), tileK = schedule.getTile()[2];
  SmallVector<int64_t> batches = {splits};
  llvm::append_range(batches, space.getBatch());
  auto splitSpace = SpaceAttr::get(builder.getContext(), batches, space.getM(),
                                   space.getN(), space.getK());
  SmallVector<int64_t> shape = splitSpace.getBounds();
  shape.resize(splitSpace.getNDim() + 1);
  AffineMap map = AffineMap::getMultiDimIdentityMap(splitSpace.getNumDims(),
                                                    builder.getContext())
                      .getMajorSubMap(shape.size());
  Value partial = memref::AllocOp::create(
      builder, loc, MemRefType::get(shape, op.getAccumulatorType()));
  auto getBatch = [&](Value split) {
    return index.add(index.mul(split, space.getBatchSize()), batch);
  };

  auto launch = createLaunch("contract_part", splits, getStageBytes());
  int64_t steps = llvm::divideCeil(space.getKSize(), tileK);
  int64_t extent = llvm::divideCeil(steps, splits) * tileK;
  Value split = launch.getBlockIds().z;
  Value from = index.mul(split, extent);
  // Parts of the same length have a number of steps that is known.
  Value to = index.add(from, extent);
  if (steps % splits != 0)
    to = arith::MinUIOp::create(builder, loc, to,
                                index.constant(space.getKSize()));
  Value zero = InitTileOp::create(builder, loc, fragment, Value(), batch, m, n,
                                  AffineMapAttr(), space, schedule);
  Value sum = emitSum(zero, from, to);
  auto store = StoreTileOp::create(
      builder, loc, sum, getBatch(split), m, n, ValueRange(), partial, Value(),
      builder.getAffineMapArrayAttr(map), splitSpace, schedule);
  Block &body = store.getEpilogue().emplaceBlock();
  Value accumulator = body.addArgument(op.getAccumulatorType(), loc);
  gpu::TerminatorOp::create(builder, loc);
  builder.setInsertionPointToEnd(&body);
  YieldOp::create(builder, loc, accumulator);

  builder.setInsertionPointAfter(launch);
  setSchedule(getSumSchedule(builder.getContext()));
  createLaunch("contract_sum", 1, 0);
  sum = emitInit();
  for (int64_t part = 0; part < splits; ++part) {
    Value addend = InitTileOp::create(
        builder, loc, fragment, partial, getBatch(index.constant(part)), m, n,
        AffineMapAttr::get(map), splitSpace, schedule);
    if (isa<IntegerType>(op.getAccumulatorType()))
      sum = arith::AddIOp::create(builder, loc, sum, addend);
    else
      sum = arith::AddFOp::create(builder, loc, sum, addend);
  }
  emitEpilogue(sum);
}

LogicalResult ContractTiling::run() {
  for (Value operand : op->getOperands())
    if (!isa<MemRefType>(operand.getType()))
      return op.emitOpError() << "expected memrefs: bufferize first";
  int64_t tilesN = llvm::divideCeil(space.getN(), schedule.getTile()[1]);
  if (tilesN > 65535)
    return op.emitOpError()
           << "expected at most 65535 tiles along n, but got " << tilesN;
  int64_t tilesM = llvm::divideCeil(space.getMSize(), schedule.getTile()[0]);
  if (tilesM * space.getBatchSize() > std::numeric_limits<int32_t>::max())
    return op.emitOpError()
           << "expected at most 2147483647 tiles along batch and m, but got "
           << tilesM * space.getBatchSize();
  if (schedule.getSplitK() > 1)
    emitSplit();
  else
    emitWhole();
  return success();
}

namespace {

class CodegenNVVMTilePass
    : public quantc::nvvm::impl::CodegenNVVMTilePassBase<CodegenNVVMTilePass> {
public:
  using Base::Base;

  void runOnOperation() override {
    SmallVector<ContractOp> ops;
    getOperation().walk([&](ContractOp op) { ops.push_back(op); });
    for (ContractOp op : ops) {
      if (failed(ContractTiling(op).run()))
        return signalPassFailure();
      op.erase();
    }
  }
};

} // namespace
