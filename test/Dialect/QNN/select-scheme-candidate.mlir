// RUN: quant-opt %s -qnn-select-scheme="recipe=%S/Inputs/auto.yaml candidate=dynamic" -mlir-print-local-scope | FileCheck %s --check-prefix=DYNAMIC
// RUN: quant-opt %s -qnn-select-scheme="recipe=%S/Inputs/auto.yaml candidate=dynamic pareto=%t.cost.json" -o /dev/null
// RUN: FileCheck %s --check-prefix=COST < %t.cost.json
// RUN: quant-opt %s -qnn-select-scheme="recipe=%S/Inputs/auto.yaml candidate=float" -mlir-print-local-scope | FileCheck %s --check-prefix=FLOAT
// RUN: not quant-opt %s -qnn-select-scheme="recipe=%S/Inputs/auto.yaml candidate=statics" 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: quant-opt %s -qnn-select-scheme="recipe=%S/Inputs/auto.yaml sensitivity=%S/Inputs/sensitivity.json max-error=0.1" -mlir-print-local-scope | FileCheck %s --check-prefix=MEASURED
// RUN: quant-opt %s -qnn-select-scheme="recipe=%S/Inputs/auto.yaml sensitivity=%S/Inputs/sensitivity-choices.json max-error=0.1" -mlir-print-local-scope | FileCheck %s --check-prefix=WHOLE
// RUN: quant-opt %s -qnn-select-scheme="recipe=%S/Inputs/auto.yaml sensitivity=%S/Inputs/sensitivity-choices.json max-error=0.0007" -mlir-print-local-scope | FileCheck %s --check-prefix=MEASURED
// RUN: quant-opt %s -qnn-select-scheme="recipe=%S/Inputs/auto.yaml sensitivity=%S/Inputs/sensitivity-choices.json max-error=0.0004 pareto=%t.front.json" -mlir-print-local-scope | FileCheck %s --check-prefix=TIGHT
// RUN: FileCheck %s --check-prefix=FRONT < %t.front.json
// RUN: sed 's/"float"}, "kl_divergence": 0.0,/"float"}, "kl_divergence": 0.7,/' %S/Inputs/sensitivity-choices.json > %t.worse.json
// RUN: not quant-opt %s -qnn-select-scheme="recipe=%S/Inputs/auto.yaml sensitivity=%t.worse.json max-error=0.0004" 2>&1 | FileCheck %s --check-prefix=WORSE
// RUN: sed s/0.0006/-0.0006/ %S/Inputs/sensitivity-choices.json > %t.choice.json
// RUN: not quant-opt %s -qnn-select-scheme="recipe=%S/Inputs/auto.yaml sensitivity=%t.choice.json" 2>&1 | FileCheck %s --check-prefix=CHOICE
// RUN: sed 's/i8 asymmetric tensor/ui8 asymmetric tensor/' %S/Inputs/sensitivity.json > %t.scheme.json
// RUN: not quant-opt %s -qnn-select-scheme="recipe=%S/Inputs/auto.yaml sensitivity=%t.scheme.json" 2>&1 | FileCheck %s --check-prefix=SCHEME
// RUN: sed 's/"candidate": "dynamic"/"candidate": "static"/' %S/Inputs/sensitivity.json > %t.twice.json
// RUN: not quant-opt %s -qnn-select-scheme="recipe=%S/Inputs/auto.yaml sensitivity=%t.twice.json" 2>&1 | FileCheck %s --check-prefix=TWICE
// RUN: sed 's/"samples": 4/"samples": -4/' %S/Inputs/sensitivity.json > %t.samples.json
// RUN: not quant-opt %s -qnn-select-scheme="recipe=%S/Inputs/auto.yaml sensitivity=%t.samples.json" 2>&1 | FileCheck %s --check-prefix=SAMPLES
// RUN: sed s/static/other/ %S/Inputs/sensitivity.json > %t.other.json
// RUN: not quant-opt %s -qnn-select-scheme="recipe=%S/Inputs/auto.yaml sensitivity=%t.other.json" 2>&1 | FileCheck %s --check-prefix=MISSING
// RUN: sed s/0.5/-0.5/ %S/Inputs/sensitivity.json > %t.negative.json
// RUN: not quant-opt %s -qnn-select-scheme="recipe=%S/Inputs/auto.yaml sensitivity=%t.negative.json" 2>&1 | FileCheck %s --check-prefix=NEGATIVE
// RUN: head -c 100 %S/Inputs/sensitivity.json > %t.short.json
// RUN: not quant-opt %s -qnn-select-scheme="recipe=%S/Inputs/auto.yaml sensitivity=%t.short.json" 2>&1 | FileCheck %s --check-prefix=SHORT
// RUN: sed 's/"fingerprint": "f"/"fingerprint": "x"/' %S/Inputs/sensitivity.json > %t.model.json
// RUN: not quant-opt %s -qnn-select-scheme="recipe=%S/Inputs/auto.yaml sensitivity=%t.model.json" 2>&1 | FileCheck %s --check-prefix=MODEL

