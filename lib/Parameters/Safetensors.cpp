//===- Safetensors.cpp - safetensors reader -------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Parameters/Safetensors.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MathExtras.h"

using namespace quantc;
using llvm::ArrayRef;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;

//===----------------------------------------------------------------------===//
// Element types
//===----------------------------------------------------------------------===//

namespace {
struct DTypeInfo {
  DType dtype;
  StringRef name;
  unsigned size;
};
} // namespace

static constexpr DTypeInfo dtypeTable[] = {
    {DType::Bool, "BOOL", 1},      {DType::I8, "I8", 1},
    {DType::U8, "U8", 1},          {DType::F8E4M3, "F8_E4M3", 1},
    {DType::F8E5M2, "F8_E5M2", 1}, {DType::I16, "I16", 2},
    {DType::U16, "U16", 2},        {DType::F16, "F16", 2},
    {DType::BF16, "BF16", 2},      {DType::I32, "I32", 4},
    {DType::U32, "U32", 4},        {DType::F32, "F32", 4},
    {DType::I64, "I64", 8},        {DType::U64, "U64", 8},
    {DType::F64, "F64", 8},
};

static const DTypeInfo &getInfo(DType dtype) {
  return dtypeTable[static_cast<unsigned>(dtype)];
}

StringRef quantc::getDTypeName(DType dtype) { return getInfo(dtype).name; }

unsigned quantc::getDTypeSize(DType dtype) { return getInfo(dtype).size; }

std::optional<DType> quantc::parseDType(StringRef name) {
  for (const DTypeInfo &info : dtypeTable)
    if (info.name == name)
      return info.dtype;
  return std::nullopt;
}

std::string quantc::describeTensorType(DType dtype, ArrayRef<int64_t> shape) {
  return llvm::formatv("{0}[{1}]", getDTypeName(dtype),
                       llvm::make_range(shape.begin(), shape.end()))
      .str();
}

//===----------------------------------------------------------------------===//
// Reader
//===----------------------------------------------------------------------===//

namespace quantc {
/// Reads one file; every error names the file.
class SafetensorsParser {
public:
  explicit SafetensorsParser(SafetensorsFile &file) : file(file) {}

  Error parse();

private:
  template <typename... Ts>
  Error error(const char *format, Ts &&...values) {
    return llvm::createStringError(
        file.getPath() + ": " +
        llvm::formatv(format, std::forward<Ts>(values)...).str());
  }

  Error checkHeaderText(StringRef header);
  Error parseMetadata(const llvm::json::Value &value);
  Error parseTensor(StringRef name, const llvm::json::Value &value);
  Error checkLayout();

  SafetensorsFile &file;
  ArrayRef<char> data;
};
} // namespace quantc

Error SafetensorsParser::parse() {
  StringRef bytes = file.buffer->getBuffer();
  constexpr size_t prefix = sizeof(uint64_t);
  if (bytes.size() < prefix)
    return error("expected a safetensors file of at least {0} bytes, but got "
                 "{1}",
                 prefix, bytes.size());
  uint64_t headerSize = llvm::support::endian::read64le(bytes.data());
  if (headerSize > bytes.size() - prefix)
    return error("expected a safetensors header of {0} bytes, but only {1} "
                 "bytes follow its length",
                 headerSize, bytes.size() - prefix);
  StringRef header = bytes.substr(prefix, headerSize);
  StringRef tail = bytes.drop_front(prefix + headerSize);
  data = ArrayRef<char>(tail.data(), tail.size());

  if (Error e = checkHeaderText(header))
    return e;
  Expected<llvm::json::Value> root = llvm::json::parse(header);
  if (!root)
    return error("expected a JSON object as safetensors header, but got: {0}",
                 llvm::toString(root.takeError()));
  const llvm::json::Object *object = root->getAsObject();
  if (!object)
    return error("expected a JSON object as safetensors header, but got "
                 "another JSON value");
  for (const auto &[key, value] : *object) {
    if (Error e = StringRef(key) == "__metadata__" ? parseMetadata(value)
                                                   : parseTensor(key, value))
      return e;
  }
  return checkLayout();
}

/// Checks what the JSON parser does not: that no key of the outer object occurs
/// twice (it would keep the last one) and that nesting is bounded (it
/// recurses). Malformed text may pass; the JSON parser rejects it afterwards.
Error SafetensorsParser::checkHeaderText(StringRef header) {
  llvm::StringSet<> keys;
  unsigned depth = 0;
  bool expectKey = false;
  for (size_t i = 0; i < header.size(); ++i) {
    switch (header[i]) {
    case '{':
    case '[':
      // The deepest value is {"name": {"shape": [..]}}.
      if (++depth > 3)
        return error("safetensors header is nested too deeply");
      expectKey = depth == 1;
      break;
    case '}':
    case ']':
      depth -= depth > 0;
      break;
    case ',':
      expectKey = depth == 1;
      break;
    case '"': {
      size_t begin = i++;
      while (i < header.size() && header[i] != '"')
        i += header[i] == '\\' ? 2 : 1;
      if (!expectKey)
        break;
      expectKey = false;
      // Through the JSON parser, because of escapes.
      Expected<llvm::json::Value> key =
          llvm::json::parse(header.slice(begin, i + 1));
      if (!key)
        return error("expected a name in the safetensors header, but got: {0}",
                     llvm::toString(key.takeError()));
      StringRef name = key->getAsString().value_or("");
      if (!keys.insert(name).second)
        return error("tensor '{0}' is defined twice", name);
      break;
    }
    }
  }
  return Error::success();
}

