// RUN: quant-opt %s -qnn-apply-statistics=file=%S/Inputs/statistics.json -verify-calibrated | FileCheck %s
// RUN: not quant-opt %s -qnn-apply-statistics=file=%t.missing 2>&1 | FileCheck %s --check-prefix=MISSING
// RUN: head -c 400 %S/Inputs/statistics.json > %t.truncated
// RUN: not quant-opt %s -qnn-apply-statistics=file=%t.truncated 2>&1 | FileCheck %s --check-prefix=TRUNCATED
// RUN: sed -e 's/f00d/beef/' %S/Inputs/statistics.json > %t.other
// RUN: not quant-opt %s -qnn-apply-statistics=file=%t.other 2>&1 | FileCheck %s --check-prefix=OTHER
// RUN: sed -e 's/b.lhs/c/' %S/Inputs/statistics.json > %t.renamed
// RUN: not quant-opt %s -qnn-apply-statistics=file=%t.renamed 2>&1 | FileCheck %s --check-prefix=RENAMED
// RUN: grep -v '%%o = .*b.lhs' %s | sed -e 's/%%o /%%x /' | not quant-opt -qnn-apply-statistics=file=%S/Inputs/statistics.json 2>&1 | FileCheck %s --check-prefix=SURPLUS
// RUN: sed -e 's/, axis = 1 : i64//' %s | not quant-opt -qnn-apply-statistics=file=%S/Inputs/statistics.json 2>&1 | FileCheck %s --check-prefix=AXIS
// RUN: sed -e 's/{qnn.fingerprint = "f00d"}/{}/' %s | not quant-opt -qnn-apply-statistics=file=%S/Inputs/statistics.json 2>&1 | FileCheck %s --check-prefix=UNANNOTATED

// MISSING: error: cannot open '{{.*}}.missing': No such file or directory
// TRUNCATED: error: {{.*}}.truncated: expected a complete JSON document, but got
// OTHER: error: expected statistics of this model, whose fingerprint is f00d, but '{{.*}}.other' has those of model beef; calibrate this model
// RENAMED: error: 'qnn.observe' op expected statistics of observer 'b/lhs', but '{{.*}}.renamed' has none
// SURPLUS: error: expected statistics of this module's observers alone, but '{{.*}}statistics.json' has some of 'b/lhs'
// AXIS: error: 'qnn.observe' op expected statistics of 0 channels along axis -1, but '{{.*}}statistics.json' has 2 channels along axis 1
// UNANNOTATED: error: expected a 'qnn.fingerprint' attribute on the module; run qnn-annotate

module attributes {qnn.fingerprint = "f00d"} {
  // CHECK-LABEL: func.func @main
  func.func @main(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
    // CHECK: qnn.observe %{{.*}} {axis = 1 : i64, name = "a/lhs", statistics = #qnn.statistics<
    // CHECK-SAME: count = 4, nanCount = 1, infCount = 0, min = -1.000000e+00 : f32, max = 3.000000e+00 : f32,
    // CHECK-SAME: channelMin = {{\[}}-1.000000e+00, 0.000000e+00], channelMax = {{\[}}3.000000e+00, 0.000000e+00],
    // CHECK-SAME: binExponent = 0, firstBin = -1, histogram = {{\[}}1, 0, 2, 0, 1]>}
    %y = qnn.observe %x {name = "a/lhs", axis = 1 : i64} : tensor<2x2xf32>
    // CHECK: qnn.observe %{{.*}} {name = "b/lhs", statistics =
    %o = qnn.observe %y {name = "b/lhs"} : tensor<2x2xf32>
    return %o : tensor<2x2xf32>
  }
}
