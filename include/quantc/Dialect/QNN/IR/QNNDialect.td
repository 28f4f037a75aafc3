//===- QNNDialect.td - the qnn dialect -*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_QNN_IR_QNNDIALECT_TD
#define QUANTC_DIALECT_QNN_IR_QNNDIALECT_TD

include "mlir/IR/OpBase.td"

def QNN_Dialect : Dialect {
  let name = "qnn";
  let cppNamespace = "::quantc::qnn";
  let summary = "Quantization of tensors, explicit in values and plain in types";
  let description = [{
    Quantized values are ordinary tensors of a storage type (i8, i4, i16,
    f8E4M3FN, f8E5M2). Scales and zero points are SSA operands, so that they may
    be constants, differ per channel, block or head, or be computed at run time.
    A symmetric operation has no zero-point operand: whether a correction term
    exists is a question of the IR's form, never of a run-time value.

    The normative arithmetic stands in `docs/arithmetic.md`.
  }];
  let useDefaultAttributePrinterParser = 1;
  let dependentDialects = ["::mlir::tensor::TensorDialect", "::mlir::arith::ArithDialect"];
  let hasConstantMaterializer = 1;
  let hasOperationAttrVerify = 1;
}

#endif // QUANTC_DIALECT_QNN_IR_QNNDIALECT_TD
