//===- ParameterFile.cpp - a model's parameters on disk -------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Parameters/ParameterFile.h"
#include "quantc/Dialect/QNN/IR/QNNDialect.h"

#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace quantc;

namespace path = llvm::sys::path;

static std::string getDefaultParameterFile(StringRef modulePath) {
  SmallString<128> result(modulePath);
  path::replace_extension(result, "safetensors");
  return result.str().str();
}

std::string quantc::resolveParameterFile(ModuleOp module, StringRef modulePath,
                                         StringRef requested) {
  if (!requested.empty())
    return requested.str();
  auto attr = module->getAttrOfType<StringAttr>(qnn::kParameterFileAttrName);
  if (!attr)
    return getDefaultParameterFile(modulePath);
  if (path::is_absolute(attr.getValue()))
    return attr.str();
  SmallString<128> result(path::parent_path(modulePath));
  path::append(result, attr.getValue());
  return result.str().str();
}

void quantc::setParameterFile(ModuleOp module, StringRef modulePath,
                              StringRef parameterPath) {
  module->removeAttr(qnn::kParameterFileAttrName);
  if (parameterPath == getDefaultParameterFile(modulePath))
    return;
  SmallString<128> recorded(parameterPath);
  if (path::parent_path(parameterPath) == path::parent_path(modulePath))
    recorded = path::filename(parameterPath);
  else
    // A failure leaves the path as it was given.
    (void)llvm::sys::fs::make_absolute(recorded);
  module->setAttr(qnn::kParameterFileAttrName,
                  StringAttr::get(module.getContext(), recorded));
}

bool quantc::hasParameterArguments(ModuleOp module) {
  WalkResult result = module.walk([](FunctionOpInterface function) {
    for (unsigned i = 0, e = function.getNumArguments(); i < e; ++i)
      if (function.getArgAttr(i, qnn::kParameterAttrName))
        return WalkResult::interrupt();
    return WalkResult::advance();
  });
  return result.wasInterrupted();
}
