//===- InlineCalls.cpp - calls of private functions -===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Conversion/StableHLOToLinalg/StableHLOToLinalg.h"
#include "quantc/Dialect/StableHLO/IR/StableHLO.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace quantc;

/// The function that `func.call` or `stablehlo.composite` names; null for any
/// other op.
static FlatSymbolRefAttr getCallee(Operation *op) {
  if (auto call = dyn_cast<func::CallOp>(op))
    return call.getCalleeAttr();
  if (auto composite = dyn_cast<stablehlo::CompositeOp>(op))
    return composite.getDecompositionAttr();
  return nullptr;
}

/// JAX names operations of a called function from its entry on, and the call
/// from that of the program: together they are the scopes of the operation.
static Location getInlinedLocation(Location callee, Location call) {
  if (isa<UnknownLoc>(call))
    return callee;
  if (isa<UnknownLoc>(callee))
    return call;
  auto calleeName = dyn_cast<NameLoc>(callee);
  auto callName = dyn_cast<NameLoc>(call);
  if (!calleeName || !callName)
    return CallSiteLoc::get(callee, call);
  std::string name =
      (callName.getName().getValue() + "/" + calleeName.getName().getValue())
          .str();
  return NameLoc::get(
      StringAttr::get(callee.getContext(), name),
      CallSiteLoc::get(calleeName.getChildLoc(), callName.getChildLoc()));
}

namespace {

class Inliner {
public:
  explicit Inliner(ModuleOp module) : symbols(module) {}

  /// Inlines all calls within `function`, after those within its callees.
  LogicalResult run(func::FuncOp function);

  void eraseInlinedFunctions(ModuleOp module);

private:
  LogicalResult inlineCall(Operation *call, FlatSymbolRefAttr callee);

  enum class State { Active, Done };

  SymbolTable symbols;
  DenseMap<Operation *, State> states;
  llvm::SetVector<func::FuncOp> inlined;
};

} // namespace

LogicalResult Inliner::run(func::FuncOp function) {
  if (!states.try_emplace(function, State::Active).second)
    return success();
  SmallVector<Operation *> calls;
  function.walk([&](Operation *op) {
    if (getCallee(op))
      calls.push_back(op);
  });
  for (Operation *call : calls)
    if (failed(inlineCall(call, getCallee(call))))
      return failure();
  states[function] = State::Done;
  return success();
}

LogicalResult Inliner::inlineCall(Operation *call, FlatSymbolRefAttr callee) {
  auto function = symbols.lookup<func::FuncOp>(callee.getAttr());
  if (!function || !function.getBody().hasOneBlock())
    return call->emitError()
           << "expected a function " << callee << " with a body of one block";
  auto state = states.find(function);
  if (state != states.end() && state->second == State::Active)
    return call->emitError()
           << "unsupported recursion through function " << callee;
  if (failed(run(function)))
    return failure();

  Block &body = function.getBody().front();
  auto yield = dyn_cast<func::ReturnOp>(body.getTerminator());
  if (!yield)
    return body.getTerminator()->emitError(
        "expected the function to end in func.return");
  OpBuilder builder(call);
  IRMapping mapping;
  mapping.map(body.getArguments(), call->getOperands());
  for (Operation &op : body.without_terminator())
    builder.clone(op, mapping)->walk([&](Operation *inner) {
      inner->setLoc(getInlinedLocation(inner->getLoc(), call->getLoc()));
    });
  for (auto [result, value] :
       llvm::zip_equal(call->getResults(), yield.getOperands()))
    result.replaceAllUsesWith(mapping.lookup(value));
  call->erase();
  inlined.insert(function);
  return success();
}

void Inliner::eraseInlinedFunctions(ModuleOp module) {
  for (func::FuncOp function : inlined)
    if (function.isPrivate() &&
        SymbolTable::symbolKnownUseEmpty(function, module))
      function.erase();
}

LogicalResult quantc::inlineCalls(ModuleOp module) {
  Inliner inliner(module);
  for (auto function : module.getOps<func::FuncOp>())
    if (failed(inliner.run(function)))
      return failure();
  inliner.eraseInlinedFunctions(module);
  return success();
}
