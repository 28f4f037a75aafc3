// An int8 matmul with zero points on both sides.
func.func @main(%a: tensor<4x8xi8> {qnn.input = "a"}, %b: tensor<8x16xi8> {qnn.input = "b"})
    -> (tensor<4x16xf32> {qnn.output = "c"}) {
  %sa = arith.constant dense<0.5> : tensor<f32>
  %za = arith.constant dense<-3> : tensor<i8>
  %sb = arith.constant dense<0.25> : tensor<f32>
  %zb = arith.constant dense<7> : tensor<i8>
  %x = qnn.dequantize %a, scale %sa zero_point %za : tensor<4x8xi8>, tensor<f32>, tensor<i8> -> tensor<4x8xf32>
  %y = qnn.dequantize %b, scale %sb zero_point %zb : tensor<8x16xi8>, tensor<f32>, tensor<i8> -> tensor<8x16xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x16xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<4x16xf32>) -> tensor<4x16xf32>
  %c = linalg.matmul ins(%x, %y : tensor<4x8xf32>, tensor<8x16xf32>) outs(%z : tensor<4x16xf32>) -> tensor<4x16xf32>
  return %c : tensor<4x16xf32>
}
