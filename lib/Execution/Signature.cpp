//===- Signature.cpp - what a compiled entry point takes ------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Execution/Signature.h"

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace quantc;

namespace {

std::string dtypeName(Type type) {
  if (type.isInteger(1))
    return "bool";
  if (isa<Float8E4M3FNType>(type))
    return "f8_e4m3";
  if (isa<Float8E5M2Type>(type))
    return "f8_e5m2";
  if (type.isUnsignedInteger())
    return "u" + std::to_string(type.getIntOrFloatBitWidth());
  std::string text;
  llvm::raw_string_ostream(text) << type;
  return text;
}

void fill(DictionaryAttr fields, TensorSpec &spec) {
  auto type = cast<RankedTensorType>(fields.getAs<TypeAttr>("type").getValue());
  spec.name = fields.getAs<StringAttr>("name").str();
  spec.dtype = dtypeName(type.getElementType());
  spec.shape.assign(type.getShape().begin(), type.getShape().end());
  if (auto scale = fields.getAs<FloatAttr>("scale"))
    spec.scale = scale.getValueAsDouble();
  if (auto zeroPoint = fields.getAs<IntegerAttr>("zero_point"))
    spec.zeroPoint = zeroPoint.getInt();
}

template <typename Spec>
std::vector<Spec> readTable(DictionaryAttr signature, StringRef name) {
  std::vector<Spec> specs;
  for (Attribute entry : signature.getAs<ArrayAttr>(name))
    fill(cast<DictionaryAttr>(entry), specs.emplace_back());
  return specs;
}

} // namespace

int64_t TensorSpec::getNumElements() const {
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  return count;
}

size_t TensorSpec::getElementBits() const {
  return llvm::StringSwitch<size_t>(dtype)
      .Case("i4", 4)
      .Cases({"bool", "i8", "u8", "f8_e4m3", "f8_e5m2"}, 8)
      .Cases({"i16", "u16", "f16", "bf16"}, 16)
      .Cases({"i32", "u32", "f32"}, 32)
      .Default(64);
}

size_t TensorSpec::getBytes() const {
  return llvm::divideCeil(getNumElements() * getElementBits(), 8);
}

EntryPoint EntryPoint::fromAttribute(StringRef name, DictionaryAttr signature,
                                     size_t workspaceBytes) {
  EntryPoint entry;
  entry.name = name.str();
  entry.workspaceBytes = workspaceBytes;
  entry.parameters = readTable<ParameterSpec>(signature, "parameters");
  entry.inputs = readTable<TensorSpec>(signature, "inputs");
  entry.outputs = readTable<TensorSpec>(signature, "outputs");
  for (auto [spec, attribute] :
       llvm::zip(entry.parameters, signature.getAs<ArrayAttr>("parameters"))) {
    auto data =
        cast<DictionaryAttr>(attribute).getAs<DenseResourceElementsAttr>(
            "data");
    if (data && data.getRawHandle().getBlob())
      spec.data = data.getRawHandle().getBlob()->getData();
  }
  return entry;
}
