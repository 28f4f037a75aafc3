//===- LowerSites.cpp - the common part of symmetric and asymmetric lowering
//-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BlockedSite.h"
#include "Site/LinalgBuilder.h"

#include "mlir/IR/Remarks.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace quantc::qnn;

/// Cuts the loops along which a scale varies until none is left, and adds the
/// parts up. Returns the site that makes the parts.
static FailureOr<QuantizedSite> cutScaleBlocks(RewriterBase &rewriter,
                                               QuantizedSite site,
                                               std::string &reason) {
  SmallVector<std::pair<unsigned, int64_t>> blocks = getScaleBlocks(site);
  for (auto [loop, size] : blocks) {
    if (canCut(site, loop))
      continue;
    reason = llvm::formatv("parameters vary in blocks along loop {0}, which "
                           "slides over an operand or its padding",
                           loop);
    return failure();
  }
  linalg::LinalgOp original = site.op;
  Location loc = original.getLoc();
  Value floatInit = original.getDpsInits()[0];
  // The last loop first: the blocks of the first loop are outermost.
  for (size_t i = blocks.size(); i-- > 0;) {
    auto [loop, size] = getScaleBlocks(site).back();
    rewriter.setInsertionPoint(site.op);
    for (QuantizedOperand &operand : site.operands)
      if (operand.hasScalarScale())
        repeatParameters(rewriter, operand);
    linalg::LinalgOp cut = createCutSite(rewriter, site, loop, size);
    FailureOr<QuantizedSite> next = matchQuantizedSite(cut, reason);
    linalg::LinalgOp previous = site.op;
    if (previous != original)
      rewriter.eraseOp(previous);
    if (failed(next)) {
      rewriter.eraseOp(cut);
      reason = "with its blocks apart it is no contraction or convolution";
      return failure();
    }
    site = *next;
  }
  rewriter.setInsertionPoint(original);
  Value sum =
      createOrderedSum(rewriter, loc, site.op->getResult(0), blocks.size());
  if (!isZeroFilled(floatInit))
    sum = createFloatSum(rewriter, loc, floatInit, sum);
  rewriter.replaceOp(original, sum);
  return site;
}

/// Cuts reduction loops, the largest first, until the sums of what is left of
/// them fit. Fails where no loop can be cut.
static FailureOr<AccumulatedSite> cutIntoChunks(RewriterBase &rewriter,
                                                const QuantizedSite &site) {
  AccumulatedSite result{site, site, 0, boundAccumulator(site)};
  while (!result.bound.type) {
    QuantizedSite &chunked = result.chunked;
    ArrayRef<int64_t> sizes = chunked.indexing.getLoopSizes();
    std::optional<unsigned> largest;
    for (unsigned loop = 0; loop < sizes.size(); ++loop)
      if (chunked.indexing.isReduction(loop) && sizes[loop] > 1 &&
          (!largest || sizes[loop] > sizes[*largest]) && canCut(chunked, loop))
        largest = loop;
    if (!largest)
      return failure();
    int64_t size = sizes[*largest];
    int64_t others = *chunked.indexing.getReductionSize() / size;
    int64_t limit = std::max<int64_t>(1, getSafeProductCount(chunked) / others);
    // Chunks of about the same size need the least padding.
    int64_t chunk = llvm::divideCeilSigned(
        size, llvm::divideCeilSigned(size, std::min(limit, size)));
    linalg::LinalgOp cut = createCutSite(rewriter, chunked, *largest, chunk);
    if (result.chunkDims++ != 0)
      rewriter.eraseOp(chunked.op);
    std::string reason;
    FailureOr<QuantizedSite> next = matchQuantizedSite(cut, reason);
    if (failed(next))
      return failure();
    chunked = *next;
    rewriter.setInsertionPoint(chunked.op);
    for (QuantizedOperand &operand : chunked.operands)
      repeatParameters(rewriter, operand);
    result.bound = boundAccumulator(chunked);
  }
  return result;
}

