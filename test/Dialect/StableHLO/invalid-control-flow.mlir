// What parsers and verifiers refuse: control flow, calls, chlo and sdy.
// RUN: quant-opt %s -split-input-file -verify-diagnostics

func.func @f(%n: tensor<i32>, %p: tensor<i1>) {
  %0 = stablehlo.while(%i = %n) : tensor<i32>
    cond {
      // expected-error@+1 {{expected values of types ('tensor<i1>') from a condition, but got ('tensor<i32>')}}
      stablehlo.return %i : tensor<i32>
    } do {
      stablehlo.return %i : tensor<i32>
    }
  return
}

// -----

func.func @f(%n: tensor<i32>, %p: tensor<i1>) {
  %0 = stablehlo.while(%i = %n) : tensor<i32>
    cond {
      stablehlo.return %p : tensor<i1>
    } do {
      // expected-error@+1 {{expected values of types ('tensor<i32>') from a body, but got ('tensor<i1>')}}
      stablehlo.return %p : tensor<i1>
    }
  return
}

// -----

func.func @f(%n: tensor<i32>, %p: tensor<i1>) {
  // expected-error@+1 {{expected a condition with arguments of types ('tensor<i32>'), but got ()}}
  %0 = "stablehlo.while"(%n) ({
      stablehlo.return %p : tensor<i1>
    }, {
    ^bb0(%i: tensor<i32>):
      stablehlo.return %i : tensor<i32>
    }) : (tensor<i32>) -> tensor<i32>
  return
}

// -----

func.func @f(%n: tensor<i32>, %p: tensor<i1>) {
  // expected-error@+1 {{expected results of types ('tensor<i32>'), but got ('tensor<f32>')}}
  %0 = "stablehlo.while"(%n) ({
    ^bb0(%i: tensor<i32>):
      stablehlo.return %p : tensor<i1>
    }, {
    ^bb0(%i: tensor<i32>):
      stablehlo.return %i : tensor<i32>
    }) : (tensor<i32>) -> tensor<f32>
  return
}

// -----

func.func @f(%n: tensor<i32>) {
  // expected-error@+1 {{expected at least one branch, but got none}}
  "stablehlo.case"(%n) : (tensor<i32>) -> ()
  return
}

// -----

func.func @f(%n: tensor<i32>) {
  %0 = "stablehlo.case"(%n) ({
      // expected-error@+1 {{expected values of types ('tensor<f32>') from a branch, but got ('tensor<i32>')}}
      stablehlo.return %n : tensor<i32>
    }) : (tensor<i32>) -> tensor<f32>
  return
}

// -----

func.func @f(%p: tensor<i1>) {
  // expected-error@+1 {{expected a true branch with arguments of types (), but got ('tensor<i32>')}}
  "stablehlo.if"(%p) ({
    ^bb0(%i: tensor<i32>):
      stablehlo.return
    }, {
      stablehlo.return
    }) : (tensor<i1>) -> ()
  return
}

// -----

func.func @f(%p: tensor<i1>) {
  "stablehlo.if"(%p) ({
      stablehlo.return
    }, {
      // expected-error@+1 {{expected values of types () from a false branch, but got ('tensor<i1>')}}
      stablehlo.return %p : tensor<i1>
    }) : (tensor<i1>) -> ()
  return
}

// -----

func.func @f(%p: tensor<i1>) {
  // expected-error@+1 {{expected results of types ('tensor<i1>'), but got ('tensor<i32>')}}
  %0 = "stablehlo.optimization_barrier"(%p) : (tensor<i1>) -> tensor<i32>
  return
}

// -----

func.func @f(%p: tensor<i1>) {
  // expected-error@+1 {{expected a function @missing, but got none}}
  %0 = stablehlo.composite "a.b" %p {decomposition = @missing} : (tensor<i1>) -> tensor<i1>
  return
}

// -----

func.func @f(%p: tensor<i1>) {
  // expected-error@+1 {{expected a decomposition of type '() -> tensor<i1>', but got '(tensor<i1>) -> ()'}}
  %0 = stablehlo.composite "a.b" {decomposition = @f} : () -> tensor<i1>
  return
}

// -----

func.func @f(%x: tensor<f32>) {
  // expected-error@+1 {{expected an operand of rank at least 1, but got 0}}
  %0, %1 = chlo.top_k(%x, k = 1) : tensor<f32> -> (tensor<1xf32>, tensor<1xi32>)
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error@+1 {{expected k in [0, 3], but got 4}}
  %0, %1 = chlo.top_k(%x, k = 4) : tensor<2x3xf32> -> (tensor<2x4xf32>, tensor<2x4xi32>)
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error@+1 {{expected k in [0, 3], but got -1}}
  %0, %1 = chlo.top_k(%x, k = -1) : tensor<2x3xf32> -> (tensor<2x4xf32>, tensor<2x4xi32>)
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error@+1 {{expected values of shape [2, 1], but got [2, 2]}}
  %0, %1 = chlo.top_k(%x, k = 1) : tensor<2x3xf32> -> (tensor<2x2xf32>, tensor<2x1xi32>)
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error@+1 {{expected indices of shape [2, 1], but got [2, 2]}}
  %0, %1 = chlo.top_k(%x, k = 1) : tensor<2x3xf32> -> (tensor<2x1xf32>, tensor<2x2xi32>)
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error@+1 {{expected the text of a sharding}}
  %0 = sdy.sharding_constraint %x <@mesh, [%x]> : tensor<2x3xf32>
  return
}
