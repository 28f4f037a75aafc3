//===- Translations.h - from kernels to LLVM IR and PTX ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_CODEGEN_NVVM_TRANSLATIONS_H
#define QUANTC_CODEGEN_NVVM_TRANSLATIONS_H

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace quantc::nvvm {

/// What `gpu-module-to-binary` needs to make PTX of the kernels' modules.
void registerTranslations(mlir::DialectRegistry &registry);

} // namespace quantc::nvvm

#endif // QUANTC_CODEGEN_NVVM_TRANSLATIONS_H
