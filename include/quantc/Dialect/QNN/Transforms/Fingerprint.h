//===- Fingerprint.h - which model statistics belong to ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_QNN_TRANSFORMS_FINGERPRINT_H
#define QUANTC_DIALECT_QNN_TRANSFORMS_FINGERPRINT_H

#include "mlir/IR/BuiltinOps.h"
#include <string>

namespace quantc::qnn {

/// A hash (BLAKE3, 128 bits as hex digits) of what the module computes: its
/// operations without locations and the contents of its constants. Where the
/// parameters are stored and under which keys does not count, and neither do
/// a fingerprint and statistics that are there already.
std::string computeFingerprint(mlir::ModuleOp module);

} // namespace quantc::qnn

#endif // QUANTC_DIALECT_QNN_TRANSFORMS_FINGERPRINT_H
