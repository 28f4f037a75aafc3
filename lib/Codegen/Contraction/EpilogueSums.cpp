//===- EpilogueSums.cpp - sums beside a kernel's result -------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Codegen/Contraction/EpilogueSums.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;

bool quantc::addsColumns(linalg::GenericOp generic, Value accumulator) {
  if (generic.getNumResults() != 2 || generic.getNumReductionLoops() != 1 ||
      !isa<IntegerType>(getElementTypeOrSelf(accumulator)))
    return false;
  AffineMap dest = generic.getIndexingMapsArray().end()[-2];
  AffineMap sums = generic.getIndexingMapsArray().back();
  if (dest.getNumResults() == 0 || !dest.isPermutation())
    return false;
  auto last = cast<AffineDimExpr>(dest.getResults().back());
  BlockArgument total = generic.getBody()->getArguments().back();
  auto add = generic.getBody()
                 ->getTerminator()
                 ->getOperand(1)
                 .getDefiningOp<arith::AddIOp>();
  return sums.isProjectedPermutation() &&
         !sums.isFunctionOfDim(last.getPosition()) &&
         sums.getNumResults() + 1 == dest.getNumResults() &&
         total.getType().isInteger(32) && total.hasOneUse() && add &&
         add.getLhs() == total;
}

/// The extension of the first result that result `number` of `generic` adds up;
/// null for any other computation.
static Operation *matchAddend(linalg::GenericOp generic, unsigned number) {
  Block *body = generic.getBody();
  Operation *yield = body->getTerminator();
  auto add = yield->getOperand(number).getDefiningOp<arith::AddIOp>();
  BlockArgument total = body->getArgument(generic.getNumDpsInputs() + number);
  if (!add || add.getLhs() != total || !total.hasOneUse())
    return nullptr;
  Operation *extend = add.getRhs().getDefiningOp();
  if (!isa_and_nonnull<arith::ExtSIOp, arith::ExtUIOp>(extend) ||
      extend->getOperand(0) != yield->getOperand(0))
    return nullptr;
  return extend;
}

void quantc::splitOtherSums(linalg::LinalgOp contraction) {
  if (!contraction->hasOneUse())
    return;
  auto generic = dyn_cast<linalg::GenericOp>(*contraction->getUsers().begin());
  if (!generic || !generic.hasPureTensorSemantics() ||
      generic.getNumResults() < 2 ||
      addsColumns(generic, contraction->getResult(0)))
    return;
  unsigned numInputs = generic.getNumDpsInputs();
  SmallVector<AffineMap> maps = generic.getIndexingMapsArray();
  AffineMap written = maps[numInputs];
  for (unsigned number = 1; number < generic.getNumResults(); ++number)
    if (!matchAddend(generic, number))
      return;
  if (!written.isPermutation())
    return;

  OpBuilder builder(generic);
  Location loc = generic.getLoc();
  SmallVector<utils::IteratorType> parallel(generic.getNumLoops(),
                                            utils::IteratorType::parallel);
  auto epilogue = linalg::GenericOp::create(
      builder, loc, generic.getResult(0).getType(), generic.getInputs(),
      generic.getOutputs()[0], ArrayRef(maps).take_front(numInputs + 1),
      parallel, [&](OpBuilder &body, Location loc, ValueRange args) {
        IRMapping mapping;
        mapping.map(generic.getBody()->getArguments().take_front(args.size()),
                    args);
        for (Operation &op : generic.getBody()->without_terminator())
          if (llvm::all_of(op.getOperands(), [&](Value operand) {
                return mapping.contains(operand) ||
                       operand.getParentBlock() != generic.getBody();
              }))
            body.clone(op, mapping);
        linalg::YieldOp::create(
            body, loc,
            mapping.lookupOrDefault(
                generic.getBody()->getTerminator()->getOperand(0)));
      });
  generic.getResult(0).replaceAllUsesWith(epilogue.getResult(0));
  for (unsigned number = 1; number < generic.getNumResults(); ++number) {
    Operation *extend = matchAddend(generic, number);
    AffineMap map = maps[numInputs + number];
    SmallVector<utils::IteratorType> iterators = parallel;
    for (unsigned loop = 0; loop < iterators.size(); ++loop)
      if (!map.isFunctionOfDim(loop))
        iterators[loop] = utils::IteratorType::reduction;
    auto sum = linalg::GenericOp::create(
        builder, loc, generic.getResult(number).getType(),
        epilogue.getResult(0), generic.getOutputs()[number],
        ArrayRef<AffineMap>{written, map}, iterators,
        [&](OpBuilder &body, Location loc, ValueRange args) {
          IRMapping mapping;
          mapping.map(extend->getOperand(0), args[0]);
          Value addend = body.clone(*extend, mapping)->getResult(0);
          Value result = arith::AddIOp::create(body, loc, args[1], addend);
          linalg::YieldOp::create(body, loc, result);
        });
    generic.getResult(number).replaceAllUsesWith(sum.getResult(0));
  }
  generic.erase();
}
