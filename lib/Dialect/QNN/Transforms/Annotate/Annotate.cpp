//===- Annotate.cpp - name sites and observe their operands ---------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Dialect/QNN/Transforms/ConstantView.h"
#include "quantc/Dialect/QNN/Transforms/Fingerprint.h"
#include "quantc/Dialect/QNN/Transforms/KVCache.h"
#include "quantc/Dialect/QNN/Transforms/Passes.h"
#include "quantc/Dialect/QNN/Transforms/SiteOperands.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

namespace quantc::qnn {
#define GEN_PASS_DEF_QNNANNOTATEPASS
#include "quantc/Dialect/QNN/Transforms/Passes.h.inc"
} // namespace quantc::qnn

using namespace mlir;
using namespace quantc::qnn;

//===----------------------------------------------------------------------===//
// Site names
//===----------------------------------------------------------------------===//

/// Drops the part of a parameter's name that only says that it is a weight.
static StringRef dropWeightSuffix(StringRef name) {
  auto [layer, role] = name.rsplit('.');
  bool isWeight =
      llvm::is_contained({"w", "W", "weight", "weights", "kernel"}, role);
  return isWeight && !layer.empty() ? layer : name;
}

/// The first name in a location; JAX puts the scopes there that the op was
/// traced in: "jit(main)/blocks.0/attn/dot_general".
static StringRef getLocationName(Location loc) {
  StringRef name;
  loc->walk([&](Location inner) {
    auto named = dyn_cast<NameLoc>(inner);
    if (!named)
      return WalkResult::advance();
    name = named.getName();
    return WalkResult::interrupt();
  });
  return name;
}

/// "blocks.0.attn.dot_general" for the location above; empty unless there is a
/// scope. Transformations such as jit(...) are left out, and what is not a
/// letter, digit, '_', '-' or '.' becomes '_'.
static std::string getScopeName(Location loc) {
  SmallVector<StringRef> parts, kept;
  getLocationName(loc).split(parts, '/', -1, /*KeepEmpty=*/false);
  for (StringRef part : parts)
    if (!part.contains('('))
      kept.push_back(part);
  if (kept.size() < 2)
    return "";
  std::string name = llvm::join(kept, ".");
  for (char &c : name)
    if (!llvm::isAlnum(c) && !StringRef("_-.").contains(c))
      c = '_';
  return name;
}

namespace {
/// Gives out names, each once.
class SiteNamer {
public:
  void reserve(StringRef name) { taken.insert(name); }

  std::string getName(linalg::LinalgOp site) {
    std::string name = getBaseName(site), unique = name;
    for (unsigned i = 1; !taken.insert(unique).second; ++i)
      unique = name + "_" + std::to_string(i);
    return unique;
  }

private:
  std::string getBaseName(linalg::LinalgOp site) {
    // The weight is mostly on the right, but an einsum may swap.
    for (unsigned operand : {1, 0}) {
      StringRef parameter = getParameterName(site->getOperand(operand));
      if (!parameter.empty())
        return dropWeightSuffix(parameter).str();
    }
    std::string scope = getScopeName(site.getLoc());
    if (!scope.empty())
      return scope;
    auto function = site->getParentOfType<FunctionOpInterface>();
    std::string name = ((function ? function.getName() : StringRef("module")) +
                        "." + site->getName().stripDialect())
                           .str();
    return name + "." + std::to_string(ordinals[name]++);
  }

  llvm::StringSet<> taken;
  llvm::StringMap<unsigned> ordinals;
};
} // namespace

//===----------------------------------------------------------------------===//
// Observers
//===----------------------------------------------------------------------===//

namespace {
/// Puts observers before the operands of sites, one for each value and axis
/// unless the sites see different heads.
class ObserverBuilder {
public:
  explicit ObserverBuilder(MLIRContext *context) : builder(context) {}

