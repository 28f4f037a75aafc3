// A size that is known at run time.

func.func @checked(%v0: tensor<1x1x4xi8>, %n1: tensor<i64>) -> tensor<1x1x5xf32> {
  %scale0 = arith.constant dense<"0x0000803D"> : tensor<f32>
  %zero0 = arith.constant dense<"0x81"> : tensor<i8>
  %scale1 = arith.constant dense<"0x92A7E83C"> : tensor<f32>
  %scalar1 = tensor.extract %n1[] : tensor<i64>
  %size1 = arith.index_cast %scalar1 : i64 to index
  %v1 = tensor.extract_slice %v0[0, 0, 0] [%size1, 1, 4] [1, 1, 1] : tensor<1x1x4xi8> to tensor<?x1x4xi8>
  %v2 = qnn.dequantize %v1, scale %scale0 zero_point %zero0 : tensor<?x1x4xi8>, tensor<f32>, tensor<i8> -> tensor<?x1x4xf32>
  %v3 = arith.constant dense<"0xFF03FDFD03FFFDFDFD0201FF03FDFF01FD01FD02"> : tensor<1x4x5xi8>
  %v4 = qnn.dequantize %v3, scale %scale1 : tensor<1x4x5xi8>, tensor<f32> -> tensor<1x4x5xf32>
  %empty0 = tensor.empty(%size1) : tensor<?x1x5xf32>
  %fill5 = arith.constant 0x00000000 : f32
  %init5 = linalg.fill ins(%fill5 : f32) outs(%empty0 : tensor<?x1x5xf32>) -> tensor<?x1x5xf32>
  %v5 = linalg.conv_1d_nwc_wcf {qnn.site = "checked.5", strides = dense<[1]> : tensor<1xi64>, dilations = dense<[1]> : tensor<1xi64>} ins(%v2, %v4 : tensor<?x1x4xf32>, tensor<1x4x5xf32>) outs(%init5 : tensor<?x1x5xf32>) -> tensor<?x1x5xf32>
  %zeros6 = arith.constant dense<0.0> : tensor<1x1x5xf32>
  %v6 = tensor.insert_slice %v5 into %zeros6[0, 0, 0] [%size1, 1, 5] [1, 1, 1] : tensor<?x1x5xf32> into tensor<1x1x5xf32>
  return %v6 : tensor<1x1x5xf32>
}

func.func @inputs() -> (tensor<1x1x4xi8>, tensor<i64>) {
  %v0 = arith.constant dense<"0x80838483"> : tensor<1x1x4xi8>
  %n1 = arith.constant dense<"0x0100000000000000"> : tensor<i64>
  return %v0, %n1 : tensor<1x1x4xi8>, tensor<i64>
}

func.func @expected() -> (tensor<1x1x5xf32>) {
  %y = arith.constant dense<"0x92A7E83B42DE02BD92A7683C42DE02BD92A7683B"> : tensor<1x1x5xf32>
  return %y : tensor<1x1x5xf32>
}
