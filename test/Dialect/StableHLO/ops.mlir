// Every operation in its custom form, printed as JAX prints it.
// RUN: quant-opt %s | quant-opt | FileCheck %s
// The generic form means the same.
// RUN: quant-opt %s --mlir-print-op-generic | quant-opt | FileCheck %s

// CHECK-LABEL: func @unary
func.func @unary(%x: tensor<2x3xf32>, %i: tensor<4xi32>, %u: tensor<4xui8>, %p: tensor<i1>) {
  // CHECK: stablehlo.abs %{{.*}} : tensor<2x3xf32>
  %0 = stablehlo.abs %x : tensor<2x3xf32>
  // CHECK: stablehlo.abs %{{.*}} : tensor<4xi32>
  %1 = stablehlo.abs %i : tensor<4xi32>
  // CHECK: stablehlo.cbrt %{{.*}} : tensor<2x3xf32>
  %2 = stablehlo.cbrt %x : tensor<2x3xf32>
  // CHECK: stablehlo.ceil %{{.*}} : tensor<2x3xf32>
  %3 = stablehlo.ceil %x : tensor<2x3xf32>
  // CHECK: stablehlo.cosine %{{.*}} : tensor<2x3xf32>
  %4 = stablehlo.cosine %x : tensor<2x3xf32>
  // CHECK: stablehlo.count_leading_zeros %{{.*}} : tensor<4xui8>
  %5 = stablehlo.count_leading_zeros %u : tensor<4xui8>
  // CHECK: stablehlo.exponential %{{.*}} : tensor<2x3xf32>
  %6 = stablehlo.exponential %x : tensor<2x3xf32>
  // CHECK: stablehlo.exponential_minus_one %{{.*}} : tensor<2x3xf32>
  %7 = stablehlo.exponential_minus_one %x : tensor<2x3xf32>
  // CHECK: stablehlo.floor %{{.*}} : tensor<2x3xf32>
  %8 = stablehlo.floor %x : tensor<2x3xf32>
  // CHECK: stablehlo.is_finite %{{.*}} : (tensor<2x3xf32>) -> tensor<2x3xi1>
  %9 = stablehlo.is_finite %x : (tensor<2x3xf32>) -> tensor<2x3xi1>
  // CHECK: stablehlo.log %{{.*}} : tensor<2x3xf32>
  %10 = stablehlo.log %x : tensor<2x3xf32>
  // CHECK: stablehlo.log_plus_one %{{.*}} : tensor<2x3xf32>
  %11 = stablehlo.log_plus_one %x : tensor<2x3xf32>
  // CHECK: stablehlo.logistic %{{.*}} : tensor<2x3xf32>
  %12 = stablehlo.logistic %x : tensor<2x3xf32>
  // CHECK: stablehlo.negate %{{.*}} : tensor<4xui8>
  %13 = stablehlo.negate %u : tensor<4xui8>
  // CHECK: stablehlo.not %{{.*}} : tensor<i1>
  %14 = stablehlo.not %p : tensor<i1>
  // CHECK: stablehlo.popcnt %{{.*}} : tensor<4xi32>
  %15 = stablehlo.popcnt %i : tensor<4xi32>
  // CHECK: stablehlo.reduce_precision %{{.*}}, format = e5m10 : tensor<2x3xf32>
  %16 = stablehlo.reduce_precision %x, format = e5m10 : tensor<2x3xf32>
  // CHECK: stablehlo.round_nearest_afz %{{.*}} : tensor<2x3xf32>
  %17 = stablehlo.round_nearest_afz %x : tensor<2x3xf32>
  // CHECK: stablehlo.round_nearest_even %{{.*}} : tensor<2x3xf32>
  %18 = stablehlo.round_nearest_even %x : tensor<2x3xf32>
  // CHECK: stablehlo.rsqrt %{{.*}} : tensor<2x3xf32>
  %19 = stablehlo.rsqrt %x : tensor<2x3xf32>
  // CHECK: stablehlo.sign %{{.*}} : tensor<4xi32>
  %20 = stablehlo.sign %i : tensor<4xi32>
  // CHECK: stablehlo.sine %{{.*}} : tensor<2x3xf32>
  %21 = stablehlo.sine %x : tensor<2x3xf32>
  // CHECK: stablehlo.sqrt %{{.*}} {mhlo.note = 1 : i32} : tensor<2x3xf32>
  %22 = stablehlo.sqrt %x {mhlo.note = 1 : i32} : tensor<2x3xf32>
  // CHECK: stablehlo.tan %{{.*}} : tensor<2x3xf32>
  %23 = stablehlo.tan %x : tensor<2x3xf32>
  // CHECK: stablehlo.tanh %{{.*}} : tensor<2x3xf32>
  %24 = stablehlo.tanh %x : tensor<2x3xf32>
  // CHECK: stablehlo.convert %{{.*}} : (tensor<2x3xf32>) -> tensor<2x3xi8>
  %25 = stablehlo.convert %x : (tensor<2x3xf32>) -> tensor<2x3xi8>
  // CHECK: stablehlo.convert %{{.*}} : tensor<2x3xf32>
  %26 = stablehlo.convert %x : tensor<2x3xf32>
  // CHECK: stablehlo.bitcast_convert %{{.*}} : (tensor<2x3xf32>) -> tensor<2x3xi32>
  %27 = stablehlo.bitcast_convert %x : (tensor<2x3xf32>) -> tensor<2x3xi32>
  // CHECK: stablehlo.bitcast_convert %{{.*}} : (tensor<4xui8>) -> tensor<f32>
  %28 = stablehlo.bitcast_convert %u : (tensor<4xui8>) -> tensor<f32>
  // CHECK: chlo.erf %{{.*}} : tensor<2x3xf32> -> tensor<2x3xf32>
  %29 = chlo.erf %x : tensor<2x3xf32> -> tensor<2x3xf32>
  // CHECK: chlo.erfc %{{.*}} : tensor<2x3xf32> -> tensor<2x3xf32>
  %30 = chlo.erfc %x : tensor<2x3xf32> -> tensor<2x3xf32>
  // CHECK: chlo.square %{{.*}} : tensor<2x3xf32> -> tensor<2x3xf32>
  %31 = chlo.square %x : tensor<2x3xf32> -> tensor<2x3xf32>
  return
}

