// RUN: quant-opt %s --codegen-cpu-legalize-elements --canonicalize --split-input-file --verify-diagnostics | FileCheck %s
// RUN: quant-opt %s --codegen-cpu-legalize-elements=keep-f8-conversions --canonicalize --split-input-file --verify-diagnostics | FileCheck %s --check-prefix=KEEP

// Conditions are bytes in memory: a vector of i1 would be bits there. The caller
// passes what it means.
// CHECK-LABEL: @conditions
//  CHECK-SAME: %[[MASK:.+]]: tensor<4xi8> {qnn.type = tensor<4xi1>}
//  CHECK-SAME: -> (tensor<4xf32>, tensor<4xi8> {qnn.type = tensor<4xi1>}, tensor<4xi8> {qnn.type = tensor<4xi1>})
//       CHECK: %[[CONSTANT:.+]] = arith.constant dense<[0, 1, 1, 0]> : tensor<4xi8>
//       CHECK: linalg.generic {{.*}} ins(%[[MASK]], %{{.*}} : tensor<4xi8>, tensor<4xf32>)
//       CHECK: ^bb0(%[[BYTE:.+]]: i8, %[[X:.+]]: f32, %{{.*}}: f32, %{{.*}}: i8):
//       CHECK:   %[[IS:.+]] = arith.cmpi ne, %[[BYTE]], %c0_i8 : i8
//       CHECK:   %[[R:.+]] = arith.select %[[IS]], %[[X]], %{{.*}} : f32
//       CHECK:   %[[GT:.+]] = arith.cmpf ogt, %[[X]], %{{.*}} : f32
//       CHECK:   %[[RESULT:.+]] = arith.extui %[[GT]] : i1 to i8
//       CHECK:   linalg.yield %[[R]], %[[RESULT]] : f32, i8
//       CHECK: return %{{.*}}, %{{.*}}, %[[CONSTANT]]
func.func @conditions(%m: tensor<4xi1>, %x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xi1>, tensor<4xi1>) {
  %zero = arith.constant 0.0 : f32
  %constant = arith.constant dense<[false, true, true, false]> : tensor<4xi1>
  %e = tensor.empty() : tensor<4xf32>
  %f = tensor.empty() : tensor<4xi1>
  %r:2 = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>, affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%m, %x : tensor<4xi1>, tensor<4xf32>) outs(%e, %f : tensor<4xf32>, tensor<4xi1>) {
  ^bb0(%c: i1, %a: f32, %o: f32, %p: i1):
    %0 = arith.select %c, %a, %zero : f32
    %1 = arith.cmpf ogt, %a, %zero : f32
    linalg.yield %0, %1 : f32, i1
  } -> (tensor<4xf32>, tensor<4xi1>)
  return %r#0, %r#1, %constant : tensor<4xf32>, tensor<4xi1>, tensor<4xi1>
}

// -----

// The condition of a branch is read as one.
// CHECK-LABEL: @branch
//       CHECK: %[[BYTE:.+]] = tensor.extract %{{.*}}[] : tensor<i8>
//       CHECK: %[[IS:.+]] = arith.cmpi ne, %[[BYTE]], %c0_i8 : i8
//       CHECK: arith.select %[[IS]]
func.func @branch(%c: tensor<i1>, %x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %0 = tensor.extract %c[] : tensor<i1>
  %1 = scf.if %0 -> tensor<4xf32> {
    scf.yield %x : tensor<4xf32>
  } else {
    scf.yield %y : tensor<4xf32>
  }
  return %1 : tensor<4xf32>
}

// -----

