// seed 7: linalg.dot, lhs 59 asymmetric from float, rhs 59 asymmetric constant
// @main returns the result, @expected what it has to be.

func.func @checked(%a: tensor<59xf32>) -> tensor<f32> {
  %x_s = arith.constant dense<"0x10F6613D"> : tensor<f32>
  %x_z = arith.constant dense<"0x56"> : tensor<i8>
  %x_q = qnn.quantize %a, scale %x_s zero_point %x_z : tensor<59xf32>, tensor<f32>, tensor<i8> -> tensor<59xi8>
  %x = qnn.dequantize %x_q, scale %x_s zero_point %x_z : tensor<59xi8>, tensor<f32>, tensor<i8> -> tensor<59xf32>
  %w_q = arith.constant dense<"0x2787D5F2C41F2FC369F84CC588515FED728ECFFC369228A814B439550112ED9DDFEBF3206A436549EA4D51F7D6B4EC410125E65E0CDC02229C3324"> : tensor<59xi8>
  %w_s = arith.constant dense<"0xE00A883C"> : tensor<f32>
  %w_z = arith.constant dense<"0xE8"> : tensor<i8>
  %w = qnn.dequantize %w_q, scale %w_s zero_point %w_z : tensor<59xi8>, tensor<f32>, tensor<i8> -> tensor<59xf32>
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<f32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<f32>) -> tensor<f32>
  %y = linalg.dot {qnn.site = "checked"} ins(%x, %w : tensor<59xf32>, tensor<59xf32>) outs(%init : tensor<f32>) -> tensor<f32>
  return %y : tensor<f32>
}

func.func @main() -> tensor<f32> {
  %a = arith.constant dense<"0xF2B109C0AA60BEC02B599B3F8307A5BFDE750BC1CA020000CF3D3AC17A4994BF8820D13FD2347E3FB3CDF7C0AFD6D33E762F42C0C0903BC1CA398DBE825AAAC0562AA7C041EB03C13A7BC7C07DCB2AC10000C07FD7D922C1E6B1617FCA390DBECA398D3EB6FD0EC1F9C21FC1B6FD8EC0FEC6CCBF719D6EC0DBE5A53F762FC2BF294CB2C0D74ED0C09D53423C2895B33FF2B109C0C51FBB3F762FC2C0DE750BC17D4D90C0171D9DC0CA020000080221C0E670FCC01510B4C0A91E0CC1CAAE3AC1ED97B73EC82CA4C0675845C00DF599C0C05A1BC13C1303C1000080FFE87DE5C03C88B03F0000C07F53D117C0"> : tensor<59xf32>
  %y = call @checked(%a) : (tensor<59xf32>) -> tensor<f32>
  return %y : tensor<f32>
}

func.func @expected() -> tensor<f32> {
  %y = arith.constant dense<"0x03E7D5C2"> : tensor<f32>
  return %y : tensor<f32>
}