// CHECK-LABEL: func @binary
func.func @binary(%x: tensor<2xbf16>, %y: tensor<2xbf16>, %i: tensor<ui32>, %j: tensor<ui32>,
                  %p: tensor<3xi1>, %d: tensor<?xf32>) {
  // CHECK: stablehlo.add %{{.*}}, %{{.*}} : tensor<3xi1>
  %0 = stablehlo.add %p, %p : tensor<3xi1>
  // CHECK: stablehlo.add %{{.*}}, %{{.*}} : tensor<?xf32>
  %1 = stablehlo.add %d, %d : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
  // CHECK: stablehlo.and %{{.*}}, %{{.*}} : tensor<3xi1>
  %2 = stablehlo.and %p, %p : tensor<3xi1>
  // CHECK: stablehlo.atan2 %{{.*}}, %{{.*}} : tensor<2xbf16>
  %3 = stablehlo.atan2 %x, %y : tensor<2xbf16>
  // CHECK: stablehlo.divide %{{.*}}, %{{.*}} : tensor<ui32>
  %4 = stablehlo.divide %i, %j : tensor<ui32>
  // CHECK: stablehlo.maximum %{{.*}}, %{{.*}} : tensor<2xbf16>
  %5 = stablehlo.maximum %x, %y : tensor<2xbf16>
  // CHECK: stablehlo.minimum %{{.*}}, %{{.*}} : tensor<2xbf16>
  %6 = stablehlo.minimum %x, %y : tensor<2xbf16>
  // CHECK: stablehlo.multiply %{{.*}}, %{{.*}} : tensor<2xbf16>
  %7 = stablehlo.multiply %x, %y : tensor<2xbf16>
  // CHECK: stablehlo.or %{{.*}}, %{{.*}} : tensor<ui32>
  %8 = stablehlo.or %i, %j : tensor<ui32>
  // CHECK: stablehlo.power %{{.*}}, %{{.*}} : tensor<2xbf16>
  %9 = stablehlo.power %x, %y : tensor<2xbf16>
  // CHECK: stablehlo.remainder %{{.*}}, %{{.*}} : tensor<2xbf16>
  %10 = stablehlo.remainder %x, %y : tensor<2xbf16>
  // CHECK: stablehlo.shift_left %{{.*}}, %{{.*}} : tensor<ui32>
  %11 = stablehlo.shift_left %i, %j : tensor<ui32>
  // CHECK: stablehlo.shift_right_arithmetic %{{.*}}, %{{.*}} : tensor<ui32>
  %12 = stablehlo.shift_right_arithmetic %i, %j : tensor<ui32>
  // CHECK: stablehlo.shift_right_logical %{{.*}}, %{{.*}} : tensor<ui32>
  %13 = stablehlo.shift_right_logical %i, %j : tensor<ui32>
  // CHECK: stablehlo.subtract %{{.*}}, %{{.*}} : tensor<2xbf16>
  %14 = stablehlo.subtract %x, %y : tensor<2xbf16>
  // CHECK: stablehlo.xor %{{.*}}, %{{.*}} : tensor<3xi1>
  %15 = stablehlo.xor %p, %p : tensor<3xi1>
  return
}

