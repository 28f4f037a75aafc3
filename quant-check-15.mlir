// seed 15: convolution, lhs 0x4x9x1 asymmetric, rhs 4x2x1x40 symmetric axis 3 constant, strides 3x3, dilations 1x1, padding 0,0,0,0, bias
// @main returns the result, @expected what it has to be.

func.func @checked(%a: tensor<0x4x9x1xi8>) -> tensor<0x1x3x40xf32> {
  %x_s = arith.constant dense<"0x00C7993B"> : tensor<f32>
  %x_z = arith.constant dense<"0x80"> : tensor<i8>
  %x = qnn.dequantize %a, scale %x_s zero_point %x_z : tensor<0x4x9x1xi8>, tensor<f32>, tensor<i8> -> tensor<0x4x9x1xf32>
  %w_q = arith.constant dense<"0x3FD6160DB5487A8CBDDD621D3EA43C6396D80A65932BF35BCCB5CE222D2343956AE7FE56BA2E74EB4609B879FFC5A415DBBF3885D74F7D4709A6E519523FEFD24252B40ADA6356526D2AD2F02CCCED229316E06A9EEC8D446C8186E32D11ACAFBD953C9E8CEC799C7601AD62AA9813A7A8034E4FCB72D109D2F3031C29EB43E1298FC004BB6C295E4268119AABBFF7BF25A42006D91AAF2FB242E7F096252BC6A9715BA7C31D0657F677E0758F851DD59CEE4E4714B0F36252D1B296007B22F23CC7A5B5BDF1D416DB8B1B0EF61138889B08828F33530ABA67EB70063CCA896609CAE20483D12F34F6880A45B7FD86583D8400D8FEC4819D866AAF18D18C02E2FA9E953D6BE5E2ED59D0F315E29A3F68DAEC88C20609ED08048324A98E229130966145A50708B4E6A20B77B9B7111B1D6FFE4EFAEFADF660700F51A188DD16F3"> : tensor<4x2x1x40xi8>
  %w_s = arith.constant dense<"0xE0E2C43C60DEBD3C0000803C0006653B7039673DA0F2AC3C3013553DE0955E3DE050D03CD0DD0E3D50E0303D00000040E0349D3C20A0143D0000003C60401F3D605EF53C404BE73C40E2C03C101E663DC07DC13C0000003E0000803D10721D3D0000803DF0F9243D00252A3C00D4483B0000003D00000040C0D8AF3C40FAD73CC0422F3C0000803F6052C83CA0C1D93C80FFB03C20B8C23C0000803C6039CD3C"> : tensor<40xf32>
  %w = qnn.dequantize %w_q, scale %w_s {axes = array<i64: 3>} : tensor<4x2x1x40xi8>, tensor<40xf32> -> tensor<4x2x1x40xf32>
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<0x1x3x40xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<0x1x3x40xf32>) -> tensor<0x1x3x40xf32>
  %y = linalg.conv_2d_nhwc_hwcf {qnn.site = "checked", strides = dense<[3, 3]> : tensor<2xi64>, dilations = dense<[1, 1]> : tensor<2xi64>} ins(%x, %w : tensor<0x4x9x1xf32>, tensor<4x2x1x40xf32>) outs(%init : tensor<0x1x3x40xf32>) -> tensor<0x1x3x40xf32>
  %bias = arith.constant dense<"0x00805541000009C10000FC3F008086400080EE40000011410000B6BF0000C83E0080A14000402F41000086BF00007E4000800C41000038410000CC400080544100C009410080A54000403F4100C0114100802641000064C0000078C00080D140004012C1000014400000543F00008AC0008084C00000DBC00000EE400000414000007C3F000069C000407241000064C100005B4100C03C41000011C000003DC0"> : tensor<40xf32>
  %biased_empty = tensor.empty() : tensor<0x1x3x40xf32>
  %biased = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%y, %bias : tensor<0x1x3x40xf32>, tensor<40xf32>) outs(%biased_empty : tensor<0x1x3x40xf32>) {
  ^bb0(%e: f32, %o: f32, %unused: f32):
    %r = arith.addf %e, %o : f32
    linalg.yield %r : f32
  } -> tensor<0x1x3x40xf32>
  return %biased : tensor<0x1x3x40xf32>
}

func.func @main() -> tensor<0x1x3x40xf32> {
  %a = arith.constant dense<> : tensor<0x4x9x1xi8>
  %y = call @checked(%a) : (tensor<0x4x9x1xi8>) -> tensor<0x1x3x40xf32>
  return %y : tensor<0x1x3x40xf32>
}

func.func @expected() -> tensor<0x1x3x40xf32> {
  %y = arith.constant dense<> : tensor<0x1x3x40xf32>
  return %y : tensor<0x1x3x40xf32>
}
