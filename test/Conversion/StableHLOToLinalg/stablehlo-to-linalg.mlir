// RUN: quant-opt %s -split-input-file --stablehlo-to-linalg --verify-imported | FileCheck %s

// The transposition of a weight becomes a map of the matmul, the broadcast of
// the bias one of the addition, and the constant goes into the body.
// CHECK-DAG: #[[MK:.*]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK-DAG: #[[NK:.*]] = affine_map<(d0, d1, d2) -> (d1, d2)>
// CHECK-DAG: #[[MN:.*]] = affine_map<(d0, d1, d2) -> (d0, d1)>
// CHECK-DAG: #[[ID:.*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG: #[[N:.*]] = affine_map<(d0, d1) -> (d1)>
// CHECK-LABEL: func.func @linear
// CHECK-SAME: (%[[X:.*]]: tensor<2x4xf32>, %[[W:.*]]: tensor<8x4xf32>, %[[B:.*]]: tensor<8xf32>)
func.func @linear(%x: tensor<2x4xf32>, %w: tensor<8x4xf32>, %b: tensor<8xf32>) -> tensor<2x8xf32> {
  // CHECK: %[[ZERO:.*]] = arith.constant 0.000000e+00 : f32
  // CHECK: %[[INIT:.*]] = linalg.fill ins(%[[ZERO]]
  // CHECK: %[[DOT:.*]] = linalg.matmul indexing_maps = [#[[MK]], #[[NK]], #[[MN]]] ins(%[[X]], %[[W]] : {{.*}}) outs(%[[INIT]]
  %0 = stablehlo.transpose %w, dims = [1, 0] : (tensor<8x4xf32>) -> tensor<4x8xf32>
  %1 = stablehlo.dot_general %x, %0, contracting_dims = [1] x [0] : (tensor<2x4xf32>, tensor<4x8xf32>) -> tensor<2x8xf32>
  // CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[N]], #[[ID]]], iterator_types = ["parallel", "parallel"]} ins(%[[DOT]], %[[B]]
  // CHECK: arith.addf
  %2 = stablehlo.broadcast_in_dim %b, dims = [1] : (tensor<8xf32>) -> tensor<2x8xf32>
  %3 = stablehlo.add %1, %2 : tensor<2x8xf32>
  // CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[ID]]]
  // CHECK: arith.maximumf %{{.*}}, %[[ZERO]]
  %c = stablehlo.constant dense<0.0> : tensor<f32>
  %4 = stablehlo.broadcast_in_dim %c, dims = [] : (tensor<f32>) -> tensor<2x8xf32>
  %5 = stablehlo.maximum %3, %4 : tensor<2x8xf32>
  return %5 : tensor<2x8xf32>
}

// -----

// An einsum that JAX turned around, with the activation on the right and a
// transposition behind, is turned back.
// CHECK-DAG: #[[MK:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d3)>
// CHECK-DAG: #[[KN:.*]] = affine_map<(d0, d1, d2, d3) -> (d3, d2)>
// CHECK-DAG: #[[MN:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>
// CHECK-LABEL: func.func @swapped
// CHECK-SAME: (%[[X:.*]]: tensor<2x5x7xf32>, %[[W:.*]]: tensor<7x6xf32>)
func.func @swapped(%x: tensor<2x5x7xf32>, %w: tensor<7x6xf32>) -> tensor<2x5x6xf32> {
  // CHECK: linalg.generic {indexing_maps = [#[[MK]], #[[KN]], #[[MN]]], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%[[X]], %[[W]]
  // CHECK-NOT: linalg.transpose
  %0 = stablehlo.dot_general %w, %x, contracting_dims = [0] x [2] : (tensor<7x6xf32>, tensor<2x5x7xf32>) -> tensor<6x2x5xf32>
  %1 = stablehlo.transpose %0, dims = [1, 2, 0] : (tensor<6x2x5xf32>) -> tensor<2x5x6xf32>
  return %1 : tensor<2x5x6xf32>
}

// -----

// CHECK-LABEL: func.func @batch
func.func @batch(%x: tensor<3x5x7xf32>, %y: tensor<3x7x6xf32>) -> tensor<3x5x6xf32> {
  // CHECK: linalg.batch_matmul ins(%{{.*}}, %{{.*}} : tensor<3x5x7xf32>, tensor<3x7x6xf32>)
  %0 = stablehlo.dot_general %x, %y, batching_dims = [0] x [0], contracting_dims = [2] x [1] : (tensor<3x5x7xf32>, tensor<3x7x6xf32>) -> tensor<3x5x6xf32>
  return %0 : tensor<3x5x6xf32>
}

// -----

