//===- CPUOps.td - operations of the qnn_cpu dialect -*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_CPU_IR_CPUOPS_TD
#define QUANTC_DIALECT_CPU_IR_CPUOPS_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/CommonTypeConstraints.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/DestinationStyleOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "quantc/Dialect/CPU/IR/CPUAttributes.td"

class CPU_Op<string mnemonic, list<Trait> traits = []> : Op<CPU_Dialect, mnemonic, traits>;

def CPU_Shaped : AnyTypeOf<[StaticShapeTensorOf<[AnyType]>, StaticShapeMemRefOf<[AnyType]>]>;
def CPU_Operand : AnyTypeOf<[StaticShapeTensorOf<[I8, I16, F32]>, StaticShapeMemRefOf<[I8, I16, F32]>]>;
def CPU_Accumulator : AnyTypeOf<[StaticShapeTensorOf<[I32, F32]>, StaticShapeMemRefOf<[I32, F32]>]>;
def CPU_Correction : AnyTypeOf<[StaticShapeTensorOf<[I32]>, StaticShapeMemRefOf<[I32]>]>;

/// Both ops write only their destinations, and exist on tensors and, after
/// bufferization, on memrefs.
class CPU_KernelOp<string mnemonic, list<Trait> traits = []> : CPU_Op<mnemonic, traits # [
    DestinationStyleOpInterface, DeclareOpInterfaceMethods<MemoryEffectsOpInterface>]> {
  let hasVerifier = 1;
}

def CPU_PackOp : CPU_KernelOp<"pack"> {
  let summary = "arranges weights in the order in which a kernel reads them";
  let description = [{
    The iteration space (batch..., n, k...) has the given `bounds`; `map` leads
    from it to the elements of `source`. The innermost `segment_dims` of the k
    dimensions count as one, a segment. With a schedule of P = registers * lanes
    columns a panel and g elements of k a group the result has shape

        batch... x ceil(n / P) x (segments * ceil(segment / g)) x (P * g)

    and holds, for a panel and a group, g successive elements of k of column 0,
    then of column 1 and so on, with zeros where n or k have ended.

    `correction`, of shape batch... x (ceil(n / P) * P), makes good for left
    operands that the instruction reads as bytes of the other signedness. It
    receives -128 times the sum over k of every column where it reads unsigned
    ones, which then are 128 too large, and 128 times the sum where it reads
    signed ones. With `rhs_unsigned` the weights are unsigned.

    ```mlir
    %p, %c = qnn_cpu.pack source(%w : tensor<768x3072xi8>)
        outs(%p0 : tensor<64x192x192xi8>) correction(%c0 : tensor<3072xi32>)
        {map = affine_map<(n, k) -> (k, n)>, bounds = array<i64: 3072, 768>,
         num_batch = 0 : i64, segment_dims = 1 : i64, schedule = #schedule}
        -> tensor<64x192x192xi8>, tensor<3072xi32>
    ```
  }];
  let arguments = (ins CPU_Operand:$source, CPU_Operand:$packed, Optional<CPU_Correction>:$correction,
                       AffineMapAttr:$map, DenseI64ArrayAttr:$bounds, I64Attr:$num_batch,
                       I64Attr:$segment_dims, UnitAttr:$rhs_unsigned, CPU_ScheduleAttr:$schedule);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = [{
    `source` `(` $source `:` type($source) `)` `outs` `(` $packed `:` type($packed) `)`
    (`correction` `(` $correction^ `:` type($correction) `)`)? attr-dict (`->` type($results)^)?
  }];
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable();
    /// Number of segments and length of each.
    std::pair<int64_t, int64_t> getSegments();
    /// Steps of the instruction over all of k.
    int64_t getNumGroups();
  }];
}

