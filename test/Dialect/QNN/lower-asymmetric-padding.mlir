// RUN: quant-opt %s -qnn-lower-asymmetric=padding=compensate -split-input-file | FileCheck %s
// RUN: quant-opt %s -qnn-lower-asymmetric=padding=zero-point -split-input-file | FileCheck %s --check-prefix=ZERO
// RUN: quant-opt %s -qnn-lower-asymmetric -split-input-file | FileCheck %s --check-prefix=ZERO
// RUN: quant-opt %s -qnn-lower-asymmetric=free-zero-padding -split-input-file | FileCheck %s --check-prefix=FREE
// RUN: quant-opt %s -qnn-lower-asymmetric=padding=compensate -qnn-fuse-zero-points -qnn-fuse-sums -verify-no-zero-point-traffic -split-input-file | FileCheck %s --check-prefix=FUSED

// Padding with 0: the weights of the taps inside are summed, position by
// position. The mask says which taps these are.
// CHECK-LABEL: func @narrow
// ZERO-LABEL: func @narrow
// FREE-LABEL: func @narrow
// FUSED-LABEL: func @narrow
func.func @narrow(%qa: tensor<1x4x1xi8>, %s: tensor<f32>, %e: tensor<1x4x2xf32>) -> tensor<1x4x2xf32> {
  %qb = arith.constant dense<[[[1, 2]], [[3, 4]], [[5, 6]]]> : tensor<3x1x2xi8>
  %z = arith.constant dense<-9> : tensor<i8>
  %c0 = arith.constant 0.0 : f32
  %zero = linalg.fill ins(%c0 : f32) outs(%e : tensor<1x4x2xf32>) -> tensor<1x4x2xf32>
  %a = qnn.dequantize %qa, scale %s zero_point %z : tensor<1x4x1xi8>, tensor<f32>, tensor<i8> -> tensor<1x4x1xf32>
  // CHECK: tensor.pad
  // CHECK: %[[PAD:.*]] = arith.constant 0 : i8
  // CHECK: tensor.yield %[[PAD]]
  // CHECK: %[[MASK:.*]] = arith.constant dense<{{\[}}[0, 1, 1], [1, 1, 1], [1, 1, 1], [1, 1, 0]]> : tensor<4x3xi8>
  // CHECK: linalg.generic {{.*}} ins(%{{.*}}, %[[MASK]] :
  // ZERO: %[[PAD:.*]] = arith.constant -9 : i8
  // ZERO: tensor.yield %[[PAD]]
  // A table of 32 bytes is more than the 12 that a copy moves.
  // FREE: %[[PAD:.*]] = arith.constant -9 : i8
  // FUSED: %[[TABLE:.*]] = arith.constant dense<{{\[}}[72, 90], [81, 108], [81, 108], [36, 54]]> : tensor<4x2xi32>
  // FUSED: linalg.broadcast ins(%[[TABLE]] : tensor<4x2xi32>) outs({{.*}}) dimensions = [0]
  // FUSED: linalg.conv_1d_nwc_wcf {{.*}}column_sum = "accumulator init"
  %p = tensor.pad %a low[0, 1, 0] high[0, 1, 0] {
  ^bb0(%i: index, %j: index, %k: index):
    tensor.yield %c0 : f32
  } : tensor<1x4x1xf32> to tensor<1x6x1xf32>
  %b = qnn.dequantize %qb, scale %s : tensor<3x1x2xi8>, tensor<f32> -> tensor<3x1x2xf32>
  %y = linalg.conv_1d_nwc_wcf ins(%p, %b : tensor<1x6x1xf32>, tensor<3x1x2xf32>) outs(%zero : tensor<1x4x2xf32>) -> tensor<1x4x2xf32>
  return %y : tensor<1x4x2xf32>
}

// -----

// Both sides have zero points. The row sums count padding as it is: as 0 here.
// Channels are summed first; what slides is a window over one channel.
// CHECK-LABEL: func @wide
// ZERO-LABEL: func @wide
// FREE-LABEL: func @wide
// FUSED-LABEL: func @wide
func.func @wide(%x: tensor<1x4x64xf32>, %s: tensor<f32>, %qb: tensor<3x64x2xi8>, %e: tensor<1x4x2xf32>) -> tensor<1x4x2xf32> {
  %z = arith.constant dense<-9> : tensor<i8>
  %c0 = arith.constant 0.0 : f32
  %zero = linalg.fill ins(%c0 : f32) outs(%e : tensor<1x4x2xf32>) -> tensor<1x4x2xf32>
  %qa = qnn.quantize %x, scale %s zero_point %z : tensor<1x4x64xf32>, tensor<f32>, tensor<i8> -> tensor<1x4x64xi8>
  %a = qnn.dequantize %qa, scale %s zero_point %z : tensor<1x4x64xi8>, tensor<f32>, tensor<i8> -> tensor<1x4x64xf32>
  // CHECK: tensor.pad
  // CHECK: %[[PAD:.*]] = arith.constant 0 : i8
  // CHECK: tensor.yield %[[PAD]]
  // CHECK: %[[CHANNELS:.*]] = linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "reduction"]} ins(%{{.*}} : tensor<1x6x64xi8>)
  // CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "reduction"]} ins(%[[CHANNELS]], %{{.*}} : tensor<1x6xi32>, tensor<3xi8>)
  // ZERO: %[[PAD:.*]] = arith.constant -9 : i8
  // ZERO: tensor.yield %[[PAD]]
  // FREE: %[[PAD:.*]] = arith.constant 0 : i8
  // FREE: tensor.yield %[[PAD]]
  // The producer writes the channel sums; their padding is 64 times that of A.
  // FUSED: %[[Q:.*]]:2 = linalg.generic
  // FUSED: row_sum = "sum by the producer of lhs, applied in the epilogue"
  // FUSED: tensor.pad %[[Q]]#1 low[0, 1] high[0, 1]
  %p = tensor.pad %a low[0, 1, 0] high[0, 1, 0] {
  ^bb0(%i: index, %j: index, %k: index):
    tensor.yield %c0 : f32
  } : tensor<1x4x64xf32> to tensor<1x6x64xf32>
  %b = qnn.dequantize %qb, scale %s zero_point %z : tensor<3x64x2xi8>, tensor<f32>, tensor<i8> -> tensor<3x64x2xf32>
  %y = linalg.conv_1d_nwc_wcf ins(%p, %b : tensor<1x6x64xf32>, tensor<3x64x2xf32>) outs(%zero : tensor<1x4x2xf32>) -> tensor<1x4x2xf32>
  return %y : tensor<1x4x2xf32>
}