// Half precision accumulates in f32 and is rounded once.
// CHECK-LABEL: func.func @bfloat16
func.func @bfloat16(%x: tensor<5x7xbf16>, %y: tensor<7x6xbf16>) -> tensor<5x6xbf16> {
  // CHECK: %[[SUM:.*]] = linalg.matmul ins(%{{.*}} : tensor<5x7xbf16>, tensor<7x6xbf16>) outs(%{{.*}} : tensor<5x6xf32>)
  // CHECK: linalg.generic {{.*}} ins(%[[SUM]]
  // CHECK: arith.truncf
  %0 = stablehlo.dot_general %x, %y, contracting_dims = [1] x [0] : (tensor<5x7xbf16>, tensor<7x6xbf16>) -> tensor<5x6xbf16>
  return %0 : tensor<5x6xbf16>
}

// -----

// Unsigned operands are extended by zeros, which no named op does.
// CHECK-LABEL: func.func @unsigned
// CHECK-SAME: (%{{.*}}: tensor<5x7xi8> {qnn.type = tensor<5x7xui8>}, %{{.*}}: tensor<7x6xi8>) -> tensor<5x6xi32>
func.func @unsigned(%x: tensor<5x7xui8>, %y: tensor<7x6xi8>) -> tensor<5x6xi32> {
  // CHECK: linalg.generic
  // CHECK: arith.extui
  // CHECK: arith.extsi
  %0 = stablehlo.dot_general %x, %y, contracting_dims = [1] x [0] : (tensor<5x7xui8>, tensor<7x6xi8>) -> tensor<5x6xi32>
  return %0 : tensor<5x6xi32>
}

// -----

// CHECK-LABEL: func.func @convolution
func.func @convolution(%x: tensor<2x8x8x3xf32>, %k: tensor<3x3x3x4xf32>) -> tensor<2x4x4x4xf32> {
  // CHECK: %[[PAD:.*]] = tensor.pad %{{.*}} low[0, 0, 0, 0] high[0, 1, 1, 0]
  // CHECK: linalg.conv_2d_nhwc_hwcf {dilations = dense<1> : tensor<2xi64>, strides = dense<2> : tensor<2xi64>} ins(%[[PAD]], %{{.*}}
  %0 = stablehlo.convolution(%x, %k) dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f], window = {stride = [2, 2], pad = [[0, 1], [0, 1]]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x8x8x3xf32>, tensor<3x3x3x4xf32>) -> tensor<2x4x4x4xf32>
  return %0 : tensor<2x4x4x4xf32>
}

// -----

// CHECK-LABEL: func.func @convolution_channels_first
func.func @convolution_channels_first(%x: tensor<2x3x8x8xf32>, %k: tensor<4x3x3x3xf32>) -> tensor<2x4x6x6xf32> {
  // CHECK-NOT: linalg.transpose
  // CHECK: linalg.conv_2d_nchw_fchw
  %0 = stablehlo.convolution(%x, %k) dim_numbers = [b, f, 0, 1]x[o, i, 0, 1]->[b, f, 0, 1], window = {} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<2x4x6x6xf32>
  return %0 : tensor<2x4x6x6xf32>
}

// -----

// CHECK-LABEL: func.func @depthwise
func.func @depthwise(%x: tensor<2x8x8x3xf32>, %k: tensor<3x3x1x3xf32>) -> tensor<2x6x6x3xf32> {
  // CHECK: linalg.depthwise_conv_2d_nhwc_hwc
  %0 = stablehlo.convolution(%x, %k) dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f], window = {} {batch_group_count = 1 : i64, feature_group_count = 3 : i64} : (tensor<2x8x8x3xf32>, tensor<3x3x1x3xf32>) -> tensor<2x6x6x3xf32>
  return %0 : tensor<2x6x6x3xf32>
}

// -----

// CHECK-LABEL: func.func @grouped
func.func @grouped(%x: tensor<2x8x8x4xf32>, %k: tensor<3x3x2x6xf32>) -> tensor<2x6x6x6xf32> {
  // CHECK: linalg.generic {{.*}}iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]
  %0 = stablehlo.convolution(%x, %k) dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f], window = {} {batch_group_count = 1 : i64, feature_group_count = 2 : i64} : (tensor<2x8x8x4xf32>, tensor<3x3x2x6xf32>) -> tensor<2x6x6x6xf32>
  return %0 : tensor<2x6x6x6xf32>
}

// -----

