//===- QNNDialect.h - the qnn dialect -*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_QNN_IR_QNNDIALECT_H
#define QUANTC_DIALECT_QNN_IR_QNNDIALECT_H

#include "quantc/Calibration/Range.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Dialect.h"
#include "llvm/ADT/STLFunctionalExtras.h"

#include "quantc/Dialect/QNN/IR/QNNDialect.h.inc"

#include "quantc/Dialect/QNN/IR/QNNEnums.h.inc"

namespace quantc {
struct Statistics;
} // namespace quantc

#include "quantc/Dialect/QNN/IR/QNNAttrInterfaces.h.inc"

#define GET_ATTRDEF_CLASSES
#include "quantc/Dialect/QNN/IR/QNNAttributes.h.inc"

namespace quantc::qnn {

/// Discardable attributes of the road; see docs/road.md for who sets which.
inline constexpr llvm::StringLiteral kSiteAttrName = "qnn.site";
inline constexpr llvm::StringLiteral kSchemeAttrName = "qnn.scheme";
inline constexpr llvm::StringLiteral kFloatReasonAttrName = "qnn.float_reason";
inline constexpr llvm::StringLiteral kSqnrAttrName = "qnn.sqnr";
/// Why qnn-split-outliers keeps a site in float.
inline constexpr llvm::StringLiteral kOutliersAttrName = "qnn.outliers";
inline constexpr llvm::StringLiteral kParameterAttrName = "qnn.parameter";
inline constexpr llvm::StringLiteral kInputAttrName = "qnn.input";
inline constexpr llvm::StringLiteral kOutputAttrName = "qnn.output";
/// Of arguments and results: what their integers stand for.
inline constexpr llvm::StringLiteral kScaleAttrName = "qnn.scale";
inline constexpr llvm::StringLiteral kZeroPointAttrName = "qnn.zero_point";
inline constexpr llvm::StringLiteral kParameterFileAttrName =
    "qnn.parameter_file";
inline constexpr llvm::StringLiteral kTermsAttrName = "qnn.terms";
inline constexpr llvm::StringLiteral kTermAttrName = "qnn.term";
inline constexpr llvm::StringLiteral kFingerprintAttrName = "qnn.fingerprint";

/// The C function that qnn-lower-observers calls and the calibrator defines.
inline constexpr llvm::StringLiteral kObserveCallbackName = "quantc_observe";
inline constexpr llvm::StringLiteral kObserveMaskedCallbackName =
    "quantc_observe_masked";

} // namespace quantc::qnn

#endif // QUANTC_DIALECT_QNN_IR_QNNDIALECT_H
