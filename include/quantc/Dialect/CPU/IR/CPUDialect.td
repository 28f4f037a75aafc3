//===- CPUDialect.td - the qnn_cpu dialect -*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_CPU_IR_CPUDIALECT_TD
#define QUANTC_DIALECT_CPU_IR_CPUDIALECT_TD

include "mlir/IR/OpBase.td"

def CPU_Dialect : Dialect {
  let name = "qnn_cpu";
  let cppNamespace = "::quantc::cpu";
  let summary = "Contractions in the form in which a CPU kernel computes them";
  let description = [{
    The step between linalg and vector code. A `qnn_cpu.contract` is a whole
    kernel: an accumulation over packed weights followed by a scalar epilogue
    on every element. It knows its register tile (`#qnn_cpu.schedule`), so that
    the packed layout of its weights is fixed while everything else about it
    is still a structured op on tensors, open to bufferization.

    The dialect has no knowledge of quantization: scales, zero points and
    rounding are in the epilogue and the initial value.
  }];
  let useDefaultAttributePrinterParser = 1;
  let hasOperationAttrVerify = 1;
}

#endif // QUANTC_DIALECT_CPU_IR_CPUDIALECT_TD