// One candidate for every site to which it applies.

// DYNAMIC: linalg.matmul {qnn.scheme = #qnn.scheme<lhs = #qnn.quantization<i8 asymmetric dynamic token
// DYNAMIC: linalg.matmul {qnn.float_reason = "both operands are activations", qnn.site = "b"}
// FLOAT: linalg.matmul {qnn.float_reason = "the candidate is 'float'", qnn.site = "a"}
// UNKNOWN: error: expected a candidate float, static, dynamic, but got 'statics'

// It has a cost, but no front.

// COST-NOT: "front"
// COST: "cost_seconds": {{[0-9.e-]+}},
// COST-NEXT: "sites": {
// COST-NEXT: "a": "dynamic",
// COST-NEXT: "b": "float"
// COST: "target": "h100"

// By the noise of its operands the static candidate is exact enough (see
// select-scheme-auto.mlir); by what was measured of the output it is not.

// MEASURED: linalg.matmul {qnn.scheme = #qnn.scheme<lhs = #qnn.quantization<i8 asymmetric dynamic token

// What was measured of a model as a whole counts in the place of the sum, which
// for 'static' is 0.5 and for 'dynamic' 0.001: 'static' is exact enough at 0.1, and
// at 0.0007 'dynamic', which has 0.0006. At less than that only float is.

// WHOLE: linalg.matmul {qnn.scheme = #qnn.scheme<lhs = #qnn.quantization<i8 asymmetric tensor
// TIGHT: linalg.matmul {qnn.float_reason = "its error is better spent elsewhere
// FRONT: "chosen": {
// FRONT-NEXT: "cost_seconds"
// FRONT-NEXT: "error": 0,
// FRONT: "front": [
// FRONT: "error": 0.01,
// FRONT: "error": 0.000{{[56]}}
// FRONT: "error": 0,
// FRONT-NOT: "error"
// WORSE: error: expected a choice with an error of at most 4.000e-04, but all that were measured have more
// CHOICE: error: {{.*}}.choice.json: expected a number that is not negative at sensitivity.choices[1].kl_divergence

// SCHEME: error: 'linalg.matmul' op expected the sensitivity to #qnn.scheme<lhs = #qnn.quantization<i8 asymmetric tensor minmax>, rhs = {{.*}}> as candidate 'static', but got that to #qnn.scheme<lhs = #qnn.quantization<ui8 asymmetric tensor minmax>, rhs = {{.*}}>; run quantc sensitivity with the same recipe
// TWICE: error: {{.*}}.twice.json: expected candidate 'static' of site 'a' once, but got it twice
// SAMPLES: error: {{.*}}.samples.json: expected a number of samples, but got -4
// MISSING: error: 'linalg.matmul' op expected the sensitivity to candidate 'static'; run quantc sensitivity with the same recipe
// NEGATIVE: error: {{.*}}.negative.json: expected a number that is not negative at sensitivity.sites[0].kl_divergence
// SHORT: error: {{.*}}.short.json: expected JSON, but got:
// MODEL: error: {{.*}}.model.json: expected the sensitivity of a model with fingerprint 'f', but got 'x'

#stats = #qnn.statistics<count = 4, nanCount = 0, infCount = 0, min = 0.0 : f32, max = 4.0 : f32,
  channelMin = [], channelMax = [], binExponent = -8, firstBin = 0, histogram = [3, 0, 1]>

module attributes {qnn.fingerprint = "f"} {
func.func @sites(%x: tensor<64x256xf32>, %i: tensor<64x512xf32>, %y: tensor<512x64xf32>, %j: tensor<64x64xf32>) -> tensor<64x64xf32> {
  %w = arith.constant dense<1.1> : tensor<256x512xf32>
  %o = qnn.observe %x {name = "a/lhs", statistics = #stats} : tensor<64x256xf32>
  %0 = linalg.matmul {qnn.site = "a"} ins(%o, %w : tensor<64x256xf32>, tensor<256x512xf32>) outs(%i : tensor<64x512xf32>) -> tensor<64x512xf32>
  %1 = linalg.matmul {qnn.site = "b"} ins(%0, %y : tensor<64x512xf32>, tensor<512x64xf32>) outs(%j : tensor<64x64xf32>) -> tensor<64x64xf32>
  return %1 : tensor<64x64xf32>
}
}
