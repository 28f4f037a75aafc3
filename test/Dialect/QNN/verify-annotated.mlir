// RUN: quant-opt %s -split-input-file -verify-annotated -verify-diagnostics

// expected-error @below {{expected a 'qnn.fingerprint' attribute on the module; run qnn-annotate}}
module {
}

// -----

module attributes {qnn.fingerprint = "0"} {
  func.func @unnamed(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
    // expected-error @below {{expected a 'qnn.site' attribute; run qnn-annotate}}
    %0 = linalg.matmul ins(%x, %x : tensor<4x4xf32>, tensor<4x4xf32>) outs(%x : tensor<4x4xf32>) -> tensor<4x4xf32>
    return %0 : tensor<4x4xf32>
  }
}

// -----

module attributes {qnn.fingerprint = "0"} {
  func.func @unobserved(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
    %w = arith.constant dense<1.0> : tensor<4x4xf32>
    // expected-error @below {{expected operand 1 to pass through qnn.observe; run qnn-annotate}}
    %0 = linalg.matmul {qnn.site = "a"} ins(%w, %x : tensor<4x4xf32>, tensor<4x4xf32>) outs(%x : tensor<4x4xf32>) -> tensor<4x4xf32>
    return %0 : tensor<4x4xf32>
  }
}

// -----

module attributes {qnn.fingerprint = "0"} {
  func.func @same_site(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
    %w = arith.constant dense<1.0> : tensor<4x4xf32>
    %o = qnn.observe %x {name = "a/lhs"} : tensor<4x4xf32>
    // expected-note @below {{which names this op too}}
    %0 = linalg.matmul {qnn.site = "a"} ins(%o, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%x : tensor<4x4xf32>) -> tensor<4x4xf32>
    // expected-error @below {{expected a unique site name, but got "a"}}
    %1 = linalg.matmul {qnn.site = "a"} ins(%o, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%0 : tensor<4x4xf32>) -> tensor<4x4xf32>
    return %1 : tensor<4x4xf32>
  }
}

// -----

module attributes {qnn.fingerprint = "0"} {
  func.func @same_observer(%x: tensor<4x4xf32>, %y: tensor<4x4xf32>) {
    // expected-note @below {{which names this op too}}
    %0 = qnn.observe %x {name = "a/lhs"} : tensor<4x4xf32>
    // expected-error @below {{expected a unique observer name, but got "a/lhs"}}
    %1 = qnn.observe %y {name = "a/lhs"} : tensor<4x4xf32>
    return
  }
}
