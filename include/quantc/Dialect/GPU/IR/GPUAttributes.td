//===- GPUAttributes.td - schedules of GPU kernels -*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_GPU_IR_GPUATTRIBUTES_TD
#define QUANTC_DIALECT_GPU_IR_GPUATTRIBUTES_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "quantc/Dialect/GPU/IR/GPUDialect.td"

class GPU_Attr<string name, string attrMnemonic> : AttrDef<GPU_Dialect, name> {
  let mnemonic = attrMnemonic;
}

class GPU_Enum<string name, string summary, list<I32EnumAttrCase> cases>
    : I32EnumAttr<name, summary, cases> {
  let cppNamespace = "::quantc::nvvm";
  let genSpecializedAttr = 0;
}

def GPU_Unit : GPU_Enum<"Unit", "what multiplies and adds", [
  /// Tensor cores: mma.sync on 8-bit integers, f16, bf16 and f8.
  I32EnumAttrCase<"MMA", 0, "mma">,
  /// One fused multiply-add per product, in order of k: f32 exactly as written.
  I32EnumAttrCase<"FMA", 1, "fma">,
  /// Lanes share k, without shared memory, by dp4a (four products of bytes) or by
  /// fused multiply-adds in f32: for a few rows, where reading the right operand is
  /// all there is to do.
  I32EnumAttrCase<"DOT", 2, "dot">]>;

def GPU_ScheduleAttr : GPU_Attr<"Schedule", "schedule"> {
  let summary = "the tiles of a contraction kernel";
  let description = [{
    A CTA computes a `tile` of M x N elements and advances over K by the third
    number. Its `warps` divide the tile in M and N; a warp's part is made of 16
    rows and 8 columns, of which the columns are a power of two up to 64. K is
    read `stages` - 1 tiles ahead. With `split_k` > 1 that many CTAs share the
    sum of one tile. Registers and shared memory are planned for `ctas` of them
    on a multiprocessor at once; without it for one.

    With `dot`, a warp computes up to 4 rows and 8 columns: its lanes share k, 16
    bytes each at a time, which is a tile of 512 bytes along k.

    On a linalg op, under the name `qnn_gpu.schedule`, it overrides what
    `codegen-nvvm-form-kernels` would choose.

    ```mlir
    #qnn_gpu.schedule<mma, tile = [128, 128, 64], warps = [2, 2], stages = 3, split_k = 1, ctas = 2>
    ```
  }];
  let parameters = (ins EnumParameter<GPU_Unit>:$unit,
                        ArrayRefParameter<"int64_t", "M, N and K of a CTA">:$tile,
                        ArrayRefParameter<"int64_t", "warps along M and N">:$warps,
                        "int64_t":$stages, "int64_t":$split_k,
                        DefaultValuedParameter<"int64_t", "1", "CTAs of a multiprocessor">:$ctas);
  let assemblyFormat = [{
    `<` $unit `,` `tile` `=` `[` $tile `]` `,` `warps` `=` `[` $warps `]` `,`
        `stages` `=` $stages `,` `split_k` `=` $split_k (`,` `ctas` `=` $ctas^)? `>`
  }];
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    int64_t getNumWarps() const { return getWarps()[0] * getWarps()[1]; }
    int64_t getNumThreads() const { return 32 * getNumWarps(); }
    /// Rows and columns of the accumulator that one thread holds.
    int64_t getThreadRows() const { return getTile()[0] / (isDot() ? 1 : 8 * getWarps()[0]); }
    int64_t getThreadColumns() const { return getTile()[1] / getWarps()[1] / (isDot() ? 1 : 4); }
    bool isDot() const { return getUnit() == Unit::DOT; }
    /// The same schedule but for one part of it.
    ScheduleAttr withTile(::llvm::ArrayRef<int64_t> tile) const;
    ScheduleAttr withCTAs(int64_t ctas) const;
    /// Bytes of shared memory that all stages take, for elements of
    /// `elementBytes`.
    int64_t getSharedBytes(int64_t elementBytes) const {
      return isDot() ? 0 : getStages() * (getTile()[0] + getTile()[1]) * getTile()[2] * elementBytes;
    }
  }];
}

def GPU_SpaceAttr : GPU_Attr<"Space", "space"> {
  let summary = "the iteration space of a contraction";
  let description = [{
    The extents of the dimensions (batch..., m..., n, k...). `lhs` is indexed by
    batch, m and k, `rhs` by batch, n and k.

    ```mlir
    #qnn_gpu.space<batch = [12], m = [128], n = 128, k = [64]>
    ```
  }];
  let parameters = (ins OptionalArrayRefParameter<"int64_t">:$batch, OptionalArrayRefParameter<"int64_t">:$m,
                        "int64_t":$n, ArrayRefParameter<"int64_t">:$k);
  let assemblyFormat = [{
    `<` `batch` `=` `[` (`]`) : ($batch^ `]`)? `,` `m` `=` `[` (`]`) : ($m^ `]`)? `,`
        `n` `=` $n `,` `k` `=` `[` $k `]` `>`
  }];
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// All extents, in order.
    ::llvm::SmallVector<int64_t> getBounds() const;
    unsigned getNumBatch() const { return getBatch().size(); }
    /// Position of n; k starts behind it.
    unsigned getNDim() const { return getBatch().size() + getM().size(); }
    unsigned getNumDims() const { return getNDim() + 1 + getK().size(); }
    int64_t getBatchSize() const;
    int64_t getMSize() const;
    int64_t getKSize() const;
  }];
}

#endif // QUANTC_DIALECT_GPU_IR_GPUATTRIBUTES_TD
