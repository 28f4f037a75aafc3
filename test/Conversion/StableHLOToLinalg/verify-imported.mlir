// RUN: quant-opt %s -split-input-file -verify-diagnostics --verify-imported

func.func @good(%x: tensor<2x4xf32>, %w: tensor<4x8xf32>, %init: tensor<2x8xf32>) -> tensor<2x8xf32> {
  %0 = linalg.matmul ins(%x, %w : tensor<2x4xf32>, tensor<4x8xf32>) outs(%init : tensor<2x8xf32>) -> tensor<2x8xf32>
  return %0 : tensor<2x8xf32>
}

// -----

func.func @foreign(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{expected linalg, tensor, arith, math, scf or qnn after import, but got 'stablehlo.add'}}
  %0 = stablehlo.add %x, %x : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @dynamic(%x: tensor<4xf32>) -> tensor<?xf32> {
  // expected-error @below {{expected a static shape, but got 'tensor<?xf32>'}}
  %0 = tensor.cast %x : tensor<4xf32> to tensor<?xf32>
  return %0 : tensor<?xf32>
}

// -----

// expected-error @below {{expected signless integer or floating-point elements, but got 'tensor<4xui8>'}}
func.func @unsigned(%x: tensor<4xui8>) -> tensor<4xui8> {
  return %x : tensor<4xui8>
}

// -----

#x = affine_map<(d0, d1) -> (d0, d1)>
#w = affine_map<(d0, d1) -> (d1)>
#o = affine_map<(d0, d1) -> (d0)>
func.func @hidden(%x: tensor<4x9xf32>, %w: tensor<9xf32>, %init: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{expected sums of products to have the contraction or convolution interface}}
  %0 = linalg.generic {indexing_maps = [#x, #w, #o], iterator_types = ["parallel", "reduction"]}
      ins(%x, %w : tensor<4x9xf32>, tensor<9xf32>) outs(%init : tensor<4xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %1 = arith.addf %a, %b : f32
    %2 = arith.mulf %1, %b : f32
    %3 = arith.addf %c, %2 : f32
    linalg.yield %3 : f32
  } -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
