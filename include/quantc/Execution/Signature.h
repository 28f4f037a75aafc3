//===- Signature.h - what a compiled entry point takes ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_EXECUTION_SIGNATURE_H
#define QUANTC_EXECUTION_SIGNATURE_H

#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/ADT/ArrayRef.h"
#include <optional>
#include <string>
#include <vector>

namespace quantc {

/// A dense row-major tensor at the boundary of compiled code. i1 is stored as
/// one byte, 0 or 1; elements 2j and 2j + 1 of i4 are the low and the high half
/// of byte j.
struct TensorSpec {
  std::string name;
  /// "bool", "i4", "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64",
  /// "f8_e4m3", "f8_e5m2", "f16", "bf16", "f32" or "f64".
  std::string dtype;
  std::vector<int64_t> shape;
  /// What an integer stands for, where the source says so: (q - zeroPoint) *
  /// scale.
  std::optional<double> scale;
  std::optional<int64_t> zeroPoint;

  int64_t getNumElements() const;
  size_t getElementBits() const;
  size_t getBytes() const;
};

/// A parameter; `data` is empty where the caller has to find it by name. It
/// belongs to the MLIRContext of the module that was compiled.
struct ParameterSpec : TensorSpec {
  llvm::ArrayRef<char> data;
};

/// One function of the module.
struct EntryPoint {
  std::string name;
  std::vector<ParameterSpec> parameters;
  std::vector<TensorSpec> inputs;
  std::vector<TensorSpec> outputs;
  /// Bytes of scratch memory of one call, 64-byte aligned.
  size_t workspaceBytes = 0;
  /// Can use the caller's threads.
  bool isParallel = false;

  /// From the attribute `qnn.signature` that codegen-cpu-prepare-entry writes.
  static EntryPoint fromAttribute(llvm::StringRef name,
                                  mlir::DictionaryAttr signature,
                                  size_t workspaceBytes);
  std::string getSymbol() const { return name + "_run_with_workspace"; }
  /// The same with a `const quantc_parallel *` behind the workspace, where
  /// `isParallel`.
  std::string getParallelSymbol() const { return name + "_run_parallel"; }
};

} // namespace quantc

#endif // QUANTC_EXECUTION_SIGNATURE_H
