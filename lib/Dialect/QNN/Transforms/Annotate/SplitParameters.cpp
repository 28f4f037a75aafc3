//===- SplitParameters.cpp - slices of parameters as parameters -----------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Site/ConstantEvaluation.h"
#include "quantc/Dialect/QNN/Transforms/ConstantView.h"
#include "quantc/Dialect/QNN/Transforms/Passes.h"
#include "quantc/Parameters/ConstantTensor.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Alignment.h"

namespace quantc::qnn {
#define GEN_PASS_DEF_QNNSPLITPARAMETERSPASS
#include "quantc/Dialect/QNN/Transforms/Passes.h.inc"
} // namespace quantc::qnn

using namespace mlir;
using namespace quantc;
using namespace quantc::qnn;

/// The parameter's name and where the slice begins along each dimension that it
/// takes a part of: "layers.q.2" for layer 2 of the parameter "layers.q".
static std::string getSliceName(tensor::ExtractSliceOp slice) {
  std::string name = getParameterName(slice.getSource()).str();
  for (auto [offset, size, whole] :
       llvm::zip_equal(slice.getMixedOffsets(), slice.getStaticSizes(),
                       slice.getSourceType().getShape()))
    if (size != whole)
      name += "." + std::to_string(*getConstantIntValue(offset));
  return name;
}

/// The constant of a slice's elements. It takes no memory of its own where they
/// lie side by side in the parameter, whose memory lives as long as the
/// context.
static TypedAttr makeSlice(tensor::ExtractSliceOp slice,
                           const ConstantBytes &elements) {
  RankedTensorType type = slice.getResultType();
  std::string name = getSliceName(slice);
  std::optional<ConstantTensor> parameter =
      getConstantTensor(slice.getSource());
  ArrayRef<char> whole = parameter->getFileBytes();
  // Not what the address happens to have: the alignment is printed.
  unsigned alignment = *getElementByteSize(type.getElementType());
  if (elements.bytes.begin() >= whole.begin() &&
      elements.bytes.end() <= whole.end() &&
      llvm::isAddrAligned(llvm::Align(alignment), elements.bytes.data()))
    return makeResourceTensor(
        type, name,
        UnmanagedAsmResourceBlob::allocateWithAlign(elements.bytes, alignment));
  return makeConstantTensor(type, name, [&](MutableArrayRef<char> bytes) {
    llvm::copy(elements.bytes, bytes.begin());
  });
}

namespace {
class QNNSplitParametersPass
    : public quantc::qnn::impl::QNNSplitParametersPassBase<
          QNNSplitParametersPass> {
public:
  using Base::Base;

  void runOnOperation() override {
    getOperation().walk([&](tensor::ExtractSliceOp slice) {
      if (!getParameterName(slice.getSource()).empty() &&
          getConstantTensor(slice.getSource()))
        split(slice);
    });
  }

private:
  static void split(tensor::ExtractSliceOp slice) {
    std::optional<ConstantBytes> elements = evaluate(slice);
    if (!elements || elements->splat)
      return;
    OpBuilder builder(slice);
    Value constant = arith::ConstantOp::create(builder, slice.getLoc(),
                                               makeSlice(slice, *elements));
    slice.replaceAllUsesWith(constant);
    slice.erase();
  }
};
} // namespace
