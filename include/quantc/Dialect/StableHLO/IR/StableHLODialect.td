//===- StableHLODialect.td - the stablehlo dialect -*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_STABLEHLO_IR_STABLEHLODIALECT_TD
#define QUANTC_DIALECT_STABLEHLO_IR_STABLEHLODIALECT_TD

include "mlir/IR/OpBase.td"

def StableHLO_Dialect : Dialect {
  let name = "stablehlo";
  let cppNamespace = "::quantc::stablehlo";
  let summary = "the part of StableHLO that models for inference consist of";
  let description = [{
    A definition of a subset of StableHLO, written from the published
    [specification](https://openxla.org/stablehlo/spec). It reads the text that
    JAX prints, in every form in which JAX prints it, and checks the constraints
    of the specification. It exists to be converted to linalg: nothing after
    `stablehlo-to-linalg` knows it.

    Integers are signed when they are signless (`i32`), unsigned when they are
    spelled so (`ui32`); `i1` is the boolean type. Quantized elements are
    MLIR's `!quant.uniform` types; `quant-types-to-qnn` resolves them.
  }];
  let useDefaultAttributePrinterParser = 1;
  let dependentDialects = ["::mlir::quant::QuantDialect"];
  let hasConstantMaterializer = 1;
}

#endif // QUANTC_DIALECT_STABLEHLO_IR_STABLEHLODIALECT_TD