Error SafetensorsParser::parseMetadata(const llvm::json::Value &value) {
  const llvm::json::Object *object = value.getAsObject();
  if (!object)
    return error("expected an object of strings as '__metadata__'");
  for (const auto &[key, entry] : *object) {
    std::optional<StringRef> text = entry.getAsString();
    if (!text)
      return error("expected a string as metadata '{0}'", StringRef(key));
    file.metadata[key.str()] = text->str();
  }
  return Error::success();
}

/// Reads a JSON array of integers >= 0.
static std::optional<llvm::SmallVector<int64_t>>
getNaturals(const llvm::json::Array *array) {
  llvm::SmallVector<int64_t> result;
  if (!array)
    return std::nullopt;
  for (const llvm::json::Value &value : *array) {
    std::optional<int64_t> number = value.getAsInteger();
    if (!number || *number < 0)
      return std::nullopt;
    result.push_back(*number);
  }
  return result;
}

Error SafetensorsParser::parseTensor(StringRef name,
                                     const llvm::json::Value &value) {
  const llvm::json::Object *object = value.getAsObject();
  if (!object)
    return error("tensor '{0}': expected an object with dtype, shape and "
                 "data_offsets",
                 name);

  std::optional<StringRef> dtypeName = object->getString("dtype");
  if (!dtypeName)
    return error("tensor '{0}': expected a string as dtype", name);
  std::optional<DType> dtype = parseDType(*dtypeName);
  if (!dtype)
    return error("tensor '{0}': unknown dtype '{1}'", name, *dtypeName);

  auto shape = getNaturals(object->getArray("shape"));
  if (!shape)
    return error("tensor '{0}': expected an array of integers >= 0 as shape",
                 name);
  auto offsets = getNaturals(object->getArray("data_offsets"));
  if (!offsets || offsets->size() != 2)
    return error("tensor '{0}': expected two integers >= 0 as data_offsets",
                 name);
  uint64_t begin = (*offsets)[0], end = (*offsets)[1];
  if (begin > end)
    return error("tensor '{0}': data_offsets begin at {1}, after their end {2}",
                 name, begin, end);

  uint64_t size = getDTypeSize(*dtype);
  bool overflows = false;
  for (uint64_t dim : *shape) {
    bool overflowsHere = false;
    size = llvm::SaturatingMultiply(size, dim, &overflowsHere);
    overflows |= overflowsHere;
  }
  // A zero dimension makes the size zero whatever the others overflow to.
  if (llvm::is_contained(*shape, 0))
    size = 0;
  else if (overflows)
    return error("tensor '{0}': size of {1} overflows", name,
                 describeTensorType(*dtype, *shape));
  if (end - begin != size)
    return error("tensor '{0}': expected {1} bytes for {2}, but data_offsets "
                 "span {3}",
                 name, size, describeTensorType(*dtype, *shape), end - begin);
  if (end > data.size())
    return error("tensor '{0}': expected data up to byte {1}, but the file has "
                 "only {2} bytes of data",
                 name, end, data.size());

  file.tensors.push_back(
      {name.str(), *dtype, std::move(*shape), data.slice(begin, end - begin)});
  return Error::success();
}

/// Orders the tensors by their data and checks that they fill it exactly, as
/// the format demands: whatever is hidden between tensors is a lie.
Error SafetensorsParser::checkLayout() {
  llvm::sort(
      file.tensors, [](const SafetensorsTensor &a, const SafetensorsTensor &b) {
        return std::tuple(a.data.begin(), a.data.end(), StringRef(a.name)) <
               std::tuple(b.data.begin(), b.data.end(), StringRef(b.name));
      });
  const char *position = data.begin();
  for (auto [index, tensor] : llvm::enumerate(file.tensors)) {
    if (tensor.data.begin() < position)
      return error("tensor '{0}': data overlap those of tensor '{1}'",
                   tensor.name, file.tensors[index - 1].name);
    if (tensor.data.begin() > position)
      return error("tensor '{0}': {1} bytes before its data belong to no "
                   "tensor",
                   tensor.name, tensor.data.begin() - position);
    position = tensor.data.end();
    file.indices[tensor.name] = index;
  }
  if (position != data.end())
    return error("{0} bytes at the end of the file belong to no tensor",
                 data.end() - position);
  return Error::success();
}

Expected<std::shared_ptr<const SafetensorsFile>>
SafetensorsFile::parse(std::unique_ptr<llvm::MemoryBuffer> buffer) {
  std::shared_ptr<SafetensorsFile> file(new SafetensorsFile());
  file->buffer = std::move(buffer);
  if (Error e = SafetensorsParser(*file).parse())
    return e;
  return file;
}

Expected<std::shared_ptr<const SafetensorsFile>>
SafetensorsFile::open(StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!buffer)
    return llvm::createStringError(path + ": cannot read safetensors file: " +
                                   buffer.getError().message());
  return parse(std::move(*buffer));
}

const SafetensorsTensor *SafetensorsFile::lookup(StringRef name) const {
  auto it = indices.find(name);
  return it == indices.end() ? nullptr : &tensors[it->second];
}
