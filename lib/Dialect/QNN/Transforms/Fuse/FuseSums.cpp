//===- FuseSums.cpp - sums come out of the ops that quantize --------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SumFusion.h"
#include "quantc/Dialect/QNN/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace quantc::qnn {
#define GEN_PASS_DEF_QNNFUSESUMSPASS
#include "quantc/Dialect/QNN/Transforms/Passes.h.inc"
} // namespace quantc::qnn

using namespace mlir;
using namespace quantc::qnn;

namespace {

class QNNFuseSumsPass
    : public quantc::qnn::impl::QNNFuseSumsPassBase<QNNFuseSumsPass> {
public:
  using Base::Base;

  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    if (failed(fuseSums(rewriter, getOperation(), getArgument())))
      signalPassFailure();
  }
};

} // namespace
