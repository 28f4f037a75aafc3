// Nothing to sum: the result is what follows.

func.func @checked() -> tensor<4x1xf32> {
  %scale0 = arith.constant dense<"0x7FB58B3ABB73D03F11DDF33C0000803B"> : tensor<4xf32>
  %zero0 = arith.constant dense<"0x91"> : tensor<i8>
  %scale1 = arith.constant dense<"0x0000003B"> : tensor<1xf32>
  %zero1 = arith.constant dense<"0xCB"> : tensor<i8>
  %v0 = arith.constant dense<> : tensor<4x0xi8>
  %v1 = qnn.dequantize %v0, scale %scale0 zero_point %zero0 {axes = array<i64: 0>} : tensor<4x0xi8>, tensor<4xf32>, tensor<i8> -> tensor<4x0xf32>
  %v2 = arith.constant dense<> : tensor<0x1xi8>
  %v3 = qnn.dequantize %v2, scale %scale1 zero_point %zero1 {axes = array<i64: 1>} : tensor<0x1xi8>, tensor<1xf32>, tensor<i8> -> tensor<0x1xf32>
  %empty0 = tensor.empty() : tensor<4x1xf32>
  %fill4 = arith.constant 0x00000000 : f32
  %init4 = linalg.fill ins(%fill4 : f32) outs(%empty0 : tensor<4x1xf32>) -> tensor<4x1xf32>
  %v4 = linalg.matmul {qnn.site = "checked.4"} ins(%v1, %v3 : tensor<4x0xf32>, tensor<0x1xf32>) outs(%init4 : tensor<4x1xf32>) -> tensor<4x1xf32>
  return %v4 : tensor<4x1xf32>
}

func.func @inputs() -> () {
  return
}

func.func @expected() -> (tensor<4x1xf32>) {
  %y = arith.constant dense<"0x00000000000000000000000000000000"> : tensor<4x1xf32>
  return %y : tensor<4x1xf32>
}