// Weights of four bits are multiplied like those of eight.
// CHECK-LABEL: @i4_weights
//       CHECK: %[[W:.+]] = arith.constant dense<{{\[\[}}-8, 7], [-1, 0]]> : tensor<2x2xi8>
//       CHECK: linalg.matmul ins(%{{.*}}, %[[W]] : tensor<3x2xi8>, tensor<2x2xi8>) outs(%{{.*}} : tensor<3x2xi32>)
func.func @i4_weights(%x: tensor<3x2xi8>, %c: tensor<3x2xi32>) -> tensor<3x2xi32> {
  %w = arith.constant dense<[[-8, 7], [-1, 0]]> : tensor<2x2xi4>
  %r = linalg.matmul ins(%x, %w : tensor<3x2xi8>, tensor<2x2xi4>) outs(%c : tensor<3x2xi32>) -> tensor<3x2xi32>
  return %r : tensor<3x2xi32>
}

// -----

// What is truncated to i4 is stored sign extended and read as it is.
// CHECK-LABEL: @i4_at_run_time
//       CHECK: %[[Q:.+]] = linalg.generic {{.*}} outs(%{{.*}} : tensor<3x2xi8>)
//       CHECK:   %[[BYTE:.+]] = arith.trunci %{{.*}} : i32 to i8
//       CHECK:   %[[HIGH:.+]] = arith.shli %[[BYTE]], %c4_i8 : i8
//       CHECK:   %[[SIGNED:.+]] = arith.shrsi %[[HIGH]], %c4_i8 : i8
//       CHECK:   linalg.yield %[[SIGNED]] : i8
//       CHECK: %[[T:.+]] = linalg.transpose ins(%[[Q]] : tensor<3x2xi8>)
//       CHECK: ^bb0(%[[IN:.+]]: i8, %{{.*}}: i32):
//  CHECK-NEXT:   arith.extsi %[[IN]] : i8 to i32
func.func @i4_at_run_time(%x: tensor<3x2xi32>) -> tensor<2x3xi32> {
  %e = tensor.empty() : tensor<3x2xi4>
  %q = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<3x2xi32>) outs(%e : tensor<3x2xi4>) {
  ^bb0(%a: i32, %o: i4):
    %0 = arith.trunci %a : i32 to i4
    linalg.yield %0 : i4
  } -> tensor<3x2xi4>
  %f = tensor.empty() : tensor<2x3xi4>
  %t = linalg.transpose ins(%q : tensor<3x2xi4>) outs(%f : tensor<2x3xi4>) permutation = [1, 0]
  %g = tensor.empty() : tensor<2x3xi32>
  %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%t : tensor<2x3xi4>) outs(%g : tensor<2x3xi32>) {
  ^bb0(%a: i4, %o: i32):
    %0 = arith.extsi %a : i4 to i32
    linalg.yield %0 : i32
  } -> tensor<2x3xi32>
  return %r : tensor<2x3xi32>
}

// -----

// CHECK-LABEL: @i4_arithmetic
//       CHECK: ^bb0(%[[A:.+]]: i8, %{{.*}}: i8):
//       CHECK:   %[[N:.+]] = arith.trunci %[[A]] : i8 to i4
//       CHECK:   %[[M:.+]] = arith.maxsi %[[N]], %{{.*}} : i4
//       CHECK:   %[[B:.+]] = arith.extsi %[[M]] : i4 to i8
//       CHECK:   linalg.yield %[[B]] : i8
func.func @i4_arithmetic(%i: index) -> i32 {
  %w = arith.constant dense<[-8, 7, -1]> : tensor<3xi4>
  %zero = arith.constant 0 : i4
  %e = tensor.empty() : tensor<3xi4>
  %r = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%w : tensor<3xi4>) outs(%e : tensor<3xi4>) {
  ^bb0(%a: i4, %o: i4):
    %0 = arith.maxsi %a, %zero : i4
    linalg.yield %0 : i4
  } -> tensor<3xi4>
  %x = tensor.extract %r[%i] : tensor<3xi4>
  %y = arith.extsi %x : i4 to i32
  return %y : i32
}

// -----

