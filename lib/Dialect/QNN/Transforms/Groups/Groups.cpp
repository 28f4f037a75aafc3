//===- Groups.cpp - sites and values that belong together -----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Groups.h"
#include "Smooth/FactorFolding.h"
#include "quantc/Dialect/QNN/Transforms/ConstantView.h"
#include "quantc/Dialect/QNN/Transforms/SiteOperands.h"

#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/EquivalenceClasses.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace quantc::qnn;

/// Joins the sites of each attention that read the same activation.
static SmallVector<SmallVector<linalg::LinalgOp>>
findWeightGroups(ArrayRef<SmoothingGroup> smoothing,
                 ArrayRef<Attention> attentions) {
  DenseMap<Operation *, unsigned> activation;
  for (auto [number, group] : llvm::enumerate(smoothing))
    for (const LinearConsumer &consumer : group.consumers)
      activation[consumer.site] = number;
  llvm::EquivalenceClasses<Operation *> classes;
  for (const Attention &attention : attentions) {
    DenseMap<unsigned, Operation *> first;
    for (const auto *layers :
         {&attention.queryLayers, &attention.keyLayers, &attention.valueLayers})
      for (linalg::LinalgOp layer : *layers)
        if (auto found = activation.find(layer); found != activation.end()) {
          Operation *&leader = first[found->second];
          if (!leader)
            leader = layer;
          classes.unionSets(leader, layer);
        }
  }
  llvm::MapVector<Operation *, SmallVector<linalg::LinalgOp>> groups;
  for (const SmoothingGroup &group : smoothing)
    for (const LinearConsumer &consumer : group.consumers)
      if (classes.contains(consumer.site))
        groups[classes.getLeaderValue(consumer.site)].push_back(consumer.site);
  SmallVector<SmallVector<linalg::LinalgOp>> result;
  for (auto &[leader, sites] : groups)
    if (sites.size() > 1)
      result.push_back(std::move(sites));
  return result;
}

/// The contractions that `value` is computed from without another site between.
static SmallVector<Operation *> findSitesAbove(Value value) {
  SmallVector<Operation *> sites;
  llvm::SetVector<Value> worklist;
  worklist.insert(value);
  for (unsigned i = 0; i < worklist.size(); ++i) {
    Operation *op = worklist[i].getDefiningOp();
    if (!op)
      continue;
    if (isSite(op))
      sites.push_back(op);
    else
      worklist.insert(op->operand_begin(), op->operand_end());
  }
  return sites;
}

/// Sets the kind of each group.
static void classify(MutableArrayRef<SmoothingGroup> smoothing,
                     ArrayRef<Attention> attentions) {
  DenseSet<Operation *> layers, mixes;
  for (const Attention &attention : attentions) {
    mixes.insert(attention.mix);
    for (const auto *some :
         {&attention.queryLayers, &attention.keyLayers, &attention.valueLayers})
      for (linalg::LinalgOp layer : *some)
        layers.insert(layer);
  }
  for (SmoothingGroup &group : smoothing) {
    if (llvm::any_of(group.consumers, [&](const LinearConsumer &consumer) {
          return layers.contains(consumer.site);
        }))
      group.kind = SmoothingKind::QKV;
    else if (llvm::any_of(findSitesAbove(group.source), [&](Operation *site) {
               return mixes.contains(site);
             }))
      group.kind = SmoothingKind::AttentionOutput;
  }
}

Groups::Groups(ModuleOp module)
    : smoothing(findSmoothingGroups(module)),
      attentions(findAttentions(module)),
      weights(findWeightGroups(smoothing, attentions)),
      scales(findScaleGroups(module)) {
  classify(smoothing, attentions);
}

//===----------------------------------------------------------------------===//
// Description
//===----------------------------------------------------------------------===//

std::string quantc::qnn::describeReader(Operation *op) {
  if (!getSiteName(op).empty())
    return getSiteName(op).str();
  if (isResidualAdd(op))
    return "a residual add";
  std::string text = op->getName().getStringRef().str();
  if (auto name = op->getLoc()->findInstanceOf<NameLoc>()) {
    // JAX puts what it traced through before the operation itself.
    StringRef path = name.getName();
    auto [rest, last] = path.rsplit('/');
    StringRef scope = rest.rsplit('/').second;
    if (last.empty())
      last = path;
    text += " (" + (scope.empty() ? "" : scope.str() + "/") + last.str() + ")";
  }
  return text;
}

