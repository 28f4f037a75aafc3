// RUN: quant-opt %s -split-input-file -verify-calibrated -verify-diagnostics

func.func @none(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{expected statistics of observer 'a'; run quantc calibrate and qnn-apply-statistics}}
  %0 = qnn.observe %x {name = "a"} : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @nothing_finite(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{expected observer 'a' to have seen finite values, but it saw 3 NaN and 1 infinities; check the calibration data}}
  %0 = qnn.observe %x {name = "a", statistics = #qnn.statistics<count = 0, nanCount = 3, infCount = 1, min = 0.0 : f32, max = 0.0 : f32, channelMin = [], channelMax = [], binExponent = 0, firstBin = 0, histogram = []>} : tensor<4xf32>
  return %0 : tensor<4xf32>
}
