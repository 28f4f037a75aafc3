//===- GPUOps.td - operations of the qnn_gpu dialect -*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_GPU_IR_GPUOPS_TD
#define QUANTC_DIALECT_GPU_IR_GPUOPS_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/CommonTypeConstraints.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/DestinationStyleOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "quantc/Dialect/GPU/IR/GPUAttributes.td"

class GPU_Op<string mnemonic, list<Trait> traits = []> : Op<GPU_Dialect, mnemonic, traits>;

def GPU_Shaped : AnyTypeOf<[StaticShapeTensorOf<[AnyType]>, StaticShapeMemRefOf<[AnyType]>]>;
def GPU_Operand : AnyTypeOf<[StaticShapeTensorOf<[I8, F16, BF16, F32]>,
                             StaticShapeMemRefOf<[I8, F16, BF16, F32]>]>;
def GPU_Accumulator : AnyTypeOf<[StaticShapeTensorOf<[I32, F32]>, StaticShapeMemRefOf<[I32, F32]>]>;
def GPU_Sums : AnyTypeOf<[StaticShapeTensorOf<[I32]>, StaticShapeMemRefOf<[I32]>]>;
def GPU_Tile : MemRefRankOf<[I8, F16, BF16, F32], [2]>;
def GPU_Scales : AnyTypeOf<[StaticShapeTensorOf<[F16]>, StaticShapeMemRefOf<[F16]>]>;
def GPU_Fragment : FixedVectorOfRankAndType<[2], [I32, F32]>;

//===----------------------------------------------------------------------===//
// A whole kernel
//===----------------------------------------------------------------------===//

def GPU_ContractOp : GPU_Op<"contract", [AttrSizedOperandSegments, SingleBlock, DestinationStyleOpInterface,
    DeclareOpInterfaceMethods<MemoryEffectsOpInterface>]> {
  let summary = "a contraction and its epilogue";
  let description = [{
    The iteration space is (batch..., m..., n, k...); `maps` leads from it to the
    elements of `lhs`, `rhs`, `init` if there is one, `captures`, `dest` and
    `sums` if there are any, in this order. For all (batch, m, n):

        acc = init[...] + sum over k of lhs * rhs
        dest[...] = epilogue(acc, captures[...]...)

    in i32 with wrap-around or in f32. Bytes are signed integers unless
    `lhs_format` or `rhs_format` says otherwise: ui8, f8E4M3FN or f8E5M2. Maps may add dimensions (y + ky), which makes
    the op a convolution.

    With `scales`, the right operand is integers of four bits (`rhs_format =
    i4`), two a byte, that stand for `scale (q - z)` in f16. `rhs` has a row for
    each n and `scales` a pair, scale and 1032 + z, for each block of k and n, both
    in the order that the schedule's threads read them (docs/codegen-nvvm.md); rows
    are added up to a whole number of tiles. The map of `rhs` then is that of
    its rows, (n, k).

    With `sums`, the epilogue yields a second value, an i32, that is added to
    what `sums` holds, for all n.

    ```mlir
    %r = qnn_gpu.contract lhs(%a : tensor<128x768xi8>) rhs(%w : tensor<3072x768xi8>)
        captures(%scale : tensor<3072xf32>) outs(%d : tensor<128x3072xi8>)
        attributes {maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>,
                            affine_map<(m, n, k) -> (n)>, affine_map<(m, n, k) -> (m, n)>],
                    space = #qnn_gpu.space<batch = [], m = [128], n = 3072, k = [768]>,
                    schedule = #schedule} {
    ^bb0(%acc: i32, %s: f32):
      ...
      qnn_gpu.yield %q : i8
    } -> tensor<128x3072xi8>
    ```
  }];
  let arguments = (ins GPU_Operand:$lhs, GPU_Operand:$rhs, Optional<GPU_Scales>:$scales,
                       Optional<GPU_Accumulator>:$init, Variadic<GPU_Shaped>:$captures, GPU_Shaped:$dest, Optional<GPU_Sums>:$sums,
                       AffineMapArrayAttr:$maps, GPU_SpaceAttr:$space, OptionalAttr<TypeAttr>:$lhs_format,
                       OptionalAttr<TypeAttr>:$rhs_format, GPU_ScheduleAttr:$schedule);
  let regions = (region SizedRegion<1>:$epilogue);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = [{
    `lhs` `(` $lhs `:` type($lhs) `)` `rhs` `(` $rhs `:` type($rhs) `)`
    (`scales` `(` $scales^ `:` type($scales) `)`)?
    (`init` `(` $init^ `:` type($init) `)`)?
    (`captures` `(` $captures^ `:` type($captures) `)`)?
    `outs` `(` $dest `:` type($dest) `)` (`sums` `(` $sums^ `:` type($sums) `)`)?
    attr-dict-with-keyword $epilogue (`->` type($results)^)?
  }];
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
  let extraClassDeclaration = [{
    /// The tile of k for a right operand of four bits: 128 bytes of f16.
    static constexpr int64_t kInt4TileK = 64;

    ::mlir::MutableOperandRange getDpsInitsMutable();
    ::mlir::Type getAccumulatorType();
    /// What the elements of an operand stand for.
    ::mlir::Type getLhsElement() { return getElement(getLhs(), getLhsFormat()); }
    ::mlir::Type getRhsElement() { return getElement(getRhs(), getRhsFormat()); }
    ::mlir::AffineMap getLhsMap() { return getMap(0); }
    ::mlir::AffineMap getRhsMap() { return getMap(1); }
    ::mlir::AffineMap getInitMap() { return getMap(2); }
    ::mlir::AffineMap getCaptureMap(unsigned i) { return getMap((getInit() ? 3 : 2) + i); }
    ::mlir::AffineMap getDestMap() { return getMap(getMaps().size() - (getSums() ? 2 : 1)); }
    ::mlir::AffineMap getSumsMap() { return getMap(getMaps().size() - 1); }

  private:
    ::mlir::AffineMap getMap(unsigned i) {
      return ::llvm::cast<::mlir::AffineMapAttr>(getMaps()[i]).getValue();
    }

  public:
  }];
}

