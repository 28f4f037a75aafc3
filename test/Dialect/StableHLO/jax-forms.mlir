// Whole modules as JAX 0.10.2 prints them, most with locations.
// RUN: quant-opt %s -split-input-file --mlir-print-debuginfo | FileCheck %s
// RUN: quant-opt %s -split-input-file --mlir-print-debuginfo -o %t.once
// RUN: quant-opt %t.once -split-input-file --mlir-print-debuginfo -o %t.twice
// RUN: diff %t.once %t.twice

// CHECK-LABEL: module @jit__lambda
// CHECK: reducer(%{{.*}}: tensor<f32> loc("reduce:"({{.*}})), %{{.*}}: tensor<f32> loc({{.*}})) (%{{.*}}: tensor<i32> loc({{.*}}), %{{.*}}: tensor<i32> loc({{.*}})) {
// CHECK: loc("argmax:"
#loc1 = loc("a")
#loc2 = loc("model.py":9:134 to :150)
#loc3 = loc("model.py":67:10 to :47)
#loc5 = loc("reduce")
#loc6 = loc("<lambda>"(#loc2))
#loc7 = loc("<module>"(#loc3))
#loc9 = loc("reduce:"(#loc5))
#loc10 = loc(callsite(#loc6 at #loc7))
#loc15 = loc("jit(<lambda>)"(#loc10))
module @jit__lambda attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<2x3xf32> loc("a")) -> (tensor<2xi32> {jax.result_info = "result"}) {
    %0 = call @argmax(%arg0) : (tensor<2x3xf32>) -> tensor<2xi32> loc(#loc15)
    return %0 : tensor<2xi32> loc(#loc11)
  } loc(#loc)
  func.func private @argmax(%arg0: tensor<2x3xf32> loc("jit(<lambda>)"(#loc10))) -> tensor<2xi32> {
    %0 = stablehlo.iota dim = 1 : tensor<2x3xi32> loc(#loc12)
    %cst = stablehlo.constant dense<0xFF800000> : tensor<f32> loc(#loc8)
    %c = stablehlo.constant dense<0> : tensor<i32> loc(#loc8)
    %1:2 = stablehlo.reduce(%arg0 init: %cst), (%0 init: %c) across dimensions = [1] : (tensor<2x3xf32>, tensor<2x3xi32>, tensor<f32>, tensor<i32>) -> (tensor<2xf32>, tensor<2xi32>)
     reducer(%arg1: tensor<f32> loc("reduce:"(#loc5)), %arg3: tensor<f32> loc("reduce:"(#loc5))) (%arg2: tensor<i32> loc("reduce:"(#loc5)), %arg4: tensor<i32> loc("reduce:"(#loc5)))  {
      %2 = stablehlo.compare GT, %arg1, %arg3, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1> loc(#loc16)
      %3 = stablehlo.compare NE, %arg1, %arg1, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1> loc(#loc17)
      %4 = stablehlo.or %2, %3 : tensor<i1> loc(#loc18)
      %5 = stablehlo.compare EQ, %arg1, %arg3, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1> loc(#loc19)
      %6 = stablehlo.compare LT, %arg2, %arg4, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1> loc(#loc20)
      %7 = stablehlo.and %5, %6 : tensor<i1> loc(#loc21)
      %8 = stablehlo.or %4, %7 : tensor<i1> loc(#loc18)
      %9 = stablehlo.select %4, %arg1, %arg3 : tensor<i1>, tensor<f32> loc(#loc22)
      %10 = stablehlo.select %8, %arg2, %arg4 : tensor<i1>, tensor<i32> loc(#loc22)
      stablehlo.return %9, %10 : tensor<f32>, tensor<i32> loc(#loc13)
    } loc(#loc13)
    return %1#1 : tensor<2xi32> loc(#loc15)
  } loc(#loc15)
} loc(#loc)
#loc = loc(unknown)
#loc4 = loc("argmax")
#loc8 = loc("argmax:"(#loc4))
#loc11 = loc("jit(<lambda>)"(#loc7))
#loc12 = loc("iota"(#loc6))
#loc13 = loc("reduce"(#loc6))
#loc14 = loc(callsite(#loc6 at #loc6))
#loc16 = loc("gt"(#loc14))
#loc17 = loc("ne"(#loc14))
#loc18 = loc("or"(#loc14))
#loc19 = loc("eq"(#loc14))
#loc20 = loc("lt"(#loc14))
#loc21 = loc("and"(#loc14))
#loc22 = loc("select_n"(#loc14))

// -----

// CHECK-LABEL: module @jit__lambda
// CHECK: stablehlo.while(%iterArg = %c, %iterArg_0 = %arg0) : tensor<i32>, tensor<2x3xf32>
// CHECK: loc("jit(<lambda>)/while/body/mul"
#loc1 = loc("a")
module @jit__lambda attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<2x3xf32> loc("a")) -> (tensor<i32> {jax.result_info = "result[0]"}, tensor<2x3xf32> {jax.result_info = "result[1]"}) {
    %c = stablehlo.constant dense<0> : tensor<i32> loc(#loc12)
    %0:2 = stablehlo.while(%iterArg = %c, %iterArg_0 = %arg0) : tensor<i32>, tensor<2x3xf32>
    cond {
      %c_1 = stablehlo.constant dense<5> : tensor<i32> loc(#loc14)
      %1 = stablehlo.compare LT, %iterArg, %c_1, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1> loc(#loc18)
      stablehlo.return %1 : tensor<i1> loc(#loc14)
    } do {
      %c_1 = stablehlo.constant dense<1> : tensor<i32> loc(#loc14)
      %1 = stablehlo.add %iterArg, %c_1 : tensor<i32> loc(#loc19)
      %cst = stablehlo.constant dense<2.000000e+00> : tensor<f32> loc(#loc14)
      %2 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<2x3xf32> loc(#loc20)
      %3 = stablehlo.multiply %iterArg_0, %2 : tensor<2x3xf32> loc(#loc20)
      stablehlo.return %1, %3 : tensor<i32>, tensor<2x3xf32> loc(#loc14)
    } loc(#loc14)
    return %0#0, %0#1 : tensor<i32>, tensor<2x3xf32> loc(#loc12)
  } loc(#loc)
} loc(#loc)
#loc = loc(unknown)
#loc2 = loc("model.py":67:10 to :47)
#loc3 = loc("model.py":49:21 to :83)
#loc4 = loc("model.py":49:45 to :51)
#loc5 = loc("model.py":49:62 to :68)
#loc6 = loc("model.py":49:69 to :75)
#loc7 = loc("<module>"(#loc2))
#loc8 = loc("<lambda>"(#loc3))
#loc9 = loc("<lambda>.<locals>.<lambda>"(#loc4))
#loc10 = loc("<lambda>.<locals>.<lambda>"(#loc5))
#loc11 = loc("<lambda>.<locals>.<lambda>"(#loc6))
#loc12 = loc("jit(<lambda>)"(#loc7))
#loc13 = loc(callsite(#loc8 at #loc7))
#loc14 = loc("jit(<lambda>)/while"(#loc13))
#loc15 = loc(callsite(#loc9 at #loc13))
#loc16 = loc(callsite(#loc10 at #loc13))
#loc17 = loc(callsite(#loc11 at #loc13))
#loc18 = loc("jit(<lambda>)/while/cond/lt"(#loc15))
#loc19 = loc("jit(<lambda>)/while/body/add"(#loc16))
#loc20 = loc("jit(<lambda>)/while/body/mul"(#loc17))

// -----

// CHECK-LABEL: module @jit__lambda
// CHECK: "stablehlo.reduce_window"
#loc1 = loc("a")
#loc4 = loc("reduce_window_max")
#loc7 = loc("reduce_window_max:"(#loc4))
module @jit__lambda attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<2x8x8x3xf32> loc("a")) -> (tensor<2x4x4x3xf32> {jax.result_info = "result"}) {
    %cst = stablehlo.constant dense<0xFF800000> : tensor<f32> loc(#loc10)
    %0 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<f32> loc(#loc10)
    %1 = "stablehlo.reduce_window"(%arg0, %0) <{base_dilations = array<i64: 1, 1, 1, 1>, padding = dense<0> : tensor<4x2xi64>, window_dilations = array<i64: 1, 1, 1, 1>, window_dimensions = array<i64: 1, 2, 2, 1>, window_strides = array<i64: 1, 2, 2, 1>}> ({
    ^bb0(%arg1: tensor<f32> loc("reduce_window_max:"(#loc4)), %arg2: tensor<f32> loc("reduce_window_max:"(#loc4))):
      %2 = stablehlo.maximum %arg1, %arg2 : tensor<f32> loc(#loc10)
      stablehlo.return %2 : tensor<f32> loc(#loc10)
    }) : (tensor<2x8x8x3xf32>, tensor<f32>) -> tensor<2x4x4x3xf32> loc(#loc10)
    return %1 : tensor<2x4x4x3xf32> loc(#loc9)
  } loc(#loc)
} loc(#loc)
#loc = loc(unknown)
#loc2 = loc("model.py":46:21 to :85)
#loc3 = loc("model.py":67:10 to :47)
#loc5 = loc("<lambda>"(#loc2))
#loc6 = loc("<module>"(#loc3))
#loc8 = loc(callsite(#loc5 at #loc6))
#loc9 = loc("jit(<lambda>)"(#loc6))
#loc10 = loc("jit(<lambda>)/reduce_window_max"(#loc8))

// -----

// CHECK-LABEL: module @jit__lambda
// CHECK: stablehlo.composite "my.op" %arg0 {composite_attributes = {k = 2.000000e+00 : f64}, decomposition = @my.op, version = 1 : i32}
#loc = loc(unknown)
#loc1 = loc("a")
module @jit__lambda attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<2x3xf32> loc("a")) -> (tensor<2x3xf32> {jax.result_info = "result"}) {
    %0 = stablehlo.composite "my.op" %arg0 {composite_attributes = {k = 2.000000e+00 : f64}, decomposition = @my.op, version = 1 : i32} : (tensor<2x3xf32>) -> tensor<2x3xf32> loc(#loc13)
    return %0 : tensor<2x3xf32> loc(#loc11)
  } loc(#loc)
  func.func private @my.op(%arg0: tensor<2x3xf32> loc(unknown)) -> tensor<2x3xf32> {
    %cst = stablehlo.constant dense<2.000000e+00> : tensor<f32> loc(#loc)
    %0 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<2x3xf32> loc(#loc12)
    %1 = stablehlo.multiply %arg0, %0 : tensor<2x3xf32> loc(#loc12)
    return %1 : tensor<2x3xf32> loc(#loc)
  } loc(#loc8)
} loc(#loc)
#loc2 = loc("model.py":53:25 to :83)
#loc3 = loc("model.py":67:10 to :47)
#loc4 = loc("composite")
#loc5 = loc("model.py":53:52 to :55)
#loc6 = loc("<lambda>"(#loc2))
#loc7 = loc("<module>"(#loc3))
#loc8 = loc("composite:"(#loc4))
#loc9 = loc("<lambda>.<locals>.<lambda>"(#loc5))
#loc10 = loc(callsite(#loc6 at #loc7))
#loc11 = loc("jit(<lambda>)"(#loc7))
#loc12 = loc("mul"(#loc9))
#loc13 = loc("jit(<lambda>)/composite"(#loc10))

// -----

// CHECK-LABEL: module @jit__lambda
// CHECK: sdy.mesh @mesh = <["x"=2, "y"=2]>
// CHECK: %arg0: tensor<8x4xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"x"}, {}]>}
// CHECK: sdy.sharding_constraint %{{.*}} <@mesh, [{"x"}, {"y"}]> : tensor<8x4xf32>
module @jit__lambda attributes {mhlo.num_partitions = 4 : i32, mhlo.num_replicas = 1 : i32} {
  sdy.mesh @mesh = <["x"=2, "y"=2]> {stablehlo.mesh = {axes = [{name = "x", size = 2 : i64}, {name = "y", size = 2 : i64}]}}
  func.func public @main(%arg0: tensor<8x4xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"x"}, {}]>}, %arg1: tensor<4x4xf32> {sdy.sharding = #sdy.sharding<@mesh, [{}, {}]>}) -> (tensor<8x4xf32> {jax.result_info = "result", sdy.sharding = #sdy.sharding<@mesh, [{"x", "y"}, {}]>}) {
    %0 = stablehlo.dot_general %arg0, %arg1, contracting_dims = [1] x [0], precision = [DEFAULT, DEFAULT] : (tensor<8x4xf32>, tensor<4x4xf32>) -> tensor<8x4xf32>
    %1 = stablehlo.tanh %0 : tensor<8x4xf32>
    %2 = sdy.sharding_constraint %1 <@mesh, [{"x"}, {"y"}]> : tensor<8x4xf32>
    return %2 : tensor<8x4xf32>
  }
}
