// Parameters of rows, known at run time.

func.func @checked(%v0: tensor<2x5x1xi8>, %scale0: tensor<5xf32>) -> tensor<2x5xi8> {
  %scale1 = arith.constant dense<"0x90DD023E"> : tensor<f32>
  %scale2 = arith.constant dense<"0xDACC113E"> : tensor<f32>
  %v1 = qnn.dequantize %v0, scale %scale0 {axes = array<i64: 1>} : tensor<2x5x1xi8>, tensor<5xf32> -> tensor<2x5x1xf32>
  %v2 = arith.constant dense<"0x5A14"> : tensor<2x1xi8>
  %v3 = qnn.dequantize %v2, scale %scale1 : tensor<2x1xi8>, tensor<f32> -> tensor<2x1xf32>
  %empty0 = tensor.empty() : tensor<2x5xf32>
  %fill4 = arith.constant 0x00000000 : f32
  %init4 = linalg.fill ins(%fill4 : f32) outs(%empty0 : tensor<2x5xf32>) -> tensor<2x5xf32>
  %v4 = linalg.batch_matvec {qnn.site = "checked.4"} ins(%v1, %v3 : tensor<2x5x1xf32>, tensor<2x1xf32>) outs(%init4 : tensor<2x5xf32>) -> tensor<2x5xf32>
  %v5 = qnn.quantize %v4, scale %scale2 : tensor<2x5xf32>, tensor<f32> -> tensor<2x5xi8>
  return %v5 : tensor<2x5xi8>
}

func.func @inputs() -> (tensor<2x5x1xi8>, tensor<5xf32>) {
  %v0 = arith.constant dense<"0x0001FE03FEFDFDFE0101"> : tensor<2x5x1xi8>
  %scale0 = arith.constant dense<"0x8B5BCE3AE247E43AE9DD6D3F7E7C293E5C12BD3B"> : tensor<5xf32>
  return %v0, %scale0 : tensor<2x5x1xi8>, tensor<5xf32>
}

func.func @expected() -> (tensor<2x5xi8>) {
  %y = arith.constant dense<"0x00008028FF0000DF0300"> : tensor<2x5xi8>
  return %y : tensor<2x5xi8>
}