// CHECK-LABEL: func.func @reduce
func.func @reduce(%x: tensor<2x3xf32>) -> tensor<2xf32> {
  // CHECK: %[[MIN:.*]] = arith.constant 0xFF800000 : f32
  // CHECK: %[[INIT:.*]] = linalg.fill ins(%[[MIN]]
  // CHECK: linalg.reduce { arith.maximumf } ins(%{{.*}} : tensor<2x3xf32>) outs(%[[INIT]] : tensor<2xf32>) dimensions = [1]
  %c = stablehlo.constant dense<0xFF800000> : tensor<f32>
  %0 = stablehlo.reduce(%x init: %c) applies stablehlo.maximum across dimensions = [1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

// CHECK-LABEL: func.func @pooling
func.func @pooling(%x: tensor<1x8x8x3xf32>, %c: tensor<f32>) -> tensor<1x4x4x3xf32> {
  // CHECK: linalg.pooling_nhwc_max {dilations = dense<1> : tensor<2xi64>, strides = dense<2> : tensor<2xi64>} ins(%{{.*}}, %{{.*}} : tensor<1x8x8x3xf32>, tensor<2x2xf32>)
  %0 = "stablehlo.reduce_window"(%x, %c) <{window_dimensions = array<i64: 1, 2, 2, 1>, window_strides = array<i64: 1, 2, 2, 1>}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %m = stablehlo.maximum %a, %b : tensor<f32>
    stablehlo.return %m : tensor<f32>
  }) : (tensor<1x8x8x3xf32>, tensor<f32>) -> tensor<1x4x4x3xf32>
  return %0 : tensor<1x4x4x3xf32>
}

// -----

// A dimension that grows from size 1 is dropped before the broadcast.
// CHECK-LABEL: func.func @broadcast
func.func @broadcast(%x: tensor<4x1xf32>) -> tensor<4x3xf32> {
  // CHECK: %[[FLAT:.*]] = tensor.collapse_shape %{{.*}} {{\[\[}}0, 1]] : tensor<4x1xf32> into tensor<4xf32>
  // CHECK: linalg.broadcast ins(%[[FLAT]] : tensor<4xf32>) outs(%{{.*}} : tensor<4x3xf32>) dimensions = [1]
  %0 = stablehlo.broadcast_in_dim %x, dims = [0, 1] : (tensor<4x1xf32>) -> tensor<4x3xf32>
  return %0 : tensor<4x3xf32>
}

// -----

// Start indices are clamped on index arithmetic, without tensors of rank 0.
// CHECK-LABEL: func.func @dynamic_slice
// CHECK-SAME: %[[X:.*]]: tensor<4x5xf32>, %[[I:.*]]: tensor<i32>
func.func @dynamic_slice(%x: tensor<4x5xf32>, %i: tensor<i32>) -> tensor<2x5xf32> {
  // CHECK-DAG: %[[ZERO:.*]] = arith.constant 0 : index
  // CHECK-DAG: %[[TWO:.*]] = arith.constant 2 : index
  // CHECK: %[[BITS:.*]] = tensor.extract %[[I]][]
  // CHECK: %[[INDEX:.*]] = arith.index_cast %[[BITS]] : i32 to index
  // CHECK: %[[LOW:.*]] = arith.maxsi %[[INDEX]], %[[ZERO]]
  // CHECK: %[[START:.*]] = arith.minsi %[[LOW]], %[[TWO]]
  // CHECK: tensor.extract_slice %[[X]][%[[START]], 0] [2, 5] [1, 1]
  %0 = stablehlo.dynamic_slice %x, %i, %i, sizes = [2, 5] : (tensor<4x5xf32>, tensor<i32>, tensor<i32>) -> tensor<2x5xf32>
  return %0 : tensor<2x5xf32>
}

// -----

// The rows of a table: one read of an index and one of the table an element.
// CHECK-LABEL: func.func @embedding
// CHECK-SAME: %[[TABLE:.*]]: tensor<17x4xf32>, %[[I:.*]]: tensor<6x1xi32>
func.func @embedding(%table: tensor<17x4xf32>, %i: tensor<6x1xi32>) -> tensor<6x4xf32> {
  // CHECK: linalg.generic
  // CHECK: %[[D0:.*]] = linalg.index 0
  // CHECK: %[[D1:.*]] = linalg.index 1
  // CHECK: tensor.extract %[[I]][%[[D0]], %{{.*}}]
  // CHECK: tensor.extract %[[TABLE]][%{{.*}}, %[[D1]]]
  %0 = "stablehlo.gather"(%table, %i) <{dimension_numbers = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>, slice_sizes = array<i64: 1, 4>, indices_are_sorted = false}> : (tensor<17x4xf32>, tensor<6x1xi32>) -> tensor<6x4xf32>
  return %0 : tensor<6x4xf32>
}

// -----

// Scalars are computed as scalars.
// CHECK-LABEL: func.func @scalar
func.func @scalar(%x: tensor<f32>, %y: tensor<f32>) -> tensor<f32> {
  // CHECK-DAG: %[[X:.*]] = tensor.extract
  // CHECK-DAG: %[[Y:.*]] = tensor.extract
  // CHECK: %[[S:.*]] = arith.addf
  // CHECK: %[[P:.*]] = arith.mulf %[[S]], %[[S]]
  // CHECK: %[[R:.*]] = tensor.from_elements %[[P]]
  // CHECK: return %[[R]]
  %0 = stablehlo.add %x, %y : tensor<f32>
  %1 = stablehlo.multiply %0, %0 : tensor<f32>
  return %1 : tensor<f32>
}
