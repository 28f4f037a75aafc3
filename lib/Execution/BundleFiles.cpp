//===- BundleFiles.cpp - the files of a bundle ----------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BundleFiles.h"

#include "quantc/Parameters/Safetensors.h"
#include "quantc/Runtime/Hash.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/xxhash.h"

using namespace llvm;
using namespace quantc;

Expected<ParameterLayout> quantc::writeBundleParameters(StringRef path,
                                                        const EntryPoint &entry,
                                                        StringRef fingerprint) {
  ParameterLayout layout;
  if (entry.parameters.empty())
    return layout;
  SmallVector<SafetensorsTensor> tensors;
  uint64_t content = 0;
  for (const ParameterSpec &spec : entry.parameters) {
    if (spec.data.size() != spec.getBytes())
      return createStringError("expected " + Twine(spec.getBytes()) +
                               " bytes for parameter '" + spec.name +
                               "', but got " + Twine(spec.data.size()));
    // The names are those of safetensors but for the case. Constants of i4 have
    // a byte for each element by now.
    DType dtype = *parseDType(StringRef(spec.dtype).upper());
    tensors.push_back({spec.name, dtype, to_vector(spec.shape), spec.data});
    uint64_t pair[] = {content, xxh3_64bits(arrayRefFromStringRef(StringRef(
                                    spec.data.data(), spec.data.size())))};
    content =
        xxh3_64bits({reinterpret_cast<const uint8_t *>(pair), sizeof(pair)});
  }
  SafetensorsMetadata metadata = {
      {"quantc.content", utohexstr(content, /*LowerCase=*/true, 16)}};
  if (!fingerprint.empty())
    metadata["quantc.fingerprint"] = fingerprint.str();
  if (Error error = writeSafetensors(path, tensors, metadata))
    return error;

  auto file = SafetensorsFile::open(path);
  if (!file)
    return file.takeError();
  auto bytes = MemoryBuffer::getFile(path);
  if (!bytes)
    return errorCodeToError(bytes.getError());
  StringRef text = (*bytes)->getBuffer();
  layout.fileBytes = text.size();
  layout.headerBytes =
      sizeof(uint64_t) + support::endian::read64le(text.data());
  layout.headerHash = runtime::fnv1a(text.take_front(layout.headerBytes));
  const char *start = (*file)->getTensors().front().data.data();
  for (const ParameterSpec &spec : entry.parameters)
    layout.offsets.push_back(layout.headerBytes +
                             ((*file)->lookup(spec.name)->data.data() - start));
  return layout;
}