  void observe(OpOperand &operand, StringRef name, std::optional<int64_t> axis,
               std::optional<int64_t> head) {
    Value value = operand.get();
    if (value.getDefiningOp<ObserveOp>())
      return;
    IntegerAttr headAttr = getAttr(head);
    SmallVector<ObserveOp> &known = observers[{value, axis.value_or(-1)}];
    auto *shared = llvm::find_if(known, [&](ObserveOp observer) {
      return !head || !observer.getHeadAttr() ||
             observer.getHeadAttr() == headAttr;
    });
    if (shared == known.end()) {
      known.push_back(create(value, name, axis));
      shared = &known.back();
    }
    if (head)
      shared->setHeadAttr(headAttr);
    operand.set(*shared);
  }

private:
  IntegerAttr getAttr(std::optional<int64_t> dim) {
    return dim ? builder.getI64IntegerAttr(*dim) : IntegerAttr();
  }

  ObserveOp create(Value value, StringRef name, std::optional<int64_t> axis) {
    // Beside the value's definition, so that later sites can share it.
    builder.setInsertionPointAfterValue(value);
    return ObserveOp::create(builder, value.getLoc(), value,
                             builder.getStringAttr(name), getAttr(axis),
                             /*head=*/IntegerAttr(), StatisticsAttr());
  }

  OpBuilder builder;
  DenseMap<std::pair<Value, int64_t>, SmallVector<ObserveOp>> observers;
};
} // namespace

/// Per-channel values only mean something along a single dimension.
static std::optional<int64_t> getAxis(const SiteIndexing &indexing,
                                      unsigned operand) {
  SmallVector<int64_t> dims = getReductionDims(indexing, operand);
  if (dims.size() != 1)
    return std::nullopt;
  return dims.front();
}

static void observeUpdates(const KVCache &cache, ObserverBuilder &observers) {
  for (auto [i, op] : llvm::enumerate(cache.updates)) {
    tensor::InsertSliceOp update = op;
    if (!isObservable(update.getSource()))
      continue;
    std::string name = cache.getName() + "/cache";
    if (i > 0)
      name += "_" + std::to_string(i);
    observers.observe(update.getSourceMutable(), name,
                      cache.headDim ? getUpdateDim(update, *cache.headDim)
                                    : std::nullopt,
                      /*head=*/std::nullopt);
  }
}

//===----------------------------------------------------------------------===//
// Pass
//===----------------------------------------------------------------------===//

namespace {
class QNNAnnotatePass
    : public quantc::qnn::impl::QNNAnnotatePassBase<QNNAnnotatePass> {
public:
  using Base::Base;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    SmallVector<linalg::LinalgOp> sites;
    SiteNamer namer;
    module.walk([&](linalg::LinalgOp op) {
      if (!isSite(op))
        return;
      sites.push_back(op);
      if (!getSiteName(op).empty())
        namer.reserve(getSiteName(op));
    });

    Builder builder(&getContext());
    ObserverBuilder observers(&getContext());
    // The keys and values of the new tokens alone: in the cache, tokens would
    // be counted again with every step.
    for (auto function : module.getOps<func::FuncOp>())
      for (const KVCache &cache : findCaches(function))
        observeUpdates(cache, observers);
    for (linalg::LinalgOp site : sites) {
      if (getSiteName(site).empty())
        site->setAttr(kSiteAttrName,
                      builder.getStringAttr(namer.getName(site)));
      if (isExplicitlyQuantized(site))
        continue;
      SiteIndexing indexing(site);
      for (unsigned operand : {0, 1})
        if (isObservable(site->getOperand(operand)))
          observers.observe(
              site->getOpOperand(operand),
              getSiteName(site).str() + (operand == 0 ? "/lhs" : "/rhs"),
              getAxis(indexing, operand), getHeadDim(indexing, operand));
    }
    module->setAttr(kFingerprintAttrName,
                    builder.getStringAttr(computeFingerprint(module)));
  }
};
} // namespace
