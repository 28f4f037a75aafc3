// RUN: quant-opt %s -split-input-file -verify-diagnostics

func.func @observe_name(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{expected a non-empty name}}
  %0 = qnn.observe %x {name = ""} : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @observe_axis(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{expected an axis in [0, 1), but got 1}}
  %0 = qnn.observe %x {name = "x", axis = 1 : i64} : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @observe_channels(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{expected statistics of 4 channels, but got 2}}
  %0 = qnn.observe %x {name = "x", axis = 0 : i64, statistics = #qnn.statistics<count = 2, nanCount = 0, infCount = 0, min = 0.0 : f32, max = 1.0 : f32, channelMin = [0.0, 0.0], channelMax = [1.0, 1.0], binExponent = 0, firstBin = 0, histogram = []>} : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @observe_tokens(%x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  // expected-error @below {{expected statistics of 3 tokens, but got 2}}
  %0 = qnn.observe %x {name = "x", axis = 1 : i64, statistics = #qnn.statistics<count = 2, nanCount = 0, infCount = 0, min = 0.0 : f32, max = 1.0 : f32, channelMin = [], channelMax = [], binExponent = 0, firstBin = 0, histogram = [], tokenMin = [0.0, 0.0], tokenMax = [1.0, 1.0]>} : tensor<3x4xf32>
  return %0 : tensor<3x4xf32>
}

// -----

// expected-error @below {{expected as many token minima as maxima}}
func.func private @token_maxima() attributes {a = #qnn.statistics<count = 2, nanCount = 0, infCount = 0, min = 0.0 : f32, max = 1.0 : f32, channelMin = [], channelMax = [], binExponent = 0, firstBin = 0, histogram = [], tokenMin = [0.0]>}

// -----

// expected-error @below {{expected a range estimator (minmax, percentile, entropy, mse, ema), but got "minmax"}}
func.func private @estimator() attributes {a = #qnn.quantization<i8 symmetric tensor "minmax">}

// -----

func.func @observe_head(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{expected a head in [0, 1), but got 2}}
  %0 = qnn.observe %x {name = "x", head = 2 : i64} : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @observe_heads(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{expected statistics of 4 heads, but got 1}}
  %0 = qnn.observe %x {name = "x", head = 0 : i64, statistics = #qnn.statistics<count = 2, nanCount = 0, infCount = 0, min = 0.0 : f32, max = 1.0 : f32, channelMin = [], channelMax = [], binExponent = 0, firstBin = 0, histogram = [], heads = [#qnn.statistics<count = 2, nanCount = 0, infCount = 0, min = 0.0 : f32, max = 1.0 : f32, channelMin = [], channelMax = [], binExponent = 0, firstBin = 0, histogram = []>]>} : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// expected-error @below {{expected heads to be statistics without channels, tokens and heads, but got}}
func.func private @heads_of_heads() attributes {a = #qnn.statistics<count = 2, nanCount = 0, infCount = 0, min = 0.0 : f32, max = 1.0 : f32, channelMin = [], channelMax = [], binExponent = 0, firstBin = 0, histogram = [], heads = [#qnn.statistics<count = 2, nanCount = 0, infCount = 0, min = 0.0 : f32, max = 1.0 : f32, channelMin = [0.0], channelMax = [1.0], binExponent = 0, firstBin = 0, histogram = []>]>}

// -----

func.func @axis_out_of_range(%x: tensor<4x8xf32>, %s: tensor<8xf32>) -> tensor<4x8xi8> {
  // expected-error @below {{expected axes in [0, 2), but got 2}}
  %0 = qnn.quantize %x, scale %s {axes = array<i64: 2>} : tensor<4x8xf32>, tensor<8xf32> -> tensor<4x8xi8>
  return %0 : tensor<4x8xi8>
}

// -----

func.func @axes_order(%x: tensor<4x8xf32>, %s: tensor<8x4xf32>) -> tensor<4x8xi8> {
  // expected-error @below {{expected increasing axes, but got 1 before 0}}
  %0 = qnn.quantize %x, scale %s {axes = array<i64: 1, 0>} : tensor<4x8xf32>, tensor<8x4xf32> -> tensor<4x8xi8>
  return %0 : tensor<4x8xi8>
}

// -----

func.func @scale_rank(%x: tensor<4x8xf32>, %s: tensor<8xf32>) -> tensor<4x8xi8> {
  // expected-error @below {{expected a scale of rank 0, one dimension for each of 'axes', but got 'tensor<8xf32>'}}
  %0 = qnn.quantize %x, scale %s : tensor<4x8xf32>, tensor<8xf32> -> tensor<4x8xi8>
  return %0 : tensor<4x8xi8>
}

// -----

func.func @scale_count(%x: tensor<4x64xf32>, %s: tensor<63xf32>) -> tensor<4x64xi8> {
  // expected-error @below {{expected 64 scales for axis 1, but got 63}}
  %0 = qnn.quantize %x, scale %s {axes = array<i64: 1>} : tensor<4x64xf32>, tensor<63xf32> -> tensor<4x64xi8>
  return %0 : tensor<4x64xi8>
}

// -----

func.func @block_count(%x: tensor<4x8xf32>, %s: tensor<2xf32>) -> tensor<4x8xi8> {
  // expected-error @below {{expected one block size for each of 1 axes, but got 2}}
  %0 = qnn.quantize %x, scale %s {axes = array<i64: 1>, blocks = array<i64: 4, 1>} : tensor<4x8xf32>, tensor<2xf32> -> tensor<4x8xi8>
  return %0 : tensor<4x8xi8>
}

// -----

func.func @block_positive(%x: tensor<4x8xf32>, %s: tensor<2xf32>) -> tensor<4x8xi8> {
  // expected-error @below {{expected positive block sizes, but got 0}}
  %0 = qnn.quantize %x, scale %s {axes = array<i64: 1>, blocks = array<i64: 0>} : tensor<4x8xf32>, tensor<2xf32> -> tensor<4x8xi8>
  return %0 : tensor<4x8xi8>
}

// -----

// Two blocks of three and a shorter one.
func.func @number_of_blocks(%x: tensor<4x8xf32>, %s: tensor<2xf32>) -> tensor<4x8xi8> {
  // expected-error @below {{expected 3 scales for axis 1, but got 2}}
  %0 = qnn.quantize %x, scale %s {axes = array<i64: 1>, blocks = array<i64: 3>} : tensor<4x8xf32>, tensor<2xf32> -> tensor<4x8xi8>
  return %0 : tensor<4x8xi8>
}

// -----

func.func @scale_zero(%x: tensor<4xf32>) -> tensor<4xi8> {
  %s = arith.constant dense<0.0> : tensor<f32>
  // expected-error @below {{expected finite scales > 0, but got 0}}
  %0 = qnn.quantize %x, scale %s : tensor<4xf32>, tensor<f32> -> tensor<4xi8>
  return %0 : tensor<4xi8>
}

// -----

func.func @scale_negative(%x: tensor<2xi8>) -> tensor<2xf32> {
  %s = arith.constant dense<[1.0, -0.5]> : tensor<2xf32>
  // expected-error @below {{expected finite scales > 0, but got -5.0}}
  %0 = qnn.dequantize %x, scale %s {axes = array<i64: 0>} : tensor<2xi8>, tensor<2xf32> -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

func.func @scale_nan(%x: tensor<2xi8>) -> tensor<2xf32> {
  %s = arith.constant dense<0x7FC00000> : tensor<f32>
  // expected-error @below {{expected finite scales > 0, but got nan}}
  %0 = qnn.dequantize %x, scale %s : tensor<2xi8>, tensor<f32> -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

func.func @multiplier_infinite(%x: tensor<2xi32>) -> tensor<2xi8> {
  %m = arith.constant dense<0x7F800000> : tensor<f32>
  // expected-error @below {{expected finite scales > 0, but got INF}}
  %0 = qnn.requantize %x, multiplier %m : tensor<2xi32>, tensor<f32> -> tensor<2xi8>
  return %0 : tensor<2xi8>
}

// -----

func.func @zero_point_type(%x: tensor<4xf32>, %s: tensor<f32>, %z: tensor<ui8>) -> tensor<4xi8> {
  // expected-error @below {{expected a zero point of the storage type 'i8', but got 'ui8'}}
  %0 = qnn.quantize %x, scale %s zero_point %z : tensor<4xf32>, tensor<f32>, tensor<ui8> -> tensor<4xi8>
  return %0 : tensor<4xi8>
}

// -----

func.func @zero_point_f8(%x: tensor<4xf32>, %s: tensor<f32>, %z: tensor<i8>) -> tensor<4xf8E4M3FN> {
  // expected-error @below {{expected no zero point for storage 'f8E4M3FN'}}
  %0 = qnn.quantize %x, scale %s zero_point %z : tensor<4xf32>, tensor<f32>, tensor<i8> -> tensor<4xf8E4M3FN>
  return %0 : tensor<4xf8E4M3FN>
}

// -----

func.func @zero_point_count(%x: tensor<4x8xf32>, %s: tensor<8xf32>, %z: tensor<4xi8>) -> tensor<4x8xi8> {
  // expected-error @below {{expected 8 zero points for axis 1, but got 4}}
  %0 = qnn.quantize %x, scale %s zero_point %z {axes = array<i64: 1>} : tensor<4x8xf32>, tensor<8xf32>, tensor<4xi8> -> tensor<4x8xi8>
  return %0 : tensor<4x8xi8>
}

// -----

func.func @zero_point_without_scales(%x: tensor<4x8xf32>, %s: tensor<f32>, %z: tensor<8xi8>) -> tensor<4x8xi8> {
  // expected-error @below {{expected a scale of rank 1, one dimension for each of 'axes', but got 'tensor<f32>'}}
  %0 = qnn.quantize %x, scale %s zero_point %z {axes = array<i64: 1>} : tensor<4x8xf32>, tensor<f32>, tensor<8xi8> -> tensor<4x8xi8>
  return %0 : tensor<4x8xi8>
}

// -----

func.func @zero_point_outside(%x: tensor<4xf32>, %s: tensor<f32>) -> tensor<4xi8> {
  %z = arith.constant dense<-128> : tensor<i8>
  // expected-error @below {{expected zero points in [-127, 127], but got -128}}
  %0 = qnn.quantize %x, scale %s zero_point %z {narrow_range} : tensor<4xf32>, tensor<f32>, tensor<i8> -> tensor<4xi8>
  return %0 : tensor<4xi8>
}

// -----

func.func @zero_point_accumulator(%x: tensor<4xi32>, %s: tensor<f32>, %z: tensor<i8>) -> tensor<4xf32> {
  // expected-error @below {{expected no zero point for an accumulator of type 'i32'}}
  %0 = qnn.dequantize %x, scale %s zero_point %z : tensor<4xi32>, tensor<f32>, tensor<i8> -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @narrow_f8(%x: tensor<4xf32>, %s: tensor<f32>) -> tensor<4xf8E5M2> {
  // expected-error @below {{expected no narrow_range for storage 'f8E5M2'}}
  %0 = qnn.quantize %x, scale %s {narrow_range} : tensor<4xf32>, tensor<f32> -> tensor<4xf8E5M2>
  return %0 : tensor<4xf8E5M2>
}

// -----

func.func @fake_storage(%x: tensor<4xf32>, %s: tensor<f32>) -> tensor<4xf32> {
  // expected-error @below {{expected storage i4, i8, ui8, i16, f8E4M3FN or f8E5M2, but got 'i32'}}
  %0 = qnn.fake_quantize %x, scale %s as i32 : tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @fake_type(%x: tensor<4xf32>, %s: tensor<f32>) -> tensor<4xf16> {
  // expected-error @below {{expected result type 'tensor<4xf32>', but got 'tensor<4xf16>'}}
  %0 = qnn.fake_quantize %x, scale %s as i8 : tensor<4xf32>, tensor<f32> -> tensor<4xf16>
  return %0 : tensor<4xf16>
}

// -----

// expected-error @below {{expected storage i4, i8, ui8, i16, f8E4M3FN or f8E5M2, but got 'f32'}}
func.func private @a() attributes {a = #qnn.quantization<f32 symmetric tensor minmax>}

// -----

// expected-error @below {{expected symmetric full-range quantization for 'f8E4M3FN'}}
func.func private @a() attributes {a = #qnn.quantization<f8E4M3FN asymmetric tensor minmax>}

// -----

// expected-error @below {{expected 'symmetric' or 'asymmetric', but got 'odd'}}
func.func private @a() attributes {a = #qnn.quantization<i8 odd tensor minmax>}

// -----

// expected-error @below {{expected a granularity (tensor, channel, token, block, head), but got 'row'}}
func.func private @a() attributes {a = #qnn.quantization<i8 symmetric row minmax>}

// -----

// expected-error @below {{expected a range estimator (minmax, percentile, entropy, mse, ema), but got 'best'}}
func.func private @a() attributes {a = #qnn.quantization<i8 symmetric tensor best>}

// -----

// expected-error @below {{expected axes for every granularity but 'tensor', but got 0 axes for 'channel'}}
func.func private @a() attributes {a = #qnn.quantization<i8 symmetric channel minmax>}

// -----

// expected-error @below {{expected increasing axes from 0 on, but got -1 at position 0}}
func.func private @a() attributes {a = #qnn.quantization<i8 symmetric channel axes = [-1] minmax>}

// -----

// expected-error @below {{expected one block size per axis, but got 2 for 1 axes}}
func.func private @a() attributes {a = #qnn.quantization<i8 symmetric block axes = [0] blocks = [4, 4] minmax>}

// -----

// expected-error @below {{expected positive block sizes, but got 0}}
func.func private @a() attributes {a = #qnn.quantization<i8 symmetric block axes = [0] blocks = [0] minmax>}

// -----

// expected-error @below {{expected the percentile to keep after 'percentile'}}
func.func private @a() attributes {a = #qnn.quantization<i8 symmetric tensor percentile>}

// -----

// expected-error @below {{expected a percentile in (0, 100], but got -1}}
func.func private @a() attributes {a = #qnn.quantization<i8 symmetric tensor percentile -1.0>}

// -----

// expected-error @below {{expected counts that are not negative}}
func.func private @a() attributes {a = #qnn.statistics<count = -1, nanCount = 0, infCount = 0, min = 0.0 : f32, max = 1.0 : f32, channelMin = [], channelMax = [], binExponent = 0, firstBin = 0, histogram = []>}

// -----

// expected-error @below {{expected a finite range with min <= max, but got [2.000000e+00, 1.000000e+00]}}
func.func private @a() attributes {a = #qnn.statistics<count = 1, nanCount = 0, infCount = 0, min = 2.0 : f32, max = 1.0 : f32, channelMin = [], channelMax = [], binExponent = 0, firstBin = 0, histogram = []>}

// -----

// expected-error @below {{expected as many channel minima as maxima, but got 1 and 0}}
func.func private @a() attributes {a = #qnn.statistics<count = 1, nanCount = 0, infCount = 0, min = 0.0 : f32, max = 1.0 : f32, channelMin = [0.0], channelMax = [], binExponent = 0, firstBin = 0, histogram = []>}

// -----

// expected-error @below {{expected histogram counts that are not negative, but got -1}}
func.func private @a() attributes {a = #qnn.statistics<count = 1, nanCount = 0, infCount = 0, min = 0.0 : f32, max = 1.0 : f32, channelMin = [], channelMax = [], binExponent = 0, firstBin = 0, histogram = [2, -1]>}

// -----

// expected-error @below {{expected histogram counts below 2^63 in sum}}
func.func private @a() attributes {a = #qnn.statistics<count = 1, nanCount = 0, infCount = 0, min = 0.0 : f32, max = 1.0 : f32, channelMin = [], channelMax = [], binExponent = 0, firstBin = 0, histogram = [9223372036854775807, 1]>}

// -----

// expected-error @below {{expected the histogram to hold all 3 elements, but it holds 2}}
func.func private @a() attributes {a = #qnn.statistics<count = 3, nanCount = 0, infCount = 0, min = 0.0 : f32, max = 1.0 : f32, channelMin = [], channelMax = [], binExponent = 0, firstBin = 0, histogram = [1, 1]>}

// -----

// expected-error @below {{expected rates that are not negative, but got -1.0}}
func.func private @a() attributes {a = #qnn.target<name = "x", int8 = -1.0 : f64, fp8 = 0.0 : f64, f16 = 0.0 : f64, f32 = 1.0 : f64, bandwidth = 1.0 : f64>}

// -----

// expected-error @below {{expected a positive bandwidth, but got 0.0}}
func.func private @a() attributes {a = #qnn.target<name = "x", int8 = 1.0 : f64, fp8 = 0.0 : f64, f16 = 0.0 : f64, f32 = 1.0 : f64, bandwidth = 0.0 : f64>}

// -----

// expected-error @below {{expected 'qnn.site' to be a non-empty string, but got 1 : i64}}
func.func private @a() attributes {qnn.site = 1 : i64}

// -----

// expected-error @below {{expected 'qnn.scheme' to be a #qnn.scheme, but got "int8"}}
func.func private @a() attributes {qnn.scheme = "int8"}

// -----

// expected-error @below {{expected 'qnn.terms' to be a dictionary, but got "fused"}}
func.func private @a() attributes {qnn.terms = "fused"}

// -----

func.func @requantize_by_nothing(%x: tensor<4xi32>) -> tensor<4xi8> {
  // expected-error @below {{expected a multiplier, a shift or both}}
  %0 = qnn.requantize %x, : tensor<4xi32> -> tensor<4xi8>
  return %0 : tensor<4xi8>
}

// -----

func.func @shift_of_float(%x: tensor<4xi32>, %m: tensor<f32>, %s: tensor<i8>) -> tensor<4xi8> {
  // expected-error @below {{expected no shift with f32 multipliers}}
  %0 = qnn.requantize %x, multiplier %m shift %s : tensor<4xi32>, tensor<f32>, tensor<i8> -> tensor<4xi8>
  return %0 : tensor<4xi8>
}

// -----

func.func @float_to_i32(%x: tensor<4xi8>, %m: tensor<f32>) -> tensor<4xi32> {
  // expected-error @below {{expected i32 or i16 multipliers, or only shifts, for an i32 result, but got f32 multipliers}}
  %0 = qnn.requantize %x, multiplier %m : tensor<4xi8>, tensor<f32> -> tensor<4xi32>
  return %0 : tensor<4xi32>
}

// -----

func.func @multiplier_without_shift(%x: tensor<4xi32>, %m: tensor<i32>) -> tensor<4xi8> {
  // expected-error @below {{expected shifts with integer multipliers}}
  %0 = qnn.requantize %x, multiplier %m : tensor<4xi32>, tensor<i32> -> tensor<4xi8>
  return %0 : tensor<4xi8>
}

// -----

func.func @shift_to_f8(%x: tensor<4xi32>, %s: tensor<i8>) -> tensor<4xf8E4M3FN> {
  // expected-error @below {{expected f32 multipliers for storage 'f8E4M3FN'}}
  %0 = qnn.requantize %x, shift %s : tensor<4xi32>, tensor<i8> -> tensor<4xf8E4M3FN>
  return %0 : tensor<4xf8E4M3FN>
}

// -----

func.func @wide_input(%x: tensor<4xi64>, %m: tensor<i32>, %s: tensor<i8>) -> tensor<4xi8> {
  // expected-error @below {{expected i16 multipliers for an i64 input, but got i32}}
  %0 = qnn.requantize %x, multiplier %m shift %s : tensor<4xi64>, tensor<i32>, tensor<i8> -> tensor<4xi8>
  return %0 : tensor<4xi8>
}

// -----

func.func @double_round_i16(%x: tensor<4xi32>, %m: tensor<i16>, %s: tensor<i8>) -> tensor<4xi8> {
  // expected-error @below {{expected i32 multipliers with double_round}}
  %0 = qnn.requantize %x, multiplier %m shift %s {double_round} : tensor<4xi32>, tensor<i16>, tensor<i8> -> tensor<4xi8>
  return %0 : tensor<4xi8>
}

// -----

func.func @negative_multiplier(%x: tensor<2xi32>, %s: tensor<i8>) -> tensor<2xi8> {
  %m = arith.constant dense<[1, -1]> : tensor<2xi32>
  // expected-error @below {{expected multipliers >= 0, but got -1}}
  %0 = qnn.requantize %x, multiplier %m shift %s {axes = array<i64: 0>} : tensor<2xi32>, tensor<2xi32>, tensor<i8> -> tensor<2xi8>
  return %0 : tensor<2xi8>
}

// -----

func.func @small_shift(%x: tensor<2xi32>, %m: tensor<i32>) -> tensor<2xi8> {
  %s = arith.constant dense<1> : tensor<i8>
  // expected-error @below {{expected shifts in [2, 62], but got 1}}
  %0 = qnn.requantize %x, multiplier %m shift %s : tensor<2xi32>, tensor<i32>, tensor<i8> -> tensor<2xi8>
  return %0 : tensor<2xi8>
}

// -----

func.func @large_shift(%x: tensor<2xi32>) -> tensor<2xi8> {
  %s = arith.constant dense<63> : tensor<i8>
  // expected-error @below {{expected shifts in [-31, 62], but got 63}}
  %0 = qnn.requantize %x, shift %s : tensor<2xi32>, tensor<i8> -> tensor<2xi8>
  return %0 : tensor<2xi8>
}

// -----

func.func @shift_shape(%x: tensor<2xi32>, %m: tensor<2xi32>, %s: tensor<3xi8>) -> tensor<2xi8> {
  // expected-error @below {{expected 2 shifts for axis 0, but got 3}}
  %0 = qnn.requantize %x, multiplier %m shift %s {axes = array<i64: 0>} : tensor<2xi32>, tensor<2xi32>, tensor<3xi8> -> tensor<2xi8>
  return %0 : tensor<2xi8>
}

// -----

func.func @accumulator_zero_point(%x: tensor<2xi32>, %m: tensor<f32>, %z: tensor<i8>) -> tensor<2xi8> {
  // expected-error @below {{expected no input zero point for an accumulator of type 'i32'}}
  %0 = qnn.requantize %x input_zero_point %z, multiplier %m : tensor<2xi32>, tensor<i8>, tensor<f32> -> tensor<2xi8>
  return %0 : tensor<2xi8>
}

// -----

func.func @input_zero_point_type(%x: tensor<2xui8>, %m: tensor<f32>, %z: tensor<i8>) -> tensor<2xi8> {
  // expected-error @below {{expected an input zero point of the storage type 'ui8', but got 'i8'}}
  %0 = qnn.requantize %x input_zero_point %z, multiplier %m : tensor<2xui8>, tensor<i8>, tensor<f32> -> tensor<2xi8>
  return %0 : tensor<2xi8>
}

// -----

func.func @result_zero_point(%x: tensor<2xi8>, %s: tensor<i8>, %z: tensor<i8>) -> tensor<2xi32> {
  // expected-error @below {{expected no zero point for an i32 result}}
  %0 = qnn.requantize %x, shift %s zero_point %z : tensor<2xi8>, tensor<i8>, tensor<i8> -> tensor<2xi32>
  return %0 : tensor<2xi32>
}

// -----

// expected-error @below {{expected a static range for scales that are powers of two}}
func.func @dynamic_power_of_two() attributes {qnn.test = #qnn.quantization<i8 symmetric dynamic power_of_two tensor minmax>} {
  return
}

// -----

func.func @quantize_i32_zero_point(%x: tensor<4xf32>, %s: tensor<f32>, %z: tensor<i8>) {
  // expected-error @below {{expected no zero point for an i32 result}}
  %0 = qnn.quantize %x, scale %s zero_point %z : tensor<4xf32>, tensor<f32>, tensor<i8> -> tensor<4xi32>
  return
}
