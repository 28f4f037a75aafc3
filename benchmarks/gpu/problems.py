#===- problems.py - contractions that stand for the kernel families --------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""Programs for code generation on GPUs, as MLIR text, one or more a family.

Integer sites are written with qnn.quantize and qnn.dequantize and go through the
lowering and fusion of the quantizer, so that kernels are those of models.
"""

import dataclasses
import random

# From quantized IR to linalg whose contractions have their epilogues.
LOWERING = ("builtin.module(qnn-lower-symmetric,qnn-lower-asymmetric,"
            "qnn-fuse-zero-points,qnn-fuse-epilogue,qnn-fuse-sums)")


@dataclasses.dataclass
class Problem:
    name: str
    text: str  # a module whose function @main is the program
    chip: str = "sm_80"
    matrix: str = "IMMA"  # instruction of the main loop; empty: there need be none
    # Loads of the main loop have 16 bytes a lane; where an operand does not lie along
    # k they have 4.
    wide: bool = True
    operations: int = 0  # multiplications and additions of one run
    # Of the same product with no zero points, where there are some.
    symmetric: str = None
    shape: tuple = None  # m, n, k, where it is one plain product
    baseline: str = "s8"  # the type of cuBLASLt's product of that shape, or "-"


def _constant(shape, element, seed, low, high):
    """A constant of random integers of 8 bits."""
    source, count = random.Random(seed), 1
    for size in shape:
        count *= size
    values = bytes(source.randint(low, high) & 255 for _ in range(count))
    return f'arith.constant dense<"0x{values.hex().upper()}"> : {_tensor(shape, element)}'


def _tensor(shape, element):
    return f"tensor<{'x'.join(map(str, shape))}x{element}>"


def linear(m, n, k, zero_point=0, result="i8", storage="i8", transposed=False, weight_zero=0,
           quantizes=False):
    """A layer with constant weights: activations are quantized with a zero point,
    weights per channel, with zero points where `weight_zero` is none; the result is
    requantized, or stays f32. The activations come quantized, or as f32 that the
    program `quantizes`: a kernel that adds up their rows, too, where weights have
    zero points."""
    x, y = _tensor((m, k), storage), _tensor((m, n), "f32")
    stored = (n, k) if transposed else (k, n)
    maps = ("" if not transposed else
            " indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, "
            "affine_map<(m, n, k) -> (m, n)>]")
    w = _tensor(stored, "i8")
    axis = 0 if transposed else 1
    zero = " zero_point %z" if zero_point else ""
    zero_type = f", tensor<{storage}>" if zero_point else ""
    weight_zeros = f" zero_point %v" if weight_zero else ""
    weight_zero_type = f", tensor<{n}xi8>" if weight_zero else ""
    xf = _tensor((m, k), "f32")
    quantize = f"  %x = qnn.quantize %r, scale %s{zero} : {xf}, tensor<f32>{zero_type} -> {x}" if quantizes else ""
    text = f"""func.func @main({f"%r: {xf}" if quantizes else f"%x: {x}"}) -> {_tensor((m, n), result)} {{
  %s = arith.constant dense<0.03125> : tensor<f32>
  %z = arith.constant dense<{zero_point}> : tensor<{storage}>
  %v = arith.constant dense<{weight_zero}> : tensor<{n}xi8>
{quantize}
  %t = arith.constant dense<0.0078125> : tensor<{n}xf32>
  %w = {_constant(stored, "i8", 1, -127, 127)}
  %xf = qnn.dequantize %x, scale %s{zero} : {x}, tensor<f32>{zero_type} -> {_tensor((m, k), "f32")}
  %wf = qnn.dequantize %w, scale %t{weight_zeros} {{axes = array<i64: {axis}>}} : {w}, tensor<{n}xf32>{weight_zero_type} -> {_tensor(stored, "f32")}
  %c0 = arith.constant 0.0 : f32
  %e = tensor.empty() : {y}
  %f = linalg.fill ins(%c0 : f32) outs(%e : {y}) -> {y}
  %y = linalg.matmul{maps} {{qnn.site = "main.0"}} ins(%xf, %wf : {_tensor((m, k), "f32")}, {_tensor(stored, "f32")}) outs(%f : {y}) -> {y}
"""
    if result == "f32":
        return text + f"  return %y : {y}\n}}\n"
    return text + f"""  %u = arith.constant dense<0.5> : tensor<f32>
  %q = qnn.quantize %y, scale %u : {y}, tensor<f32> -> {_tensor((m, n), result)}
  return %q : {_tensor((m, n), result)}
}}
"""


def product(m, n, k, left="i8", right="i8", transposed=True, schedule=""):
    """Activations times activations, summed in i32 or f32."""
    total = "i32" if left.endswith("i8") else "f32"
    a, b, c = _tensor((m, k), left), _tensor((n, k) if transposed else (k, n), right), _tensor((m, n), total)
    extend = {"i8": "arith.extsi", "ui8": "arith.extui"}
    x, y = left.replace("ui8", "i8"), right.replace("ui8", "i8")
    kind = "i" if total == "i32" else "f"
    attributes = f" attrs = {{qnn_gpu.schedule = #qnn_gpu.schedule<{schedule}>}}" if schedule else ""
    maps = ("(m, n, k) -> (m, k)", "(m, n, k) -> (n, k)" if transposed else "(m, n, k) -> (k, n)",
            "(m, n, k) -> (m, n)")
    return f"""func.func @main(%a: {a.replace("ui8", "i8")}, %b: {b.replace("ui8", "i8")}, %c: {c}) -> {c} {{
  %r = linalg.generic {{indexing_maps = [{", ".join(f"affine_map<{each}>" for each in maps)}],
                       iterator_types = ["parallel", "parallel", "reduction"]}}
      ins(%a, %b : {a.replace("ui8", "i8")}, {b.replace("ui8", "i8")}) outs(%c : {c}){attributes} {{
    ^bb0(%x: {x}, %y: {y}, %z: {total}):
      %p = {extend.get(left, "arith.extf")} %x : {x} to {total}
      %q = {extend.get(right, "arith.extf")} %y : {y} to {total}
      %m = arith.mul{kind} %p, %q : {total}
      %s = arith.add{kind} %z, %m : {total}
      linalg.yield %s : {total}
  }} -> {c}
  return %r : {c}
}}
"""


def int4_weights(m, n, k, block=128):
    """f16 activations times weights of four bits, with a scale and a zero point for
    each block along k."""
    w, s, z = (_tensor((k, n), "i4"), _tensor((k // block, n), "f32"),
               _tensor((k // block, n), "i4"))
    x, y = _tensor((m, k), "f16"), _tensor((m, n), "f32")
    return f"""func.func @main(%x: {x}, %c: {y}) -> {y} {{
  %w = {_constant((k, n), "i4", 3, -8, 7)}
  %s = arith.constant dense<0.0625> : {s}
  %z = arith.constant dense<1> : {z}
  %d = qnn.dequantize %w, scale %s zero_point %z {{axes = array<i64: 0, 1>, blocks = array<i64: {block}, 1>}} : {w}, {s}, {z} -> {_tensor((k, n), "f32")}
  %h = arith.truncf %d : {_tensor((k, n), "f32")} to {_tensor((k, n), "f16")}
  %r = linalg.matmul ins(%x, %h : {x}, {_tensor((k, n), "f16")}) outs(%c : {y}) -> {y}
  return %r : {y}
}}
"""


def attention(heads, m, n, k):
    """A product for each head, over a long sequence."""
    a, b, c = _tensor((heads, m, k), "i8"), _tensor((heads, n, k), "i8"), _tensor((heads, m, n), "i32")
    return f"""func.func @main(%a: {a}, %b: {b}, %c: {c}) -> {c} {{
  %r = linalg.batch_matmul indexing_maps = [affine_map<(b, m, n, k) -> (b, m, k)>, affine_map<(b, m, n, k) -> (b, n, k)>,
      affine_map<(b, m, n, k) -> (b, m, n)>] ins(%a, %b : {a}, {b}) outs(%c : {c}) -> {c}
  return %r : {c}
}}
"""


def convolution(size, window, channels, features):
    """NHWC, without padding, summed in i32; weights are constant."""
    out = size - window + 1
    x, w, y = (_tensor((4, size, size, channels), "i8"),
               _tensor((window, window, channels, features), "i8"),
               _tensor((4, out, out, features), "i32"))
    return f"""func.func @main(%x: {x}, %c: {y}) -> {y} {{
  %w = {_constant((window, window, channels, features), "i8", 2, -127, 127)}
  %r = linalg.conv_2d_nhwc_hwcf ins(%x, %w : {x}, {w}) outs(%c : {y}) -> {y}
  return %r : {y}
}}
"""


def rows(m, n):
    """The largest of each row taken off, exponentials, divided by their sum: a
    softmax, which a warp has in registers."""
    x, s = _tensor((m, n), "f32"), _tensor((m,), "f32")
    mn, row = "affine_map<(m, n) -> (m, n)>", "affine_map<(m, n) -> (m)>"
    return f"""func.func @main(%x: {x}) -> {x} {{
  %low = arith.constant 0xFF800000 : f32
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : {s}
  %f = linalg.fill ins(%low : f32) outs(%e : {s}) -> {s}
  %g = linalg.fill ins(%zero : f32) outs(%e : {s}) -> {s}
  %max = linalg.generic {{indexing_maps = [{mn}, {row}], iterator_types = ["parallel", "reduction"]}}
      ins(%x : {x}) outs(%f : {s}) {{
    ^bb0(%a: f32, %b: f32):
      %0 = arith.maximumf %b, %a : f32
      linalg.yield %0 : f32
  }} -> {s}
  %d = tensor.empty() : {x}
  %exp = linalg.generic {{indexing_maps = [{mn}, {row}, {mn}], iterator_types = ["parallel", "parallel"]}}
      ins(%x, %max : {x}, {s}) outs(%d : {x}) {{
    ^bb0(%a: f32, %b: f32, %c: f32):
      %0 = arith.subf %a, %b : f32
      %1 = math.exp %0 : f32
      linalg.yield %1 : f32
  }} -> {x}
  %sum = linalg.generic {{indexing_maps = [{mn}, {row}], iterator_types = ["parallel", "reduction"]}}
      ins(%exp : {x}) outs(%g : {s}) {{
    ^bb0(%a: f32, %b: f32):
      %0 = arith.addf %b, %a : f32
      linalg.yield %0 : f32
  }} -> {s}
  %r = linalg.generic {{indexing_maps = [{mn}, {row}, {mn}], iterator_types = ["parallel", "parallel"]}}
      ins(%exp, %sum : {x}, {s}) outs(%d : {x}) {{
    ^bb0(%a: f32, %b: f32, %c: f32):
      %0 = arith.divf %a, %b : f32
      linalg.yield %0 : f32
  }} -> {x}
  return %r : {x}
}}
"""


def problems():
    """What the table of main loops shows and the gates hold for."""
    def of(name, text, m, n, k, **more):
        return Problem(name, text, operations=2 * m * n * k, shape=(m, n, k), **more)
    def plain(name, left="i8", right="i8", **more):
        return of(name, product(1024, 1024, 4096, left, right), 1024, 1024, 4096, **more)
    # So deep that no loop is unrolled whole.
    def layer(name, *arguments, m=512, **more):
        text = linear(m, 128, 4096, *arguments, transposed=name.endswith("transposed"))
        return of(name, text, m, 128, 4096, **more)
    return [
        plain("product-s8s8"),
        plain("product-u8s8", "ui8"),
        plain("product-u8u8", "ui8", "ui8"),
        layer("linear-symmetric"),
        layer("linear-asymmetric", 3, symmetric="linear-symmetric"),
        layer("linear-transposed", 3, symmetric="linear-symmetric"),
        layer("linear-f32", 3, "f32", symmetric="linear-symmetric"),
        # Zero points of weights need sums of rows, of the kernel that quantizes these.
        *(of(name, linear(256, 128, 2048, zero, weight_zero=weight_zero, quantizes=True), 256, 128,
             2048, symmetric=symmetric, baseline="-")
          for name, zero, weight_zero, symmetric in (("quantized-symmetric", 0, 0, None),
                                                     ("quantized-asymmetric", 3, 2, "quantized-symmetric"))),
        layer("linear-sm_89", 3, chip="sm_89"),
        layer("linear-f8", 3, "f8E4M3FN", chip="sm_89"),
        Problem("attention-context", attention(12, 128, 64, 2048), operations=2 * 12 * 128 * 64 * 2048),
        Problem("convolution", convolution(16, 3, 256, 64),
                operations=2 * 4 * 14 * 14 * 9 * 256 * 64),
        plain("product-f16", "f16", "f16", matrix="HMMA", baseline="-"),
        plain("product-bf16", "bf16", "bf16", matrix="HMMA", baseline="-"),
        of("int4-weights", int4_weights(1024, 512, 1024), 1024, 512, 1024, matrix="HMMA",
           baseline="-"),
        plain("product-e4m3", "f8E4M3FN", "f8E4M3FN", matrix="QMMA", chip="sm_89", baseline="e4m3"),
        plain("product-e5m2e4m3", "f8E5M2", "f8E4M3FN", matrix="QMMA", chip="sm_89",
              baseline="-"),
        of("split-k", product(64, 64, 8192, schedule="mma, tile = [64, 64, 64], warps = [2, 2], "
                              "stages = 3, split_k = 4"), 64, 64, 8192),
        of("split-k-f16", product(16, 1024, 4096, "f16", "f16"), 16, 1024, 4096, matrix="HMMA",
           baseline="-"),
        of("few-rows", product(4, 4096, 4096), 4, 4096, 4096, matrix="IDP"),
        *(of(f"{rows}-row-{name}", product(rows, 4096, 4096, element, element), rows, 4096, 4096,
             matrix="FFMA", chip=chip, baseline="-")
          for rows, name, element, chip in ((1, "f16", "f16", "sm_80"), (4, "f16", "f16", "sm_80"),
                                            (4, "bf16", "bf16", "sm_80"),
                                            (4, "e4m3", "f8E4M3FN", "sm_89"))),
        of("not-along-k", product(1024, 1024, 4096, transposed=False), 1024, 1024, 4096, wide=False),
        Problem("rows", rows(512, 768), matrix="", operations=5 * 512 * 768),
    ]


class UnknownName(Exception):
    """What there is instead, in one line."""


def select(only, others=()):
    """The problems of these names, or all of them. A name that neither they nor
    `others` have would select nothing, which nobody notices."""
    known = {problem.name: problem for problem in problems()}
    for name in only or ():
        if name not in known and name not in others:
            raise UnknownName(f"--only {name}: expected one of {', '.join([*known, *others])}")
    return [problem for name, problem in known.items() if not only or name in only]
