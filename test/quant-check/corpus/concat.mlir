// Concatenation of two quantized tensors.

func.func @checked(%v0: tensor<1x5xi8>, %v6: tensor<1x2xi8>) -> tensor<1x5xf32> {
  %scale0 = arith.constant dense<"0xC24E5440"> : tensor<f32>
  %scale1 = arith.constant dense<"0x0818FE3E"> : tensor<f32>
  %scale2 = arith.constant dense<"0x2F372B43"> : tensor<f32>
  %zero2 = arith.constant dense<"0x10"> : tensor<i8>
  %scale3 = arith.constant dense<"0x0000003E"> : tensor<f32>
  %v1 = qnn.dequantize %v0, scale %scale0 : tensor<1x5xi8>, tensor<f32> -> tensor<1x5xf32>
  %v2 = arith.constant dense<"0x6A3FE5"> : tensor<1x3xi8>
  %v3 = qnn.dequantize %v2, scale %scale1 : tensor<1x3xi8>, tensor<f32> -> tensor<1x3xf32>
  %empty0 = tensor.empty() : tensor<1x3xf32>
  %fill4 = arith.constant 0x00000000 : f32
  %init4 = linalg.fill ins(%fill4 : f32) outs(%empty0 : tensor<1x3xf32>) -> tensor<1x3xf32>
  %v4 = linalg.conv_2d {qnn.site = "checked.4"} ins(%v1, %v3 : tensor<1x5xf32>, tensor<1x3xf32>) outs(%init4 : tensor<1x3xf32>) -> tensor<1x3xf32>
  %v5 = qnn.quantize %v4, scale %scale2 zero_point %zero2 : tensor<1x3xf32>, tensor<f32>, tensor<i8> -> tensor<1x3xi8>
  %v7 = qnn.dequantize %v5, scale %scale2 zero_point %zero2 : tensor<1x3xi8>, tensor<f32>, tensor<i8> -> tensor<1x3xf32>
  %v8 = qnn.dequantize %v6, scale %scale3 : tensor<1x2xi8>, tensor<f32> -> tensor<1x2xf32>
  %v9 = tensor.concat dim(1) %v8, %v7 : (tensor<1x2xf32>, tensor<1x3xf32>) -> tensor<1x5xf32>
  return %v9 : tensor<1x5xf32>
}

func.func @inputs() -> (tensor<1x5xi8>, tensor<1x2xi8>) {
  %v0 = arith.constant dense<"0xA0F9A1F6A2"> : tensor<1x5xi8>
  %v6 = arith.constant dense<"0x7F7F"> : tensor<1x2xi8>
  return %v0, %v6 : tensor<1x5xi8>, tensor<1x2xi8>
}

func.func @expected() -> (tensor<1x5xf32>) {
  %y = arith.constant dense<"0x00007E4100007E4165FE4DC676DD25C641AB50C6"> : tensor<1x5xf32>
  return %y : tensor<1x5xf32>
}
