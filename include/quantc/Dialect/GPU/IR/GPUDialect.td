//===- GPUDialect.td - the qnn_gpu dialect -*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_GPU_IR_GPUDIALECT_TD
#define QUANTC_DIALECT_GPU_IR_GPUDIALECT_TD

include "mlir/IR/OpBase.td"

def GPU_Dialect : Dialect {
  let name = "qnn_gpu";
  let cppNamespace = "::quantc::nvvm";
  let summary = "Contractions in the form in which a GPU kernel computes them";
  let description = [{
    The steps between linalg and the instructions of a GPU. A
    `qnn_gpu.contract` is a whole kernel: a contraction, its schedule
    (`#qnn_gpu.schedule`) and a scalar epilogue on every element, still a
    structured op on tensors. The tile operations are what a CTA does in such a
    kernel: it loads tiles into shared memory, multiplies them, and stores what
    the epilogue makes of the accumulators. They say which elements a CTA deals
    with; which thread holds which of them is decided when they are lowered.

    The dialect has no knowledge of quantization: scales, zero points and
    rounding are in the epilogue and the initial value.
  }];
  let useDefaultAttributePrinterParser = 1;
  let hasOperationAttrVerify = 1;
}

#endif // QUANTC_DIALECT_GPU_IR_GPUDIALECT_TD
