//===- CPUAttributes.td - schedules of CPU kernels -*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_CPU_IR_CPUATTRIBUTES_TD
#define QUANTC_DIALECT_CPU_IR_CPUATTRIBUTES_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "quantc/Dialect/CPU/IR/CPUDialect.td"

class CPU_Attr<string name, string attrMnemonic> : AttrDef<CPU_Dialect, name> {
  let mnemonic = attrMnemonic;
}

class CPU_Enum<string name, string summary, list<I32EnumAttrCase> cases>
    : I32EnumAttr<name, summary, cases> {
  let cppNamespace = "::quantc::cpu";
  let genSpecializedAttr = 0;
}

def CPU_DotKind : CPU_Enum<"DotKind", "the instruction that multiplies and adds", [
  /// u8 x s8 in either order, four products a lane (AVX-512 VNNI and AVX-VNNI).
  I32EnumAttrCase<"VPDPBUSD", 0, "vpdpbusd">,
  /// s16 x s16, two products a lane (SSE2, AVX2, AVX-512BW).
  I32EnumAttrCase<"VPMADDWD", 1, "vpmaddwd">,
  /// s8 x s8 or u8 x u8, four products a lane (Arm dot product).
  I32EnumAttrCase<"SDOT", 2, "sdot">,
  /// i32 multiplication and addition, on any target.
  I32EnumAttrCase<"MulAdd", 3, "muladd">,
  /// f32 fused multiply-add.
  I32EnumAttrCase<"FMA", 4, "fma">,
  /// f32 multiplication and addition, on any target.
  I32EnumAttrCase<"MulAddF", 5, "muladdf">]>;

def CPU_LhsKind : CPU_Enum<"LhsKind", "what the elements of the left operand stand for", [
  /// Signed integers, or floats.
  I32EnumAttrCase<"Signed", 0, "signed">,
  /// Unsigned integers.
  I32EnumAttrCase<"Unsigned", 1, "unsigned">,
  /// A signed byte plus 128 as an unsigned one, or an unsigned byte minus 128
  /// as a signed one: the sign bit is flipped, as the instruction wants it.
  I32EnumAttrCase<"Offset", 2, "offset">]>;

def CPU_LhsKindAttr : EnumAttr<CPU_Dialect, CPU_LhsKind, "lhs">;

def CPU_ScheduleAttr : CPU_Attr<"Schedule", "schedule"> {
  let summary = "the register tile of a contraction kernel";
  let description = [{
    The kernel keeps `rows` x `registers` accumulators of `lanes` elements in
    registers, advances over k by `unroll` steps of the instruction `dot` at a
    time, and prefetches packed weights `prefetch` steps ahead (0: not) while
    they are read for the first time.

    On a linalg op, under the name `qnn_cpu.schedule`, it overrides what
    `codegen-cpu-form-kernels` would choose.

    ```mlir
    #qnn_cpu.schedule<dot = vpdpbusd, lanes = 16, rows = 8, registers = 3,
                      unroll = 1, prefetch = 64>
    ```
  }];
  let parameters = (ins EnumParameter<CPU_DotKind>:$dot, "int64_t":$lanes, "int64_t":$rows,
                        "int64_t":$registers, "int64_t":$unroll, "int64_t":$prefetch);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Elements of k that one lane of the instruction takes at once.
    int64_t getGroup() const;
    /// Columns of a panel of packed weights.
    int64_t getPanelWidth() const { return getRegisters() * getLanes(); }
    /// True for the instructions on f32.
    bool isFloat() const;
    /// Whether the instruction takes nothing but bytes.
    bool isOfBytes() const;
    /// Whether a left operand of `kind` is 128 too large or too small for what
    /// it stands for when the instruction reads it, which the correction of the
    /// packed weights makes good.
    bool needsCorrection(LhsKind kind, bool rhsUnsigned) const;
  }];
}

#endif // QUANTC_DIALECT_CPU_IR_CPUATTRIBUTES_TD
