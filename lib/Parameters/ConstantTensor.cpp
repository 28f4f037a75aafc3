//===- ConstantTensor.cpp - constants as raw buffers ----------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Parameters/ConstantTensor.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinDialect.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/Threading.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace quantc;

static constexpr size_t bufferAlignment = 64;
static constexpr int64_t maxDenseElements = 64;

//===----------------------------------------------------------------------===//
// Element types
//===----------------------------------------------------------------------===//

std::optional<unsigned> quantc::getElementByteSize(Type elementType) {
  if (!elementType.isIntOrFloat() || elementType.getIntOrFloatBitWidth() > 64)
    return std::nullopt;
  return llvm::divideCeil(elementType.getIntOrFloatBitWidth(), 8);
}

std::optional<DType> quantc::getDType(Type elementType) {
  if (auto integer = dyn_cast<IntegerType>(elementType)) {
    bool isUnsigned = integer.isUnsigned();
    switch (integer.getWidth()) {
    case 1:
      return DType::Bool;
    case 4:
      return DType::U8;
    case 8:
      return isUnsigned ? DType::U8 : DType::I8;
    case 16:
      return isUnsigned ? DType::U16 : DType::I16;
    case 32:
      return isUnsigned ? DType::U32 : DType::I32;
    case 64:
      return isUnsigned ? DType::U64 : DType::I64;
    default:
      return std::nullopt;
    }
  }
  return llvm::TypeSwitch<Type, std::optional<DType>>(elementType)
      .Case([](Float64Type) { return DType::F64; })
      .Case([](Float32Type) { return DType::F32; })
      .Case([](Float16Type) { return DType::F16; })
      .Case([](BFloat16Type) { return DType::BF16; })
      .Case([](Float8E4M3FNType) { return DType::F8E4M3; })
      .Case([](Float8E5M2Type) { return DType::F8E5M2; })
      .Default(std::nullopt);
}

static DType toUnsigned(DType dtype) {
  switch (dtype) {
  case DType::I8:
    return DType::U8;
  case DType::I16:
    return DType::U16;
  case DType::I32:
    return DType::U32;
  case DType::I64:
    return DType::U64;
  default:
    return dtype;
  }
}

bool quantc::isCompatible(DType dtype, Type elementType) {
  std::optional<DType> expected = getDType(elementType);
  if (!expected)
    return false;
  return dtype == *expected ||
         (elementType.isSignlessInteger() && dtype == toUnsigned(*expected));
}

static bool isPacked(RankedTensorType type) {
  return type.getElementType().isInteger(4);
}

static int64_t getPackedSize(RankedTensorType type) {
  return llvm::divideCeil(type.getNumElements(), 2);
}

