//===- SiteCheck.cpp - the quantized sites of a model, one by one ---------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SiteCheck.h"

#include "quantc/Dialect/QNN/Transforms/Site.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/SetVector.h"
#include <random>

using namespace mlir;
using namespace quantc;
using namespace quantc::check;

namespace {

bool isF8(Type type) {
  return isa<Float8E4M3FNType, Float8E5M2Type>(getElementTypeOrSelf(type));
}

/// -4 to 4. Products of such numbers have at most 5 bits, so that sums of up to
/// 2^20 of them are exact in f32, in any order.
float drawSmall(std::mt19937 &random) { return float(random() % 9) - 4; }

uint8_t encodeF8(float number, const llvm::fltSemantics &semantics) {
  APFloat value(number);
  bool losesInfo;
  value.convert(semantics, APFloat::rmNearestTiesToEven, &losesInfo);
  return uint8_t(value.bitcastToAPInt().getZExtValue());
}

/// Small integers instead of constants of f8.
void replaceF8Constants(ModuleOp module) {
  std::mt19937 random(2);
  module.walk([&](arith::ConstantOp op) {
    auto type = dyn_cast<RankedTensorType>(op.getType());
    if (!type || !isF8(type))
      return;
    const llvm::fltSemantics &semantics =
        cast<FloatType>(type.getElementType()).getFloatSemantics();
    std::vector<char> bytes;
    for (int64_t i = 0; i < type.getNumElements(); ++i)
      bytes.push_back(char(encodeF8(drawSmall(random), semantics)));
    op.setValueAttr(DenseElementsAttr::getFromRawBuffer(type, bytes));
  });
}

/// A site and what belongs to it.
class SiteSlice {
public:
  explicit SiteSlice(linalg::LinalgOp site) : root(site) {
    while (Operation *next = getTail(root))
      root = next;
    isWhole = true;
    visitOperands(root);
    ops.insert(root);
  }

  /// Whether all of it lies in one block, so that it can be cut out.
  bool canCut() const { return isWhole; }

  /// A module with a function @site of the integers and floats that the site
  /// takes from the rest of the model; constants of f8 are other ones.
  OwningOpRef<ModuleOp> cut() {
    OpBuilder b(root->getContext());
    OwningOpRef<ModuleOp> module = ModuleOp::create(b, root->getLoc());
    b.setInsertionPointToStart(module->getBody());
    auto function = func::FuncOp::create(
        b, root->getLoc(), "site",
        b.getFunctionType(ValueRange(arguments.getArrayRef()).getTypes(),
                          root->getResultTypes()));
    Block *body = function.addEntryBlock();
    b.setInsertionPointToStart(body);
    IRMapping mapping;
    mapping.map(arguments.getArrayRef(), body->getArguments());
    for (Operation &op : *root->getBlock())
      if (ops.contains(&op))
        b.clone(op, mapping);
    SmallVector<Value> results;
    for (Value result : root->getResults())
      results.push_back(mapping.lookup(result));
    func::ReturnOp::create(b, root->getLoc(), results);
    replaceF8Constants(*module);
    return module;
  }

private:
  /// The elementwise op that alone uses what `op` computes.
  static Operation *getTail(Operation *op) {
    if (op->getNumResults() != 1 || !op->hasOneUse())
      return nullptr;
    auto next = dyn_cast<linalg::GenericOp>(*op->user_begin());
    bool isTail = next && next->getBlock() == op->getBlock() &&
                  next.getNumReductionLoops() == 0;
    return isTail ? next.getOperation() : nullptr;
  }

  /// Whether nothing that is known at run time only goes into the value.
  static bool isKnown(Value value) {
    Operation *op = value.getDefiningOp();
    return op && isMemoryEffectFree(op) &&
           llvm::all_of(op->getOperands(), isKnown);
  }

  void visit(Value value) {
    Operation *op = value.getDefiningOp();
    Type element = getElementTypeOrSelf(value);
    auto linalgOp = dyn_cast_or_null<linalg::LinalgOp>(op);
    // Between the sites of a model are stored integers and floats; what stands
    // between the two ends of a site are wide integers.
    bool isSiteOwn =
        linalgOp && linalgOp->hasAttr(qnn::kSiteAttrName) && reaches(value);
    bool isBoundary =
        isa<RankedTensorType>(value.getType()) &&
        (element.isF32() || isF8(element) ||
         (element.isInteger() && element.getIntOrFloatBitWidth() <= 16));
    if (!op) {
      if (isa<RankedTensorType>(value.getType()))
        arguments.insert(value);
      else
        isWhole = false;
      return;
    }
    if (isBoundary && !isSiteOwn && !isInTail(op) && !isKnown(value)) {
      arguments.insert(value);
      return;
    }
    if (op->getBlock() != root->getBlock()) {
      isWhole = false;
      return;
    }
    if (ops.insert(op))
      visitOperands(op);
  }

  void visitOperands(Operation *op) {
    llvm::SetVector<Value> captured;
    getUsedValuesDefinedAbove(op->getRegions(), captured);
    for (Value operand : op->getOperands())
      visit(operand);
    for (Value value : captured)
      visit(value);
  }

