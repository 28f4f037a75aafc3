//===- SmoothingKind.h - what kinds of activations are smoothed -*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_QNN_TRANSFORMS_SMOOTHINGKIND_H
#define QUANTC_DIALECT_QNN_TRANSFORMS_SMOOTHINGKIND_H

#include "llvm/ADT/StringRef.h"
#include <optional>

namespace quantc::qnn {

/// What a smoothing group's activation is to the attentions of a model.
enum class SmoothingKind {
  /// Read by the layers of queries, keys or values.
  QKV,
  /// What an attention computes.
  AttentionOutput,
  /// Anything else: inputs of feed-forward layers, of the last projection.
  Other,
};

inline constexpr SmoothingKind kSmoothingKinds[] = {
    SmoothingKind::QKV, SmoothingKind::AttentionOutput, SmoothingKind::Other};

inline llvm::StringRef stringifySmoothingKind(SmoothingKind kind) {
  switch (kind) {
  case SmoothingKind::QKV:
    return "qkv";
  case SmoothingKind::AttentionOutput:
    return "attention_output";
  case SmoothingKind::Other:
    return "other";
  }
  return "";
}

inline std::optional<SmoothingKind>
symbolizeSmoothingKind(llvm::StringRef name) {
  for (SmoothingKind kind : kSmoothingKinds)
    if (stringifySmoothingKind(kind) == name)
      return kind;
  return std::nullopt;
}

} // namespace quantc::qnn

#endif // QUANTC_DIALECT_QNN_TRANSFORMS_SMOOTHINGKIND_H
