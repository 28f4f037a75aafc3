// RUN: quant-opt %s --quant-types-to-qnn --verify-diagnostics --split-input-file

// expected-error @below {{expected zero points in [-128, 127], but got 300}}
func.func @main(%x: tensor<4x!quant.uniform<i8:f32, 1.0:300>>) { return }

// -----

// expected-error @below {{expected zero points in [0, 255], but got -1}}
func.func @main(%x: tensor<4x!quant.uniform<u8:f32, 1.0:-1>>) { return }

// -----

// expected-error @+1 {{scale 0.000000e+00 out of expressed type range}}
func.func @main(%x: tensor<4x!quant.uniform<i8:f32, 0.0>>) { return }

// -----

// expected-error @+1 {{scale -1.000000e+00 out of expressed type range}}
func.func @main(%x: tensor<4x!quant.uniform<i8:f32, -1.0>>) { return }

// -----

// expected-error @below {{expected finite scales > 0, but got nan}}
func.func @main(%x: tensor<4x!quant.uniform<i8:f32, 0x7FF8000000000000>>) { return }

// -----

// expected-error @below {{expected 4 scales for axis 0, but got 3}}
func.func @main(%x: tensor<4x!quant.uniform<i8:f32:0, {1.0, 2.0, 3.0}>>) { return }

// -----

// expected-error @below {{expected a quantized dimension in [0, 1), but got 1}}
func.func @main(%x: tensor<4x!quant.uniform<i8:f32:1, {1.0, 2.0, 3.0, 4.0}>>) { return }

// -----

// expected-error @below {{expected a block size that divides dimension 0 of size 4, but got 3}}
func.func @main(%x: tensor<4x4x!quant.uniform<i8:f32:{0:3, 1:4}, {{1.0:3}, {2.0:4}}>>) { return }

// -----

// expected-error @below {{expected 2 scales for axis 0, but got 1}}
func.func @main(%x: tensor<4x4x!quant.uniform<i8:f32:{0:2, 1:4}, {{1.0:3}}>>) { return }

// -----

// expected-error @below {{expected the storage range [-128, 127] or [-127, 127], but got [-8, 7]}}
func.func @main(%x: tensor<4x!quant.uniform<i8<-8:7>:f32, 1.0>>) { return }

// -----

// expected-error @below {{expected storage i4, i8, u8, i16 or i32, but got '!quant.uniform<u16:f32, 1.000000e+00>'}}
func.func @main(%x: tensor<4x!quant.uniform<u16:f32, 1.0>>) { return }

// -----

// expected-error @below {{expected expressed type f32, f16 or bf16, but got 'f64'}}
func.func @main(%x: tensor<4x!quant.uniform<i8:f64, 1.0>>) { return }

// -----

// expected-error @below {{expected no zero point for storage i32, but got 1}}
func.func @main(%x: tensor<4x!quant.uniform<i32:f32, 1.0:1>>) { return }

// -----

// expected-error @below {{expected a ranked tensor of quantized elements, but got '!quant.uniform<i8:f32, 1.000000e+00>'}}
func.func @main(%x: !quant.uniform<i8:f32, 1.0>) { return }

// -----

// expected-error @below {{expected elements of type !quant.uniform, but got '!quant.any<i8:f32>'}}
func.func @main(%x: tensor<4x!quant.any<i8:f32>>) { return }

// -----

func.func @main(%x: tensor<4x!quant.uniform<i8:f32, 1.0>>) -> tensor<4xi32> {
  // expected-error @below {{unsupported operation 'stablehlo.convert' on quantized tensors}}
  %0 = stablehlo.convert %x : (tensor<4x!quant.uniform<i8:f32, 1.0>>) -> tensor<4xi32>
  return %0 : tensor<4xi32>
}

// -----

func.func @main(%x: tensor<4x!quant.uniform<i8:f32, 1.0>>, %y: tensor<4x!quant.uniform<i16:f32, 1.0>>) {
  // expected-error @below {{expected quantized types that differ in nothing but scales and zero points, but got}}
  %0 = stablehlo.add %x, %y : (tensor<4x!quant.uniform<i8:f32, 1.0>>, tensor<4x!quant.uniform<i16:f32, 1.0>>) -> tensor<4x!quant.uniform<i8:f32, 1.0>>
  return
}

// -----

func.func @main(%x: tensor<4xf16>) {
  // expected-error @below {{expected an expressed result of element type 'f16', but got 'f32'}}
  %0 = stablehlo.uniform_quantize %x : (tensor<4xf16>) -> tensor<4x!quant.uniform<i8:f32, 1.0>>
  return
}

// -----

func.func @main() {
  // expected-error @below {{expected a value of shape [4] with elements of the storage type 'i8', but got 'tensor<4xi32>'}}
  %0 = stablehlo.constant() {value = dense<1> : tensor<4xi32>} : () -> tensor<4x!quant.uniform<i8:f32, 1.0>>
  return
}
