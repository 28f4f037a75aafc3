//===- FlatAccess.cpp - memrefs as one row of elements --------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Codegen/Contraction/FlatAccess.h"
#include "quantc/Codegen/Contraction/LinearAccess.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace quantc;

Value quantc::flatten(OpBuilder &builder, Location loc, Value memref) {
  auto type = cast<MemRefType>(memref.getType());
  auto [strides, offset] = type.getStridesAndOffset();
  int64_t span = 1;
  for (auto [size, stride] : llvm::zip_equal(type.getShape(), strides))
    span += (size - 1) * stride;
  if (type.getRank() == 1 && type.getLayout().isIdentity())
    return memref;
  OpFoldResult start = builder.getIndexAttr(offset);
  if (ShapedType::isDynamic(offset))
    start = memref::ExtractStridedMetadataOp::create(builder, loc, memref)
                .getOffset();
  auto layout = StridedLayoutAttr::get(builder.getContext(), offset, {1});
  auto flat =
      MemRefType::get({span}, type.getElementType(),
                      offset == 0 ? MemRefLayoutAttrInterface() : layout,
                      type.getMemorySpace());
  return memref::ReinterpretCastOp::create(
      builder, loc, flat, memref, start,
      ArrayRef<OpFoldResult>{builder.getIndexAttr(span)},
      ArrayRef<OpFoldResult>{builder.getIndexAttr(1)});
}

FailureOr<FlatAccess> quantc::getFlatAccess(OpBuilder &builder, Location loc,
                                            Value memref, AffineMap map) {
  auto strides = getElementStrides(cast<ShapedType>(memref.getType()));
  if (failed(strides))
    return failure();
  auto access = getAccessStrides(map, *strides);
  if (failed(access))
    return failure();
  return FlatAccess{flatten(builder, loc, memref), *access};
}
