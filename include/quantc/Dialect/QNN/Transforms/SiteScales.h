//===- SiteScales.h - the scales of a site, for people ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_QNN_TRANSFORMS_SITESCALES_H
#define QUANTC_DIALECT_QNN_TRANSFORMS_SITESCALES_H

#include "mlir/IR/Operation.h"
#include <array>
#include <optional>

namespace quantc::qnn {

/// The scales that qnn-materialize gave the operands of a site, as an attribute
/// that stays on the op that does its work: where they are fused into an
/// epilogue nobody could tell any more. Nothing but who explains the program
/// reads it.
struct SiteScales {
  /// The least and the largest of each operand; nullopt where they are measured
  /// at run time.
  std::array<std::optional<std::pair<double, double>>, 2> operands;

  /// Of a constant of f32; nullopt of any other value.
  static std::optional<std::pair<double, double>> getRange(mlir::Value scale);

  void set(mlir::Operation *site) const;
  /// Those of a site; nothing where it has none.
  static SiteScales get(mlir::Operation *site);
};

} // namespace quantc::qnn

#endif // QUANTC_DIALECT_QNN_TRANSFORMS_SITESCALES_H
