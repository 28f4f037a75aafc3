//===- SafetensorsWriter.cpp - safetensors writer -------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Parameters/Safetensors.h"
#include "quantc/Support/WriteFile.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVectorExtras.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace quantc;
using llvm::ArrayRef;
using llvm::Error;
using llvm::StringRef;

static constexpr uint64_t maxAlignment = 64;

/// The largest power of two up to `maxAlignment` that divides a tensor's size.
/// Laying tensors out by falling alignment keeps each aligned without holes,
/// which the format does not have.
static uint64_t getNaturalAlignment(const SafetensorsTensor &tensor) {
  return llvm::MinAlign(tensor.data.size(), maxAlignment);
}

static std::string makeHeader(ArrayRef<const SafetensorsTensor *> tensors,
                              const SafetensorsMetadata &metadata) {
  std::string header;
  llvm::raw_string_ostream os(header);
  llvm::json::OStream json(os);
  json.object([&] {
    if (!metadata.empty())
      json.attributeObject("__metadata__", [&] {
        for (const auto &[key, value] : metadata)
          json.attribute(key, value);
      });
    int64_t offset = 0;
    for (const SafetensorsTensor *tensor : tensors) {
      int64_t begin = offset;
      offset += tensor->data.size();
      json.attributeObject(tensor->name, [&] {
        json.attribute("dtype", getDTypeName(tensor->dtype));
        json.attribute("shape", llvm::json::Array(tensor->shape));
        json.attribute("data_offsets", llvm::json::Array({begin, offset}));
      });
    }
  });
  // The format allows trailing spaces; they align the data.
  uint64_t padded = llvm::alignTo(header.size() + sizeof(uint64_t),
                                  llvm::Align(maxAlignment));
  header.resize(padded - sizeof(uint64_t), ' ');
  return header;
}

/// Checks what the reader would refuse, so that no such file is ever written.
static Error verifyTensors(ArrayRef<const SafetensorsTensor *> tensors) {
  llvm::SmallVector<StringRef> names;
  for (const SafetensorsTensor *tensor : tensors) {
    uint64_t size = getDTypeSize(tensor->dtype);
    for (int64_t dim : tensor->shape)
      size *= dim;
    if (size != tensor->data.size())
      return llvm::createStringError(
          llvm::formatv("tensor '{0}': expected {1} bytes for {2}, but got {3}",
                        tensor->name, size,
                        describeTensorType(tensor->dtype, tensor->shape),
                        tensor->data.size())
              .str());
    names.push_back(tensor->name);
  }
  llvm::sort(names);
  auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice != names.end())
    return llvm::createStringError("tensor '" + *twice + "' is given twice");
  return Error::success();
}

static void writeTo(llvm::raw_ostream &os, StringRef header,
                    ArrayRef<const SafetensorsTensor *> tensors) {
  char length[sizeof(uint64_t)];
  llvm::support::endian::write64le(length, header.size());
  os.write(length, sizeof(length));
  os << header;
  for (const SafetensorsTensor *tensor : tensors)
    os.write(tensor->data.data(), tensor->data.size());
}

Error quantc::writeSafetensors(StringRef path,
                               ArrayRef<SafetensorsTensor> tensors,
                               const SafetensorsMetadata &metadata) {
  auto sorted = llvm::map_to_vector(
      tensors, [](const SafetensorsTensor &tensor) { return &tensor; });
  if (Error e = verifyTensors(sorted))
    return llvm::createStringError(path + ": cannot write safetensors file: " +
                                   llvm::toString(std::move(e)));
  llvm::sort(sorted,
             [](const SafetensorsTensor *a, const SafetensorsTensor *b) {
               return std::tuple(getNaturalAlignment(*b), StringRef(a->name)) <
                      std::tuple(getNaturalAlignment(*a), StringRef(b->name));
             });

  return writeFile(path, [&](llvm::raw_ostream &os) {
    writeTo(os, makeHeader(sorted, metadata), sorted);
  });
}
