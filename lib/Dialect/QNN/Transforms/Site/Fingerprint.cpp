//===- Fingerprint.cpp - which model statistics belong to -----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Dialect/QNN/Transforms/Fingerprint.h"
#include "quantc/Calibration/ApplyStatistics.h"
#include "quantc/Dialect/QNN/IR/QNNOps.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/BLAKE3.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace quantc::qnn;

namespace {
/// Hashes what is printed instead of keeping it.
class HashStream : public llvm::raw_ostream {
public:
  explicit HashStream(llvm::BLAKE3 &hasher) : hasher(hasher) {}
  ~HashStream() override { flush(); }

private:
  void write_impl(const char *data, size_t size) override {
    hasher.update(StringRef(data, size));
    position += size;
  }
  uint64_t current_pos() const override { return position; }

  llvm::BLAKE3 &hasher;
  uint64_t position = 0;
};
} // namespace

/// Replaces resources by zeros of the same type after hashing their contents:
/// a key is only where the contents were found.
static void hashResources(Operation *op, llvm::BLAKE3 &hasher) {
  for (NamedAttribute attribute : op->getAttrs()) {
    auto resource = dyn_cast<DenseResourceElementsAttr>(attribute.getValue());
    if (!resource)
      continue;
    if (AsmResourceBlob *blob = resource.getRawHandle().getBlob())
      hasher.update(ArrayRef<uint8_t>(
          reinterpret_cast<const uint8_t *>(blob->getData().data()),
          blob->getData().size()));
    if (TypedAttr zeros = Builder(op).getZeroAttr(resource.getType()))
      op->setAttr(attribute.getName(), zeros);
  }
}

std::string quantc::qnn::computeFingerprint(ModuleOp module) {
  OwningOpRef<ModuleOp> copy = module.clone();
  (*copy)->removeAttr(kFingerprintAttrName);
  (*copy)->removeAttr(kParameterFileAttrName);
  llvm::BLAKE3 hasher;
  copy->walk([&](Operation *op) {
    // Parameters that nothing reads; a model that is written leaves them out.
    if (op->hasTrait<OpTrait::ConstantLike>() && op->use_empty())
      return op->erase();
    if (auto observer = dyn_cast<ObserveOp>(op)) {
      observer.removeStatisticsAttr();
      observer->removeAttr(kRowsAttrName);
    }
    hashResources(op, hasher);
  });
  {
    HashStream stream(hasher);
    // The local scope leaves out the resource section and attribute aliases.
    copy->print(
        stream,
        OpPrintingFlags().useLocalScope().printGenericOpForm().enableDebugInfo(
            false));
  }
  return llvm::toHex(hasher.final<16>(), /*LowerCase=*/true);
}
