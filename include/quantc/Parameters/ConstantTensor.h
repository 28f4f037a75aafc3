//===- ConstantTensor.h - constants as raw buffers --------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A model's parameters are gigabytes: passes read and make them as raw buffers
// (`dense_resource` blobs) and work on them in parallel, never through an
// Attribute per element.
//
// Raw buffers are dense, row major and little endian. An element takes a whole
// number of bytes: i1 and i4 take one, whose unused high bits are zero.
//
// Where i4 is stored, in resources and in files, two elements share a byte: the
// row-major elements 2j and 2j + 1 are the low and the high half of byte j, and
// the last high half of an odd number of elements is zero. ConstantTensor and
// makeConstantTensor convert between the two forms.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_PARAMETERS_CONSTANTTENSOR_H
#define QUANTC_PARAMETERS_CONSTANTTENSOR_H

#include "quantc/Parameters/Safetensors.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"

namespace quantc {

/// Bytes per element in a raw buffer; nullopt for types that have no raw form
/// (index, complex, integers beyond 64 bits).
std::optional<unsigned> getElementByteSize(mlir::Type elementType);

/// The element type of a safetensors file that holds `elementType`. i4, which
/// the format has not, is held as U8, two elements a byte. Signless integers
/// are written as signed ones.
std::optional<DType> getDType(mlir::Type elementType);

/// Whether the bytes of a tensor of `dtype` are those of `elementType`: as
/// `getDType`, and signless integers take either signedness.
bool isCompatible(DType dtype, mlir::Type elementType);

/// The shape in which a safetensors file holds a tensor of `type`: its own, but
/// one dimension of bytes for i4.
llvm::SmallVector<int64_t> getFileShape(mlir::RankedTensorType type);

/// A constant tensor's bytes, read without copying where they exist already.
class ConstantTensor {
public:
  /// Returns nullopt where there are no bytes to be had: sparse or string
  /// elements, dynamic shapes, resources without data or of the wrong size.
  static std::optional<ConstantTensor> get(mlir::Attribute attr);
  /// The same for the constant that `value` is, or a reshape of.
  static std::optional<ConstantTensor> get(mlir::Value value);

  mlir::RankedTensorType getType() const { return type; }
  mlir::Type getElementType() const { return type.getElementType(); }
  int64_t getNumElements() const { return type.getNumElements(); }

  bool isSplat() const { return splat; }

  /// One element if this is a splat, else all elements.
  llvm::ArrayRef<char> getStoredBytes();

  /// The bytes of a resource, as a file holds them.
  llvm::ArrayRef<char> getFileBytes() {
    return packed.empty() ? getBytes() : packed;
  }

  /// All elements, after expanding a splat (which this object then owns).
  llvm::ArrayRef<char> getBytes();

  template <typename T>
  llvm::ArrayRef<T> getAs() {
    llvm::ArrayRef<char> bytes = getBytes();
    return {reinterpret_cast<const T *>(bytes.data()),
            bytes.size() / sizeof(T)};
  }

private:
  ConstantTensor(mlir::RankedTensorType type, unsigned elementSize)
      : type(type), elementSize(elementSize) {}

  mlir::RankedTensorType type;
  unsigned elementSize;
  bool splat = false;
  /// Bytes that the attribute owns: as elements, or packed ones of i4, which
  /// are unpacked when somebody asks for elements.
  llvm::ArrayRef<char> borrowed, packed;
  /// Bytes that had to be made; aligned for any element type.
  std::shared_ptr<mlir::AsmResourceBlob> owned;
};

/// Makes the attribute of a constant from a callback that writes all bytes of
/// a buffer (64-byte aligned, zeroed). Up to 64 elements become a plain `dense`
/// attribute; more become a `dense_resource` under the key `name`, which gets a
/// suffix where it is taken. The type must be static, with raw elements.
mlir::TypedAttr
makeConstantTensor(mlir::RankedTensorType type, llvm::StringRef name,
                   llvm::function_ref<void(llvm::MutableArrayRef<char>)> fill);

/// Makes the attribute of a constant over an existing blob.
mlir::DenseResourceElementsAttr makeResourceTensor(mlir::RankedTensorType type,
                                                   llvm::StringRef name,
                                                   mlir::AsmResourceBlob blob);

/// Creates the `arith.constant` of `makeConstantTensor`.
mlir::Value createConstantTensor(
    mlir::OpBuilder &builder, mlir::Location loc, mlir::RankedTensorType type,
    llvm::StringRef name,
    llvm::function_ref<void(llvm::MutableArrayRef<char>)> fill);

/// The name of a constant's resource, or "" for plain constants.
llvm::StringRef getResourceName(mlir::Attribute attr);

/// Calls `body(begin, end)` on ranges that partition [0, size), in parallel
/// where the context allows threads. Ranges have at least `grain` elements.
void parallelForRange(mlir::MLIRContext *context, int64_t size, int64_t grain,
                      llvm::function_ref<void(int64_t, int64_t)> body);

} // namespace quantc

#endif // QUANTC_PARAMETERS_CONSTANTTENSOR_H
