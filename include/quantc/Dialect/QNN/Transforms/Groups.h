//===- Groups.h - sites and values that belong together ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What has to be decided for several sites or values at once. Everything
// follows from SSA use-def chains, never from names: readers of one value are
// found through reshapes and transpositions, and classes of values that share a
// scale are joined by union-find.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_QNN_TRANSFORMS_GROUPS_H
#define QUANTC_DIALECT_QNN_TRANSFORMS_GROUPS_H

#include "quantc/Dialect/QNN/IR/QNNOps.h"
#include "quantc/Dialect/QNN/Transforms/Site.h"
#include "quantc/Dialect/QNN/Transforms/SmoothingKind.h"

#include "mlir/IR/BuiltinOps.h"

namespace quantc::qnn {

/// The discardable attribute of a site whose weight's scale is shared: an f32.
inline constexpr llvm::StringLiteral kWeightScaleAttrName = "qnn.weight_scale";

/// A site with a constant weight of f32 that sums over an activation's
/// channels.
struct LinearConsumer {
  mlir::linalg::LinalgOp site;
  /// The number of the operand that is the activation; the other is the weight.
  unsigned operand;
  /// The weight's dimension along the channels.
  int64_t weightDim;

  mlir::OpOperand &getActivation() const { return site->getOpOperand(operand); }
  mlir::OpOperand &getWeight() const { return site->getOpOperand(1 - operand); }
};

/// An observer and its tensor's dimension along the channels of a group.
struct ObservedChannels {
  ObserveOp observer;
  int64_t dim;
};

/// A reader of an activation that takes no scales in.
struct OtherReader {
  mlir::Operation *op;
  /// "linalg.add reads it too", "experts has no constant weight".
  std::string reason;
};

/// All readers of one activation along the same channels.
struct SmoothingGroup {
  /// The activation, before any observer or reshape, and its channels.
  mlir::Value source;
  int64_t dim;
  /// The observers of the activation or of what it was reshaped to, whose
  /// tensor the consumers read; in the order of the module.
  llvm::SmallVector<ObservedChannels> observers;
  llvm::SmallVector<LinearConsumer> consumers;
  /// Where there are any, the activation must stay what it is.
  llvm::SmallVector<OtherReader> others;
  SmoothingKind kind = SmoothingKind::Other;
};

/// softmax(Q K^T) V: two contractions of activations, the second of which sums
/// over what are columns of the first's result.
struct Attention {
  mlir::linalg::LinalgOp scores, mix;
  /// The operand of `scores` that holds the keys, of `mix` that holds the
  /// values.
  unsigned keyOperand, valueOperand;
  /// The sites with weights that queries, keys and values come from.
  llvm::SmallVector<mlir::linalg::LinalgOp> queryLayers, keyLayers, valueLayers;

  mlir::OpOperand &getKeys() const { return scores->getOpOperand(keyOperand); }
  mlir::OpOperand &getQueries() const {
    return scores->getOpOperand(1 - keyOperand);
  }
  mlir::OpOperand &getValues() const { return mix->getOpOperand(valueOperand); }
};

/// Values that one scale is for, if it is shared at all: the inputs of a
/// residual add, the parts of a concatenation and the whole.
struct ScaleGroup {
  llvm::SmallVector<mlir::Value> values;
  /// The operations that join them.
  llvm::SmallVector<mlir::Operation *> joints;
};

/// The groups of an annotated module.
class Groups {
public:
  explicit Groups(mlir::ModuleOp module);

  llvm::ArrayRef<SmoothingGroup> getSmoothing() const { return smoothing; }
  llvm::ArrayRef<Attention> getAttentions() const { return attentions; }
  /// Sites whose weights are one weight in all but name: those of an attention
  /// that read the same activation (Q, K and V). At least two each.
  llvm::ArrayRef<llvm::SmallVector<mlir::linalg::LinalgOp>> getWeights() const {
    return weights;
  }
  llvm::ArrayRef<ScaleGroup> getScales() const { return scales; }

private:
  llvm::SmallVector<SmoothingGroup> smoothing;
  llvm::SmallVector<Attention> attentions;
  llvm::SmallVector<llvm::SmallVector<mlir::linalg::LinalgOp>> weights;
  llvm::SmallVector<ScaleGroup> scales;
};

/// Whether `op` adds two activations of one shape, neither of which is computed
/// element by element from what the other is: a residual, but not x + x^3 in a
/// GELU.
bool isResidualAdd(mlir::Operation *op);

/// What people know an operation by: "blocks.0.attn.q", "a residual add",
/// "linalg.generic (gelu/mul)".
std::string describeReader(mlir::Operation *op);

/// A line of `quantc explain --groups`.
struct GroupDescription {
  /// "smoothing", "weight scale", "cache scale", "residual" or "concat".
  std::string kind;
  llvm::SmallVector<std::string> members;
  /// What becomes of the group, or what is in the way.
  std::string note;
};

/// Describes all groups, in the order of the module. Nothing is changed.
std::vector<GroupDescription> describeGroups(mlir::ModuleOp module);

} // namespace quantc::qnn

#endif // QUANTC_DIALECT_QNN_TRANSFORMS_GROUPS_H
