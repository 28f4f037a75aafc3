//===- PromoteConstants.cpp - tensor constants to resources ---------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Codegen/NVVM/Host/Passes.h"
#include "quantc/Parameters/ConstantTensor.h"

namespace quantc::nvvm {
#define GEN_PASS_DEF_CODEGENNVVMPROMOTECONSTANTSPASS
#include "quantc/Codegen/NVVM/Host/Passes.h.inc"
} // namespace quantc::nvvm

using namespace mlir;

namespace {
struct CodegenNVVMPromoteConstantsPass
    : quantc::nvvm::impl::CodegenNVVMPromoteConstantsPassBase<
          CodegenNVVMPromoteConstantsPass> {
  using Base::Base;

  void runOnOperation() override {
    DenseMap<Attribute, TypedAttr> promoted;
    getOperation()->walk([&](arith::ConstantOp op) {
      TypedAttr value = op.getValue();
      if (!isa<RankedTensorType>(op.getType()) ||
          isa<DenseResourceElementsAttr>(value))
        return;
      TypedAttr &resource = promoted[value];
      if (!resource)
        resource = promote(value);
      if (resource)
        op.setValueAttr(resource);
    });
  }

private:
  static TypedAttr promote(TypedAttr value) {
    std::optional<quantc::ConstantTensor> tensor =
        quantc::ConstantTensor::get(value);
    if (!tensor)
      return nullptr;
    ArrayRef<char> bytes = tensor->getBytes();
    return quantc::makeResourceTensor(
        tensor->getType(), "constant",
        HeapAsmResourceBlob::allocateAndCopyWithAlign(bytes, /*align=*/64));
  }
};
} // namespace