// The padding and the fill of a tensor are bytes, too.
// CHECK-LABEL: @scalars
//   CHECK-DAG: %[[MINUS:.+]] = arith.constant -3 : i8
//   CHECK-DAG: %[[ONE:.+]] = arith.constant 1.000000e+00 : f32
//       CHECK: tensor.pad
//       CHECK: tensor.yield %[[MINUS]] : i8
//       CHECK: return %{{.*}}, %[[ONE]]
func.func @scalars() -> (i32, f32) {
  %c0 = arith.constant 0 : index
  %minus = arith.constant -3 : i4
  %w = tensor.empty() : tensor<3xi4>
  %p = tensor.pad %w low[1] high[0] {
  ^bb0(%i: index):
    tensor.yield %minus : i4
  } : tensor<3xi4> to tensor<4xi4>
  %x = tensor.extract %p[%c0] : tensor<4xi4>
  %y = arith.extsi %x : i4 to i32
  %one = arith.constant 1.0 : f8E4M3FN
  %e = tensor.empty() : tensor<4xf8E4M3FN>
  %f = linalg.fill ins(%one : f8E4M3FN) outs(%e : tensor<4xf8E4M3FN>) -> tensor<4xf8E4M3FN>
  %z = tensor.extract %f[%c0] : tensor<4xf8E4M3FN>
  %u = arith.extf %z : f8E4M3FN to f32
  return %y, %u : i32, f32
}

// -----

// CHECK-LABEL: @ui8
//       CHECK: %[[W:.+]] = arith.constant dense<[-1, 7]> : tensor<2xi8>
//       CHECK: return %[[W]]
func.func @ui8() -> tensor<2xi8> {
  %w = arith.constant dense<[255, 7]> : tensor<2xui8>
  %r = tensor.bitcast %w : tensor<2xui8> to tensor<2xi8>
  return %r : tensor<2xi8>
}

// -----

