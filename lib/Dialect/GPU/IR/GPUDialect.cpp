//===- GPUDialect.cpp - the qnn_gpu dialect and its attributes ------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Dialect/GPU/IR/GPUDialect.h"
#include "quantc/Dialect/GPU/IR/GPUOps.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace quantc::nvvm;

#include "quantc/Dialect/GPU/IR/GPUDialect.cpp.inc"
#include "quantc/Dialect/GPU/IR/GPUEnums.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "quantc/Dialect/GPU/IR/GPUAttributes.cpp.inc"

void GPUDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "quantc/Dialect/GPU/IR/GPUAttributes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "quantc/Dialect/GPU/IR/GPUOps.cpp.inc"
      >();
}

LogicalResult GPUDialect::verifyOperationAttribute(Operation *op,
                                                   NamedAttribute attribute) {
  if (attribute.getName() == kScheduleAttrName &&
      !isa<ScheduleAttr>(attribute.getValue()))
    return op->emitError() << "expected '" << kScheduleAttrName
                           << "' to be a #qnn_gpu.schedule, but got "
                           << attribute.getValue();
  return success();
}

//===----------------------------------------------------------------------===//
// ScheduleAttr
//===----------------------------------------------------------------------===//

static LogicalResult verifyDot(function_ref<InFlightDiagnostic()> emitError,
                               ArrayRef<int64_t> tile, ArrayRef<int64_t> warps,
                               int64_t stages, int64_t splitK) {
  if (warps[0] != 1 || warps[1] > 16)
    return emitError() << "expected 1 x 1 to 1 x 16 warps for dot, but got ["
                       << warps << "]";
  if (tile[0] < 1 || tile[0] > 4)
    return emitError() << "expected 1 to 4 rows for dot, but got " << tile[0];
  int64_t columns = tile[1] / warps[1];
  if (tile[1] < 1 || tile[1] % warps[1] || columns > 8 ||
      !llvm::isPowerOf2_64(columns))
    return emitError() << "expected 1, 2, 4 or 8 columns for each of "
                       << warps[1] << " warps, but got a tile of " << tile[1];
  if (tile[2] != 256 && tile[2] != 512)
    return emitError() << "expected a tile of 256 or 512 elements of k, 16 "
                          "bytes for each lane, for dot, but got "
                       << tile[2];
  if (stages != 1 || splitK != 1)
    return emitError() << "expected one stage and no split of k for dot";
  return success();
}

LogicalResult ScheduleAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                   Unit unit, ArrayRef<int64_t> tile,
                                   ArrayRef<int64_t> warps, int64_t stages,
                                   int64_t splitK, int64_t ctas) {
  if (tile.size() != 3)
    return emitError() << "expected a tile of 3 extents, but got "
                       << tile.size();
  if (warps.size() != 2 || warps[0] < 1 || warps[1] < 1)
    return emitError() << "expected 2 positive numbers of warps, but got ["
                       << warps << "]";
  if (stages < 1 || stages > 8)
    return emitError() << "expected 1 to 8 stages, but got " << stages;
  if (splitK < 1)
    return emitError() << "expected k to be split into at least 1, but got "
                       << splitK;
  if (ctas < 1)
    return emitError()
           << "expected at least 1 CTA on a multiprocessor, but got " << ctas;
  if (unit == Unit::DOT)
    return verifyDot(emitError, tile, warps, stages, splitK);
  if (warps[0] * warps[1] > 16)
    return emitError() << "expected at most 16 warps, but got "
                       << warps[0] * warps[1];
  if (tile[0] < 1 || tile[0] % (16 * warps[0]))
    return emitError() << "expected a tile of a multiple of " << 16 * warps[0]
                       << " rows for " << warps[0] << " warps, but got "
                       << tile[0];
  int64_t columns = tile[1] / warps[1];
  if (tile[1] < 1 || tile[1] % warps[1] || columns < 8 || columns > 64 ||
      !llvm::isPowerOf2_64(columns))
    return emitError() << "expected 8, 16, 32 or 64 columns for each of "
                       << warps[1] << " warps, but got a tile of " << tile[1];
  if (tile[2] < 16 || tile[2] > 256 || !llvm::isPowerOf2_64(tile[2]))
    return emitError() << "expected a tile of 16, 32, 64, 128 or 256 elements "
                          "of k, but got "
                       << tile[2];
  // A thread keeps its accumulators in registers, of which it has 255.
  int64_t accumulators = tile[0] / warps[0] / 8 * columns / 4;
  if (accumulators > 128)
    return emitError() << "expected at most 128 accumulators a thread, but got "
                       << accumulators;
  return success();
}

ScheduleAttr ScheduleAttr::withTile(ArrayRef<int64_t> tile) const {
  return get(getContext(), getUnit(), tile, getWarps(), getStages(),
             getSplitK(), getCtas());
}

ScheduleAttr ScheduleAttr::withCTAs(int64_t ctas) const {
  return get(getContext(), getUnit(), getTile(), getWarps(), getStages(),
             getSplitK(), ctas);
}

//===----------------------------------------------------------------------===//
// SpaceAttr
//===----------------------------------------------------------------------===//

LogicalResult SpaceAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                ArrayRef<int64_t> batch, ArrayRef<int64_t> m,
                                int64_t n, ArrayRef<int64_t> k) {
  auto isPositive = [](int64_t bound) { return bound >= 1; };
  if (!llvm::all_of(batch, isPositive) || !llvm::all_of(m, isPositive) ||
      !isPositive(n) || !llvm::all_of(k, isPositive))
    return emitError() << "expected extents of at least 1";
  if (k.empty())
    return emitError() << "expected at least one k dimension";
  return success();
}

SmallVector<int64_t> SpaceAttr::getBounds() const {
  SmallVector<int64_t> bounds(getBatch());
  llvm::append_range(bounds, getM());
  bounds.push_back(getN());
  llvm::append_range(bounds, getK());
  return bounds;
}

int64_t SpaceAttr::getBatchSize() const { return llvm::product_of(getBatch()); }
int64_t SpaceAttr::getMSize() const { return llvm::product_of(getM()); }
int64_t SpaceAttr::getKSize() const { return llvm::product_of(getK()); }
