//===- SumFusion.cpp - sums beside what is summed -------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SumFusion.h"
#include "Lower/Terms.h"
#include "RootSplit.h"
#include "Site/ConstantEvaluation.h"
#include "Site/LinalgBuilder.h"
#include "SumPath.h"
#include "quantc/Dialect/QNN/IR/QNNOps.h"
#include "quantc/Dialect/QNN/Transforms/Patterns.h"
#include "quantc/Dialect/QNN/Transforms/Site.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Dominance.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Transforms/CSE.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace quantc::qnn;

/// Whether `value` has the type of accumulators and of sums.
static bool isWide(Value value) {
  Type type = getElementTypeOrSelf(value.getType());
  return type.isSignlessInteger(32) || type.isSignlessInteger(64);
}

/// The site whose accumulator `value` is, corrected or not.
static linalg::LinalgOp findSite(Value value) {
  auto op = value.getDefiningOp<linalg::LinalgOp>();
  if (!op || !isWide(value) || isSite(op))
    return op && isSite(op) ? op : linalg::LinalgOp();
  if (op.getNumReductionLoops() != 0)
    return {};
  for (Value input : op.getDpsInputs())
    if (linalg::LinalgOp site = findSite(input))
      return site;
  return {};
}

/// The sites whose accumulators are corrected by what `sum` is part of: those
/// whose results meet it in an elementwise op.
static SmallVector<linalg::LinalgOp> findSites(linalg::GenericOp sum) {
  SetVector<Operation *> slice, sites;
  slice.insert(sum);
  for (unsigned i = 0; i < slice.size(); ++i) {
    for (Operation *user : slice[i]->getUsers()) {
      if (isSite(user))
        continue;
      bool meets = false;
      for (Value operand : user->getOperands())
        if (linalg::LinalgOp site = findSite(operand);
            site && isa<linalg::LinalgOp>(user)) {
          meets = true;
          sites.insert(site);
        }
      if (!meets && user->getNumResults() == 1 && isWide(user->getResult(0)))
        slice.insert(user);
    }
  }
  return llvm::map_to_vector(
      sites, [](Operation *op) { return cast<linalg::LinalgOp>(op); });
}

/// `value`, a stored integer of a body, before it was truncated, if the clamp
/// before it proves that this is the same number. Saves the way back from the
/// narrow type.
static Value findWideForm(Value value, bool isUnsigned) {
  auto truncate = value.getDefiningOp<arith::TruncIOp>();
  if (!truncate || !isWide(truncate.getIn()))
    return {};
  APInt zeroPoint(32, 0);
  Value shifted = truncate.getIn();
  if (auto add = shifted.getDefiningOp<arith::AddIOp>()) {
    if (!matchPattern(add.getRhs(), m_ConstantInt(&zeroPoint)))
      return {};
    shifted = add.getLhs();
  }
  auto convert = shifted.getDefiningOp<arith::FPToSIOp>();
  auto below = convert ? convert.getIn().getDefiningOp<arith::MinimumFOp>()
                       : arith::MinimumFOp();
  auto above = below ? below.getLhs().getDefiningOp<arith::MaximumFOp>()
                     : arith::MaximumFOp();
  APFloat low(0.0), high(0.0);
  if (!above || !matchPattern(above.getRhs(), m_ConstantFloat(&low)) ||
      !matchPattern(below.getRhs(), m_ConstantFloat(&high)))
    return {};
  int64_t width = value.getType().getIntOrFloatBitWidth();
  int64_t first = isUnsigned ? 0 : -(int64_t(1) << (width - 1));
  int64_t last = first + (int64_t(1) << width) - 1;
  double offset = double(zeroPoint.getSExtValue());
  return low.convertToDouble() + offset >= double(first) &&
                 high.convertToDouble() + offset <= double(last)
             ? truncate.getIn()
             : Value();
}