def GPU_YieldOp : GPU_Op<"yield", [Pure, ReturnLike, Terminator,
    ParentOneOf<["ContractOp", "StoreTileOp"]>]> {
  let summary = "the element that an epilogue stores, and what it adds to sums";
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "$values attr-dict `:` type($values)";
}

//===----------------------------------------------------------------------===//
// What a CTA does
//===----------------------------------------------------------------------===//

def GPU_OccupancyOp : GPU_Op<"occupancy"> {
  let summary = "how many CTAs of a kernel a multiprocessor has at once";
  let description = [{
    A multiprocessor has to have room for `ctas` CTAs of the kernel that the op is
    in: registers are given to threads accordingly. `codegen-nvvm-finalize-kernels`
    makes an attribute of the kernel of it, `.minnctapersm` of PTX.

    ```mlir
    gpu.launch ... {
      qnn_gpu.occupancy 2
      ...
    }
    ```
  }];
  let arguments = (ins ConfinedAttr<I64Attr, [IntPositive]>:$ctas);
  let assemblyFormat = "$ctas attr-dict";
}

def GPU_LoadTileOp : GPU_Op<"load_tile", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "start copying a tile of an operand into shared memory";
  let description = [{
    Copies the elements of `source` for the rows (m of the left operand, n of the
    right one) from `row` on and for k from `k` on, as many as `tile` has, in the
    batch `batch`. What lies outside of the iteration space is zero. m and k
    count all dimensions of their kind as one. With `packed`, an element of the
    source holds two of k, and `space`, `schedule` and the tile count elements of
    the source.

    The copy is complete and visible after `nvgpu.device_async_wait` and a
    barrier. Within a row of the tile the order of 16-byte chunks is the
    lowering's business (docs/codegen-nvvm.md).

    ```mlir
    qnn_gpu.load_tile lhs %a[%batch, %m, %k] to %tile
        {map = affine_map<(m, n, k) -> (m, k)>, space = #space, schedule = #schedule}
        : memref<128x768xi8>, memref<128x64xi8, #gpu.address_space<workgroup>>
    ```
  }];
  let arguments = (ins GPU_Operand:$source, Index:$batch, Index:$row, Index:$k, GPU_Tile:$tile,
                       UnitAttr:$rhs, UnitAttr:$packed, AffineMapAttr:$map, GPU_SpaceAttr:$space,
                       GPU_ScheduleAttr:$schedule);
  let assemblyFormat = [{
    (`rhs` $rhs^) : (`lhs`)? $source `[` $batch `,` $row `,` $k `]` `to` $tile attr-dict `:` type($source) `,` type($tile)
  }];
  let hasVerifier = 1;
}

def GPU_LoadScalesOp : GPU_Op<"load_scales", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "start copying the scales of a tile into shared memory";
  let description = [{
    Copies the pairs of `source`, those of `qnn_gpu.contract`, for the columns from
    `n` on and the block of `block` elements that `k` is in, as `qnn_gpu.load_tile`
    copies the elements that they belong to.

    ```mlir
    qnn_gpu.load_scales %s[%n, %k] to %tile {block = 128 : i64, schedule = #schedule}
        : memref<8x512x2xf16>, memref<64x2xf16, #gpu.address_space<workgroup>>
    ```
  }];
  let arguments = (ins GPU_Scales:$source, Index:$n, Index:$k, GPU_Tile:$tile, I64Attr:$block,
                       GPU_ScheduleAttr:$schedule);
  let assemblyFormat = [{
    $source `[` $n `,` $k `]` `to` $tile attr-dict `:` type($source) `,` type($tile)
  }];
  let hasVerifier = 1;
}

