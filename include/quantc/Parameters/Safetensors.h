//===- Safetensors.h - safetensors files ------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Reader and writer of the safetensors format
// (https://huggingface.co/docs/safetensors/index#format): a little-endian u64,
// the byte length N of a JSON header, then N bytes of header, then the tensors'
// bytes, dense and row major, without holes.
//
// The reader maps the file and trusts nothing in it: everything that a view
// into the mapping depends on is checked before the view exists.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_PARAMETERS_SAFETENSORS_H
#define QUANTC_PARAMETERS_SAFETENSORS_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"

#include <map>
#include <memory>
#include <optional>
#include <string>

namespace quantc {

/// Element types of the format that have a whole number of bytes.
enum class DType {
  Bool,
  I8,
  U8,
  F8E4M3,
  F8E5M2,
  I16,
  U16,
  F16,
  BF16,
  I32,
  U32,
  F32,
  I64,
  U64,
  F64
};

/// The spelling of a type in a header, "F8_E4M3" for instance.
llvm::StringRef getDTypeName(DType dtype);
std::optional<DType> parseDType(llvm::StringRef name);
/// Bytes per element.
unsigned getDTypeSize(DType dtype);

/// A named tensor: a view of dense row-major little-endian bytes that somebody
/// else owns.
struct SafetensorsTensor {
  std::string name;
  DType dtype;
  llvm::SmallVector<int64_t> shape;
  llvm::ArrayRef<char> data;
};

/// Returns for example "F32[2, 3]", the form in which messages name a type.
std::string describeTensorType(DType dtype, llvm::ArrayRef<int64_t> shape);

using SafetensorsMetadata = std::map<std::string, std::string>;

/// A mapped safetensors file. Views stay valid as long as the object lives, so
/// whoever keeps one keeps the shared pointer.
class SafetensorsFile {
public:
  /// Maps the file at `path`. Errors begin with the path.
  static llvm::Expected<std::shared_ptr<const SafetensorsFile>>
  open(llvm::StringRef path);

  /// Takes over a buffer that is in memory already; its identifier stands for
  /// the path in messages.
  static llvm::Expected<std::shared_ptr<const SafetensorsFile>>
  parse(std::unique_ptr<llvm::MemoryBuffer> buffer);

  llvm::StringRef getPath() const { return buffer->getBufferIdentifier(); }

  /// All tensors, in the order of their data.
  llvm::ArrayRef<SafetensorsTensor> getTensors() const { return tensors; }

  /// Returns the tensor of that name, or null.
  const SafetensorsTensor *lookup(llvm::StringRef name) const;

  const SafetensorsMetadata &getMetadata() const { return metadata; }

private:
  SafetensorsFile() = default;

  std::unique_ptr<llvm::MemoryBuffer> buffer;
  llvm::SmallVector<SafetensorsTensor, 0> tensors;
  llvm::StringMap<unsigned> indices;
  SafetensorsMetadata metadata;

  friend class SafetensorsParser;
};

/// Writes a file under a temporary name and renames it when it is complete.
///
/// The bytes depend on the tensors and the metadata only, not on the order in
/// which the tensors are given: they are laid out by falling alignment of their
/// size, then by name. So the data start and each tensor are aligned to the
/// largest power of two, up to 64 bytes, that divides the tensor's size.
llvm::Error writeSafetensors(llvm::StringRef path,
                             llvm::ArrayRef<SafetensorsTensor> tensors,
                             const SafetensorsMetadata &metadata = {});

} // namespace quantc

#endif // QUANTC_PARAMETERS_SAFETENSORS_H
