//===- Checkpoint.cpp - interrupted calibration ---------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Calibration/Checkpoint.h"
#include "quantc/Support/WriteFile.h"

#include "llvm/Support/Base64.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

using namespace quantc;
using llvm::StringRef;
namespace json = llvm::json;

static constexpr StringRef kFormat = "quantc-checkpoint";

llvm::Error Checkpoint::write(StringRef path) const {
  return writeFile(path, [&](llvm::raw_ostream &os) {
    json::OStream stream(os, /*IndentSize=*/2);
    stream.object([&] {
      stream.attribute("format", kFormat);
      stream.attribute("version", kVersion);
      stream.attribute("data", data);
      stream.attribute("batches", batches);
      stream.attributeObject("states", [&] {
        for (const auto &[input, bytes] : states)
          stream.attribute(
              input, llvm::encodeBase64(StringRef(bytes.data(), bytes.size())));
      });
      stream.attributeObject("non_finite", [&] {
        for (const auto &[input, found] : nonFinite)
          stream.attributeObject(input, [&, &found = found] {
            stream.attribute("count", found.count);
            stream.attribute("first_sample", found.firstSample);
          });
      });
      stream.attributeBegin("statistics");
      stream.rawValue([&](llvm::raw_ostream &os) { statistics.print(os); });
      stream.attributeEnd();
    });
  });
}

llvm::Expected<Checkpoint> Checkpoint::read(StringRef path) {
  auto error = [&](const llvm::Twine &message) {
    return llvm::createStringError(path + ": " + message);
  };
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/true);
  if (!buffer)
    return llvm::createStringError("cannot open '" + path +
                                   "': " + buffer.getError().message());
  llvm::Expected<json::Value> value = json::parse((*buffer)->getBuffer());
  if (!value)
    return error("expected a complete JSON document, but got " +
                 llvm::toString(value.takeError()));
  const json::Object *object = value->getAsObject();
  if (!object || object->getString("format") != kFormat)
    return error("expected a checkpoint with \"format\": \"" + kFormat + "\"");
  if (std::optional<int64_t> version = object->getInteger("version");
      version != kVersion)
    return error("expected a checkpoint of version " + llvm::Twine(kVersion) +
                 ", but got " +
                 (version ? "version " + std::to_string(*version) : "none") +
                 "; remove it to begin anew");
  std::optional<StringRef> data = object->getString("data");
  std::optional<int64_t> batches = object->getInteger("batches");
  const json::Object *encoded = object->getObject("states");
  const json::Object *counted = object->getObject("non_finite");
  const json::Value *statistics = object->get("statistics");
  if (!data || !batches || *batches < 0 || !encoded || !counted || !statistics)
    return error("expected 'data', 'batches', 'states', 'non_finite' and "
                 "'statistics'");
  std::map<std::string, std::vector<char>> states;
  for (const auto &[input, value] : *encoded) {
    std::optional<StringRef> text = value.getAsString();
    llvm::Error failure = text ? llvm::decodeBase64(*text, states[input.str()])
                               : llvm::createStringError("expected a string");
    if (failure)
      return error("expected base64 of the state '" + input.str() +
                   "': " + llvm::toString(std::move(failure)));
  }
  NonFiniteInputs nonFinite;
  for (const auto &[input, value] : *counted) {
    const json::Object *entry = value.getAsObject();
    std::optional<int64_t> count, firstSample;
    if (entry) {
      count = entry->getInteger("count");
      firstSample = entry->getInteger("first_sample");
    }
    if (!count || *count < 1 || !firstSample || *firstSample < 0)
      return error("expected a positive 'count' and a 'first_sample' of the "
                   "input '" +
                   input.str() + "' in 'non_finite'");
    nonFinite[input.str()] = {*count, *firstSample};
  }
  llvm::Expected<StatisticsFile> file =
      StatisticsFile::parse(llvm::formatv("{0}", *statistics).str(), path);
  if (!file)
    return file.takeError();
  return Checkpoint{data->str(), *batches, std::move(states),
                    std::move(nonFinite), std::move(*file)};
}
