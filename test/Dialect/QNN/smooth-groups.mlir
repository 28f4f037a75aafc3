// Only groups of some kinds are smoothed: those that queries, keys and values read, what
// an attention computes, and anything else.

// RUN: quant-opt %s -qnn-smooth="groups=qkv" --remarks-filter=qnn-smooth 2>&1 >/dev/null | FileCheck %s --check-prefix=QKV
// RUN: quant-opt %s -qnn-smooth="groups=attention_output,other" --remarks-filter=qnn-smooth 2>&1 >/dev/null | FileCheck %s --check-prefix=REST
// RUN: quant-opt %s -qnn-smooth --remarks-filter=qnn-smooth 2>&1 >/dev/null | FileCheck %s --check-prefix=ALL
// RUN: not quant-opt %s -qnn-smooth="groups=qkv,heads" 2>&1 | FileCheck %s --check-prefix=ERROR

// QKV-DAG: Multiplied {{.*}}observer=q/lhs
// QKV-DAG: NotSmoothed {{.*}}Reason="groups of kind 'attention_output' are left out", observer=o/lhs
// QKV-DAG: NotSmoothed {{.*}}Reason="groups of kind 'other' are left out", observer=up/lhs

// REST-DAG: NotSmoothed {{.*}}Reason="groups of kind 'qkv' are left out", observer=q/lhs
// REST-DAG: Folded {{.*}}observer=o/lhs
// REST-DAG: Folded {{.*}}observer=up/lhs

// ALL-NOT: NotSmoothed
// ALL: observer=q/lhs

// ERROR: error: expected groups qkv, attention_output or other, but got 'heads'

// Two keys and values of two queries: all of them read x, the attention is theirs.
#stats = #qnn.statistics<count = 8, nanCount = 0, infCount = 0, min = -4.0 : f32, max = 4.0 : f32,
  channelMin = [-1.0, -4.0], channelMax = [1.0, 4.0], binExponent = 3, firstBin = -1, histogram = [4, 4]>
func.func @attention(%x: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x2xf32>
  %i = linalg.fill ins(%zero : f32) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %f = tensor.empty() : tensor<4x4xf32>
  %j = linalg.fill ins(%zero : f32) outs(%f : tensor<4x4xf32>) -> tensor<4x4xf32>
  %t = tensor.empty() : tensor<2x4xf32>
  %wq = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %wk = arith.constant dense<[[2.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %wv = arith.constant dense<[[3.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %wo = arith.constant dense<[[4.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %wup = arith.constant dense<[[5.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %a = qnn.observe %x {name = "q/lhs", axis = 1 : i64, statistics = #stats} : tensor<4x2xf32>
  %q = linalg.matmul {qnn.site = "q"} ins(%a, %wq : tensor<4x2xf32>, tensor<2x2xf32>) outs(%i : tensor<4x2xf32>) -> tensor<4x2xf32>
  %k = linalg.matmul {qnn.site = "k"} ins(%a, %wk : tensor<4x2xf32>, tensor<2x2xf32>) outs(%i : tensor<4x2xf32>) -> tensor<4x2xf32>
  %v = linalg.matmul {qnn.site = "v"} ins(%a, %wv : tensor<4x2xf32>, tensor<2x2xf32>) outs(%i : tensor<4x2xf32>) -> tensor<4x2xf32>
  %kt = linalg.transpose ins(%k : tensor<4x2xf32>) outs(%t : tensor<2x4xf32>) permutation = [1, 0]
  %s = linalg.matmul {qnn.site = "scores"} ins(%q, %kt : tensor<4x2xf32>, tensor<2x4xf32>) outs(%j : tensor<4x4xf32>) -> tensor<4x4xf32>
  %p = linalg.exp ins(%s : tensor<4x4xf32>) outs(%f : tensor<4x4xf32>) -> tensor<4x4xf32>
  %m = linalg.matmul {qnn.site = "mix"} ins(%p, %v : tensor<4x4xf32>, tensor<4x2xf32>) outs(%i : tensor<4x2xf32>) -> tensor<4x2xf32>
  %b = qnn.observe %m {name = "o/lhs", axis = 1 : i64, statistics = #stats} : tensor<4x2xf32>
  %o = linalg.matmul {qnn.site = "o"} ins(%b, %wo : tensor<4x2xf32>, tensor<2x2xf32>) outs(%i : tensor<4x2xf32>) -> tensor<4x2xf32>
  %c = qnn.observe %o {name = "up/lhs", axis = 1 : i64, statistics = #stats} : tensor<4x2xf32>
  %up = linalg.matmul {qnn.site = "up"} ins(%c, %wup : tensor<4x2xf32>, tensor<2x2xf32>) outs(%i : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %up : tensor<4x2xf32>
}