def GPU_InitTileOp : GPU_Op<"init_tile", [MemoryEffects<[MemRead]>]> {
  let summary = "the accumulators that a thread starts with";
  let description = [{
    The elements of `init` for a thread's part of the tile at (`batch`, `m`,
    `n`), or zero without `init`.
  }];
  let arguments = (ins Optional<GPU_Accumulator>:$init, Index:$batch, Index:$m, Index:$n,
                       OptionalAttr<AffineMapAttr>:$map, GPU_SpaceAttr:$space, GPU_ScheduleAttr:$schedule);
  let results = (outs GPU_Fragment:$result);
  let assemblyFormat = [{
    ($init^ `:` type($init))? `[` $batch `,` $m `,` $n `]` attr-dict `->` type($result)
  }];
  let hasVerifier = 1;
}

def GPU_MultiplyTileOp : GPU_Op<"multiply_tile", [MemoryEffects<[MemRead]>,
    AllTypesMatch<["accumulators", "result"]>]> {
  let summary = "multiply two tiles and add to the accumulators";
  let description = [{
    `lhs` has the rows of a tile, `rhs` its columns; both go along k. A thread
    holds the accumulators of the rows and columns that docs/codegen-nvvm.md
    draws. Formats are those of `qnn_gpu.contract`; `scales` is a tile of its own,
    with the pair of each column.
  }];
  let arguments = (ins GPU_Tile:$lhs, GPU_Tile:$rhs, GPU_Fragment:$accumulators, Optional<GPU_Tile>:$scales,
                       OptionalAttr<TypeAttr>:$lhs_format, OptionalAttr<TypeAttr>:$rhs_format,
                       GPU_ScheduleAttr:$schedule);
  let results = (outs GPU_Fragment:$result);
  let extraClassDeclaration = [{
    /// What the elements of a tile stand for.
    ::mlir::Type getLhsElement() { return getElement(getLhs(), getLhsFormat()); }
    ::mlir::Type getRhsElement() { return getElement(getRhs(), getRhsFormat()); }
  }];
  let assemblyFormat = [{
    $lhs `,` $rhs `,` $accumulators (`scales` `(` $scales^ `:` type($scales) `)`)?
    attr-dict `:` type($lhs) `,` type($rhs) `,` type($result)
  }];
  let hasVerifier = 1;
}

def GPU_DotTileOp : GPU_Op<"dot_tile", [MemoryEffects<[MemRead]>,
    AllTypesMatch<["accumulators", "result"]>]> {
  let summary = "multiply a few rows by columns, straight from memory";
  let description = [{
    All of the sum over k for the rows from `m` and the columns from `n` on, added
    to the accumulators. For schedules of `dot`; formats and maps are those of
    `qnn_gpu.contract`. Every lane of a warp has the sums afterwards.
  }];
  let arguments = (ins GPU_Operand:$lhs, GPU_Operand:$rhs, Index:$batch, Index:$m, Index:$n,
                       GPU_Fragment:$accumulators, AffineMapAttr:$lhs_map, AffineMapAttr:$rhs_map,
                       OptionalAttr<TypeAttr>:$lhs_format, OptionalAttr<TypeAttr>:$rhs_format,
                       GPU_SpaceAttr:$space, GPU_ScheduleAttr:$schedule);
  let results = (outs GPU_Fragment:$result);
  let extraClassDeclaration = [{
    /// What the elements of an operand stand for.
    ::mlir::Type getLhsElement() { return getElement(getLhs(), getLhsFormat()); }
    ::mlir::Type getRhsElement() { return getElement(getRhs(), getRhsFormat()); }
  }];
  let assemblyFormat = [{
    $lhs `,` $rhs `[` $batch `,` $m `,` $n `]` `,` $accumulators attr-dict
    `:` type($lhs) `,` type($rhs) `,` type($result)
  }];
  let hasVerifier = 1;
}

def GPU_StoreTileOp : GPU_Op<"store_tile", [AttrSizedOperandSegments, SingleBlock,
    MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "store what the epilogue makes of the accumulators";
  let description = [{
    `maps` leads to the elements of `captures`, `dest` and `sums`, as those of
    `qnn_gpu.contract` do; nothing is stored outside of the iteration space.
  }];
  let arguments = (ins GPU_Fragment:$accumulators, Index:$batch, Index:$m, Index:$n,
                       Variadic<GPU_Shaped>:$captures, GPU_Shaped:$dest, Optional<GPU_Sums>:$sums,
                       AffineMapArrayAttr:$maps, GPU_SpaceAttr:$space, GPU_ScheduleAttr:$schedule);
  let regions = (region SizedRegion<1>:$epilogue);
  let assemblyFormat = [{
    $accumulators `:` type($accumulators) `[` $batch `,` $m `,` $n `]`
    (`captures` `(` $captures^ `:` type($captures) `)`)?
    `outs` `(` $dest `:` type($dest) `)` (`sums` `(` $sums^ `:` type($sums) `)`)?
    attr-dict-with-keyword $epilogue
  }];
  let hasVerifier = 1;
}

#endif // QUANTC_DIALECT_GPU_IR_GPUOPS_TD