namespace {
/// Names values after the sites, residuals and inputs that they come from.
class ValueNamer {
public:
  explicit ValueNamer(ArrayRef<ScaleGroup> scales) {
    for (const ScaleGroup &group : scales)
      for (Operation *joint : group.joints)
        if (isResidualAdd(joint))
          residuals.try_emplace(joint, residuals.size());
  }

  std::string getName(Value value) const {
    while (Operation *op = value.getDefiningOp()) {
      if (auto found = residuals.find(op); found != residuals.end())
        return "residual " + std::to_string(found->second);
      if (isSite(op))
        return getSiteName(op).str();
      // One activation, with parameters.
      Value source;
      unsigned count = 0;
      unsigned inputs = op->getNumOperands();
      if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op))
        inputs = linalgOp.getNumDpsInputs();
      for (Value operand : op->getOperands().take_front(inputs))
        if (isa<RankedTensorType>(operand.getType()) && operand != source &&
            !isConstantValue(operand)) {
          source = operand;
          ++count;
        }
      if (count != 1)
        return op->getName().getStringRef().str();
      value = source;
    }
    auto argument = cast<BlockArgument>(value);
    if (auto function =
            dyn_cast<FunctionOpInterface>(argument.getOwner()->getParentOp()))
      if (auto name = function.getArgAttrOfType<StringAttr>(
              argument.getArgNumber(), "qnn.input"))
        return "input " + name.str();
    return "argument " + std::to_string(argument.getArgNumber());
  }

private:
  llvm::MapVector<Operation *, unsigned> residuals;
};
} // namespace

static std::string describeFolding(const SmoothingGroup &group) {
  if (!group.others.empty())
    return "multiplied: " + group.others.front().reason;
  FactorFolding folding;
  if (!folding.plan(group.source, group.dim))
    return "multiplied: " + folding.getObstacle();
  SmallVector<std::string> names;
  for (Value parameter : folding.getParameters()) {
    std::string name = getParameterName(parameter).str();
    names.push_back(name.empty() ? "a constant" : name);
  }
  if (names.empty())
    return "nothing to do";
  std::string note = "folds into " + llvm::join(names, ", ");
  if (int64_t sharing = folding.getNumSharing(); sharing > 1)
    note += "; " + std::to_string(sharing) + " heads share their factors";
  return note;
}

static SmallVector<std::string> getNames(ArrayRef<linalg::LinalgOp> sites) {
  return llvm::map_to_vector<6>(
      sites, [](linalg::LinalgOp site) { return getSiteName(site).str(); });
}

std::vector<GroupDescription> quantc::qnn::describeGroups(ModuleOp module) {
  Groups groups(module);
  ValueNamer namer(groups.getScales());
  std::vector<GroupDescription> result;
  for (const SmoothingGroup &group : groups.getSmoothing()) {
    if (group.consumers.empty())
      continue;
    SmallVector<linalg::LinalgOp> sites;
    for (const LinearConsumer &consumer : group.consumers)
      sites.push_back(consumer.site);
    result.push_back({"smoothing", getNames(sites), describeFolding(group)});
  }
  for (const auto &sites : groups.getWeights())
    result.push_back({"weight scale", getNames(sites), "one attention"});
  // Parts of one value, such as a fused QKV's, have one name.
  auto getValueNames = [&](ArrayRef<Value> values) {
    SmallVector<std::string> names;
    for (Value value : values)
      if (std::string name = namer.getName(value);
          !llvm::is_contained(names, name))
        names.push_back(std::move(name));
    return names;
  };
  for (const Attention &attention : groups.getAttentions())
    result.push_back(
        {"cache scale",
         getValueNames(
             {attention.getKeys().get(), attention.getValues().get()}),
         "keys and values of " + getSiteName(attention.scores).str()});
  for (const ScaleGroup &group : groups.getScales()) {
    bool isResidual = llvm::all_of(group.joints, isResidualAdd);
    result.push_back({isResidual ? "residual" : "concat",
                      getValueNames(group.values),
                      namer.getName(group.joints.front()->getResult(0))});
  }
  return result;
}
