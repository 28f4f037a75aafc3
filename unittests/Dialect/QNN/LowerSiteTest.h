//===- LowerSiteTest.h - lowered sites against the reference ----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Sites on dequantized operands, lowered with and without fusion, compiled and
// executed, against SiteReference bit for bit.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_UNITTESTS_DIALECT_QNN_LOWERSITETEST_H
#define QUANTC_UNITTESTS_DIALECT_QNN_LOWERSITETEST_H

#include "SiteReference.h"
#include "quantc/Execution/Executable.h"

#include "mlir/IR/MLIRContext.h"
#include "llvm/ADT/StringRef.h"
#include "gtest/gtest.h"
#include <random>

namespace quantc::test {

/// An operand of a site: storage and parameters.
struct OperandText {
  const char *shape;
  /// Shapes of the parameters, "" for one per tensor; null: no zero point.
  const char *scale = "";
  const char *zeroPoint = nullptr;
  /// The attributes axes and blocks.
  const char *attributes = "";
  bool isConstant = false;
  const char *storage = "i8";
  /// The shape after padding by one (two at the end) along the dimensions that
  /// differ; null without.
  const char *padded = nullptr;
};

/// A function @main that returns the result of one site.
struct Program {
  const char *name;
  /// The op, up to its operands.
  const char *op;
  OperandText lhs, rhs;
  const char *result;
  bool hasInit = false;

  bool isGeneric() const { return llvm::StringRef(op).contains("generic"); }
};

inline void PrintTo(const Program &program, std::ostream *os) {
  *os << program.op;
}

/// Writes programs in MLIR. Constants are drawn from `random`.
class ProgramWriter {
public:
  ProgramWriter(mlir::MLIRContext *context, uint64_t seed)
      : context(context), random(seed) {}

  std::string write(const Program &program);

  /// The size of the arguments' dimensions that are '?' in the program.
  static constexpr int64_t kLargestSize = 8;

private:
  /// A constant or the next argument. One with dynamic dimensions is a slice of
  /// a static argument; the first argument of the function holds the size.
  std::string addTensor(const std::string &type, bool isConstant);
  std::string addOperand(const OperandText &operand);

  mlir::MLIRContext *context;
  std::mt19937_64 random;
  std::string arguments, body;
  int count = 0;
};

constexpr const char *kSeparate = "qnn-lower-symmetric,qnn-lower-asymmetric";
constexpr const char *kFused =
    "qnn-lower-symmetric,qnn-lower-asymmetric,verify-lowered,"
    "qnn-fuse-zero-points,qnn-fuse-epilogue,qnn-fuse-sums,"
    "verify-no-zero-point-traffic";

/// What a function gets and what it has to return.
struct Evaluation {
  std::vector<Tensor> arguments;
  std::vector<float> result;
};

/// Compares bit for bit.
void expectSame(llvm::ArrayRef<float> actual, llvm::ArrayRef<float> expected);

class LowerSiteTest : public ::testing::Test {
protected:
  LowerSiteTest();

  /// Draws arguments from `seed` for the function of `text`, and evaluates its
  /// only site.
  Evaluation evaluate(llvm::StringRef text, uint64_t seed);

  /// Compiles `text` after the passes of `pipeline`; null after a failure.
  std::unique_ptr<Executable> compile(llvm::StringRef text,
                                      const char *pipeline);

  /// Compiles and runs `text` after the passes of `pipeline` on arguments that
  /// are drawn from `seed`, and compares with the reference.
  void check(llvm::StringRef text, const char *pipeline, uint64_t seed = 1);

  void checkBoth(llvm::StringRef text, uint64_t seed = 1) {
    for (const char *pipeline : {kSeparate, kFused}) {
      SCOPED_TRACE(pipeline);
      check(text, pipeline, seed);
      if (HasFatalFailure())
        return;
    }
  }

  mlir::MLIRContext context;
};

/// Runs programs; the parameter is one.
class LowerSiteProgramTest : public LowerSiteTest,
                             public ::testing::WithParamInterface<Program> {};

inline std::string getName(const ::testing::TestParamInfo<Program> &info) {
  return info.param.name;
}

} // namespace quantc::test

#endif // QUANTC_UNITTESTS_DIALECT_QNN_LOWERSITETEST_H
