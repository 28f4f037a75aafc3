//===- CompiledProgram.h - MLIR text, compiled and called -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_UNITTESTS_DIALECT_QNN_COMPILEDPROGRAM_H
#define QUANTC_UNITTESTS_DIALECT_QNN_COMPILEDPROGRAM_H

#include "quantc/Execution/Executable.h"

#include "mlir/IR/MLIRContext.h"
#include <cstring>
#include <string>
#include <vector>

namespace quantc::test {

/// A module with a function @main, taken through passes and the CPU pipeline.
class CompiledProgram {
public:
  /// `pipeline` is a textual pass pipeline on the module, possibly empty.
  CompiledProgram(llvm::StringRef text, llvm::StringRef pipeline);

  /// Whether there is code; diagnostics go to stderr where there is none.
  bool isValid() const { return executable != nullptr; }
  /// The IR after the pipeline.
  const std::string &getIR() const { return ir; }
  /// Calls @main; a failure to run is one of the test.
  void run(llvm::ArrayRef<const void *> inputs, llvm::ArrayRef<void *> outputs);

private:
  mlir::MLIRContext context;
  std::string ir;
  std::unique_ptr<Executable> executable;
};

/// Appends the bytes of a number to a buffer.
template <typename T>
void appendBytes(std::vector<char> &bytes, T value) {
  const char *data = reinterpret_cast<const char *>(&value);
  bytes.insert(bytes.end(), data, data + sizeof(T));
}

/// Appends the low bytes of an integer.
void appendInteger(std::vector<char> &bytes, int64_t value, unsigned width);

/// Reads integer `index` of a buffer.
int64_t loadInteger(llvm::ArrayRef<char> bytes, int64_t index, unsigned width,
                    bool isUnsigned = false);

/// `dense<"0x...">` of a buffer.
std::string getDense(llvm::ArrayRef<char> bytes);

} // namespace quantc::test

#endif // QUANTC_UNITTESTS_DIALECT_QNN_COMPILEDPROGRAM_H
