// family rhs-block, seed 17375: input 4x1x4x3x4, quantize 4x1x4x3x4 i8, constant 4x2x1x2x2 i8, linalg.generic 1x3x2x1x2, bias 1x3x2x1x2, relu 1x3x2x1x2, quantize 1x3x2x1x2 i8
// @checked on @inputs has to give @expected.

func.func @checked(%v0: tensor<4x1x4x3x4xf32>) -> (tensor<1x3x2x1x2xi8>) {
  %scale0 = arith.constant dense<"0xB8E17D40"> : tensor<f32>
  %zero0 = arith.constant dense<"0x3B"> : tensor<i8>
  %scale1 = arith.constant dense<"0x0877FA3EFCC1C13B50E7FE3BD5973340"> : tensor<2x2xf32>
  %zero1 = arith.constant dense<"0x87520169"> : tensor<2x2xi8>
  %scale2 = arith.constant dense<"0x21394046"> : tensor<f32>
  %zero2 = arith.constant dense<"0xBE"> : tensor<i8>
  %v1 = qnn.quantize %v0, scale %scale0 zero_point %zero0 : tensor<4x1x4x3x4xf32>, tensor<f32>, tensor<i8> -> tensor<4x1x4x3x4xi8>
  %v2 = qnn.dequantize %v1, scale %scale0 zero_point %zero0 : tensor<4x1x4x3x4xi8>, tensor<f32>, tensor<i8> -> tensor<4x1x4x3x4xf32>
  %v3 = arith.constant dense<"0x8080808080808080808080808080808080808080808080808080808080808080"> : tensor<4x2x1x2x2xi8>
  %v4 = qnn.dequantize %v3, scale %scale1 zero_point %zero1 {axes = array<i64: 0, 3>, blocks = array<i64: 2, 1>} : tensor<4x2x1x2x2xi8>, tensor<2x2xf32>, tensor<2x2xi8> -> tensor<4x2x1x2x2xf32>
  %empty0 = tensor.empty() : tensor<1x3x2x1x2xf32>
  %fill5 = arith.constant 0x00000000 : f32
  %init5 = linalg.fill ins(%fill5 : f32) outs(%empty0 : tensor<1x3x2x1x2xf32>) -> tensor<1x3x2x1x2xf32>
  %v5 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4, d5, d6, d7, d8) -> (d5, d0, d1 + d8, d3 * 3 + d7, d2 + d6 * 2)>, affine_map<(d0, d1, d2, d3, d4, d5, d6, d7, d8) -> (d5, d6, d7, d4, d8)>, affine_map<(d0, d1, d2, d3, d4, d5, d6, d7, d8) -> (d0, d1, d2, d3, d4)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction", "reduction"]} ins(%v2, %v4 : tensor<4x1x4x3x4xf32>, tensor<4x2x1x2x2xf32>) outs(%init5 : tensor<1x3x2x1x2xf32>) attrs = {qnn.site = "checked.5"} {
  ^bb0(%p: f32, %r: f32, %acc: f32):
    %m = arith.mulf %p, %r : f32
    %s = arith.addf %acc, %m : f32
    linalg.yield %s : f32
  } -> tensor<1x3x2x1x2xf32>
  %bias6 = arith.constant dense<"0x004009C100800341"> : tensor<2xf32>
  %empty1 = tensor.empty() : tensor<1x3x2x1x2xf32>
  %v6 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3, d4)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]} ins(%v5, %bias6 : tensor<1x3x2x1x2xf32>, tensor<2xf32>) outs(%empty1 : tensor<1x3x2x1x2xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.addf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<1x3x2x1x2xf32>
  %relu7 = arith.constant dense<0.0> : tensor<f32>
  %empty2 = tensor.empty() : tensor<1x3x2x1x2xf32>
  %v7 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3, d4)>, affine_map<(d0, d1, d2, d3, d4) -> ()>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3, d4)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]} ins(%v6, %relu7 : tensor<1x3x2x1x2xf32>, tensor<f32>) outs(%empty2 : tensor<1x3x2x1x2xf32>) {
  ^bb0(%a0: f32, %a1: f32, %out: f32):
    %r = arith.maximumf %a0, %a1 : f32
    linalg.yield %r : f32
  } -> tensor<1x3x2x1x2xf32>
  %v8 = qnn.quantize %v7, scale %scale2 zero_point %zero2 : tensor<1x3x2x1x2xf32>, tensor<f32>, tensor<i8> -> tensor<1x3x2x1x2xi8>
  return %v8 : tensor<1x3x2x1x2xi8>
}

func.func @inputs() -> (tensor<4x1x4x3x4xf32>) {
  %v0 = arith.constant dense<"0xE49728434A693E43585846439DC891C3F5C2CCC36EEE774360FF6F434E1F25C43C7A36C4EADF06C39C03EEC25858C6C2945CC4C36AFEFA42847177C308E285C345E603C43C7A36C48814CFC3E6B161FF53ECB2C1B8E1FD41F66DB7C081255EC29C03EEC3D6A8A0C3839738C3B8E17DC113AD1EC4B38DD74207500EC4BEC861C3E49728432E8B2EC246E47743AAF2F54245FDEAC33C7A3643A8932AC44A693E43EC3E52C36647CEC313E8FAC30D654043FBDD62C3F8CE8EC37D341BC4A60AE9C381255EC34A693E41B8E17D40C371BAC3E497A8C33C7AB642945CC4C363E88243D8A903C4DF4F4A43F8CE8EC2E84F9BC1A243FFC31D49A3C37EC61243ADDB08C452D58BC3180497C35C9C2F439B9BACC19C036E422943D0C31DD05EC3142F19C4454638C4F28630C49B361AC431EA794389B1C8C0D16042C36647CEC2219CA6C28990A5C3B58232C42E892243BDE5ACC38125DEC381EA01C4922523C4B8A621C442C214C4A60133C4042C1FC423FB714334D38CC3219C26C4BBCA10C42E8B2E43CA0200007A102CC471E953438FD989C3102D13C37EC612C442F9D8417A5627C4E7F67343A5310DC4BA708042EC3E5243212485C376F32643EA1AE3C326E404C3696227C4F86E5AC22943D0C33C7AB6C3219C2642BE295C436B8FACC3CF56A9C013AD1E4331EAF9C340301DC4F96006C481255E42557FF0C274E452C358584643C3E54343386607C4B6E309427336D6426647CEC2BD84B24250B19CC33170CCC1F31828C4029AA7C3D1604243D51629C405BE9642C695A9C3EC3ED24213AF2AC42E8B2EC297BF84410B41D1C360FFEFC367B510C3625A23436647CEC2219C26C3CE4A24C4DC0620C481255EC39FEC80C3A8932AC40D6540C356C4C2420D654043521068C3B8E1FDC18C5008C4D16042C346D82FC489A918C3E5B4F3C34F337AC3021F57C3B8E1FDC1F5AA9FC326E48443BA3819C4B58232C3F96006C466474E43E49728C310892FC43C7A36C3222E1EC4AAF275C350B11CC48FD909C4C3713AC371D78AC3E6B161FF3E324C43DF9B86437EC612C4040229C4205B09C4BBCA10C3"> : tensor<4x1x4x3x4xf32>
  return %v0 : tensor<4x1x4x3x4xf32>
}

func.func @expected() -> (tensor<1x3x2x1x2xi8>) {
  %y0 = arith.constant dense<"0xBE11BF09BF39BFE7BF34BF11"> : tensor<1x3x2x1x2xi8>
  return %y0 : tensor<1x3x2x1x2xi8>
}