def CPU_ContractOp : CPU_KernelOp<"contract", [AttrSizedOperandSegments, SingleBlock]> {
  let summary = "a contraction with packed weights and its epilogue";
  let description = [{
    The iteration space is (batch..., m..., n, k...) with the given `bounds`,
    `num_batch` and `num_m` saying how many dimensions are of the first two
    kinds. `maps` leads from it to the elements of `lhs`, `init` if there is
    one, `captures` and `dest`, in this order; `rhs` is the result of a
    `qnn_cpu.pack` with the same bounds and schedule. For all (batch, m, n):

        acc = correction[batch, n] + init[...] + sum over k of lhs * rhs
        dest[...] = epilogue(acc, captures[...]...)

    With `sums`, the epilogue yields a second value, an i32, that is added up
    over the columns of each panel: the last dimension of `sums` counts the
    panels, and its map, the last of all, ends with 0 in their place. Panels are
    independent of each other; the sum over all columns is left to the consumer.

    in i32 with wrap-around, or in f32 in order of k. `lhs_kind` and
    `rhs_unsigned` say what the elements stand for; there is a correction where
    the instruction reads bytes of another signedness on the left. `lhs` maps may
    add dimensions (y + ky), which makes the op a convolution. The innermost
    `segment_dims` of the k dimensions are adjacent in `lhs`.

    ```mlir
    %r = qnn_cpu.contract lhs(%a : tensor<128x768xi8>) rhs(%p : tensor<64x192x192xi8>)
        correction(%c : tensor<3072xi32>) captures(%scale : tensor<3072xf32>)
        outs(%d : tensor<128x3072xi8>)
        {maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n)>,
                 affine_map<(m, n, k) -> (m, n)>],
         bounds = array<i64: 128, 3072, 768>, num_batch = 0 : i64, num_m = 1 : i64,
         segment_dims = 1 : i64, lhs_kind = #qnn_cpu<lhs signed>, schedule = #schedule} {
    ^bb0(%acc: i32, %s: f32):
      ...
      qnn_cpu.yield %q : i8
    } -> tensor<128x3072xi8>
    ```
  }];
  let arguments = (ins CPU_Operand:$lhs, CPU_Operand:$rhs, Optional<CPU_Correction>:$correction,
                       Optional<CPU_Accumulator>:$init, Variadic<CPU_Shaped>:$captures, CPU_Shaped:$dest,
                       Optional<CPU_Correction>:$sums, AffineMapArrayAttr:$maps, DenseI64ArrayAttr:$bounds, I64Attr:$num_batch,
                       I64Attr:$num_m, I64Attr:$segment_dims, CPU_LhsKindAttr:$lhs_kind,
                       UnitAttr:$rhs_unsigned, CPU_ScheduleAttr:$schedule);
  let regions = (region SizedRegion<1>:$epilogue);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = [{
    `lhs` `(` $lhs `:` type($lhs) `)` `rhs` `(` $rhs `:` type($rhs) `)`
    (`correction` `(` $correction^ `:` type($correction) `)`)?
    (`init` `(` $init^ `:` type($init) `)`)?
    (`captures` `(` $captures^ `:` type($captures) `)`)?
    `outs` `(` $dest `:` type($dest) `)` (`sums` `(` $sums^ `:` type($sums) `)`)?
    attr-dict-with-keyword $epilogue (`->` type($results)^)?
  }];
  let hasRegionVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable();
    /// Position of n in the iteration space; k starts behind it.
    int64_t getNDim() { return getNumBatch() + getNumM(); }
    /// Number of segments of k and length of each.
    std::pair<int64_t, int64_t> getSegments();
    ::mlir::Type getAccumulatorType();
    ::mlir::AffineMap getLhsMap() { return getMap(0); }
    ::mlir::AffineMap getInitMap() { return getMap(1); }
    ::mlir::AffineMap getCaptureMap(unsigned i) { return getMap((getInit() ? 2 : 1) + i); }
    ::mlir::AffineMap getDestMap() { return getMap(getMaps().size() - (getSums() ? 2 : 1)); }
    ::mlir::AffineMap getSumsMap() { return getMap(getMaps().size() - 1); }

  private:
    ::mlir::AffineMap getMap(unsigned i) {
      return ::llvm::cast<::mlir::AffineMapAttr>(getMaps()[i]).getValue();
    }

  public:
  }];
}

def CPU_YieldOp : CPU_Op<"yield", [Pure, ReturnLike, Terminator, HasParent<"ContractOp">]> {
  let summary = "the element that an epilogue stores, and what it adds to sums";
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "$values attr-dict `:` type($values)";
}

#endif // QUANTC_DIALECT_CPU_IR_CPUOPS_TD