// Each operand is decoded once, a constant at compile time.
// CHECK-LABEL: @f8_contraction
//   CHECK-DAG: %[[W:.+]] = arith.constant dense<{{\[\[}}1.000000e+00, -4.480000e+02], [0.001953125, 0.000000e+00]]> : tensor<2x2xf32>
//       CHECK: %[[X:.+]] = linalg.generic {{.*}} ins(%{{.*}} : tensor<3x2xi8>) outs(%{{.*}} : tensor<3x2xf32>)
//       CHECK:   arith.extui %{{.*}} : i8 to i32
//       CHECK: linalg.matmul ins(%[[X]], %[[W]] : tensor<3x2xf32>, tensor<2x2xf32>)
func.func @f8_contraction(%bits: tensor<3x2xi8>, %c: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %x = tensor.bitcast %bits : tensor<3x2xi8> to tensor<3x2xf8E4M3FN>
  %w = arith.constant dense<[[1.0, -448.0], [0x01, 0.0]]> : tensor<2x2xf8E4M3FN>
  %r = linalg.matmul ins(%x, %w : tensor<3x2xf8E4M3FN>, tensor<2x2xf8E4M3FN>) outs(%c : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %r : tensor<3x2xf32>
}

// -----

// CHECK-LABEL: @resources
//       CHECK: arith.constant dense_resource<u> : tensor<65xi8>
func.func @resources() -> tensor<65xi8> {
  %w = arith.constant dense_resource<u> : tensor<65xui8>
  %r = tensor.bitcast %w : tensor<65xui8> to tensor<65xi8>
  return %r : tensor<65xi8>
}

{-# dialect_resources: { builtin: { u: "0x01000000FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF" } } #-}

// -----

// What a caller passes stays written down; four bits are passed two in a byte.
// CHECK-LABEL: @boundary
//  CHECK-SAME:   (%[[W:.+]]: tensor<8xi8> {qnn.type = tensor<3x5xi4>}, %[[U:.+]]: tensor<2xi8> {qnn.type = tensor<2xui8>})
//  CHECK-SAME:   -> (tensor<8xi8> {qnn.type = tensor<3x5xi4>}, tensor<2xi8> {qnn.type = tensor<2xf8E5M2>})
//       CHECK:   linalg.generic {{.*}} ins(%[[W]] : tensor<8xi8>) outs(%{{.*}} : tensor<8x2xi8>)
//       CHECK:   tensor.extract_slice %{{.*}}[0] [15] [1] : tensor<16xi8> to tensor<15xi8>
//       CHECK:   linalg.generic {{.*}} outs(%{{.*}} : tensor<8xi8>)
func.func @boundary(%w: tensor<3x5xi4>, %u: tensor<2xui8>) -> (tensor<3x5xi4>, tensor<2xf8E5M2>) {
  %0 = tensor.bitcast %u : tensor<2xui8> to tensor<2xf8E5M2>
  return %w, %0 : tensor<3x5xi4>, tensor<2xf8E5M2>
}

// -----

// expected-error @below {{expected a static shape, but got 'tensor<?xi4>'}}
func.func @dynamic_boundary(%w: tensor<?xi4>) {
  return
}

// -----

// expected-error @below {{expected a body in a function of 'tensor<2xf8E5M2>'}}
func.func private @external(tensor<2xf8E5M2>)

// -----

// Conversions are integer arithmetic, or for the target to make.
// CHECK-LABEL: @f8_conversions
//       CHECK:   arith.bitcast %{{.*}} : f32 to i32
//   CHECK-NOT:   arith.truncf
//   CHECK-NOT:   arith.extf
//  KEEP-LABEL: @f8_conversions
//        KEEP:   %[[T:.+]] = arith.truncf %{{.*}} : f32 to f8E5M2
//        KEEP:   arith.extf %[[T]] : f8E5M2 to f32
func.func @f8_conversions(%x: tensor<2xf32>) -> tensor<2xf32> {
  %low = arith.constant -57344.0 : f32
  %high = arith.constant 57344.0 : f32
  %e = tensor.empty() : tensor<2xf32>
  %s = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%x : tensor<2xf32>) outs(%e : tensor<2xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.maximumf %a, %low : f32
    %1 = arith.minimumf %0, %high : f32
    %2 = arith.truncf %1 : f32 to f8E5M2
    %3 = arith.extf %2 : f8E5M2 to f32
    linalg.yield %3 : f32
  } -> tensor<2xf32>
  return %s : tensor<2xf32>
}

// -----

func.func @overflow(%x: tensor<2xf32>) -> tensor<2xi8> {
  %e = tensor.empty() : tensor<2xi8>
  %s = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%x : tensor<2xf32>) outs(%e : tensor<2xi8>) {
  ^bb0(%a: f32, %o: i8):
    // expected-error @below {{expected a number clamped to what 'f8E5M2' can hold}}
    %0 = arith.truncf %a : f32 to f8E5M2
    %1 = arith.bitcast %0 : f8E5M2 to i8
    linalg.yield %1 : i8
  } -> tensor<2xi8>
  return %s : tensor<2xi8>
}

// -----

func.func @arithmetic(%bits: tensor<2xi8>) -> tensor<2xi8> {
  %x = tensor.bitcast %bits : tensor<2xi8> to tensor<2xf8E5M2>
  %e = tensor.empty() : tensor<2xf8E5M2>
  %s = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%x : tensor<2xf8E5M2>) outs(%e : tensor<2xf8E5M2>) {
  ^bb0(%a: f8E5M2, %o: f8E5M2):
    // expected-error @below {{expected arithmetic on f32: f8 is for storage}}
    %0 = arith.addf %a, %a : f8E5M2
    linalg.yield %0 : f8E5M2
  } -> tensor<2xf8E5M2>
  %r = tensor.bitcast %s : tensor<2xf8E5M2> to tensor<2xi8>
  return %r : tensor<2xi8>
}
