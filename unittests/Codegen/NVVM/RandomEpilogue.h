//===- RandomEpilogue.h - what becomes of sums, drawn at random -*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_UNITTESTS_CODEGEN_NVVM_RANDOMEPILOGUE_H
#define QUANTC_UNITTESTS_CODEGEN_NVVM_RANDOMEPILOGUE_H

#include "RandomDraw.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <functional>
#include <optional>

namespace quantc::nvvm::test {

/// Dimensions of a contraction's result, in the order in which a tensor that
/// has them lies in memory.
using Dims = std::vector<unsigned>;

/// What an epilogue may know of its contraction.
struct SumsView {
  std::vector<int64_t> shape;
  std::string element; ///< "i32" or "f32"
  /// The dimensions that each operand has.
  Dims lhsDims, rhsDims;
  std::string lhsElement, rhsElement;
  /// Products that are added for one sum.
  int64_t count;

  /// All dimensions.
  Dims getDims() const;
  int64_t getSize(llvm::ArrayRef<unsigned> dims) const;
  /// Where the element of the tensor with `dims` is that belongs to the element
  /// `at` of the result.
  int64_t locate(llvm::ArrayRef<unsigned> dims, int64_t at) const;
  std::string getType(llvm::ArrayRef<unsigned> dims,
                      llvm::StringRef element) const;
  std::string getMap(llvm::ArrayRef<unsigned> dims) const;
};

/// Elementwise operations on every sum, and what they read beside it.
struct RandomEpilogue {
  /// Where the numbers of a capture come from.
  enum class Source { Scale, Number, LhsZero, RhsZero, LhsSums, RhsSums };
  struct Capture {
    Source source;
    std::string element;
    Dims dims;
    int exponent = 0; ///< scales are about 2^exponent

    /// i32 or f32: as what the operations see it.
    std::string getWideElement() const;
  };
  /// Text with $v, the value so far, $0 and $1, captures, and $r, the result
  /// (also part of the names of what is between); and the same in C++. Integers
  /// and f32 are doubles there, exactly.
  struct Step {
    std::string text, element;
    std::vector<unsigned> captures;
    std::function<double(double value, llvm::ArrayRef<double> captured)>
        evaluate;
  };
  /// An operand's zero point. The reference subtracts it from each element; the
  /// program corrects the sums.
  struct ZeroPoint {
    Dims dims;
    std::optional<int64_t> constant;
  };
  /// qnn.quantize behind the steps. A scale without a value is an argument.
  struct Quantize {
    std::string storage;
    Dims scaleDims;
    std::optional<float> scale;
    int64_t zeroPoint = 0;
  };

  /// Along which dimensions the initial value varies; it is zero without.
  std::optional<Dims> init;
  std::optional<ZeroPoint> lhsZero, rhsZero;
  /// Which corrections are part of the initial value: zA RB, zB RA, K zA zB.
  bool isLhsInInit = false, isRhsInInit = false, isProductInInit = false;
  std::vector<Capture> captures;
  std::vector<Step> steps;
  /// The first step of the second linalg.generic, if there are two.
  std::optional<size_t> cut;
  std::optional<Quantize> quantize;
  /// How the result lies, and what is stored.
  Dims order;
  std::string element;
  bool isQuantizedBySteps = false;
  /// A second result: the bytes of each row added to an argument.
  bool addsColumns = false;

  /// The initial value alone, no operations.
  static RandomEpilogue getNone(const SumsView &sums);
  static RandomEpilogue draw(Draw &draw, const SumsView &sums);

  /// Arguments behind those of the contraction: captures, the scale of
  /// `quantize`, what rows are added to.
  std::vector<std::string> getArgumentTypes(const SumsView &sums) const;
  std::vector<std::string> getResultTypes(const SumsView &sums) const;
  /// From %r, the sums, to the end of the function; arguments are %p0, %p1, ...
  std::string getText(const SumsView &sums) const;
  /// Whether infinities and NaN among the captured numbers have a result whose
  /// bits are specified.
  bool takesSpecials() const { return quantize || isQuantizedBySteps; }
  /// What is stored for a sum, whose captures have these numbers.
  double evaluate(double sum, llvm::ArrayRef<double> captured,
                  double scale) const;
  /// The dimensions of the second result.
  Dims getRowDims() const { return {order.begin(), order.end() - 1}; }
};

/// "ui8" is "i8" in the text of all but quantizations.
std::string getSignless(llvm::StringRef element);

} // namespace quantc::nvvm::test

#endif // QUANTC_UNITTESTS_CODEGEN_NVVM_RANDOMEPILOGUE_H
