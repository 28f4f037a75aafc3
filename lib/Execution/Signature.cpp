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

size_t TensorSpec::getElementBytes() const {
  return llvm::StringSwitch<size_t>(dtype)
      .Cases({"bool", "i8"}, 1)
      .Cases({"i16", "f16", "bf16"}, 2)
      .Cases({"i32", "f32"}, 4)
      .Default(8);
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