namespace {

class SumFusion {
public:
  SumFusion(RewriterBase &rewriter, Operation *root, StringRef passName)
      : rewriter(rewriter), root(root), passName(passName) {}

  LogicalResult run();

private:
  /// The paths of all sums over operands of sites.
  SmallVector<SumPath> collect();

  /// Quantizations that are to write sums become linalg.generic.
  LogicalResult lowerRoots(ArrayRef<SumPath> paths);

  /// Ops of which a part of a dimension is summed compute that part as a
  /// dimension.
  void splitRoots();

  /// Gives `producer` a result for each different sum.
  void fuse(linalg::GenericOp producer, ArrayRef<SumPath> paths);
  void record(const SumPath &path);

  RewriterBase &rewriter;
  Operation *root;
  StringRef passName;
};

} // namespace

SmallVector<SumPath> SumFusion::collect() {
  SmallVector<SumPath> paths;
  root->walk([&](linalg::GenericOp op) {
    std::optional<OperandSum> sum = matchOperandSum(op);
    if (sum && isSumOfOperand(*sum) && !isEvaluable(sum->getInput()))
      paths.push_back(findSumPath(*sum));
  });
  return paths;
}

LogicalResult SumFusion::lowerRoots(ArrayRef<SumPath> paths) {
  SetVector<Operation *> roots;
  for (const SumPath &path : paths)
    if (Operation *op = path.root.getDefiningOp();
        path.obstacle.empty() && isa<QuantizeOp, RequantizeOp>(op))
      roots.insert(op);
  if (roots.empty())
    return success();
  RewritePatternSet patterns(rewriter.getContext());
  populateQNNToLinalgPatterns(patterns);
  GreedyRewriteConfig config;
  config.setStrictness(GreedyRewriteStrictness::ExistingOps);
  return applyOpPatternsGreedily(roots.getArrayRef(), std::move(patterns),
                                 config);
}

void SumFusion::splitRoots() {
  // What was split makes other paths: in rounds, until nothing is left.
  for (bool changed = true; std::exchange(changed, false);) {
    llvm::SmallPtrSet<Operation *, 8> done;
    for (const SumPath &path : collect()) {
      if (!path.split || !path.obstacle.empty() ||
          !done.insert(path.split).second)
        continue;
      // Unless another expansion of the same op came first in this round.
      tensor::ExpandShapeOp split = path.split;
      if (!split.getSrc().getDefiningOp<linalg::LinalgOp>())
        continue;
      splitRoot(rewriter, split, path.reduced);
      changed = true;
    }
  }
}

