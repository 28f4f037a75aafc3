// What parsers and verifiers refuse: reduce and reduce_window.
// RUN: quant-opt %s -split-input-file -verify-diagnostics

func.func @f(%x: tensor<2x3xf32>, %c: tensor<f32>, %i: tensor<i32>) {
  // expected-error@+1 {{expected dimensions in [0, 2), but got 2}}
  %0 = stablehlo.reduce(%x init: %c) across dimensions = [2] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
    reducer(%a: tensor<f32>, %b: tensor<f32>) {
      stablehlo.return %a : tensor<f32>
    }
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %c: tensor<f32>, %i: tensor<i32>) {
  // expected-error@+1 {{expected unique dimensions, but got 1 twice}}
  %0 = stablehlo.reduce(%x init: %c) across dimensions = [1, 1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
    reducer(%a: tensor<f32>, %b: tensor<f32>) {
      stablehlo.return %a : tensor<f32>
    }
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %c: tensor<f32>, %i: tensor<i32>) {
  // expected-error@+1 {{expected an initial value of element type 'f32', but got 'i32'}}
  %0 = stablehlo.reduce(%x init: %i) across dimensions = [1] : (tensor<2x3xf32>, tensor<i32>) -> tensor<2xf32>
    reducer(%a: tensor<f32>, %b: tensor<f32>) {
      stablehlo.return %a : tensor<f32>
    }
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %c: tensor<f32>, %i: tensor<i32>) {
  // expected-error@+1 {{expected a result of element type 'f32', but got 'f16'}}
  %0 = stablehlo.reduce(%x init: %c) across dimensions = [1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf16>
    reducer(%a: tensor<f32>, %b: tensor<f32>) {
      stablehlo.return %a : tensor<f32>
    }
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %c: tensor<f32>, %i: tensor<i32>) {
  // expected-error@+1 {{expected a result of shape [2], but got [3]}}
  %0 = stablehlo.reduce(%x init: %c) across dimensions = [1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<3xf32>
    reducer(%a: tensor<f32>, %b: tensor<f32>) {
      stablehlo.return %a : tensor<f32>
    }
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %c: tensor<f32>, %i: tensor<i32>) {
  // expected-error@+1 {{expected a body with arguments of types 'tensor<f32>', 'tensor<f32>', but got 'tensor<f32>', 'tensor<i32>'}}
  %0 = stablehlo.reduce(%x init: %c) across dimensions = [1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
    reducer(%a: tensor<f32>, %b: tensor<i32>) {
      stablehlo.return %a : tensor<f32>
    }
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %c: tensor<f32>) {
  %0 = stablehlo.reduce(%x init: %c) across dimensions = [1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
    reducer(%a: tensor<f32>, %b: tensor<f32>) {
      // expected-error@+1 {{expected values of types 'tensor<f32>', but got}}
      stablehlo.return
    }
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %c: tensor<f32>) {
  // expected-error@+1 {{expected an op with two operands and one result, but got 'stablehlo.tanh'}}
  %0 = stablehlo.reduce(%x init: %c) applies stablehlo.tanh across dimensions = [1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
  return
}

// -----

func.func @f() {
  // expected-error@+1 {{expected at least one input, but got none}}
  "stablehlo.reduce"() <{dimensions = array<i64>}> ({
    ^bb0:
      stablehlo.return
    }) : () -> ()
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %c: tensor<f32>) {
  // expected-error@+1 {{expected 1 values of results, but got 0}}
  "stablehlo.reduce"(%x, %c) <{dimensions = array<i64: 1>}> ({
    ^bb0(%a: tensor<f32>, %b: tensor<f32>):
      stablehlo.return %a : tensor<f32>
    }) : (tensor<2x3xf32>, tensor<f32>) -> ()
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %y: tensor<2xf32>, %c: tensor<f32>) {
  // expected-error@+1 {{expected inputs of shape [2, 3], but got [2]}}
  %0:2 = "stablehlo.reduce"(%x, %y, %c, %c) <{dimensions = array<i64: 1>}> ({
    ^bb0(%a: tensor<f32>, %b: tensor<f32>, %d: tensor<f32>, %e: tensor<f32>):
      stablehlo.return %a, %b : tensor<f32>, tensor<f32>
    }) : (tensor<2x3xf32>, tensor<2xf32>, tensor<f32>, tensor<f32>) -> (tensor<2xf32>, tensor<2xf32>)
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %c: tensor<f32>) {
  // expected-error@+1 {{region #0 ('body') failed to verify constraint: region with 1 blocks}}
  %0 = "stablehlo.reduce"(%x, %c) <{dimensions = array<i64: 1>}> ({
    }) : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %c: tensor<f32>) {
  // expected-error@+1 {{expected 2 values of window_dimensions, but got 1}}
  %0 = "stablehlo.reduce_window"(%x, %c) <{window_dimensions = array<i64: 2>}> ({
    ^bb0(%a: tensor<f32>, %b: tensor<f32>):
      stablehlo.return %a : tensor<f32>
    }) : (tensor<2x3xf32>, tensor<f32>) -> tensor<1x2xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %c: tensor<f32>) {
  // expected-error@+1 {{expected window_dimensions of at least 1, but got 0}}
  %0 = "stablehlo.reduce_window"(%x, %c) <{window_dimensions = array<i64: 2, 0>}> ({
    ^bb0(%a: tensor<f32>, %b: tensor<f32>):
      stablehlo.return %a : tensor<f32>
    }) : (tensor<2x3xf32>, tensor<f32>) -> tensor<1x2xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %c: tensor<f32>) {
  // expected-error@+1 {{expected window_strides of at least 1, but got 0}}
  %0 = "stablehlo.reduce_window"(%x, %c) <{window_dimensions = array<i64: 2, 2>, window_strides = array<i64: 0, 1>}> ({
    ^bb0(%a: tensor<f32>, %b: tensor<f32>):
      stablehlo.return %a : tensor<f32>
    }) : (tensor<2x3xf32>, tensor<f32>) -> tensor<1x2xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %c: tensor<f32>) {
  // expected-error@+1 {{expected 2 values of base_dilations, but got 3}}
  %0 = "stablehlo.reduce_window"(%x, %c) <{window_dimensions = array<i64: 2, 2>, base_dilations = array<i64: 1, 1, 1>}> ({
    ^bb0(%a: tensor<f32>, %b: tensor<f32>):
      stablehlo.return %a : tensor<f32>
    }) : (tensor<2x3xf32>, tensor<f32>) -> tensor<1x2xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %c: tensor<f32>) {
  // expected-error@+1 {{expected window_dilations of at least 1, but got -1}}
  %0 = "stablehlo.reduce_window"(%x, %c) <{window_dimensions = array<i64: 2, 2>, window_dilations = array<i64: 1, -1>}> ({
    ^bb0(%a: tensor<f32>, %b: tensor<f32>):
      stablehlo.return %a : tensor<f32>
    }) : (tensor<2x3xf32>, tensor<f32>) -> tensor<1x2xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %c: tensor<f32>) {
  // expected-error@+1 {{expected padding of shape [2, 2], but got [4]}}
  %0 = "stablehlo.reduce_window"(%x, %c) <{window_dimensions = array<i64: 2, 2>, padding = dense<0> : tensor<4xi64>}> ({
    ^bb0(%a: tensor<f32>, %b: tensor<f32>):
      stablehlo.return %a : tensor<f32>
    }) : (tensor<2x3xf32>, tensor<f32>) -> tensor<1x2xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %c: tensor<f32>) {
  // expected-error@+1 {{expected padded sizes below 2^63 for dimension 1, but got more}}
  %0 = "stablehlo.reduce_window"(%x, %c) <{window_dimensions = array<i64: 2, 2>, padding = dense<[[0, 0], [9223372036854775807, 1]]> : tensor<2x2xi64>}> ({
    ^bb0(%a: tensor<f32>, %b: tensor<f32>):
      stablehlo.return %a : tensor<f32>
    }) : (tensor<2x3xf32>, tensor<f32>) -> tensor<1x2xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %c: tensor<f32>) {
  // expected-error@+1 {{expected a result of shape [1, 2], but got [2, 2]}}
  %0 = "stablehlo.reduce_window"(%x, %c) <{window_dimensions = array<i64: 2, 2>}> ({
    ^bb0(%a: tensor<f32>, %b: tensor<f32>):
      stablehlo.return %a : tensor<f32>
    }) : (tensor<2x3xf32>, tensor<f32>) -> tensor<2x2xf32>
  return
}
