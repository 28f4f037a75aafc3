// seed 10: convolution, lhs 1x8x7x5 asymmetric, rhs 1x2x5x2 asymmetric constant, strides 3x1, dilations 1x1, padding 2,0,2,0
// @main returns the result, @expected what it has to be.

func.func @checked(%a: tensor<1x8x7x5xi8>) -> tensor<1x4x8x2xf32> {
  %x_s = arith.constant dense<"0x0000803E"> : tensor<f32>
  %x_z = arith.constant dense<"0x36"> : tensor<i8>
  %x = qnn.dequantize %a, scale %x_s zero_point %x_z : tensor<1x8x7x5xi8>, tensor<f32>, tensor<i8> -> tensor<1x8x7x5xf32>
  %w_q = arith.constant dense<"0xE4103853B512ABEE0FB48EC1E397C3AE9F953DEA"> : tensor<1x2x5x2xi8>
  %w_s = arith.constant dense<"0x10605A3D"> : tensor<f32>
  %w_z = arith.constant dense<"0x78"> : tensor<i8>
  %w = qnn.dequantize %w_q, scale %w_s zero_point %w_z : tensor<1x2x5x2xi8>, tensor<f32>, tensor<i8> -> tensor<1x2x5x2xf32>
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<1x4x8x2xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<1x4x8x2xf32>) -> tensor<1x4x8x2xf32>
  %padded = tensor.pad %x low[0, 2, 2, 0] high[0, 0, 0, 0] {
  ^bb0(%i: index, %j: index, %k: index, %l: index):
    tensor.yield %zero : f32
  } : tensor<1x8x7x5xf32> to tensor<1x10x9x5xf32>
  %y = linalg.conv_2d_nhwc_hwcf {qnn.site = "checked", strides = dense<[3, 1]> : tensor<2xi64>, dilations = dense<[1, 1]> : tensor<2xi64>} ins(%padded, %w : tensor<1x10x9x5xf32>, tensor<1x2x5x2xf32>) outs(%init : tensor<1x4x8x2xf32>) -> tensor<1x4x8x2xf32>
  return %y : tensor<1x4x8x2xf32>
}

func.func @main() -> tensor<1x4x8x2xf32> {
  %a = arith.constant dense<"0xAEA8882286D73AC3B4874F14E602C0051B73A2B0B066327572EEA1581F71B5B0D2BE29AD523B305CD18200D0AD3E4481C5509FBF1D358B8111629B49C93DCD66B98292B82B7A7CDB5A3D0CB99E8019CE1A2EB7F4B4978452D97F8AF7ACC1D007B45DAF547DEBD9D56AE94DF08A21DD793C4FE10F7B7D0177F586FDCADA8C9A496B9D65D7FBCA459F3207D206A86AC3BF90A412E72153B7B779EBE9467A5B44F97759C327416ED1DC25BCDA35CD277FC33D825717E208B9199F8A57C87BD00C962417A749F36B85DC6C744BA6CCB5BF228F251BD5CBF58FD631EFBC2AC7B6D6AAE70A5D6E8E5D1F5B7E521198B3478269EC54970260644CE132F04630A7A2143F8116DCB10131C21B06CB725C024E4A42D55FCD1879620F71"> : tensor<1x8x7x5xi8>
  %y = call @checked(%a) : (tensor<1x8x7x5xi8>) -> tensor<1x4x8x2xf32>
  return %y : tensor<1x4x8x2xf32>
}

func.func @expected() -> tensor<1x4x8x2xf32> {
  %y = arith.constant dense<"0x0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000006B8BAD4314F63643BB42AF447990C54428BBCE4466C6C3441781CA442BE5B944B3F3D044E730CA443C409744D1F684447FE4D344CDEAD4440000000000000000A078884453C892448DEFE644EE2FD044931FA3449DA9924471AD664335375943925EC5C2058BC442F3A30A4481B2384455C06E44AA75574400000000000000006B08A942754343438986754417698A44B555C444A868D044D6D89844DCCC9D44006B4944B4ABF943F9B38C433D8BAF437D1A1E4375EE6442"> : tensor<1x4x8x2xf32>
  return %y : tensor<1x4x8x2xf32>
}
