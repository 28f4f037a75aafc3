//===- ScalarProgram.h - bodies of linalg operations, run now ---*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_QNN_TRANSFORMS_SCALARPROGRAM_H
#define QUANTC_LIB_DIALECT_QNN_TRANSFORMS_SCALARPROGRAM_H

#include "mlir/IR/Block.h"
#include "llvm/ADT/SmallVector.h"
#include <optional>

namespace quantc::qnn {

/// One element; which member counts follows from the element's type. Integers
/// are kept sign-extended from their width.
union Scalar {
  int64_t i;
  double f;
};

/// The element types that programs work on: f32, f64 and signless integers.
bool isSupportedScalar(mlir::Type type);

/// Reads element `index` of a raw buffer.
Scalar loadScalar(const char *data, mlir::Type type, int64_t index);

/// Writes element `index` of a raw buffer.
void storeScalar(char *data, mlir::Type type, int64_t index, Scalar value);

/// The body of a linalg op as a list of instructions over slots. f32 arithmetic
/// is done in double and rounded after each instruction, which gives the same
/// bits for the four basic operations.
class ScalarProgram {
public:
  static std::optional<ScalarProgram> compile(mlir::Block &body);

  unsigned getNumSlots() const { return numSlots; }
  /// Slots that hold constants are set once.
  void initialize(llvm::MutableArrayRef<Scalar> slots) const {
    for (auto [slot, value] : constants)
      slots[slot] = value;
  }
  Scalar run(llvm::MutableArrayRef<Scalar> slots) const {
    for (const Instruction &instruction : instructions)
      slots[instruction.result] = execute(instruction, slots);
    return slots[yielded];
  }

private:
  enum class Opcode {
    Add,
    Sub,
    Mul,
    Sext,
    Zext,
    FAdd,
    FSub,
    FMul,
    FDiv,
    Round,
    ToF
  };
  struct Instruction {
    Opcode opcode;
    /// Of the result; of the operand for Zext.
    unsigned width;
    unsigned a, b, result;
  };

  static std::optional<std::pair<Opcode, unsigned>>
  classify(mlir::Operation &op);
  static Scalar execute(const Instruction &instruction,
                        llvm::ArrayRef<Scalar> slots);

  llvm::SmallVector<Instruction> instructions;
  llvm::SmallVector<std::pair<unsigned, Scalar>> constants;
  unsigned numSlots = 0;
  unsigned yielded = 0;
};

} // namespace quantc::qnn

#endif // QUANTC_LIB_DIALECT_QNN_TRANSFORMS_SCALARPROGRAM_H