  /// Whether the value ends in the root by a chain of single uses.
  bool reaches(Value value) const {
    Operation *op = value.getDefiningOp();
    while (op && op != root)
      op = getTail(op);
    return op == root;
  }
  bool isInTail(Operation *op) const {
    auto generic = dyn_cast<linalg::GenericOp>(op);
    return generic && generic.getNumReductionLoops() == 0 &&
           op->getNumResults() == 1 && reaches(op->getResult(0));
  }

  Operation *root;
  bool isWhole;
  llvm::SetVector<Operation *> ops;
  llvm::SetVector<Value> arguments;
};

} // namespace

/// Random bits of integers, small integers as f8; floats from 0.001 to 1,
/// scales and residuals.
static std::vector<std::vector<char>> drawInputs(const EntryPoint &entry) {
  std::mt19937 random(1);
  std::uniform_real_distribution<float> floats(0.001f, 1);
  std::vector<std::vector<char>> inputs;
  for (const TensorSpec &spec : entry.inputs) {
    std::vector<char> &bytes = inputs.emplace_back(spec.getBytes());
    if (spec.dtype == "f32")
      for (size_t at = 0; at < bytes.size(); at += 4) {
        float value = floats(random);
        memcpy(bytes.data() + at, &value, 4);
      }
    else if (StringRef(spec.dtype).starts_with("f8"))
      for (char &byte : bytes)
        byte = char(encodeF8(drawSmall(random), spec.dtype == "f8_e4m3"
                                                    ? APFloat::Float8E4M3FN()
                                                    : APFloat::Float8E5M2()));
    else
      for (char &byte : bytes)
        byte = static_cast<char>(random() >> 8);
  }
  return inputs;
}

/// The bytes of all results for the leg.
static llvm::Expected<std::string> runSite(ModuleOp module, const Leg &leg) {
  OwningOpRef<ModuleOp> copy = module.clone();
  std::unique_ptr<Compiled> code = compileLeg(leg, *copy);
  const EntryPoint *entry = code ? code->lookup("site") : nullptr;
  if (!entry)
    return llvm::createStringError("does not compile");
  std::vector<std::vector<char>> inputs = drawInputs(*entry), results;
  std::vector<const void *> in;
  for (const std::vector<char> &bytes : inputs)
    in.push_back(bytes.data());
  std::vector<void *> out;
  for (const TensorSpec &spec : entry->outputs)
    results.emplace_back(spec.getBytes());
  for (std::vector<char> &bytes : results)
    out.push_back(bytes.data());
  if (llvm::Error error = code->run(*entry, in, out))
    return error;
  std::string all;
  for (const std::vector<char> &bytes : results)
    all.append(bytes.begin(), bytes.end());
  return all;
}

/// What differs, or nothing.
static std::string checkSite(ModuleOp module, Leg leg) {
  leg.pipeline = "";
  Leg here = leg;
  here.chip = "";
  llvm::Expected<std::string> expected = runSite(module, here);
  if (!expected)
    return "cpu: " + llvm::toString(expected.takeError());
  llvm::Expected<std::string> actual = runSite(module, leg);
  if (!actual)
    return leg.chip + ": " + llvm::toString(actual.takeError());
  if (*expected == *actual)
    return "";
  size_t at = 0, count = 0;
  for (size_t i = expected->size(); i-- > 0;)
    if ((*expected)[i] != (*actual)[i]) {
      at = i;
      ++count;
    }
  return std::to_string(count) + " of " + std::to_string(expected->size()) +
         " bytes differ, the first at " + std::to_string(at);
}

llvm::Expected<SiteReport> quantc::check::checkSites(const std::string &path,
                                                     const Leg &leg) {
  DialectRegistry registry;
  registerLegDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  std::string diagnostics;
  ErrorCollector collector(context, diagnostics);
  OwningOpRef<ModuleOp> module = parseSourceFile<ModuleOp>(path, &context);
  PassManager manager(&context, ModuleOp::getOperationName());
  if (!module || failed(parsePassPipeline(leg.pipeline, manager)) ||
      failed(manager.run(*module)))
    return llvm::createStringError(path + ": " + diagnostics);
  SmallVector<linalg::LinalgOp> sites;
  module->walk([&](linalg::LinalgOp op) {
    if (op->hasAttr(qnn::kSiteAttrName) && op->getNumResults() == 1 &&
        (getElementTypeOrSelf(op->getOperand(0)).isInteger() ||
         isF8(op->getOperand(0).getType())))
      sites.push_back(op);
  });
  SiteReport report;
  for (linalg::LinalgOp site : sites) {
    diagnostics.clear();
    SiteSlice slice(site);
    std::string failure = "is not in one block";
    if (slice.canCut())
      failure = checkSite(*slice.cut(), leg);
    if (failure.empty())
      ++report.same;
    else
      report.different.emplace_back(
          site->getAttrOfType<StringAttr>(qnn::kSiteAttrName).str(),
          failure + (diagnostics.empty() ? "" : ": " + diagnostics));
  }
  return report;
}
