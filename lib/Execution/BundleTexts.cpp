//===- BundleTexts.cpp - header and manifest of a bundle ------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BundleTexts.h"

#include "quantc/Runtime/quantc_model.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace quantc;

namespace {

/// The text of quantc_model.h.
constexpr StringRef modelHeader =
#include "quantc_model.h.inc"
    ;

/// What a manifest calls itself.
constexpr StringRef bundleFormat = "quantc-bundle";

std::string describe(const TensorSpec &spec) {
  std::string text;
  raw_string_ostream stream(text);
  // A name must not end the comment that it stands in.
  std::string name = spec.name;
  for (size_t at; (at = name.find("*/")) != std::string::npos;)
    name.insert(at + 1, " ");
  stream << name << ": " << spec.dtype << "[";
  interleaveComma(spec.shape, stream);
  stream << "]";
  if (spec.scale)
    stream << ", stands for (q - " << spec.zeroPoint.value_or(0) << ") * "
           << *spec.scale;
  return text;
}

void writeTensor(json::OStream &json, const TensorSpec &spec) {
  json.attribute("name", spec.name);
  json.attribute("dtype", spec.dtype);
  json.attributeArray("shape", [&] {
    for (int64_t size : spec.shape)
      json.value(size);
  });
  if (spec.scale) {
    json.attribute("scale", *spec.scale);
    json.attribute("zero_point", spec.zeroPoint.value_or(0));
  }
}

void writeTensors(json::OStream &json, StringRef name,
                  ArrayRef<TensorSpec> specs) {
  json.attributeArray(name, [&] {
    for (const TensorSpec &spec : specs)
      json.object([&] { writeTensor(json, spec); });
  });
}

} // namespace

std::string quantc::makeBundleHeader(const ModelDescription &model) {
  std::string text;
  raw_string_ostream stream(text);
  auto list = [&](StringRef title, ArrayRef<TensorSpec> specs) {
    stream << " *\n * " << title << "\n";
    for (auto [index, spec] : enumerate(specs))
      stream << " *   [" << index << "] " << describe(spec) << "\n";
  };
  std::string guard = StringRef(model.name).upper() + "_MODEL_H";
  stream << "/* " << model.name << ", compiled by " << model.compiler << " for "
         << model.target << ".\n";
  list("inputs", model.entry->inputs);
  list("outputs", model.entry->outputs);
  stream << " *\n * " << model.entry->parameters.size()
         << " parameters, in the order of " << model.name
         << "_info()->parameters, from parameters.safetensors.\n */\n\n"
         << "#ifndef " << guard << "\n#define " << guard << "\n\n"
         << modelHeader << "\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n"
         << "const quantc_model_info *" << model.name << "_info(void);\n\n"
         << "int32_t " << model.name << "_run(const void *const *parameters,\n"
         << "    const void *const *inputs, void *const *outputs);\n\n"
         << "int32_t " << model.name
         << "_run_with_workspace(const void *const *parameters,\n"
         << "    const void *const *inputs, void *const *outputs,\n"
         << "    void *workspace);\n\n";
  if (model.entry->isParallel)
    stream << "int32_t " << model.name
           << "_run_parallel(const void *const *parameters,\n"
           << "    const void *const *inputs, void *const *outputs,\n"
           << "    void *workspace, const quantc_parallel *parallel);\n\n";
  stream << "#ifdef __cplusplus\n}\n#endif\n\n#endif\n";
  return text;
}

std::string quantc::makeBundleManifest(const ModelDescription &model) {
  std::string text;
  raw_string_ostream stream(text);
  json::OStream json(stream, /*IndentSize=*/2);
  const EntryPoint &entry = *model.entry;
  json.object([&] {
    json.attribute("format", bundleFormat);
    json.attribute("abi_version", QUANTC_ABI_VERSION);
    json.attribute("compiler", model.compiler);
    json.attribute("name", model.name);
    json.attribute("target", model.target);
    json.attributeArray("cpu_features", [&] {
      for (const std::string &feature : model.cpuFeatures)
        json.value(feature);
    });
    json.attribute("fingerprint", model.fingerprint);
    json.attribute("workspace_bytes", entry.workspaceBytes);
    json.attribute("parallel", entry.isParallel);
    writeTensors(json, "inputs", entry.inputs);
    writeTensors(json, "outputs", entry.outputs);
    json.attribute("parameter_file_bytes", model.parameters.fileBytes);
    json.attributeArray("parameters", [&] {
      for (auto [spec, offset] :
           llvm::zip(entry.parameters, model.parameters.offsets))
        json.object([&, &spec = spec, &offset = offset] {
          writeTensor(json, spec);
          json.attribute("offset", offset);
        });
    });
    if (!model.devices.empty())
      json.attributeArray("devices", [&] {
        for (const DeviceDescription &device : model.devices)
          json.object([&] {
            json.attribute("chip", device.chip);
            json.attribute("arena_bytes", device.arenaBytes);
            json.attribute("parameter_bytes", device.parameterBytes);
            json.attribute("cubin", device.hasCubin);
          });
      });
  });
  stream << "\n";
  return text;
}

bool quantc::isBundleManifest(StringRef text) {
  Expected<json::Value> manifest = json::parse(text);
  if (!manifest) {
    consumeError(manifest.takeError());
    return false;
  }
  const json::Object *object = manifest->getAsObject();
  return object && object->getString("format") == bundleFormat;
}
