//===- FactorLayout.h - how factors lie along a tensor ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_QNN_TRANSFORMS_FACTORLAYOUT_H
#define QUANTC_LIB_DIALECT_QNN_TRANSFORMS_FACTORLAYOUT_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"

namespace quantc::qnn {

/// Which dimensions of a tensor (or loops of an operation) factors vary along:
/// an element at `index` is multiplied by the factor number
/// sum of stride * index[dim]. One dimension of channels becomes several where
/// a reshape splits it into heads. Where heads share their factors, the numbers
/// are those of the factors that are left.
class FactorLayout {
public:
  /// All factors along one dimension.
  static FactorLayout along(int64_t dim) {
    FactorLayout layout;
    layout.add({dim, 1});
    return layout;
  }

  struct Term {
    int64_t dim;
    int64_t stride;
    int64_t begin = 0;
    /// The whole dimension where it is not set.
    std::optional<int64_t> size = std::nullopt;

    bool isWhole() const { return !size; }
    bool contains(int64_t index) const {
      return !size || (index >= begin && index < begin + *size);
    }
  };
  llvm::ArrayRef<Term> getTerms() const { return terms; }
  bool isAlongOneDimension() const {
    return terms.size() == 1 && terms.front().isWhole();
  }
  void add(Term term) { terms.push_back(term); }
  /// The term along a dimension, or null.
  const Term *lookup(int64_t dim) const;

  /// The same factors, along nothing yet.
  FactorLayout withoutTerms() const {
    FactorLayout layout;
    layout.shared = shared;
    return layout;
  }

  /// Lets all `count` indices of dimension `dim` share their factors, so that
  /// none vary along it any more. False where numbers would not follow.
  bool share(int64_t dim, int64_t count);
  /// How many factors there were for each that is left.
  int64_t getNumSharing() const;
  /// Raises values, one for each factor that there was, to the largest of those
  /// that share one. Returns whether any changed.
  bool shareMaxima(llvm::MutableArrayRef<float> values) const;
  /// The factors that are left; those that share one have to be equal.
  llvm::SmallVector<float> select(llvm::ArrayRef<float> factors) const;

  /// The layout before the dimensions of `group` became the dimension
  /// `collapsed`, for the terms along it.
  void addSplit(int64_t stride, llvm::ArrayRef<int64_t> group,
                llvm::ArrayRef<int64_t> shape);

private:
  /// The number among those that are left of the factor `number`.
  int64_t renumber(int64_t number) const;

  llvm::SmallVector<Term, 2> terms;
  /// What was shared, one after the other: the stride between the numbers of
  /// neighbours, and how many there are.
  llvm::SmallVector<std::pair<int64_t, int64_t>, 1> shared;
};

/// Multiplies `value` by the factors. A value whose elements are known becomes
/// a new constant; anything else, with factors along one dimension, is
/// multiplied by an operation at the builder's insertion point.
mlir::Value multiply(mlir::OpBuilder &builder, mlir::Location loc,
                     mlir::Value value, const FactorLayout &layout,
                     llvm::ArrayRef<float> allFactors);

/// Whether `multiply` makes a constant of `value`.
bool isMultipliedNow(mlir::Value value);

} // namespace quantc::qnn

#endif // QUANTC_LIB_DIALECT_QNN_TRANSFORMS_FACTORLAYOUT_H