// CHECK-LABEL: func @compare_and_select
func.func @compare_and_select(%x: tensor<3xf32>, %y: tensor<3xf32>, %c: tensor<f32>, %q: tensor<i1>) {
  // CHECK: %[[P:.*]] = stablehlo.compare LT, %{{.*}}, %{{.*}}, FLOAT : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xi1>
  %p = stablehlo.compare LT, %x, %y, FLOAT : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xi1>
  // CHECK: stablehlo.compare EQ, %{{.*}}, %{{.*}} : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xi1>
  %0 = stablehlo.compare EQ, %x, %y : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xi1>
  // CHECK: stablehlo.compare GE, %{{.*}}, %{{.*}}, TOTALORDER
  %1 = stablehlo.compare GE, %x, %y, TOTALORDER : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xi1>
  // CHECK: stablehlo.compare NE, %[[P]], %[[P]], UNSIGNED
  %2 = stablehlo.compare NE, %p, %p, UNSIGNED : (tensor<3xi1>, tensor<3xi1>) -> tensor<3xi1>
  // CHECK: stablehlo.select %[[P]], %{{.*}}, %{{.*}} : tensor<3xi1>, tensor<3xf32>
  %3 = stablehlo.select %p, %x, %y : tensor<3xi1>, tensor<3xf32>
  // CHECK: stablehlo.select %{{.*}}, %{{.*}}, %{{.*}} : tensor<i1>, tensor<3xf32>
  %4 = stablehlo.select %q, %x, %y : (tensor<i1>, tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  // CHECK: stablehlo.clamp %{{.*}}, %{{.*}}, %{{.*}} : tensor<3xf32>
  %5 = stablehlo.clamp %x, %y, %x : tensor<3xf32>
  // CHECK: stablehlo.clamp %{{.*}}, %{{.*}}, %{{.*}} : (tensor<f32>, tensor<3xf32>, tensor<f32>) -> tensor<3xf32>
  %6 = stablehlo.clamp %c, %x, %c : (tensor<f32>, tensor<3xf32>, tensor<f32>) -> tensor<3xf32>
  return
}

// CHECK-LABEL: func @constants
func.func @constants() {
  // CHECK: %c = stablehlo.constant dense<[1, 2]> : tensor<2xi32>
  %0 = stablehlo.constant dense<[1, 2]> : tensor<2xi32>
  // CHECK: %cst = stablehlo.constant dense<0xFF800000> : tensor<f32>
  %1 = stablehlo.constant dense<0xFF800000> : tensor<f32>
  // CHECK: stablehlo.constant dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32>
  %2 = stablehlo.constant dense<"0x0000803F00000040"> : tensor<2xf32>
  // CHECK: stablehlo.constant dense<true> : tensor<2x2xi1>
  %3 = stablehlo.constant dense<true> : tensor<2x2xi1>
  // CHECK: stablehlo.constant {mhlo.note} dense<> : tensor<0x3xf16>
  %4 = stablehlo.constant {mhlo.note} dense<> : tensor<0x3xf16>
  // CHECK: stablehlo.iota dim = 1 : tensor<2x3xi32>
  %5 = stablehlo.iota dim = 1 : tensor<2x3xi32>
  return
}

// CHECK-LABEL: func @data_movement
func.func @data_movement(%x: tensor<2x3xf32>, %c: tensor<f32>, %i: tensor<i32>, %u: tensor<1x2xf32>) {
  // CHECK: stablehlo.broadcast_in_dim %{{.*}}, dims = [0, 2] : (tensor<2x3xf32>) -> tensor<2x4x3xf32>
  %0 = stablehlo.broadcast_in_dim %x, dims = [0, 2] : (tensor<2x3xf32>) -> tensor<2x4x3xf32>
  // CHECK: stablehlo.broadcast_in_dim %{{.*}}, dims = [] : (tensor<f32>) -> tensor<0x3xf32>
  %1 = stablehlo.broadcast_in_dim %c, dims = [] : (tensor<f32>) -> tensor<0x3xf32>
  // CHECK: stablehlo.reshape %{{.*}} : (tensor<2x3xf32>) -> tensor<6xf32>
  %2 = stablehlo.reshape %x : (tensor<2x3xf32>) -> tensor<6xf32>
  // CHECK: stablehlo.transpose %{{.*}}, dims = [1, 0] : (tensor<2x3xf32>) -> tensor<3x2xf32>
  %3 = stablehlo.transpose %x, dims = [1, 0] : (tensor<2x3xf32>) -> tensor<3x2xf32>
  // CHECK: stablehlo.reverse %{{.*}}, dims = [0, 1] : tensor<2x3xf32>
  %4 = stablehlo.reverse %x, dims = [0, 1] : tensor<2x3xf32>
  // CHECK: stablehlo.concatenate %{{.*}}, %{{.*}}, dim = 1 : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x6xf32>
  %5 = stablehlo.concatenate %x, %x, dim = 1 : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x6xf32>
  // CHECK: stablehlo.slice %{{.*}} [0:1, 0:3:2] : (tensor<2x3xf32>) -> tensor<1x2xf32>
  %6 = stablehlo.slice %x [0:1, 0:3:2] : (tensor<2x3xf32>) -> tensor<1x2xf32>
  // CHECK: stablehlo.slice %{{.*}} [] : (tensor<f32>) -> tensor<f32>
  %7 = stablehlo.slice %c [] : (tensor<f32>) -> tensor<f32>
  // CHECK: stablehlo.dynamic_slice %{{.*}}, %{{.*}}, %{{.*}}, sizes = [1, 2] : (tensor<2x3xf32>, tensor<i32>, tensor<i32>) -> tensor<1x2xf32>
  %8 = stablehlo.dynamic_slice %x, %i, %i, sizes = [1, 2] : (tensor<2x3xf32>, tensor<i32>, tensor<i32>) -> tensor<1x2xf32>
  // CHECK: stablehlo.dynamic_slice %{{.*}}, sizes = [] : (tensor<f32>) -> tensor<f32>
  %9 = stablehlo.dynamic_slice %c, sizes = [] : (tensor<f32>) -> tensor<f32>
  // CHECK: stablehlo.dynamic_update_slice %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} : (tensor<2x3xf32>, tensor<1x2xf32>, tensor<i32>, tensor<i32>) -> tensor<2x3xf32>
  %10 = stablehlo.dynamic_update_slice %x, %u, %i, %i : (tensor<2x3xf32>, tensor<1x2xf32>, tensor<i32>, tensor<i32>) -> tensor<2x3xf32>
  // CHECK: stablehlo.pad %{{.*}}, %{{.*}}, low = [1, 0], high = [-1, 2], interior = [0, 3] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2x11xf32>
  %11 = stablehlo.pad %x, %c, low = [1, 0], high = [-1, 2], interior = [0, 3] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2x11xf32>
  // CHECK: %values, %indices = chlo.top_k(%{{.*}}, k = 2) : tensor<2x3xf32> -> (tensor<2x2xf32>, tensor<2x2xi32>)
  %12, %13 = chlo.top_k(%x, k = 2) : tensor<2x3xf32> -> (tensor<2x2xf32>, tensor<2x2xi32>)
  return
}

// CHECK-LABEL: func @gather
func.func @gather(%x: tensor<5x7x3xf32>, %i: tensor<5x4x1xi32>, %v: tensor<3xi32>, %j: tensor<i32>) {
  // CHECK: "stablehlo.gather"(%{{.*}}) <{dimension_numbers = #stablehlo.gather<offset_dims = [2], collapsed_slice_dims = [1], operand_batching_dims = [0], start_indices_batching_dims = [0], start_index_map = [1], index_vector_dim = 2>, indices_are_sorted = false, slice_sizes = array<i64: 1, 1, 3>}> : (tensor<5x7x3xf32>, tensor<5x4x1xi32>) -> tensor<5x4x3xf32>
  %0 = "stablehlo.gather"(%x, %i) <{dimension_numbers = #stablehlo.gather<offset_dims = [2], collapsed_slice_dims = [1], operand_batching_dims = [0], start_indices_batching_dims = [0], start_index_map = [1], index_vector_dim = 2>, indices_are_sorted = false, slice_sizes = array<i64: 1, 1, 3>}> : (tensor<5x7x3xf32>, tensor<5x4x1xi32>) -> tensor<5x4x3xf32>
  // The older form, with attributes in any order.
  // CHECK: "stablehlo.gather"(%{{.*}}) <{dimension_numbers = #stablehlo.gather<collapsed_slice_dims = [0], start_index_map = [0]>, slice_sizes = array<i64: 1>}> : (tensor<3xi32>, tensor<i32>) -> tensor<i32>
  %1 = "stablehlo.gather"(%v, %j) {slice_sizes = array<i64: 1>, dimension_numbers = #stablehlo.gather<start_index_map = [0], collapsed_slice_dims = [0]>} : (tensor<3xi32>, tensor<i32>) -> tensor<i32>
  return
}

// CHECK-LABEL: func @dot_general
func.func @dot_general(%x: tensor<2x3x4xf32>, %y: tensor<2x4x5xf32>, %a: tensor<3xi8>, %b: tensor<3xi8>) {
  // CHECK: stablehlo.dot_general %{{.*}}, %{{.*}}, batching_dims = [0] x [0], contracting_dims = [2] x [1], precision = [DEFAULT, HIGHEST] : (tensor<2x3x4xf32>, tensor<2x4x5xf32>) -> tensor<2x3x5xf32>
  %0 = stablehlo.dot_general %x, %y, batching_dims = [0] x [0], contracting_dims = [2] x [1], precision = [DEFAULT, HIGHEST] : (tensor<2x3x4xf32>, tensor<2x4x5xf32>) -> tensor<2x3x5xf32>
  // CHECK: stablehlo.dot_general %{{.*}}, %{{.*}}, contracting_dims = [] x [] : (tensor<3xi8>, tensor<3xi8>) -> tensor<3x3xi32>
  %1 = stablehlo.dot_general %a, %b, contracting_dims = [] x [] : (tensor<3xi8>, tensor<3xi8>) -> tensor<3x3xi32>
  // CHECK: stablehlo.dot_general %{{.*}}, %{{.*}}, contracting_dims = [0] x [0], precision = [DEFAULT, DEFAULT], algorithm = <lhs_precision_type = bf16, rhs_precision_type = bf16, accumulation_type = f32, lhs_component_count = 1, rhs_component_count = 1, num_primitive_operations = 3, allow_imprecise_accumulation = false> {mhlo.note} : (tensor<3xi8>, tensor<3xi8>) -> tensor<i32>
  %2 = stablehlo.dot_general %a, %b, contracting_dims = [0] x [0], precision = [DEFAULT, DEFAULT], algorithm = <lhs_precision_type = bf16, rhs_precision_type = bf16, accumulation_type = f32, lhs_component_count = 1, rhs_component_count = 1, num_primitive_operations = 3, allow_imprecise_accumulation = false> {mhlo.note} : (tensor<3xi8>, tensor<3xi8>) -> tensor<i32>
  return
}

// CHECK-LABEL: func @convolution
func.func @convolution(%x: tensor<2x8x8x4xf32>, %k: tensor<3x3x2x6xf32>, %a: tensor<2x4xf32>, %b: tensor<6x4xf32>) {
  // CHECK: stablehlo.convolution(%{{.*}}, %{{.*}}) dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f], window = {stride = [2, 2], pad = {{\[}}[0, 1], [-1, 2]], lhs_dilate = [1, 2], rhs_dilate = [1, 1], reverse = [false, true]} {batch_group_count = 1 : i64, feature_group_count = 2 : i64, precision_config = [#stablehlo<precision DEFAULT>, #stablehlo<precision DEFAULT>]} : (tensor<2x8x8x4xf32>, tensor<3x3x2x6xf32>) -> tensor<2x4x7x6xf32>
  %0 = stablehlo.convolution(%x, %k) dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f], window = {stride = [2, 2], pad = [[0, 1], [-1, 2]], lhs_dilate = [1, 2], rhs_dilate = [1, 1], reverse = [false, true]} {batch_group_count = 1 : i64, feature_group_count = 2 : i64, precision_config = [#stablehlo<precision DEFAULT>, #stablehlo<precision DEFAULT>]} : (tensor<2x8x8x4xf32>, tensor<3x3x2x6xf32>) -> tensor<2x4x7x6xf32>
  // CHECK: stablehlo.convolution(%{{.*}}, %{{.*}}) dim_numbers = [b, f]x[o, i]->[b, f], window = {stride = [], pad = []} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x4xf32>, tensor<6x4xf32>) -> tensor<2x6xf32>
  %1 = stablehlo.convolution(%a, %b) dim_numbers = [b, f]x[o, i]->[b, f], window = {pad = [], stride = []} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x4xf32>, tensor<6x4xf32>) -> tensor<2x6xf32>
  // CHECK: stablehlo.convolution(%{{.*}}, %{{.*}}) dim_numbers = [b, f]x[o, i]->[b, f], window = {} {batch_group_count = 2 : i64, feature_group_count = 1 : i64} : (tensor<2x4xf32>, tensor<6x4xf32>) -> tensor<1x6xf32>
  %2 = "stablehlo.convolution"(%a, %b) <{batch_group_count = 2 : i64, feature_group_count = 1 : i64, dimension_numbers = #stablehlo.conv<[b, f]x[o, i]->[b, f]>}> : (tensor<2x4xf32>, tensor<6x4xf32>) -> tensor<1x6xf32>
  return
}

// CHECK-LABEL: func @reduce
func.func @reduce(%x: tensor<2x3xf32>, %i: tensor<2x3xi32>, %a: tensor<f32>, %b: tensor<i32>) {
  // CHECK: stablehlo.reduce(%{{.*}} init: %{{.*}}) applies stablehlo.add across dimensions = [1] {mhlo.note} : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
  %0 = stablehlo.reduce(%x init: %a) applies stablehlo.add across dimensions = [1] {mhlo.note} : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
  // CHECK: stablehlo.reduce(%{{.*}} init: %{{.*}}), (%{{.*}} init: %{{.*}}) across dimensions = [0, 1] : (tensor<2x3xf32>, tensor<2x3xi32>, tensor<f32>, tensor<i32>) -> (tensor<f32>, tensor<i32>)
  // CHECK-NEXT: reducer(%[[X0:.*]]: tensor<f32>, %[[X1:.*]]: tensor<f32>) (%[[I0:.*]]: tensor<i32>, %[[I1:.*]]: tensor<i32>) {
  // CHECK-NEXT: stablehlo.return %[[X1]], %[[I0]] : tensor<f32>, tensor<i32>
  %1:2 = stablehlo.reduce(%x init: %a), (%i init: %b) across dimensions = [0, 1] : (tensor<2x3xf32>, tensor<2x3xi32>, tensor<f32>, tensor<i32>) -> (tensor<f32>, tensor<i32>)
   reducer(%x0: tensor<f32>, %x1: tensor<f32>) (%i0: tensor<i32>, %i1: tensor<i32>) {
    stablehlo.return %x1, %i0 : tensor<f32>, tensor<i32>
  }
  // CHECK: "stablehlo.reduce_window"(%{{.*}}, %{{.*}}) <{padding = dense<0> : tensor<2x2xi64>, window_dimensions = array<i64: 2, 2>, window_strides = array<i64: 1, 1>}> ({
  // CHECK: stablehlo.maximum
  // CHECK: }) : (tensor<2x3xf32>, tensor<f32>) -> tensor<1x2xf32>
  %2 = "stablehlo.reduce_window"(%x, %a) <{padding = dense<0> : tensor<2x2xi64>, window_dimensions = array<i64: 2, 2>, window_strides = array<i64: 1, 1>}> ({
  ^bb0(%l: tensor<f32>, %r: tensor<f32>):
    %m = stablehlo.maximum %l, %r : tensor<f32>
    stablehlo.return %m : tensor<f32>
  }) : (tensor<2x3xf32>, tensor<f32>) -> tensor<1x2xf32>
  return
}

// CHECK-LABEL: func @control_flow
func.func @control_flow(%n: tensor<i32>, %x: tensor<4xf32>, %p: tensor<i1>) {
  // CHECK: stablehlo.while(%iterArg = %{{.*}}, %iterArg_0 = %{{.*}}) : tensor<i32>, tensor<4xf32> attributes {mhlo.note}
  // CHECK-NEXT: cond {
  // CHECK: stablehlo.return %{{.*}} : tensor<i1>
  // CHECK-NEXT: } do {
  // CHECK: stablehlo.return %{{.*}}, %{{.*}} : tensor<i32>, tensor<4xf32>
  %0:2 = stablehlo.while(%i = %n, %y = %x) : tensor<i32>, tensor<4xf32> attributes {mhlo.note}
  cond {
    %q = stablehlo.compare LT, %i, %n, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
    stablehlo.return %q : tensor<i1>
  } do {
    %z = stablehlo.tanh %y : tensor<4xf32>
    stablehlo.return %i, %z : tensor<i32>, tensor<4xf32>
  }
  // CHECK: "stablehlo.case"(%{{.*}}) ({
  // CHECK: }, {
  // CHECK: }) : (tensor<i32>) -> tensor<4xf32>
  %1 = "stablehlo.case"(%n) ({
    stablehlo.return %x : tensor<4xf32>
  }, {
    stablehlo.return %x : tensor<4xf32>
  }) : (tensor<i32>) -> tensor<4xf32>
  // CHECK: "stablehlo.if"(%{{.*}}) ({
  // CHECK: }, {
  // CHECK: }) : (tensor<i1>) -> tensor<4xf32>
  %2 = "stablehlo.if"(%p) ({
    stablehlo.return %x : tensor<4xf32>
  }, {
    stablehlo.return %x : tensor<4xf32>
  }) : (tensor<i1>) -> tensor<4xf32>
  // CHECK: stablehlo.while()
  stablehlo.while()
  cond {
    stablehlo.return %p : tensor<i1>
  } do {
    stablehlo.return
  }
  return
}

// CHECK-LABEL: func @calls
func.func @calls(%x: tensor<4xf32>) {
  // CHECK: stablehlo.composite "my.op" %{{.*}} {composite_attributes = {k = 2.000000e+00 : f32}, decomposition = @decomposition, version = 1 : i32} : (tensor<4xf32>) -> tensor<4xf32>
  %0 = stablehlo.composite "my.op" %x {composite_attributes = {k = 2.000000e+00 : f32}, decomposition = @decomposition, version = 1 : i32} : (tensor<4xf32>) -> tensor<4xf32>
  // CHECK: stablehlo.custom_call @target(%{{.*}}) {api_version = 4 : i32, backend_config = {a = 1 : i32}, output_operand_aliases = [#stablehlo.output_operand_alias<output_tuple_indices = [], operand_index = 0, operand_tuple_indices = []>]} : (tensor<4xf32>) -> tensor<4xf32>
  %1 = stablehlo.custom_call @target(%x) {api_version = 4 : i32, backend_config = {a = 1 : i32}, output_operand_aliases = [#stablehlo.output_operand_alias<output_tuple_indices = [], operand_index = 0, operand_tuple_indices = []>]} : (tensor<4xf32>) -> tensor<4xf32>
  // CHECK: stablehlo.optimization_barrier %{{.*}}, %{{.*}} : tensor<4xf32>, tensor<4xf32>
  %2:2 = stablehlo.optimization_barrier %x, %x : tensor<4xf32>, tensor<4xf32>
  return
}

func.func private @decomposition(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}
