//===- QNNInterfaces.td - interfaces of the qnn dialect -*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_QNN_IR_QNNINTERFACES_TD
#define QUANTC_DIALECT_QNN_IR_QNNINTERFACES_TD

include "mlir/IR/Interfaces.td"

def QNN_RangeEstimatorAttrInterface : AttrInterface<"RangeEstimatorAttrInterface"> {
  let cppNamespace = "::quantc::qnn";
  let description = [{
    Chooses the interval of real values that the integers of an operand span, from
    what is known of its finite elements: their number, minimum and maximum, and what
    else the estimator says it needs. Whoever asks checks that it is there and that
    there is an element at all, so that an estimate cannot fail. Parameters are
    those of the attribute and checked by its verifier.

    Any dialect may have estimators. `#qnn.quantization` and recipes take them as
    they take those of `qnn`; see "Adding a range estimator" in docs/calibration.md.
  }];
  let methods = [
    InterfaceMethod<"The name in messages.", "::llvm::StringRef", "getEstimatorName">,
    InterfaceMethod<"Whether it looks at the histogram.", "bool", "needsHistogram",
                    (ins), [{}], [{ return false; }]>,
    InterfaceMethod<"Whether it looks at the ranges of the batches.", "bool", "needsBatches",
                    (ins), [{}], [{ return false; }]>,
    InterfaceMethod<"Whether it asks for the error of a range: of constants that of their values, "
                    "of what was observed that of the histogram.", "bool", "needsError",
                    (ins), [{}], [{ return false; }]>,
    InterfaceMethod<[{
        The range of the elements that `statistics` are of; at least one is finite.
        `measureError` gives the sum of the squared errors of all elements when this
        range is the one that they are quantized with; to be called only where the
        estimator needs it.
      }], "::quantc::Range", "estimate",
      (ins "const ::quantc::Statistics &":$statistics,
           "::llvm::function_ref<double(::quantc::Range)>":$measureError)>,
  ];
}

#endif // QUANTC_DIALECT_QNN_IR_QNNINTERFACES_TD
