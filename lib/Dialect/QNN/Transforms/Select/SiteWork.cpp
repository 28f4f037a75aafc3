//===- SiteWork.cpp - the size of a site for the cost model ---------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Dialect/QNN/Transforms/SiteWork.h"
#include "quantc/Dialect/QNN/Transforms/ConstantView.h"
#include "quantc/Dialect/QNN/Transforms/Site.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::qnn;

std::optional<SiteWork> quantc::qnn::getSiteWork(linalg::LinalgOp site) {
  SiteIndexing indexing(site);
  SiteWork work;
  work.macs = 1;
  work.resultElements = 1;
  for (auto [loop, size] : llvm::enumerate(indexing.getLoopSizes())) {
    if (ShapedType::isDynamic(size))
      return std::nullopt;
    work.macs *= size;
    if (!indexing.isReduction(loop))
      work.resultElements *= size;
  }
  for (unsigned number : {0, 1}) {
    Value value = site->getOperand(number);
    auto type = cast<RankedTensorType>(value.getType());
    if (!type.hasStaticShape() || !type.getElementType().isIntOrFloat())
      return std::nullopt;
    SiteWork::Operand &operand = work.operands[number];
    operand.elements = type.getNumElements();
    operand.constant = isConstantValue(value);
    operand.rows = 1;
    for (unsigned loop : indexing.getParallelLoops(number))
      operand.rows *= indexing.getLoopSizes()[loop];
    work.floatBytes =
        llvm::divideCeil(type.getElementType().getIntOrFloatBitWidth(), 8);
  }
  return work;
}
