//===- SwitchedSites.cpp - one program for many choices -------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SwitchedSites.h"
#include "quantc/Dialect/QNN/Transforms/Site.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::tool;

static constexpr StringRef kCallbackName = "quantc_site_form";

static thread_local ArrayRef<int32_t> currentForms;

static constexpr StringRef kFloatReason = "the form in float";

static int32_t getForm(int32_t site) {
  assert(size_t(site) < currentForms.size() &&
         "expected forms on the thread that the program runs on");
  return currentForms[site];
}

void SwitchedSites::setForms(ArrayRef<int32_t> forms) { currentForms = forms; }

HostSymbol SwitchedSites::getSymbol() {
  return {kCallbackName.str(), reinterpret_cast<void *>(&getForm)};
}

static func::FuncOp createCallback(ModuleOp module) {
  OpBuilder builder(module.getBodyRegion());
  Type number = builder.getI32Type();
  auto callback = func::FuncOp::create(builder, module.getLoc(), kCallbackName,
                                       builder.getFunctionType(number, number));
  callback.setPrivate();
  return callback;
}

/// The site as it is in one of its forms, as all that a region has.
static void buildForm(Region &region, linalg::LinalgOp site,
                      qnn::SchemeAttr scheme) {
  OpBuilder builder(site.getContext());
  builder.createBlock(&region);
  Operation *form = builder.clone(*site);
  form->removeAttr(qnn::kSqnrAttrName);
  if (scheme) {
    form->removeAttr(qnn::kFloatReasonAttrName);
    form->setAttr(qnn::kSchemeAttrName, scheme);
  } else {
    form->removeAttr(qnn::kSchemeAttrName);
    form->setAttr(qnn::kFloatReasonAttrName,
                  builder.getStringAttr(kFloatReason));
  }
  scf::YieldOp::create(builder, site.getLoc(), form->getResults());
}

SwitchedSites::SwitchedSites(ModuleOp module, ArrayRef<ModuleOp> selections,
                             ArrayRef<std::string> candidates) {
  std::vector<llvm::StringMap<qnn::SchemeAttr>> schemes(selections.size());
  for (auto [selection, known] : llvm::zip_equal(selections, schemes))
    selection->walk([&, &known = known](linalg::LinalgOp op) {
      if (auto scheme =
              op->getAttrOfType<qnn::SchemeAttr>(qnn::kSchemeAttrName))
        known[qnn::getSiteName(op)] = scheme;
    });

  SmallVector<linalg::LinalgOp> ops;
  module.walk([&](linalg::LinalgOp op) {
    if (!qnn::getSiteName(op).empty())
      ops.push_back(op);
  });
  func::FuncOp callback;
  for (linalg::LinalgOp op : ops) {
    Site site{qnn::getSiteName(op).str(), {}, {}};
    for (auto [candidate, known] : llvm::zip_equal(candidates, schemes))
      if (qnn::SchemeAttr scheme = known.lookup(site.name)) {
        site.candidates.push_back(candidate);
        site.schemes.push_back(scheme);
      }
    if (site.schemes.empty())
      continue;
    if (!callback)
      callback = createCallback(module);
    OpBuilder builder(op);
    Location loc = op.getLoc();
    Value number = arith::ConstantIntOp::create(builder, loc, sites.size(), 32);
    Value form =
        func::CallOp::create(builder, loc, callback, number).getResult(0);
    Value index =
        arith::IndexCastOp::create(builder, loc, builder.getIndexType(), form);
    auto cases = llvm::to_vector(llvm::seq_inclusive<int64_t>(
        1, static_cast<int64_t>(site.schemes.size())));
    auto choice =
        scf::IndexSwitchOp::create(builder, loc, op->getResultTypes(), index,
                                   cases, /*caseRegionsCount=*/cases.size());
    buildForm(choice.getDefaultRegion(), op, nullptr);
    for (auto [region, scheme] :
         llvm::zip_equal(choice.getCaseRegions(), site.schemes))
      buildForm(region, op, scheme);
    op->replaceAllUsesWith(choice.getResults());
    op->erase();
    sites.push_back(std::move(site));
  }
}

/// Whether an op is a form of a site: the program may have switches of its own.
static bool isForm(Operation *op) {
  auto choice = dyn_cast<scf::IndexSwitchOp>(op->getParentOp());
  auto index = choice ? choice.getArg().getDefiningOp<arith::IndexCastOp>()
                      : arith::IndexCastOp();
  auto call =
      index ? index.getIn().getDefiningOp<func::CallOp>() : func::CallOp();
  return call && call.getCallee() == kCallbackName;
}

std::string SwitchedSites::findLost(ModuleOp module) {
  std::string lost;
  module.walk([&](linalg::LinalgOp op) {
    auto reason = op->getAttrOfType<StringAttr>(qnn::kFloatReasonAttrName);
    if (reason && reason != kFloatReason && lost.empty() && isForm(op))
      lost = qnn::getSiteName(op).str();
  });
  return lost;
}
