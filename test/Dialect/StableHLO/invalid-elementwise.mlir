// What parsers and verifiers refuse: elementwise operations.
// RUN: quant-opt %s -split-input-file -verify-diagnostics

func.func @f(%x: tensor<3xi32>) {
  // expected-error@+1 {{operand #0 must be ranked tensor of floating-point or quantized values, but got 'tensor<3xi32>'}}
  %0 = stablehlo.floor %x : tensor<3xi32>
  return
}

// -----

func.func @f(%x: tensor<2xf32>, %y: tensor<3xf32>) {
  // expected-error@+1 {{requires the same type for all operands and results}}
  %0 = "stablehlo.add"(%x, %y) : (tensor<2xf32>, tensor<3xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error@+1 {{expected 2 operand types and 1 result type, but got 1 and 1}}
  %0 = stablehlo.add %x, %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error@+1 {{expected a result of shape [2, 3, 4], but got [2, 3]}}
  %0 = stablehlo.bitcast_convert %x : (tensor<2x3xf32>) -> tensor<2x3xi8>
  return
}

// -----

func.func @f(%x: tensor<3xi8>) {
  // expected-error@+1 {{expected a last dimension of size 4, but got an operand of type 'tensor<3xi8>'}}
  %0 = stablehlo.bitcast_convert %x : (tensor<3xi8>) -> tensor<f32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %m: tensor<3xf32>) {
  // expected-error@+1 {{expected a scalar or a min of shape [2, 3], but got [3]}}
  %0 = stablehlo.clamp %m, %x, %x : (tensor<3xf32>, tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error@+1 {{expected a result of shape [2, 3], but got [3, 2]}}
  %0 = stablehlo.clamp %x, %x, %x : (tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<3x2xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error@+1 {{expected a comparison of type FLOAT for elements of type 'f32', but got SIGNED}}
  %0 = stablehlo.compare LT, %x, %x, SIGNED : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xi1>
  return
}

// -----

func.func @f(%x: tensor<i1>) {
  // expected-error@+1 {{expected a comparison of type UNSIGNED for elements of type 'i1', but got TOTALORDER}}
  %0 = stablehlo.compare LT, %x, %x, TOTALORDER : (tensor<i1>, tensor<i1>) -> tensor<i1>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error@+1 {{expected exponent_bits of at least 1, but got 0}}
  %0 = stablehlo.reduce_precision %x, format = e0m10 : tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error@+1 {{expected a format such as 'e5m10', but got 'm10e5'}}
  %0 = stablehlo.reduce_precision %x, format = m10e5 : tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error@+1 {{expected mantissa_bits of at least 0, but got -1}}
  %0 = "stablehlo.reduce_precision"(%x) <{exponent_bits = 5 : i32, mantissa_bits = -1 : i32}> : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %p: tensor<3xi1>) {
  // expected-error@+1 {{expected a scalar or a predicate of shape [2, 3], but got [3]}}
  %0 = stablehlo.select %p, %x, %x : tensor<3xi1>, tensor<2x3xf32>
  return
}
