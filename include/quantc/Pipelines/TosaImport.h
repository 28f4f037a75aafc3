//===- TosaImport.h - the pipeline tosa-import ------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_PIPELINES_TOSAIMPORT_H
#define QUANTC_PIPELINES_TOSAIMPORT_H

#include "mlir/Pass/PassManager.h"

namespace quantc {

/// TOSA, quantized or not, to linalg with explicit zero points.
void buildTosaImportPipeline(mlir::OpPassManager &pm);

/// Registers `--tosa-import`.
void registerTosaImportPipeline();

} // namespace quantc

#endif // QUANTC_PIPELINES_TOSAIMPORT_H
