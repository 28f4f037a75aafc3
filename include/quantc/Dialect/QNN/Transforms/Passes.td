//===- Passes.td - passes over quantizable IR -*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_QNN_TRANSFORMS_PASSES_TD
#define QUANTC_DIALECT_QNN_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def QNNUnrollLayersPass : Pass<"qnn-unroll-layers", "::mlir::ModuleOp"> {
  let summary = "Unroll loops over stacked layers";
  let description = [{
    `jax.lax.scan` over layers carries the weights of all layers as one tensor
    through a loop, in which each iteration takes its slice. Neither scales nor
    calibrated ranges belong to a layer then. This pass

    1. reads what a `scf.while` only passes on where it is defined, so that
       weights that all iterations share are constants inside the loop, and
    2. runs loops at compile time in which a site reads a slice of a parameter
       by the loop's counter, so that each layer becomes operations, and sites,
       of its own.

    A loop stays one if its condition is not known at compile time, if it has
    more than `max-trips` iterations, if the position of the slices depends on
    something else than the counter (experts that a router chooses), or if it has
    observers.

    ```mlir
    %0:2 = scf.while (%i = %zero, %x = %input) : ... {
      ...
      scf.condition(%less) %i, %x : tensor<i32>, tensor<2x4xf32>
    } do {
    ^bb0(%i: tensor<i32>, %x: tensor<2x4xf32>):
      %w = tensor.extract_slice %weights[%index, 0, 0] [1, 4, 4] [1, 1, 1]
             : tensor<2x4x4xf32> to tensor<4x4xf32>
      %y = linalg.matmul ins(%x, %w : ...) outs(%init : ...)
      ...
      scf.yield %next, %y : tensor<i32>, tensor<2x4xf32>
    }
    ```
    becomes
    ```mlir
    %w0 = tensor.extract_slice %weights[%c0, 0, 0] ...
    %y0 = linalg.matmul ins(%input, %w0 : ...) outs(%init : ...)
    %w1 = tensor.extract_slice %weights[%c1, 0, 0] ...
    %y1 = linalg.matmul ins(%y0, %w1 : ...) outs(%init : ...)
    ```
  }];
  let options = [
    Option<"maxTrips", "max-trips", "int64_t", /*default=*/"256",
           "The most iterations of a loop that is unrolled">
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def QNNSplitParametersPass : Pass<"qnn-split-parameters", "::mlir::ModuleOp"> {
  let summary = "Make slices of parameters parameters of their own";
  let description = [{
    Each `tensor.extract_slice` of a constant whose position is known becomes a
    constant, named after the parameter and where the slice begins: layer 2 of
    `layers.q` is `layers.q.2`. Elements that lie side by side are not copied.
    Sites are then named, smoothed and quantized by their own part of the
    parameter.

    ```mlir
    %w = arith.constant dense_resource<"layers.q"> : tensor<4x8x8xf32>
    %0 = tensor.extract_slice %w[2, 0, 0] [1, 8, 8] [1, 1, 1]
           : tensor<4x8x8xf32> to tensor<8x8xf32>
    ```
    becomes
    ```mlir
    %0 = arith.constant dense_resource<"layers.q.2"> : tensor<8x8xf32>
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def QNNAnnotatePass : Pass<"qnn-annotate", "::mlir::ModuleOp"> {
  let summary = "Name the quantizable sites and observe their operands";
  let description = [{
    A site is a contraction or convolution, found by its interface. Each gets a
    unique `qnn.site` name, which later ops that replace the site carry on: the
    name of the weight parameter without its last part (`w`, `weight`,
    `kernel`), else the scopes in its location, else function, op and number.

    Each floating-point operand that is not a parameter (or computed from
    parameters alone) passes through a `qnn.observe` named `<site>/lhs` or
    `<site>/rhs`; where it has a single reduction dimension (the input channels
    of a convolution), that is the observer's axis. Sites that read the same
    value share the observer, which is named after the first. Sites and
    observers that are there already are kept.

    What is inserted into a key-value cache (see qnn-quantize-cache) passes
    through an observer named `<input>/cache`, whose axis is the dimension of the
    heads.

    The module gets `qnn.fingerprint`, by which statistics are matched to it.

    ```mlir
    %0 = linalg.matmul ins(%x, %w : tensor<4x8xf32>, tensor<8x16xf32>)
                       outs(%init : tensor<4x16xf32>) -> tensor<4x16xf32>
    ```
    becomes, where `%w` is the parameter `mlp.up.w`,
    ```mlir
    %1 = qnn.observe %x {axis = 1 : i64, name = "mlp.up/lhs"} : tensor<4x8xf32>
    %0 = linalg.matmul {qnn.site = "mlp.up"}
           ins(%1, %w : tensor<4x8xf32>, tensor<8x16xf32>)
           outs(%init : tensor<4x16xf32>) -> tensor<4x16xf32>
    ```
  }];
  let dependentDialects = ["::quantc::qnn::QNNDialect"];
}

def VerifyAnnotatedPass : Pass<"verify-annotated", "::mlir::ModuleOp"> {
  let summary = "Check the contract of qnn-annotate";
  let description = [{
    Fails unless every contraction and convolution carries a unique, non-empty
    `qnn.site` name, each of its float operands that is not computed from
    parameters alone passes through a `qnn.observe`, no two observers have the
    same name, and the module has a `qnn.fingerprint`.
  }];
}

def QNNLowerObserversPass : Pass<"qnn-lower-observers", "::mlir::ModuleOp"> {
  let summary = "Turn observers into calls of the calibrator";
  let description = [{
    Each `qnn.observe` becomes a call of the C function

    ```c
    void quantc_observe(int64_t observer, const float *tensor, int64_t outer,
                        int64_t inner);
    ```

    with the observer's number in the order of the module and the tensor's shape
    around the observer's axis (outer x channels x inner). What follows the `$`
    in a declaration's name only tells tensor types apart and is dropped when
    the symbol is linked. Half-precision tensors are extended to f32 first.

    ```mlir
    %0 = qnn.observe %x {axis = 1 : i64, name = "mlp.up/lhs"} : tensor<4x8xf32>
    ```
    becomes
    ```mlir
    %c0 = arith.constant 0 : i64
    %c4 = arith.constant 4 : i64
    %c1 = arith.constant 1 : i64
    call @quantc_observe$4x8xf32(%c0, %x, %c4, %c1) : (i64, tensor<4x8xf32>, i64, i64) -> ()
    ```

    With `mask`, the name of an input such as `attention_mask [B, T]`, elements
    that belong to padding do not count. The dimensions of the mask are followed
    from the inputs that have them to every observed tensor, by indexing maps
    and reshapes; an attention score counts if neither its row nor its column is
    padding. The call then is

    ```c
    void quantc_observe_masked(int64_t observer, const float *tensor, int64_t outer,
                               int64_t inner, const int8_t *kept);
    ```

    A tensor that the mask does not reach is observed whole.
  }];
  let options = [
    Option<"mask", "mask", "std::string", "\"\"",
           "Name of the input that is zero at padding">
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
                           "::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect"];
}

def QNNApplyStatisticsPass : Pass<"qnn-apply-statistics", "::mlir::ModuleOp"> {
  let summary = "Attach calibrated statistics to their observers";
  let description = [{
    Reads a statistics file that `quantc calibrate` wrote (see
    `docs/calibration.md`). It has to be of this very model, by
    `qnn.fingerprint`, and to have the module's observers, all and no others.

    ```mlir
    %0 = qnn.observe %x {name = "mlp.up/lhs"} : tensor<4x8xf32>
    ```
    becomes
    ```mlir
    %0 = qnn.observe %x {name = "mlp.up/lhs",
           statistics = #qnn.statistics<count = 64, nanCount = 0, infCount = 0,
             min = -1.0 : f32, max = 3.0 : f32, ...>} : tensor<4x8xf32>
    ```
  }];
  let options = [Option<"file", "file", "std::string", /*default=*/"",
                        "The statistics file to read">];
  let dependentDialects = ["::quantc::qnn::QNNDialect"];
}

def VerifyCalibratedPass : Pass<"verify-calibrated", "::mlir::ModuleOp"> {
  let summary = "Check the contract of qnn-apply-statistics";
  let description = [{
    Fails unless every `qnn.observe` carries statistics and saw at least one
    finite value.
  }];
}

def QNNSmoothPass : Pass<"qnn-smooth", "::mlir::ModuleOp"> {
  let summary = "Move outliers from activations into weights (SmoothQuant)";
  let description = [{
    For each observed activation X with an axis, with W all weights that read it:

        s_j = max|X_j|^alpha / max|W_j|^(1 - alpha), at least 1e-5
        X_j <- X_j / s_j,  W_j <- s_j W_j

    which leaves the function as it is. A channel where either maximum is zero is
    left alone. Readers of X are found through reshapes and transpositions. X / s
    folds into the parameters that X is computed from (gamma and beta of a
    normalization, columns and bias of the previous linear layer, through the
    products and heads of attention) where nobody else reads X or what lies in
    between; otherwise X is multiplied explicitly, which later fuses with its
    quantization. A remark says what was in the way.

    The observer's channel minima and maxima are rescaled exactly. The histogram
    cannot be and is dropped: the estimator 'percentile' then fails, and
    `qnn.sqnr` is unknown, until the smoothed module is calibrated again. An
    observer in between (of an attention's values) loses its statistics, unless
    `keep-statistics` has X multiplied instead.

    With `recipe`, each group gets the alpha out of 0, 0.05 .. 1 with which the
    quantization that the recipe asks for does least to the group's outputs, by
    squared error over the rows that calibration sampled (`quantc calibrate
    --sample-rows`). A group that the recipe leaves in float is not smoothed.

    With `groups`, only those are smoothed whose activation is read by the layers of
    an attention's queries, keys or values (`qkv`), is what an attention computes
    (`attention_output`), or is anything else (`other`).

    ```mlir
    %n = ... %gamma ... %beta
    %x = qnn.observe %n {axis = 1 : i64, name = "q/lhs", statistics = ...}
    %q = linalg.matmul {qnn.site = "q"} ins(%x, %wq : ...) ...
    %k = linalg.matmul {qnn.site = "k"} ins(%x, %wk : ...) ...
    ```
    becomes, with new constants,
    ```mlir
    %n = ... %gamma_over_s ... %beta_over_s
    %x = qnn.observe %n {axis = 1 : i64, name = "q/lhs", statistics = ...}
    %q = linalg.matmul {qnn.site = "q"} ins(%x, %s_wq : ...) ...
    %k = linalg.matmul {qnn.site = "k"} ins(%x, %s_wk : ...) ...
    ```
  }];
  let options = [Option<"alpha", "alpha", "double", /*default=*/"0.5",
                        "Migration strength in [0, 1]; 1 moves all of the range">,
                 Option<"recipe", "recipe", "std::string", /*default=*/"\"\"",
                        "Recipe for whose quantization each group's alpha is searched; "
                        "empty for the one alpha">,
                 ListOption<"groups", "groups", "std::string",
                            "Smooth only groups of these kinds: qkv, attention_output, "
                            "other; all of them where none is given">,
                 Option<"keepStatistics", "keep-statistics", "bool", /*default=*/"false",
                        "Do not fold where an observer in between would lose its "
                        "statistics">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect", "::quantc::qnn::QNNDialect"];
}

def QNNUnstackCachesPass : Pass<"qnn-unstack-caches", "::mlir::ModuleOp"> {
  let summary = "Update caches of stacked layers in place";
  let description = [{
    `jax.lax.scan` over layers takes the layers of a cache `[layers, ...]` apart and
    stacks what they have become. Once the loop is unrolled (qnn-unroll-layers), each
    update of a layer can be written into the whole cache at the layer's position, and
    the layer read from there. What comes out is what qnn-quantize-cache understands,
    and copies no layer.

    Nothing is done where a result is not made of exactly the layers of one argument,
    or where a layer is anything else than what the argument had at its position with
    slices inserted.

    ```mlir
    %0 = tensor.extract_slice %cache[1, 0, 0] [1, 8, 4] [1, 1, 1]
           : tensor<2x8x4xf32> to tensor<8x4xf32>
    %1 = tensor.insert_slice %k into %0[%position, 0] [1, 4] [1, 1]
    ... // reads %1
    %2 = tensor.insert_slice %1 into %others[1, 0, 0] [1, 8, 4] [1, 1, 1]
    return %2
    ```
    becomes
    ```mlir
    %0 = tensor.expand_shape %k [[0], [1, 2]] output_shape [1, 1, 4]
    %1 = tensor.insert_slice %0 into %before[1, %position, 0] [1, 1, 4] [1, 1, 1]
    %2 = tensor.extract_slice %1[1, 0, 0] [1, 8, 4] [1, 1, 1]
           : tensor<2x8x4xf32> to tensor<8x4xf32>
    ... // reads %2
    return %1
    ```
  }];
  let dependentDialects = ["::mlir::tensor::TensorDialect"];
}

def QNNQuantizeCachePass : Pass<"qnn-quantize-cache", "::mlir::ModuleOp"> {
  let summary = "Store the key-value caches of a decode step quantized";
  let description = [{
    A cache is an argument of a function that is updated by `tensor.insert_slice`,
    returned, and read by a contraction, through whatever moves its elements. As
    the recipe's `kv_cache` says (see `docs/kv-cache.md`), argument and result
    become tensors of the storage type, what is inserted is quantized before, and
    what reads the cache dequantizes it. Reshapes and transposes on the way to a
    contraction are made on the storage, so that the contraction finds a
    dequantized operand; with its other operand quantized as well it becomes one
    of integers.

    Scales are those of the observers that qnn-annotate puts on what is inserted,
    or given by the recipe. Where they are measured per token, the function takes
    and returns them beside the cache.

    ```mlir
    func.func @main(%cache: tensor<1x4x128x32xf32> {qnn.input = "k"}, %k: tensor<1x4x1x32xf32>, ...)
    %0 = qnn.observe %k {axis = 1 : i64, name = "k/cache", statistics = ...}
    %1 = tensor.insert_slice %0 into %cache[0, 0, %position, 0] [1, 4, 1, 32] [1, 1, 1, 1]
    %2 = tensor.collapse_shape %1 [[0, 1], [2], [3]] : tensor<1x4x128x32xf32> into tensor<4x128x32xf32>
    ```
    becomes
    ```mlir
    func.func @main(%cache: tensor<1x4x128x32xi8> {qnn.input = "k"}, %k: tensor<1x4x1x32xf32>, ...)
    %q = qnn.quantize %k, scale %s zero_point %z {axes = array<i64: 1>} : ... -> tensor<1x4x1x32xi8>
    %1 = tensor.insert_slice %q into %cache[0, 0, %position, 0] [1, 4, 1, 32] [1, 1, 1, 1]
    %3 = tensor.collapse_shape %1 [[0, 1], [2], [3]] : tensor<1x4x128x32xi8> into tensor<4x128x32xi8>
    %2 = qnn.dequantize %3, scale %s zero_point %z {axes = array<i64: 0>} : ... -> tensor<4x128x32xf32>
    ```
  }];
  let options = [
    Option<"recipe", "recipe", "std::string", /*default=*/"", "The recipe file to follow">
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::math::MathDialect", "::mlir::tensor::TensorDialect",
                           "::quantc::qnn::QNNDialect"];
}

def QNNSplitOutliersPass : Pass<"qnn-split-outliers", "::mlir::ModuleOp"> {
  let summary = "Keep the channels of activations that have outliers in float";
  let description = [{
    With `outliers` in the recipe (LLM.int8(); see `docs/recipes.md`), a channel of
    an activation whose magnitude reached the threshold in calibration stays in
    float. Each site that reads the activation, has a constant weight and is to be
    quantized becomes the sum of two:

        x W = inliers(x) inliers(W) + outliers(x) outliers(W)

    The first one keeps the name, the shape and the recipe's scheme; outliers are
    zero in both of its operands, which neither widen a range nor change a sum. The
    second one, `<site>.outliers`, sums over the outliers alone: they are taken out
    of the weight now, and gathered from the activation at run time. It stays in
    float. Nothing changes where no channel reaches the threshold; where all do, the
    site as a whole stays in float, with that as the reason.

    The inliers have an observer of their own, whose ranges are those of the
    channels that are left; it has no histogram.

    ```mlir
    %x = qnn.observe %n {axis = 1 : i64, name = "q/lhs", statistics = ...} : tensor<4x64xf32>
    %q = linalg.matmul {qnn.site = "q"} ins(%x, %w : tensor<4x64xf32>, tensor<64x64xf32>) ...
    ```
    becomes, where two channels have outliers,
    ```mlir
    %few = linalg.generic ... tensor.extract %n[...] ... -> tensor<4x2xf32>
    %rest = linalg.generic ... arith.select ... -> tensor<4x64xf32>
    %x = qnn.observe %rest {axis = 1 : i64, name = "q/lhs/inliers", statistics = ...}
    %a = linalg.matmul {qnn.outliers = "2 of 64 channels reach the outlier threshold 6",
           qnn.site = "q.outliers"} ins(%few, %wfew : tensor<4x2xf32>, tensor<2x64xf32>) ...
    %b = linalg.matmul {qnn.site = "q"} ins(%x, %wrest : tensor<4x64xf32>, tensor<64x64xf32>) ...
    %q = linalg.generic ins(%b, %a ...) ... arith.addf ...
    ```
  }];
  let options = [
    Option<"recipe", "recipe", "std::string", /*default=*/"", "The recipe file to follow">
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect", "::quantc::qnn::QNNDialect"];
}

def QNNSelectSchemePass : Pass<"qnn-select-scheme", "::mlir::ModuleOp"> {
  let summary = "Give each site a quantization scheme or a reason for float";
  let description = [{
    Follows a recipe (see `docs/recipes.md`): each site gets a `#qnn.scheme`, with
    granularity per channel along the result's dimensions for weights, or
    `qnn.float_reason`. A site's own rules override the recipe's defaults.

    `qnn.sqnr` is the signal-to-noise ratio in dB that the site's result is to
    be expected to have: the exact error of constant weights plus that of
    activations by their histogram, the ranges of their channels or their sampled
    rows. A dynamic range without such rows is reckoned with as that of all data. It
    is missing where nothing is known.

    A recipe with `auto` has several candidates for each site, float among them.
    The pass takes the candidate's error (its noise-to-signal ratio) and its cost
    by the roofline of a target, and chooses for all sites together: the cheapest
    choice within an error, or the most exact one within a cost. A site that stays
    in float says what it would have cost.

    With `sensitivity`, a file that `quantc sensitivity` has measured, a candidate's
    error is not the noise of its operands but what it does to the model's output:
    the KL divergence when this site alone is quantized so. `candidate` gives every
    site that one candidate where it applies, for comparison.

    ```mlir
    %0 = linalg.matmul {qnn.site = "mlp.up"} ins(%x, %w : ...) ...
    %1 = linalg.matmul {qnn.site = "attn.scores"} ins(%q, %k : ...) ...
    ```
    becomes
    ```mlir
    %0 = linalg.matmul {qnn.site = "mlp.up", qnn.sqnr = 41.7 : f64,
           qnn.scheme = #qnn.scheme<
             lhs = #qnn.quantization<i8 asymmetric tensor minmax>,
             rhs = #qnn.quantization<i8 symmetric narrow_range channel axes = [1] minmax>>}
           ins(%x, %w : ...) ...
    %1 = linalg.matmul {qnn.site = "attn.scores",
           qnn.float_reason = "both operands are activations"} ins(%q, %k : ...) ...
    ```
  }];
  let options = [
    Option<"recipe", "recipe", "std::string", /*default=*/"", "The recipe file to follow">,
    Option<"maxError", "max-error", "double", /*default=*/"0",
           "Instead of the recipe's limits: the largest sum of noise-to-signal ratios">,
    Option<"maxCost", "max-cost", "double", /*default=*/"0",
           "Instead of the recipe's limits: the largest cost in seconds">,
    Option<"pareto", "pareto", "std::string", /*default=*/"",
           "Write the front of all choices to this file, as JSON">,
    Option<"candidate", "candidate", "std::string", /*default=*/"",
           "Instead of a joint choice: give every site this candidate, or 'float'">,
    Option<"sensitivity", "sensitivity", "std::string", /*default=*/"",
           "File with the measured error of each site's candidates">
  ];
  let dependentDialects = ["::quantc::qnn::QNNDialect"];
}

def QNNShareScalesPass : Pass<"qnn-share-scales", "::mlir::ModuleOp"> {
  let summary = "Give the weights of Q, K and V one scale";
  let description = [{
    The sites of an attention that read the same activation, which `quantc explain
    --groups` lists, are one weight in all but name. This pass gives them the largest
    of their scales, as `qnn.weight_scale` for qnn-materialize. Their schemes have to
    be symmetric, per tensor and the same; sites that stay in float take no part.

    ```mlir
    %q = linalg.matmul {qnn.site = "q", qnn.scheme = ...} ins(%x, %wq : ...) ...
    %k = linalg.matmul {qnn.site = "k", qnn.scheme = ...} ins(%x, %wk : ...) ...
    ```
    becomes
    ```mlir
    %q = linalg.matmul {qnn.site = "q", qnn.scheme = ..., qnn.weight_scale = 0.25 : f32} ...
    %k = linalg.matmul {qnn.site = "k", qnn.scheme = ..., qnn.weight_scale = 0.25 : f32} ...
    ```
  }];
  let dependentDialects = ["::quantc::qnn::QNNDialect"];
}

def VerifySelectedPass : Pass<"verify-selected", "::mlir::ModuleOp"> {
  let summary = "Check the contract of qnn-select-scheme";
  let description = [{
    Fails unless every site carries either a `#qnn.scheme` that fits its operands
    or a `qnn.float_reason`.
  }];
}

include "quantc/Dialect/QNN/Transforms/LoweringPasses.td"

#endif // QUANTC_DIALECT_QNN_TRANSFORMS_PASSES_TD