SmallVector<int64_t> quantc::getFileShape(RankedTensorType type) {
  if (isPacked(type))
    return {getPackedSize(type)};
  return llvm::to_vector(type.getShape());
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

static std::shared_ptr<AsmResourceBlob> allocate(size_t size) {
  auto blob = std::make_shared<AsmResourceBlob>(
      HeapAsmResourceBlob::allocate(size, bufferAlignment));
  std::memset(blob->getMutableData().data(), 0, size);
  return blob;
}

std::optional<ConstantTensor> ConstantTensor::get(Attribute attr) {
  auto elements = dyn_cast_or_null<ElementsAttr>(attr);
  if (!elements)
    return std::nullopt;
  auto type = dyn_cast<RankedTensorType>(elements.getType());
  if (!type || !type.hasStaticShape())
    return std::nullopt;
  std::optional<unsigned> elementSize =
      getElementByteSize(type.getElementType());
  if (!elementSize)
    return std::nullopt;
  ConstantTensor result(type, *elementSize);

  if (auto resource = dyn_cast<DenseResourceElementsAttr>(attr)) {
    const AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    size_t size = isPacked(type) ? getPackedSize(type)
                                 : type.getNumElements() * *elementSize;
    if (!blob || blob->getData().size() != size)
      return std::nullopt;
    (isPacked(type) ? result.packed : result.borrowed) = blob->getData();
    return result;
  }

  auto dense = dyn_cast<DenseElementsAttr>(attr);
  if (!dense)
    return std::nullopt;
  result.splat = dense.isSplat();
  if (!type.getElementType().isInteger(1)) {
    result.borrowed = dense.getRawData();
    return result;
  }
  // Dense attributes pack i1 into bits.
  size_t count = result.splat ? 1 : type.getNumElements();
  result.owned = allocate(count);
  char *out = result.owned->getMutableData().data();
  if (result.splat)
    *out = dense.getSplatValue<bool>();
  else
    llvm::copy(dense.getValues<bool>(), out);
  return result;
}

std::optional<ConstantTensor> ConstantTensor::get(Value value) {
  // Reshapes keep the bytes.
  auto type = dyn_cast<RankedTensorType>(value.getType());
  while (Operation *op = value.getDefiningOp()) {
    if (!isa<tensor::CollapseShapeOp, tensor::ExpandShapeOp>(op))
      break;
    value = op->getOperand(0);
  }
  Attribute attr;
  if (!type || !type.hasStaticShape() ||
      !matchPattern(value, m_Constant(&attr)))
    return std::nullopt;
  std::optional<ConstantTensor> tensor = get(attr);
  if (tensor)
    tensor->type = type;
  return tensor;
}

ArrayRef<char> ConstantTensor::getStoredBytes() {
  if (!packed.empty() && !owned) {
    owned = allocate(getNumElements());
    for (auto [i, element] : llvm::enumerate(owned->getMutableData()))
      element = packed[i / 2] >> (i % 2 ? 4 : 0) & 0xf;
  }
  return owned ? ArrayRef<char>(owned->getData()) : borrowed;
}

ArrayRef<char> ConstantTensor::getBytes() {
  size_t size = size_t(getNumElements()) * elementSize;
  if (getStoredBytes().size() == size)
    return getStoredBytes();
  std::shared_ptr<AsmResourceBlob> expanded = allocate(size);
  char *out = expanded->getMutableData().data();
  for (size_t offset = 0; offset < size; offset += elementSize)
    std::memcpy(out + offset, getStoredBytes().data(), elementSize);
  owned = std::move(expanded);
  return owned->getData();
}

//===----------------------------------------------------------------------===//
// Making
//===----------------------------------------------------------------------===//

static DenseElementsAttr makeDense(RankedTensorType type,
                                   ArrayRef<char> bytes) {
  if (!type.getElementType().isInteger(1))
    return DenseElementsAttr::getFromRawBuffer(type, bytes);
  auto bits = llvm::map_to_vector(bytes, [](char byte) { return byte != 0; });
  return DenseElementsAttr::get(type, ArrayRef<bool>(bits));
}

DenseResourceElementsAttr quantc::makeResourceTensor(RankedTensorType type,
                                                     StringRef name,
                                                     AsmResourceBlob blob) {
  auto &manager =
      DenseResourceElementsHandle::getManagerInterface(type.getContext());
  return DenseResourceElementsAttr::get(type,
                                        manager.insert(name, std::move(blob)));
}

TypedAttr quantc::makeConstantTensor(
    RankedTensorType type, StringRef name,
    llvm::function_ref<void(MutableArrayRef<char>)> fill) {
  std::optional<unsigned> elementSize =
      getElementByteSize(type.getElementType());
  assert(elementSize && type.hasStaticShape() && "expected raw elements");
  std::shared_ptr<AsmResourceBlob> blob =
      allocate(size_t(type.getNumElements()) * *elementSize);
  fill(blob->getMutableData());
  if (type.getNumElements() <= maxDenseElements)
    return makeDense(type, blob->getData());
  if (isPacked(type)) {
    std::shared_ptr<AsmResourceBlob> packed = allocate(getPackedSize(type));
    MutableArrayRef<char> bytes = packed->getMutableData();
    for (auto [i, element] : llvm::enumerate(blob->getData()))
      bytes[i / 2] |= (element & 0xf) << (i % 2 ? 4 : 0);
    blob = std::move(packed);
  }
  return makeResourceTensor(type, name, std::move(*blob));
}

Value quantc::createConstantTensor(
    OpBuilder &builder, Location loc, RankedTensorType type, StringRef name,
    llvm::function_ref<void(MutableArrayRef<char>)> fill) {
  return arith::ConstantOp::create(builder, loc,
                                   makeConstantTensor(type, name, fill));
}

StringRef quantc::getResourceName(Attribute attr) {
  auto resource = dyn_cast_or_null<DenseResourceElementsAttr>(attr);
  return resource ? resource.getRawHandle().getKey() : StringRef();
}

void quantc::parallelForRange(MLIRContext *context, int64_t size, int64_t grain,
                              llvm::function_ref<void(int64_t, int64_t)> body) {
  if (size <= 0)
    return;
  int64_t threads =
      context->isMultithreadingEnabled() ? context->getNumThreads() : 1;
  // More ranges than threads even out ranges of unequal cost.
  int64_t count =
      std::clamp<int64_t>(size / std::max<int64_t>(grain, 1), 1, threads * 4);
  mlir::parallelFor(context, 0, count, [&](size_t index) {
    body(size * index / count, size * (index + 1) / count);
  });
}
