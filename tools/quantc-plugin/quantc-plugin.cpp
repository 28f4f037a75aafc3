//===- quantc-plugin.cpp - quantc in other people's mlir-opt --------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A shared library for tools that load plugins of dialects and passes:
//
//   mlir-opt --load-dialect-plugin=quantc-plugin.so
//            --load-pass-plugin=quantc-plugin.so
//            --pass-pipeline='builtin.module(qnn-lower-asymmetric, ...)'
//
// The tool must be linked to the same libMLIR.so as this library.
//
//===----------------------------------------------------------------------===//

#include "quantc/InitAll.h"

#include "mlir/Tools/Plugins/DialectPlugin.h"
#include "mlir/Tools/Plugins/PassPlugin.h"

extern "C" LLVM_ATTRIBUTE_VISIBILITY_DEFAULT mlir::DialectPluginLibraryInfo
mlirGetDialectPluginInfo() {
  return {MLIR_PLUGIN_API_VERSION, "quantc", QUANTC_VERSION,
          [](mlir::DialectRegistry *registry) {
            quantc::registerAllDialects(*registry);
          }};
}

extern "C" LLVM_ATTRIBUTE_VISIBILITY_DEFAULT mlir::PassPluginLibraryInfo
mlirGetPassPluginInfo() {
  return {MLIR_PLUGIN_API_VERSION, "quantc", QUANTC_VERSION,
          [] { quantc::registerAllPasses(); }};
}