void SumFusion::fuse(linalg::GenericOp producer, ArrayRef<SumPath> paths) {
  Location loc = producer.getLoc();
  rewriter.setInsertionPoint(producer);
  SmallVector<Value> outputs = producer.getOutputs();
  SmallVector<AffineMap> maps = producer.getIndexingMapsArray();
  SmallVector<utils::IteratorType> iterators = producer.getIteratorTypesArray();
  SmallVector<const SumPath *> sums;
  SmallVector<unsigned> sumOf;
  for (const SumPath &path : paths) {
    auto same = llvm::find_if(
        sums, [&](const SumPath *other) { return path.isSameSumAs(*other); });
    sumOf.push_back(same - sums.begin());
    if (same != sums.end())
      continue;
    sums.push_back(&path);
    AffineMap map =
        producer.getIndexingMapMatchingResult(cast<OpResult>(path.root));
    SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(
        rewriter, loc, outputs[cast<OpResult>(path.root).getResultNumber()]);
    SmallVector<AffineExpr> kept;
    SmallVector<OpFoldResult> keptSizes;
    for (auto [dim, expr] : llvm::enumerate(map.getResults())) {
      if (path.reduced.test(dim)) {
        iterators[cast<AffineDimExpr>(expr).getPosition()] =
            utils::IteratorType::reduction;
        continue;
      }
      kept.push_back(expr);
      keptSizes.push_back(sizes[dim]);
    }
    outputs.push_back(createZeros(rewriter, loc, keptSizes, path.getSumType()));
    maps.push_back(
        AffineMap::get(map.getNumDims(), 0, kept, rewriter.getContext()));
  }

  auto fused =
      linalg::GenericOp::create(rewriter, loc, TypeRange(ValueRange(outputs)),
                                producer.getInputs(), outputs, maps, iterators);
  rewriter.inlineRegionBefore(producer.getRegion(), fused.getRegion(),
                              fused.getRegion().begin());
  Block *body = fused.getBlock();
  auto yield = cast<linalg::YieldOp>(body->getTerminator());
  rewriter.setInsertionPoint(yield);
  SmallVector<Value> results(yield.getOperands());
  for (const SumPath *path : sums) {
    Type type = path->getSumType();
    Value total = body->addArgument(type, loc);
    Value addend = results[cast<OpResult>(path->root).getResultNumber()];
    bool isUnsigned = path->sum.isUnsigned;
    // Other sums may have to be taken out again, by their extension.
    bool sumsRows = path->reduced.count() == 1 &&
                    path->reduced.test(path->reduced.size() - 1);
    if (Value wide = findWideForm(addend, isUnsigned); wide && sumsRows)
      addend = wide;
    addend = extendInteger(rewriter, loc, addend, type, isUnsigned);
    results.push_back(arith::AddIOp::create(rewriter, loc, total, addend));
  }
  rewriter.replaceOpWithNewOp<linalg::YieldOp>(yield, results);
  fused->setDiscardableAttrs(llvm::to_vector(producer->getDiscardableAttrs()));

  unsigned first = producer->getNumResults();
  rewriter.replaceOp(producer, fused.getResults().take_front(first));
  for (auto [path, number] : llvm::zip_equal(paths, sumOf)) {
    Value sum =
        createSumOnPath(rewriter, path, fused.getResult(first + number));
    rewriter.replaceOp(path.sum.op, sum);
  }
}

void SumFusion::record(const SumPath &path) {
  Value operand = path.sum.getInput();
  bool isFused = path.obstacle.empty();
  for (linalg::LinalgOp site : findSites(path.sum.op)) {
    bool isRhs = site->getOperand(1) == operand;
    StringRef term = isRhs ? kColumnSumTerm : kRowSumTerm;
    StringRef side = isRhs ? "rhs" : "lhs";
    std::string where =
        ((isFused ? "sum by the producer of " : "separate pass over ") + side +
         ", applied in the epilogue")
            .str();
    setTerm(site, term, where);
    remark::RemarkOpts options =
        remark::RemarkOpts::name(isFused ? "FusedTerm" : "SeparateSum")
            .category(passName);
    if (isFused)
      remark::passed(site.getLoc(), options)
          << remark::metric("site", getSiteName(site).str())
          << remark::metric("term", term.str())
          << remark::metric("where", where);
    else
      remark::missed(site.getLoc(), options)
          << remark::metric("site", getSiteName(site).str())
          << remark::metric("term", term.str())
          << remark::reason("{0}", path.obstacle);
  }
}

LogicalResult SumFusion::run() {
  // Sites that share an operand share its quantization, and thus its sums.
  DominanceInfo dominance(root);
  eliminateCommonSubExpressions(rewriter, dominance, root);
  if (failed(lowerRoots(collect())))
    return failure();
  splitRoots();
  llvm::MapVector<Operation *, SmallVector<SumPath>> groups;
  for (SumPath &path : collect()) {
    record(path);
    if (path.obstacle.empty())
      groups[path.root.getDefiningOp()].push_back(std::move(path));
  }
  for (auto &[producer, paths] : groups)
    fuse(cast<linalg::GenericOp>(producer), paths);
  return success();
}

LogicalResult quantc::qnn::fuseSums(RewriterBase &rewriter, Operation *root,
                                    StringRef passName) {
  return SumFusion(rewriter, root, passName).run();
}
