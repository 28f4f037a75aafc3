// The fingerprint follows the contents of the parameters, not their names, and
// not the locations.

// RUN: quant-opt %s -qnn-annotate | grep -o 'qnn.fingerprint = "[0-9a-f]*"' > %t.base
// RUN: sed -e 's/\bw1\b/other/' %s | quant-opt -qnn-annotate -mlir-print-debuginfo | grep -o 'qnn.fingerprint = "[0-9a-f]*"' | diff %t.base -
// RUN: sed -e 's/0000803f/00008040/' %s | quant-opt -qnn-annotate | grep -o 'qnn.fingerprint = "[0-9a-f]*"' > %t.changed
// RUN: not diff %t.base %t.changed
// RUN: sed -e 's/addf/subf/' %s | quant-opt -qnn-annotate | grep -o 'qnn.fingerprint = "[0-9a-f]*"' > %t.changed
// RUN: not diff %t.base %t.changed

func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
  %w = arith.constant dense_resource<w1> : tensor<2xf32>
  %0 = arith.addf %x, %w : tensor<2xf32>
  return %0 : tensor<2xf32>
}

{-#
  dialect_resources: {
    builtin: {
      w1: "0x040000000000803f00000040"
    }
  }
#-}
