// RUN: quant-opt %s --codegen-cpu-fold-unit-dims | FileCheck %s

// CHECK-LABEL: func @elementwise
func.func @elementwise(%x: tensor<1x8xf32>) -> tensor<1x8xf32> {
  // CHECK: linalg.generic {{.*}} iterator_types = ["parallel"]} ins({{.*}} : tensor<8xf32>)
  %e = tensor.empty() : tensor<1x8xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>],
                       iterator_types = ["parallel", "parallel"]}
         ins(%x : tensor<1x8xf32>) outs(%e : tensor<1x8xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.addf %a, %a : f32
    linalg.yield %s : f32
  } -> tensor<1x8xf32>
  return %y : tensor<1x8xf32>
}

// One position of a window of 3 on an input of 4: the loop stays.
// CHECK-LABEL: func @window
func.func @window(%x: tensor<4xi8>, %w: tensor<3xi8>, %acc: tensor<1xi32>) -> tensor<1xi32> {
  // CHECK: iterator_types = ["parallel", "reduction"]} ins({{.*}} : tensor<4xi8>, tensor<3xi8>)
  %y = linalg.generic {indexing_maps = [affine_map<(i, k) -> (i * 2 + k)>, affine_map<(i, k) -> (k)>, affine_map<(i, k) -> (i)>],
                       iterator_types = ["parallel", "reduction"]}
         ins(%x, %w : tensor<4xi8>, tensor<3xi8>) outs(%acc : tensor<1xi32>) {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %0 = arith.extsi %a : i8 to i32
    %1 = arith.addi %o, %0 : i32
    linalg.yield %1 : i32
  } -> tensor<1xi32>
  return %y : tensor<1xi32>
}
