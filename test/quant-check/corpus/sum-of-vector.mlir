// A vector whose sum, one number, a kernel writes beside it.
func.func @checked(%v0: tensor<2x1xi8>, %v2: tensor<1xi8>) -> tensor<f32> {
  %scale0 = arith.constant dense<"0x0000803F"> : tensor<f32>
  %scale1 = arith.constant dense<"0x0000803F"> : tensor<f32>
  %scale2 = arith.constant dense<"0x0000803F"> : tensor<f32>
  %scale3 = arith.constant dense<"0x0000803F"> : tensor<f32>
  %zero3 = arith.constant dense<"0x88"> : tensor<i8>
  %v1 = qnn.dequantize %v0, scale %scale0 : tensor<2x1xi8>, tensor<f32> -> tensor<2x1xf32>
  %v3 = qnn.dequantize %v2, scale %scale1 : tensor<1xi8>, tensor<f32> -> tensor<1xf32>
  %empty0 = tensor.empty() : tensor<2xf32>
  %fill4 = arith.constant 0x00000000 : f32
  %init4 = linalg.fill ins(%fill4 : f32) outs(%empty0 : tensor<2xf32>) -> tensor<2xf32>
  %v4 = linalg.matvec {qnn.site = "checked.4"} ins(%v1, %v3 : tensor<2x1xf32>, tensor<1xf32>) outs(%init4 : tensor<2xf32>) -> tensor<2xf32>
  %v5 = qnn.quantize %v4, scale %scale2 : tensor<2xf32>, tensor<f32> -> tensor<2xi8>
  %v6 = qnn.dequantize %v5, scale %scale2 : tensor<2xi8>, tensor<f32> -> tensor<2xf32>
  %v7 = arith.constant dense<"0x0000"> : tensor<2xi8>
  %v8 = qnn.dequantize %v7, scale %scale3 zero_point %zero3 : tensor<2xi8>, tensor<f32>, tensor<i8> -> tensor<2xf32>
  %empty1 = tensor.empty() : tensor<f32>
  %fill9 = arith.constant 0x00000000 : f32
  %init9 = linalg.fill ins(%fill9 : f32) outs(%empty1 : tensor<f32>) -> tensor<f32>
  %v9 = linalg.dot {qnn.site = "checked.9"} ins(%v6, %v8 : tensor<2xf32>, tensor<2xf32>) outs(%init9 : tensor<f32>) -> tensor<f32>
  return %v9 : tensor<f32>
}

func.func @inputs() -> (tensor<2x1xi8>, tensor<1xi8>) {
  %v0 = arith.constant dense<"0x0000"> : tensor<2x1xi8>
  %v2 = arith.constant dense<"0x00"> : tensor<1xi8>
  return %v0, %v2 : tensor<2x1xi8>, tensor<1xi8>
}

func.func @expected() -> (tensor<f32>) {
  %y = arith.constant dense<"0x00000000"> : tensor<f32>
  return %y : tensor<f32>
}