namespace {

/// Lowers one site after the other.
class SiteLowering {
public:
  SiteLowering(MLIRContext *context, StringRef passName,
               OverflowAction overflow)
      : rewriter(context), passName(passName), overflow(overflow) {}

  void keepFloat(linalg::LinalgOp op, StringRef reason);

  /// The site that stands for `site` in integers; fails after an error or with
  /// a reason to keep it in float.
  FailureOr<AccumulatedSite> prepare(const QuantizedSite &site,
                                     std::string &reason);

  IRRewriter rewriter;

private:
  StringRef passName;
  OverflowAction overflow;
};

} // namespace

void SiteLowering::keepFloat(linalg::LinalgOp op, StringRef reason) {
  // Who selected float has given the reason; the dequantized result of another
  // site is no half of a quantized one.
  if (op->hasAttr(kFloatReasonAttrName))
    return;
  op->setDiscardableAttr(kFloatReasonAttrName, rewriter.getStringAttr(reason));
  remark::missed(op.getLoc(),
                 remark::RemarkOpts::name("StaysFloat").category(passName))
      << remark::metric("site", getSiteName(op).str())
      << remark::reason("{0}", reason.str());
}

FailureOr<AccumulatedSite> SiteLowering::prepare(const QuantizedSite &matched,
                                                 std::string &reason) {
  QuantizedSite site = matched;
  if (!getScaleBlocks(site).empty()) {
    FailureOr<QuantizedSite> cut = cutScaleBlocks(rewriter, site, reason);
    if (failed(cut))
      return failure();
    site = *cut;
  }
  rewriter.setInsertionPoint(site.op);
  for (QuantizedOperand &operand : site.operands)
    repeatParameters(rewriter, operand);
  linalg::LinalgOp op = site.op;
  AccumulatorBound bound = boundAccumulator(site);
  FailureOr<AccumulatedSite> result = AccumulatedSite{site, site, 0, bound};
  if (!bound.type) {
    result = failure();
    if (overflow == OverflowAction::Split)
      result = cutIntoChunks(rewriter, site);
  }
  if (failed(result))
    return op.emitOpError()
           << "expected sums below 2^31 in magnitude, but K = "
           << *site.indexing.getReductionSize() << " products of "
           << site.operands[0].getStorageType() << " and "
           << site.operands[1].getStorageType() << " can reach " << bound.bound;
  remark::passed(op.getLoc(),
                 remark::RemarkOpts::name("Lowered").category(passName))
      << remark::metric("site", getSiteName(op).str())
      << remark::metric("accumulatorBound",
                        std::to_string(result->bound.bound));
  return result;
}

LogicalResult quantc::qnn::lowerSites(
    Operation *root, StringRef passName, OverflowAction overflow,
    llvm::function_ref<bool(const QuantizedSite &)> select,
    llvm::function_ref<void(RewriterBase &, const AccumulatedSite &)> lower) {
  SmallVector<linalg::LinalgOp> candidates;
  root->walk([&](linalg::LinalgOp op) { candidates.push_back(op); });
  SiteLowering lowering(root->getContext(), passName, overflow);
  bool hasError = false;
  for (linalg::LinalgOp op : candidates) {
    std::string reason;
    FailureOr<QuantizedSite> site = matchQuantizedSite(op, reason);
    if (succeeded(site) && !select(*site))
      continue;
    FailureOr<AccumulatedSite> accumulated = failure();
    if (succeeded(site)) {
      if (site->indexing.getReductionSize() == 0 &&
          !getScaleBlocks(*site).empty()) {
        // No blocks, no parts, no sum.
        lowering.rewriter.replaceOp(op, op.getDpsInits()[0]);
        continue;
      }
      accumulated = lowering.prepare(*site, reason);
      hasError |= failed(accumulated) && reason.empty();
    }
    if (!reason.empty())
      lowering.keepFloat(op, reason);
    if (succeeded(accumulated))
      lower(lowering.rewriter, *accumulated);
  }
  return failure(hasError);
}
