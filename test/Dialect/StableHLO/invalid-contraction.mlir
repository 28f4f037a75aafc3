// What parsers and verifiers refuse: dot_general and convolution.
// RUN: quant-opt %s -split-input-file -verify-diagnostics

func.func @f(%x: tensor<2x3xf32>, %y: tensor<3x4xf32>) {
  // expected-error@+1 {{expected dimensions of lhs in [0, 2), but got 2}}
  %0 = stablehlo.dot_general %x, %y, contracting_dims = [2] x [0] : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %y: tensor<3x4xf32>) {
  // expected-error@+1 {{expected unique dimensions of rhs, but got 0 twice}}
  %0 = stablehlo.dot_general %x, %y, batching_dims = [0] x [0], contracting_dims = [1] x [0] : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %y: tensor<3x4xf32>) {
  // expected-error@+1 {{expected as many batching dimensions of rhs as the 1 of lhs, but got 0}}
  %0 = stablehlo.dot_general %x, %y, batching_dims = [0] x [], contracting_dims = [1] x [0] : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %y: tensor<3x4xf32>) {
  // expected-error@+1 {{expected as many contracting dimensions of rhs as the 1 of lhs, but got 2}}
  %0 = stablehlo.dot_general %x, %y, contracting_dims = [1] x [0, 1] : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %y: tensor<3x4xf32>) {
  // expected-error@+1 {{expected contracting dimensions 0 of lhs and 0 of rhs to have the same size, but got 2 and 3}}
  %0 = stablehlo.dot_general %x, %y, contracting_dims = [0] x [0] : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %y: tensor<3x4xf32>) {
  // expected-error@+1 {{expected 2 values of precision_config, but got 1}}
  %0 = stablehlo.dot_general %x, %y, contracting_dims = [1] x [0], precision = [DEFAULT] : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %y: tensor<3x4xf32>) {
  // expected-error@+1 {{expected 'DEFAULT', 'HIGH' or 'HIGHEST', but got 'LOW'}}
  %0 = stablehlo.dot_general %x, %y, contracting_dims = [1] x [0], precision = [LOW, LOW] : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %y: tensor<3x4xf32>) {
  // expected-error@+1 {{expected 'precision' or 'algorithm' once, but got 'mode'}}
  %0 = stablehlo.dot_general %x, %y, contracting_dims = [1] x [0], mode = [LOW] : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %y: tensor<3x4xf32>) {
  // expected-error@+1 {{expected a result of shape [2, 4], but got [4, 2]}}
  %0 = stablehlo.dot_general %x, %y, contracting_dims = [1] x [0] : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<4x2xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8x4xf32>, %y: tensor<3x4x6xf32>) {
  // expected-error@+1 {{expected 'b', 'f' or a number, but got 'i'}}
  %0 = stablehlo.convolution(%x, %y) dim_numbers = [b, 0, i]x[0, i, o]->[b, 0, f], window = {} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x8x4xf32>, tensor<3x4x6xf32>) -> tensor<2x6x6xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8x4xf32>, %y: tensor<3x4x6xf32>) {
  // expected-error@+1 {{expected a spatial dimension in [0, 64), but got 1000000}}
  %0 = stablehlo.convolution(%x, %y) dim_numbers = [b, 1000000, f]x[0, i, o]->[b, 0, f], window = {} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x8x4xf32>, tensor<3x4x6xf32>) -> tensor<2x6x6xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8x4xf32>, %y: tensor<3x4x6xf32>) {
  // expected-error@+1 {{expected each dimension once, but got one again}}
  %0 = stablehlo.convolution(%x, %y) dim_numbers = [b, 0, 0, f]x[0, i, o]->[b, 0, f], window = {} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x8x4xf32>, tensor<3x4x6xf32>) -> tensor<2x6x6xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8x4xf32>, %y: tensor<3x4x6xf32>) {
  // expected-error@+1 {{expected dimensions 'b' and 'f'}}
  %0 = stablehlo.convolution(%x, %y) dim_numbers = [b, 0, 1]x[0, i, o]->[b, 0, f], window = {} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x8x4xf32>, tensor<3x4x6xf32>) -> tensor<2x6x6xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8x4xf32>, %y: tensor<3x4x6xf32>) {
  // expected-error@+1 {{expected spatial dimensions numbered from 0 without a gap}}
  %0 = stablehlo.convolution(%x, %y) dim_numbers = [b, 1, f]x[0, i, o]->[b, 0, f], window = {} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x8x4xf32>, tensor<3x4x6xf32>) -> tensor<2x6x6xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8x4xf32>, %y: tensor<3x4x6xf32>) {
  // expected-error@+1 {{expected as many spatial dimensions in the kernel and the output as the 1 of the input, but got 2 and 1}}
  %0 = stablehlo.convolution(%x, %y) dim_numbers = [b, 0, f]x[0, 1, i, o]->[b, 0, f], window = {} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x8x4xf32>, tensor<3x4x6xf32>) -> tensor<2x6x6xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8x4xf32>, %y: tensor<3x4x6xf32>) {
  // expected-error@+1 {{expected lhs of rank 4, but got 3}}
  %0 = stablehlo.convolution(%x, %y) dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f], window = {} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x8x4xf32>, tensor<3x4x6xf32>) -> tensor<2x6x6xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8x4xf32>, %y: tensor<3x4x6xf32>) {
  // expected-error@+1 {{expected 'stride', 'pad', 'lhs_dilate', 'rhs_dilate' or 'reverse' once, but got 'dilate'}}
  %0 = stablehlo.convolution(%x, %y) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {dilate = [1]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x8x4xf32>, tensor<3x4x6xf32>) -> tensor<2x6x6xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8x4xf32>, %y: tensor<3x4x6xf32>) {
  // expected-error@+1 {{expected 1 values of window_strides, but got 2}}
  %0 = stablehlo.convolution(%x, %y) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {stride = [1, 1]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x8x4xf32>, tensor<3x4x6xf32>) -> tensor<2x6x6xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8x4xf32>, %y: tensor<3x4x6xf32>) {
  // expected-error@+1 {{expected window_strides of at least 1, but got 0}}
  %0 = stablehlo.convolution(%x, %y) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {stride = [0]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x8x4xf32>, tensor<3x4x6xf32>) -> tensor<2x6x6xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8x4xf32>, %y: tensor<3x4x6xf32>) {
  // expected-error@+1 {{expected lhs_dilation of at least 1, but got -1}}
  %0 = stablehlo.convolution(%x, %y) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {lhs_dilate = [-1]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x8x4xf32>, tensor<3x4x6xf32>) -> tensor<2x6x6xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8x4xf32>, %y: tensor<3x4x6xf32>) {
  // expected-error@+1 {{expected 1 values of rhs_dilation, but got 0}}
  %0 = stablehlo.convolution(%x, %y) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {rhs_dilate = []} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x8x4xf32>, tensor<3x4x6xf32>) -> tensor<2x6x6xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8x4xf32>, %y: tensor<3x4x6xf32>) {
  // expected-error@+1 {{expected padding of shape [1, 2], but got [2, 2]}}
  %0 = stablehlo.convolution(%x, %y) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {pad = [[0, 0], [0, 0]]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x8x4xf32>, tensor<3x4x6xf32>) -> tensor<2x6x6xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8x4xf32>, %y: tensor<3x4x6xf32>) {
  // expected-error@+1 {{expected 1 values of window_reversal, but got 2}}
  %0 = stablehlo.convolution(%x, %y) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {reverse = [true, true]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x8x4xf32>, tensor<3x4x6xf32>) -> tensor<2x6x6xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8x4xf32>, %y: tensor<3x4x6xf16>) {
  // expected-error@+1 {{expected rhs of element type 'f32', but got 'f16'}}
  %0 = stablehlo.convolution(%x, %y) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x8x4xf32>, tensor<3x4x6xf16>) -> tensor<2x6x6xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8x4xf32>, %y: tensor<3x4x6xf32>) {
  // expected-error@+1 {{expected feature_group_count of at least 1, but got 0}}
  %0 = stablehlo.convolution(%x, %y) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {} {batch_group_count = 1 : i64, feature_group_count = 0 : i64} : (tensor<2x8x4xf32>, tensor<3x4x6xf32>) -> tensor<2x6x6xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8x4xf32>, %y: tensor<3x4x6xf32>) {
  // expected-error@+1 {{expected batch_group_count of at least 1, but got -2}}
  %0 = stablehlo.convolution(%x, %y) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {} {batch_group_count = -2 : i64, feature_group_count = 1 : i64} : (tensor<2x8x4xf32>, tensor<3x4x6xf32>) -> tensor<2x6x6xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8x4xf32>, %y: tensor<3x4x6xf32>) {
  // expected-error@+1 {{expected feature_group_count or batch_group_count to be 1, but got 2 and 2}}
  %0 = stablehlo.convolution(%x, %y) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {} {batch_group_count = 2 : i64, feature_group_count = 2 : i64} : (tensor<2x8x4xf32>, tensor<3x4x6xf32>) -> tensor<2x6x6xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8x4xf32>, %y: tensor<3x4x6xf32>) {
  // expected-error@+1 {{expected the size of the input batch dimension to be a multiple of 3 groups, but got 2}}
  %0 = stablehlo.convolution(%x, %y) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {} {batch_group_count = 3 : i64, feature_group_count = 1 : i64} : (tensor<2x8x4xf32>, tensor<3x4x6xf32>) -> tensor<2x6x6xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8x4xf32>, %y: tensor<3x4x6xf32>) {
  // expected-error@+1 {{expected the size of the input feature dimension to be a multiple of 3 groups, but got 4}}
  %0 = stablehlo.convolution(%x, %y) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {} {batch_group_count = 1 : i64, feature_group_count = 3 : i64} : (tensor<2x8x4xf32>, tensor<3x4x6xf32>) -> tensor<2x6x6xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8x4xf32>, %y: tensor<3x4x6xf32>) {
  // expected-error@+1 {{expected the size of the kernel output feature dimension to be a multiple of 4 groups, but got 6}}
  %0 = stablehlo.convolution(%x, %y) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {} {batch_group_count = 1 : i64, feature_group_count = 4 : i64} : (tensor<2x8x4xf32>, tensor<3x4x6xf32>) -> tensor<2x6x6xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8x4xf32>, %y: tensor<3x4x6xf32>) {
  // expected-error@+1 {{expected a kernel with 2 input features, but got 4}}
  %0 = stablehlo.convolution(%x, %y) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {} {batch_group_count = 1 : i64, feature_group_count = 2 : i64} : (tensor<2x8x4xf32>, tensor<3x4x6xf32>) -> tensor<2x6x6xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8x4xf32>, %y: tensor<3x4x6xf32>) {
  // expected-error@+1 {{expected 2 values of precision_config, but got 3}}
  %0 = stablehlo.convolution(%x, %y) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {} {batch_group_count = 1 : i64, feature_group_count = 1 : i64, precision_config = [#stablehlo<precision HIGH>, #stablehlo<precision HIGH>, #stablehlo<precision HIGH>]} : (tensor<2x8x4xf32>, tensor<3x4x6xf32>) -> tensor<2x6x6xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8x4xf32>, %y: tensor<3x4x6xf32>) {
  // expected-error@+1 {{expected padded sizes below 2^63 for spatial dimension 0, but got more}}
  %0 = stablehlo.convolution(%x, %y) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {pad = [[9223372036854775807, 9223372036854775807]]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x8x4xf32>, tensor<3x4x6xf32>) -> tensor<2x6x6xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8x4xf32>, %y: tensor<3x4x6xf32>) {
  // expected-error@+1 {{expected a result of shape [2, 6, 6], but got [2, 7, 6]}}
  %0 = stablehlo.convolution(%x, %y) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x8x4xf32>, tensor<3x4x6xf32>) -> tensor<2x7x6xf32>
  return
}
